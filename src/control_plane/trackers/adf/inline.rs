//! Text inside a block: marks, mentions, dates, links.

use chrono::DateTime;
use serde_json::Value;

use super::escape::{code_span, escape, escape_in_link};
use super::{Writer, attribute, children, kind};

/// Whether a node is a part of a paragraph. A node of unknown type is one if it has a text.
pub(super) fn is_inline(node: &Value) -> bool {
    match kind(node) {
        "text" | "hardBreak" | "mention" | "emoji" | "date" | "status" | "inlineCard"
        | "mediaInline" | "placeholder" | "inlineExtension" => true,
        _ => node.get("text").is_some() && children(node).is_empty(),
    }
}

/// The marks of a text that Markdown has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Marks<'a> {
    strong: bool,
    em: bool,
    strike: bool,
    code: bool,
    link: Option<&'a str>,
}

impl<'a> Marks<'a> {
    fn of(node: &'a Value) -> Self {
        let mut marks = Self::default();
        let list = node.get("marks").and_then(Value::as_array);
        for mark in list.into_iter().flatten() {
            match kind(mark) {
                "strong" => marks.strong = true,
                "em" => marks.em = true,
                "strike" => marks.strike = true,
                "code" => marks.code = true,
                "link" => marks.link = attribute(mark, "href").or(marks.link),
                _ => {}
            }
        }
        marks
    }

    /// Marks a text. Space stays outside, because inside it would turn the marks into characters.
    fn apply(&self, text: &str) -> String {
        let inner = text.trim();
        if inner.is_empty() {
            return text.to_owned();
        }
        let start = text.len() - text.trim_start().len();
        let (before, after) = (text.get(..start), text.get(start + inner.len()..));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let mut marked = match self {
            _ if *self == Self::default() => escape(inner),
            Self { code: true, .. } => code_span(inner),
            // A paragraph could end inside the marks.
            Self { link: Some(_), .. } => escape_in_link(&inner.replace('\n', " ")),
            _ => escape(&inner.replace('\n', " ")),
        };
        for (is_set, mark) in [(self.strike, "~~"), (self.em, "*"), (self.strong, "**")] {
            if is_set {
                marked = format!("{mark}{marked}{mark}");
            }
        }
        if let Some(href) = self.link {
            marked = link(&marked, inner, href);
        }
        format!("{before}{marked}{after}")
    }
}

impl Writer {
    /// The text of inline nodes.
    pub(super) fn inline(&mut self, nodes: &[Value]) -> String {
        let mut out = String::new();
        // Neighbours with the same marks share them.
        let alike = |one: &Value, other: &Value| {
            kind(one) == "text" && kind(other) == "text" && Marks::of(one) == Marks::of(other)
        };
        for group in nodes.chunk_by(alike) {
            let text = match group {
                [node] if kind(node) != "text" => self.inline_node(node),
                texts => self.marked(texts),
            };
            // Behind an exclamation mark a link would become an image.
            if text.starts_with('[') && out.ends_with('!') {
                out.insert(out.len() - 1, '\\');
            }
            out.push_str(&text);
        }
        out
    }

    /// Text nodes with the same marks.
    fn marked(&mut self, nodes: &[Value]) -> String {
        let mut text = String::new();
        for node in nodes {
            if self.may_go_on() {
                let own = node.get("text").and_then(Value::as_str).unwrap_or_default();
                self.budget = self.budget.saturating_sub(own.len());
                text.push_str(own);
            }
        }
        nodes
            .first()
            .map_or(String::new(), |node| Marks::of(node).apply(&text))
    }

    /// Text that is not in a node of its own.
    pub(super) fn plain(&mut self, text: &str) -> String {
        self.budget = self.budget.saturating_sub(text.len());
        escape(text)
    }

    fn inline_node(&mut self, node: &Value) -> String {
        if !self.may_go_on() {
            return String::new();
        }
        let value = |name| attribute(node, name).unwrap_or_default();
        match kind(node) {
            "hardBreak" => "  \n".to_owned(),
            "mention" => {
                let name = if value("text").is_empty() {
                    value("id")
                } else {
                    value("text")
                };
                self.plain(&format!("@{}", name.trim_start_matches('@')))
            }
            "emoji" => {
                let text = if value("text").is_empty() {
                    value("shortName")
                } else {
                    value("text")
                };
                self.plain(text)
            }
            "date" => self.plain(&date(value("timestamp"))),
            "inlineCard" | "blockCard" | "embedCard" => self.card(node),
            "media" | "mediaInline" => self.media(node),
            _ => self.inline_unknown(node),
        }
    }

    /// A link shown as a card: its URL, or the address and the name in its data.
    fn card(&mut self, node: &Value) -> String {
        let data = node.get("attrs").and_then(|attrs| attrs.get("data"));
        let of_data = |name| data.and_then(|data| data.get(name)).and_then(Value::as_str);
        let url = attribute(node, "url")
            .or_else(|| of_data("url"))
            .unwrap_or_default();
        self.budget = self.budget.saturating_sub(url.len());
        match of_data("name").filter(|name| !name.trim().is_empty()) {
            Some(name) if url.is_empty() => self.plain(name),
            Some(name) => {
                self.budget = self.budget.saturating_sub(name.len());
                link(&escape_in_link(name), name, url)
            }
            None => bare_url(url),
        }
    }

    fn media(&mut self, node: &Value) -> String {
        let place = match attribute(node, "url").filter(|url| !url.is_empty()) {
            Some(url) => format!("[attachment]({})", target(url)),
            None => "[attachment]".to_owned(),
        };
        let alt = self.plain(attribute(node, "alt").unwrap_or_default());
        let text = format!("{place} {}", alt.trim());
        text.trim_end().to_owned()
    }

    /// The text of a node of another type, and of everything inside. Blocks that are inside by
    /// mistake become a part of the line.
    fn inline_unknown(&mut self, node: &Value) -> String {
        let own = node.get("text").and_then(Value::as_str);
        let own = own.or_else(|| attribute(node, "text")).unwrap_or_default();
        let mut text = self.plain(own);
        let content = self.inline(children(node));
        if !text.is_empty() && !content.is_empty() {
            text.push(' ');
        }
        text + &content
    }
}

/// A link; `plain` is its text without markup.
fn link(marked: &str, plain: &str, href: &str) -> String {
    if href.trim().is_empty() {
        return marked.to_owned();
    }
    if plain == href && is_plain_url(href) {
        return bare_url(href);
    }
    format!("[{marked}]({})", target(href))
}

fn bare_url(url: &str) -> String {
    if is_plain_url(url) {
        format!("<{url}>")
    } else {
        escape(url)
    }
}

fn is_plain_url(url: &str) -> bool {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "<>".contains(c))
}

/// The target of a link, without the characters that would end it.
fn target(href: &str) -> String {
    let mut target = String::new();
    for c in href.trim().chars() {
        match c {
            '(' => target.push_str("%28"),
            ')' => target.push_str("%29"),
            '<' => target.push_str("%3C"),
            '>' => target.push_str("%3E"),
            '\\' => target.push_str("%5C"),
            c if c.is_whitespace() || c.is_control() => target.push_str("%20"),
            c => target.push(c),
        }
    }
    target
}

/// The day of a time in milliseconds since the epoch.
fn date(timestamp: &str) -> String {
    let time = timestamp
        .parse()
        .ok()
        .and_then(DateTime::from_timestamp_millis);
    time.map_or(timestamp.to_owned(), |time| {
        time.format("%Y-%m-%d").to_string()
    })
}
