//! `spec-kitty admin connection test`.

use serde_json::json;

use super::{NameArguments, account_json, account_text};
use crate::cli::{CommandResult, Context, Outcome, record};

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
    let fields = json!({
        "name": connection.name,
        "provider": connection.provider,
        "url": connection.url,
        "deployment": connection.deployment,
        "account": account_json(&tested.account),
        "milliseconds": milliseconds,
        "data": arguments.store.shown(context),
    });
    Ok(Outcome::new(
        "spec-kitty.admin-connection-test/1",
        fields,
        text,
    ))
}
