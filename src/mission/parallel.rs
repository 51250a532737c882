//! Work on many files, on all processors.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

/// Does the same with every item, in the order of the items.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    /// Fewer are done before another thread has started.
    const FEWEST: usize = 64;
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = items.len().div_ceil(threads).max(FEWEST);
    let (own, others) = items.split_at(share.min(items.len()));
    thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = others
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(work).collect::<Vec<_>>()))
            .collect();
        let mut results = Vec::with_capacity(items.len());
        results.extend(own.iter().map(work));
        for thread in others {
            match thread.join() {
                Ok(share) => results.extend(share),
                Err(panic) => resume_unwind(panic),
            }
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_are_in_the_order_of_the_items() {
        for count in [0, 1, 63, 64, 65, 1_000] {
            let items: Vec<_> = (0..count).collect();
            let doubled: Vec<_> = items.iter().map(|item| item * 2).collect();
            assert_eq!(in_parallel(&items, |item| item * 2), doubled, "{count}");
        }
    }
}
