//! Missions of ours whose creation was cut off: recognised by the intent that stood before their
//! folder did.

use std::path::Path;

use crate::core::paths::SPECS;
use crate::core::project::Project;
use crate::feature_metadata::{Meta, load};
use crate::sync::intent::{Intent, Ticket};

/// The intent and metadata of a mission of this slug or ticket whose creation was cut off after
/// its folder appeared. Intents whose folder never did are removed.
pub(super) fn unfinished(
    project: &Project,
    slug: &str,
    ticket: Option<&Ticket>,
) -> Option<(Intent, Meta)> {
    let intents = project.intents();
    let wanted = |intent: &Intent| match (&intent.creation, &intent.ticket, ticket) {
        (Some(_), Some(theirs), Some(ours)) => theirs.is_same(ours),
        (Some(creation), None, None) => creation.slug == slug && !intent.only_event_missing,
        _ => false,
    };
    for intent in intents.understood().into_iter().filter(wanted) {
        match made_by(project, &intent) {
            Some(meta) => return Some((intent, meta)),
            // Best effort: one that cannot be removed is passed over again next time.
            None => drop(intents.remove(&intent)),
        }
    }
    None
}

/// The metadata of the mission an intent made, if its folder is there.
pub fn made_by(project: &Project, intent: &Intent) -> Option<Meta> {
    let creation = intent.creation.as_ref()?;
    let directory = project
        .root
        .join(SPECS)
        .join(Path::new(&intent.feature_slug).file_name()?);
    let document = load(&directory.join("meta.json")).ok()?;
    (document.text("created_at") == Some(&creation.created_at)).then(|| document.keys().clone())
}
