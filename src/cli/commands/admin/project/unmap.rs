//! `spec-kitty admin project unmap`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{Confirmation, Store};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::control_plane::ControlPlaneError;
use crate::text::{count, one_line};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Project name
    pub slug: String,
    /// Also if missions of the project are bound; their origins are removed
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub confirmation: Confirmation,
    #[command(flatten)]
    pub store: Store,
}

/// A removed project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminProjectUnmap {
    project_slug: String,
    /// How many missions lost their origin.
    origins_removed: i64,
    /// The folder of the store.
    data: String,
}

impl Document for AdminProjectUnmap {
    const SCHEMA: &'static str = "spec-kitty.admin-project-unmap/1";
}

pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let Arguments {
        slug, force, store, ..
    } = &arguments;
    let administration = store.existing(context)?;
    let origins = administration.origins_of(slug)?;
    if origins > 0 && !force {
        let project = slug.clone();
        return Err(ControlPlaneError::ProjectHasOrigins { project, origins }.into());
    }
    let project = one_line(slug);
    let bound = count(origins.unsigned_abs(), "bound mission");
    let question = format!("Remove project {project} with {bound}?");
    arguments.confirmation.ask(context, &question)?;
    let origins = administration.unmap_project(slug, *force)?;
    administration.close();
    let answer = AdminProjectUnmap {
        project_slug: slug.clone(),
        origins_removed: origins,
        data: store.shown(context),
    };
    let text = format!("Removed project {project}");
    Ok(Outcome::new(answer, text))
}
