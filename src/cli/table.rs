//! Rows of text: aligned on a terminal, tab-separated elsewhere.

use console::{measure_text_width, truncate_str};

use super::Ui;
use crate::text::one_line;

/// Rows of cells, sanitised here. The headings appear only on a terminal, which also cuts the last
/// column to its width.
pub(crate) fn table<const N: usize>(ui: &Ui, headings: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<_> = rows.iter().map(|row| row.to_vec()).collect();
    table_of(ui, &headings, &rows)
}

/// [`table`] with columns that only the caller knows.
pub(crate) fn table_of(ui: &Ui, headings: &[&str], rows: &[Vec<String>]) -> String {
    let clean = |row: &Vec<String>| row.iter().map(|cell| one_line(cell)).collect();
    let mut clean: Vec<Vec<_>> = rows.iter().map(clean).collect();
    let Some(width) = ui.stdout_width().filter(|_| !rows.is_empty()) else {
        return lines(ui, &clean);
    };
    clean.insert(0, headings.iter().map(|name| name.to_uppercase()).collect());
    let lines = lines(ui, &clean);
    lines.lines().map(|line| cut(line, width) + "\n").collect()
}

/// Cuts a line to a width in columns.
pub(super) fn cut(line: &str, width: usize) -> String {
    // The ellipsis needs a column.
    let tail = if width > 0 { "…" } else { "" };
    truncate_str(line, width, tail).into_owned()
}

/// The properties of one thing: `label  value` aligned, or `label<TAB>value`.
pub(crate) fn record(ui: &Ui, rows: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let rows = rows.iter();
    let clean =
        rows.map(|(label, value)| vec![label.as_ref().to_owned(), one_line(value.as_ref())]);
    lines(ui, &clean.collect::<Vec<_>>())
}

/// A [`record`] without the properties that are unknown.
pub(crate) fn record_known<const N: usize>(ui: &Ui, rows: [(&str, Option<String>); N]) -> String {
    let rows = rows.into_iter();
    let known = rows.filter_map(|(label, value)| Some((label, value?)));
    record(ui, &known.collect::<Vec<_>>())
}

fn lines(ui: &Ui, rows: &[Vec<String>]) -> String {
    if !ui.stdout_is_terminal() {
        return rows.iter().map(|row| row.join("\t") + "\n").collect();
    }
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = measure_text_width(cell).max(*width);
        }
    }
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let padded = cells
            .map(|(cell, width)| cell.clone() + &" ".repeat(width - measure_text_width(cell) + 2));
        padded.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_to_its_columns() {
        for (line, width, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long…"),
            ("漢字漢字", 8, "漢字漢字"),
            ("漢字漢字", 7, "漢字漢…"),
            ("漢字漢字", 6, "漢字…"),
            ("e\u{301}e\u{301}e\u{301}", 3, "e\u{301}e\u{301}e\u{301}"),
            ("x", 1, "x"),
            ("xy", 1, "…"),
            ("xy", 0, ""),
        ] {
            assert_eq!(cut(line, width), expected, "{line} in {width}");
        }
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        assert_eq!(measure_text_width("漢字 é"), 6);
    }
}
