//! `meta.json`: strict reading and canonical writing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use super::exact::Exact;
use super::{MetadataKeys, OriginTicket};
use crate::fs::replace::{Mode, Replaced, replace};
use crate::fs::{FsError, read_unlinked};
use crate::mission::number::padded;
use crate::project::inside::OutsideError;

/// The largest `meta.json` that is read, in bytes.
pub(crate) const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Why a `meta.json` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    #[error("No meta.json in {}", path.parent().unwrap_or(path).display())]
    Missing { path: PathBuf },
    #[error("{} is not valid: {why}", path.display())]
    Malformed { path: PathBuf, why: String },
    /// Required keys are missing, empty or not strings.
    #[error("{} lacks {}", path.display(), fields.join(", "))]
    Incomplete {
        path: PathBuf,
        /// Sorted.
        fields: Vec<String>,
    },
    /// An origin ticket with empty values.
    #[error("an origin_ticket needs {}", missing.join(", "))]
    OriginTicket {
        /// The keys of the empty values, sorted.
        missing: Vec<String>,
    },
    /// Another program changed the file during every attempt to write it.
    #[error("{} is being changed by another program", path.display())]
    Contended { path: PathBuf },
    #[error(transparent)]
    Outside(#[from] OutsideError),
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// A valid `meta.json`.
#[derive(Debug, Clone)]
pub struct MissionMetadata {
    path: PathBuf,
    bytes: Vec<u8>,
    keys: MetadataKeys,
    slug: String,
    created_at: String,
}

const REQUIRED: [&str; 7] = [
    "created_at",
    "feature_number",
    "feature_slug",
    "friendly_name",
    "mission",
    "slug",
    "target_branch",
];
const REQUIRED_NEWER: [&str; 6] = [
    "created_at",
    "friendly_name",
    "mission_slug",
    "mission_type",
    "slug",
    "target_branch",
];

/// Reads and validates the `meta.json` at `path`, which must not be a link.
pub fn load(path: &Path) -> Result<MissionMetadata, MetadataError> {
    let Some(bytes) = read_unlinked(path, MAX_BYTES)? else {
        return Err(MetadataError::Missing {
            path: path.to_owned(),
        });
    };
    parse(path, bytes)
}

/// Validates the bytes of the `meta.json` that belongs at `path`.
pub(crate) fn parse(path: &Path, bytes: Vec<u8>) -> Result<MissionMetadata, MetadataError> {
    let malformed = |why| malformed(path, why);
    let keys = match serde_json::from_slice(&bytes) {
        Ok(Value::Object(keys)) => keys,
        Ok(_) => return Err(malformed("not a JSON object".to_owned())),
        Err(error) if bytes.is_empty() => {
            return Err(malformed(format!("the file is empty ({error})")));
        }
        Err(error) => return Err(malformed(error.to_string())),
    };
    validate(path, &keys)?;
    let text = |key: &str| keys.get(key).and_then(Value::as_str).map(str::to_owned);
    let slug = text("feature_slug").or_else(|| text("mission_slug"));
    let (Some(slug), Some(created_at)) = (slug, text("created_at")) else {
        return Err(malformed("no slug or no time of creation".to_owned()));
    };
    Ok(MissionMetadata {
        path: path.to_owned(),
        bytes,
        keys,
        slug,
        created_at,
    })
}

fn malformed(path: &Path, why: String) -> MetadataError {
    MetadataError::Malformed {
        path: path.to_owned(),
        why,
    }
}

/// Writes a `meta.json` in its canonical form: keys sorted, two spaces, UTF-8 as it is, one final
/// newline. Validates it first and replaces the file atomically.
pub fn write_meta(path: &Path, keys: &MetadataKeys) -> Result<Replaced, MetadataError> {
    validate(path, keys)?;
    Ok(replace(path, &canonical(path, keys)?, Mode::Shared)?)
}

fn canonical(path: &Path, keys: &impl Serialize) -> Result<Vec<u8>, MetadataError> {
    let mut text =
        serde_json::to_vec_pretty(keys).map_err(|error| malformed(path, error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// A mission of a newer spec-kitty has `mission_slug` instead of `feature_slug`.
fn validate(path: &Path, keys: &MetadataKeys) -> Result<(), MetadataError> {
    let newer = !keys.contains_key("feature_slug") && keys.contains_key("mission_slug");
    let required: &[&str] = if newer { &REQUIRED_NEWER } else { &REQUIRED };
    let given = |field: &str| match keys.get(field) {
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(Value::Number(_)) => field == "feature_number",
        _ => false,
    };
    let fields: Vec<_> = required
        .iter()
        .filter(|f| !given(f))
        .map(|f| (*f).to_owned())
        .collect();
    if fields.is_empty() {
        Ok(())
    } else {
        Err(MetadataError::Incomplete {
            path: path.to_owned(),
            fields,
        })
    }
}

impl MissionMetadata {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All keys, including those this version does not know.
    pub fn keys(&self) -> &MetadataKeys {
        &self.keys
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The canonical bytes of this document with one key set. Every other value keeps its spelling.
    pub(super) fn with_key(
        &self,
        key: &str,
        value: &impl Serialize,
    ) -> Result<Vec<u8>, MetadataError> {
        let malformed = |error: serde_json::Error| malformed(&self.path, error.to_string());
        let mut keys: BTreeMap<String, Exact> =
            serde_json::from_slice(&self.bytes).map_err(malformed)?;
        let value = serde_json::to_value(value).map_err(malformed)?;
        keys.insert(key.to_owned(), Exact::Other(value));
        canonical(&self.path, &keys)
    }

    /// The canonical bytes of this document without a key; its own bytes if it has no such key.
    pub(super) fn without_key(&self, key: &str) -> Result<Vec<u8>, MetadataError> {
        let malformed = |error: serde_json::Error| malformed(&self.path, error.to_string());
        let mut keys: BTreeMap<String, Exact> =
            serde_json::from_slice(&self.bytes).map_err(malformed)?;
        match keys.remove(key) {
            Some(_) => canonical(&self.path, &keys),
            None => Ok(self.bytes.clone()),
        }
    }

    /// A key's value if it is a string.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.keys.get(key).and_then(Value::as_str)
    }

    /// The mission's slug with its number: `feature_slug`, or `mission_slug` of a newer mission.
    pub fn mission_slug(&self) -> &str {
        &self.slug
    }

    /// The mission's number as text, `061`: `feature_number`, or `mission_number` of a newer mission.
    pub fn number(&self) -> Option<String> {
        let value = |key: &str| match self.keys.get(key)? {
            Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            value => value.as_u64().map(padded),
        };
        value("feature_number").or_else(|| value("mission_number"))
    }

    /// When the mission was created (RFC 3339), as it is written there.
    pub fn created_at(&self) -> &str {
        &self.created_at
    }

    /// The id the control plane knows the mission by: its own `mission_id`, else its slug.
    pub fn mission_id(&self) -> &str {
        self.text("mission_id")
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| self.mission_slug())
    }

    /// The recorded origin; `None` if there is none, or if a key is missing or not a string.
    pub fn origin_ticket(&self) -> Option<OriginTicket> {
        OriginTicket::deserialize(self.keys.get("origin_ticket")?).ok()
    }

    /// The key of the recorded origin's ticket.
    pub fn origin_key(&self) -> Option<&str> {
        self.keys
            .get("origin_ticket")?
            .get("external_issue_key")?
            .as_str()
    }

    /// The provider and ticket id of the recorded origin.
    pub fn origin_identity(&self) -> Option<(&str, &str)> {
        let origin = self.keys.get("origin_ticket")?;
        Some((
            origin.get("provider")?.as_str()?,
            origin.get("external_issue_id")?.as_str()?,
        ))
    }
}
