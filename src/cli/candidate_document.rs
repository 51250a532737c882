//! `--candidate FILE|-`: one ticket, or a search result with exactly one.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use super::ask::within_time;
use super::{Code, Context, Failure};
use crate::fs::FsError;
use crate::text::chain;
use crate::wire::candidate::FieldError;
use crate::wire::full_ticket::FullTicket;
use crate::wire::{MAX_ANSWER_BYTES, Provider};

/// A ticket, and its tracker and resource if the document has them.
#[derive(Debug)]
pub(super) struct CandidateDocument {
    pub ticket: FullTicket,
    pub provider: Option<Provider>,
    pub resource_type: Option<String>,
    pub resource_id: Option<String>,
}

/// Reads the document in a file, or on standard input for `-`.
pub(super) fn read(context: &Context, place: &Path) -> Result<CandidateDocument, Failure> {
    let path = context.world.directory().join(place);
    let is_stdin = place == Path::new("-");
    let bytes = within_time(context, "the --candidate document", move || {
        if is_stdin {
            return read_all(std::io::stdin().lock());
        }
        let error = FsError::on("read", &path);
        let file = File::open(&path).map_err(|source| refused(chain(&error(source))))?;
        read_all(file)
    })?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(document)) => parse(&document),
        Ok(_) => Err(refused("it must be a JSON object")),
        Err(_) if bytes.trim_ascii().is_empty() => Err(refused("it is empty")),
        Err(error) => Err(refused(format!("it is not valid JSON: {error}"))),
    }
}

/// Reads a file or a pipe.
fn read_all(from: impl Read) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    from.take(MAX_ANSWER_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| refused(error.to_string()))?;
    if bytes.len() as u64 > MAX_ANSWER_BYTES {
        return Err(refused("it is larger than 8 MiB"));
    }
    Ok(bytes)
}

fn parse(document: &Map<String, Value>) -> Result<CandidateDocument, Failure> {
    if document.get("result").and_then(Value::as_str) == Some("error") {
        let error = document.get("error").and_then(|error| error.get("message"));
        let message = error.and_then(Value::as_str).unwrap_or("no message");
        let why = format!("it is the error of a failed command: {message}");
        return Err(refused(why));
    }
    let ticket = match document.get("candidates") {
        None => FullTicket::from_json(&Value::Object(document.clone())),
        Some(Value::Array(listed)) => match listed.as_slice() {
            [only] => FullTicket::from_json(only).map_err(|error| error.within("candidates[0]")),
            several => {
                let found = format!("candidates contains {} tickets", several.len());
                return Err(refused(found + "; exactly one is needed"));
            }
        },
        Some(_) => Err(FieldError::new("candidates", "must be a list")),
    }?;
    let provider = text(document, "provider")?.map(|name| name.parse::<Provider>());
    let provider = provider.transpose();
    Ok(CandidateDocument {
        ticket,
        provider: provider.map_err(|error| refused(error.to_string()))?,
        resource_type: text(document, "resource_type")?,
        resource_id: text(document, "resource_id")?,
    })
}

fn text(document: &Map<String, Value>, field: &str) -> Result<Option<String>, Failure> {
    match document.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(FieldError::new(field, "must be a string").into()),
    }
}

impl From<FieldError> for Failure {
    /// A field of the user's document. The same error in a server's answer is a `bad_response`.
    fn from(error: FieldError) -> Self {
        refused(error.to_string()).detail("field", error.field)
    }
}

fn refused(why: impl Into<String>) -> Failure {
    Failure::new(Code::InvalidCandidate, "invalid --candidate document").cause(why)
}
