//! Finds, adds and removes the lines of a YAML block. Supports only the ordinary block style;
//! [`super::yaml_block`] verifies the result.

use std::ops::Range;

use serde_json::Value;

use super::yaml::{Change, parse};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The lines of a text, with their endings.
pub(super) struct YamlLines {
    mark: &'static str,
    rows: Vec<String>,
    ending: &'static str,
}

impl YamlLines {
    pub(super) fn of(text: &str) -> Self {
        let unmarked = text.strip_prefix(BYTE_ORDER_MARK);
        let rows = unmarked.unwrap_or(text).split_inclusive('\n');
        let windows = rows.clone().next().is_some_and(|row| row.ends_with("\r\n"));
        Self {
            mark: unmarked.map_or("", |_| BYTE_ORDER_MARK),
            rows: rows.map(str::to_owned).collect(),
            ending: if windows { "\r\n" } else { "\n" },
        }
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}", self.mark, self.rows.concat())
    }

    /// The lines of a top-level block, from its key to its last indented line. Blank lines and
    /// unindented comments after that belong to what follows.
    pub(super) fn block(&self, key: &str) -> Option<Range<usize>> {
        let starts = |line: &String| indentation(line) == 0 && split_key(line, key).is_some();
        let start = self.rows.iter().position(starts)?;
        Some(start..self.end_of(start, 0))
    }

    /// The end of the lines that are indented deeper than `indent`.
    fn end_of(&self, start: usize, indent: usize) -> usize {
        let mut end = start + 1;
        for (index, line) in self.rows.iter().enumerate().skip(start + 1) {
            let unindented_comment = line.starts_with('#');
            if indentation(line) > indent && !is_blank(line) {
                end = index + 1;
            } else if !is_blank(line) && !unindented_comment {
                break;
            }
        }
        end
    }

    pub(super) fn append_block(&mut self, key: &str, template: &str) {
        let block = self.template(&format!("{key}:\n{template}"));
        let marker = self.rows.iter().rposition(|line| line.trim_end() == "...");
        let at = marker.unwrap_or(self.rows.len());
        self.insert(at, block);
    }

    /// Inserts lines. If the line before them has no newline, it gets one and the last new line has
    /// none: the file still has no final newline, and [`Self::remove_block`] can undo the change.
    fn insert(&mut self, at: usize, mut lines: Vec<String>) {
        if let Some(previous) = at.checked_sub(1).and_then(|last| self.rows.get_mut(last))
            && !previous.ends_with('\n')
        {
            previous.push_str(self.ending);
            if let Some(last) = lines.last_mut() {
                strip_ending(last);
            }
        }
        self.rows.splice(at..at, lines);
    }

    /// Fills a block that consists of its key and an empty value. Leaves any other block as it is.
    pub(super) fn fill_empty_block(&mut self, key: &str, found: Range<usize>, template: &str) {
        let lines = self.template(template);
        let at = found.start + 1;
        let Some([header, children @ ..]) = self.rows.get_mut(found) else {
            return;
        };
        let Some((before, rest)) = split_key(header, key) else {
            return;
        };
        let (value, tail) = split_value(rest);
        let no_value = matches!(value, "" | "~" | "null" | "Null" | "NULL" | "{}");
        if no_value && !children.iter().any(|line| has_content(line)) {
            *header = format!("{before}{tail}");
            self.insert(at, lines);
        }
    }

    fn template(&self, template: &str) -> Vec<String> {
        let lines = template.lines();
        lines.map(|line| format!("{line}{}", self.ending)).collect()
    }

    pub(super) fn change(&mut self, key: &str, change: Change<'_>) {
        let (Change::Set(name, _) | Change::Remove(name)) = change;
        let Some(block) = self.block(key) else {
            return;
        };
        let children = self.rows.iter().enumerate().take(block.end);
        let mut children = children
            .skip(block.start + 1)
            .skip_while(|(_, line)| !has_content(line));
        let Some((first, line)) = children.clone().next() else {
            return;
        };
        let indent = indentation(line);
        let child = children
            .find(|(_, line)| indentation(line) == indent && split_key(line, name).is_some())
            .map(|(index, _)| index);
        match (change, child) {
            (Change::Set(_, value), Some(child)) => self.set_child(child, indent, name, value),
            (Change::Set(_, value), None) => {
                let line = format!("{:indent$}{name}: {}{}", "", scalar(value), self.ending);
                self.rows.insert(first, line);
            }
            (Change::Remove(_), Some(child)) => {
                self.remove_block(child..self.end_of(child, indent).min(block.end));
            }
            (Change::Remove(_), None) => {}
        }
    }

    fn set_child(&mut self, child: usize, indent: usize, name: &str, value: &str) {
        let end = self.end_of(child, indent);
        let Some(line) = self.rows.get_mut(child) else {
            return;
        };
        let Some((before, rest)) = split_key(line, name) else {
            return;
        };
        let (old, tail) = split_value(rest);
        if parse::<Value>(old).is_ok_and(|old| old == value) {
            return;
        }
        *line = format!("{before} {}{tail}", scalar(value));
        self.rows.drain(child + 1..end);
    }

    /// Removes lines. If the last line of the file has no newline, the new last line has none.
    pub(super) fn remove_block(&mut self, found: Range<usize>) {
        let unended = found.end == self.rows.len()
            && self.rows.last().is_some_and(|line| !line.ends_with('\n'));
        self.rows.drain(found);
        if unended && let Some(last) = self.rows.last_mut() {
            strip_ending(last);
        }
    }
}

/// The line up to `key:` and the text after it, if that is its key, plain or quoted.
fn split_key<'a>(line: &'a str, key: &str) -> Option<(&'a str, &'a str)> {
    let text = line.trim_start_matches([' ', '\t']);
    let quoted = |quote| {
        let rest = text.strip_prefix(quote)?.strip_prefix(key)?;
        rest.strip_prefix(quote)
    };
    let rest = quoted('"').or_else(|| quoted('\''));
    let rest = rest.or_else(|| text.strip_prefix(key))?;
    let rest = rest.trim_start_matches([' ', '\t']).strip_prefix(':')?;
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    line.split_at_checked(line.len() - rest.len())
        .filter(|_| ends)
}

/// Splits the text after a key into the value, and the white space, comment and line ending after
/// it.
fn split_value(rest: &str) -> (&str, &str) {
    let start = indentation(rest);
    let (mut quote, mut previous, mut end) = (None, ' ', rest.len());
    for (index, c) in rest.char_indices() {
        match quote {
            Some(open) if c == open && previous != '\\' => quote = None,
            None if index == start && matches!(c, '"' | '\'') => quote = Some(c),
            None if c == '#' && previous.is_whitespace() => {
                end = index;
                break;
            }
            _ => {}
        }
        previous = c;
    }
    let value = rest.get(..end).unwrap_or_default().trim();
    let tail = rest.get(start + value.len()..);
    (value, tail.filter(|_| !value.is_empty()).unwrap_or(rest))
}

fn strip_ending(line: &mut String) {
    let kept = line
        .strip_suffix("\r\n")
        .or_else(|| line.strip_suffix('\n'));
    line.truncate(kept.unwrap_or(line).len());
}

fn has_content(line: &str) -> bool {
    !is_blank(line) && !line.trim_start().starts_with('#')
}

fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// A text as a YAML scalar: plain if that is certainly safe, else double-quoted.
pub(crate) fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain {
        return text.to_owned();
    }
    Value::from(text).to_string()
}
