//! Rows for people and for pipes: aligned on a terminal, tab-separated elsewhere (DESIGN §3).

use super::ui::Ui;
use crate::text::one_line;

/// Rows of cells; headings only on a terminal. Cells are made safe to show here.
pub(crate) fn table<const N: usize>(ui: &Ui, headings: [&str; N], rows: &[[String; N]]) -> String {
    let clean: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| one_line(cell)))
        .collect();
    if !ui.stdout_is_terminal() {
        return lines(clean.iter().map(|row| row.join("\t")));
    }
    if clean.is_empty() {
        return String::new();
    }
    let headings = headings.map(str::to_uppercase);
    let all = || std::iter::once(&headings).chain(&clean);
    let width = |column: usize| {
        all()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<_> = (0..N).map(width).collect();
    lines(all().map(|row| pad(row, &widths)))
}

/// One thing and what is known of it: `label  value` aligned, or `label<TAB>value`.
pub(crate) fn record(ui: &Ui, rows: &[(&str, String)]) -> String {
    let clean = rows
        .iter()
        .map(|(label, value)| [(*label).to_owned(), one_line(value)]);
    if !ui.stdout_is_terminal() {
        return lines(clean.map(|row| row.join("\t")));
    }
    let width = rows
        .iter()
        .map(|(label, _)| label.chars().count())
        .max()
        .unwrap_or(0);
    lines(clean.map(|row| pad(&row, &[width])))
}

/// Cells padded to the widths, two spaces between; the last one is left as it is.
fn pad<const N: usize>(row: &[String; N], widths: &[usize]) -> String {
    let mut line = String::new();
    for (i, cell) in row.iter().enumerate() {
        line.push_str(cell);
        if i + 1 < N {
            let filled = cell.chars().count();
            let missing = widths.get(i).copied().unwrap_or(0).saturating_sub(filled);
            line.push_str(&" ".repeat(missing + 2));
        }
    }
    line.trim_end().to_owned()
}

fn lines(rows: impl Iterator<Item = String>) -> String {
    rows.map(|row| row + "\n").collect()
}
