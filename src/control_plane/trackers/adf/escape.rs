//! Keeps text from becoming Markdown.

/// Puts a backslash in front of the characters that would begin markup where they are. Most text has
/// none: `snake_case`, `2 * 3` and `[draft]` stay as they are.
pub(super) fn escape(text: &str) -> String {
    escape_where(text, is_markup)
}

/// Like [`escape`], for the text of a link, which a bracket would end.
pub(super) fn escape_in_link(text: &str) -> String {
    escape_where(text, |c, before, rest| {
        "[]".contains(c) || is_markup(c, before, rest)
    })
}

fn escape_where(text: &str, is_markup: impl Fn(char, Option<char>, &[char]) -> bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut escaped = String::with_capacity(text.len());
    for (index, &c) in characters.iter().enumerate() {
        let before = index
            .checked_sub(1)
            .and_then(|i| characters.get(i))
            .copied();
        let rest = characters.get(index + 1..).unwrap_or_default();
        if is_markup(c, before, rest) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn is_markup(c: char, before: Option<char>, rest: &[char]) -> bool {
    let after = rest.first().copied();
    let is_space = |c: Option<char>| c.is_some_and(char::is_whitespace);
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '`' => true,
        // At the end, the next character may be markup of our own.
        '\\' => after.is_none_or(|next| next.is_ascii_punctuation() || next == '\n'),
        '*' | '~' => !(is_space(before) && is_space(after)),
        '_' => !(is_letter(before) && is_letter(after) || is_space(before) && is_space(after)),
        ']' => after.is_none_or(|next| "([:".contains(next)),
        '<' => after.is_none_or(|next| next.is_ascii_alphabetic() || "/!?".contains(next)),
        '&' => is_entity(rest),
        _ => false,
    }
}

/// Whether `&` and these characters are an entity, as in `&amp;`.
fn is_entity(rest: &[char]) -> bool {
    let end = rest.iter().position(|c| *c == ';');
    let name = end.and_then(|end| rest.get(..end)).unwrap_or_default();
    !name.is_empty() && name.iter().all(|c| c.is_ascii_alphanumeric() || *c == '#')
}

/// Puts a backslash in front of what would begin a block at the start of a line, and removes the
/// space in front of it, which would begin a code block.
pub(super) fn escape_line_starts(text: &str) -> String {
    let lines = text
        .split('\n')
        .map(|line| escape_line_start(line.trim_start()));
    lines.collect::<Vec<_>>().join("\n")
}

fn escape_line_start(line: &str) -> String {
    let is_space = |text: &str| text.is_empty() || text.starts_with([' ', '\t']);
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    let (number, after_number) = line.split_at_checked(digits).unwrap_or_default();
    let heading = line.trim_start_matches('#');
    let is_only = |c: char| !line.is_empty() && line.trim_end().chars().all(|other| other == c);
    let begins_block = line.starts_with(['>', '|'])
        || (heading.len() < line.len() && is_space(heading))
        || line.strip_prefix(['-', '+', '*']).is_some_and(is_space)
        || line.starts_with("~~~")
        || is_only('=')
        || is_definition(line)
        || is_only('-');
    if begins_block {
        return format!("\\{line}");
    }
    let is_ordered =
        !number.is_empty() && after_number.strip_prefix(['.', ')']).is_some_and(is_space);
    if is_ordered {
        return format!("{number}\\{after_number}");
    }
    line.to_owned()
}

/// Whether a line would define the target of links, as in `[name]: target`. A code span does not
/// hide the end of the name.
fn is_definition(line: &str) -> bool {
    let mut before = ' ';
    for (index, c) in line.char_indices() {
        if c == ']' && before != '\\' {
            return line.starts_with('[')
                && line.get(index..).is_some_and(|end| end.starts_with("]:"));
        }
        before = c;
    }
    false
}

/// A code span for a text in one line.
pub(super) fn code_span(text: &str) -> String {
    let text = text.replace('\n', " ");
    if text.is_empty() {
        return text;
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    // One space at both ends would be removed.
    let needs_space = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let space = if needs_space && !text.trim().is_empty() {
        " "
    } else {
        ""
    };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// A fence that is longer than any run of backticks in the code.
pub(super) fn fence(code: &str) -> String {
    "`".repeat((longest_run(code) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or_default()
}
