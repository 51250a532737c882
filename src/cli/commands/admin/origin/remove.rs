//! `spec-kitty admin origin remove`.

use schemars::JsonSchema;
use serde::Serialize;

use super::super::{Confirmation, Store};
use crate::cli::document::Document;
use crate::cli::{CommandResult, Context, Outcome};
use crate::control_plane::ControlPlaneError;
use crate::text::one_line;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Id of the origin, as `admin origin list` shows it
    pub id: String,
    #[command(flatten)]
    pub confirmation: Confirmation,
    #[command(flatten)]
    pub store: Store,
}

/// A mission that lost its ticket.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct AdminOriginRemove {
    /// The id of the removed link.
    id: String,
    project_slug: String,
    mission_slug: String,
    external_issue_key: String,
    /// The folder of the store.
    data: String,
}

impl Document for AdminOriginRemove {
    const SCHEMA: &'static str = "spec-kitty.admin-origin-remove/1";
}

/// Removes the link at the control plane only; the mission's `meta.json` stays.
pub(crate) fn run(arguments: Arguments, context: &Context) -> CommandResult {
    let Arguments { id, store, .. } = &arguments;
    let administration = store.existing(context)?;
    let mut origins = administration.origins()?.into_iter();
    let origin = origins.find(|origin| origin.id == *id);
    let origin = origin.ok_or_else(|| ControlPlaneError::UnknownOrigin(id.clone()))?;
    let what = one_line(&format!(
        "origin {} of mission {} in project {}",
        origin.external_issue_key, origin.mission_slug, origin.project_slug,
    ));
    let question = format!("Remove the {what}?");
    arguments.confirmation.ask(context, &question)?;
    administration.remove_origin(id)?;
    administration.close();
    let answer = AdminOriginRemove {
        id: id.clone(),
        project_slug: origin.project_slug,
        mission_slug: origin.mission_slug,
        external_issue_key: origin.external_issue_key,
        data: store.shown(context),
    };
    let text = format!("Removed the {what}");
    Ok(Outcome::new(answer, text))
}
