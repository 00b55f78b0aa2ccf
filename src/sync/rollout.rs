//! The rollout to all targets: canaries first, then several targets at a time. It stops when servers reject the generation, except
//! for a rollback.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use rand::RngExt;

use super::push::{Publisher, TargetDeadline, TargetReport, TargetResult, TargetStatus};
use super::target::Target;
use crate::config::target_address::TargetAddress;
use crate::snapshot::generation::GenerationId;
use crate::sys::parallel;

/// The pause before the first retry; it doubles each time. It is randomized by ±50 %, so that targets are not retried all at once.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The progress of a rollout.
struct Rollout<'a> {
    on_done: &'a (dyn Fn(&TargetReport) + Sync),
    /// The targets whose servers rejected the generation.
    rejecting: Mutex<Vec<String>>,
}

impl Rollout<'_> {
    fn finish(&self, report: TargetReport) -> TargetReport {
        (self.on_done)(&report);
        if report.rejected {
            let mut rejecting = self.rejecting.lock().unwrap_or_else(PoisonError::into_inner);
            rejecting.push(report.target.clone());
        }
        report
    }

    fn rejecting(&self) -> Vec<String> {
        self.rejecting.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Publisher<'_> {
    /// Publishes to all targets, and returns the reports in the order of the targets. `on_done` is called for each finished target.
    ///
    /// Targets are updated one after the other until a server has accepted the generation: canaries first, then in the order of the
    /// config. If a server rejects it, no other target is started. Then the others follow, `concurrency` at a time, until
    /// `max_failed_targets` servers have rejected it. A target that is unreachable, or hangs before it was changed, stops nothing:
    /// the next one replaces it. While all others wait for a target, it has the shorter deadline.
    ///
    /// A rollback returns to a generation that was served before, and must be quick: it neither waits for canaries nor stops.
    pub(crate) fn run(&self, targets: &[Target], on_done: &(dyn Fn(&TargetReport) + Sync)) -> Vec<TargetReport> {
        let rollout = Rollout {
            on_done,
            rejecting: Mutex::new(Vec::new()),
        };
        let mut order: Vec<(usize, &Target)> = targets.iter().enumerate().collect();
        order.sort_by_key(|(_, target)| !target.config.canary);
        let mut reports: Vec<(usize, TargetReport)> = Vec::with_capacity(order.len());
        let mut rest = order.as_slice();
        while let ([(n, target), others @ ..], false) = (rest, self.dry_run || self.is_rollback) {
            let report = rollout.finish(self.update_target(target, !others.is_empty()));
            let is_accepted = matches!(report.state, TargetStatus::Current | TargetStatus::Updated);
            let is_rejected = report.rejected;
            reports.push((*n, report));
            rest = others;
            let is_canary_next = rest.first().is_some_and(|(_, target)| target.config.canary);
            if is_rejected || (is_accepted && !is_canary_next) {
                break;
            }
        }
        let max_failed = match rollout.rejecting().len() {
            _ if self.is_rollback => usize::MAX,
            0 => usize::try_from(self.config.max_failed_targets).unwrap_or(usize::MAX),
            _ => 0,
        };
        let threads = usize::try_from(self.config.concurrency).unwrap_or(1);
        let finished = parallel::map(rest, threads, |(_, target)| {
            let rejecting = rollout.rejecting();
            rollout.finish(if rejecting.len() >= max_failed {
                skipped(target, &rejecting)
            } else {
                self.update_target(target, false)
            })
        });
        reports.extend(rest.iter().zip(finished).map(|((n, target), report)| {
            let failed = |e: parallel::WorkerPanic| TargetReport::new(target, TargetStatus::Failed, e.to_string());
            (*n, report.unwrap_or_else(failed))
        }));
        reports.sort_by_key(|(n, _)| *n);
        reports.into_iter().map(|(_, report)| report).collect()
    }

    /// Updates one target; `is_awaited` if all others wait for it.
    fn update_target(&self, target: &Target, is_awaited: bool) -> TargetReport {
        let started = Instant::now();
        let (timeout, config_key) = if is_awaited && self.config.canary_deadline < self.config.target_deadline {
            (self.config.canary_deadline, "sync.canary_deadline")
        } else {
            (self.config.target_deadline, "sync.target_deadline")
        };
        let deadline = TargetDeadline {
            at: started + timeout.get(),
            config_key,
        };
        let mut previous = None;
        let result = self.publish_with_retries(target, &mut previous, deadline);
        let result = result.unwrap_or_else(|mut message| {
            if Instant::now() >= deadline.at {
                message = format!("{message}; the time limit {config_key} was reached");
            }
            TargetResult {
                state: TargetStatus::Failed,
                message,
                rejected: false,
            }
        });
        TargetReport {
            previous,
            seconds: started.elapsed().as_secs_f64(),
            rejected: result.rejected,
            ..TargetReport::new(target, result.state, result.message)
        }
    }

    fn publish_with_retries(
        &self,
        target: &Target,
        previous: &mut Option<GenerationId>,
        deadline: TargetDeadline,
    ) -> Result<TargetResult, String> {
        let name = &target.config.name;
        let mut pause = FIRST_PAUSE;
        for _ in 0..self.config.retries {
            let why = match self.publish(target, previous, deadline) {
                Err(why) if matches!(target.address, TargetAddress::Ssh { .. }) && is_retryable(&why) => why,
                result => return result,
            };
            let randomized = pause.mul_f64(rand::rng().random_range(0.5..1.5));
            let retry_at = Instant::now() + randomized;
            if self.dry_run || retry_at >= deadline.at {
                return Err(why);
            }
            tracing::info!(
                target = name,
                why,
                pause_seconds = randomized.as_secs_f64(),
                "retrying the target"
            );
            while Instant::now() < retry_at {
                if self.stop.is_requested() {
                    return Err(why);
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            pause *= 2;
        }
        self.publish(target, previous, deadline)
    }
}

/// Returns true if a retry may help. Keys, unknown hosts and full disks need an operator.
fn is_retryable(why: &str) -> bool {
    let permanent = [
        "Permission denied",
        "Host key verification failed",
        "No space left",
        "deadline",
        "stopped",
        "contains a space",
    ];
    !permanent.iter().any(|text| why.contains(text))
}

fn skipped(target: &Target, rejecting: &[String]) -> TargetReport {
    let names = rejecting.join(", ");
    let exclude = rejecting.join(" --exclude ");
    let message = format!(
        "skipped: the server of {names} rejected the generation; see its log, then run mm-sync-out; or continue without it: \
         mm-sync-out --exclude {exclude}; or undo with mm-sync-out --rollback"
    );
    TargetReport::new(target, TargetStatus::Skipped, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_need_an_operator_are_not_retried() {
        for (why, retryable) in [
            (
                "cannot reach it: ssh: connect to host x port 22: Connection refused",
                true,
            ),
            ("cannot reach it: mm@x: Permission denied (publickey).", false),
            ("cannot reach it: Host key verification failed.", false),
            ("rsync: write failed: No space left on device (28)", false),
            ("rsync: connection unexpectedly closed (0 bytes received so far)", true),
        ] {
            assert_eq!(is_retryable(why), retryable, "{why}");
        }
    }
}
