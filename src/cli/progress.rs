//! A spinner for slow work; only on a terminal.

use std::sync::mpsc;
use std::time::Duration;

use indicatif::ProgressBar;

use super::Ui;

/// How long the work may take before the spinner appears.
const PATIENCE: Duration = Duration::from_millis(300);

/// Does the work, with a spinner on stderr if it takes long.
pub(crate) fn during<T>(ui: &Ui, what: &str, work: impl FnOnce() -> T) -> T {
    if !ui.may_draw() {
        return work();
    }
    let (done, wait) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            if wait.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let spinner = ProgressBar::new_spinner().with_message(format!("{what} …"));
                spinner.enable_steady_tick(Duration::from_millis(100));
                // Ends when the sender is dropped: after the work, or if it panics.
                let _ = wait.recv();
                spinner.finish_and_clear();
            }
        });
        let result = work();
        drop(done);
        result
    })
}
