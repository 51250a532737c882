//! The dead-letter file: events that the control plane rejected, and unreadable lines, each with the
//! reason. They stay until a person sends them again. An entry is durable before its line leaves the
//! queue.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::Queue;
use super::append::{NotRecorded, write_at_end};
use super::drain::{DrainLock, shrink};
use super::folder::{self, DEAD};
use super::lines::{Head, Lines, MAX_DEAD_LINE_BYTES, MAX_LINE_BYTES};
use crate::fs::FsError;
use crate::text::truncate;
use crate::world::World;

/// Longer messages of the server are truncated.
const MAX_REASON_CHARACTERS: usize = 1000;

/// A line of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct DeadLine<'a> {
    #[serde(borrow, default)]
    reason: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    event: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    raw: Option<Cow<'a, str>>,
}

impl<'a> DeadLine<'a> {
    /// Parses a line; without event and raw text if the line is unreadable.
    pub(super) fn parse(raw: &'a [u8]) -> Self {
        serde_json::from_slice(raw).unwrap_or_default()
    }

    pub(super) fn head(&self) -> Option<Head<'a>> {
        Head::parse(self.event?.get())
    }
}

/// An entry of the file, for lists: an event, or the raw text of a line that is not an event.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DeadEvent {
    #[serde(default)]
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    pub event: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// The result of [`Queue::retry`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Retried {
    pub events: u64,
    /// Entries that stay because they are not events.
    pub unreadable: u64,
}

/// Why a retry failed. Some events may be in the queue already.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RetryError {
    #[error(transparent)]
    NotRecorded(#[from] NotRecorded),
    /// The dead-letter file could not be read or replaced.
    #[error(transparent)]
    File(#[from] FsError),
}

/// Adds entries to the dead-letter file.
#[derive(Debug)]
pub(crate) struct DeadLetterFile<'a> {
    queue: &'a Queue,
    path: PathBuf,
    /// Open while it may contain lines that are not durable.
    file: Option<File>,
    /// After a failed sync the content is unknown, and a second sync would succeed wrongly.
    failed: bool,
}

impl<'a> DeadLetterFile<'a> {
    /// The dead-letter file of this queue. The first entry creates it.
    pub(crate) fn of(queue: &'a Queue, _lock: &DrainLock) -> Self {
        Self {
            queue,
            path: queue.path(DEAD),
            file: None,
            failed: false,
        }
    }

    /// Adds an event.
    pub(crate) fn add_event(&mut self, reason: &str, event: &str) -> Result<(), FsError> {
        match serde_json::from_str(event) {
            Ok(event) => self.write(reason, Some(event), None),
            Err(_) => self.add_raw(reason, event.as_bytes()),
        }
    }

    /// Adds a line that is not an event.
    pub(crate) fn add_raw(&mut self, reason: &str, raw: &[u8]) -> Result<(), FsError> {
        self.write(reason, None, Some(String::from_utf8_lossy(raw)))
    }

    /// Makes the added entries durable.
    pub(crate) fn sync(&mut self) -> Result<(), FsError> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let synced = file.sync_data();
        self.failed = synced.is_err();
        synced.map_err(FsError::on("sync", &self.path))
    }

    fn write(
        &mut self,
        reason: &str,
        event: Option<&RawValue>,
        raw: Option<Cow<'_, str>>,
    ) -> Result<(), FsError> {
        let reason = truncate(reason, MAX_REASON_CHARACTERS);
        let mut line = serde_json::to_vec(&DeadLine { reason, event, raw })
            .map_err(|error| FsError::on("append to", &self.path)(error.into()))?;
        line.push(b'\n');
        let file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        let file = self.file.insert(file);
        let found = file
            .metadata()
            .map_err(FsError::on("look at", &self.path))?;
        write_at_end(&self.path, file, found.len(), &line)
    }

    fn open(&self) -> Result<File, FsError> {
        if self.failed {
            let reason = "an earlier write to it did not reach the disk";
            return Err(FsError::because("append to", &self.path, reason));
        }
        let (file, found) = folder::open_to_append(&self.path)?;
        if found.len() == 0 {
            folder::sync_names(&self.queue.folder)?;
        }
        Ok(file)
    }
}

impl Queue {
    /// At most `limit` entries of the dead-letter file, each event once.
    pub(crate) fn dead_events(&self, limit: usize) -> Result<Vec<DeadEvent>, FsError> {
        let mut listed = Vec::new();
        let mut seen = HashSet::new();
        self.each_dead_line(|_, raw, line| {
            let id = line.head().map(|head| head.event_id.into_owned());
            if listed.len() < limit && id.is_none_or(|id| seen.insert(id)) {
                let entry = serde_json::from_slice(raw).ok();
                let entry = entry.filter(|e: &DeadEvent| e.event.is_some() || e.raw.is_some());
                listed.push(entry.unwrap_or_else(|| DeadEvent {
                    reason: "this line of the dead-letter file is unreadable".to_owned(),
                    event: None,
                    raw: Some(String::from_utf8_lossy(raw).into_owned()),
                }));
            }
            Ok::<_, FsError>(())
        })?;
        Ok(listed)
    }

    /// Removes the ids in the dead-letter file from a set.
    pub(crate) fn remove_dead_ids(&self, ids: &mut HashSet<String>) -> Result<(), FsError> {
        self.each_dead_line(|_, _, line| {
            if let Some(head) = line.head() {
                ids.remove(&*head.event_id);
            }
            Ok(())
        })
    }

    /// Moves these events, or all, from the dead-letter file back to the queue. An event is durable
    /// in the queue before it leaves the dead-letter file.
    pub(crate) fn retry(
        &self,
        world: &World,
        _lock: &DrainLock,
        event_ids: Option<&HashSet<String>>,
    ) -> Result<Retried, RetryError> {
        let mut retried = Retried::default();
        let mut seen = HashSet::new();
        let mut moved = HashSet::new();
        let mut batch: Vec<Vec<u8>> = Vec::new();
        self.each_dead_line(|index, _, line| {
            let (Some(head), Some(event)) = (line.head(), line.event) else {
                retried.unreadable += 1;
                return Ok(());
            };
            if event_ids.is_none_or(|ids| ids.contains(&*head.event_id)) {
                moved.insert(index);
                if seen.insert(head.event_id.into_owned()) {
                    retried.events += 1;
                    batch.push(event.get().as_bytes().to_vec());
                }
            }
            if batch.iter().map(Vec::len).sum::<usize>() > MAX_LINE_BYTES {
                self.append(world, &std::mem::take(&mut batch))?;
            }
            Ok::<_, RetryError>(())
        })?;
        self.append(world, &batch)?;
        if !moved.is_empty() {
            shrink(&self.path(DEAD), |index| !moved.contains(&index))?;
        }
        Ok(retried)
    }

    /// Calls `see` for each line that is not blank, with its index and its bytes.
    fn each_dead_line<E: From<FsError>>(
        &self,
        mut see: impl FnMut(usize, &[u8], DeadLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.path(DEAD);
        let file = match folder::open_to_read(&path) {
            Ok((file, _)) => file,
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut lines = Lines::of(file, MAX_DEAD_LINE_BYTES);
        let mut index = 0;
        while let Some((raw, _)) = lines.next_raw().map_err(FsError::on("read", &path))? {
            if !raw.is_empty() {
                see(index, raw, DeadLine::parse(raw))?;
            }
            index += 1;
        }
        Ok(())
    }
}
