//! Jira's query language. Text of the user passes two layers: the string of JQL, and inside `text ~`
//! the syntax of Lucene.

use crate::control_plane::trackers::Filter;
use crate::wire::ticket::StatusFilter;

/// The most characters of a text that are searched for.
const MAX_TEXT: usize = 500;

/// A query for tickets that contain a text, in Jira's own order.
pub(super) fn search(project: &str, text: &str, status: StatusFilter) -> String {
    let text = string(&literal(text));
    format!(
        "project = {} AND text ~ {text}{}",
        id(project),
        and_status(status)
    )
}

/// A query for tickets, newest first.
pub(super) fn list(project: &str, filter: Filter) -> String {
    let mine = if filter.mine {
        " AND assignee = currentUser()"
    } else {
        ""
    };
    let status = and_status(filter.status);
    format!(
        "project = {}{status}{mine} ORDER BY updated DESC",
        id(project)
    )
}

fn and_status(filter: StatusFilter) -> &'static str {
    match filter {
        StatusFilter::Open => " AND statusCategory != Done",
        StatusFilter::Started => " AND statusCategory = \"In Progress\"",
        StatusFilter::Done => " AND statusCategory = Done",
        StatusFilter::All => "",
    }
}

/// The id of a project. Jira would take a string for a key first.
fn id(project: &str) -> String {
    let is_number = !project.is_empty() && project.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        project.to_owned()
    } else {
        string(project)
    }
}

/// A string of JQL.
fn string(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// A text for `text ~` in which no character and no word is an operator.
fn literal(text: &str) -> String {
    let text: String = text.chars().take(MAX_TEXT).collect();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words = words
        .filter(|word| !word.is_empty())
        .map(|word| match word {
            // Only in capitals are they operators, and a search ignores case.
            "AND" | "OR" | "NOT" => word.to_lowercase(),
            word => word.chars().flat_map(escaped).collect(),
        });
    words.collect::<Vec<String>>().join(" ")
}

fn escaped(c: char) -> impl Iterator<Item = char> {
    const OPERATORS: &str = "+-&|!(){}[]^~*?\\:\"";
    OPERATORS.contains(c).then_some('\\').into_iter().chain([c])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_inside_its_quotes() {
        let cases = [
            ("login page", r#""login page""#),
            ("C++ (beta)", r#""C\\+\\+ \\(beta\\)""#),
            (r#"a" OR project = X"#, r#""a\\\" or project = X""#),
            (r"back\slash", r#""back\\\\slash""#),
            (r"\", r#""\\\\""#),
            ("this AND NOT that", r#""this and not that""#),
            ("ANDROID", r#""ANDROID""#),
            ("two\nlines\0\tand more", r#""two lines and more""#),
            ("key:WEB-1*", r#""key\\:WEB\\-1\\*""#),
        ];
        for (text, quoted) in cases {
            let query = search("10042", text, StatusFilter::All);
            assert_eq!(query, format!("project = 10042 AND text ~ {quoted}"));
        }
    }

    #[test]
    fn filters_are_bounded_by_the_project() {
        let filter = |mine, status| list("10042", Filter { mine, status });
        let newest = "ORDER BY updated DESC";
        assert_eq!(
            filter(true, StatusFilter::Open),
            format!(
                "project = 10042 AND statusCategory != Done AND assignee = currentUser() {newest}"
            )
        );
        assert_eq!(
            filter(false, StatusFilter::All),
            format!("project = 10042 {newest}")
        );
        let foreign = search("10042 OR 1=1", "x", StatusFilter::Started);
        let expected =
            r#"project = "10042 OR 1=1" AND text ~ "x" AND statusCategory = "In Progress""#;
        assert_eq!(foreign, expected);
    }

    proptest::proptest! {
        /// A reader of the query undoes the layers one after the other.
        #[test]
        fn both_layers_can_be_undone(text in "\\PC{0,80}") {
            let query = search("1", &text, StatusFilter::All);
            let quoted = query.strip_prefix("project = 1 AND text ~ \"").unwrap();
            let lucene = undo(quoted.strip_suffix('"').unwrap(), &['"']);
            let plain = undo(&lucene, &"+-&|!(){}[]^~*?:\"".chars().collect::<Vec<_>>());
            let fold = |text: &str| text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
            proptest::prop_assert_eq!(fold(&plain), fold(&text));
        }
    }

    /// Removes one layer of backslashes. These characters must not appear without one.
    fn undo(text: &str, special: &[char]) -> String {
        let mut plain = String::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            assert!(!special.contains(&c), "{c} in {text}");
            plain.push(if c == '\\' { rest.next().unwrap() } else { c });
        }
        plain
    }
}
