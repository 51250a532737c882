//! Names for the project, from the URL of its origin remote. Only the path of a URL is looked at,
//! so that credentials in it never go anywhere.

/// What a remote's URL says about the project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RemoteNames {
    /// The last segment, made a slug.
    pub project_slug: Option<String>,
    /// All segments of a hosted remote; `None` for a local path or a single segment.
    pub repo_slug: Option<String>,
}

/// Reads a URL, an scp-like address or a local path.
pub(crate) fn parse(remote: &str) -> RemoteNames {
    let (path, hosted) = path_of(remote.trim());
    let mut segments: Vec<&str> = path.split(['/', '\\']).filter(|s| !s.is_empty()).collect();
    let Some(last) = segments.pop() else {
        return RemoteNames::default();
    };
    let last = last.strip_suffix(".git").unwrap_or(last);
    // What stands before an @ may be a password that the form of the address did not give away.
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

/// A name in lower case with hyphens for spaces and underscores; `None` where nothing is left.
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

/// The path, without query, and whether a host stands before it.
fn path_of(remote: &str) -> (&str, bool) {
    if let Some((scheme, rest)) = remote.split_once("://") {
        let path = rest.split_once('/').map_or("", |(_authority, path)| path);
        return (without_query(path), scheme != "file");
    }
    match remote.split_once(':') {
        // One letter before the colon is a drive; a slash before it makes it part of a path.
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

    /// Forms in which a password does not stand where a URL has it.
    #[test]
    fn what_may_be_a_password_goes_nowhere() {
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
