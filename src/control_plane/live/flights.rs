//! One call at a time for the same question. Everybody who asks meanwhile gets its answer, and so does
//! everybody who asks soon after it found something.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use crate::control_plane::trackers::{Found, TrackerError};
use crate::wire::ticket::StatusFilter;

/// How long an answer with tickets is used again.
const FRESH: Duration = Duration::from_secs(15);
/// The most answers that are kept.
const MOST_ANSWERS: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub connection: i64,
    /// After a change of the connection everything is asked again.
    pub revision: i64,
    pub resource: String,
    pub wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    Key(String),
    Text {
        text: String,
        status: StatusFilter,
        limit: usize,
    },
}

type Answer = Result<Found, TrackerError>;
/// The answer to a question, and when its call ended.
type Cell = Arc<OnceCell<(Instant, Answer)>>;

/// Calls that run, and those that ended a short time ago. A cell is empty until its call has ended;
/// if the request that makes the call ends early, the next one that waits makes it.
#[derive(Debug, Default)]
pub(super) struct Flights {
    cells: Mutex<HashMap<Question, Cell>>,
}

impl Flights {
    /// Waits for the answer to a question, and makes the call if nobody else does. The call says when
    /// it ended.
    pub(super) async fn join(
        &self,
        question: Question,
        now: Instant,
        call: impl Future<Output = (Instant, Answer)>,
    ) -> Answer {
        let cell = self.cell(question, now);
        let (_, answer) = cell.get_or_init(|| call).await;
        answer.clone()
    }

    fn cell(&self, question: Question, now: Instant) -> Cell {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|_, cell| is_usable(cell, now));
        if cells.len() >= MOST_ANSWERS {
            cells.retain(|_, cell| !cell.initialized());
        }
        Arc::clone(cells.entry(question).or_default())
    }
}

/// Whether a call runs, or found something a short time ago. A call that nobody waits for any more
/// does not run.
fn is_usable(cell: &Cell, now: Instant) -> bool {
    match cell.get() {
        None => Arc::strong_count(cell) > 1,
        Some((end, Ok(found))) => {
            !found.tickets.is_empty() && now.saturating_duration_since(*end) < FRESH
        }
        Some((_, Err(_))) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::control_plane::trackers::Ticket;

    fn question(key: &str) -> Question {
        Question {
            connection: 1,
            revision: 1,
            resource: "team".to_owned(),
            wanted: Wanted::Key(key.to_owned()),
        }
    }

    fn something() -> Found {
        Found {
            tickets: vec![Ticket::default()],
            has_more: false,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn now() -> Instant {
        Instant::now()
    }

    /// How many calls two questions at these times make, if the first call has this answer.
    async fn calls(answer: Answer, first: &str, second: &str, between: Duration) -> usize {
        let (flights, calls, start) = (Flights::default(), AtomicUsize::new(0), now());
        for (key, time) in [(first, start), (second, start + between)] {
            let call = async {
                calls.fetch_add(1, Ordering::Relaxed);
                (time, answer.clone())
            };
            assert_eq!(flights.join(question(key), time, call).await, answer);
        }
        calls.into_inner()
    }

    #[tokio::test]
    async fn only_an_answer_with_tickets_is_used_again_and_only_soon() {
        let soon = Duration::from_secs(14);
        let failure = Err(TrackerError::CredentialRefused);
        assert_eq!(calls(Ok(something()), "A", "A", soon).await, 1);
        assert_eq!(calls(Ok(something()), "A", "B", soon).await, 2);
        assert_eq!(calls(Ok(something()), "A", "A", FRESH).await, 2);
        assert_eq!(calls(Ok(Found::default()), "A", "A", soon).await, 2);
        assert_eq!(calls(failure, "A", "A", soon).await, 2);
    }

    #[tokio::test]
    async fn one_call_answers_all_who_ask_meanwhile() {
        let (flights, start) = (Flights::default(), now());
        let (ask, asked) = tokio::sync::oneshot::channel::<()>();
        let first = flights.join(question("A"), start, async {
            drop(asked.await);
            (start, Err(TrackerError::CredentialRefused))
        });
        let second = async {
            let other = async { unreachable!("a second call") };
            let joined = flights.join(question("A"), start, other);
            // It waits before the first call ends.
            drop(ask);
            joined.await
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first, Err(TrackerError::CredentialRefused));
        assert_eq!(second, first);
    }

    #[tokio::test]
    async fn a_call_that_was_left_is_made_by_the_next_who_asks() {
        let (flights, start) = (Flights::default(), now());
        let never = flights.join(question("A"), start, std::future::pending());
        let left = tokio::time::timeout(Duration::ZERO, never).await;
        assert!(left.is_err());
        let answer = flights.join(question("A"), start, async { (start, Ok(something())) });
        assert_eq!(answer.await, Ok(something()));
    }

    #[tokio::test]
    async fn the_memory_is_bounded() {
        let (flights, start) = (Flights::default(), now());
        for key in 0..2 * MOST_ANSWERS {
            let call = async { (start, Ok(something())) };
            drop(flights.join(question(&key.to_string()), start, call).await);
        }
        assert!(flights.cells.lock().unwrap().len() <= MOST_ANSWERS);
    }
}
