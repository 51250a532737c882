//! The dead letter (QUEUE §2.6): lines the control plane rejected or nobody can read, with the
//! reason, until a person sends them back. Durable before the line leaves the queue.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Queue;
use super::append::{NotRecorded, write_at_end};
use super::drain_lock::DrainLock;
use super::folder::{self, DEAD};
use super::lines::{Head, Lines, MAX_DEAD_LINE_BYTES, MAX_LINE_BYTES};
use super::segment::shrink;
use crate::fs::FsError;
use crate::text::truncate;
use crate::world::World;

/// The most of a server's words that is kept with an event.
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
    pub(super) fn parse(raw: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(raw).ok()
    }

    pub(super) fn head(&self) -> Option<Head<'a>> {
        Head::parse(self.event?.get())
    }
}

/// One entry as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadEvent {
    /// Why it is here.
    pub reason: String,
    /// The event; `None` where the line never was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
    /// The line, where it is no event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
}

/// What went back into the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retried {
    /// So many events.
    pub events: u64,
    /// Entries that stay, since they are no events.
    pub unreadable: u64,
}

/// Why nothing, or not everything, went back.
#[derive(Debug, thiserror::Error)]
pub enum RetryError {
    /// The queue did not take it.
    #[error(transparent)]
    NotRecorded(#[from] NotRecorded),
    /// The dead letter could not be read or replaced.
    #[error(transparent)]
    File(#[from] FsError),
}

/// The dead letter, for adding to it.
#[derive(Debug)]
pub(crate) struct DeadLetter<'a> {
    queue: &'a Queue,
    path: PathBuf,
    /// Open while it holds lines that may not be durable yet.
    file: Option<File>,
    /// A sync failed: what the file holds is not known, and a second sync would lie about it.
    failed: bool,
}

impl<'a> DeadLetter<'a> {
    /// The dead letter of this queue; there is no file before the first line goes in.
    pub(crate) fn of(queue: &'a Queue, _lock: &DrainLock) -> Self {
        Self {
            queue,
            path: queue.path(DEAD),
            file: None,
            failed: false,
        }
    }

    /// Adds an event.
    pub(crate) fn park_event(&mut self, reason: &str, event: &str) -> Result<(), FsError> {
        match serde_json::from_str(event) {
            Ok(event) => self.write(reason, Some(event), None),
            Err(_) => self.park_raw(reason, event.as_bytes()),
        }
    }

    /// Adds a line that is no event.
    pub(crate) fn park_raw(&mut self, reason: &str, raw: &[u8]) -> Result<(), FsError> {
        self.write(reason, None, Some(String::from_utf8_lossy(raw)))
    }

    /// Makes durable what was added.
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
            let why = io::Error::other("an earlier write to it did not reach the disk");
            return Err(FsError::on("append to", &self.path)(why));
        }
        let options = &mut OpenOptions::new();
        let options = options.read(true).append(true).create(true);
        let (file, found) = folder::open_private(&self.path, options)?;
        if found.len() == 0 {
            folder::sync_names(&self.queue.folder)?;
        }
        Ok(file)
    }
}

impl Queue {
    /// At most `limit` entries of the dead letter, each event once.
    pub fn dead_letters(&self, limit: usize) -> Result<Vec<DeadEvent>, FsError> {
        let mut listed = Vec::new();
        let mut seen = HashSet::new();
        self.each_dead_line(|_, raw, line| {
            let id = line.head().map(|head| head.event_id.into_owned());
            if listed.len() >= limit || id.is_some_and(|id| !seen.insert(id)) {
                return Ok(());
            }
            listed.push(if line.event.is_none() && line.raw.is_none() {
                DeadEvent {
                    reason: "this line of the dead letter cannot be read".to_owned(),
                    event: None,
                    raw: Some(String::from_utf8_lossy(raw).into_owned()),
                }
            } else {
                DeadEvent {
                    reason: line.reason.into_owned(),
                    event: line.event.and_then(|e| serde_json::from_str(e.get()).ok()),
                    raw: line.raw.map(Cow::into_owned),
                }
            });
            Ok::<_, FsError>(())
        })?;
        Ok(listed)
    }

    /// Takes the ids that are in the dead letter out of a set.
    pub fn remove_dead_ids(&self, ids: &mut HashSet<String>) -> Result<(), FsError> {
        self.each_dead_line(|_, _, line| {
            if let Some(head) = line.head() {
                ids.remove(&*head.event_id);
            }
            Ok(())
        })
    }

    /// Puts events of the dead letter back into the queue: these, or all where none is named.
    /// An event is in the queue, durably, before it leaves the dead letter.
    pub fn retry(
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

    /// Hands every line of the dead letter that is not blank to `see`, with its index and its
    /// bytes. One that cannot be read is an empty [`DeadLine`].
    fn each_dead_line<E: From<FsError>>(
        &self,
        mut see: impl FnMut(usize, &[u8], DeadLine<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.path(DEAD);
        let file = match folder::open(&path, OpenOptions::new().read(true)) {
            Ok((file, _)) => file,
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut lines = Lines::of(file, MAX_DEAD_LINE_BYTES);
        let mut index = 0;
        while let Some((raw, _)) = lines.next_raw().map_err(FsError::on("read", &path))? {
            if !raw.is_empty() {
                see(index, raw, DeadLine::parse(raw).unwrap_or_default())?;
            }
            index += 1;
        }
        Ok(())
    }
}
