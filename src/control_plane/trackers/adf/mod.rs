//! Turns a document of Jira Cloud (Atlassian Document Format, a JSON tree) into Markdown.
//!
//! No text of a document is lost: an unknown node gives the text inside it. The depth is bounded by
//! the JSON parser, and the size by a budget.

mod escape;
mod flat;
mod inline;
mod table;

use serde_json::Value;

use super::ticket::{CUT_MARK, MAX_BODY_BYTES};
use escape::{escape_line_starts, fence};
use inline::is_inline;

/// The Markdown of a document, given as JSON. It ends soon after the most bytes of a body.
pub(super) fn to_markdown(json: &str) -> String {
    match serde_json::from_str::<Value>(json) {
        Ok(document) => {
            let mut writer = Writer {
                budget: 2 * MAX_BODY_BYTES,
            };
            let mut text = writer.blocks(children(&document));
            if writer.budget == 0 {
                text.push_str(CUT_MARK);
            }
            text
        }
        // It is nested too deeply for the parser.
        Err(_) => flat::texts(json, 2 * MAX_BODY_BYTES),
    }
}

const RULE: &str = "---";

/// Writes nodes until its budget is used up.
struct Writer {
    /// How many more nodes and bytes of text.
    budget: usize,
}

impl Writer {
    /// Whether there is budget for one more node.
    fn may_go_on(&mut self) -> bool {
        self.budget = self.budget.saturating_sub(1);
        self.budget > 0
    }

    /// Blocks with an empty line between them. Inline nodes between blocks form a paragraph.
    fn blocks(&mut self, nodes: &[Value]) -> String {
        self.block_list(nodes).join("\n\n")
    }

    fn block_list(&mut self, nodes: &[Value]) -> Vec<String> {
        let mut blocks = Vec::new();
        for group in groups(nodes) {
            let block = match group {
                [node] if !is_inline(node) => self.block(node),
                inline => self.paragraph(inline),
            };
            if !block.is_empty() {
                blocks.push(block);
            }
        }
        blocks
    }

    fn block(&mut self, node: &Value) -> String {
        if !self.may_go_on() {
            return String::new();
        }
        let content = children(node);
        match kind(node) {
            "paragraph" | "caption" => self.paragraph(content),
            "heading" => self.heading(node),
            "bulletList" | "decisionList" => self.list(content, |_, _| "- ".to_owned()),
            "orderedList" => {
                let first = number(node, "order").unwrap_or(1);
                self.list(content, |index, _| {
                    format!("{}. ", first.saturating_add(index))
                })
            }
            "taskList" => self.list(content, |_, item| match attribute(item, "state") {
                Some("DONE") => "- [x] ".to_owned(),
                _ => "- [ ] ".to_owned(),
            }),
            "blockquote" | "panel" => match self.blocks(content) {
                text if text.is_empty() => text,
                text => prefixed(&text, "> ", "> "),
            },
            "expand" | "nestedExpand" => self.expand(node),
            "codeBlock" => self.code_block(node),
            "rule" => RULE.to_owned(),
            "table" => self.table(node),
            "mediaGroup" => {
                let media = content.iter().map(|media| self.block(media));
                media.collect::<Vec<_>>().join("\n")
            }
            "media" | "blockCard" | "embedCard" => self.inline(std::slice::from_ref(node)),
            _ => self.unknown(node),
        }
    }

    fn paragraph(&mut self, content: &[Value]) -> String {
        escape_line_starts(self.inline(content).trim())
    }

    fn heading(&mut self, node: &Value) -> String {
        let level = number(node, "level").unwrap_or(1).clamp(1, 6);
        let text = self.inline(children(node));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let marks = "#".repeat(usize::try_from(level).unwrap_or(1));
        // Markdown would remove these characters at the end of a heading.
        let text = match text.strip_suffix('#') {
            Some(start) => format!("{start}\\#"),
            None => text,
        };
        format!("{marks} {text}").trim_end().to_owned()
    }

    /// A list; `marker` begins each item. A list directly inside a list belongs to the item before.
    fn list(&mut self, nodes: &[Value], marker: impl Fn(u64, &Value) -> String) -> String {
        let mut items: Vec<(String, String)> = Vec::new();
        for (index, node) in (0..).zip(nodes) {
            match items.last_mut() {
                Some((_, text)) if is_list(node) => push_block(text, &self.block(node)),
                _ => {
                    let marker = marker(index, node);
                    let (mut text, begins_with_text) = self.item(node);
                    // Behind the box of a task nothing else is recognised.
                    if marker.starts_with("- [") && !begins_with_text {
                        text.insert(0, '\n');
                    }
                    items.push((marker, text));
                }
            }
        }
        // Three empty markers in one line would be a rule, and some parsers end a list after one.
        items.retain(|(_, text)| !text.is_empty());
        let item = |(marker, text): (String, String)| {
            let width = if marker.starts_with("- ") {
                2
            } else {
                marker.len()
            };
            prefixed(&text, &marker, &" ".repeat(width))
        };
        items.into_iter().map(item).collect::<Vec<_>>().join("\n")
    }

    /// The blocks of an item, and whether the first one is text.
    fn item(&mut self, item: &Value) -> (String, bool) {
        let nodes = match kind(item) {
            "listItem" | "taskItem" | "blockTaskItem" | "decisionItem" => children(item),
            _ => std::slice::from_ref(item),
        };
        let (mut text, mut begins_with_text) = (String::new(), true);
        for group in groups(nodes) {
            for block in self.block_list(group) {
                let is_text = |node| is_inline(node) || kind(node) == "paragraph";
                begins_with_text &= !text.is_empty() || group.first().is_some_and(is_text);
                push_block(&mut text, &block);
            }
        }
        // Dashes behind the marker would form a rule together with it.
        let text = match text.strip_prefix(RULE) {
            Some(rest) if rest.is_empty() || rest.starts_with('\n') => format!("***{rest}"),
            _ => text,
        };
        (text, begins_with_text)
    }

    fn expand(&mut self, node: &Value) -> String {
        let title = self.plain(attribute(node, "title").unwrap_or_default());
        let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
        let content = self.blocks(children(node));
        match (title.is_empty(), content.is_empty()) {
            (true, _) => content,
            (false, true) => format!("**{title}**"),
            (false, false) => format!("**{title}**\n\n{content}"),
        }
    }

    fn code_block(&mut self, node: &Value) -> String {
        let code = self.code(node);
        let language = attribute(node, "language").unwrap_or_default();
        let is_word = |c: char| c.is_alphanumeric() || "+-#._".contains(c);
        let language = if language.chars().all(is_word) {
            language
        } else {
            ""
        };
        let fence = fence(&code);
        format!(
            "{fence}{language}\n{}\n{fence}",
            code.trim_end_matches('\n')
        )
    }

    /// The text of a node that this program does not know, and of everything inside.
    fn unknown(&mut self, node: &Value) -> String {
        let mut blocks = self.own_texts(node);
        for text in &mut blocks {
            *text = escape_line_starts(text);
        }
        blocks.extend(self.block_list(children(node)));
        blocks.join("\n\n")
    }

    /// The texts of a node that are not in a node inside.
    fn own_texts(&mut self, node: &Value) -> Vec<String> {
        let text = node.get("text").and_then(Value::as_str);
        let texts = [text, attribute(node, "text"), attribute(node, "title")];
        let texts = texts.into_iter().flatten();
        let texts = texts.map(|text| self.plain(text).trim().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    }

    /// The text of a block of code.
    fn code(&mut self, node: &Value) -> String {
        let mut code = String::new();
        self.texts(node, &mut code);
        code
    }

    /// Adds all texts inside a node as they are.
    fn texts(&mut self, node: &Value, out: &mut String) {
        if !self.may_go_on() {
            return;
        }
        let own = node.get("text").and_then(Value::as_str);
        let own = own.or_else(|| attribute(node, "text")).unwrap_or_default();
        let own = if kind(node) == "hardBreak" { "\n" } else { own };
        self.budget = self.budget.saturating_sub(own.len());
        out.push_str(own);
        for child in children(node) {
            self.texts(child, out);
        }
    }
}

/// Adds a block to those of an item. A list needs no empty line, unless it begins with another number
/// than one.
fn push_block(text: &mut String, block: &str) {
    let may_follow = block.starts_with("- ") || block.starts_with("1. ");
    match (text.is_empty(), may_follow) {
        (true, _) => {}
        (false, true) => text.push('\n'),
        (false, false) => text.push_str("\n\n"),
    }
    text.push_str(block);
}

fn is_list(node: &Value) -> bool {
    kind(node).ends_with("List")
}

/// Nodes one by one, but inline nodes next to each other together.
fn groups(nodes: &[Value]) -> impl Iterator<Item = &[Value]> {
    nodes.chunk_by(|one, other| is_inline(one) && is_inline(other))
}

fn kind(node: &Value) -> &str {
    node.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn children(node: &Value) -> &[Value] {
    let content = node.get("content").and_then(Value::as_array);
    content.map_or(&[], Vec::as_slice)
}

fn attribute<'a>(node: &'a Value, name: &str) -> Option<&'a str> {
    node.get("attrs")?.get(name)?.as_str()
}

/// A number attribute, which Jira may send as a fraction.
fn number(node: &Value, name: &str) -> Option<u64> {
    let number = node.get("attrs")?.get(name)?.as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped just before"
    )]
    number.is_finite().then(|| number.clamp(0.0, 1e9) as u64)
}

/// The text with this in front of its first line, and that in front of the others.
fn prefixed(text: &str, first: &str, others: &str) -> String {
    let mut lines = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let prefix = if index == 0 { first } else { others };
        // Space at the end of a line that has text is a line break.
        lines.push(match line {
            "" => prefix.trim_end().to_owned(),
            line => format!("{prefix}{line}"),
        });
    }
    lines.join("\n")
}
