//! Whether and when a request is sent again: a pure function of its attempts.

use std::time::Duration;

use super::{Answer, HttpError, Retry};
use crate::wire::error_envelope::ErrorEnvelope;

/// How often one request is repeated after a network fault.
const MOST_RETRIES: u32 = 2;
/// The wait of a 429 that states none.
pub(super) const RATE_LIMIT_WAIT: Duration = Duration::from_secs(5);
/// The longest wait before the first repetition; four times that before the next.
const FIRST_BACK_OFF: Duration = Duration::from_millis(100);

/// The attempts of one request so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct History {
    retries: u32,
    waited_for_rate_limit: bool,
}

impl History {
    /// How long to wait before the next attempt; `None` if this result is final. `jitter` is a random
    /// byte, so that processes that failed together do not retry together.
    pub(super) fn next_wait(
        &mut self,
        retry: Retry,
        result: &Result<Answer, HttpError>,
        remaining: Duration,
        jitter: u8,
    ) -> Option<Duration> {
        let wait = match result {
            Ok(answer) if answer.status == 429 && retry != Retry::Never => {
                if std::mem::replace(&mut self.waited_for_rate_limit, true) {
                    return None;
                }
                answer.retry_after.unwrap_or(RATE_LIMIT_WAIT)
            }
            Ok(answer) if matches!(answer.status, 502..=504) && is_of_tracker(answer) => {
                return None;
            }
            Ok(answer) if matches!(answer.status, 502..=504) && retry == Retry::Safe => self
                .back_off(jitter)?
                .max(answer.retry_after.unwrap_or_default()),
            Err(HttpError::Unreachable { refused: true, .. }) if retry != Retry::Never => {
                self.back_off(jitter)?
            }
            Err(HttpError::Cut { .. }) if retry == Retry::Safe => self.back_off(jitter)?,
            Ok(_) | Err(_) => return None,
        };
        (wait < remaining).then_some(wait)
    }

    /// Between half and all of a limit that grows fourfold.
    fn back_off(&mut self, jitter: u8) -> Option<Duration> {
        if self.retries == MOST_RETRIES {
            return None;
        }
        let limit = FIRST_BACK_OFF * 4_u32.pow(self.retries);
        self.retries += 1;
        Some(limit / 2 + limit / 2 * u32::from(jitter) / u32::from(u8::MAX))
    }
}

/// Whether the server could not reach its tracker. It has tried twice already.
fn is_of_tracker(answer: &Answer) -> bool {
    let code = ErrorEnvelope::parse(answer.status, &answer.body).code;
    code.is_some_and(|code| code.starts_with("tracker_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Cause, ServerUrl};

    type Attempt = Result<Answer, HttpError>;

    #[expect(
        clippy::unnecessary_wraps,
        reason = "one of several ends of an attempt"
    )]
    fn answer(status: u16, retry_after: Option<u64>) -> Attempt {
        Ok(Answer {
            status,
            retry_after: retry_after.map(Duration::from_secs),
            ..Answer::default()
        })
    }

    fn server() -> ServerUrl {
        ServerUrl::parse("http://127.0.0.1:1").unwrap()
    }

    fn unreachable(refused: bool) -> Attempt {
        let (server, source) = (server(), Cause::innermost(&std::fmt::Error));
        Err(HttpError::Unreachable {
            server,
            refused,
            source,
        })
    }

    fn cut() -> Attempt {
        let (server, source) = (server(), Cause::innermost(&std::fmt::Error));
        Err(HttpError::Cut { server, source })
    }

    /// The waits of a request that always ends the same way, in milliseconds, without jitter.
    fn waits(retry: Retry, result: &Attempt, remaining: u64) -> Vec<u128> {
        let mut history = History::default();
        std::iter::from_fn(|| history.next_wait(retry, result, Duration::from_secs(remaining), 255))
            .map(|wait| wait.as_millis())
            .collect()
    }

    #[test]
    fn each_result_is_repeated_as_the_table_says() {
        let twice = [100, 400];
        let safe = |result| waits(Retry::Safe, &result, 30);
        for status in [502, 503, 504] {
            assert_eq!(safe(answer(status, None)), twice, "{status}");
        }
        for status in [
            200, 204, 400, 401, 403, 404, 408, 409, 413, 422, 500, 501, 505,
        ] {
            assert!(safe(answer(status, Some(1))).is_empty(), "{status}");
        }
        assert_eq!(safe(unreachable(true)), twice);
        assert!(safe(unreachable(false)).is_empty(), "an unknown host");
        assert_eq!(safe(cut()), twice);
        let server = server();
        assert!(safe(Err(HttpError::TimedOut { server, sent: true })).is_empty());
        assert_eq!(
            safe(answer(503, Some(2))),
            [2000, 2000],
            "the server's own wish"
        );
        assert!(
            safe(answer(503, Some(31))).is_empty(),
            "longer than there is time"
        );
    }

    #[test]
    fn what_the_server_has_repeated_is_not_repeated_again() {
        let answer = |code: &str| {
            let body = format!("{{\"error_code\":\"{code}\"}}").into_bytes();
            Ok(Answer {
                status: 503,
                body,
                ..Answer::default()
            })
        };
        assert!(waits(Retry::Safe, &answer("tracker_unavailable"), 30).is_empty());
        assert_eq!(
            waits(Retry::Safe, &answer("store_unavailable"), 30).len(),
            2
        );
    }

    #[test]
    fn a_rate_limit_is_waited_out_once_where_it_fits() {
        assert_eq!(waits(Retry::Safe, &answer(429, Some(7)), 30), [7000]);
        assert_eq!(waits(Retry::Safe, &answer(429, None), 30), [5000]);
        assert!(waits(Retry::Safe, &answer(429, Some(30)), 30).is_empty());
        assert!(waits(Retry::Safe, &answer(429, None), 4).is_empty());
    }

    #[test]
    fn what_may_have_been_processed_is_repeated_only_where_that_is_safe() {
        for (retry, repeated) in [(Retry::Never, false), (Retry::Unprocessed, true)] {
            assert!(waits(retry, &answer(503, None), 30).is_empty());
            assert!(waits(retry, &cut(), 30).is_empty());
            assert_eq!(!waits(retry, &unreachable(true), 30).is_empty(), repeated);
            assert_eq!(!waits(retry, &answer(429, None), 30).is_empty(), repeated);
        }
    }

    #[test]
    fn jitter_moves_a_wait_within_its_upper_half() {
        let wait = |jitter| History::default().back_off(jitter).unwrap().as_millis();
        assert_eq!((wait(0), wait(255)), (50, 100));
    }
}
