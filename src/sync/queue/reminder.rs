//! The warning about events that have been queued for too long, or are too many.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::Queue;
use super::counts::size;
use super::folder::{self, FileKind};
use super::lines::{Line, Lines, MAX_LINE_BYTES};
use crate::text::span;
use crate::world::World;

/// The default of `max_queue_size`.
const MAX_EVENTS: u64 = 100_000;
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// No event is shorter. With fewer bytes per event, counting is unnecessary.
const MIN_EVENT_BYTES: u64 = 256;
const DAY_SECONDS: u64 = 86_400;

/// A warning if more than `max_events` or 64 MiB are queued, or if an event is older than a day.
/// Many commands call this, so the cost has a limit however much is queued.
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
        let mut files = folder::list(&queue.folder).unwrap_or_default();
        files.retain(|file| matches!(file.kind, FileKind::Active | FileKind::Sealed));
        let size = size(&files, MAX_BYTES);
        bytes += size;
        if size / MIN_EVENT_BYTES > limit && size <= MAX_BYTES {
            let lines = files.iter().filter_map(|file| count_lines(&file.path));
            events += lines.sum::<u64>();
        }
        let first = files.iter().find_map(|file| first_time(&file.path));
        oldest = oldest.into_iter().chain(first).min();
    }
    let age = world.now().signed_duration_since(oldest?).num_seconds();
    let age = u64::try_from(age).unwrap_or(0);
    let queued = if bytes > MAX_BYTES {
        "over 64 MiB of events are queued".to_owned()
    } else if events > limit {
        format!("{events} events are queued")
    } else if age > DAY_SECONDS {
        "events are queued".to_owned()
    } else {
        return None;
    };
    let span = span(age);
    Some(format!(
        "{queued}, the oldest for {span}; run: spec-kitty sync now"
    ))
}

fn count_lines(path: &Path) -> Option<u64> {
    let (file, _) = folder::open_to_read(path).ok()?;
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut lines = 0;
    while reader.skip_until(b'\n').is_ok_and(|skipped| skipped > 0) {
        lines += 1;
    }
    Some(lines)
}

fn first_time(path: &Path) -> Option<DateTime<Utc>> {
    let (file, _) = folder::open_to_read(path).ok()?;
    let mut lines = Lines::of(file, MAX_LINE_BYTES);
    while let Some(line) = lines.next_line().ok()? {
        if let Line::Event(head, _) = line {
            let time = DateTime::parse_from_rfc3339(&head.timestamp()?).ok()?;
            return Some(time.to_utc());
        }
    }
    None
}
