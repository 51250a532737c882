//! What the trackers return: tickets, resources, accounts.

use chrono::{DateTime, SecondsFormat};

use super::TrackerError;
use crate::text::{one_line, sanitize};
use crate::wire::candidate::{CandidateFields, FieldError, MatchType, OriginCandidate};
use crate::wire::full_ticket::FullTicket;
use crate::wire::ticket::{KnownMission, StatusKind};

/// The most bytes of a ticket's body.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// The end of a body that was cut.
pub(super) const CUT_MARK: &str = "\n\n[cut: the rest of the description is not shown]\n";

/// Who a credential belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub id: String,
    pub name: String,
    pub email: Option<String>,
}

/// What a project can be mapped to: a Linear team or a Jira project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    pub id: String,
    /// The first part of the keys of its tickets: `WEB`.
    pub key: String,
    pub name: String,
}

/// A ticket. Its id, key, title and URL follow the rules of a candidate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub external_issue_id: String,
    pub external_issue_key: String,
    pub title: String,
    /// The name of the status; empty if the tracker names none.
    pub status: String,
    /// `None` if the tracker's category is unknown.
    pub status_kind: Option<StatusKind>,
    pub url: String,
    pub assignee: Option<String>,
    /// RFC 3339 in UTC.
    pub updated_at: Option<String>,
    /// Markdown; `None` without a description, and always in a search or a list.
    pub body: Option<String>,
    /// The tracker's own suggestion for a git branch.
    pub branch_name: Option<String>,
}

/// The tickets of a search.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// In the tracker's order.
    pub tickets: Vec<Ticket>,
    pub has_more: bool,
}

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub tickets: Vec<Ticket>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

impl Ticket {
    /// Cleans the texts and checks the required fields. A control character would break the rule that
    /// a title is one line.
    pub(super) fn checked(self) -> Result<Self, TrackerError> {
        let ticket = Self {
            title: one_line(&self.title),
            status: one_line(&self.status),
            assignee: self.assignee.map(|name| one_line(&name)),
            body: self.body.as_deref().and_then(clean_body),
            ..self
        };
        match ticket.candidate(MatchType::Text, Vec::new()) {
            Ok(_) => Ok(ticket),
            Err(error) => Err(TrackerError::BadAnswer(error.to_string())),
        }
    }

    /// The ticket as an answer to a client; `None` if a required field is missing.
    pub(crate) fn full(
        self,
        match_type: MatchType,
        missions: Vec<KnownMission>,
    ) -> Option<FullTicket> {
        Some(FullTicket {
            candidate: self.candidate(match_type, missions).ok()?,
            assignee: self.assignee,
            updated_at: self.updated_at,
            body: self.body,
            branch_name: self.branch_name,
        })
    }

    /// The ticket as a search result.
    pub(crate) fn candidate(
        &self,
        match_type: MatchType,
        missions: Vec<KnownMission>,
    ) -> Result<OriginCandidate, FieldError> {
        OriginCandidate::new(CandidateFields {
            external_issue_id: self.external_issue_id.clone(),
            external_issue_key: self.external_issue_key.clone(),
            title: self.title.clone(),
            status: self.status.clone(),
            url: self.url.clone(),
            match_type,
            status_kind: self.status_kind,
            missions: Some(missions),
        })
    }
}

/// A body without control characters and of limited size; `None` if nothing is left.
pub(crate) fn clean_body(body: &str) -> Option<String> {
    let lines = body.replace("\r\n", "\n").replace('\r', "\n");
    let clean = sanitize(&lines);
    let clean = clean.trim_end();
    if clean.trim().is_empty() {
        return None;
    }
    if clean.len() <= MAX_BODY_BYTES {
        return Some(clean.to_owned());
    }
    let end = clean.floor_char_boundary(MAX_BODY_BYTES - CUT_MARK.len());
    let start = clean.get(..end).unwrap_or_default();
    Some(format!("{start}{CUT_MARK}"))
}

/// RFC 3339 in UTC. Jira writes the offset without a colon.
pub(super) fn timestamp(text: &str) -> Option<String> {
    let rfc = DateTime::parse_from_rfc3339(text);
    let time = rfc.or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    let time = time.ok()?.to_utc();
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Leaves incomplete tickets out, with one line in the log.
pub(super) fn complete(tickets: impl Iterator<Item = Result<Ticket, TrackerError>>) -> Vec<Ticket> {
    let (mut complete, mut errors) = (Vec::new(), Vec::new());
    for ticket in tickets {
        match ticket {
            Ok(ticket) => complete.push(ticket),
            Err(error) => errors.push(error),
        }
    }
    if let Some(first) = errors.first() {
        tracing::warn!(count = errors.len(), %first, "incomplete tickets left out");
    }
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> Ticket {
        Ticket {
            external_issue_id: "1".to_owned(),
            external_issue_key: "WEB-1".to_owned(),
            title: "Sign in".to_owned(),
            url: "https://tracker.example/WEB-1".to_owned(),
            ..Ticket::default()
        }
    }

    #[test]
    fn a_title_is_one_clean_line() {
        let title = "\u{1b}[31mred\u{1b}[0m\n\tline\u{0}\u{202e}".to_owned();
        let checked = Ticket { title, ..ticket() }.checked().unwrap();
        assert_eq!(checked.title, "red line");
        let title = "\u{7}\u{1b}[0m \n".to_owned();
        let error = Ticket { title, ..ticket() }.checked().unwrap_err();
        let expected = TrackerError::field("title", "must be a non-empty string");
        assert_eq!(error, expected);
    }

    #[test]
    fn a_long_body_is_cut_and_marked() {
        let body = |body: String| {
            let body = Some(body);
            Ticket { body, ..ticket() }.checked().unwrap().body
        };
        assert_eq!(body("a\r\nb\u{1b}[0m\n".into()).unwrap(), "a\nb");
        assert_eq!(body(" \r\n".into()), None);
        let exact = "x".repeat(MAX_BODY_BYTES);
        assert_eq!(body(exact.clone()), Some(exact));
        let long = body("ü".repeat(MAX_BODY_BYTES)).unwrap();
        assert!(long.len() <= MAX_BODY_BYTES && long.len() > MAX_BODY_BYTES - 4);
        assert!(long.ends_with(CUT_MARK));
    }

    #[test]
    fn times_are_utc() {
        let cases = [
            ("2026-11-20T10:00:00.123Z", Some("2026-11-20T10:00:00Z")),
            ("2026-11-20T10:00:00.000+0100", Some("2026-11-20T09:00:00Z")),
            ("2026-11-20T10:00:00+01:00", Some("2026-11-20T09:00:00Z")),
            ("yesterday", None),
        ];
        for (text, expected) in cases {
            assert_eq!(timestamp(text).as_deref(), expected, "{text}");
        }
    }
}
