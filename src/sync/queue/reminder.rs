//! The one line that commands say where events wait in vain (QUEUE §2.8).

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::Queue;
use super::folder::{self, Entry, Kind};
use super::lines::{Line, Lines, MAX_LINE_BYTES};
use crate::text::span;
use crate::world::World;

/// From how many events on a warning is due, where the user set no `max_queue_size`.
const MAX_EVENTS: u64 = 100_000;
/// From how many bytes on a warning is due.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// No event of ours is shorter: below this many bytes for each, none need be counted.
const SHORTEST_EVENT: u64 = 256;
const DAY_SECONDS: u64 = 86_400;

/// A line for people where more than `max_events` (100,000 where the user set none) or 64 MiB wait
/// for delivery, or events older than a day. Commands say it beside their own answer, so its price
/// is bounded however much waits.
pub(crate) fn reminder(
    world: &World,
    state_directory: &Path,
    max_events: Option<u64>,
) -> Option<String> {
    let mut bytes = 0;
    let mut events = 0;
    let mut oldest: Option<DateTime<Utc>> = None;
    let limit = max_events.unwrap_or(MAX_EVENTS);
    for queue in Queue::all(state_directory).ok()? {
        let files = queue.waiting_files();
        let size = size(&files, MAX_BYTES);
        bytes += size;
        if size / SHORTEST_EVENT > limit && size <= MAX_BYTES {
            events += files
                .iter()
                .map(|file| count_lines(&file.path))
                .sum::<u64>();
        }
        let first = files.iter().find_map(|file| first_time(&file.path));
        oldest = oldest.into_iter().chain(first).min();
    }
    let age = world.now().signed_duration_since(oldest?).num_seconds();
    let age = u64::try_from(age).unwrap_or(0);
    let advice = format!("the oldest for {}; run: spec-kitty sync now", span(age));
    if bytes > MAX_BYTES {
        Some(format!("over 64 MiB of events wait for delivery, {advice}"))
    } else if events > limit {
        Some(format!("{events} events wait for delivery, {advice}"))
    } else if age > DAY_SECONDS {
        Some(format!("events wait for delivery, {advice}"))
    } else {
        None
    }
}

impl Queue {
    /// The bytes of all its files.
    pub(super) fn bytes(&self) -> u64 {
        let mut entries = folder::list(&self.folder).unwrap_or_default();
        entries.retain(|entry| {
            matches!(
                entry.kind,
                Kind::Active | Kind::Sealed | Kind::Dead | Kind::Newer
            )
        });
        size(&entries, u64::MAX)
    }

    fn waiting_files(&self) -> Vec<Entry> {
        let mut entries = folder::list(&self.folder).unwrap_or_default();
        entries.retain(|entry| matches!(entry.kind, Kind::Active | Kind::Sealed));
        entries
    }
}

/// The bytes of these files; counting ends where they are more than `enough`.
fn size(entries: &[Entry], enough: u64) -> u64 {
    let mut size = 0;
    for entry in entries {
        size += fs::symlink_metadata(&entry.path).map_or(0, |found| found.len());
        if size > enough {
            break;
        }
    }
    size
}

fn count_lines(path: &Path) -> u64 {
    let Ok((file, _)) = folder::open(path, OpenOptions::new().read(true)) else {
        return 0;
    };
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut lines = 0;
    while reader.skip_until(b'\n').is_ok_and(|skipped| skipped > 0) {
        lines += 1;
    }
    lines
}

fn first_time(path: &Path) -> Option<DateTime<Utc>> {
    let (file, _): (File, _) = folder::open(path, OpenOptions::new().read(true)).ok()?;
    let mut lines = Lines::of(file, MAX_LINE_BYTES);
    while let Some(line) = lines.next_line().ok()? {
        if let Line::Event(head, _) = line {
            let time = DateTime::parse_from_rfc3339(&head.timestamp()?).ok()?;
            return Some(time.to_utc());
        }
    }
    None
}
