//! URLs of tickets: the forms a person can paste, and the site that a URL is on.

use std::fmt;

use url::Url;

use super::ticket_ref::{TicketRef, is_key};
use crate::wire::Provider;

const LINEAR_HOST: &str = "linear.app";

/// A tracker's site. Two tickets with the same key are different tickets if their sites differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// With the port, unless it is the usual one.
    host: String,
    /// Linear: the workspace. Jira: the context path, usually empty.
    path: String,
}

impl Site {
    /// The site of a ticket's own URL; `None` if it is not a URL with a host.
    pub(crate) fn of_ticket(provider: Provider, url: &str) -> Option<Self> {
        Self::of(provider, &Url::parse(url).ok()?)
    }

    fn of(provider: Provider, url: &Url) -> Option<Self> {
        let host = url.host_str()?;
        let segments = segments(url);
        let path = match provider {
            // Linear ignores the case of a workspace.
            Provider::Linear => segments
                .first()
                .map(|workspace| workspace.to_ascii_lowercase()),
            Provider::Jira => Some(jira_context(&segments).join("/")),
        };
        Some(Self {
            host: match url.port() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            },
            path: path.unwrap_or_default(),
        })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if self.path.is_empty() {
            return Ok(());
        }
        write!(f, "/{}", self.path)
    }
}

/// Whether a text is meant as a URL: a scheme and `://`.
pub(super) fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// Parses the URL of a ticket; `None` for a URL of anything else.
pub(super) fn parse(text: &str) -> Option<TicketRef> {
    let url = Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let (provider, key) = match url.host_str()? {
        LINEAR_HOST => (Provider::Linear, linear_key(&url)?),
        _ => (Provider::Jira, jira_key(&url)?),
    };
    Some(TicketRef {
        key,
        provider: Some(provider),
        site: Some(Site::of(provider, &url)?),
    })
}

/// `/<workspace>/issue/KEY`, with or without a slug after it.
fn linear_key(url: &Url) -> Option<String> {
    match segments(url).as_slice() {
        [_, "issue", key, ..] if is_key(key) => Some((*key).to_owned()),
        _ => None,
    }
}

/// `/browse/KEY`, `/projects/X/issues/KEY`, or `?selectedIssue=KEY` on any page. A URL with two keys
/// is not the URL of one ticket.
fn jira_key(url: &Url) -> Option<String> {
    let segments = segments(url);
    let browsed = segments.windows(2).filter_map(|at| match at {
        ["browse", key] => Some((*key).to_owned()),
        _ => None,
    });
    let listed = segments.windows(4).filter_map(|at| match at {
        ["projects", _, "issues", key] => Some((*key).to_owned()),
        _ => None,
    });
    let selected = url
        .query_pairs()
        .filter(|(name, _)| name == "selectedIssue")
        .map(|(_, key)| key.into_owned());
    let mut keys = browsed
        .chain(listed)
        .chain(selected)
        .filter(|key| is_key(key));
    let first = keys.next()?;
    keys.all(|key| key.eq_ignore_ascii_case(&first))
        .then_some(first)
}

/// What precedes the pages that a Jira has on every site: the context path of Jira Data Center.
fn jira_context<'a, 'b>(segments: &'a [&'b str]) -> &'a [&'b str] {
    const PAGES: [&str; 4] = ["browse", "projects", "secure", "issues"];
    // On Jira Cloud, `/jira` is part of the page and not a context path.
    const CLOUD_PAGES: [&str; 3] = ["software", "core", "servicedesk"];
    let is_page = |(index, segment): (usize, &&str)| {
        let next = segments.get(index + 1);
        PAGES.contains(segment)
            || (*segment == "jira" && next.is_some_and(|next| CLOUD_PAGES.contains(next)))
    };
    let page = segments.iter().enumerate().position(is_page);
    page.and_then(|page| segments.get(..page))
        .unwrap_or(segments)
}

fn segments(url: &Url) -> Vec<&str> {
    let segments = url.path_segments().into_iter().flatten();
    segments.filter(|segment| !segment.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(provider: Provider, url: &str) -> String {
        Site::of_ticket(provider, url).unwrap().to_string()
    }

    /// Provider, key, site, URL.
    const FORMS: &str = "
        jira IAM-42 a.example https://a.example/browse/IAM-42
        jira iam-42 a.example http://A.example:80/browse/iam-42/?x=1#c
        jira IAM-42 a.example:8443/x/y https://a.example:8443/x/y/browse/IAM-42
        jira IAM-42 a.example/jira https://a.example/jira/browse/IAM-42
        jira IAM-42 a.example https://user@a.example/z/../browse/IAM-42
        jira IAM-42 a.example https://a.example/?selectedIssue=IAM-42
        jira IAM-42 a.example/jira https://a.example/jira?selectedIssue=IAM-42
        jira IAM-42 a.example https://a.example/issues/?selectedIssue=IAM-42
        jira IAM-42 a.example/jira https://a.example/jira/secure/Board.jspa?v=1&selectedIssue=IAM-42
        jira IAM-42 a.example https://a.example/projects/IAM/issues/IAM-42
        jira IAM-42 a.example https://a.example/projects/IAM/issues/IAM-42?selectedIssue=iam-42
        jira IAM-42 a.example/jira https://a.example/jira/projects/IAM/issues/IAM-42
        jira IAM-42 a.example https://a.example/jira/software/c/projects/IAM/issues/IAM-42?jql=x
        jira IAM-42 a.example https://a.example/jira/software/projects/X/boards/1?selectedIssue=IAM-42
        jira IAM-42 a.example https://a.example/jira/software/c/projects/X/boards/1?selectedIssue=IAM-42
        jira IAM-42 a.example/x https://a.example/x/jira/software/projects/X/boards/1?selectedIssue=IAM-42
        jira IAM-42 a.example https://a.example/jira/core/projects/X/board?selectedIssue=IAM-42
        linear WEB-1 linear.app/acme https://linear.app/Acme/issue/WEB-1
        linear web-1 linear.app/acme https://linear.app/acme/issue/web-1/fix/?x#y
    ";

    #[test]
    fn each_form_has_a_key_and_a_site() {
        for form in FORMS.trim().lines() {
            let words: Vec<_> = form.split_whitespace().collect();
            let [provider, key, site, url] = words[..] else {
                panic!("{form}");
            };
            let found = parse(url).unwrap_or_else(|| panic!("{url}"));
            let of = found.provider.map(Provider::as_str);
            assert_eq!((of, &*found.key), (Some(provider), key), "{url}");
            assert_eq!(found.site.unwrap().to_string(), site, "{url}");
        }
    }

    #[test]
    fn other_urls_are_no_tickets() {
        for url in [
            "https://github.com/acme/web/issues/12",
            "https://a.example/issues/IAM-42",
            "https://a.example/browse/",
            "https://a.example/browse/IAM",
            "https://a.example/browse/IAM-42?selectedIssue=IAM-43",
            "https://a.example/?selectedIssue=IAM-42&selectedIssue=IAM-43",
            "https://a.example/#selectedIssue=IAM-42",
            "https://linear.app/acme/project/WEB-1",
            "https://linear.app/issue/WEB-1",
            "https://linear.app/acme/x/issue/WEB-1",
            "https://linear.app/acme/issue/..%2fWEB-1",
            "https://linear.app/acme/browse/WEB-1",
            "ftp://a.example/browse/IAM-42",
            "file:///browse/IAM-42",
            "https://",
            "https:// /browse/IAM-42",
        ] {
            assert!(is_url(url), "{url}");
            assert_eq!(parse(url), None, "{url}");
        }
        for text in [
            "IAM-42",
            "linear:WEB-1",
            "fix: login",
            "a b://c",
            "://x",
            "../x",
        ] {
            assert!(!is_url(text), "{text}");
        }
    }

    #[test]
    fn a_ticket_without_a_known_page_is_on_no_site_that_can_be_pasted() {
        let ticket = site(Provider::Jira, "https://a.example/tickets/42");
        assert_eq!(ticket, "a.example/tickets/42");
        assert_eq!(site(Provider::Linear, "https://linear.app"), "linear.app");
        assert_eq!(Site::of_ticket(Provider::Jira, "no url"), None);
    }
}
