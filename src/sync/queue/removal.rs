//! Takes an event out of the queue before it is delivered.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use super::Queue;
use super::counts::visit_file;
use super::drain::{DrainLock, Segment};
use super::folder::{self, DRAIN_LOCK, FileKind};
use super::lines::Line;
use crate::fs::FsError;
use crate::fs::lock::LockError;
use crate::world::World;

impl Queue {
    /// Removes an event from the queue; returns whether it was there. An event that was delivered or
    /// rejected stays where it is. Waits for a delivery, which may be sending it.
    pub(crate) fn remove_event(
        &self,
        world: &World,
        event_id: &str,
        wait: Duration,
    ) -> Result<bool, LockError> {
        if !self.may_hold(event_id)? {
            return Ok(false);
        }
        let lock = self.wait_for_drain(world, wait)?;
        self.seal(world, &lock)?;
        let mut removed = false;
        for segment in self.segments(&lock, &mut BTreeSet::new())? {
            removed |= remove_from(&segment, event_id)?;
        }
        // After a power cut, an old segment would bring the event back.
        folder::sync_names(&self.folder)?;
        Ok(removed)
    }

    /// Reads without a lock. A file that is gone may have been sealed under another name meanwhile.
    fn may_hold(&self, event_id: &str) -> Result<bool, FsError> {
        let mut found = false;
        for file in folder::list(&self.folder)? {
            if !matches!(file.kind, FileKind::Active | FileKind::Sealed) {
                continue;
            }
            let see = &mut |_, raw: &[u8], cut| found |= is_event(&Line::of(raw, cut), event_id);
            match visit_file(&file, see) {
                Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(true),
                read => read?,
            }
        }
        Ok(found)
    }

    fn wait_for_drain(&self, world: &World, wait: Duration) -> Result<DrainLock, LockError> {
        const PAUSE: Duration = Duration::from_millis(20);
        let end = world.instant() + wait;
        loop {
            if let Some(lock) = self.lock_drain(world)? {
                return Ok(lock);
            }
            if world.instant() >= end {
                let path = self.path(DRAIN_LOCK);
                return Err(LockError::Busy { path });
            }
            world.sleep(PAUSE);
        }
    }
}

fn remove_from(segment: &Segment, event_id: &str) -> Result<bool, FsError> {
    let mut lines = segment.lines()?;
    let (mut removed, mut kept) = (BTreeSet::new(), 0);
    let mut index = 0;
    while let Some(line) = lines
        .next_line()
        .map_err(FsError::on("read", segment.path()))?
    {
        if is_event(&line, event_id) {
            removed.insert(index);
        } else if !matches!(line, Line::Blank) {
            kept += 1;
        }
        index += 1;
    }
    if removed.is_empty() {
        return Ok(false);
    }
    if kept == 0 {
        segment.acknowledge()?;
    } else {
        segment.shrink(|index| !removed.contains(&index))?;
    }
    Ok(true)
}

fn is_event(line: &Line<'_>, event_id: &str) -> bool {
    matches!(line, Line::Event(head, _) if head.event_id == event_id)
}
