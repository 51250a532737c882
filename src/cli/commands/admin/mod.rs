//! `spec-kitty admin`: manages the store of this machine's control plane.

pub(crate) mod connection;
pub(crate) mod origin;
pub(crate) mod project;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod tickets;
pub(crate) mod token;
pub(crate) mod user;

use std::path::PathBuf;

use crate::cli::lines::LinesArgument;
use crate::cli::{Code, CommandResult, Context, Failure, Hint, ask};
use crate::control_plane::{self, Administration};
use crate::text::shell_word;

/// The `--data` option, which every verb has.
#[derive(Debug, clap::Args)]
pub struct Store {
    /// Folder of the control plane's store [default: control-plane in the state directory]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl Store {
    /// The absolute path of the folder.
    pub(crate) fn folder(&self, context: &Context) -> PathBuf {
        match &self.data {
            Some(data) => context.world.directory().join(data),
            None => control_plane::default_data_directory(&context.world),
        }
    }

    /// Opens the store, and creates it if it does not exist.
    fn open<'a>(&self, context: &'a Context) -> Result<Administration<'a>, Failure> {
        self.require_home(context)?;
        Ok(Administration::open(&context.world, &self.folder(context))?)
    }

    /// Fails if the folder is in the state directory, and that cannot be written.
    pub(crate) fn require_home(&self, context: &Context) -> Result<(), Failure> {
        match self.data {
            Some(_) => Ok(()),
            None => context.require_home(),
        }
    }

    /// Opens the store; for verbs that have nothing to do in a new one.
    fn existing<'a>(&self, context: &'a Context) -> Result<Administration<'a>, Failure> {
        let folder = self.folder(context);
        if control_plane::store::Store::exists(&folder) {
            return self.open(context);
        }
        let data = match &self.data {
            Some(data) => format!(" --data {}", shell_word(&data.to_string_lossy())),
            None => String::new(),
        };
        let message = format!("no control plane store in {}", folder.display());
        let command = format!("spec-kitty admin user add NAME --team TEAM{data}");
        Err(Failure::new(Code::NotConfigured, message).hint(Hint::template(command)))
    }

    /// The folder, for the JSON document.
    fn shown(&self, context: &Context) -> String {
        self.folder(context).display().to_string()
    }
}

/// The `--yes` option of verbs that destroy something.
#[derive(Debug, clap::Args)]
pub struct Confirmation {
    /// Confirm without asking
    #[arg(short, long)]
    pub yes: bool,
}

impl Confirmation {
    fn ask(&self, context: &Context, question: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !context.ui.may_ask() {
            let command = context.typed.confirming(None);
            let message = format!("cannot ask without a terminal: {question}");
            return Err(Failure::new(Code::InputRequired, message)
                .hint(Hint::run(&command))
                .detail("confirm_command", command));
        }
        let declined = || Failure::new(Code::NotConfirmed, "not confirmed; nothing was changed");
        ask::confirm(context, question)?
            .then_some(())
            .ok_or_else(declined)
    }
}

/// Arguments of the verbs that list something.
#[derive(Debug, clap::Args)]
pub struct ListArguments {
    #[command(flatten)]
    pub store: Store,
    #[command(flatten)]
    lines: LinesArgument,
}

/// Arguments of the verbs that end a session or a token.
#[derive(Debug, clap::Args)]
pub struct RevokeArguments {
    /// Id, as the list shows it
    pub id: i64,
    #[command(flatten)]
    pub confirmation: Confirmation,
    #[command(flatten)]
    pub store: Store,
}

/// A cell of a table.
fn or_dash(value: Option<&String>) -> String {
    value.map_or_else(|| "-".to_owned(), Clone::clone)
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Manage users
    #[command(subcommand)]
    User(user::Command),
    /// Manage accounts at Jira and Linear
    #[command(subcommand)]
    Connection(connection::Command),
    /// Manage the tracker resource of each project
    #[command(subcommand)]
    Project(project::Command),
    /// Manage the tickets that a search can find
    #[command(subcommand)]
    Tickets(tickets::Command),
    /// Manage which ticket each mission is bound to
    #[command(subcommand)]
    Origin(origin::Command),
    /// Manage who is logged in
    #[command(subcommand)]
    Session(session::Command),
    /// Manage lasting tokens for CI
    #[command(subcommand)]
    Token(token::Command),
    /// Show what the store contains
    Status(status::Arguments),
}

pub(crate) fn run(command: Command, context: &Context) -> CommandResult {
    match command {
        Command::User(command) => user::run(command, context),
        Command::Connection(command) => connection::run(command, context),
        Command::Project(command) => project::run(command, context),
        Command::Tickets(tickets::Command::Import(arguments)) => {
            tickets::import::run(arguments, context)
        }
        Command::Origin(command) => origin::run(command, context),
        Command::Session(command) => session::run(command, context),
        Command::Token(command) => token::run(command, context),
        Command::Status(arguments) => status::run(arguments, context),
    }
}
