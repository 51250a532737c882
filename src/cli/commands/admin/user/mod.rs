//! `spec-kitty admin user`.

pub(crate) mod add;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod passwd;
pub(crate) mod remove;

use crate::cli::{CommandResult, Context, Failure, ask};
use crate::secret::Secret;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a user to a team, or update an existing user
    Add(add::Arguments),
    /// List users with their teams and trackers
    List(super::ListArguments),
    /// Let a user use a tracker
    Link(link::Arguments),
    /// Stop a user from using a tracker
    Unlink(link::Arguments),
    /// Set a user's password, and end their sessions
    Passwd(passwd::Arguments),
    /// Remove a user; what they bound stays
    Remove(remove::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Add(arguments) => add::run(arguments, context),
        Command::List(arguments) => list::run(arguments, context),
        Command::Link(arguments) => link::link(arguments, context),
        Command::Unlink(arguments) => link::unlink(arguments, context),
        Command::Passwd(arguments) => passwd::run(arguments, context),
        Command::Remove(arguments) => remove::run(arguments, context),
    }
}

/// A new password, from a prompt or from standard input.
fn new_password(context: &Context, from_stdin: bool) -> Result<Secret, Failure> {
    if from_stdin {
        return ask::password_from_stdin();
    }
    if !context.ui.may_ask() {
        let command = format!("{} --password-stdin < FILE", context.typed.quoted());
        return Err(ask::password_required(command));
    }
    let password = ask::password(context, "Password")?;
    if ask::password(context, "Repeat password")? != password {
        return Err(Failure::usage("the passwords do not match"));
    }
    Ok(password)
}
