//! `meta.json`: load, validate, write, record the origin (DESIGN §4).

mod document;
mod exact;
mod origin_ticket;

pub use document::{MAX_BYTES, MetadataError, MissionMetadata, load, parse, write_meta};
pub use origin_ticket::{OriginTicket, set_origin_ticket};

use serde_json::{Map, Value};

/// The keys of a `meta.json`.
pub type Meta = Map<String, Value>;
