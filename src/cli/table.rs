//! Rows of text: aligned on a terminal, tab-separated elsewhere.

use console::measure_text_width;

use super::Ui;
use crate::text::one_line;

/// Rows of cells, sanitised here. The headings appear only on a terminal.
pub(crate) fn table<const N: usize>(ui: &Ui, headings: [&str; N], rows: &[[String; N]]) -> String {
    let mut clean: Vec<_> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| one_line(cell)))
        .collect();
    if ui.stdout_is_terminal() && !clean.is_empty() {
        clean.insert(0, headings.map(str::to_uppercase));
    }
    lines(ui, &clean)
}

/// The properties of one thing: `label  value` aligned, or `label<TAB>value`.
pub(crate) fn record(ui: &Ui, rows: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let rows = rows.iter();
    let clean = rows.map(|(label, value)| [label.as_ref().to_owned(), one_line(value.as_ref())]);
    lines(ui, &clean.collect::<Vec<_>>())
}

/// A [`record`] without the properties that are unknown.
pub(crate) fn record_known<const N: usize>(ui: &Ui, rows: [(&str, Option<String>); N]) -> String {
    let rows = rows.into_iter();
    let known = rows.filter_map(|(label, value)| Some((label, value?)));
    record(ui, &known.collect::<Vec<_>>())
}

fn lines<const N: usize>(ui: &Ui, rows: &[[String; N]]) -> String {
    if !ui.stdout_is_terminal() {
        return rows.iter().map(|row| row.join("\t") + "\n").collect();
    }
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = measure_text_width(cell).max(*width);
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths);
        let padded = cells
            .map(|(cell, width)| cell.clone() + &" ".repeat(width - measure_text_width(cell) + 2));
        padded.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use console::measure_text_width;

    #[test]
    fn a_wide_character_takes_two_columns() {
        assert_eq!(measure_text_width("漢字 é"), 6);
    }
}
