//! How long a tracker asks to wait.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The wait if the tracker does not name one.
const DEFAULT: Duration = Duration::from_secs(30);
/// The longest wait that is believed.
const LONGEST: Duration = Duration::from_hours(24);

/// The limits of Linear, each with headers for what remains and for the time of the reset.
const LINEAR_LIMITS: [&str; 3] = ["endpoint-requests", "requests", "complexity"];

/// `Retry-After`, in seconds or as a date.
pub(super) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER.as_str())?;
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok().map(believable);
    }
    let date = DateTime::parse_from_rfc2822(value).ok()?;
    Some(until(date.to_utc(), now))
}

/// The wait of a Jira site.
pub(super) fn jira(headers: &HeaderMap, now: DateTime<Utc>) -> Duration {
    let reset = || Some(until(moment(text(headers, "x-ratelimit-reset")?)?, now));
    retry_after(headers, now).or_else(reset).unwrap_or(DEFAULT)
}

/// The wait of Linear: until the last reset of the exhausted limits. If none says that it is
/// exhausted, until the first reset of all.
pub(super) fn linear(headers: &HeaderMap, now: DateTime<Utc>) -> Duration {
    if let Some(wait) = retry_after(headers, now) {
        return wait;
    }
    let limits = LINEAR_LIMITS.into_iter().filter_map(|limit| {
        let reset = moment(text(headers, &format!("x-ratelimit-{limit}-reset"))?)?;
        let remaining = text(headers, &format!("x-ratelimit-{limit}-remaining"));
        let is_exhausted = remaining.is_some_and(|left| left.parse::<f64>().is_ok_and(|n| n < 1.0));
        Some((is_exhausted, until(reset, now)))
    });
    let limits: Vec<_> = limits.collect();
    let exhausted = limits.iter().filter(|(is_exhausted, _)| *is_exhausted);
    let last = exhausted.map(|(_, wait)| *wait).max();
    let first = limits.iter().map(|(_, wait)| *wait).min();
    last.or(first).unwrap_or(DEFAULT)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?.trim();
    (!value.is_empty()).then_some(value)
}

/// A time in ISO 8601, perhaps without seconds, or since the epoch in seconds or milliseconds.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    /// Milliseconds before this would be in 1973, seconds after it in the year 5138.
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    if let Ok(number) = text.parse::<i64>() {
        return match number {
            FIRST_MILLISECONDS.. => DateTime::from_timestamp_millis(number),
            _ => DateTime::from_timestamp(number, 0),
        };
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let formats = ["%Y-%m-%dT%H:%M%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"];
    let zoned = |format| DateTime::parse_from_str(text, format).ok();
    if let Some(time) = formats.into_iter().find_map(zoned) {
        return Some(time.to_utc());
    }
    let text = text.trim_end_matches(['Z', 'z']);
    let formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"];
    let naive = |format| NaiveDateTime::parse_from_str(text, format).ok();
    formats
        .into_iter()
        .find_map(naive)
        .map(|time| time.and_utc())
}

fn until(moment: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    believable((moment - now).to_std().unwrap_or_default())
}

/// At least a second: a shorter wait would be a wait of zero for a client that counts seconds.
fn believable(wait: Duration) -> Duration {
    wait.clamp(Duration::from_secs(1), LONGEST)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(list: &[(&str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&str, &str)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        };
        list.iter().map(header).collect()
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn jira_names_its_wait_in_several_ways() {
        // 1,800,000,000 is 2027-01-15T08:00:00Z.
        let cases: [(&[(&str, &str)], u64); 11] = [
            (&[("retry-after", "7")], 7),
            (&[("retry-after", "0")], 1),
            (
                &[
                    ("retry-after", "7"),
                    ("x-ratelimit-reset", "2027-01-15T08:01Z"),
                ],
                7,
            ),
            (&[("retry-after", "Fri, 15 Jan 2027 08:00:09 GMT")], 9),
            (&[("x-ratelimit-reset", "2027-01-15T08:01Z")], 60),
            (&[("x-ratelimit-reset", "2027-01-15T08:00:05Z")], 5),
            (&[("x-ratelimit-reset", "2027-01-15T10:00:05.000+0200")], 5),
            (&[("x-ratelimit-reset", "2027-01-15T10:02+02:00")], 120),
            (&[("x-ratelimit-reset", "2027-01-15T07:00Z")], 1),
            (&[("x-ratelimit-reset", "soon")], 30),
            (&[], 30),
        ];
        for (list, seconds) in cases {
            let wait = jira(&headers(list), now());
            assert_eq!(wait, Duration::from_secs(seconds), "{list:?}");
        }
    }

    #[test]
    fn linear_waits_for_the_exhausted_limit() {
        let cases: [(&[(&str, &str)], u64); 7] = [
            (
                &[
                    ("retry-after", "12"),
                    ("x-ratelimit-requests-reset", "1800000005000"),
                ],
                12,
            ),
            (&[("x-ratelimit-requests-reset", "1800000005000")], 5),
            (&[("x-ratelimit-requests-reset", "1800000006")], 6),
            (
                &[
                    ("x-ratelimit-requests-remaining", "0"),
                    ("x-ratelimit-requests-reset", "1800000050000"),
                    ("x-ratelimit-complexity-remaining", "900"),
                    ("x-ratelimit-complexity-reset", "1800000005000"),
                ],
                50,
            ),
            (
                &[
                    ("x-ratelimit-complexity-remaining", "0"),
                    ("x-ratelimit-complexity-reset", "1800000070000"),
                    ("x-ratelimit-requests-remaining", "3"),
                    ("x-ratelimit-requests-reset", "1800003600000"),
                ],
                70,
            ),
            (
                &[
                    ("x-ratelimit-requests-remaining", "1400"),
                    ("x-ratelimit-requests-reset", "1800003600000"),
                    ("x-ratelimit-endpoint-requests-remaining", "0"),
                    ("x-ratelimit-endpoint-requests-reset", "1800000033000"),
                ],
                33,
            ),
            (&[], 30),
        ];
        for (list, seconds) in cases {
            let wait = linear(&headers(list), now());
            assert_eq!(wait, Duration::from_secs(seconds), "{list:?}");
        }
    }
}
