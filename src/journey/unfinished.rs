//! Missions of ours whose creation was cut off: recognised by the intent that stood before their
//! folder did.

use std::path::Path;

use crate::journey::intent::{Intent, Intents};
use crate::mission::metadata::{Meta, MetadataError, load};
use crate::project::Project;
use crate::project::paths::SPECS;
use crate::tracker::ticket::Ticket;

/// The intent and metadata of a mission of this slug or ticket whose creation was cut off after
/// its folder appeared. An intent whose folder is not here is passed over: it may be of another
/// clone of this project, or of another branch. A duplicate is only gone on with as a duplicate,
/// or where there is no other.
pub(crate) fn unfinished(
    project: &Project,
    slug: &str,
    ticket: Option<&Ticket>,
    duplicate: bool,
) -> Result<Option<(Intent, Meta)>, MetadataError> {
    for intent in wanted(project, slug, ticket, duplicate) {
        if let Some(meta) = made_by(project, &intent)? {
            return Ok(Some((intent, meta)));
        }
    }
    Ok(None)
}

/// The intents of creations of this slug or ticket, wherever their missions are.
pub(super) fn wanted(
    project: &Project,
    slug: &str,
    ticket: Option<&Ticket>,
    duplicate: bool,
) -> Vec<Intent> {
    let wanted = |intent: &Intent| match (&intent.creation, &intent.ticket, ticket) {
        (Some(_), Some(theirs), Some(ours)) => theirs.is_same(ours),
        (Some(creation), None, None) => creation.slug == slug && !intent.only_event_missing,
        _ => false,
    };
    let is_duplicate = |intent: &Intent| intent.creation.as_ref().is_some_and(|c| c.duplicate);
    let mut intents = Intents::of(project).understood();
    intents.retain(|intent| wanted(intent) && (is_duplicate(intent) || !duplicate));
    intents.sort_by_key(is_duplicate);
    intents
}

/// The metadata of the mission an intent made, if its folder is there. A `meta.json` that cannot
/// be read is an error: passing it over would make a second mission.
pub(crate) fn made_by(project: &Project, intent: &Intent) -> Result<Option<Meta>, MetadataError> {
    let name = Path::new(&intent.feature_slug).file_name();
    let (Some(creation), Some(name)) = (&intent.creation, name) else {
        return Ok(None);
    };
    let file = project.root.join(SPECS).join(name).join("meta.json");
    match load(&file) {
        Ok(found) if found.text("created_at") == Some(&creation.created_at) => {
            Ok(Some(found.keys().clone()))
        }
        Ok(_) | Err(MetadataError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
