//! JSON whose numbers keep their spelling: `serde_json` alone would write `1e400` as `1e+400`.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// A value of a document that was parsed before, so it is not nested too deeply.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Exact {
    Object(BTreeMap<String, Self>),
    List(Vec<Self>),
    Number(Box<RawValue>),
    Other(Value),
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'{') => serde_json::from_str(text).map(Self::Object),
            Some(b'[') => serde_json::from_str(text).map(Self::List),
            Some(b'-' | b'0'..=b'9') => Ok(Self::Number(raw.to_owned())),
            _ => serde_json::from_str(text).map(Self::Other),
        }
        .map_err(D::Error::custom)
    }
}
