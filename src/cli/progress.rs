//! A spinner for what takes longer than a blink; only on a terminal (DESIGN §3).

use std::sync::mpsc;
use std::time::Duration;

use indicatif::ProgressBar;

use super::ui::Ui;

/// How long something may take before a spinner says that it is still going on.
const PATIENCE: Duration = Duration::from_millis(300);

/// Does the work; a spinner turns on stderr if it takes long.
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
                // Ends when the sender is dropped: with the work, also where it panics.
                let _ended = wait.recv();
                spinner.finish_and_clear();
            }
        });
        let result = work();
        drop(done);
        result
    })
}
