//! How a user names a ticket: by key, `provider:KEY`, or a pasted URL.

use url::Url;

use crate::wire::{Provider, UnsupportedProvider};

/// A ticket reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TicketRef {
    /// The key in its original letter case.
    pub key: String,
    /// The provider, if the reference says.
    pub provider: Option<Provider>,
}

/// Why a text is not a ticket reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TicketRefError {
    #[error(
        "{0:?} is not a ticket reference: use a key (WEB-123), provider:KEY, or the ticket's URL"
    )]
    Form(String),
    #[error(transparent)]
    Provider(#[from] UnsupportedProvider),
}

/// Parses a reference.
pub(crate) fn parse(text: &str) -> Result<TicketRef, TicketRefError> {
    let text = text.trim();
    if is_key(text) {
        return Ok(TicketRef {
            key: text.to_owned(),
            provider: None,
        });
    }
    if let Some(found) = Url::parse(text).ok().as_ref().and_then(from_url) {
        return Ok(found);
    }
    match text.split_once(':') {
        Some((provider, key)) if is_key(key) => {
            let provider = provider.to_ascii_lowercase().parse()?;
            Ok(TicketRef {
                key: key.to_owned(),
                provider: Some(provider),
            })
        }
        _ => Err(TicketRefError::Form(text.to_owned())),
    }
}

/// A letter, letters, digits and underscores, a hyphen, digits: `WEB-123`, in any letter case.
fn is_key(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(project, number)| {
        project.starts_with(|c: char| c.is_ascii_alphabetic())
            && project
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    })
}

fn from_url(url: &Url) -> Option<TicketRef> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let segments: Vec<_> = url.path_segments()?.collect();
    let reference = |provider| {
        let word = word_before_key(provider, url.host_str()?)?;
        let at = segments.iter().position(|segment| *segment == word)?;
        let key = segments.get(at + 1).filter(|key| is_key(key))?;
        Some(TicketRef {
            key: (*key).to_owned(),
            provider: Some(provider),
        })
    };
    Provider::ALL.into_iter().find_map(reference)
}

/// The path segment before the key in a ticket's URL: `https://linear.app/<org>/issue/WEB-123/…` and
/// `https://<site>/browse/IAM-42`.
fn word_before_key(provider: Provider, host: &str) -> Option<&'static str> {
    let is_linear = host == "linear.app";
    match provider {
        Provider::Jira => (!is_linear).then_some("browse"),
        Provider::Linear => is_linear.then_some("issue"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms() {
        let cases = [
            ("WEB-123", "WEB-123", None),
            ("web-123", "web-123", None),
            (" A_B2-7\n", "A_B2-7", None),
            ("linear:WEB-123", "WEB-123", Some(Provider::Linear)),
            ("Jira:iam-42", "iam-42", Some(Provider::Jira)),
            (
                "https://linear.app/acme/issue/WEB-123/fix-login?x=1#c",
                "WEB-123",
                Some(Provider::Linear),
            ),
            (
                "https://linear.app/acme/issue/WEB-123",
                "WEB-123",
                Some(Provider::Linear),
            ),
            (
                "https://acme.atlassian.net/browse/IAM-42",
                "IAM-42",
                Some(Provider::Jira),
            ),
            (
                "http://jira.local/jira/browse/IAM-42?focused=1",
                "IAM-42",
                Some(Provider::Jira),
            ),
        ];
        for (text, key, provider) in cases {
            assert_eq!(
                parse(text),
                Ok(TicketRef {
                    key: key.to_owned(),
                    provider
                }),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "WEB",
            "WEB-",
            "-1",
            "1-2",
            "WEB-12x",
            "WEB 123",
            "WEB-١",
            "fix the login",
            "../WEB-1",
            "linear:",
            "linear:../x",
            "https://linear.app/acme/project/WEB-1",
            "https://x/browse/",
            "file:///browse/IAM-42",
            "https://linear.app/acme/issue/..%2fWEB-1",
            "ſEB-1",
        ] {
            assert!(
                matches!(parse(text), Err(TicketRefError::Form(_))),
                "{text}"
            );
        }
        assert!(matches!(
            parse("github:WEB-1"),
            Err(TicketRefError::Provider(_))
        ));
    }

    proptest::proptest! {
        #[test]
        fn no_input_panics_and_keys_are_keys(text in "\\PC{0,60}") {
            if let Ok(found) = parse(&text) {
                proptest::prop_assert!(is_key(&found.key));
            }
        }
    }
}
