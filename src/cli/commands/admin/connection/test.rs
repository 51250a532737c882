//! `spec-kitty admin connection test`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{NameArguments, Owner, account_text};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, record};

/// A connection that works.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminConnectionTest {
    name: String,
    provider: String,
    /// The Jira site, or the endpoint of Linear.
    url: String,
    /// `cloud` or `data_center`; null for Linear.
    deployment: Option<String>,
    /// The credential's owner.
    account: Owner,
    /// How long the tracker took to answer.
    milliseconds: u64,
    /// The folder of the store.
    data: String,
}

impl Document for AdminConnectionTest {
    const SCHEMA: &'static str = "spec-kitty.admin-connection-test/1";
}

pub(crate) fn run(arguments: NameArguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let tested = store.test_connection(&arguments.name)?;
    store.close();
    let connection = &tested.connection;
    let milliseconds = u64::try_from(tested.time.as_millis()).unwrap_or(u64::MAX);
    let rows = [
        ("connection", connection.name.clone()),
        ("url", connection.url.clone()),
        ("account", account_text(&tested.account)),
        ("time", format!("{milliseconds} ms")),
    ];
    let text = record(&context.ui, &rows);
    let connection = tested.connection;
    let answer = AdminConnectionTest {
        name: connection.name,
        provider: connection.provider,
        url: connection.url,
        deployment: connection.deployment,
        account: tested.account.into(),
        milliseconds,
        data: arguments.store.shown(context),
    };
    Ok(Outcome::new(answer, text))
}
