//! An answer of the control plane that is not a success, carried whole to the command line.

use std::time::Duration;

use url::Url;

use super::retry::RATE_LIMIT_WAIT;
use super::{Answer, ServerUrl};
use crate::wire::error_envelope::ErrorEnvelope;
use crate::wire::ticket::KnownMission;

/// What the status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// 401.
    Unauthenticated,
    /// 403, or `user_action_required` with a status other than 401, 409 and 429.
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

/// A refusal of the control plane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: RefusalKind,
    pub status: u16,
    /// The server's name for it: `no_mapping`.
    pub code: Option<String>,
    /// The server's words, not sanitised; `HTTP <status>` if it sent none.
    pub message: String,
    /// Whether the server says that another try may succeed.
    pub retryable: bool,
    /// Whether only a person can help.
    pub user_action_required: bool,
    /// What the server advises, not sanitised.
    pub hint: Option<String>,
    /// The URL of a web page where the user can act. It holds no characters that a terminal interprets.
    pub action_url: Option<String>,
    /// How long to wait. A 429 always has a value.
    pub wait: Option<Duration>,
    pub server: ServerUrl,
    /// The missions that stand in the way.
    pub missions: Vec<KnownMission>,
    /// [`Answer::uncertain`].
    uncertain: bool,
}

impl Refusal {
    pub fn read(server: &ServerUrl, answer: &Answer) -> Self {
        let envelope = ErrorEnvelope::parse(answer.status, &answer.body);
        let kind = kind(answer.status, envelope.user_action_required);
        let default_wait = (kind == RefusalKind::RateLimited).then_some(RATE_LIMIT_WAIT);
        Self {
            kind,
            status: answer.status,
            code: envelope.code,
            message: envelope.message,
            retryable: envelope.retryable,
            user_action_required: envelope.user_action_required,
            hint: envelope.hint,
            action_url: envelope.action_url.as_deref().and_then(web_page),
            wait: answer.retry_after.or(default_wait),
            server: server.clone(),
            missions: envelope.missions,
            uncertain: answer.uncertain,
        }
    }

    /// Whether the server has decided against the request, so that no attempt of it is pending.
    pub fn is_definite(&self) -> bool {
        use RefusalKind::{Conflict, Forbidden, Invalid, NotFound};
        !self.uncertain && matches!(self.kind, Forbidden | NotFound | Conflict | Invalid)
    }

    /// Whether the server may have acted on the request.
    pub fn may_have_arrived(&self) -> bool {
        self.uncertain || self.kind == RefusalKind::Unavailable
    }
}

/// A URL of the web without a password, normalised. Anything else is not shown.
fn web_page(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let is_page = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    (is_page && is_anonymous).then(|| url.to_string())
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
            body: br#"{"error_code":"no_mapping","message":"No \u001b[31mmapping"}"#.to_vec(),
            ..Answer::default()
        };
        let refusal = Refusal::read(&ServerUrl::parse("https://a.example").unwrap(), &answer);
        assert_eq!(refusal.code.as_deref(), Some("no_mapping"));
        assert_eq!(refusal.message, "No \u{1b}[31mmapping");
    }
}
