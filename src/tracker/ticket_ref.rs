//! How a user names a ticket: by key, `provider:KEY`, or a pasted URL.

use super::ticket_url::{self, Site};
use crate::wire::{Provider, UnsupportedProvider};

/// A ticket reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TicketRef {
    /// The key in its original letter case.
    pub key: String,
    /// The provider, if the reference says.
    pub provider: Option<Provider>,
    /// The site of a pasted URL. The ticket must be on it too.
    pub site: Option<Site>,
}

/// Why a text is not a ticket reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TicketRefError {
    #[error(
        "{0:?} is not a ticket reference: use a key (WEB-123), provider:KEY, or the ticket's URL"
    )]
    Form(String),
    #[error("{0:?} is not the URL of a ticket: only Jira and Linear tickets are supported")]
    Url(String),
    #[error(transparent)]
    Provider(#[from] UnsupportedProvider),
}

/// Parses a reference.
pub(crate) fn parse(text: &str) -> Result<TicketRef, TicketRefError> {
    let text = text.trim();
    if ticket_url::is_url(text) {
        return ticket_url::parse(text).ok_or_else(|| TicketRefError::Url(text.to_owned()));
    }
    let (provider, key) = match text.split_once(':') {
        Some((provider, key)) => (Some(provider), key),
        None => (None, text),
    };
    if !is_key(key) {
        return Err(TicketRefError::Form(text.to_owned()));
    }
    let provider = provider.map(|name| name.to_ascii_lowercase().parse());
    Ok(TicketRef {
        key: key.to_owned(),
        provider: provider.transpose()?,
        site: None,
    })
}

/// What a user names to find a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Ticket(TicketRef),
    /// Words of the ticket's text. They find tickets, but confirm none.
    Words(String),
}

/// Parses a reference, or takes the text as words.
pub(crate) fn parse_or_words(text: &str) -> Result<Wanted, TicketRefError> {
    match parse(text) {
        Ok(reference) => Ok(Wanted::Ticket(reference)),
        Err(TicketRefError::Form(typed)) if are_words(&typed) => Ok(Wanted::Words(text.to_owned())),
        Err(error) => Err(error),
    }
}

/// A path and `linear:` are mistyped references.
fn are_words(text: &str) -> bool {
    let is_prefixed = text.contains(':') && !text.contains(char::is_whitespace);
    let is_odd = text.contains('/') || text.contains(char::is_control);
    !(text.is_empty() || is_odd || is_prefixed)
}

/// The key that a text without its hyphen was meant as: `WEB-123` for `web123` or `WEB_123`.
pub(crate) fn near_key(text: &str) -> Option<String> {
    let text = text.trim();
    let start = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let (project, rest) = text.split_at_checked(start)?;
    let number = rest.strip_prefix('_').unwrap_or(rest);
    let is_near =
        project.len() > 1 && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_near.then(|| format!("{}-{number}", project.to_ascii_uppercase()))
}

/// A letter, letters, digits and underscores, a hyphen, digits: `WEB-123`, in any letter case.
pub(super) fn is_key(text: &str) -> bool {
    text.rsplit_once('-').is_some_and(|(project, number)| {
        project.starts_with(|c: char| c.is_ascii_alphabetic())
            && project
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    })
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
                "https://linear.app/acme/issue/WEB-123",
                "WEB-123",
                Some(Provider::Linear),
            ),
        ];
        for (text, key, provider) in cases {
            let found = parse(text).unwrap();
            assert_eq!((&*found.key, found.provider), (key, provider), "{text}");
            assert_eq!(found.site.is_some(), text.contains("://"), "{text}");
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
        assert!(matches!(
            parse("https://github.com/acme/web/issues/12"),
            Err(TicketRefError::Url(_))
        ));
    }

    #[test]
    fn words_have_no_slash() {
        for text in [
            "waiting list",
            "WEB",
            "WEB123",
            " list ",
            "C++",
            "..",
            "1-2",
            "fix: login",
            "日本",
        ] {
            let words = Wanted::Words(text.to_owned());
            assert_eq!(parse_or_words(text), Ok(words), "{text}");
        }
        for text in [
            "",
            " ",
            "../../etc",
            "a/b",
            "https://x",
            "github:WEB-1",
            "linear:",
            "javascript:x",
            "WEB-1\u{1b}[31m",
            "a\nb",
        ] {
            assert!(parse_or_words(text).is_err(), "{text}");
        }
        let key = parse_or_words("web-1").unwrap();
        assert!(matches!(key, Wanted::Ticket(_)), "{key:?}");
    }

    #[test]
    fn a_key_can_lack_its_hyphen() {
        for (text, key) in [
            ("WEB123", Some("WEB-123")),
            (" web123\n", Some("WEB-123")),
            ("WEB_123", Some("WEB-123")),
            ("WEB-123", None),
            ("WEB", None),
            ("123", None),
            ("v2", None),
            ("A1B2", None),
            ("windows 11", None),
            ("WEB__1", None),
            ("WEB1٢", None),
        ] {
            assert_eq!(near_key(text).as_deref(), key, "{text}");
        }
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
