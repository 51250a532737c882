//! What a queue holds, without changing anything and without a lock: a reader beside appends and
//! drains sees a state that was true a moment ago.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::fs::FileExt as _;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Queue;
use super::dead_letter::DeadLine;
use super::folder::{self, Kind};
use super::lines::{Head, Line, Lines, MAX_DEAD_LINE_BYTES, MAX_LINE_BYTES};
use crate::fs::FsError;
use crate::text::chain;

/// Longer than events of ours are.
const MOST_OF_THE_END: u64 = 64 * 1024;

/// What one queue holds. Unlike things are counted apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events that wait for delivery, those written by a newer version included.
    pub pending: u64,
    /// Of these, the ones only a newer version can deliver.
    pub newer_version: u64,
    /// Lines that are no events; the next delivery moves them to the dead letter.
    pub unreadable: u64,
    /// Entries of the dead letter, each event once.
    pub dead: u64,
    /// Bytes of all its files.
    pub bytes: u64,
    /// The time of the oldest event that waits.
    pub oldest: Option<DateTime<Utc>>,
    /// The name of the project, as its first event gives it.
    pub project_slug: Option<String>,
    /// Files that could not be read, and why; and what lies there that is none of the queue's.
    pub problems: Vec<String>,
}

impl Counts {
    /// Takes in what another queue holds.
    pub fn add(&mut self, other: Self) {
        self.pending += other.pending;
        self.newer_version += other.newer_version;
        self.unreadable += other.unreadable;
        self.dead += other.dead;
        self.bytes += other.bytes;
        self.oldest = self.oldest.into_iter().chain(other.oldest).min();
        self.problems.extend(other.problems);
    }
}

impl Queue {
    /// Counts everything.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let mut dead_ids = HashSet::new();
        let hasher = RandomState::new();
        let mut oldest: Option<(String, DateTime<Utc>)> = None;
        let problems = self.visit(&mut |kind, raw, cut| match (kind, Line::of(raw, cut)) {
            (_, Line::Blank) => {}
            (Kind::Newer, _) => {
                counts.newer_version += 1;
                counts.pending += 1;
            }
            (Kind::Dead, _) => {
                let line = DeadLine::parse(raw);
                let id = line.and_then(|line| Some(hasher.hash_one(line.head()?.event_id)));
                counts.dead += u64::from(id.is_none_or(|id| dead_ids.insert(id)));
            }
            (_, Line::Unreadable { .. }) => counts.unreadable += 1,
            (_, Line::Event(head, _)) => {
                counts.pending += 1;
                if counts.project_slug.is_none() {
                    counts.project_slug = head.project_slug();
                }
                // Times of one form sort as text, which is cheaper than reading a million of them.
                if let Some(text) = head.timestamp()
                    && oldest.as_ref().is_none_or(|(first, _)| text < *first)
                    && let Ok(time) = DateTime::parse_from_rfc3339(&text)
                {
                    oldest = Some((text, time.to_utc()));
                }
            }
        });
        counts.problems = problems;
        counts.oldest = oldest.map(|(_, time)| time);
        counts.bytes = self.bytes();
        counts
    }

    /// The highest Lamport clock of any event in the queue or its dead letter, 0 without any.
    pub fn highest_lamport_clock(&self) -> u64 {
        let mut highest = 0;
        let mut see = |head: Option<Head<'_>>| {
            highest = highest.max(head.and_then(|h| h.lamport_clock()).unwrap_or(0));
        };
        self.visit(&mut |kind, raw, cut| match (kind, Line::of(raw, cut)) {
            (Kind::Dead, _) => see(DeadLine::parse(raw).and_then(|line| line.head())),
            (_, Line::Event(head, _)) => see(Some(head)),
            (_, Line::Blank | Line::Unreadable { .. }) => {}
        });
        highest
    }

    /// The Lamport clock of the newest event in the active file, 0 where it cannot be told: a look at
    /// its end only, however long it is.
    pub fn newest_lamport_clock(&self) -> u64 {
        let path = self.path(folder::ACTIVE);
        let end = || {
            let (file, found) = folder::open(&path, OpenOptions::new().read(true)).ok()?;
            let begin = found.len().saturating_sub(MOST_OF_THE_END);
            let mut end = vec![0; usize::try_from(found.len() - begin).ok()?];
            // One call, whatever the queue holds; less than asked for is no end to look at.
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

    /// At most `limit` events that wait for delivery, in the order they will be sent.
    pub fn events(&self, limit: usize) -> Vec<Value> {
        let mut events = Vec::new();
        self.visit(&mut |kind, raw, cut| {
            if events.len() < limit
                && matches!(kind, Kind::Sealed | Kind::Active)
                && let Line::Event(_, text) = Line::of(raw, cut)
            {
                events.extend(serde_json::from_str::<Value>(text));
            }
        });
        events
    }

    /// Hands every line of every file to `see`; returns what could not be read.
    fn visit(&self, see: &mut dyn FnMut(Kind, &[u8], bool)) -> Vec<String> {
        let entries = match folder::list(&self.folder) {
            Ok(entries) => entries,
            Err(error) => return vec![chain(&error)],
        };
        let mut problems = Vec::new();
        for entry in entries {
            let limit = match entry.kind {
                Kind::Active | Kind::Sealed => MAX_LINE_BYTES,
                Kind::Dead | Kind::Newer => MAX_DEAD_LINE_BYTES,
                Kind::Lock | Kind::Temporary => continue,
                Kind::Foreign => {
                    let path = entry.path.display();
                    problems.push(format!(
                        "{path} is none of the queue's files and is left alone"
                    ));
                    continue;
                }
            };
            let visited =
                folder::open(&entry.path, OpenOptions::new().read(true)).and_then(|(file, _)| {
                    let mut lines = Lines::of(file, limit);
                    while let Some((raw, cut)) =
                        lines.next_raw().map_err(FsError::on("read", &entry.path))?
                    {
                        see(entry.kind, raw, cut);
                    }
                    Ok(())
                });
            match visited {
                // A drain may have taken it since the folder was listed.
                Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => problems.push(chain(&error)),
                Ok(()) => {}
            }
        }
        problems
    }
}
