//! Receiving events.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::control_plane::api_error::ApiError;
use crate::control_plane::app::App;
use crate::control_plane::extract::{Caller, is_gzip, parse, read};
use crate::control_plane::store::{Receipt, ReceivedEvent};
use crate::wire::candidate::{FieldError, required_string};
use crate::wire::event_rules::{check_event, read_event};
use crate::wire::request::EventsRequest;
use crate::wire::response::{EventResult, EventsResponse};

const ID_TAKEN: &str = "event_id belongs to another event, from another user";
const MAX_EVENTS: usize = 1_000;
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;
const MAX_EVENT_BYTES: usize = 64 * 1024;

/// A batch whose events are counted but not stored.
#[derive(Deserialize)]
struct Counted {
    events: Vec<IgnoredAny>,
}

/// The result of each event, and those that passed the checks in the same order.
#[derive(Debug, Default)]
struct Checked {
    results: Vec<EventResult>,
    accepted: Vec<Accepted>,
}

#[derive(Debug)]
struct Accepted {
    event_id: String,
    event_type: String,
    aggregate_id: String,
    document: String,
}

/// Stores a batch of events and reports the result of each.
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    Caller(caller): Caller,
    request: Request,
) -> Result<Json<EventsResponse>, ApiError> {
    let gzip = is_gzip(request.headers())?;
    let share = app.batch_shares.take(caller.user_id);
    let _share = share.ok_or(ApiError::RateLimited(Duration::from_secs(1)))?;
    let place = app.batches.acquire().await;
    let _place = place.map_err(|_| ApiError::Internal)?;
    let sent = read(&app, request.into_body(), MAX_BATCH_BYTES).await?;
    let Checked {
        mut results,
        accepted,
    } = check(&app, sent, gzip).await?;
    let events: Vec<_> = accepted.iter().map(Accepted::received).collect();
    let received = app.store.receive_events(&caller, &events, app.world.now());
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

/// Checks a batch on a thread for blocking work.
async fn check(app: &App, sent: Vec<u8>, gzip: bool) -> Result<Checked, ApiError> {
    let permit = Arc::clone(&app.batch_checks).acquire_owned().await;
    let permit = permit.map_err(|_| ApiError::Internal)?;
    let checking = tokio::task::spawn_blocking(move || {
        // Until the end of the work, even if nobody waits for it any more.
        let _permit = permit;
        check_batch(&if gzip { unpack(&sent)? } else { sent })
    });
    checking.await.map_err(|_| ApiError::Internal)?
}

fn check_batch(bytes: &[u8]) -> Result<Checked, ApiError> {
    // Counting first bounds the memory: a parsed `0,` takes eight times its size.
    if parse::<Counted>(bytes)?.events.len() > MAX_EVENTS {
        return Err(ApiError::TooLarge(format!("more than {MAX_EVENTS} events")));
    }
    let batch: EventsRequest<'_> = parse(bytes)?;
    let mut checked = Checked::default();
    for (index, event) in batch.events.iter().enumerate() {
        let (event_id, verdict) =
            judge(event.get()).map_err(|rule| ApiError::EventWithoutId(index, rule))?;
        let (status, error_message) = match verdict {
            Ok(event) => {
                checked.accepted.push(event);
                ("success", None)
            }
            Err(reason) => ("rejected", Some(reason)),
        };
        checked.results.push(EventResult {
            event_id,
            status: status.to_owned(),
            error_message,
        });
    }
    Ok(checked)
}

/// The id of an event, and the event or the reason why it is rejected. It is an error if the event
/// has no id, because the response reports each event by its id.
fn judge(document: &str) -> Result<(String, Result<Accepted, String>), &'static str> {
    if document.len() > MAX_EVENT_BYTES {
        let reason = format!("the event is larger than {MAX_EVENT_BYTES} bytes");
        return Ok((id_of_large(document)?, Err(reason)));
    }
    let event = read_event(document).map_err(|_| NO_OBJECT)?;
    let event_id = required_string(&event, "event_id").map_err(|_| NO_ID)?;
    let accept = || {
        check_event(&event)?;
        Ok(Accepted {
            event_id: event_id.clone(),
            event_type: required_string(&event, "event_type")?,
            aggregate_id: required_string(&event, "aggregate_id")?,
            document: document.to_owned(),
        })
    };
    let verdict = accept().map_err(|error: FieldError| error.to_string());
    Ok((event_id, verdict))
}

const NO_OBJECT: &str = "must be an object";
const NO_ID: &str = "event_id must be a non-empty string";

/// The id of an event whose other fields are not kept, however many it has.
fn id_of_large(document: &str) -> Result<String, &'static str> {
    #[derive(Deserialize)]
    struct Large<'a> {
        #[serde(borrow)]
        event_id: Option<&'a RawValue>,
    }
    if !document.starts_with('{') {
        return Err(NO_OBJECT);
    }
    let event: Large<'_> = serde_json::from_str(document).map_err(|_| NO_OBJECT)?;
    let event_id: String = event
        .event_id
        .and_then(|id| serde_json::from_str(id.get()).ok())
        .unwrap_or_default();
    (!event_id.is_empty()).then_some(event_id).ok_or(NO_ID)
}

impl Accepted {
    fn received(&self) -> ReceivedEvent<'_> {
        ReceivedEvent {
            event_id: self.event_id.clone(),
            event_type: self.event_type.clone(),
            aggregate_id: self.aggregate_id.clone(),
            document: &self.document,
        }
    }
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
        let large = |id: &str| format!(r#"{{"x": [{}0]{id}}}"#, "0,".repeat(MAX_EVENT_BYTES));
        for document in [
            "7",
            "[]",
            "{}",
            r#"{"event_id": 7}"#,
            r#"{"event_id": ""}"#,
            &large(""),
            &large(r#", "event_id": 7"#),
            &large(r#", "event_id": """#),
            &format!("[{}0]", "0,".repeat(MAX_EVENT_BYTES)),
        ] {
            assert!(judge(document).is_err(), "{document}");
        }
        let (id, verdict) = judge(r#"{"event_id": "x"}"#).unwrap();
        assert_eq!(id, "x");
        assert_eq!(verdict.unwrap_err(), "event_id must be a ULID");
        let (id, verdict) = judge(&large(r#", "event_id": "x""#)).unwrap();
        assert_eq!(id, "x");
        assert!(verdict.unwrap_err().contains("larger"));
    }
}
