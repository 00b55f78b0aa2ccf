//! What the threads of a job work on, and when each last made progress: `mm-locks` shows what stands still.
//!
//! A thread that works on one mirror has an [`Activity`] for that time. [`record_progress`] is called wherever data arrive or a step
//! ends; it counts for the activity of the calling thread, and for the job as a whole. A deliberate pause counts as progress.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug)]
struct Entry {
    subject: String,
    /// Time of the last progress, in milliseconds after [`START`].
    progress: AtomicU64,
}

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// The last progress of the job.
static JOB_PROGRESS: AtomicU64 = AtomicU64::new(0);
static ACTIVITIES: Mutex<Vec<Arc<Entry>>> = Mutex::new(Vec::new());

thread_local! {
    static CURRENT: RefCell<Option<Arc<Entry>>> = const { RefCell::new(None) };
}

/// The work of this thread on one subject; ends when dropped.
#[derive(Debug)]
pub(crate) struct Activity(Arc<Entry>);

impl Activity {
    /// Begins the activity of the calling thread. `subject` is the name of a mirror.
    pub(crate) fn begin(subject: &str) -> Self {
        let entry = Arc::new(Entry {
            subject: subject.to_owned(),
            progress: AtomicU64::new(0),
        });
        activities().push(Arc::clone(&entry));
        CURRENT.with_borrow_mut(|current| *current = Some(Arc::clone(&entry)));
        record_progress();
        Self(entry)
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        activities().retain(|other| !Arc::ptr_eq(other, &self.0));
        CURRENT.with_borrow_mut(|current| current.take_if(|entry| Arc::ptr_eq(entry, &self.0)));
        record_progress();
    }
}

fn activities() -> MutexGuard<'static, Vec<Arc<Entry>>> {
    ACTIVITIES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn idle_since(progress: &AtomicU64) -> Duration {
    Duration::from_millis(now().saturating_sub(progress.load(Ordering::Relaxed)))
}

/// Records that the calling thread made progress.
pub(crate) fn record_progress() {
    let now = now();
    JOB_PROGRESS.store(now, Ordering::Relaxed);
    CURRENT.with_borrow(|current| {
        if let Some(entry) = current {
            entry.progress.store(now, Ordering::Relaxed);
        }
    });
}

/// Returns the time since any thread of the job made progress.
pub(crate) fn job_idle_time() -> Duration {
    idle_since(&JOB_PROGRESS)
}

/// Returns the subject of each activity, with the time since its last progress.
pub(crate) fn idle_times() -> Vec<(String, Duration)> {
    let activities = activities();
    let idle = activities.iter().map(|e| (e.subject.clone(), idle_since(&e.progress)));
    idle.collect()
}

/// Returns the subject that the calling thread works on.
pub(crate) fn current_subject() -> Option<String> {
    CURRENT.with_borrow(|current| current.as_ref().map(|entry| entry.subject.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_counts_for_the_activity_of_the_thread() {
        let idle = |subject: &str| idle_times().into_iter().find(|(s, _)| s == subject).map(|(_, t)| t);
        let activity = Activity::begin("m1.example.org");
        assert_eq!(current_subject().as_deref(), Some("m1.example.org"));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _other = Activity::begin("m2.example.org");
                std::thread::sleep(Duration::from_millis(30));
                record_progress();
                assert!(idle("m1.example.org") >= Some(Duration::from_millis(30)));
                assert!(job_idle_time() < Duration::from_secs(10));
            });
        });
        assert_eq!(idle("m2.example.org"), None);
        record_progress();
        assert!(idle("m1.example.org").is_some());
        drop(activity);
        assert_eq!((idle("m1.example.org"), current_subject()), (None, None));
    }
}
