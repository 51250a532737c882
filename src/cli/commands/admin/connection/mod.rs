//! `spec-kitty admin connection`.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod resources;
pub(crate) mod test;

use schemars::JsonSchema;
use serde::Serialize;

use super::Store;
use crate::cli::{CommandResult, Context};
use crate::control_plane::trackers::Account;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add an account at Jira or Linear, or change it, for example to a new token
    Add(add::Arguments),
    /// List connections
    List(super::ListArguments),
    /// Check that the tracker accepts the credential
    Test(NameArguments),
    /// List the teams or projects that the account can see
    Resources(NameArguments),
    /// Remove a connection and its credential
    Remove(remove::Arguments),
}

/// Arguments of the verbs that call the tracker.
#[derive(Debug, clap::Args)]
pub struct NameArguments {
    /// Name of the connection
    pub name: String,
    #[command(flatten)]
    pub store: Store,
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::Add(arguments) => add::run(arguments, context),
        Command::List(arguments) => list::run(arguments, context),
        Command::Test(arguments) => test::run(arguments, context),
        Command::Resources(arguments) => resources::run(arguments, context),
        Command::Remove(arguments) => remove::run(arguments, context),
    }
}

/// Who a credential belongs to, for the JSON document.
#[derive(Debug, Serialize, JsonSchema)]
struct Owner {
    id: String,
    name: String,
    email: Option<String>,
}

impl From<Account> for Owner {
    fn from(account: Account) -> Self {
        let Account { id, name, email } = account;
        Self { id, name, email }
    }
}

/// Who a credential belongs to: `Ada Lovelace (ada@example.com)`.
fn account_text(account: &Account) -> String {
    match &account.email {
        Some(email) => format!("{} ({email})", account.name),
        None => account.name.clone(),
    }
}
