//! `spec-kitty admin project map`.

use serde_json::json;

use super::super::Store;
use crate::cli::context::{CommandResult, Context};
use crate::cli::failure::Failure;
use crate::cli::outcome::Outcome;
use crate::control_plane::Administration;
use crate::control_plane::store::Added;
use crate::text::one_line;
use crate::wire::{Provider, UnsupportedProvider};

/// Arguments of `admin project map`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The project's name, as `tracker bind --project-slug` gives it
    pub slug: String,
    /// jira or linear
    #[arg(long)]
    pub provider: String,
    /// Kind of tracker resource: `linear_team`, `jira_project`
    #[arg(long, value_name = "TYPE")]
    pub resource_type: String,
    /// The tracker's id of it
    #[arg(long, value_name = "ID")]
    pub resource_id: String,
    /// The store.
    #[command(flatten)]
    pub store: Store,
}

/// Maps the project.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let provider: Provider = arguments
        .provider
        .parse()
        .map_err(|error: UnsupportedProvider| Failure::usage(error.to_string()))?;
    let Arguments {
        slug,
        resource_type,
        resource_id,
        store,
        ..
    } = arguments;
    let folder = store.folder(context);
    let store = Administration::open(&context.world, &folder)?;
    let mapped = store.map_project(&slug, provider, &resource_type, &resource_id)?;
    store.close();
    let text = format!(
        "Mapped project {} to {} {} {}",
        one_line(&slug),
        provider.title(),
        one_line(&resource_type),
        one_line(&resource_id),
    );
    let fields = json!({
        "created": mapped.added == Added::Created,
        "project_slug": slug,
        "binding_ref": mapped.binding_ref,
        "provider": provider,
        "resource_type": resource_type,
        "resource_id": resource_id,
        "data": folder.display().to_string(),
    });
    Ok(Outcome::new("spec-kitty.admin-project-map/1", fields, text))
}
