//! Counts and lists the content of a queue without changes and without a lock. A reader at the same
//! time as appends and deliveries sees a recent state.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::os::unix::fs::FileExt as _;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Queue;
use super::dead_letter::DeadLine;
use super::folder::{self, FileKind, QueueFile};
use super::lines::{Head, Line, Lines, MAX_DEAD_LINE_BYTES, MAX_LINE_BYTES};
use crate::fs::FsError;
use crate::text::chain;

/// Longer than the events of this program.
const END_BYTES: u64 = 64 * 1024;

/// The content of one queue, or of several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Counts {
    /// Queued events, including those of a newer version.
    pub pending: u64,
    /// Queued events that only a newer version can deliver.
    pub newer_version: u64,
    /// Lines that are not events. The next delivery moves them to the dead-letter file.
    pub unreadable: u64,
    /// Entries of the dead-letter file, each event once.
    pub dead: u64,
    /// The size of all files.
    pub bytes: u64,
    /// The time of the oldest queued event.
    pub oldest: Option<DateTime<Utc>>,
    /// The highest Lamport clock, also in the dead-letter file; 0 without events.
    #[serde(skip)]
    pub lamport_clock: u64,
    /// Queued events whose Lamport clock is not a number, or too large.
    #[serde(skip)]
    pub damaged_clocks: u64,
    /// The project's name in its first event.
    #[serde(skip)]
    pub project_slug: Option<String>,
    /// Unreadable files with the reason, and files that do not belong to the queue.
    #[serde(skip)]
    pub problems: Vec<String>,
}

impl Counts {
    /// Adds the content of another queue.
    pub(crate) fn add(&mut self, other: Self) {
        self.pending += other.pending;
        self.newer_version += other.newer_version;
        self.unreadable += other.unreadable;
        self.dead += other.dead;
        self.bytes += other.bytes;
        self.oldest = self.oldest.into_iter().chain(other.oldest).min();
        self.damaged_clocks += other.damaged_clocks;
        self.problems.extend(other.problems);
    }
}

impl Queue {
    /// Counts everything.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let mut dead_ids = HashSet::new();
        let hasher = RandomState::new();
        let mut oldest: Option<(String, DateTime<Utc>)> = None;
        let clock = |head: &Head<'_>| head.lamport_clock().unwrap_or(0);
        counts.problems = self.visit(&mut |kind, raw, cut| match (kind, Line::of(raw, cut)) {
            (_, Line::Blank) => {}
            (FileKind::Newer, _) => {
                counts.newer_version += 1;
                counts.pending += 1;
            }
            (FileKind::Dead, _) => {
                let head = DeadLine::parse(raw).head();
                let highest = counts.lamport_clock.max(head.as_ref().map_or(0, clock));
                counts.lamport_clock = highest;
                let id = head.map(|head| hasher.hash_one(head.event_id));
                counts.dead += u64::from(id.is_none_or(|id| dead_ids.insert(id)));
            }
            (_, Line::Unreadable { .. }) => counts.unreadable += 1,
            (_, Line::Event(head, _)) => {
                counts.pending += 1;
                counts.lamport_clock = counts.lamport_clock.max(clock(&head));
                counts.damaged_clocks += u64::from(head.has_damaged_clock());
                if counts.project_slug.is_none() {
                    counts.project_slug = head.project_slug();
                }
                // Comparing the text is much faster than parsing a million times.
                if let Some(text) = head.timestamp()
                    && oldest.as_ref().is_none_or(|(first, _)| text < *first)
                    && let Ok(time) = DateTime::parse_from_rfc3339(&text)
                {
                    oldest = Some((text, time.to_utc()));
                }
            }
        });
        counts.oldest = oldest.map(|(_, time)| time);
        let mut files = folder::list(&self.folder).unwrap_or_default();
        files.retain(|file| {
            use FileKind::{Active, Dead, Newer, Sealed};
            matches!(file.kind, Active | Sealed | Dead | Newer)
        });
        counts.bytes = size(&files, u64::MAX);
        counts
    }

    /// The Lamport clock of the newest event in the active file; 0 if it is unknown. Reads only the
    /// end of the file.
    pub(crate) fn newest_lamport_clock(&self) -> u64 {
        let path = self.path(folder::ACTIVE);
        let end = || {
            let (file, found) = folder::open_to_read(&path).ok()?;
            let begin = found.len().saturating_sub(END_BYTES);
            let mut end = vec![0; usize::try_from(found.len() - begin).ok()?];
            // A single call, whatever the queue contains.
            file.read_exact_at(&mut end, begin).ok()?;
            Some(end)
        };
        let end = end().unwrap_or_default();
        let mut lines = end.split(|byte| *byte == b'\n').rev();
        let newest = lines.find(|line| !line.is_empty()).unwrap_or_default();
        match Line::of(newest, false) {
            Line::Event(head, _) => head.lamport_clock().unwrap_or(0),
            Line::Blank | Line::Unreadable { .. } => 0,
        }
    }

    /// At most `limit` queued events in the order of their delivery.
    pub(crate) fn events(&self, limit: usize) -> Vec<Value> {
        let mut events = Vec::new();
        self.visit(&mut |kind, raw, cut| {
            if events.len() < limit
                && matches!(kind, FileKind::Sealed | FileKind::Active)
                && let Line::Event(_, text) = Line::of(raw, cut)
            {
                events.extend(serde_json::from_str::<Value>(text));
            }
        });
        events
    }

    /// How many queued events are about this mission.
    pub(crate) fn pending_about(&self, mission: &str) -> u64 {
        #[derive(Deserialize)]
        struct About<'a> {
            #[serde(borrow)]
            aggregate_id: Cow<'a, str>,
        }
        let mut pending = 0;
        self.visit(&mut |kind, raw, cut| {
            if matches!(kind, FileKind::Sealed | FileKind::Active)
                && let Line::Event(_, text) = Line::of(raw, cut)
                && let Ok(About { aggregate_id }) = serde_json::from_str(text)
                && aggregate_id == mission
            {
                pending += 1;
            }
        });
        pending
    }

    /// Calls `see` for each line of each file. Returns the problems.
    pub(super) fn visit(&self, see: &mut dyn FnMut(FileKind, &[u8], bool)) -> Vec<String> {
        let files = match folder::list(&self.folder) {
            Ok(files) => files,
            Err(error) => return vec![chain(&error)],
        };
        let mut problems = Vec::new();
        for file in files {
            match visit_file(&file, see) {
                // A delivery may have removed the file since it was listed.
                Err(error) if error.source.kind() == io::ErrorKind::NotFound => {}
                Err(error) => problems.push(chain(&error)),
                Ok(()) if file.kind == FileKind::Foreign => {
                    let path = file.path.display();
                    problems.push(format!("{path} is not a queue file; ignored"));
                }
                Ok(()) => {}
            }
        }
        problems
    }
}

/// Calls `see` for each line of a file.
pub(super) fn visit_file(
    file: &QueueFile,
    see: &mut dyn FnMut(FileKind, &[u8], bool),
) -> Result<(), FsError> {
    let limit = match file.kind {
        FileKind::Active | FileKind::Sealed => MAX_LINE_BYTES,
        FileKind::Dead | FileKind::Newer => MAX_DEAD_LINE_BYTES,
        FileKind::Lock | FileKind::Temporary | FileKind::Foreign => return Ok(()),
    };
    let mut lines = Lines::of(folder::open_to_read(&file.path)?.0, limit);
    while let Some((raw, cut)) = lines.next_raw().map_err(FsError::on("read", &file.path))? {
        see(file.kind, raw, cut);
    }
    Ok(())
}

/// The size of these files; stops as soon as it exceeds `limit`.
pub(super) fn size(files: &[QueueFile], limit: u64) -> u64 {
    let mut size = 0;
    for file in files {
        size += fs::symlink_metadata(&file.path).map_or(0, |found| found.len());
        if size > limit {
            break;
        }
    }
    size
}
