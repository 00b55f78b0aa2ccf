//! A handful of threads that work through a tree: each takes a task, finds more, and goes on until nothing is left.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The tasks that wait, and how many are being done.
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
        // The state is whole between two statements: a lane that died left nothing half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next task; `None` when all is done, or when a lane failed. The last one found is the first one done, so few wait.
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

/// A task being done. However it ends, the other lanes learn of it.
struct TaskGuard<'q, T> {
    queue: &'q Queue<T>,
    found: Vec<T>,
    ended_well: bool,
}

impl<T> Drop for TaskGuard<'_, T> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.waiting.append(&mut self.found);
        state.busy -= 1;
        state.failed |= !self.ended_well;
        self.queue.changed.notify_all();
    }
}

/// Does `first` and all tasks that come of it, in `lanes` threads; collects what they give. The first error ends all; `Err(None)`
/// = a lane panicked.
pub(super) fn run<T: Send, R: Send, E: Send>(
    lanes: usize,
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
    let lane = || {
        let mut results = Vec::new();
        while let Some(task) = queue.next() {
            let mut turn = TaskGuard {
                queue: &queue,
                found: Vec::new(),
                ended_well: false,
            };
            results.extend(work(task, &mut turn.found)?);
            turn.ended_well = true;
        }
        Ok(results)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..lanes.max(1)).map(|_| scope.spawn(lane)).collect();
        let mut all = Vec::new();
        let mut failure = None;
        for thread in threads {
            match thread.join() {
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
    fn every_task_is_done_once() {
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
    fn the_first_error_ends_all() {
        let got = run(4, 0_u64, |n, found| {
            found.extend([n + 1, n + 1]);
            if n == 12 { Err("enough") } else { Ok(Some(())) }
        });
        assert_eq!(got, Err(Some("enough")));
    }

    #[test]
    fn a_lane_that_dies_leaves_nobody_waiting() {
        let got = run(3, 0_u64, |n, found| {
            found.push(n + 1);
            assert!(n < 7, "on purpose");
            Ok::<_, ()>(Some(()))
        });
        assert_eq!(got, Err(None));
    }
}
