//! Reads JSON lines as a stream. A file may be large, contain garbage, or end in a torn line.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::sync::lamport_clock::MAX_VALUE;

/// The maximum size of an event. It limits the memory of readers.
pub(crate) const MAX_LINE_BYTES: usize = 1024 * 1024;
/// The maximum size of a line in the dead-letter file. As JSON text, a byte may become an escape
/// sequence of six.
pub(super) const MAX_DEAD_LINE_BYTES: usize = 8 * MAX_LINE_BYTES;

const READ_BYTES: usize = 64 * 1024;

/// One line of a queue file.
#[derive(Debug)]
pub(crate) enum Line<'a> {
    /// Only white space.
    Blank,
    /// An event, and its text as it will be sent.
    Event(Head<'a>, &'a str),
    /// Not an event. `raw` contains its bytes, or only the first ones if `cut` is set.
    Unreadable {
        reason: &'static str,
        cut: bool,
        raw: &'a [u8],
    },
}

/// The keys of an event that this program reads. Except for the id, values of the wrong type count as
/// missing, because they do not affect the delivery.
#[derive(Debug, Deserialize)]
pub(crate) struct Head<'a> {
    /// Never empty.
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
    /// Parses a JSON object with an `event_id`.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let head: Self = serde_json::from_str(text).ok()?;
        // serde also accepts a list for a struct.
        (text.trim_ascii_start().starts_with('{') && !head.event_id.is_empty()).then_some(head)
    }

    /// The value, unless it is missing or damaged.
    pub(super) fn lamport_clock(&self) -> Option<u64> {
        let value = self.lamport_clock?.get().parse().ok();
        value.filter(|value| *value <= MAX_VALUE)
    }

    pub(super) fn has_damaged_clock(&self) -> bool {
        self.lamport_clock.is_some() && self.lamport_clock().is_none()
    }

    pub(super) fn timestamp(&self) -> Option<String> {
        serde_json::from_str(self.timestamp?.get()).ok()
    }

    pub(super) fn project_slug(&self) -> Option<String> {
        serde_json::from_str(self.project_slug?.get()).ok()
    }
}

/// The id of an event; `None` if the bytes are not an event.
pub(super) fn event_id(event: &[u8]) -> Option<String> {
    let head = Head::parse(std::str::from_utf8(event).ok()?)?;
    Some(head.event_id.into_owned())
}

/// Reads the lines of a file one at a time.
#[derive(Debug)]
pub(crate) struct Lines {
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

    /// The trimmed bytes of the next line, and whether they are only its beginning; `None` at the end
    /// of the file.
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

    /// The next line; `None` at the end of the file.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        Ok(self.next_raw()?.map(|(raw, cut)| Line::of(raw, cut)))
    }
}

impl<'a> Line<'a> {
    /// Parses the bytes of a line; `cut` if they are only its beginning.
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

/// Copies the lines for whose index (blank lines count) `keep` returns true, byte for byte and of any
/// length. Each copied line ends in a newline.
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
