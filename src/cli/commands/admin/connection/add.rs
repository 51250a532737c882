//! `spec-kitty admin connection add`.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Store;
use super::{Owner, account_text};
use crate::cli::document::Document;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{CommandResult, Context, Outcome, ask};
use crate::control_plane::{CredentialSource, NewConnection};
use crate::text::one_line;
use crate::wire::Provider;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name of the connection: letters, digits, dots, dashes and underscores
    pub name: String,
    /// Tracker of the account
    #[arg(long, value_parser = provider_argument(), ignore_case = true)]
    pub provider: Provider,
    /// Jira site, or GraphQL endpoint of Linear [default for Linear: its own]
    #[arg(long)]
    pub url: Option<String>,
    /// E-mail address of a Jira Cloud account; without it, the token is a personal access token
    #[arg(long, value_name = "EMAIL")]
    pub user: Option<String>,
    #[command(flatten)]
    pub token: TokenSource,
    /// Store the connection without calling the tracker
    #[arg(long)]
    pub no_check: bool,
    #[command(flatten)]
    pub store: Store,
}

/// Where the token is. It is never an argument, which other users of the machine could see.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct TokenSource {
    /// Read the token from standard input, and store it in a file that only you can read
    #[arg(long)]
    pub token_stdin: bool,
    /// Read the token from this file, now and whenever `serve` starts
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// The connection.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminConnectionAdd {
    /// False if the connection existed.
    created: bool,
    name: String,
    provider: String,
    /// The Jira site, or the endpoint of Linear.
    url: String,
    /// The user of a Jira API token.
    user: Option<String>,
    /// The file of `--token-file`.
    token_file: Option<String>,
    /// `cloud` or `data_center`; null for Linear and without a check.
    deployment: Option<String>,
    /// The credential's owner; null without a check.
    account: Option<Owner>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminConnectionAdd {
    const SCHEMA: &'static str = "spec-kitty.admin-connection-add/1";
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let Arguments {
        name,
        provider,
        url,
        user,
        token,
        no_check,
        store,
    } = arguments;
    let credential = match token.token_file {
        Some(file) => CredentialSource::File(context.world.directory().join(file)),
        None => CredentialSource::Given(ask::password_from_stdin()?),
    };
    let administration = store.open(context)?;
    let added = administration.add_connection(NewConnection {
        name,
        provider,
        url,
        user,
        credential,
        check: !no_check,
    })?;
    administration.close();
    let connection = &added.connection;
    let verb = if added.created { "Added" } else { "Updated" };
    let account = match &added.account {
        Some(account) => format!(": {}", one_line(&account_text(account))),
        None => ", not checked".to_owned(),
    };
    let text = format!(
        "{verb} connection {} to {}{account}",
        connection.name, connection.url
    );
    let connection = added.connection;
    let answer = AdminConnectionAdd {
        created: added.created,
        name: connection.name,
        provider: connection.provider,
        url: connection.url,
        user: connection.user,
        token_file: connection.token_file,
        deployment: connection.deployment,
        account: added.account.map(Owner::from),
        data: store.shown(context),
    };
    Ok(Outcome::new(answer, text))
}
