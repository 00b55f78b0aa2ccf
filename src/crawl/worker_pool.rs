//! Lanes: hosts asked at the same time, each by one thread, one task per host, never nested. A panic ends its host, not the run.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// What became of one task.
#[derive(Debug)]
pub(super) struct TaskResult<T> {
    /// Its position in the order it was given in.
    pub(super) task: usize,
    /// What it returned; what it said when it panicked.
    pub(super) outcome: Result<T, String>,
}

/// Tasks under way.
#[derive(Debug)]
pub(super) struct WorkerPool<T> {
    results: Receiver<TaskResult<T>>,
    left: usize,
    /// Its threads end when it is dropped and their task is done; nobody waits for them.
    _pool: ThreadPool,
}

impl<T: Send + 'static> WorkerPool<T> {
    /// Starts `tasks` tasks on at most `lanes` threads, in this order.
    pub(super) fn start(
        lanes: usize,
        tasks: usize,
        work: impl Fn(usize) -> T + Send + Sync + 'static,
    ) -> Result<Self, ThreadPoolBuildError> {
        let lanes = lanes.min(tasks).max(1);
        let pool = ThreadPoolBuilder::new()
            .num_threads(lanes)
            .thread_name(|n| format!("lane {n}"))
            .build()?;
        // Bounded: a database that is slow to commit slows the lanes down instead of filling the memory.
        let (tell, results) = mpsc::sync_channel(lanes);
        let work = Arc::new(work);
        for task in 0..tasks {
            let (tell, work) = (tell.clone(), Arc::clone(&work));
            pool.spawn_fifo(move || {
                let outcome = catch_unwind(AssertUnwindSafe(|| work(task))).map_err(|p| panic_message(p.as_ref()));
                // Nobody listens any more when the run gave up.
                drop(tell.send(TaskResult { task, outcome }));
            });
        }
        Ok(Self {
            results,
            left: tasks,
            _pool: pool,
        })
    }

    /// How many tasks have not ended.
    pub(super) const fn left(&self) -> usize {
        self.left
    }

    /// The next task that ends; `None` when none does within `wait`.
    pub(super) fn next(&mut self, wait: Duration) -> Option<TaskResult<T>> {
        match self.results.recv_timeout(wait) {
            Ok(ended) => {
                self.left = self.left.saturating_sub(1);
                Some(ended)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                self.left = 0;
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
    text.unwrap_or_else(|| "it did not say why".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_its_task_only() {
        let mut lanes = WorkerPool::start(2, 5, |n| {
            assert!(n != 2, "task two is broken");
            n * 10
        })
        .unwrap();
        let mut seen = Vec::new();
        while lanes.left() > 0 {
            if let Some(ended) = lanes.next(Duration::from_secs(10)) {
                seen.push((ended.task, ended.outcome));
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
