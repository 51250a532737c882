//! `spec-kitty admin connection resources`.

use schemars::JsonSchema;
use serde::Serialize;

use super::NameArguments;
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome, table};
use crate::wire::Provider;

/// What an account can see.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminConnectionResources {
    connection: String,
    provider: String,
    resources: Vec<Listed>,
    /// The folder of the store.
    data: String,
}

impl Document for AdminConnectionResources {
    const SCHEMA: &'static str = "spec-kitty.admin-connection-resources/1";
}

/// A Linear team or a Jira project.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Resource")]
struct Listed {
    /// `linear_team` or `jira_project`.
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    id: String,
    key: String,
    name: String,
}

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
    let listed = resources.into_iter().map(|resource| Listed {
        kind,
        id: resource.id,
        key: resource.key,
        name: resource.name,
    });
    let answer = AdminConnectionResources {
        connection: connection.name,
        provider: connection.provider,
        resources: listed.collect(),
        data: arguments.store.shown(context),
    };
    Ok(Outcome::new(answer, text))
}
