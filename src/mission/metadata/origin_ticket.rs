//! The origin of a mission, as `meta.json` records it: exactly seven keys.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::Meta;
use super::document::{MetadataError, load};
use crate::fs::lock;
use crate::fs::replace::{Mode, Replaced, replace};
use crate::world::World;

/// The ticket a mission began from. All seven values are non-empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct OriginTicket {
    provider: String,
    resource_type: String,
    resource_id: String,
    external_issue_id: String,
    external_issue_key: String,
    external_issue_url: String,
    title: String,
}

const KEYS: [&str; 7] = [
    "external_issue_id",
    "external_issue_key",
    "external_issue_url",
    "provider",
    "resource_id",
    "resource_type",
    "title",
];

impl OriginTicket {
    /// Reads the seven keys; names every one that is missing or empty, or does not belong.
    pub(crate) fn from_keys(keys: &Meta) -> Result<Self, MetadataError> {
        let text = |key: &str| {
            keys.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let missing: Vec<_> = KEYS
            .iter()
            .filter(|k| text(k).is_empty())
            .map(|k| (*k).to_owned())
            .collect();
        let unknown: Vec<_> = keys
            .keys()
            .filter(|k| !KEYS.contains(&k.as_str()))
            .cloned()
            .collect();
        if !missing.is_empty() || !unknown.is_empty() {
            return Err(MetadataError::OriginTicket { missing, unknown });
        }
        Ok(Self {
            provider: text("provider"),
            resource_type: text("resource_type"),
            resource_id: text("resource_id"),
            external_issue_id: text("external_issue_id"),
            external_issue_key: text("external_issue_key"),
            external_issue_url: text("external_issue_url"),
            title: text("title"),
        })
    }

    /// The keys as JSON.
    pub(crate) fn to_keys(&self) -> Meta {
        match serde_json::to_value(self) {
            Ok(Value::Object(keys)) => keys,
            _ => Meta::new(),
        }
    }

    /// The ticket's key: `WEB-123`.
    pub(crate) fn external_issue_key(&self) -> &str {
        &self.external_issue_key
    }
}

/// Records the origin in the `meta.json` at `path` and changes nothing else. Read, change and
/// replace happen under `lock_file`; where a person's editor comes in between it is done again,
/// three times at most.
pub(crate) fn set_origin_ticket(
    world: &World,
    lock_file: &Path,
    path: &Path,
    ticket: &OriginTicket,
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
        let bytes = read.with_key("origin_ticket", Value::Object(ticket.to_keys()))?;
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

    fn complete() -> Meta {
        KEYS.iter()
            .map(|key| ((*key).to_owned(), json!(format!("a {key}"))))
            .collect()
    }

    #[test]
    fn seven_keys_make_a_ticket_and_come_back() {
        let ticket = OriginTicket::from_keys(&complete()).unwrap();
        assert_eq!(ticket.to_keys(), complete());
        assert_eq!(ticket.external_issue_key(), "a external_issue_key");
    }

    #[test]
    fn all_that_is_missing_or_foreign_is_named_in_order() {
        let mut keys = complete();
        keys.remove("title");
        keys.insert("provider".to_owned(), json!(""));
        keys.insert("external_issue_id".to_owned(), json!(7));
        let error = OriginTicket::from_keys(&keys).unwrap_err().to_string();
        assert_eq!(
            error,
            "an origin_ticket needs external_issue_id, provider, title"
        );

        let mut keys = complete();
        keys.insert("origin_link_id".to_owned(), json!("link-1"));
        let error = OriginTicket::from_keys(&keys).unwrap_err().to_string();
        assert_eq!(error, "an origin_ticket must not have origin_link_id");
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

        let ticket = OriginTicket::from_keys(&complete()).unwrap();
        let lock_file = folder.path().join("lock");
        let set = || set_origin_ticket(&world, &lock_file, &path, &ticket).unwrap();
        assert_eq!(set(), Replaced::Written);
        let mut after = load(&path).unwrap().keys().clone();
        assert_eq!(
            after.remove("origin_ticket"),
            Some(Value::Object(complete()))
        );
        assert_eq!(Value::Object(after), before);

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
        let ticket = OriginTicket::from_keys(&complete()).unwrap();
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
