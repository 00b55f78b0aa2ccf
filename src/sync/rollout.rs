//! All targets: the canary first, then a few at a time; no further one when servers do not take the generation. What is gone back to
//! goes to all.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rand::RngExt;

use super::push::{Limit, Publisher, TargetReport, TargetResult, TargetStatus};
use crate::config::TargetConfig;
use crate::config::target_address::TargetAddress;
use crate::snapshot::generation::GenerationId;

/// The first pause before a target that could not be reached is tried again; each further one is twice as long. Each is drawn
/// between its half and one and a half of it, so that targets do not come back all at once.
const PAUSE: Duration = Duration::from_secs(1);

/// A target and where it lies.
type TargetAt = (TargetConfig, TargetAddress);

/// How it goes so far.
struct Rollout<'a> {
    done: &'a (dyn Fn(&TargetReport) + Sync),
    outcomes: Mutex<Vec<(usize, TargetReport)>>,
    /// How many servers did not take the generation.
    spoilt: AtomicUsize,
}

impl Rollout<'_> {
    fn add(&self, place: usize, outcome: TargetReport) {
        (self.done)(&outcome);
        self.spoilt.fetch_add(usize::from(outcome.rejected), Ordering::Relaxed);
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.push((place, outcome));
    }

    /// The names of those whose servers did not take it.
    fn rejecting_targets(&self) -> Vec<String> {
        let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        let spoilt = outcomes.iter().filter(|(_, o)| o.rejected);
        spoilt.map(|(_, o)| o.target.clone()).collect()
    }
}

impl Publisher<'_> {
    /// Serves all targets; outcomes in the order of the targets. `done` is told of each as it ends.
    ///
    /// One after the other until a server has taken the generation: the canaries first, else in the order of the config. When one
    /// answers and did not take it, no other is begun. Then the others, at most `width` at a time, until `max_unavailable` did not
    /// take it. Who cannot be reached, or hangs before anything was changed there, stops nobody: the next takes its place. While all
    /// others wait for one, it has the shorter deadline.
    ///
    /// What is gone back to was served there before, and what is served now is to go: so nobody is waited for, and nobody stops it.
    pub fn run(&self, targets: &[TargetAt], done: &(dyn Fn(&TargetReport) + Sync)) -> Vec<TargetReport> {
        let rollout = Rollout {
            done,
            outcomes: Mutex::new(Vec::new()),
            spoilt: AtomicUsize::new(0),
        };
        let mut order: Vec<(usize, &TargetAt)> = targets.iter().enumerate().collect();
        order.sort_by_key(|(_, (target, _))| !target.canary);
        let mut rest = order.as_slice();
        while let ([(place, target), others @ ..], false) = (rest, self.dry_run || self.is_rollback) {
            let outcome = self.update_target(target, !others.is_empty());
            let (is_good, spoilt) = (
                matches!(outcome.state, TargetStatus::Current | TargetStatus::Updated),
                outcome.rejected,
            );
            rollout.add(*place, outcome);
            rest = others;
            let is_canary_next = rest.first().is_some_and(|(_, (target, _))| target.canary);
            if spoilt || (is_good && !is_canary_next) {
                break;
            }
        }
        let most = match rollout.spoilt.load(Ordering::Relaxed) {
            _ if self.is_rollback => usize::MAX,
            0 => usize::try_from(self.config.max_unavailable).unwrap_or(usize::MAX),
            _ => 0,
        };
        self.all(&rollout, rest, most);
        let mut outcomes = rollout.outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcomes.sort_by_key(|(n, _)| *n);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// Serves these, until `most` did not take the generation.
    fn all(&self, rollout: &Rollout<'_>, targets: &[(usize, &TargetAt)], most: usize) {
        let next = AtomicUsize::new(0);
        let width = usize::try_from(self.config.width.max(1)).unwrap_or(1);
        std::thread::scope(|scope| {
            for _ in 0..width.min(targets.len()) {
                scope.spawn(|| {
                    while let Some((place, target)) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let outcome = if rollout.spoilt.load(Ordering::Relaxed) >= most {
                            skipped(target, &rollout.rejecting_targets())
                        } else {
                            self.update_target(target, false)
                        };
                        rollout.add(*place, outcome);
                    }
                });
            }
        });
    }

    /// Serves one, for which all others wait or nobody.
    fn update_target(&self, (target, place): &TargetAt, is_awaited: bool) -> TargetReport {
        let begun = Instant::now();
        let limit = if is_awaited && self.config.canary_deadline < self.config.target_deadline {
            Limit {
                until: begun + self.config.canary_deadline.get(),
                key: "sync.canary_deadline",
            }
        } else {
            Limit {
                until: begun + self.config.target_deadline.get(),
                key: "sync.target_deadline",
            }
        };
        let mut before = None;
        let found = self.with_retries(target, place, &mut before, limit);
        let found = found.unwrap_or_else(|mut message| {
            if Instant::now() >= limit.until {
                message = format!("{message}; it had no more time by {}", limit.key);
            }
            TargetResult {
                state: TargetStatus::Failed,
                message,
                rejected: false,
            }
        });
        TargetReport {
            target: target.name.clone(),
            to: place.to_string(),
            state: found.state,
            before,
            seconds: begun.elapsed().as_secs_f64(),
            message: found.message,
            rejected: found.rejected,
        }
    }

    /// Tries again where that may help.
    fn with_retries(
        &self,
        target: &TargetConfig,
        place: &TargetAddress,
        before: &mut Option<GenerationId>,
        limit: Limit,
    ) -> Result<TargetResult, String> {
        let mut pause = PAUSE;
        for _ in 0..self.config.retries {
            let why = match self.publish(target, place, before, limit) {
                Err(why) if matches!(place, TargetAddress::Ssh { .. }) && may_pass(&why) => why,
                ended => return ended,
            };
            let drawn = pause.mul_f64(rand::rng().random_range(0.5..1.5));
            let again = Instant::now() + drawn;
            if self.dry_run || again >= limit.until {
                return Err(why);
            }
            tracing::info!(
                target = target.name,
                why,
                pause = drawn.as_secs_f64(),
                "tried again after a pause"
            );
            while Instant::now() < again {
                if self.stop.is_requested() {
                    return Err(why);
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            pause *= 2;
        }
        self.publish(target, place, before, limit)
    }
}

/// Whether another try may help: keys, hosts that are not known and full disks need a person.
fn may_pass(why: &str) -> bool {
    let lasting = [
        "Permission denied",
        "Host key verification failed",
        "No space left",
        "deadline",
        "stopped",
        "holds a blank",
    ];
    !lasting.iter().any(|text| why.contains(text))
}

fn skipped((target, place): &TargetAt, blamed: &[String]) -> TargetReport {
    let names = blamed.join(", ");
    let others = blamed.join(" --except ");
    TargetReport {
        target: target.name.clone(),
        to: place.to_string(),
        state: TargetStatus::Skipped,
        before: None,
        seconds: 0.0,
        message: format!(
            "not begun, because the server of {names} did not take the generation; see its log, then run mm-sync-out; or go on without \
             it: mm-sync-out --except {others}; or put all back with mm-sync-out --rollback"
        ),
        rejected: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_person_is_not_tried_again() {
        for (why, again) in [
            (
                "cannot reach it: ssh: connect to host x port 22: Connection refused",
                true,
            ),
            ("cannot reach it: mm@x: Permission denied (publickey).", false),
            ("cannot reach it: Host key verification failed.", false),
            ("rsync: write failed: No space left on device (28)", false),
            ("rsync: connection unexpectedly closed (0 bytes received so far)", true),
        ] {
            assert_eq!(may_pass(why), again, "{why}");
        }
    }
}
