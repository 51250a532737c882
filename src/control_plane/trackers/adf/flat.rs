//! The texts of a document that is nested too deeply for a tree.

use super::escape::{escape, escape_line_starts};

/// The strings behind each `"text":`, one in a line, up to about this many bytes.
pub(super) fn texts(json: &str, most: usize) -> String {
    let (mut lines, mut size, mut rest) = (Vec::new(), 0, json);
    let mut is_text = false;
    while let Some(start) = rest.find('"') {
        let (between, string) = rest.split_at_checked(start).unwrap_or_default();
        let is_value = between.trim() == ":";
        let mut strings = serde_json::Deserializer::from_str(string).into_iter::<String>();
        let Some(Ok(text)) = strings.next() else {
            break;
        };
        rest = string.get(strings.byte_offset()..).unwrap_or_default();
        if is_text && is_value && !text.trim().is_empty() {
            size += text.len();
            lines.push(escape_line_starts(&escape(text.trim())));
        }
        if size > most {
            break;
        }
        is_text = !is_value && text == "text";
    }
    lines.join("\n")
}
