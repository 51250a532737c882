//! Whether the running command can have changed anything, shared with the thread that waits for
//! Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the command does at the moment. Until it says otherwise, it may change something.
#[derive(Debug, Clone, Default)]
pub(crate) struct Phase {
    only_reads: Arc<AtomicBool>,
}

impl Phase {
    /// From here on the command only reads.
    pub(crate) fn start_reading(&self) {
        self.only_reads.store(true, Ordering::Relaxed);
    }

    /// From here on the command may change something.
    pub(crate) fn start_writing(&self) {
        self.only_reads.store(false, Ordering::Relaxed);
    }

    /// Counts as reading during `question`.
    pub(super) fn during_question<T>(&self, question: impl FnOnce() -> T) -> T {
        let before = self.only_reads.swap(true, Ordering::Relaxed);
        let answer = question();
        self.only_reads.store(before, Ordering::Relaxed);
        answer
    }

    pub(super) fn only_reads(&self) -> bool {
        self.only_reads.load(Ordering::Relaxed)
    }
}
