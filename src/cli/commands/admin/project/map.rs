//! `spec-kitty admin project map`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::Store;
use crate::cli::document::Document;
use crate::cli::ticket_arguments::provider_argument;
use crate::cli::{CommandResult, Context, Outcome};
use crate::text::one_line;
use crate::wire::Provider;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Project name, as passed to `tracker bind --project-slug`
    pub slug: String,
    /// Tracker of the project
    #[arg(long, value_parser = provider_argument(), ignore_case = true)]
    pub provider: Provider,
    /// Kind of tracker resource: `linear_team`, `jira_project`
    #[arg(long, value_name = "TYPE")]
    pub resource_type: String,
    /// Id of the resource in the tracker
    #[arg(long, value_name = "ID")]
    pub resource_id: String,
    #[command(flatten)]
    pub store: Store,
}

/// The project and its tracker resource.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminProjectMap {
    /// False if the project existed.
    created: bool,
    /// The project's name.
    project_slug: String,
    /// A reference that can replace the name.
    binding_ref: String,
    provider: Provider,
    resource_type: String,
    resource_id: String,
    /// The folder of the store.
    data: String,
}

impl Document for AdminProjectMap {
    const SCHEMA: &'static str = "spec-kitty.admin-project-map/1";
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let Arguments {
        slug,
        provider,
        resource_type,
        resource_id,
        store,
    } = arguments;
    let administration = store.open(context)?;
    let mapped = administration.map_project(&slug, provider, &resource_type, &resource_id)?;
    administration.close();
    let text = format!(
        "Mapped project {} to {} {} {}",
        one_line(&slug),
        provider.title(),
        one_line(&resource_type),
        one_line(&resource_id),
    );
    let answer = AdminProjectMap {
        created: mapped.created,
        project_slug: slug,
        binding_ref: mapped.binding_ref,
        provider,
        resource_type,
        resource_id,
        data: store.shown(context),
    };
    Ok(Outcome::new(answer, text))
}
