//! Makes text from outside safe to show, and formats text for messages.
//!
//! Titles, statuses, URLs, server messages and file names come from other people. All of them pass
//! through [`sanitize`] or [`one_line`] before they reach a terminal.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

/// Removes C0 and C1 controls, whole ESC sequences and bidirectional overrides, but not newlines and
/// tabs.
pub(crate) fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' => skip_escape(&mut rest),
            '\u{9b}' => skip_csi(&mut rest),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut rest),
            c if is_unsafe(c) => {}
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// Like [`sanitize`], and replaces each run of white space by one space.
pub(crate) fn one_line(text: &str) -> String {
    sanitize(text)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// JSON text in which the characters that [`sanitize`] removes are escape sequences. They occur only
/// inside strings.
pub(crate) fn escape_json(json: String) -> String {
    if !json.chars().any(is_unsafe) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if is_unsafe(c) {
            escaped.extend(format!("\\u{:04x}", u32::from(c)).chars());
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// Limits a text to `limit` characters. A truncated text ends in an ellipsis.
pub(crate) fn truncate(text: &str, limit: usize) -> Cow<'_, str> {
    if text.chars().count() <= limit {
        return Cow::Borrowed(text);
    }
    let start: String = text.chars().take(limit.saturating_sub(1)).collect();
    Cow::Owned(start + "…")
}

/// `1 event`, `2 events`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A span of time in its largest unit: `3 days`, `1 hour`.
pub(crate) fn span(seconds: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let unit = UNITS.into_iter().find(|(unit, _)| seconds >= *unit);
    let (unit, name) = unit.unwrap_or((1, "second"));
    count(seconds / unit, name)
}

/// The most similar choice to a mistyped word, if they differ only by a slip.
pub(crate) fn nearest<'a>(
    word: &str,
    choices: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let near = choices.into_iter().filter(|choice| is_slip(word, choice));
    near.min_by_key(|choice| distance(word, choice))
}

/// Whether a word is a choice with one letter wrong, missing, added or swapped; two in a long word.
/// A wrong suggestion is worse than none.
pub(crate) fn is_slip(word: &str, choice: &str) -> bool {
    let most = if choice.chars().count() < 6 { 1 } else { 2 };
    distance(word, choice) <= most
}

fn distance(word: &str, choice: &str) -> usize {
    strsim::osa_distance(&word.to_lowercase(), &choice.to_lowercase())
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

/// A short file name for a text: the first sixteen hexadecimal digits of its SHA-256.
pub(crate) fn short_digest(text: impl AsRef<[u8]>) -> String {
    hex(Sha256::digest(text).get(..8).unwrap_or_default())
}

/// A word as one argument of a POSIX shell, quoted only if necessary.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// An error and its causes in one line, without repetitions.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    messages(error).join(": ")
}

/// The causes of an error, nearest first, without repetitions.
pub(crate) fn causes(error: &dyn std::error::Error) -> Vec<String> {
    messages(error).split_off(1)
}

fn messages(error: &dyn std::error::Error) -> Vec<String> {
    let errors = std::iter::successors(Some(error), |error| error.source());
    let mut messages: Vec<_> = errors.map(ToString::to_string).collect();
    messages.dedup();
    messages
}

fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}' | '\u{2029}'
            | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips the rest of an escape sequence after ESC.
fn skip_escape(rest: &mut Characters<'_>) {
    match rest.next_if(|c| (' '..='~').contains(c)) {
        Some('[') => skip_csi(rest),
        Some(']' | 'P' | 'X' | '^' | '_') => skip_string(rest),
        Some(' '..='/') => drop(rest.next()),
        _ => {}
    }
}

/// Skips parameters, intermediates and the final byte (ECMA-48, section 5.4).
fn skip_csi(rest: &mut Characters<'_>) {
    while rest.next_if(|c| (' '..='?').contains(c)).is_some() {}
    rest.next_if(|c| ('@'..='~').contains(c));
}

/// Skips up to BEL, ST or the end of the line. An unterminated sequence must not hide later lines.
fn skip_string(rest: &mut Characters<'_>) {
    while let Some(c) = rest.next_if(|c| *c != '\n') {
        match c {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                rest.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_controls_and_overrides_are_removed() {
        let cases = [
            ("plain ümlaut 日本", "plain ümlaut 日本"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            (
                "\u{1b}]8;;https://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\",
                "link",
            ),
            ("\u{9b}31mc1", "c1"),
            ("a\u{202e}b\u{2066}c\u{200f}d", "abcd"),
            ("bell\u{7}null\0del\u{7f}", "bellnulldel"),
            ("\u{1b}(Bcharset", "charset"),
            ("\u{1b}", ""),
            ("carriage\rreturn", "carriagereturn"),
            ("keep\nlines\tand tabs", "keep\nlines\tand tabs"),
        ];
        for (text, clean) in cases {
            assert_eq!(sanitize(text), clean, "{text:?}");
        }
    }

    #[test]
    fn one_line_folds_white_space() {
        assert_eq!(one_line("  a\r\n b\t\u{1b}[1mc \u{3000} d\n"), "a b c d");
    }

    #[test]
    fn shell_words_are_quoted_only_if_necessary() {
        assert_eq!(shell_word("web-123"), "web-123");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
    }

    proptest::proptest! {
        #[test]
        fn nothing_unsafe_survives(text in "\\PC*|(\\x1b|\\[|\\]|[0-9;]|m|\\x07|\\u{202e}|x)*") {
            let clean = sanitize(&text);
            proptest::prop_assert!(!clean.chars().any(is_unsafe));
            proptest::prop_assert_eq!(sanitize(&clean), clean.clone());
        }
    }

    #[test]
    fn the_nearest_choice_is_similar() {
        let choices = ["jira", "linear"];
        for (word, expected) in [
            ("linea", Some("linear")),
            ("Jira", Some("jira")),
            ("liner", Some("linear")),
            ("jria", Some("jira")),
            ("github", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, choices), expected, "{word}");
        }
        for (word, choice) in [
            ("search", "serve"),
            ("--ticket", "--timeout"),
            ("start", "status"),
        ] {
            assert_eq!(nearest(word, [choice]), None, "{word}");
        }
    }
}
