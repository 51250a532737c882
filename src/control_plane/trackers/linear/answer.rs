//! What an answer of Linear means: its status, and the errors inside it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::control_plane::trackers::call::Reply;
use crate::control_plane::trackers::{TrackerError, wait};

/// The errors of an answer that concern neither the credential nor a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GraphqlError {
    errors: Vec<OneError>,
    /// Whether there is data next to the errors.
    is_partial: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct OneError {
    /// Linear's code and its older type in one spelling: `AUTHENTICATION_ERROR` and
    /// `authentication error` are the same.
    codes: Vec<String>,
    /// The message for people.
    words: String,
}

impl OneError {
    fn of(error: &Value) -> Self {
        let text = |path: &str| error.pointer(path).and_then(Value::as_str);
        let codes = ["/extensions/code", "/extensions/type"].into_iter();
        let codes = codes.filter_map(text);
        let words = ["/extensions/userPresentableMessage", "/message"].into_iter();
        let words = words.filter_map(text).find(|words| !words.is_empty());
        Self {
            codes: codes
                .map(|code| code.to_lowercase().replace('_', " "))
                .collect(),
            words: words.unwrap_or("no message").to_owned(),
        }
    }

    fn is(&self, name: &str) -> bool {
        self.codes.iter().any(|code| code == name)
    }

    /// Whether it says that what was asked for does not exist. Linear has a code for this, but also uses
    /// the one for invalid arguments, or none.
    fn is_missing(&self) -> bool {
        let words = self.words.to_lowercase();
        let says_so = words.contains("not found") || words.contains("could not find");
        let is_unclear = self.codes.is_empty() || self.is("invalid input");
        self.is("input error") || (is_unclear && says_so)
    }
}

impl GraphqlError {
    /// Whether an issue that was asked for by its key does not exist.
    pub(super) fn is_not_found(&self) -> bool {
        !self.is_partial && self.errors.iter().all(OneError::is_missing)
    }

    pub(super) fn into_tracker_error(self, clean: impl FnOnce(&str) -> String) -> TrackerError {
        let words: Vec<_> = self.errors.iter().map(|error| &*error.words).collect();
        let words = clean(&words.join("; "));
        let is_any = |names: &[&str]| {
            let mut errors = self.errors.iter();
            errors.any(|error| names.iter().any(|name| error.is(name)))
        };
        if is_any(&["forbidden", "feature not accessible"]) {
            TrackerError::Forbidden(words)
        } else if self.is_partial {
            TrackerError::BadAnswer(format!("data with errors: {words}"))
        } else if is_any(&["internal server error", "internal error", "lock timeout"]) {
            TrackerError::Unavailable(words)
        } else {
            TrackerError::QueryRefused(words)
        }
    }
}

/// The data of an answer, or its errors.
pub(super) fn read(
    reply: &Reply,
    now: DateTime<Utc>,
) -> Result<Result<Value, GraphqlError>, TrackerError> {
    let mut document = reply.json().unwrap_or_default();
    let errors = document.get("errors").and_then(Value::as_array);
    let errors: Vec<_> = errors.into_iter().flatten().map(OneError::of).collect();
    let is = |name: &str| errors.iter().any(|error| error.is(name));
    if reply.status == 401 || is("authentication error") {
        return Err(TrackerError::CredentialRefused);
    }
    if reply.status == 429 || is("ratelimited") || is("rate limited") {
        return Err(TrackerError::RateLimited(wait::linear(&reply.headers, now)));
    }
    if !errors.is_empty() {
        let data = document.get("data").and_then(Value::as_object);
        let is_partial = data.is_some_and(|data| data.values().any(|value| !value.is_null()));
        return Ok(Err(GraphqlError { errors, is_partial }));
    }
    match reply.status {
        200 if document.is_object() => match document.get_mut("data").map(Value::take) {
            Some(data @ Value::Object(_)) => Ok(Ok(data)),
            _ => Err(TrackerError::field("data", "must be an object")),
        },
        200 => Err(reply.not_json()),
        403 => Err(TrackerError::Forbidden("HTTP 403".to_owned())),
        status => Err(TrackerError::BadAnswer(format!("HTTP {status}"))),
    }
}
