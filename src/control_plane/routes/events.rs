//! Receiving events.

use std::io::Read as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::App;
use crate::control_plane::extract::{Caller, is_gzip, parse, read};
use crate::control_plane::store::{Receipt, ReceivedEvent};
use crate::wire::candidate::{FieldError, required_string};
use crate::wire::event_rules::check_event;
use crate::wire::request::EventsRequest;
use crate::wire::response::{EventResult, EventsResponse};

const ID_TAKEN: &str = "event_id belongs to another event, from another user";
const MAX_EVENTS: usize = 1_000;
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A batch whose events are counted but not stored.
#[derive(Deserialize)]
struct Counted {
    events: Vec<IgnoredAny>,
}

/// Stores a batch of events and reports the result of each.
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    request: Request,
) -> Result<Json<EventsResponse>, ApiError> {
    let gzip = is_gzip(request.headers())?;
    let sent = read(&app, request.into_body(), MAX_BATCH_BYTES).await?;
    let bytes = if gzip { unpack(&sent)? } else { sent };
    // Counting first bounds the memory: a parsed `0,` takes fifty times its size.
    if parse::<Counted>(&bytes)?.events.len() > MAX_EVENTS {
        return Err(ApiError::TooLarge(format!("more than {MAX_EVENTS} events")));
    }
    let batch: EventsRequest = parse(&bytes)?;
    let (mut results, mut accepted) = (Vec::new(), Vec::new());
    for (index, event) in batch.events.iter().enumerate() {
        let Judged { event_id, verdict } =
            judge(event.get()).map_err(|rule| ApiError::EventWithoutId(index, rule))?;
        let (status, error_message) = match verdict {
            Ok(event) => {
                accepted.push(event);
                ("success", None)
            }
            Err(error) => ("rejected", Some(error.to_string())),
        };
        results.push(EventResult {
            event_id,
            status: status.to_owned(),
            error_message,
        });
    }
    let received = app
        .store
        .receive_events(&caller, &accepted, app.world.now());
    let receipts = received.await?;
    let successes = results.iter_mut().filter(|r| r.status == "success");
    for (result, receipt) in successes.zip(&receipts) {
        match receipt {
            Receipt::New => {}
            Receipt::Duplicate => "duplicate".clone_into(&mut result.status),
            Receipt::IdTaken => {
                "rejected".clone_into(&mut result.status);
                result.error_message = Some(ID_TAKEN.to_owned());
            }
        }
    }
    let count = |status: &str| results.iter().filter(|r| r.status == status).count();
    tracing::info!(
        received = count("success"),
        duplicates = count("duplicate"),
        rejected = count("rejected"),
        "events"
    );
    Ok(Json(EventsResponse { results }))
}

struct Judged<'a> {
    event_id: String,
    verdict: Result<ReceivedEvent<'a>, FieldError>,
}

/// Checks one event. It is an error if the event has no id, because the response reports each event
/// by its id.
fn judge(document: &str) -> Result<Judged<'_>, &'static str> {
    let Ok(Value::Object(event)) = serde_json::from_str(document) else {
        return Err("must be an object");
    };
    let event_id =
        required_string(&event, "event_id").map_err(|_| "event_id must be a non-empty string")?;
    let received = || {
        check_event(&event)?;
        Ok(ReceivedEvent {
            event_id: event_id.clone(),
            event_type: required_string(&event, "event_type")?,
            aggregate_id: required_string(&event, "aggregate_id")?,
            document,
        })
    };
    let verdict = received();
    Ok(Judged { event_id, verdict })
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, ApiError> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(packed)
        .take(MAX_BATCH_BYTES as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|_| ApiError::BadBody("is not gzip".to_owned()))?;
    if unpacked.len() > MAX_BATCH_BYTES {
        let message = format!("the unpacked request body is larger than {MAX_BATCH_BYTES} bytes");
        return Err(ApiError::TooLarge(message));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_without_an_id_cannot_be_judged() {
        for document in ["7", "[]", "{}", r#"{"event_id": 7}"#, r#"{"event_id": ""}"#] {
            assert!(judge(document).is_err(), "{document}");
        }
        let judged = judge(r#"{"event_id": "x"}"#).unwrap();
        assert_eq!(judged.event_id, "x");
        assert_eq!(
            judged.verdict.unwrap_err().to_string(),
            "event_id must be a ULID"
        );
    }
}
