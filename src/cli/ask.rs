//! Questions on the terminal. Callers check [`super::ui::Ui::may_ask`] first.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::sync::mpsc;
use std::thread;

use dialoguer::{Input, Password};

use super::interruption::restore_when_ended;
use super::terminal::leave_line;
use super::{Code, Context, Failure, Hint};
use crate::secret::Secret;
use crate::text::one_line;

/// Asks a question. The time limit does not count the wait, and Ctrl-C during it changes nothing.
pub(super) fn ask<T>(
    context: &Context,
    question: impl FnOnce() -> dialoguer::Result<T>,
) -> Result<T, Failure> {
    restore_when_ended(&context.ui);
    let timed = || context.world.ask(question);
    let answer = context.phase.during_question(timed);
    answer.map_err(|dialoguer::Error::IO(error)| {
        if error.kind() == io::ErrorKind::Interrupted {
            leave_line();
            return Failure::interrupted(true);
        }
        unanswered(&error)
    })
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

/// Reads within the time limit. Opening a pipe and reading from it may block for ever, so another
/// thread does it; the process ends without that thread.
pub(crate) fn within_time<T: Send + 'static>(
    context: &Context,
    what: &str,
    read: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(read())));
    receiver
        .recv_timeout(context.deadline.remaining(&context.world))
        .unwrap_or_else(|_| {
            let message = format!("{what} did not arrive within the time limit");
            Err(Failure::new(Code::TimedOut, message))
        })
}

/// Reads standard input to its end, or up to a limit.
pub(crate) fn read_stdin(max_bytes: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().take(max_bytes).read_to_end(&mut bytes);
    read.map_err(|error| stdin_failed(&error))?;
    Ok(bytes)
}

/// Reads a password: the first line of standard input, without its line break.
pub(crate) fn password_from_stdin() -> Result<Secret, Failure> {
    const MAX_BYTES: u64 = 4 * 1024;
    let mut line = String::new();
    BufReader::new(io::stdin().take(MAX_BYTES))
        .read_line(&mut line)
        .map_err(|error| stdin_failed(&error))?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
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

/// Asks before something is removed, unless `--yes` was typed. `what` says what is to be confirmed.
pub(crate) fn before_removal(
    context: &Context,
    yes: bool,
    what: &str,
    question: &str,
) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !context.ui.may_ask() {
        let command = context.typed.confirming(None);
        return Err(Failure::new(Code::InputRequired, what)
            .hint(Hint::run(&command))
            .detail("confirm_command", command));
    }
    let confirmed = confirm(context, question)?;
    let declined = || Failure::new(Code::NotConfirmed, "not confirmed; nothing was changed");
    confirmed.then_some(()).ok_or_else(declined)
}

fn yes_or_no(answer: &str) -> Option<bool> {
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" | "" => Some(false),
        _ => None,
    }
}

/// The error if the terminal is gone.
pub(super) fn unanswered(error: &io::Error) -> Failure {
    Failure::new(Code::InputRequired, "the question was not answered").cause(error.to_string())
}
