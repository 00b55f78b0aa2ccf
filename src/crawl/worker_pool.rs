//! Worker threads that crawl hosts in parallel: one task per host, never nested. A panic ends its task, not the run.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

#[derive(Debug)]
pub(super) struct TaskResult<T> {
    pub(super) task: usize,
    /// The return value, or the message of a panic.
    pub(super) outcome: Result<T, String>,
}

#[derive(Debug)]
pub(super) struct WorkerPool<T> {
    results: Receiver<TaskResult<T>>,
    remaining: usize,
    started: Arc<Vec<OnceLock<Instant>>>,
    /// When dropped, its threads exit after their current task; they are not joined.
    _pool: ThreadPool,
}

impl<T: Send + 'static> WorkerPool<T> {
    /// Starts tasks 0 to `tasks`, in this order, on at most `workers` threads.
    pub(super) fn start(
        workers: usize,
        tasks: usize,
        work: impl Fn(usize) -> T + Send + Sync + 'static,
    ) -> Result<Self, ThreadPoolBuildError> {
        let workers = workers.min(tasks).max(1);
        let pool = ThreadPoolBuilder::new()
            .num_threads(workers)
            .thread_name(|n| format!("worker {n}"))
            .build()?;
        // The channel is bounded, so that a slow database blocks the workers instead of filling the memory.
        let (sender, results) = mpsc::sync_channel(workers);
        let work = Arc::new(work);
        let started = Arc::new(vec![OnceLock::new(); tasks]);
        for task in 0..tasks {
            let (sender, work, started) = (sender.clone(), Arc::clone(&work), Arc::clone(&started));
            pool.spawn_fifo(move || {
                started.get(task).map(|start| start.set(Instant::now()));
                let outcome = catch_unwind(AssertUnwindSafe(|| work(task))).map_err(|p| panic_message(p.as_ref()));
                // The receiver is dropped when the run ends early.
                drop(sender.send(TaskResult { task, outcome }));
            });
        }
        Ok(Self {
            results,
            remaining: tasks,
            started,
            _pool: pool,
        })
    }

    /// The number of tasks that have not finished.
    pub(super) const fn remaining(&self) -> usize {
        self.remaining
    }

    /// Returns the time since a task was started; `None` if it was not.
    pub(super) fn elapsed(&self, task: usize) -> Option<Duration> {
        self.started.get(task)?.get().map(Instant::elapsed)
    }

    /// Returns the next task that finishes; `None` if none does within `timeout`.
    pub(super) fn next(&mut self, timeout: Duration) -> Option<TaskResult<T>> {
        match self.results.recv_timeout(timeout) {
            Ok(result) => {
                self.remaining = self.remaining.saturating_sub(1);
                Some(result)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.remaining = 0;
                None
            }
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "panic without a message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_ends_only_its_task() {
        let mut pool = WorkerPool::start(2, 5, |n| {
            assert!(n != 2, "task two is broken");
            n * 10
        })
        .unwrap();
        let mut seen = Vec::new();
        while pool.remaining() > 0 {
            if let Some(result) = pool.next(Duration::from_secs(10)) {
                seen.push((result.task, result.outcome));
            }
        }
        seen.sort_by_key(|(task, _)| *task);
        let good: Vec<usize> = seen.iter().filter_map(|(_, o)| o.as_ref().ok().copied()).collect();
        assert_eq!(good, [0, 10, 30, 40]);
        assert!(
            seen[2].1.as_ref().is_err_and(|e| e.contains("task two is broken")),
            "{seen:?}"
        );
    }
}
