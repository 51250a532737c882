//! The state of a list: its rows, the filter, and the selected row.

use console::Key;

use super::Row;

/// The state of a list.
#[derive(Debug)]
pub(super) struct List {
    rows: Vec<Row>,
    pub filter: String,
    /// The position among the rows that match.
    pub selected: usize,
}

/// What a key means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    Continue,
    /// The index of a row.
    Choose(usize),
    Cancel,
    Interrupt,
}

impl List {
    pub(super) fn new(rows: Vec<Row>) -> Self {
        Self {
            rows,
            filter: String::new(),
            selected: 0,
        }
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows that contain every word of the filter, in any case, with their indexes.
    pub(super) fn matching(&self) -> Vec<(usize, &Row)> {
        let filter = self.filter.to_lowercase();
        let matches = |row: &Row| {
            let text = row.cells.join(" ").to_lowercase();
            filter.split_whitespace().all(|word| text.contains(word))
        };
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| matches(row)).collect()
    }

    /// Applies a key. `page` is the number of rows on the screen.
    pub(super) fn press(&mut self, key: Key, page: usize) -> Step {
        let matching = self.matching();
        let last = matching.len().saturating_sub(1);
        match key {
            Key::Enter => {
                let chosen = matching.get(self.selected).map(|(index, _)| *index);
                return chosen.map_or(Step::Continue, Step::Choose);
            }
            Key::Escape => return Step::Cancel,
            Key::CtrlC => return Step::Interrupt,
            Key::ArrowUp | Key::Char('\u{10}') => self.selected = self.selected.saturating_sub(1),
            Key::ArrowDown | Key::Char('\u{e}') => self.selected = last.min(self.selected + 1),
            Key::PageUp => self.selected = self.selected.saturating_sub(page),
            Key::PageDown => self.selected = last.min(self.selected + page),
            Key::Home => self.selected = 0,
            Key::End => self.selected = last,
            Key::Backspace => self.edit(|filter| {
                filter.pop();
            }),
            Key::Char('\u{15}') => self.edit(String::clear),
            Key::Char(c) if !c.is_control() => self.edit(|filter| filter.push(c)),
            _ => {}
        }
        Step::Continue
    }

    fn edit(&mut self, change: impl FnOnce(&mut String)) {
        change(&mut self.filter);
        self.selected = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List {
        let row = |cells: &[&str]| Row::new(cells, "");
        List::new(vec![
            row(&["WEB-1", "Todo", "Waiting list"]),
            row(&["WEB-2", "Done", "Größe of a berth"]),
            row(&["WEB-3", "Todo", "Tide table"]),
        ])
    }

    fn type_text(list: &mut List, text: &str) {
        for c in text.chars() {
            assert_eq!(list.press(Key::Char(c), 10), Step::Continue);
        }
    }

    #[test]
    fn every_word_of_the_filter_must_be_in_the_row() {
        for (filter, expected) in [
            ("", &[0, 1, 2][..]),
            ("todo", &[0, 2]),
            ("ToDo tab", &[2]),
            ("web-3", &[2]),
            ("GRÖSSE", &[]),
            ("GRÖẞE", &[1]),
            ("x", &[]),
        ] {
            let mut list = list();
            type_text(&mut list, filter);
            let found: Vec<_> = list.matching().iter().map(|(index, _)| *index).collect();
            assert_eq!(found, expected, "{filter}");
        }
    }

    #[test]
    fn keys_move_within_the_matching_rows() {
        let mut list = list();
        type_text(&mut list, "todo");
        for (key, selected) in [
            (Key::ArrowUp, 0),
            (Key::ArrowDown, 1),
            (Key::ArrowDown, 1),
            (Key::Home, 0),
            (Key::PageDown, 1),
            (Key::PageUp, 0),
            (Key::End, 1),
            (Key::Tab, 1),
            (Key::UnknownEscSeq(vec!['x']), 1),
        ] {
            assert_eq!(list.press(key.clone(), 10), Step::Continue);
            assert_eq!(list.selected, selected, "{key:?}");
        }
        assert_eq!(list.press(Key::Enter, 10), Step::Choose(2));
    }

    #[test]
    fn an_edit_selects_the_first_row() {
        let mut list = list();
        list.press(Key::End, 10);
        type_text(&mut list, "web");
        assert_eq!((&*list.filter, list.selected), ("web", 0));
        list.press(Key::Backspace, 10);
        assert_eq!(list.filter, "we");
        list.press(Key::Char('\u{15}'), 10);
        assert_eq!(list.filter, "");
        list.press(Key::Char('\u{7}'), 10);
        assert_eq!(list.filter, "");
    }

    #[test]
    fn without_a_matching_row_enter_chooses_nothing() {
        let mut list = list();
        type_text(&mut list, "zzz");
        assert_eq!(list.press(Key::Enter, 10), Step::Continue);
        assert_eq!(list.press(Key::Escape, 10), Step::Cancel);
        assert_eq!(list.press(Key::CtrlC, 10), Step::Interrupt);
    }
}
