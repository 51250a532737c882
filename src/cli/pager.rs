//! Shows a long answer in the user's pager.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use console::measure_text_width;

use super::link::without_links;
use super::terminal::lend;
use crate::world::{World, names};

/// What `less` gets if the user has not chosen: end if all fits, colours, and leave the text there.
const LESS_OPTIONS: &str = "-FRX";

/// What only a shell understands.
const FOR_A_SHELL: [char; 11] = ['|', '&', ';', '<', '>', '(', ')', '$', '`', '"', '\''];
/// How a shell ends if it cannot start a program.
const NOT_STARTED: [i32; 2] = [126, 127];

/// A program that shows text page by page.
#[derive(Debug, Clone)]
pub(super) struct Pager {
    program: PathBuf,
    arguments: Vec<String>,
    /// Whether to choose the options of `less`.
    sets_less: bool,
    /// Whether it passes escape sequences on.
    knows_links: bool,
}

impl Pager {
    /// The pager of the environment. `None` if there is none, or if it is `cat`.
    pub(super) fn chosen(world: &World) -> Option<Self> {
        let mut names = names::PAGER.into_iter();
        let name = names.find(|name| world.has_variable(name))?;
        let chosen = world.variable(name)?;
        if chosen.contains(FOR_A_SHELL) {
            return Some(Self {
                program: world.program("sh")?,
                arguments: vec!["-c".to_owned(), chosen.to_owned()],
                sets_less: false,
                knows_links: false,
            });
        }
        let mut words = chosen.split_whitespace().map(str::to_owned);
        let program = PathBuf::from(words.next()?);
        let called = program.file_name()?.to_owned();
        let program = if program.is_absolute() {
            program
        } else {
            world.program(program.to_str()?)?
        };
        let arguments: Vec<_> = words.collect();
        let options = world.variable(names::LESS);
        let is_less = called == *"less";
        (called != *"cat").then_some(Self {
            program,
            arguments,
            sets_less: is_less && options.is_none(),
            knows_links: is_less && options.is_none_or(|options| options.contains('R')),
        })
    }

    /// Shows the text until the user leaves the pager. Returns false if the pager cannot be started.
    pub(super) fn show(&self, text: &str) -> bool {
        let text = if self.knows_links {
            text.to_owned()
        } else {
            without_links(text)
        };
        lend(|| self.run(&text)).is_ok()
    }

    #[expect(clippy::disallowed_methods, reason = "the pager starts here")]
    fn run(&self, text: &str) -> io::Result<()> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped());
        if self.sets_less {
            command.env(names::LESS, LESS_OPTIONS);
        }
        let mut pager = command.spawn()?;
        if let Some(mut stdin) = pager.stdin.take() {
            // The user may leave before the end.
            drop(stdin.write_all(text.as_bytes()));
        }
        match pager.wait()?.code() {
            Some(code) if NOT_STARTED.contains(&code) => Err(io::ErrorKind::NotFound.into()),
            _ => Ok(()),
        }
    }
}

/// Whether a text does not fit above the next prompt of a terminal of `(lines, columns)`.
pub(super) fn is_longer(text: &str, (lines, columns): (u16, u16)) -> bool {
    let columns = usize::from(columns).max(1);
    let height = |line: &str| measure_text_width(line).div_ceil(columns).max(1);
    let needed: usize = without_links(text).lines().map(height).sum();
    needed >= usize::from(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_must_fit_above_the_prompt() {
        for (text, size, expected) in [
            ("a\nb\n", (3, 80), false),
            ("a\nb\nc\n", (3, 80), true),
            ("twelve chars\n", (2, 12), false),
            ("twelve chars\n", (2, 11), true),
            ("\n\n", (3, 0), false),
        ] {
            assert_eq!(is_longer(text, size), expected, "{text:?} in {size:?}");
        }
    }
}
