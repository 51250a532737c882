//! A list to choose from, with a filter and a preview. It fills the terminal while it is open, and
//! leaves the terminal as it was.
//!
//! The lists of `dialoguer` have no preview, so this one is drawn here, over its `console`.

mod list;
mod view;

use std::io::{self, Write as _};

use console::Term;

use self::list::{List, Step};
use super::terminal::WholeScreen;
use super::{Context, Failure, Ui, ask};
use crate::text::{one_line, sanitize};

/// The most lines of a preview.
const PREVIEW_LINES: usize = 8;

/// One thing to choose. Its texts are safe to show.
#[derive(Debug)]
pub(crate) struct Row {
    cells: Vec<String>,
    preview: Vec<String>,
}

impl Row {
    /// A row of texts from any source; `preview` may have several lines.
    pub(crate) fn new(cells: &[&str], preview: &str) -> Self {
        let preview = sanitize(preview);
        let lines = preview
            .lines()
            .map(one_line)
            .filter(|line| !line.is_empty());
        Self {
            cells: cells.iter().map(|cell| one_line(cell)).collect(),
            preview: lines.take(PREVIEW_LINES).collect(),
        }
    }
}

/// Shows the rows until the user chooses one. Returns its index, or `None` if the user cancels.
pub(crate) fn pick(
    context: &Context,
    prompt: &str,
    rows: Vec<Row>,
) -> Result<Option<usize>, Failure> {
    let picked = ask::ask(context, || Ok(show(&context.ui, prompt, List::new(rows))))?;
    match picked {
        Ok(picked) => Ok(picked),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(Failure::interrupted(true)),
        Err(error) => Err(ask::unanswered(&error)),
    }
}

fn show(ui: &Ui, prompt: &str, mut list: List) -> io::Result<Option<usize>> {
    let terminal = Term::stderr();
    let _screen = WholeScreen::enter()?;
    loop {
        let (lines, columns) = terminal.size();
        let size = (usize::from(lines), usize::from(columns));
        draw(&terminal, &view::frame(ui, prompt, &list, size))?;
        match list.press(terminal.read_key_raw()?, view::page(&list, size)) {
            Step::Continue => {}
            Step::Choose(index) => return Ok(Some(index)),
            Step::Cancel => return Ok(None),
            Step::Interrupt => return Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

/// Draws over the frame before, so that nothing flickers, with the cursor behind the first line.
fn draw(mut terminal: &Term, lines: &[String]) -> io::Result<()> {
    let text = lines.join("\x1b[K\n");
    let cursor = lines
        .first()
        .map_or(0, |line| console::measure_text_width(line));
    write!(terminal, "\x1b[H{text}\x1b[J\x1b[1;{}H", cursor + 1)?;
    terminal.flush()
}
