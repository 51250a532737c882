//! Derives names of the project from the URL of its remote. Uses only the path of the URL, because
//! the other parts may contain credentials.

/// Names of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RemoteNames {
    /// The last segment of the path as a slug.
    pub project_slug: Option<String>,
    /// All segments of the path; `None` for a local path or a single segment.
    pub repo_slug: Option<String>,
}

/// Parses a URL, an scp-like address or a local path.
pub(crate) fn parse(remote: &str) -> RemoteNames {
    let (path, hosted) = path_of(remote.trim());
    let mut segments: Vec<&str> = path.split(['/', '\\']).filter(|s| !s.is_empty()).collect();
    let Some(last) = segments.pop() else {
        return RemoteNames::default();
    };
    let last = last.strip_suffix(".git").unwrap_or(last);
    // In an unusual form of address, the text before an @ may be a password.
    let may_be_secret = |text: &&str| text.contains('@');
    if may_be_secret(&last) {
        return RemoteNames::default();
    }
    let hosted = hosted && !segments.iter().any(may_be_secret);
    let repo_slug = (hosted && !segments.is_empty() && !last.is_empty()).then(|| {
        segments.push(last);
        segments.join("/")
    });
    RemoteNames {
        project_slug: slug(last),
        repo_slug,
    }
}

/// Converts a name to lower case, and spaces and underscores to hyphens; `None` if the result is
/// empty.
pub(crate) fn slug(name: &str) -> Option<String> {
    let slug: String = name
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .flat_map(char::to_lowercase)
        .map(|c| if matches!(c, '_' | ' ') { '-' } else { c })
        .collect();
    (!slug.chars().all(|c| c == '.')).then_some(slug)
}

/// The path without query, and whether the remote has a host.
fn path_of(remote: &str) -> (&str, bool) {
    if let Some((scheme, rest)) = remote.split_once("://") {
        let path = rest.split_once('/').map_or("", |(_authority, path)| path);
        return (without_query(path), scheme != "file");
    }
    match remote.split_once(':') {
        // A single letter before the colon is a drive. With a slash before it, the colon belongs to
        // the path.
        Some((host, path)) if host.len() > 1 && !host.contains(['/', '\\']) => {
            (without_query(path), true)
        }
        _ => (remote, false),
    }
}

fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Cases {
        cases: Vec<Case>,
    }

    #[derive(serde::Deserialize)]
    struct Case {
        remote: String,
        project_slug: Option<String>,
        repo_slug: Option<String>,
    }

    #[test]
    fn the_table_of_remotes_holds() {
        let text = include_str!("../../tests/cases/remote_cases.json");
        let cases: Cases = serde_json::from_str(text).unwrap();
        assert!(cases.cases.len() >= 14);
        for case in cases.cases {
            let expected = RemoteNames {
                project_slug: case.project_slug,
                repo_slug: case.repo_slug,
            };
            assert_eq!(parse(&case.remote), expected, "{}", case.remote);
        }
    }

    #[test]
    fn odd_remotes_give_no_name_rather_than_a_wrong_one() {
        for remote in [
            "",
            "..",
            "/",
            "https://host",
            "https://user:tok@host/",
            "host:",
        ] {
            assert_eq!(parse(remote), RemoteNames::default(), "{remote}");
        }
        assert_eq!(parse("https://h/a/.git").repo_slug, None);
    }

    /// Addresses with a password in an unusual place.
    #[test]
    fn a_possible_password_is_never_used() {
        for remote in [
            "user:s3cret@github.com/acme/web",
            "user:p@s3cret@host:acme/web",
            "https://user:to/s3cret@github.com/acme/web",
            "user:s3cret@host",
        ] {
            let names = parse(remote);
            assert!(
                !format!("{names:?}").contains("s3cret"),
                "{remote}: {names:?}"
            );
        }
    }
}
