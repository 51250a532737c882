//! What a refusal by the control plane means to the user. This file decides which HTTP status ends
//! with which code, and so with which exit code ([`Code::exit`]).

use super::effect;
use crate::cli::code::Code;
use crate::cli::failure::Failure;
use crate::cli::hint::Hint;
use crate::http::{Refusal, RefusalKind};
use crate::tracker::control_plane_client::TrackerError;
use crate::wire::candidate::FieldError;

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let (code, message, hint) = meaning(&refusal);
        let mut failure = Self::new(code, message)
            .effect(effect(refusal.may_have_arrived()))
            .cause(refusal.message)
            .hint(hint)
            .detail("status", refusal.status);
        if let Some(code) = refusal.code {
            failure = failure.detail("server_code", code);
        }
        failure.retryable |= refusal.retryable;
        failure.user_action_required |= refusal.user_action_required;
        failure.retry_after_seconds = refusal.wait.map(|wait| wait.as_secs());
        failure
    }
}

fn meaning(refusal: &Refusal) -> (Code, String, Hint) {
    let server = &refusal.server;
    let (code, message, hint) = match refusal.kind {
        // 401
        RefusalKind::Unauthenticated => (
            Code::LoginRefused,
            "login failed",
            Hint::then_same_command("check the user name and password"),
        ),
        // 403, and most statuses that say `user_action_required`
        RefusalKind::Forbidden => (
            if refusal.user_action_required {
                Code::UserActionRequired
            } else {
                Code::Forbidden
            },
            "the server does not allow this",
            Hint::then_same_command(format!("check your account at {server}")),
        ),
        // 404
        RefusalKind::NotFound => (
            Code::NotFound,
            "not found on the server",
            Hint::Text(format!("check the project's mapping at {server}")),
        ),
        // 409
        RefusalKind::Conflict => (
            Code::Conflict,
            "conflict: the server has a different value",
            Hint::Text(format!("check the current value at {server}")),
        ),
        // 422
        RefusalKind::Invalid => (
            Code::InvalidRequest,
            "the server rejected the request",
            Hint::from("correct what the server reports, then run the command again"),
        ),
        // 429
        RefusalKind::RateLimited => {
            let wait = refusal.wait.unwrap_or_default().as_secs();
            let hint = Hint::then_same_command(format!("wait {wait} s"));
            (Code::RateLimited, "rate limited", hint)
        }
        // 5xx
        RefusalKind::Unavailable => (
            Code::Unavailable,
            "the server is not available",
            Hint::then_same_command("wait a moment"),
        ),
        RefusalKind::Unexpected => {
            let message = format!("unexpected response (HTTP {})", refusal.status);
            return (Code::UnexpectedStatus, message, Hint::from(CHECK_SERVER));
        }
    };
    (code, message.to_owned(), hint)
}

impl From<TrackerError> for Failure {
    fn from(error: TrackerError) -> Self {
        match error {
            TrackerError::Session(error) => error.into(),
            TrackerError::BadResponse(error) => bad_response(&error).effect(effect(true)),
            // Only a bind gets a 409: a search has nothing to conflict with.
            TrackerError::Refused(refusal) if refusal.kind == RefusalKind::Conflict => Self {
                code: Code::OriginConflict,
                message: "one origin per mission".to_owned(),
                ..Self::from(*refusal)
            }
            .hint("keep the mission's origin, or bind the ticket to another mission"),
            TrackerError::Refused(refusal) => (*refusal).into(),
        }
    }
}

/// A successful answer with a body that breaks a rule.
pub(super) fn bad_response(error: &FieldError) -> Failure {
    Failure::new(Code::BadResponse, "invalid response from the server")
        .cause(error.to_string())
        .hint(CHECK_SERVER)
        .detail("field", error.field.clone())
}

pub(super) const CHECK_SERVER: &str = "check that --server is the address of a control plane";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::exit_code::ExitCode;
    use crate::http::{Answer, ServerUrl};

    #[test]
    fn each_status_ends_with_its_exit_code() {
        let table = [
            (400, Code::UnexpectedStatus, ExitCode::Unavailable),
            (401, Code::LoginRefused, ExitCode::AuthRequired),
            (403, Code::Forbidden, ExitCode::Forbidden),
            (404, Code::NotFound, ExitCode::NotFound),
            (409, Code::Conflict, ExitCode::Conflict),
            (422, Code::InvalidRequest, ExitCode::Usage),
            (429, Code::RateLimited, ExitCode::RateLimited),
            (500, Code::Unavailable, ExitCode::Unavailable),
            (503, Code::Unavailable, ExitCode::Unavailable),
        ];
        let server = ServerUrl::parse("https://a.example").unwrap();
        for (status, code, exit) in table {
            let answer = Answer {
                status,
                ..Answer::default()
            };
            let failure = Failure::from(Refusal::read(&server, &answer));
            assert_eq!((failure.code, failure.exit()), (code, exit), "{status}");
        }
    }
}
