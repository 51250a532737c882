//! `meta.json`: load, validate, write, record the origin (DESIGN §4).

mod document;
mod exact;
mod origin_ticket;

pub(crate) use document::parse;
pub use document::{MetadataError, MissionMetadata, load, write_meta};
pub(crate) use origin_ticket::{OriginTicket, set_origin_ticket};

use serde_json::{Map, Value};

/// The keys of a `meta.json`.
pub(crate) type MetadataKeys = Map<String, Value>;
