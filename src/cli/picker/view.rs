//! The lines of a list on the screen. Each is narrower than the terminal, so none wraps.

use std::iter::repeat;

use anstyle::Style;
use console::measure_text_width;

use super::Row;
use super::list::List;
use crate::cli::Ui;
use crate::cli::table::cut;

/// The widest cell, except in the last column.
const WIDEST: usize = 20;
/// What the keys do; the first one that fits is shown.
const HELP: [&str; 3] = [
    "type to filter · ↑↓ move · Enter choose · Esc cancel",
    "type to filter · Enter choose · Esc cancel",
    "Enter choose · Esc cancel",
];

/// The lines of the screen of `(lines, columns)`: the filter, the rows, the preview, the help.
pub(super) fn frame(ui: &Ui, prompt: &str, list: &List, size: (usize, usize)) -> Vec<String> {
    let width = size.1.saturating_sub(1);
    let matching = list.matching();
    let mut lines = vec![format!("{prompt} {}", list.filter)];
    let widths = widths(list.rows());
    let page = page(list, size).max(1);
    let first = list.selected / page * page;
    for (position, (_, row)) in matching.iter().enumerate().skip(first).take(page) {
        let marker = if position == list.selected {
            "> "
        } else {
            "  "
        };
        lines.push(format!("{marker}{}", aligned(row, &widths)));
    }
    let preview = matching
        .get(list.selected)
        .map_or(&[][..], |(_, row)| &row.preview);
    let room = preview_room(size.0);
    if room > 0 {
        lines.push("─".repeat(width));
        let preview = preview
            .iter()
            .flat_map(|line| wrapped(line, width.saturating_sub(2)));
        let preview = preview.map(|line| format!("  {line}"));
        // Blank lines keep the help where it is.
        lines.extend(preview.chain(repeat(String::new())).take(room));
    }
    lines.push(help(matching.len(), list.rows().len(), width));
    let selected = 1 + list.selected - first;
    let cut = |(number, line): (usize, String)| {
        let line = cut(&line, width);
        let is_selected = number == selected && !matching.is_empty();
        if is_selected {
            ui.paint_stderr(Style::new().bold(), &line)
        } else {
            line
        }
    };
    lines
        .into_iter()
        .take(size.0)
        .enumerate()
        .map(cut)
        .collect()
}

/// How many rows match, and what the keys do.
fn help(matching: usize, all: usize, width: usize) -> String {
    let line = |help| format!("{matching} of {all} · {help}");
    let mut lines = HELP.into_iter().map(line);
    let fits = |line: &String| measure_text_width(line) <= width;
    lines
        .find(fits)
        .unwrap_or_else(|| format!("{matching} of {all}"))
}

/// The number of rows that fit the screen.
pub(super) fn page(list: &List, (lines, _): (usize, usize)) -> usize {
    let preview = match preview_room(lines) {
        0 => 0,
        room => room + 1,
    };
    let room = lines.saturating_sub(2 + preview);
    room.min(list.rows().len())
}

/// The lines for the preview; none on a low screen.
fn preview_room(lines: usize) -> usize {
    match lines {
        0..10 => 0,
        _ => (lines / 3).min(super::PREVIEW_LINES),
    }
}

/// The widths of all columns but the last.
fn widths(rows: &[Row]) -> Vec<usize> {
    let columns = rows
        .first()
        .map_or(0, |row| row.cells.len().saturating_sub(1));
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.cells.get(column));
        let widest = cells.map(|cell| measure_text_width(cell)).max();
        widest.unwrap_or(0).min(WIDEST)
    };
    (0..columns).map(width).collect()
}

fn aligned(row: &Row, widths: &[usize]) -> String {
    let mut line = String::new();
    for (column, cell) in row.cells.iter().enumerate() {
        match widths.get(column) {
            Some(width) => {
                let cell = cut(cell, *width);
                let space = (width + 2).saturating_sub(measure_text_width(&cell));
                line += &(cell + &" ".repeat(space));
            }
            None => line += cell,
        }
    }
    line
}

/// The parts of a line that fit a width, broken at spaces where there are some.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let fits = |part: &str, text: &str| {
        measure_text_width(part) + measure_text_width(text.trim_end()) <= width
    };
    for word in line.split_inclusive(' ') {
        if parts
            .last()
            .is_some_and(|part| !part.is_empty() && !fits(part, word))
        {
            parts.push(String::new());
        }
        for c in word.chars() {
            let c = c.to_string();
            if parts
                .last()
                .is_some_and(|part| !part.is_empty() && !fits(part, &c))
            {
                parts.push(String::new());
            }
            if let Some(part) = parts.last_mut() {
                *part += &c;
            }
        }
    }
    let trimmed = parts.iter().map(|part| part.trim_end().to_owned());
    trimmed.collect()
}

#[cfg(test)]
mod tests {
    use console::Key;

    use super::*;

    fn plain() -> Ui {
        Ui::new(
            &crate::cli::Globals::default(),
            crate::cli::ui::Form::Text,
            &crate::world::World::with_variables::<&str, &str>("/".into(), []),
        )
    }

    fn list() -> List {
        let rows = (1..=30).map(|n| {
            let key = format!("WEB-{n}");
            let title = if n % 2 == 0 {
                "待ち行列 ".repeat(20)
            } else {
                format!("Title {n}")
            };
            let status = if n == 3 {
                "A status that is much too long for a column"
            } else {
                "Todo"
            };
            Row::new(
                &[&key, status, &title],
                &format!("{title}\nhttps://x/{n}\n\n\u{1b}[31mbody"),
            )
        });
        List::new(rows.collect())
    }

    #[test]
    fn no_frame_is_larger_than_its_screen() {
        let ui = plain();
        let mut list = list();
        for lines in 1..40 {
            for columns in [1, 5, 20, 60, 80, 200] {
                let frame = frame(&ui, "Which ticket?", &list, (lines, columns));
                assert!(frame.len() <= lines, "{lines}: {frame:#?}");
                for line in &frame {
                    assert!(measure_text_width(line) < columns, "{columns}: {line}");
                    assert!(!line.contains('\u{1b}'), "{line}");
                }
            }
            list.press(Key::ArrowDown, 1);
        }
    }

    #[test]
    fn the_selected_row_is_always_on_the_screen() {
        let ui = plain();
        for lines in [3, 10, 24, 40] {
            let mut list = list();
            for n in 1..=30 {
                let frame = frame(&ui, "Which?", &list, (lines, 80));
                let selected: Vec<_> = frame.iter().filter(|it| it.starts_with("> ")).collect();
                assert_eq!(selected.len(), 1, "{lines}: {frame:#?}");
                assert!(
                    selected[0].starts_with(&format!("> WEB-{n} ")),
                    "{lines}: {frame:#?}"
                );
                let page = page(&list, (lines, 80));
                list.press(Key::ArrowDown, page);
            }
        }
    }

    #[test]
    fn a_long_line_is_wrapped() {
        for (line, width, parts) in [
            ("short", 10, &["short"][..]),
            ("two words", 5, &["two", "words"]),
            ("two words", 9, &["two words"]),
            ("a longerword", 6, &["a", "longer", "word"]),
            ("漢字漢字", 5, &["漢字", "漢字"]),
            ("", 5, &[""]),
            ("ab", 0, &["a", "b"]),
        ] {
            assert_eq!(wrapped(line, width), parts, "{line} in {width}");
        }
    }

    #[test]
    fn a_frame_has_filter_rows_preview_and_help() {
        let mut list = list();
        for c in "web-3".chars() {
            list.press(Key::Char(c), 1);
        }
        let frame = frame(&plain(), "Which?", &list, (12, 60));
        let expected = [
            "Which? web-3",
            "> WEB-3   A status that is mu…  Title 3",
            "  WEB-30  Todo                  待ち行列 待ち行列 待ち行列…",
            "───────────────────────────────────────────────────────────",
            "  Title 3",
            "  https://x/3",
            "  body",
            "",
            "2 of 30 · type to filter · Enter choose · Esc cancel",
        ];
        assert_eq!(frame, expected);
    }
}
