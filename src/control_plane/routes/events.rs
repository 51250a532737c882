//! Receiving events.

use std::io::Read as _;

use axum::Json;
use axum::extract::{Request, State};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::control_plane::app::App;
use crate::control_plane::event_rules::{self, Verdict};
use crate::control_plane::extract::{
    Caller, Encoding, bad_body, content_encoding, parse, read, too_large,
};
use crate::control_plane::refusal::Refusal;
use crate::wire::request::EventsRequest;
use crate::wire::response::{EventResult, EventsResponse};

const MAX_EVENTS: usize = 1_000;
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A batch whose events are counted and not kept.
#[derive(Deserialize)]
struct Counted {
    events: Vec<IgnoredAny>,
}

/// Keeps a batch of events and says of each what became of it.
pub(super) async fn receive(
    State(app): State<App>,
    Caller(caller): Caller,
    request: Request,
) -> Result<Json<EventsResponse>, Refusal> {
    let encoding = content_encoding(request.headers())?;
    let sent = read(&app, request.into_body(), MAX_BATCH_BYTES).await?;
    let bytes = match encoding {
        Encoding::Plain => sent,
        Encoding::Gzip => unpack(&sent)?,
    };
    // Counted first: millions of `0,` would take fifty times their size.
    if parse::<Counted>(&bytes)?.events.len() > MAX_EVENTS {
        return Err(too_large(&format!("more than {MAX_EVENTS} events")));
    }
    let batch: EventsRequest = parse(&bytes)?;
    let (mut results, mut kept) = (Vec::new(), Vec::new());
    for (index, event) in batch.events.iter().enumerate() {
        match event_rules::check(event.get()) {
            Verdict::Keep(event) => {
                results.push(result(&event.event_id, "success", None));
                kept.push(event);
            }
            Verdict::Reject { event_id, rule } => {
                results.push(result(&event_id, "rejected", Some(rule)));
            }
            // There is no name to answer by: the sender finds it by sending fewer.
            Verdict::Nameless(rule) => return Err(bad_body(format!("events[{index}]: {rule}"))),
        }
    }
    let new = app
        .store
        .receive_events(&caller, &kept, app.world.now())
        .await?;
    let successes = results.iter_mut().filter(|r| r.status == "success");
    for (result, new) in successes.zip(&new) {
        if !new {
            "duplicate".clone_into(&mut result.status);
        }
    }
    let received = new.iter().filter(|new| **new).count();
    tracing::info!(
        received,
        duplicates = new.len() - received,
        rejected = results.len() - new.len(),
        "events"
    );
    Ok(Json(EventsResponse { results }))
}

fn result(event_id: &str, status: &str, error_message: Option<String>) -> EventResult {
    EventResult {
        event_id: event_id.to_owned(),
        status: status.to_owned(),
        error_message,
    }
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(packed)
        .take(MAX_BATCH_BYTES as u64 + 1)
        .read_to_end(&mut unpacked)
        .map_err(|_| bad_body("the body is not gzip"))?;
    if unpacked.len() > MAX_BATCH_BYTES {
        let message = format!("the body is larger than {MAX_BATCH_BYTES} bytes unpacked");
        return Err(too_large(&message));
    }
    Ok(unpacked)
}
