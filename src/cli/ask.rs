//! Questions on the terminal. Callers check [`super::ui::Ui::may_ask`] first.

use std::io::{self, Read as _};

use dialoguer::{Input, Password};

use super::terminal::leave_line;
use super::{Code, Context, Failure, Hint};
use crate::secret::Secret;
use crate::text::one_line;

/// Asks a question. The time limit does not count the wait, and Ctrl-C during it changes nothing.
pub(super) fn ask<T>(
    context: &Context,
    question: impl FnOnce() -> dialoguer::Result<T>,
) -> Result<T, Failure> {
    let timed = || context.world.ask(question);
    context.phase.during_question(timed).map_err(unanswered)
}

/// Asks for a line of text that is not empty.
pub(crate) fn text(context: &Context, prompt: &str) -> Result<String, Failure> {
    let input = Input::<String>::new().with_prompt(prompt);
    ask(context, || input.interact_text()).map(|text| text.trim().to_owned())
}

/// Asks for a line that the terminal does not show.
pub(crate) fn password(context: &Context, prompt: &str) -> Result<Secret, Failure> {
    let input = Password::new().with_prompt(prompt);
    ask(context, || input.interact()).map(Secret::new)
}

/// The error if a prompt for a password is impossible, with the command to run instead.
pub(crate) fn password_required(command: String) -> Failure {
    let message = "cannot prompt for a password: not a terminal";
    Failure {
        user_action_required: true,
        ..Failure::new(Code::InputRequired, message).hint(Hint::Template(command))
    }
}

/// Reads standard input to its end, or up to a limit.
pub(crate) fn read_stdin(max_bytes: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().take(max_bytes).read_to_end(&mut bytes);
    read.map_err(|error| stdin_failed(&error))?;
    Ok(bytes)
}

pub(crate) fn stdin_failed(error: &io::Error) -> Failure {
    Failure::usage("cannot read standard input").cause(error.to_string())
}

/// Asks yes or no; Enter alone means no. Enter ends the answer, so that a stray key cannot confirm.
pub(crate) fn confirm(context: &Context, question: &str) -> Result<bool, Failure> {
    let input = Input::<String>::new()
        .with_prompt(format!("{} (y/N)", one_line(question)))
        .allow_empty(true)
        .validate_with(|answer: &String| match yes_or_no(answer) {
            Some(_) => Ok(()),
            None => Err("answer y or n"),
        });
    let answer = ask(context, || input.interact_text())?;
    Ok(yes_or_no(&answer) == Some(true))
}

fn yes_or_no(answer: &str) -> Option<bool> {
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" | "" => Some(false),
        _ => None,
    }
}

/// Ctrl-C at the question, or a terminal that is gone.
fn unanswered(dialoguer::Error::IO(error): dialoguer::Error) -> Failure {
    if error.kind() == io::ErrorKind::Interrupted {
        leave_line();
        return Failure::interrupted(true);
    }
    Failure::new(Code::InputRequired, "the question was not answered").cause(error.to_string())
}
