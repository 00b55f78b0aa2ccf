//! Blocking work on several items at the same time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

use thiserror::Error;

/// The result for an item whose work panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("worker thread panicked")]
pub(crate) struct WorkerPanic;

/// Applies `work` to each item on at most `threads` threads. The items are started in order, and so are the results.
pub(crate) fn map<T: Send, R: Send>(
    items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator + Send>,
    threads: usize,
    work: impl Fn(T) -> R + Sync,
) -> Vec<Result<R, WorkerPanic>> {
    let items = items.into_iter();
    let threads = threads.max(1).min(items.len());
    let queue = Mutex::new(items.enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        let mut done = Vec::new();
        while let Some((n, item)) = next() {
            let result = catch_unwind(AssertUnwindSafe(|| work(item)));
            done.push((n, result.map_err(|_| WorkerPanic)));
        }
        done
    };
    let mut results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(|w| w.join().unwrap_or_default());
        joined.flatten().collect()
    });
    results.sort_unstable_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        let items: Vec<u32> = (0..100).collect();
        let results = map(&items, 7, |n| {
            assert!(*n != 50, "on purpose");
            n * 2
        });
        for (n, result) in items.iter().zip(results) {
            assert_eq!(result, if *n == 50 { Err(WorkerPanic) } else { Ok(n * 2) });
        }
        assert_eq!(map([], 7, |()| ()), []);
    }
}
