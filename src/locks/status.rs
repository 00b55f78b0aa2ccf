//! The status file of a lock: phase and progress of its job, and what stands still.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;
use crate::sys::process::ProcessId;

/// A running job writes its status more often than this.
const HEARTBEAT_GRACE: Duration = Duration::from_mins(1);

/// The phase and progress of a job: the content of its status file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// A short description of the phase.
    pub phase: String,
    /// Number of finished steps.
    pub done: u64,
    /// Number of all steps; 0 = unknown.
    pub total: u64,
    /// The time of writing.
    pub at: Timestamp,
    /// The last time when any part of the job made progress.
    pub progressed_at: Timestamp,
    /// The mirrors that the job works on.
    pub activities: Vec<ActivityStatus>,
    /// The running child processes.
    pub children: Vec<ChildStatus>,
}

/// The work of one thread of a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityStatus {
    /// The name of a mirror.
    pub subject: String,
    /// The time of its last progress.
    pub progressed_at: Timestamp,
}

/// A running child process; it leads a process group, unless it has left the group of a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildStatus {
    /// The process ID.
    pub pid: u32,
    /// Start of the process in clock ticks since boot.
    pub start_time: u64,
    /// The name of the program.
    pub program: String,
    /// The mirror that it was started for; `None` = it works for the job as a whole.
    pub subject: Option<String>,
    /// The last time when it was seen to compute, read or write.
    pub progressed_at: Timestamp,
}

/// A part of a job that makes no progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stall {
    /// The mirror, or else the program of a child; `None` = the whole job.
    pub subject: Option<String>,
    /// The process that stands still, if it is known.
    pub pid: Option<u32>,
    /// The time of the last progress.
    pub since: Timestamp,
}

impl ChildStatus {
    pub(super) const fn id(&self) -> ProcessId {
        ProcessId {
            pid: self.pid,
            start_time: self.start_time,
        }
    }
}

impl Status {
    pub(super) fn running_children(&self) -> impl Iterator<Item = ProcessId> {
        self.children.iter().map(ChildStatus::id).filter(|id| id.is_running())
    }

    /// Returns what had made no progress for `limit` when the status was written, or is stopped by a signal. A mirror whose child stands
    /// still is named once; one whose child works is not.
    pub(super) fn find_stalls(
        &self,
        owner: ProcessId,
        now: Timestamp,
        limit: Duration,
        is_stopped: &dyn Fn(ProcessId) -> bool,
    ) -> Vec<Stall> {
        let is_old = |progressed_at: Timestamp| self.at.since(progressed_at) >= limit;
        let whole = |since| Stall {
            subject: None,
            pid: Some(owner.pid),
            since,
        };
        // Not even the thread that writes the status runs.
        if is_stopped(owner) || now.since(self.at) >= limit.max(HEARTBEAT_GRACE) {
            return vec![whole(self.at)];
        }
        let has_busy_child = |subject: &str| {
            let mut children = self.children.iter();
            children.any(|c| c.subject.as_deref() == Some(subject) && !is_old(c.progressed_at))
        };
        let children = self.children.iter();
        let children = children.filter(|c| is_stopped(c.id()) || is_old(c.progressed_at));
        let mut stalls: Vec<Stall> = children
            .map(|c| Stall {
                subject: Some(c.subject.clone().unwrap_or_else(|| c.program.clone())),
                pid: Some(c.pid),
                since: c.progressed_at,
            })
            .collect();
        for activity in self.activities.iter().filter(|a| is_old(a.progressed_at)) {
            let subject = Some(activity.subject.clone());
            if !stalls.iter().any(|s| s.subject == subject) && !has_busy_child(&activity.subject) {
                let (pid, since) = (None, activity.progressed_at);
                stalls.push(Stall { subject, pid, since });
            }
        }
        if stalls.is_empty() && is_old(self.progressed_at) {
            stalls.push(whole(self.progressed_at));
        }
        stalls.sort_by_key(|s| s.since);
        stalls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: ProcessId = ProcessId { pid: 1, start_time: 1 };

    fn status() -> Status {
        Status {
            at: Timestamp(1000),
            progressed_at: Timestamp(1000),
            activities: ["m1", "m2"]
                .map(|subject| ActivityStatus {
                    subject: subject.to_owned(),
                    progressed_at: Timestamp(1000),
                })
                .to_vec(),
            children: vec![ChildStatus {
                pid: 7,
                start_time: 8,
                program: "rsync".to_owned(),
                subject: Some("m2".to_owned()),
                progressed_at: Timestamp(1000),
            }],
            ..Status::default()
        }
    }

    fn stalls(status: &Status, now: i64, stopped: Option<u32>) -> Vec<(Option<String>, Option<u32>, i64)> {
        let limit = Duration::from_mins(5);
        let found = status.find_stalls(OWNER, Timestamp(now), limit, &|p| Some(p.pid) == stopped);
        found.into_iter().map(|s| (s.subject, s.pid, s.since.0)).collect()
    }

    #[test]
    fn part_without_progress_is_named() {
        let mirror = |name: &str| Some(name.to_owned());
        assert_eq!(stalls(&status(), 1299, None), []);
        let mut one = status();
        one.activities[0].progressed_at = Timestamp(700);
        assert_eq!(stalls(&one, 1000, None), [(mirror("m1"), None, 700)]);
        let mut listing = status();
        listing.activities[1].progressed_at = Timestamp(700);
        assert_eq!(stalls(&listing, 1000, None), [], "its child works");
        // The child of a mirror and its thread are one stall.
        one.activities[1].progressed_at = Timestamp(600);
        one.children[0].progressed_at = Timestamp(500);
        let both = [(mirror("m2"), Some(7), 500), (mirror("m1"), None, 700)];
        assert_eq!(stalls(&one, 1000, None), both);
        let mut child = status();
        (child.activities, child.children[0].subject) = (Vec::new(), None);
        assert_eq!(stalls(&child, 1001, Some(7)), [(mirror("rsync"), Some(7), 1000)]);
    }

    #[test]
    fn job_without_progress_is_named_as_a_whole() {
        let whole = |since| [(None, Some(1), since)];
        assert_eq!(stalls(&status(), 1300, None), whole(1000), "the status is old");
        assert_eq!(stalls(&status(), 1001, Some(1)), whole(1000), "stopped by a signal");
        let idle = Status {
            at: Timestamp(1000),
            progressed_at: Timestamp(700),
            ..Status::default()
        };
        assert_eq!(stalls(&idle, 1000, None), whole(700));
    }
}
