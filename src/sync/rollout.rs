//! The rollout to all targets: canaries first, then several targets at a time. It stops when servers reject the generation, except
//! for a rollback.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::RngExt;

use super::push::{Publisher, TargetDeadline, TargetReport, TargetStatus};
use super::target::Target;
use crate::config::target_address::TargetAddress;
use crate::sys::parallel;
use crate::sys::rate_limit::sleep_until;

/// The pause before the first retry; it doubles each time. It is randomized by ±50 %, so that targets are not retried all at once.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

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
        // The targets whose servers rejected the generation.
        let rejecting = Mutex::new(Vec::new());
        let lock_rejecting = || rejecting.lock().unwrap_or_else(PoisonError::into_inner);
        let finish = |report: TargetReport| {
            on_done(&report);
            if report.rejected {
                lock_rejecting().push(report.target.clone());
            }
            report
        };
        let mut order: Vec<(usize, &Target)> = targets.iter().enumerate().collect();
        order.sort_by_key(|(_, target)| !target.config.canary);
        let mut reports: BTreeMap<usize, TargetReport> = BTreeMap::new();
        let mut rest = order.as_slice();
        while let ([(n, target), others @ ..], false) = (rest, self.dry_run || self.is_rollback) {
            let report = finish(self.update_target(target, !others.is_empty()));
            let is_accepted = matches!(report.state, TargetStatus::Current | TargetStatus::Updated);
            let is_rejected = report.rejected;
            reports.insert(*n, report);
            rest = others;
            let is_canary_next = rest.first().is_some_and(|(_, target)| target.config.canary);
            if is_rejected || (is_accepted && !is_canary_next) {
                break;
            }
        }
        let max_failed = match lock_rejecting().len() {
            _ if self.is_rollback => usize::MAX,
            0 => usize::try_from(self.config.max_failed_targets).unwrap_or(usize::MAX),
            _ => 0,
        };
        let threads = usize::try_from(self.config.concurrency).unwrap_or(1);
        let finished = parallel::map(rest, threads, |(_, target)| {
            let rejecting: Vec<String> = lock_rejecting().clone();
            finish(if rejecting.len() >= max_failed {
                skipped(target, &rejecting)
            } else {
                self.update_target(target, false)
            })
        });
        reports.extend(rest.iter().zip(finished).map(|((n, target), report)| {
            let failed = |e: parallel::WorkerPanic| TargetReport::new(target, TargetStatus::Failed, e.to_string());
            (*n, report.unwrap_or_else(failed))
        }));
        reports.into_values().collect()
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
        let mut report = TargetReport::new(target, TargetStatus::Failed, String::new());
        if let Err(message) = self.publish_with_retries(target, &mut report, deadline) {
            report.message = if Instant::now() < deadline.at {
                message
            } else {
                format!("{message}; the time limit {config_key} was reached")
            };
        }
        report.seconds = started.elapsed().as_secs_f64();
        report
    }

    fn publish_with_retries(
        &self,
        target: &Target,
        report: &mut TargetReport,
        deadline: TargetDeadline,
    ) -> Result<(), String> {
        let name = &target.config.name;
        let mut pause = FIRST_PAUSE;
        for _ in 0..self.config.retries {
            let why = match self.publish(target, report, deadline) {
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
            if !sleep_until(retry_at, deadline.at, &self.stop) {
                return Err(why);
            }
            pause *= 2;
        }
        self.publish(target, report, deadline)
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
