//! Text that a terminal opens in the browser (OSC 8).

use url::Url;

/// A text, and the web page that it stands for.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(super) text: String,
    address: Option<String>,
}

impl Cell {
    /// A text with this address.
    pub(crate) fn linked(text: impl Into<String>, address: &str) -> Self {
        Self {
            text: text.into(),
            address: Some(address.to_owned()),
        }
    }

    /// What begins its link, and what ends it. `None` if the address is no web page: a terminal opens
    /// more than these. A parsed URL holds no control characters.
    pub(super) fn link(&self) -> Option<(String, &'static str)> {
        let page = Url::parse(self.address.as_deref()?).ok()?;
        let is_page = matches!(page.scheme(), "http" | "https");
        is_page.then(|| (format!("{START}{page}{END}"), CLOSE))
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            address: None,
        }
    }
}

const START: &str = "\x1b]8;;";
const END: &str = "\x1b\\";
const CLOSE: &str = "\x1b]8;;\x1b\\";

/// The text without its links.
pub(super) fn without_links(text: &str) -> String {
    let mut parts = text.split(START);
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain += part.split_once(END).map_or(part, |(_, after)| after);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_become_links() {
        let link = |address| Cell::linked("WEB-1", address).link();
        let (start, end) = link("https://a.example/\u{1b}]x y").unwrap();
        assert_eq!(start, "\u{1b}]8;;https://a.example/%1B]x%20y\u{1b}\\");
        assert_eq!(
            without_links(&format!("a {start}WEB-1{end} b")),
            "a WEB-1 b"
        );
        for address in ["javascript:alert(1)", "file:///etc/passwd", "WEB-1", ""] {
            assert!(link(address).is_none(), "{address}");
        }
    }
}
