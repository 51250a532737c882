//! Rate limits: a token bucket for each key.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// At this number of buckets, full ones are dropped.
const MAX_BUCKETS: usize = 10_000;

/// Allows each key a number of requests a minute, in one burst or spread out.
#[derive(Debug)]
pub(super) struct RateLimit<K> {
    per_minute: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl<K: Hash + Eq> RateLimit<K> {
    pub(super) fn per_minute(requests: u32) -> Self {
        Self {
            per_minute: f64::from(requests.max(1)),
            buckets: Mutex::new(HashMap::new()),
        }
    }

    /// Counts this number of requests of a key (with 0 it only asks), or returns how long the next
    /// one must wait.
    pub(super) fn take(&self, requests: u8, key: K, now: Instant) -> Result<(), Duration> {
        // A thread that panics cannot leave a bucket half-updated, so a poisoned lock is usable.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_BUCKETS {
            buckets.retain(|_, bucket| self.refilled(*bucket, now).tokens < self.per_minute);
        }
        let fresh = Bucket {
            tokens: self.per_minute,
            filled_at: now,
        };
        let bucket = buckets.entry(key).or_insert(fresh);
        *bucket = self.refilled(*bucket, now);
        if bucket.tokens < 1.0 {
            let seconds = (1.0 - bucket.tokens) * 60.0 / self.per_minute;
            return Err(Duration::from_secs_f64(seconds));
        }
        bucket.tokens -= f64::from(requests);
        Ok(())
    }

    fn refilled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let elapsed = now.saturating_duration_since(bucket.filled_at);
        let gained = elapsed.as_secs_f64() * self.per_minute / 60.0;
        Bucket {
            tokens: (bucket.tokens + gained).min(self.per_minute),
            filled_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn a_burst_is_allowed_and_then_an_even_pace() {
        let limit = RateLimit::per_minute(30);
        let start = Instant::now();
        for _ in 0..30 {
            assert!(limit.take(0, "a", start).is_ok());
            assert!(limit.take(1, "a", start).is_ok());
        }
        assert_eq!(limit.take(0, "a", start), Err(Duration::from_secs(2)));
        assert_eq!(limit.take(1, "a", start), Err(Duration::from_secs(2)));
        assert!(limit.take(1, "b", start).is_ok(), "keys do not share");
        let later = start + Duration::from_secs(2);
        assert!(limit.take(1, "a", later).is_ok());
        assert!(limit.take(1, "a", later).is_err());
        let rested = start + Duration::from_hours(1);
        for _ in 0..30 {
            assert!(limit.take(1, "a", rested).is_ok());
        }
        assert!(
            limit.take(1, "a", rested).is_err(),
            "more than one burst was saved up"
        );
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "any instant will do")]
    fn full_buckets_are_dropped() {
        let limit = RateLimit::per_minute(60);
        let start = Instant::now();
        for key in 0..MAX_BUCKETS {
            assert!(limit.take(1, key, start).is_ok());
        }
        assert!(limit.take(1, 0, start + Duration::from_mins(1)).is_ok());
        assert_eq!(limit.buckets.lock().unwrap().len(), 1);
    }
}
