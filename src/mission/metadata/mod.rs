//! `meta.json`: load, validate, write, record the origin.

mod document;
mod exact;
mod origin_ticket;

pub(crate) use document::{MAX_BYTES, MetadataError, MissionMetadata, parse};
pub use document::{load, write_meta};
pub(crate) use origin_ticket::{OriginTicket, remove_origin_ticket, set_origin_ticket};

use serde_json::{Map, Value};

/// The keys of a `meta.json`.
pub(crate) type MetadataKeys = Map<String, Value>;
