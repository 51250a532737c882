//! The origin of a mission as `meta.json` records it: exactly seven keys, no ids of the server.

use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::{MetadataError, MissionMetadata, load};
use crate::fs::lock;
use crate::fs::replace::{Mode, Replaced, replace};
use crate::world::World;

/// The ticket a mission began from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OriginTicket {
    pub provider: String,
    pub resource_type: String,
    pub resource_id: String,
    pub external_issue_id: String,
    pub external_issue_key: String,
    pub external_issue_url: String,
    pub title: String,
}

impl OriginTicket {
    /// Refuses one with empty values, and names them all.
    pub(crate) fn validated(self) -> Result<Self, MetadataError> {
        let values = [
            ("external_issue_id", &self.external_issue_id),
            ("external_issue_key", &self.external_issue_key),
            ("external_issue_url", &self.external_issue_url),
            ("provider", &self.provider),
            ("resource_id", &self.resource_id),
            ("resource_type", &self.resource_type),
            ("title", &self.title),
        ];
        let missing: Vec<_> = values
            .into_iter()
            .filter(|(_, value)| value.is_empty())
            .map(|(key, _)| key.to_owned())
            .collect();
        if missing.is_empty() {
            Ok(self)
        } else {
            Err(MetadataError::OriginTicket { missing })
        }
    }
}

/// Records the origin in the `meta.json` at `path` and changes nothing else.
pub(crate) fn set_origin_ticket(
    world: &World,
    lock_file: &Path,
    path: &Path,
    ticket: &OriginTicket,
) -> Result<Replaced, MetadataError> {
    change(world, lock_file, path, |read| read.with_key(KEY, ticket))
}

/// Removes the origin from the `meta.json` at `path` and changes nothing else.
pub(crate) fn remove_origin_ticket(
    world: &World,
    lock_file: &Path,
    path: &Path,
) -> Result<Replaced, MetadataError> {
    change(world, lock_file, path, |read| read.without_key(KEY))
}

const KEY: &str = "origin_ticket";

/// Reads, changes and replaces the file under `lock_file`. If an editor changes the file in between,
/// it starts again, at most three times.
fn change(
    world: &World,
    lock_file: &Path,
    path: &Path,
    changed: impl Fn(&MissionMetadata) -> Result<Vec<u8>, MetadataError>,
) -> Result<Replaced, MetadataError> {
    const TRIES: usize = 3;
    let contended = || MetadataError::Contended {
        path: path.to_owned(),
    };
    let _held =
        lock::acquire(world, lock_file, Duration::from_secs(10)).map_err(|error| match error {
            lock::LockError::Busy { .. } => contended(),
            lock::LockError::File(error) => error.into(),
        })?;
    for _ in 0..TRIES {
        let read = load(path)?;
        let bytes = changed(&read)?;
        if load(path)?.bytes() == read.bytes() {
            return Ok(replace(path, &bytes, Mode::Shared)?);
        }
    }
    Err(contended())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fs::replace::{Mode, replace};

    fn complete() -> OriginTicket {
        OriginTicket {
            provider: "linear".to_owned(),
            resource_type: "linear_team".to_owned(),
            resource_id: "team-1".to_owned(),
            external_issue_id: "9f1c".to_owned(),
            external_issue_key: "WEB-123".to_owned(),
            external_issue_url: "https://linear.app/x".to_owned(),
            title: "Größe".to_owned(),
        }
    }

    #[test]
    fn every_empty_value_is_named_in_order() {
        assert_eq!(complete().validated().unwrap(), complete());
        let mut ticket = complete();
        ticket.title.clear();
        ticket.provider.clear();
        ticket.external_issue_id.clear();
        assert_eq!(
            ticket.validated().unwrap_err().to_string(),
            "an origin_ticket needs external_issue_id, provider, title"
        );
    }

    #[test]
    fn only_the_origin_changes_and_a_second_time_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with_variables(folder.path().to_owned(), Vec::<(String, String)>::new());
        let path = folder.path().join("meta.json");
        let before = json!({
            "created_at": "2026-11-22T10:00:00+00:00", "feature_number": "061",
            "feature_slug": "061-web-1", "friendly_name": "Größe — 大", "mission": "software-dev",
            "slug": "web-1", "target_branch": "main", "zz_later": [1.50, {"b": 1, "a": null}],
        });
        crate::mission::metadata::write_meta(&path, before.as_object().unwrap()).unwrap();

        let ticket = complete();
        let lock_file = folder.path().join("lock");
        let set = || set_origin_ticket(&world, &lock_file, &path, &ticket).unwrap();
        assert_eq!(set(), Replaced::Written);
        let mut after = load(&path).unwrap().keys().clone();
        assert_eq!(
            after.remove("origin_ticket"),
            Some(serde_json::to_value(complete()).unwrap())
        );
        assert_eq!(serde_json::Value::Object(after), before);

        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(set(), Replaced::Unchanged);
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("Größe — 大") && text.ends_with("}\n"));
    }

    #[test]
    fn a_file_that_is_no_mission_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with_variables(folder.path().to_owned(), Vec::<(String, String)>::new());
        let path = folder.path().join("meta.json");
        let ticket = complete();
        let lock_file = folder.path().join("lock");
        let set = || set_origin_ticket(&world, &lock_file, &path, &ticket).unwrap_err();
        assert!(matches!(set(), MetadataError::Missing { .. }));
        for broken in ["", "[]", "{\"slug\": \"web-1\"}", "{"] {
            replace(&path, broken.as_bytes(), Mode::Shared).unwrap();
            set();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
        }
    }
}
