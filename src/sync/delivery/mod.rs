//! Delivers a queue to the control plane: sealed segments in order, in batches, with a verdict per
//! event. Events without a clear verdict stay in the queue.

#[cfg(test)]
mod tests;
mod verdict;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::ControlFlow::{self, Break, Continue};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use schemars::JsonSchema;
use serde::Serialize;

use self::verdict::{Verdict, verdicts};
use super::queue::{DeadLetterFile, DrainLock, Line, MAX_LINE_BYTES, Queue, Segment};
use crate::fs::FsError;
use crate::http::{Answer, Deadline};
use crate::text::chain;
use crate::wire::candidate::FieldError;
use crate::wire::error_envelope::ErrorEnvelope;
use crate::wire::response::EventsResponse;
use crate::world::World;

/// The maximum number of events in a request.
const MAX_BATCH_EVENTS: usize = 1000;
/// The maximum size of a request before compression. A single event may have this size.
const MAX_BATCH_BYTES: usize = MAX_LINE_BYTES;

/// The results of a delivery. Each event counts once.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Delivered {
    #[serde(rename = "delivered")]
    pub accepted: u64,
    /// Events that the control plane had already.
    pub duplicates: u64,
    /// Events that are now in the dead-letter file.
    pub rejected: u64,
    /// Lines that are not events and are now in the dead-letter file.
    pub unreadable: u64,
    /// Another process is delivering this queue, so nothing was done.
    pub busy: bool,
    /// Files that could not be processed, with the reason.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

/// Why a delivery stopped before the end of the queue.
#[derive(Debug)]
pub(crate) enum Stop<E> {
    /// The time limit was reached.
    Deadline,
    /// The request failed.
    NoAnswer(E),
    /// The response to an accepted request has no results.
    BadAnswer(FieldError),
    /// The server refused the request for a reason other than its content.
    Refused(Answer),
}

impl Delivered {
    /// The number of lines that left the queue.
    pub(crate) fn total(&self) -> u64 {
        self.accepted + self.duplicates + self.rejected + self.unreadable
    }

    /// Adds the results of another queue.
    pub(crate) fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.unreadable += other.unreadable;
        self.busy |= other.busy;
        self.warnings.extend(other.warnings);
    }

    /// Adds a warning unless it is there already.
    fn warn(&mut self, error: &dyn std::error::Error) {
        let warning = chain(error);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

/// Sends a request body (gzip).
type SendRequest<'a, E> = &'a mut dyn FnMut(Vec<u8>) -> Result<Answer, E>;

/// Delivers a queue until it is empty, the time limit is reached, or the server stops accepting.
/// Calls `progress` with the number of lines that have left the queue.
pub(crate) fn deliver<E>(
    world: &World,
    queue: &Queue,
    deadline: &Deadline,
    send: SendRequest<'_, E>,
    progress: &mut dyn FnMut(u64),
) -> Result<(Delivered, Option<Stop<E>>), FsError> {
    let mut delivered = Delivered::default();
    if !queue.exists() {
        return Ok((delivered, None));
    }
    let Some(lock) = queue.lock_drain(world)? else {
        delivered.busy = true;
        return Ok((delivered, None));
    };
    queue.remove_leftovers(world, &lock);
    let mut drain = Drain {
        world,
        deadline,
        send,
        dead: DeadLetterFile::of(queue, &lock),
        delivered,
    };
    let flow = drain.queue(queue, &lock, progress)?;
    Ok((drain.delivered, flow.break_value()))
}

struct Drain<'a, E> {
    world: &'a World,
    deadline: &'a Deadline,
    send: SendRequest<'a, E>,
    dead: DeadLetterFile<'a>,
    delivered: Delivered,
}

/// The progress in one segment.
#[derive(Default)]
struct Pass {
    /// For each line, whether it may leave the queue.
    done: Vec<bool>,
    batch: Vec<BatchedEvent>,
    batch_bytes: usize,
    rejected: u64,
    unreadable: u64,
}

struct BatchedEvent {
    /// The index of its line in the segment.
    index: usize,
    id: String,
    text: String,
}

type Flow<E> = ControlFlow<Stop<E>>;

impl<E> Drain<'_, E> {
    /// Delivers the sealed segments, then seals and delivers the active file. Sealing it earlier
    /// would leave a small segment after each failed delivery.
    fn queue(
        &mut self,
        queue: &Queue,
        lock: &DrainLock,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Flow<E>, FsError> {
        let mut visited = BTreeSet::new();
        for seal in [false, true] {
            if seal && let Err(error) = queue.seal(self.world, lock) {
                self.delivered.warn(&error);
            }
            for segment in queue.segments(lock, &mut visited)? {
                match self.segment(&segment) {
                    Ok(Continue(())) => {}
                    Ok(stop) => return Ok(stop),
                    // A problem with one file must not block the others. On a full disk, their
                    // removal frees space.
                    Err(error) => self.delivered.warn(&error),
                }
                progress(self.delivered.total());
            }
        }
        Ok(Continue(()))
    }

    /// Delivers one segment and removes the lines that are done.
    fn segment(&mut self, segment: &Segment) -> Result<Flow<E>, FsError> {
        let mut pass = Pass::default();
        let flow = self.lines(segment, &mut pass)?;
        self.dead.sync()?;
        self.delivered.rejected += pass.rejected;
        self.delivered.unreadable += pass.unreadable;
        if flow.is_continue() && pass.done.iter().all(|done| *done) {
            segment.acknowledge()?;
        } else if pass.done.contains(&true) {
            segment.shrink(|index| !pass.done.get(index).copied().unwrap_or(false))?;
        }
        Ok(flow)
    }

    fn lines(&mut self, segment: &Segment, pass: &mut Pass) -> Result<Flow<E>, FsError> {
        let mut lines = segment.lines()?;
        let failed = || FsError::on("read", segment.path());
        while let Some(line) = lines.next_line().map_err(failed())? {
            let index = pass.done.len();
            pass.done.push(matches!(line, Line::Blank));
            match line {
                Line::Blank => {}
                Line::Unreadable { reason, cut, raw } => {
                    let added = self.add_unreadable(segment, reason, cut, raw);
                    pass.unreadable += u64::from(self.finish(added, index, pass));
                }
                Line::Event(head, text) => {
                    let is_full = pass.batch.len() == MAX_BATCH_EVENTS;
                    if (is_full || pass.batch_bytes + text.len() > MAX_BATCH_BYTES)
                        && let stop @ Break(_) = self.send_batch(pass)?
                    {
                        return Ok(stop);
                    }
                    pass.batch_bytes += text.len();
                    pass.batch.push(BatchedEvent {
                        index,
                        id: head.event_id.into_owned(),
                        text: text.to_owned(),
                    });
                }
            }
        }
        self.send_batch(pass)
    }

    fn add_unreadable(
        &mut self,
        segment: &Segment,
        reason: &str,
        cut: bool,
        raw: &[u8],
    ) -> Result<(), FsError> {
        const MAX_START_BYTES: usize = 4096;
        if !cut {
            return self.dead.add_raw(reason, raw);
        }
        let reason = format!("{reason}; kept in {}", segment.preserve()?.display());
        let start = raw.get(..MAX_START_BYTES).unwrap_or(raw);
        self.dead.add_raw(&reason, start)
    }

    fn send_batch(&mut self, pass: &mut Pass) -> Result<Flow<E>, FsError> {
        pass.batch_bytes = 0;
        let batch = std::mem::take(&mut pass.batch);
        self.send(&batch, pass)
    }

    /// Sends events. If the server refuses them as a whole, sends each half, until the event that
    /// causes the error is alone. Keeps the order of the events.
    fn send(&mut self, batch: &[BatchedEvent], pass: &mut Pass) -> Result<Flow<E>, FsError> {
        if batch.is_empty() {
            return Ok(Continue(()));
        }
        if self.deadline.is_over(self.world) {
            return Ok(Break(Stop::Deadline));
        }
        let answer = match (self.send)(body(batch)?) {
            Ok(answer) => answer,
            // The time limit was reached after earlier requests had succeeded.
            Err(_) if self.deadline.is_over(self.world) && self.delivered.total() > 0 => {
                return Ok(Break(Stop::Deadline));
            }
            Err(error) => return Ok(Break(Stop::NoAnswer(error))),
        };
        match (answer.status, EventsResponse::parse(&answer.body)) {
            (200..=299, Ok(response)) => self.apply(batch, response, pass),
            (400, Ok(response)) if !response.results.is_empty() => {
                self.apply(batch, response, pass);
            }
            (200..=299, Err(error)) => return Ok(Break(Stop::BadAnswer(error))),
            (status @ (400 | 413), _) => {
                if let [event] = batch {
                    let reason = match status {
                        413 => "too large for the control plane".to_owned(),
                        _ => ErrorEnvelope::parse(status, &answer.body).message,
                    };
                    self.reject(event, &reason, pass);
                    return Ok(Continue(()));
                }
                let (first, second) = batch.split_at(batch.len() / 2);
                return match self.send(first, pass)? {
                    Continue(()) => self.send(second, pass),
                    stop @ Break(_) => Ok(stop),
                };
            }
            _ => return Ok(Break(Stop::Refused(answer))),
        }
        Ok(Continue(()))
    }

    fn apply(&mut self, batch: &[BatchedEvent], response: EventsResponse, pass: &mut Pass) {
        let mut verdicts = verdicts(response);
        for event in batch {
            match verdicts.get(&event.id) {
                Some(Verdict::Success) => {
                    self.delivered.accepted += 1;
                    self.finish(Ok(()), event.index, pass);
                    // A second line with the same event counts as a duplicate.
                    verdicts.insert(event.id.clone(), Verdict::Duplicate);
                }
                Some(Verdict::Duplicate) => {
                    self.delivered.duplicates += 1;
                    self.finish(Ok(()), event.index, pass);
                }
                Some(Verdict::Rejected(reason)) => self.reject(event, reason, pass),
                Some(Verdict::Unclear) | None => {}
            }
        }
    }

    fn reject(&mut self, event: &BatchedEvent, reason: &str, pass: &mut Pass) {
        let added = self.dead.add_event(reason, &event.text);
        pass.rejected += u64::from(self.finish(added, event.index, pass));
    }

    /// Marks a line as done unless it could not be added to the dead-letter file.
    fn finish(&mut self, added: Result<(), FsError>, index: usize, pass: &mut Pass) -> bool {
        if let Err(error) = &added {
            self.delivered.warn(error);
        } else if let Some(done) = pass.done.get_mut(index) {
            *done = true;
        }
        added.is_ok()
    }
}

/// The request body: a list of the unchanged lines, compressed.
fn body(batch: &[BatchedEvent]) -> Result<Vec<u8>, FsError> {
    let compressed = || {
        let mut body = GzEncoder::new(Vec::new(), Compression::fast());
        for (number, event) in batch.iter().enumerate() {
            body.write_all(if number == 0 { b"{\"events\":[" } else { b"," })?;
            body.write_all(event.text.as_bytes())?;
        }
        body.write_all(b"]}")?;
        body.finish()
    };
    compressed().map_err(FsError::on("compress", Path::new("a batch of events")))
}
