//! Rows of text: aligned on a terminal, tab-separated elsewhere.

use console::{measure_text_width, truncate_str};

use super::Ui;
use super::link::Cell;
use crate::text::one_line;

/// The spaces between two columns.
const GAP: usize = 2;

/// Rows of cells, sanitised here. The headings appear only on a terminal, which also cuts the last
/// column to its width.
pub(crate) fn table<const N: usize>(
    ui: &Ui,
    headings: [&str; N],
    rows: &[[impl Into<Cell> + Clone; N]],
) -> String {
    let rows = rows.iter().map(|row| cleaned(row));
    with_headings(ui, &headings, rows.collect())
}

/// [`table`] with columns that only the caller knows.
pub(crate) fn table_of(
    ui: &Ui,
    headings: &[&str],
    rows: &[Vec<impl Into<Cell> + Clone>],
) -> String {
    let rows = rows.iter().map(|row| cleaned(row));
    with_headings(ui, headings, rows.collect())
}

fn with_headings(ui: &Ui, headings: &[&str], mut rows: Vec<Vec<Cell>>) -> String {
    if ui.stdout_is_terminal() && !rows.is_empty() {
        let headings = headings.iter().map(|name| name.to_uppercase().into());
        rows.insert(0, headings.collect());
    }
    lines(ui, &rows, ui.stdout_width())
}

fn cleaned(row: &[impl Into<Cell> + Clone]) -> Vec<Cell> {
    row.iter().cloned().map(clean).collect()
}

fn clean(cell: impl Into<Cell>) -> Cell {
    let mut cell = cell.into();
    cell.text = one_line(&cell.text);
    cell
}

/// Cuts a line to a width in columns.
pub(super) fn cut(line: &str, width: usize) -> String {
    // The ellipsis needs a column.
    let tail = if width > 0 { "…" } else { "" };
    truncate_str(line, width, tail).into_owned()
}

/// The properties of one thing: `label  value` aligned, or `label<TAB>value`.
pub(crate) fn record(ui: &Ui, rows: &[(impl AsRef<str>, impl Into<Cell> + Clone)]) -> String {
    let rows = rows.iter();
    let clean = rows.map(|(label, value)| vec![label.as_ref().into(), clean(value.clone())]);
    lines(ui, &clean.collect::<Vec<_>>(), None)
}

/// A [`record`] without the properties that are unknown.
pub(crate) fn record_known<const N: usize>(
    ui: &Ui,
    rows: [(&str, Option<impl Into<Cell> + Clone>); N],
) -> String {
    let rows = rows.into_iter();
    let known = rows.filter_map(|(label, value)| Some((label, value?)));
    record(ui, &known.collect::<Vec<_>>())
}

/// Aligned lines, cut to a width, on a terminal; elsewhere tabs between the texts.
fn lines(ui: &Ui, rows: &[Vec<Cell>], width: Option<usize>) -> String {
    if !ui.stdout_is_terminal() {
        return rows.iter().map(|row| tabbed(row)).collect();
    }
    let mut widths = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = measure_text_width(&cell.text).max(*width);
        }
    }
    let width = width.unwrap_or(usize::MAX);
    let widths = fitting(widths, width);
    let line = |row: &Vec<Cell>| {
        let row = cut_cells(row, &widths);
        let line = cut(&aligned(&row, &widths), width);
        let line = if ui.shows_links() {
            with_links(line, &row, &widths)
        } else {
            line
        };
        line + "\n"
    };
    rows.iter().map(line).collect()
}

/// The widths of columns of which the last one is cut. If nothing would be left of it, the widest of the
/// others becomes narrower.
fn fitting(mut widths: Vec<usize>, all: usize) -> Vec<usize> {
    const NARROWEST: usize = 12;
    let Some((last, others)) = widths.split_last_mut() else {
        return widths;
    };
    let wanted = others.iter().map(|width| width + GAP).sum::<usize>() + NARROWEST.min(*last);
    let too_much = wanted.saturating_sub(all);
    if let Some(widest) = others.iter_mut().max() {
        *widest = (*widest).min(NARROWEST.max(widest.saturating_sub(too_much)));
    }
    widths
}

/// Cuts all cells but the last to their columns.
fn cut_cells(row: &[Cell], widths: &[usize]) -> Vec<Cell> {
    let mut row = row.to_vec();
    let others = row.len().saturating_sub(1);
    for (cell, width) in row.iter_mut().zip(widths).take(others) {
        cell.text = cut(&cell.text, *width);
    }
    row
}

fn tabbed(row: &[Cell]) -> String {
    let texts: Vec<_> = row.iter().map(|cell| &*cell.text).collect();
    texts.join("\t") + "\n"
}

fn aligned(row: &[Cell], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths);
    let padded = cells.map(|(cell, width)| cell.text.clone() + &space(cell, *width));
    padded.collect::<String>().trim_end().to_owned()
}

/// What follows a cell in its column.
fn space(cell: &Cell, width: usize) -> String {
    " ".repeat(width - measure_text_width(&cell.text) + GAP)
}

/// Makes links of the cells of an aligned line that is not cut before their end.
fn with_links(mut line: String, row: &[Cell], widths: &[usize]) -> String {
    let mut start = 0;
    let places = row.iter().zip(widths).map(|(cell, width)| {
        let place = start..start + cell.text.len();
        start = place.end + space(cell, *width).len();
        (cell, place)
    });
    // From the last to the first, so that the places stay right.
    for (cell, place) in places.collect::<Vec<_>>().into_iter().rev() {
        let is_whole = line.get(place.clone()) == Some(&*cell.text);
        if let Some((open, close)) = cell.link().filter(|_| is_whole && !place.is_empty()) {
            line.insert_str(place.end, close);
            line.insert_str(place.start, &open);
        }
    }
    line
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
    fn a_wide_column_makes_room_for_the_last() {
        for (widths, all, expected) in [
            (vec![6, 50, 8, 10], 80, vec![6, 50, 8, 10]),
            (vec![6, 50, 8, 10], 60, vec![6, 30, 8, 10]),
            (vec![6, 50, 8, 10], 20, vec![6, 12, 8, 10]),
            (vec![8, 6, 100], 30, vec![8, 6, 100]),
            (vec![8, 6, 100], 20, vec![8, 6, 100]),
            (vec![100], 20, vec![100]),
            (vec![], 20, vec![]),
        ] {
            assert_eq!(fitting(widths, all), expected, "{all}");
        }
    }

    #[test]
    fn a_wide_character_takes_two_columns() {
        assert_eq!(measure_text_width("漢字 é"), 6);
    }
}
