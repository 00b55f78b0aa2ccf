//! Blocking work on several items at the same time. If the system refuses threads, the work is done by fewer, at least by the caller's.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use thiserror::Error;

/// The result for an item whose work panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("worker thread panicked")]
pub(crate) struct WorkerPanic;

/// Applies `work` to each item on at most `threads` threads, including that of the caller. The items are started in order, and so are
/// the results.
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
        let workers: Vec<_> = start_scoped(scope, threads.saturating_sub(1), worker);
        let own = worker();
        let joined = workers.into_iter().map(|w| w.join().unwrap_or_default());
        joined.flatten().chain(own).collect()
    });
    results.sort_unstable_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Starts threads that do the same work: fewer than `count` if the system refuses one.
pub(crate) fn start_scoped<'scope, R: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    count: usize,
    work: impl Fn() -> R + Send + Copy + 'scope,
) -> Vec<ScopedJoinHandle<'scope, R>> {
    let start = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
    (0..count).map_while(start).collect()
}

/// Does `other` in another thread while `own` runs in this one; afterwards in this one if the system refuses the thread. The first
/// result is an error if `other` panics.
pub(crate) fn join<A: Send, B>(other: impl FnOnce() -> A + Send, own: impl FnOnce() -> B) -> (thread::Result<A>, B) {
    let other = Mutex::new(Some(other));
    let take = || other.lock().unwrap_or_else(PoisonError::into_inner).take();
    let run = || take().map(|other| other());
    thread::scope(|scope| {
        let started = thread::Builder::new().spawn_scoped(scope, run);
        let own = own();
        let joined = started
            .ok()
            .map(ScopedJoinHandle::join)
            .transpose()
            .map(Option::flatten);
        let result = joined.and_then(|done| match done {
            Some(done) => Ok(done),
            None => catch_unwind(AssertUnwindSafe(run))
                .and_then(|done| done.ok_or_else(|| -> Box<dyn Any + Send> { Box::new(WorkerPanic) })),
        });
        (result, own)
    })
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

    #[test]
    fn both_results_are_returned() {
        let (other, own) = join(|| thread::current().id(), || thread::current().id());
        assert_ne!(other.unwrap(), own);
        assert_eq!(own, thread::current().id());
        let (other, own) = join(|| panic!("on purpose"), || 2);
        assert!(other.is_err() && own == 2);
    }
}
