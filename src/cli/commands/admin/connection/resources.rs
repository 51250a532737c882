//! `spec-kitty admin connection resources`.

use serde_json::json;

use super::NameArguments;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::wire::Provider;

pub(crate) fn run(arguments: NameArguments, context: &Context) -> CommandResult {
    let store = arguments.store.existing(context)?;
    let (connection, resources) = store.resources_of(&arguments.name)?;
    store.close();
    let kind = connection
        .provider
        .parse()
        .map(Provider::resource_type)
        .ok();
    let rows: Vec<_> = resources
        .iter()
        .map(|resource| {
            [
                resource.key.clone(),
                resource.name.clone(),
                resource.id.clone(),
            ]
        })
        .collect();
    let text = table(&context.ui, ["key", "name", "id"], &rows);
    let resource = |resource: &crate::control_plane::trackers::Resource| {
        json!({
            "type": kind, "id": resource.id, "key": resource.key, "name": resource.name,
        })
    };
    let fields = json!({
        "connection": connection.name,
        "provider": connection.provider,
        "resources": resources.iter().map(resource).collect::<Vec<_>>(),
        "data": arguments.store.shown(context),
    });
    Ok(Outcome::new(
        "spec-kitty.admin-connection-resources/1",
        fields,
        text,
    ))
}
