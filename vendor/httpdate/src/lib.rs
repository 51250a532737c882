//! Replaces the crate `httpdate` for hyper, which formats the `date` header on every connection. The
//! original panics if the clock is before 1970 or after 9999, which cuts the connection.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;
/// 9999-12-31T23:59:59Z
const LAST: u64 = 253_402_300_799;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [(&str, u64); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];

/// A time from 1970 to 9999; the nearest of these for any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpDate {
    seconds: u64,
}

impl From<SystemTime> for HttpDate {
    fn from(time: SystemTime) -> Self {
        let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            seconds: elapsed.as_secs().min(LAST),
        }
    }
}

impl fmt::Display for HttpDate {
    /// As in RFC 9110: `Sun, 06 Nov 1994 08:49:37 GMT`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.seconds / DAY, self.seconds % DAY);
        let (year, month, day) = date(days);
        write!(
            formatter,
            "{}, {day:02} {month} {year:04} {:02}:{:02}:{:02} GMT",
            WEEKDAYS[(days % 7) as usize],
            second / 3600,
            second / 60 % 60,
            second % 60,
        )
    }
}

/// The date of a day, counted from 1970-01-01.
fn date(mut days: u64) -> (u64, &'static str, u64) {
    let mut year = 1970;
    // Whole cycles of the calendar first.
    year += days / 146_097 * 400;
    days %= 146_097;
    let length = |year| if is_leap(year) { 366 } else { 365 };
    while days >= length(year) {
        days -= length(year);
        year += 1;
    }
    for (name, length) in MONTHS {
        let length = length + u64::from(name == "Feb" && is_leap(year));
        if days < length {
            return (year, name, days + 1);
        }
        days -= length;
    }
    unreachable!("the months have all days of a year")
}

fn is_leap(year: u64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_clock_has_a_date() {
        let at = |seconds| HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
        for (seconds, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (13_574_563_200, "Tue, 29 Feb 2400 00:00:00 GMT"),
            (LAST, "Fri, 31 Dec 9999 23:59:59 GMT"),
            (LAST + 1, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(at(seconds), date);
        }
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(HttpDate::from(before).to_string(), at(0));
    }
}
