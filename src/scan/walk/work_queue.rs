//! A work queue for traversing a tree with several threads: each task may add more tasks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ScopedJoinHandle;

use crate::sys::parallel;

/// The waiting tasks and the number of running ones.
struct Queue<T> {
    state: Mutex<QueueState<T>>,
    changed: Condvar,
}

struct QueueState<T> {
    waiting: Vec<T>,
    busy: usize,
    failed: bool,
}

impl<T> Queue<T> {
    fn state(&self) -> MutexGuard<'_, QueueState<T>> {
        // Every statement leaves the state consistent, so a panic of another worker does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the next task; `None` if all are done or a worker failed. Last in, first out, which keeps the queue short.
    fn next(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            if state.failed {
                return None;
            }
            if let Some(task) = state.waiting.pop() {
                state.busy += 1;
                return Some(task);
            }
            if state.busy == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A running task; dropping it notifies the other workers, also after a panic.
struct TaskGuard<'q, T> {
    queue: &'q Queue<T>,
    found: Vec<T>,
    succeeded: bool,
}

impl<T> Drop for TaskGuard<'_, T> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.waiting.append(&mut self.found);
        state.busy -= 1;
        state.failed |= !self.succeeded;
        self.queue.changed.notify_all();
    }
}

/// Runs `first` and all tasks added by tasks in `workers` threads, and collects their results. The first error stops all;
/// `Err(None)` means that a worker panicked.
pub(super) fn run<T: Send, R: Send, E: Send>(
    workers: usize,
    first: T,
    work: impl Fn(T, &mut Vec<T>) -> Result<Option<R>, E> + Sync,
) -> Result<Vec<R>, Option<E>> {
    let queue = Queue {
        state: Mutex::new(QueueState {
            waiting: vec![first],
            busy: 0,
            failed: false,
        }),
        changed: Condvar::new(),
    };
    let worker = || {
        let mut results = Vec::new();
        while let Some(task) = queue.next() {
            let mut guard = TaskGuard {
                queue: &queue,
                found: Vec::new(),
                succeeded: false,
            };
            results.extend(work(task, &mut guard.found)?);
            guard.succeeded = true;
        }
        Ok(results)
    };
    std::thread::scope(|scope| {
        let threads = parallel::start_scoped(scope, workers.saturating_sub(1), worker);
        let own = catch_unwind(AssertUnwindSafe(worker));
        let mut all = Vec::new();
        let mut failure = None;
        for result in threads.into_iter().map(ScopedJoinHandle::join).chain([own]) {
            match result {
                Ok(Ok(mut some)) => all.append(&mut some),
                Ok(Err(e)) => {
                    failure.get_or_insert(Some(e));
                }
                Err(_) => {
                    failure.get_or_insert(None);
                }
            }
        }
        failure.map_or(Ok(all), Err)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once() {
        let mut all = run(5, 0_u32, |n, found| {
            if n < 1000 {
                found.extend([n * 2 + 1, n * 2 + 2]);
            }
            Ok::<_, ()>(Some(n))
        })
        .unwrap();
        all.sort_unstable();
        assert_eq!(all, (0..=2000).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_stops_all() {
        let got = run(4, 0_u64, |n, found| {
            found.extend([n + 1, n + 1]);
            if n == 12 { Err("enough") } else { Ok(Some(())) }
        });
        assert_eq!(got, Err(Some("enough")));
    }

    #[test]
    fn a_panic_stops_the_other_workers() {
        let got = run(3, 0_u64, |n, found| {
            found.push(n + 1);
            assert!(n < 7, "on purpose");
            Ok::<_, ()>(Some(()))
        });
        assert_eq!(got, Err(None));
    }
}
