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
        let (mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
            Some(text) => (BYTE_ORDER_MARK, text),
            None => ("", text),
        };
        let rows: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let is_crlf = rows.first().is_some_and(|first| first.ends_with("\r\n"));
        let ending = if is_crlf { "\r\n" } else { "\n" };
        Self { mark, rows, ending }
    }

    pub(super) fn text(&self) -> String {
        format!("{}{}", self.mark, self.rows.concat())
    }

    /// The lines of a top-level block, from its key to its last indented line. Blank lines and
    /// unindented comments after that belong to what follows.
    pub(super) fn block(&self, key: &str) -> Option<Range<usize>> {
        let starts = |line: &String| after_key(line, key).is_some();
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
        let mut block = vec![format!("{key}:{}", self.ending)];
        block.extend(self.template(template));
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

    /// The header's index, if the block consists of its key and an empty value.
    pub(super) fn empty_block(&self, key: &str, found: Range<usize>) -> Option<usize> {
        let header = self.rows.get(found.start)?;
        let value = Scalar::split(after_key(header, key)?).value;
        let mut children = self.rows.get(found.start + 1..found.end)?.iter();
        (!children.any(|line| has_content(line))
            && matches!(value, "" | "~" | "null" | "Null" | "NULL" | "{}"))
        .then_some(found.start)
    }

    pub(super) fn fill_block(&mut self, key: &str, at: usize, template: &str) {
        if let Some(header) = self.rows.get_mut(at)
            && let Some(rest) = after_key(header, key)
        {
            let tail = Scalar::split(rest).tail.to_owned();
            header.truncate(header.len() - rest.len());
            header.push_str(&tail);
        }
        self.insert(at + 1, self.template(template));
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
        let rows = self.rows.iter().enumerate().take(block.end);
        let find = |wanted: &dyn Fn(&str) -> bool| {
            let mut children = rows.clone().skip(block.start + 1);
            children
                .find(|(_, line)| wanted(line))
                .map(|(index, _)| index)
        };
        let Some(first) = find(&has_content) else {
            return;
        };
        let indent = self.rows.get(first).map_or(0, |line| indentation(line));
        let child = find(&|line| {
            indentation(line) == indent && after_key(line.trim_start(), name).is_some()
        });
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
        let Some(rest) = after_key(line.trim_start(), name) else {
            return;
        };
        let old = Scalar::split(rest);
        if parse::<Value>(old.value).is_ok_and(|old| old == value) {
            return;
        }
        let start = line.len() - rest.len();
        let new = format!(" {}{}", scalar(value), old.tail);
        line.truncate(start);
        line.push_str(&new);
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

/// The text after `key:`, if the line begins with that key, plain or quoted.
fn after_key<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let rest = ['"', '\'']
        .into_iter()
        .find_map(|quote| {
            line.strip_prefix(quote)?
                .strip_prefix(key)?
                .strip_prefix(quote)
        })
        .or_else(|| line.strip_prefix(key))?;
    let rest = rest.trim_start_matches([' ', '\t']).strip_prefix(':')?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some(rest)
}

/// A value on the line of its key, and the white space, comment and line ending after it.
struct Scalar<'a> {
    value: &'a str,
    tail: &'a str,
}

impl<'a> Scalar<'a> {
    fn split(rest: &'a str) -> Self {
        let start = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let mut quote = None;
        let mut previous = ' ';
        let mut end = rest.len();
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
        let tail = rest
            .get(start + value.len()..)
            .filter(|_| !value.is_empty())
            .unwrap_or(rest);
        Self { value, tail }
    }
}

fn strip_ending(line: &mut String) {
    if let Some(rest) = line.strip_suffix('\n') {
        let length = rest.strip_suffix('\r').unwrap_or(rest).len();
        line.truncate(length);
    }
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
