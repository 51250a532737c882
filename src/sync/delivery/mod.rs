//! Delivery of a queue to the control plane (QUEUE §2.5): sealed segments in order, in batches, each
//! event by its own verdict. Whatever the server did not clearly answer stays where it is.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::queue::{DeadLetter, DrainLock, Line, MAX_LINE_BYTES, Queue, Segment};
use crate::fs::FsError;
use crate::http::{Answer, Deadline};
use crate::text::chain;
use crate::wire::candidate::FieldError;
use crate::wire::error_envelope::ErrorEnvelope;
use crate::wire::response::EventsResponse;
use crate::world::World;

/// The most events of one request.
const MAX_BATCH_EVENTS: usize = 1000;
/// The most bytes of one request, before compression; one event may be as long.
const MAX_BATCH_BYTES: usize = MAX_LINE_BYTES;

/// What a delivery did. Each event it touched is counted once.
#[derive(Debug)]
pub(crate) struct Delivered<E> {
    /// Events the control plane took.
    pub delivered: u64,
    /// Events it had already.
    pub duplicates: u64,
    /// Events it rejected; they are in the dead letter.
    pub rejected: u64,
    /// Lines that are no events; they are in the dead letter.
    pub unreadable: u64,
    /// Another process is delivering this queue; nothing was done.
    pub busy: bool,
    /// Why the rest was not sent.
    pub stopped: Option<Stop<E>>,
    /// Files that were left as they are, and why.
    pub warnings: Vec<String>,
}

/// Why a delivery ended before the queue did. `E` is why a request got no answer.
#[derive(Debug)]
pub(crate) enum Stop<E> {
    /// The time is over.
    Deadline,
    /// The request got no answer.
    NoAnswer(E),
    /// The server accepted the request, but what it answered says nothing of the events.
    BadAnswer(FieldError),
    /// The server refused the request, whatever is in it.
    Refused(Answer),
}

impl<E> Default for Delivered<E> {
    fn default() -> Self {
        Self {
            delivered: 0,
            duplicates: 0,
            rejected: 0,
            unreadable: 0,
            busy: false,
            stopped: None,
            warnings: Vec::new(),
        }
    }
}

impl<E> Delivered<E> {
    /// How many lines left the queue.
    pub(crate) fn total(&self) -> u64 {
        self.delivered + self.duplicates + self.rejected + self.unreadable
    }

    /// Takes in what the delivery of another queue did.
    pub(crate) fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
        self.unreadable += other.unreadable;
        self.busy |= other.busy;
        self.stopped = other.stopped;
        self.warnings.extend(other.warnings);
    }
}

/// The two ways out of a delivery: the request that carries a batch (gzip) and the news of how many
/// lines have left the queue.
pub(crate) struct Outlets<'a, E> {
    /// Sends one request body.
    pub send: &'a mut dyn FnMut(Vec<u8>) -> Result<Answer, E>,
    /// Told the total after each batch.
    pub progress: &'a mut dyn FnMut(u64),
}

impl<E> std::fmt::Debug for Outlets<'_, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlets").finish_non_exhaustive()
    }
}

/// Delivers a queue until it is empty, the time is over, or the server does not go on.
pub(crate) fn deliver<E>(
    world: &World,
    queue: &Queue,
    deadline: &Deadline,
    outlets: Outlets<'_, E>,
) -> Result<Delivered<E>, FsError> {
    let mut report = Delivered::default();
    if !queue.exists() {
        return Ok(report);
    }
    let Some(lock) = queue.lock_drain(world)? else {
        report.busy = true;
        return Ok(report);
    };
    queue.remove_leftovers(world, &lock);
    let mut drain = Drain {
        world,
        deadline,
        outlets,
        dead: DeadLetter::of(queue, &lock),
        report,
    };
    drain.queue(queue, &lock)?;
    Ok(drain.report)
}

struct Drain<'a, 'o, E> {
    world: &'a World,
    deadline: &'a Deadline,
    outlets: Outlets<'o, E>,
    dead: DeadLetter<'a>,
    report: Delivered<E>,
}

/// One segment on its way.
#[derive(Default)]
struct Pass {
    /// For each line read, whether it has found its place outside the queue.
    settled: Vec<bool>,
    batch: Vec<Waiting>,
    rejected: u64,
    unreadable: u64,
}

/// An event of the batch that is being collected.
struct Waiting {
    /// Which line of the segment it is.
    index: usize,
    id: String,
    text: String,
}

/// What the server says of one event.
#[derive(Clone, PartialEq, Eq)]
enum Verdict {
    Success,
    Duplicate,
    Rejected(String),
    /// Unknown, missing or contradictory.
    Unclear,
}

type Flow<E> = ControlFlow<Stop<E>>;

impl<E> Drain<'_, '_, E> {
    /// Sealed segments first; the active file is sealed only once they have all had their turn, or
    /// every failed drain would leave a small segment behind.
    fn queue(&mut self, queue: &Queue, lock: &DrainLock) -> Result<(), FsError> {
        let mut visited = BTreeSet::new();
        for seal in [false, true] {
            if seal && let Err(error) = queue.seal(self.world, lock) {
                self.warn(&error);
            }
            for segment in queue.segments(lock, &mut visited)? {
                match self.segment(&segment) {
                    Ok(Flow::Continue(())) => {}
                    Ok(Flow::Break(stop)) => {
                        self.report.stopped = Some(stop);
                        return Ok(());
                    }
                    // One file that cannot be read, parked or replaced must not keep the others,
                    // least of all on a full disk, which their removal frees.
                    Err(error) => self.warn(&error),
                }
                (self.outlets.progress)(self.report.total());
            }
        }
        Ok(())
    }

    /// Delivers one segment and takes out of it what has found its place.
    fn segment(&mut self, segment: &Segment) -> Result<Flow<E>, FsError> {
        let mut pass = Pass::default();
        let flow = self.lines(segment, &mut pass)?;
        self.dead.sync()?;
        self.report.rejected += pass.rejected;
        self.report.unreadable += pass.unreadable;
        if flow.is_continue() && pass.settled.iter().all(|settled| *settled) {
            segment.acknowledge()?;
        } else if pass.settled.contains(&true) {
            segment.shrink(|index| !pass.settled.get(index).copied().unwrap_or(false))?;
        }
        Ok(flow)
    }

    fn lines(&mut self, segment: &Segment, pass: &mut Pass) -> Result<Flow<E>, FsError> {
        let mut lines = segment.lines()?;
        let mut bytes = 0;
        while let Some(line) = lines
            .next_line()
            .map_err(FsError::on("read", segment.path()))?
        {
            let index = pass.settled.len();
            pass.settled.push(matches!(line, Line::Blank));
            match line {
                Line::Blank => {}
                Line::Unreadable { reason, cut, raw } => {
                    let parked = self.park_unreadable(segment, reason, cut, raw);
                    pass.unreadable += u64::from(self.settle(parked, index, pass));
                }
                Line::Event(head, text) => {
                    bytes += text.len();
                    if pass.batch.len() == MAX_BATCH_EVENTS || bytes > MAX_BATCH_BYTES {
                        bytes = text.len();
                        let batch = std::mem::take(&mut pass.batch);
                        if let stop @ Flow::Break(_) = self.send(&batch, pass)? {
                            return Ok(stop);
                        }
                    }
                    pass.batch.push(Waiting {
                        index,
                        id: head.event_id.into_owned(),
                        text: text.to_owned(),
                    });
                }
            }
        }
        let batch = std::mem::take(&mut pass.batch);
        self.send(&batch, pass)
    }

    fn park_unreadable(
        &mut self,
        segment: &Segment,
        reason: &str,
        cut: bool,
        raw: &[u8],
    ) -> Result<(), FsError> {
        const MOST_OF_A_LONG_LINE: usize = 4096;
        if !cut {
            return self.dead.park_raw(reason, raw);
        }
        let reason = format!("{reason}; kept in {}", segment.preserve()?.display());
        let head = raw.get(..MOST_OF_A_LONG_LINE).unwrap_or(raw);
        self.dead.park_raw(&reason, head)
    }

    /// Sends a batch. One that is refused as a whole is halved until the event that is at fault
    /// stands alone, in the order of the events.
    fn send(&mut self, batch: &[Waiting], pass: &mut Pass) -> Result<Flow<E>, FsError> {
        if batch.is_empty() {
            return Ok(Flow::Continue(()));
        }
        if self.deadline.is_over(self.world) {
            return Ok(Flow::Break(Stop::Deadline));
        }
        let answer = match (self.outlets.send)(body(batch)?) {
            Ok(answer) => answer,
            // The time ran out on a request after others had been answered.
            Err(_) if self.deadline.is_over(self.world) && self.report.total() > 0 => {
                return Ok(Flow::Break(Stop::Deadline));
            }
            Err(error) => return Ok(Flow::Break(Stop::NoAnswer(error))),
        };
        let results = EventsResponse::parse(&answer.body);
        Ok(match (answer.status, results) {
            (200..=299, Ok(results)) => self.apply(batch, results, pass),
            (400, Ok(results)) if !results.results.is_empty() => self.apply(batch, results, pass),
            (200..=299, Err(error)) => Flow::Break(Stop::BadAnswer(error)),
            (status @ (400 | 413), _) => {
                if let [event] = batch {
                    let reason = match status {
                        413 => "too large for the control plane".to_owned(),
                        _ => ErrorEnvelope::parse(status, &answer.body).message,
                    };
                    self.reject(event, &reason, pass);
                    return Ok(Flow::Continue(()));
                }
                let (first, second) = batch.split_at(batch.len() / 2);
                match self.send(first, pass)? {
                    Flow::Continue(()) => self.send(second, pass)?,
                    stop @ Flow::Break(_) => stop,
                }
            }
            _ => Flow::Break(Stop::Refused(answer)),
        })
    }

    fn apply(&mut self, batch: &[Waiting], results: EventsResponse, pass: &mut Pass) -> Flow<E> {
        let mut verdicts = verdicts(results);
        for event in batch {
            match verdicts.get(&event.id) {
                Some(Verdict::Success) => {
                    self.report.delivered += 1;
                    self.settle(Ok(()), event.index, pass);
                    // The same event a second time in one batch is one delivery.
                    verdicts.insert(event.id.clone(), Verdict::Duplicate);
                }
                Some(Verdict::Duplicate) => {
                    self.report.duplicates += 1;
                    self.settle(Ok(()), event.index, pass);
                }
                Some(Verdict::Rejected(reason)) => self.reject(event, reason, pass),
                Some(Verdict::Unclear) | None => {}
            }
        }
        Flow::Continue(())
    }

    fn reject(&mut self, event: &Waiting, reason: &str, pass: &mut Pass) {
        let parked = self.dead.park_event(reason, &event.text);
        pass.rejected += u64::from(self.settle(parked, event.index, pass));
    }

    /// Marks a line as having found its place, unless it could not be put there.
    fn settle(&mut self, placed: Result<(), FsError>, index: usize, pass: &mut Pass) -> bool {
        if let Err(error) = &placed {
            self.warn(error);
        } else if let Some(settled) = pass.settled.get_mut(index) {
            *settled = true;
        }
        placed.is_ok()
    }

    /// Notes a problem; the same one again says nothing new.
    fn warn(&mut self, error: &dyn std::error::Error) {
        let warning = chain(error);
        if !self.report.warnings.contains(&warning) {
            self.report.warnings.push(warning);
        }
    }
}

/// The verdicts by event. Two that contradict each other are none.
fn verdicts(response: EventsResponse) -> HashMap<String, Verdict> {
    use Verdict::{Duplicate, Rejected, Success, Unclear};
    let mut verdicts = HashMap::new();
    for result in response.results {
        let verdict = match result.status.as_str() {
            "success" => Success,
            "duplicate" => Duplicate,
            "rejected" => Rejected(
                result
                    .error_message
                    .unwrap_or_else(|| "rejected".to_owned()),
            ),
            _ => Unclear,
        };
        let merged = match (verdicts.remove(&result.event_id), verdict) {
            (None, verdict) => verdict,
            (Some(Success | Duplicate), Success | Duplicate) => Success,
            (Some(rejected @ Rejected(_)), Rejected(_)) => rejected,
            (Some(_), _) => Unclear,
        };
        verdicts.insert(result.event_id, merged);
    }
    verdicts
}

/// The request: the lines as they stand in the queue, in one list, compressed.
fn body(batch: &[Waiting]) -> Result<Vec<u8>, FsError> {
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
