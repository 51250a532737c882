//! What an answer that is no success means (DESIGN §5): one table for every request.

use std::time::Duration;

use super::{Answer, Server};
use crate::wire::error_envelope::ErrorEnvelope;

/// The rows of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// 401: who is this?
    Unauthenticated,
    /// 403, or the user must act at the control plane first.
    Forbidden,
    /// 404.
    NotFound,
    /// 409.
    Conflict,
    /// 422.
    Invalid,
    /// 429.
    RateLimited,
    /// 5xx.
    Unavailable,
    /// Any other status.
    Unexpected,
}

/// What a control plane said when it refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What it means.
    pub kind: RefusalKind,
    /// The HTTP status.
    pub status: u16,
    /// Its own name for it: `no_mapping`.
    pub code: Option<String>,
    /// Its words, raw; `HTTP <status>` where it had none.
    pub message: String,
    /// Whether it says that trying again may help.
    pub retryable: bool,
    /// Whether the user must act at the control plane first.
    pub user_action_required: bool,
    /// How long it asks to wait.
    pub wait: Option<Duration>,
    /// Who spoke.
    pub server: Server,
}

impl Refusal {
    /// Reads the answer of this server.
    pub fn read(server: &Server, answer: &Answer) -> Self {
        let envelope = ErrorEnvelope::parse(answer.status, &answer.body);
        Self {
            kind: kind(answer.status, envelope.user_action_required),
            status: answer.status,
            code: envelope.code,
            message: envelope.message,
            retryable: envelope.retryable,
            user_action_required: envelope.user_action_required,
            wait: answer.retry_after,
            server: server.clone(),
        }
    }
}

impl Answer {
    /// Whether it is a 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

fn kind(status: u16, user_action_required: bool) -> RefusalKind {
    match status {
        401 => RefusalKind::Unauthenticated,
        409 => RefusalKind::Conflict,
        429 => RefusalKind::RateLimited,
        403 => RefusalKind::Forbidden,
        _ if user_action_required => RefusalKind::Forbidden,
        404 => RefusalKind::NotFound,
        422 => RefusalKind::Invalid,
        500..=599 => RefusalKind::Unavailable,
        _ => RefusalKind::Unexpected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_means_what_the_table_says() {
        use RefusalKind::{
            Conflict, Forbidden, Invalid, NotFound, RateLimited, Unauthenticated, Unavailable,
            Unexpected,
        };
        let table = [
            (400, Unexpected, Forbidden),
            (401, Unauthenticated, Unauthenticated),
            (403, Forbidden, Forbidden),
            (404, NotFound, Forbidden),
            (405, Unexpected, Forbidden),
            (409, Conflict, Conflict),
            (413, Unexpected, Forbidden),
            (422, Invalid, Forbidden),
            (429, RateLimited, RateLimited),
            (500, Unavailable, Forbidden),
            (502, Unavailable, Forbidden),
            (503, Unavailable, Forbidden),
            (504, Unavailable, Forbidden),
            (599, Unavailable, Forbidden),
        ];
        for (status, plain, with_action) in table {
            assert_eq!(kind(status, false), plain, "{status}");
            assert_eq!(kind(status, true), with_action, "{status} with an action");
        }
    }

    #[test]
    fn the_servers_words_are_kept_raw() {
        let answer = Answer {
            status: 404,
            retry_after: None,
            body: br#"{"error_code":"no_mapping","message":"No \u001b[31mmapping"}"#.to_vec(),
        };
        let refusal = Refusal::read(&Server::parse("https://a.example").unwrap(), &answer);
        assert_eq!(refusal.code.as_deref(), Some("no_mapping"));
        assert_eq!(refusal.message, "No \u{1b}[31mmapping");
    }
}
