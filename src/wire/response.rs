//! Responses to successful requests. The control plane serialises them. The client parses them
//! strictly: an error contains the field that breaks a rule.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Provider;
use super::candidate::{FieldError, required_string};
use super::full_ticket::FullTicket;
use crate::secret::Secret;

/// Response of the token and refresh paths.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TokenResponse {
    pub access: Secret,
    pub refresh: Secret,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_lifetime: Option<u64>,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_lifetime: Option<u64>,
    /// The team that the session acts for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_slug: Option<String>,
}

impl TokenResponse {
    /// Lifetimes can be numbers or strings.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, FieldError> {
        let object = parse_object(body)?;
        Ok(Self {
            access: Secret::new(required_string(&object, "access")?),
            refresh: Secret::new(required_string(&object, "refresh")?),
            access_lifetime: seconds(&object, "access_lifetime")?,
            refresh_lifetime: seconds(&object, "refresh_lifetime")?,
            team_slug: required_string(&object, "team_slug").ok(),
        })
    }
}

/// Response of the search path.
#[derive(Debug, Clone, Serialize)]
pub struct SearchResponse {
    /// In the server's order. Only a search by key has their bodies.
    pub candidates: Vec<FullTicket>,
    /// For example `linear_team`. Can be empty if there are no candidates.
    pub resource_type: String,
    pub resource_id: String,
    /// Whether more tickets match; `None` if the server does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_more: Option<bool>,
}

impl SearchResponse {
    /// Drops candidates beyond `limit`.
    pub fn parse(body: &[u8], limit: usize) -> Result<Self, FieldError> {
        let object = parse_object(body)?;
        let listed = match object.get("candidates") {
            Some(Value::Array(listed)) => listed,
            Some(_) => return Err(FieldError::new("candidates", "must be a list")),
            None => return Err(FieldError::new("candidates", "is missing")),
        };
        let mut candidates = Vec::new();
        for (i, document) in listed.iter().enumerate() {
            let candidate = FullTicket::from_json(document);
            candidates.push(candidate.map_err(|e| e.within(&format!("candidates[{i}]")))?);
        }
        let has_more = match object.get("has_more").and_then(Value::as_bool) {
            None if candidates.len() > limit => Some(true),
            said => said,
        };
        candidates.truncate(limit);
        let resource = |field| match required_string(&object, field) {
            Err(_) if candidates.is_empty() => Ok(String::new()),
            other => other,
        };
        let (resource_type, resource_id) = (resource("resource_type")?, resource("resource_id")?);
        Ok(Self {
            candidates,
            resource_type,
            resource_id,
            has_more,
        })
    }
}

/// Response of the bind path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct BindResponse {
    /// The control plane's id of the link; `None` if the answer lacks it.
    pub origin_link_id: Option<String>,
    /// When the link was created (RFC 3339); `None` if the answer lacks it.
    pub bound_at: Option<String>,
}

impl BindResponse {
    /// Any JSON object means that the ticket is bound.
    pub fn parse(body: &[u8]) -> Result<Self, FieldError> {
        let object = parse_object(body)?;
        Ok(Self {
            origin_link_id: required_string(&object, "origin_link_id").ok(),
            bound_at: required_string(&object, "bound_at").ok(),
        })
    }
}

/// Response of the unbind path.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct UnbindResponse {
    /// Always true.
    pub unbound: bool,
}

impl UnbindResponse {
    /// Any JSON object means that the ticket is unbound.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, FieldError> {
        parse_object(body).map(|_| Self { unbound: true })
    }
}

/// Response of [`super::ME_PATH`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MeResponse {
    pub user_id: String,
    pub email: String,
    pub name: String,
    pub teams: Vec<MyTeam>,
}

/// A team of the user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MyTeam {
    /// The same as the slug.
    pub id: String,
    pub name: String,
    /// `member` or `admin`.
    pub role: String,
    pub is_private_teamspace: bool,
}

/// Response of [`super::TRACKER_STATUS_PATH`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TrackerStatusResponse {
    pub provider: String,
    /// Whether the user is linked to the provider.
    pub connected: bool,
    /// The mapped projects of the provider, or the one that the request names.
    pub bindings: Vec<MappedProject>,
    pub resource_count: u64,
}

impl TrackerStatusResponse {
    /// The mapping of a project of this provider, if an answer lists it. Other servers lack some
    /// fields, so it reads only what it needs. `field` is the one that names the project.
    pub(crate) fn mapping(
        body: &[u8],
        provider: Provider,
        (field, project): (&str, &str),
    ) -> Result<Option<Mapping>, FieldError> {
        let object = parse_object(body)?;
        let Some(Value::Array(bindings)) = object.get("bindings") else {
            return Err(FieldError::new("bindings", "must be a list"));
        };
        let text = |binding: &Value, field| binding.get(field)?.as_str().map(str::to_owned);
        let binding = bindings.iter().find(|binding| {
            let of_provider = text(binding, "provider").is_none_or(|it| it == provider.as_str());
            of_provider && text(binding, field).as_deref() == Some(project)
        });
        Ok(binding.map(|binding| Mapping {
            connection: text(binding, "connection"),
            resource_key: text(binding, "resource_key"),
        }))
    }
}

/// A project of the control plane, and where its tickets live.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MappedProject {
    pub project_name: String,
    pub project_slug: String,
    pub provider: String,
    /// `active`.
    pub status: String,
    pub binding_ref: String,
    pub resource_type: String,
    pub resource_id: String,
    /// The key of a live team or project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_key: Option<String>,
    /// The connection whose account reads the tickets; `None` if they are imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
}

/// Where a project's tickets live, as far as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub connection: Option<String>,
    pub resource_key: Option<String>,
}

/// The result for one event of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct EventResult {
    pub event_id: String,
    /// `success`, `duplicate` or `rejected`. The client keeps the event for any other status.
    pub status: String,
    /// Only for `rejected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// Response of the events path.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct EventsResponse {
    /// One for each event, in any order.
    pub results: Vec<EventResult>,
}

impl EventsResponse {
    /// Skips entries that it cannot parse; the client keeps their events.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, FieldError> {
        let object = parse_object(body)?;
        let Some(Value::Array(listed)) = object.get("results") else {
            return Err(FieldError::new("results", "must be a list"));
        };
        let text =
            |entry: &Value, field| entry.get(field).and_then(Value::as_str).map(str::to_owned);
        let read = |entry: &Value| {
            Some(EventResult {
                event_id: text(entry, "event_id")?,
                status: text(entry, "status")?,
                error_message: text(entry, "error_message"),
            })
        };
        Ok(Self {
            results: listed.iter().filter_map(read).collect(),
        })
    }
}

pub(super) fn parse_object(body: &[u8]) -> Result<Map<String, Value>, FieldError> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(FieldError::new("the answer", "must be a JSON object")),
        Err(_) => Err(FieldError::new("the answer", "is not JSON")),
    }
}

fn seconds(object: &Map<String, Value>, field: &str) -> Result<Option<u64>, FieldError> {
    let text = match object.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(other) => other.to_string(),
    };
    // Drops a fraction, and limits the lifetime to a century.
    let (whole, _) = text.split_once('.').unwrap_or((&text, ""));
    match whole.parse::<u64>() {
        Ok(seconds) => Ok(Some(seconds.min(3_155_760_000))),
        Err(_) => Err(FieldError::new(field, "must be a number of seconds")),
    }
}
