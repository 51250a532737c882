//! What a refusal by the control plane means to the user. This file decides which HTTP status ends
//! with which code, and so with which exit code ([`Code::exit`]).

use serde_json::json;

use super::effect;
use crate::cli::code::Code;
use crate::cli::failure::Failure;
use crate::cli::hint::Hint;
use crate::http::{Refusal, RefusalKind};
use crate::text::one_line;
use crate::tracker::control_plane_client::TrackerError;
use crate::wire::candidate::FieldError;

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let (code, message) = match refusal.kind {
            // 401
            RefusalKind::Unauthenticated => (Code::LoginRefused, "login failed"),
            // 403, and most statuses that say `user_action_required`
            RefusalKind::Forbidden if refusal.user_action_required => {
                (Code::UserActionRequired, "the server does not allow this")
            }
            RefusalKind::Forbidden => (Code::Forbidden, "the server does not allow this"),
            // 404
            RefusalKind::NotFound => (Code::NotFound, "not found on the server"),
            // 409
            RefusalKind::Conflict => (Code::Conflict, "the server has a different value"),
            // 422
            RefusalKind::Invalid => (Code::InvalidRequest, "the server rejected the request"),
            // 429
            RefusalKind::RateLimited => (Code::RateLimited, "rate limited"),
            // 5xx
            RefusalKind::Unavailable => (Code::Unavailable, "the server is not available"),
            RefusalKind::Unexpected => (Code::UnexpectedStatus, "unexpected response"),
        };
        let (code, message) = of_tracker(&refusal).unwrap_or((code, message));
        let mut failure = Self::new(code, message)
            .effect(effect(refusal.may_have_arrived()))
            .cause(&*refusal.message)
            .detail("status", refusal.status);
        failure.hint = hint(&refusal).or(failure.hint);
        if let Some(url) = refusal.action_url {
            failure = failure.detail("action_url", url);
        }
        if let Some(code) = refusal.code {
            failure = failure.detail("server_code", code);
        }
        failure.retryable |= refusal.retryable;
        failure.user_action_required |= refusal.user_action_required;
        failure.retry_after_seconds = refusal.wait.map(|wait| wait.as_secs());
        failure
    }
}

/// A failure between the server and a live tracker. Its status must be the usual one.
fn of_tracker(refusal: &Refusal) -> Option<(Code, &'static str)> {
    Some(match (refusal.code.as_deref()?, refusal.kind) {
        ("tracker_credential_refused", RefusalKind::Forbidden) => (
            Code::TrackerCredentialRefused,
            "the tracker does not accept the server's credential",
        ),
        ("tracker_forbidden", RefusalKind::Forbidden) => (
            Code::TrackerForbidden,
            "the tracker does not let the server see this",
        ),
        ("tracker_rate_limited", RefusalKind::RateLimited) => (
            Code::TrackerRateLimited,
            "the tracker limits the requests of the server",
        ),
        ("tracker_unavailable", RefusalKind::Unavailable) => (
            Code::TrackerUnavailable,
            "the server cannot reach the tracker",
        ),
        ("tracker_bad_answer", RefusalKind::Unavailable) => (
            Code::TrackerBadAnswer,
            "the server does not understand the tracker",
        ),
        ("tracker_query_refused", RefusalKind::Invalid) => {
            (Code::TrackerQueryRefused, "the tracker refuses the query")
        }
        _ => return None,
    })
}

/// What the server advises, else what its kind of refusal suggests. Other kinds have the hint of
/// their code.
fn hint(refusal: &Refusal) -> Option<Hint> {
    of_server(refusal).or_else(|| {
        let server = &refusal.server;
        let ask = format!("ask the administrator of {server}");
        Some(match refusal.kind {
            RefusalKind::Forbidden => Hint::then_again(ask),
            RefusalKind::NotFound => Hint::Text(format!("{ask} whether the project is mapped")),
            RefusalKind::Conflict => Hint::Text(ask),
            RefusalKind::RateLimited => {
                Hint::then_again(format!("wait {} s", refusal.wait?.as_secs()))
            }
            _ => return None,
        })
    })
}

/// The server's own words, and the page where the user can act.
fn of_server(refusal: &Refusal) -> Option<Hint> {
    let words = refusal.hint.as_deref().map(one_line);
    let page = refusal.action_url.as_ref().map(|url| format!("open {url}"));
    match (words.filter(|words| !words.is_empty()), page) {
        (Some(words), Some(page)) => Some(Hint::Text(format!("{words}; {page}"))),
        (Some(words), None) => Some(Hint::Text(words)),
        (None, page) => page.map(Hint::then_again),
    }
}

impl From<TrackerError> for Failure {
    fn from(error: TrackerError) -> Self {
        if let Some(refusal) = error.ticket_has_mission() {
            return taken(refusal);
        }
        match error {
            TrackerError::Session(error) => error.into(),
            TrackerError::NotSupported => Self {
                retryable: false,
                ..Self::from_error(Code::NotSupported, &error)
            },
            TrackerError::BadResponse(error) => bad_response(&error).effect(effect(true)),
            // Only a bind gets a 409: a search has nothing to conflict with.
            TrackerError::Refused(refusal) if refusal.kind == RefusalKind::Conflict => Self {
                code: Code::OriginConflict,
                message: "one origin per mission".to_owned(),
                hint: of_server(&refusal).or(Code::OriginConflict.hint()),
                ..Self::from(*refusal)
            },
            TrackerError::Refused(refusal) => (*refusal).into(),
        }
    }
}

/// Another mission was bound to the ticket since the search.
fn taken(refusal: &Refusal) -> Failure {
    let missions = json!(refusal.missions);
    let failure = Failure::from(refusal.clone());
    // The server's words say the same.
    let (message, cause) = match refusal.missions.first() {
        Some(mission) => (format!("the ticket already has mission {mission}"), None),
        None => ("the ticket already has a mission".to_owned(), failure.cause),
    };
    Failure {
        code: Code::TicketHasMission,
        hint: Code::TicketHasMission.hint(),
        message,
        cause,
        ..failure
    }
    .detail("missions", missions)
}

/// A successful answer with a body that breaks a rule.
pub(super) fn bad_response(error: &FieldError) -> Failure {
    Failure::new(Code::BadResponse, "invalid response from the server")
        .cause(error.to_string())
        .detail("field", error.field.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Answer, ServerUrl};

    #[test]
    fn each_status_ends_with_its_exit_code() {
        let table = [
            (400, Code::UnexpectedStatus, 8),
            (401, Code::LoginRefused, 4),
            (403, Code::Forbidden, 5),
            (404, Code::NotFound, 3),
            (409, Code::Conflict, 6),
            (422, Code::InvalidRequest, 2),
            (429, Code::RateLimited, 9),
            (500, Code::Unavailable, 8),
            (503, Code::Unavailable, 8),
        ];
        let server = ServerUrl::parse("https://a.example").unwrap();
        for (status, code, exit) in table {
            let answer = Answer {
                status,
                ..Answer::default()
            };
            let failure = Failure::from(Refusal::read(&server, &answer));
            let ended = (failure.code, failure.exit().number());
            assert_eq!(ended, (code, exit), "{status}");
        }
    }
}
