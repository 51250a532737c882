//! Reading JSON lines as a stream: a file may be a gigabyte, hold garbage, or end in a torn line.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write};

use serde::Deserialize;
use serde_json::value::RawValue;

/// The most bytes of one event. Nothing longer is ever recorded, so that a reader can hold a line.
pub(crate) const MAX_LINE_BYTES: usize = 1024 * 1024;
/// The most bytes of a line of the dead letter: an event as JSON text in which each byte may have
/// become an escape of six.
pub(super) const MAX_DEAD_LINE_BYTES: usize = 8 * MAX_LINE_BYTES;

const READ_BYTES: usize = 64 * 1024;

/// One line of a queue file.
#[derive(Debug)]
pub enum Line<'a> {
    /// Nothing but white space.
    Blank,
    /// An event; the text is what will be sent.
    Event(Head<'a>, &'a str),
    /// No event: its bytes, or their beginning where it is over-long.
    Unreadable {
        /// What is wrong with it.
        reason: &'static str,
        /// Whether there is more of it than these bytes.
        cut: bool,
        /// The bytes.
        raw: &'a [u8],
    },
}

/// What this program reads of an event. Values of the wrong type are as good as missing, since
/// none of them decides what is delivered.
#[derive(Debug, Deserialize)]
pub struct Head<'a> {
    /// The event's id, never empty.
    #[serde(borrow)]
    pub event_id: Cow<'a, str>,
    #[serde(borrow)]
    lamport_clock: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    project_slug: Option<&'a RawValue>,
}

impl<'a> Head<'a> {
    /// Reads a JSON object with an `event_id`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let head: Self = serde_json::from_str(text).ok()?;
        // A list would do for a struct as well.
        (text.trim_ascii_start().starts_with('{') && !head.event_id.is_empty()).then_some(head)
    }

    pub(super) fn lamport_clock(&self) -> Option<u64> {
        self.lamport_clock?.get().parse().ok()
    }

    pub(super) fn timestamp(&self) -> Option<String> {
        serde_json::from_str(self.timestamp?.get()).ok()
    }

    pub(super) fn project_slug(&self) -> Option<String> {
        serde_json::from_str(self.project_slug?.get()).ok()
    }
}

/// The id of an event as it is recorded; `None` where it is none.
pub(super) fn event_id(event: &[u8]) -> Option<String> {
    let head = Head::parse(std::str::from_utf8(event).ok()?)?;
    Some(head.event_id.into_owned())
}

/// The lines of a file, one in memory at a time.
#[derive(Debug)]
pub struct Lines {
    reader: BufReader<File>,
    line: Vec<u8>,
    limit: usize,
}

impl Lines {
    pub(super) fn of(file: File, limit: usize) -> Self {
        Self {
            reader: BufReader::with_capacity(READ_BYTES, file),
            line: Vec::new(),
            limit,
        }
    }

    /// The next line's bytes without white space at its ends, and whether it goes on beyond them;
    /// `None` at the end of the file.
    pub(super) fn next_raw(&mut self) -> io::Result<Option<(&[u8], bool)>> {
        self.line.clear();
        let mut limited = (&mut self.reader).take(self.limit as u64 + 1);
        if limited.read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        let cut = self.line.len() > self.limit && !self.line.ends_with(b"\n");
        if cut {
            self.reader.skip_until(b'\n')?;
        }
        Ok(Some((self.line.trim_ascii(), cut)))
    }

    /// The next line as an event, where it is one.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        Ok(self.next_raw()?.map(|(raw, cut)| Line::of(raw, cut)))
    }
}

impl<'a> Line<'a> {
    /// What these bytes are, `cut` if the line goes on beyond them.
    pub(super) fn of(raw: &'a [u8], cut: bool) -> Self {
        let unreadable = |reason| Self::Unreadable { reason, cut, raw };
        if raw.is_empty() {
            return Self::Blank;
        }
        if cut {
            return unreadable("longer than 1 MiB");
        }
        let Ok(text) = std::str::from_utf8(raw) else {
            return unreadable("not UTF-8");
        };
        match Head::parse(text) {
            Some(head) => Self::Event(head, text),
            None => unreadable("not a JSON object with an event_id"),
        }
    }
}

/// Copies the lines whose index (blank ones count) is to be kept, byte for byte and however long;
/// each ends in a newline.
pub(super) fn copy(
    from: File,
    to: &mut impl Write,
    keep: impl Fn(usize) -> bool,
) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(READ_BYTES, from);
    let mut piece = Vec::with_capacity(READ_BYTES);
    let mut index = 0;
    loop {
        let unfinished = !piece.is_empty() && !piece.ends_with(b"\n");
        piece.clear();
        let mut limited = (&mut reader).take(READ_BYTES as u64);
        let is_end = limited.read_until(b'\n', &mut piece)? == 0;
        if is_end && !unfinished {
            return Ok(());
        }
        if is_end {
            piece.push(b'\n');
        }
        if keep(index) {
            to.write_all(&piece)?;
        }
        if piece.ends_with(b"\n") {
            index += 1;
        }
    }
}
