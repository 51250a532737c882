//! The JSON body of a refusal. Each field may be missing or of any JSON type; a body that is not a
//! JSON object counts as empty.

use serde::Serialize;
use serde_json::{Map, Value};

use super::ticket::KnownMission;

/// The error envelope of an answer that is not 2xx.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorEnvelope {
    /// A stable name: `origin_conflict`, `no_mapping`.
    #[serde(rename = "error_code")]
    pub code: Option<String>,
    /// A coarser name: `conflict`.
    #[serde(rename = "error_category")]
    pub category: Option<String>,
    /// Text for the user; `HTTP <status>` if the server sent none.
    pub message: String,
    /// Whether another try may succeed.
    pub retryable: bool,
    /// Whether only a person can help, for example by linking an account.
    pub user_action_required: bool,
    /// The part of the server that refused.
    pub source: Option<String>,
    pub retry_after_seconds: Option<u64>,
    /// What to do about it, from the server that knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// A page where the user can act. Other servers send it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_url: Option<String>,
    /// The missions that stand in the way, with the code `ticket_has_mission`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missions: Vec<KnownMission>,
}

impl ErrorEnvelope {
    /// Reads the fields that can be read.
    pub(crate) fn parse(status: u16, body: &[u8]) -> Self {
        let object: Map<_, _> = serde_json::from_slice(body).unwrap_or_default();
        Self {
            code: text(&object, "error_code").or_else(|| text(&object, "code")),
            category: text(&object, "error_category").or_else(|| text(&object, "category")),
            message: text(&object, "message").unwrap_or_else(|| format!("HTTP {status}")),
            retryable: truth(&object, "retryable"),
            user_action_required: truth(&object, "user_action_required"),
            source: text(&object, "source"),
            retry_after_seconds: object.get("retry_after_seconds").and_then(seconds),
            hint: text(&object, "hint"),
            action_url: text(&object, "action_url"),
            missions: KnownMission::listed(object.get("missions"))
                .ok()
                .flatten()
                .unwrap_or_default(),
        }
    }
}

/// A string as it is, another value as its JSON. `None` for null and for an empty string.
fn text(object: &Map<String, Value>, field: &str) -> Option<String> {
    match object.get(field)? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|t| !t.trim().is_empty()),
        other => Some(other.to_string()),
    }
}

fn truth(object: &Map<String, Value>, field: &str) -> bool {
    match object.get(field) {
        Some(Value::Bool(truth)) => *truth,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        Some(Value::Number(number)) => number.as_f64().is_some_and(|n| n != 0.0),
        _ => false,
    }
}

fn seconds(value: &Value) -> Option<u64> {
    let number: f64 = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped just before"
    )]
    number
        .is_finite()
        .then(|| number.clamp(0.0, 1e9).ceil() as u64)
}
