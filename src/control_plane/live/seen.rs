//! The tickets that the control plane has shown. A client may bind one of them without another look at
//! the tracker.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Place;
use crate::control_plane::trackers::Ticket;

const REMEMBERED: Duration = Duration::from_mins(10);
/// The most tickets. More are forgotten, and then looked up again.
const MOST_TICKETS: usize = 10_000;

/// The connection, the resource, and the id of the ticket.
type Key = (i64, String, String);

#[derive(Debug, Default)]
pub(super) struct Seen {
    tickets: Mutex<HashMap<Key, (Instant, Ticket)>>,
}

impl Seen {
    pub(super) fn add(&self, place: Place<'_>, tickets: &[Ticket], now: Instant) {
        let mut all = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() + tickets.len() > MOST_TICKETS {
            all.retain(|_, (time, _)| is_recent(*time, now));
        }
        if all.len() + tickets.len() > MOST_TICKETS {
            all.clear();
        }
        for ticket in tickets {
            let ticket = Ticket {
                body: None,
                ..ticket.clone()
            };
            all.insert(key(place, &ticket.external_issue_id), (now, ticket));
        }
    }

    /// The ticket with this id and this key. The case of the key does not matter.
    pub(super) fn ticket(
        &self,
        place: Place<'_>,
        id: &str,
        ticket_key: &str,
        now: Instant,
    ) -> Option<Ticket> {
        let all = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        let (time, ticket) = all.get(&key(place, id))?;
        let is_same = ticket.external_issue_key.eq_ignore_ascii_case(ticket_key);
        (is_same && is_recent(*time, now)).then(|| ticket.clone())
    }
}

fn key(place: Place<'_>, id: &str) -> Key {
    (
        place.connection.id,
        place.resource.to_owned(),
        id.to_owned(),
    )
}

fn is_recent(time: Instant, now: Instant) -> bool {
    now.saturating_duration_since(time) < REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control_plane::store::ConnectionRow;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn a_ticket_is_remembered_for_ten_minutes_in_its_resource() {
        let (seen, start) = (Seen::default(), Instant::now());
        let connection = ConnectionRow {
            id: 1,
            ..ConnectionRow::default()
        };
        let place = |resource| Place {
            connection: &connection,
            resource,
        };
        let ticket = Ticket {
            external_issue_id: "7".to_owned(),
            external_issue_key: "WEB-1".to_owned(),
            body: Some("long".to_owned()),
            ..Ticket::default()
        };
        seen.add(place("web"), &[ticket], start);
        let found = |resource, id, key, time| {
            seen.ticket(place(resource), id, key, start + time)
                .is_some()
        };
        assert!(found("web", "7", "web-1", Duration::from_secs(599)));
        assert!(!found("web", "7", "WEB-1", REMEMBERED));
        assert!(!found("ops", "7", "WEB-1", Duration::ZERO));
        assert!(!found("web", "8", "WEB-1", Duration::ZERO));
        assert!(!found("web", "7", "WEB-2", Duration::ZERO));
        let ticket = seen.ticket(place("web"), "7", "WEB-1", start).unwrap();
        assert_eq!(ticket.body, None);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn the_memory_is_bounded() {
        let (seen, start) = (Seen::default(), Instant::now());
        let connection = ConnectionRow::default();
        let place = Place {
            connection: &connection,
            resource: "web",
        };
        for id in 0..=MOST_TICKETS {
            let ticket = Ticket {
                external_issue_id: id.to_string(),
                ..Ticket::default()
            };
            seen.add(place, &[ticket], start);
        }
        assert!(seen.tickets.lock().unwrap().len() <= MOST_TICKETS);
    }
}
