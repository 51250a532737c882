//! Questions on the terminal. Whoever asks has made sure that it may ([`super::ui::Ui::may_ask`]).

use dialoguer::console::Term;
use dialoguer::{Input, Password};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::exit_code::ExitCode;
use super::failure::Failure;
use super::interruption::interrupted;
use super::ui::Ui;
use crate::secret::Secret;
use crate::text::one_line;
use crate::world::World;

/// A line of text that is not empty.
pub(crate) fn text(world: &World, prompt: &str) -> Result<String, Failure> {
    let input = Input::<String>::new().with_prompt(prompt);
    let answer = world.ask(|| input.interact_text());
    answer
        .map(|text| text.trim().to_owned())
        .map_err(unanswered)
}

/// A line that is not shown while it is typed.
pub(crate) fn password(world: &World, prompt: &str) -> Result<Secret, Failure> {
    let input = Password::new().with_prompt(prompt);
    let answer = world.ask(|| input.interact());
    answer.map(Secret::new).map_err(unanswered)
}

/// Yes or no, ended by Enter, so that no stray key confirms; Enter alone is No. The question may
/// name things from outside.
pub(crate) fn confirm(world: &World, question: &str) -> Result<bool, Failure> {
    let asked = Input::<String>::new()
        .with_prompt(format!("{} (y/N)", one_line(question)))
        .allow_empty(true)
        .validate_with(|answer: &String| match yes_or_no(answer) {
            Some(_) => Ok(()),
            None => Err("answer y or n"),
        });
    let answer = world.ask(|| asked.interact_text()).map_err(unanswered)?;
    Ok(yes_or_no(&answer).unwrap_or(false))
}

fn yes_or_no(answer: &str) -> Option<bool> {
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" | "" => Some(false),
        _ => None,
    }
}

/// A terminal that went away, or a person who gave up.
pub(crate) fn unanswered(error: dialoguer::Error) -> Failure {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == std::io::ErrorKind::Interrupted {
        leave_line();
        return interrupted(true);
    }
    Failure::new(
        "input_required",
        ExitCode::InputRequired,
        "nothing was answered",
    )
    .cause(error.to_string())
}

/// How the terminal was before anything was asked. A question that is cut off cannot put back
/// itself that typing is shown, and the cursor.
#[derive(Debug)]
pub(crate) struct TerminalSettings(Termios);

impl TerminalSettings {
    /// Reads them; `None` where there is no terminal to ask on.
    pub(crate) fn read(ui: &Ui) -> Option<Self> {
        let settings = ui.may_ask().then(|| tcgetattr(std::io::stdin()));
        settings?.ok().map(Self)
    }

    /// Puts them back, as far as that can be done.
    pub(crate) fn restore(&self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
        drop(Term::stderr().show_cursor());
        leave_line();
    }
}

/// Whatever stood in the line, a question or the echo of Ctrl-C: what is said next gets its own.
fn leave_line() {
    drop(Term::stderr().write_line(""));
}
