//! The ids of events (ULID).

use chrono::DateTime;
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// Derives the id of a fact from the mission's time of creation (RFC 3339) and a digest of `parts`. If
/// a command records the same fact again, for example after a crash, the event has the same id, and
/// the receiver counts it once.
pub(crate) fn of_fact(created_at: &str, parts: &[&str]) -> Ulid {
    let milliseconds =
        DateTime::parse_from_rfc3339(created_at).map_or(0, |time| time.timestamp_millis());
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let digest = digest.finalize();
    let bytes = digest.iter().take(10);
    let random = bytes.fold(0, |number, byte| (number << 8) | u128::from(*byte));
    Ulid::from_parts(milliseconds.try_into().unwrap_or(0), random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fact_has_one_id_and_another_fact_another() {
        let id = of_fact("2026-11-22T10:00:00Z", &["a", "bc"]);
        assert_eq!(id, of_fact("2026-11-22T11:00:00+01:00", &["a", "bc"]));
        assert_ne!(id, of_fact("2026-11-22T10:00:00Z", &["ab", "c"]));
        assert_eq!(id.timestamp_ms(), 1_795_341_600_000);
        assert_eq!(of_fact("not a time", &[]).timestamp_ms(), 0);
    }
}
