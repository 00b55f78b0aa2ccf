//! What may be believed: results wait here until it is clear that it is not our own network that fails, and that it is not too
//! many mirrors at once that lost what they held. Pure: time and the state of the uplink are handed in.
//!
//! Good news pass at once. A mirror that could not be reached at all counts only when another one answered after it, or a witness
//! does. Where a mirror lost half of what it held, it waits until so many hosts are done that their share can be told.

use std::time::Instant;

use super::host::Asked;
use super::sentinel::Uplink;

/// How the run may go on with a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// It is written.
    Whole,
    /// What is good is written; what is bad waits for a person.
    Pending,
    /// What is good is written; what is bad is dropped, because our own network failed.
    GoodOnly,
}

/// A result that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The position of the host in the plan.
    pub(super) host: usize,
    pub(super) asked: Asked,
    /// How the host's holdings changed.
    pub(super) change: Change,
}

/// What a result would take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// Directories that were held before.
    pub(super) before: u64,
    /// Of these, held after.
    pub(super) after: u64,
    /// Something bad is in it: a directory that was held is not, a category is gone or gave no answer.
    pub(super) is_bad: bool,
}

impl Change {
    /// Nothing is.
    pub(super) const NONE: Self = Self {
        before: 0,
        after: 0,
        is_bad: false,
    };

    const fn lost_half(self) -> bool {
        self.before > 0 && self.after * 2 < self.before
    }
}

/// When the brakes act.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// So many hosts are needed to tell.
    pub(super) after: u64,
    /// The percentage of hosts that may lose half of what they held.
    pub(super) share: u64,
    /// Hosts in the plan.
    pub(super) planned: u64,
}

/// The brakes of one run.
#[derive(Debug)]
pub(super) struct Gate {
    limits: Limits,
    waiting: Vec<Waiting>,
    /// Hosts that held something and answered, and how many of them lost half of it.
    counted: u64,
    losers: u64,
    /// Too many lost half: what is bad waits for a person until the end.
    engaged: bool,
    /// When a mirror last answered.
    last_heard: Option<Instant>,
    /// The run is over, and a witness answered: mirrors without an answer are believed.
    witnessed: bool,
}

impl Gate {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            waiting: Vec::new(),
            counted: 0,
            losers: 0,
            engaged: false,
            last_heard: None,
            witnessed: false,
        }
    }

    /// Hosts counted, and those that lost half.
    pub(super) const fn numbers(&self) -> (u64, u64) {
        (self.counted, self.losers)
    }

    /// A result comes in.
    pub(super) fn add(&mut self, result: Waiting) {
        if let Some(heard) = result.asked.last_heard {
            self.last_heard = self.last_heard.max(Some(heard));
            if result.change.before > 0 {
                self.counted += 1;
                self.losers += u64::from(result.change.lost_half());
            }
        }
        let enough = self.counted >= self.limits.after && self.limits.after > 0;
        self.engaged |= enough && self.losers * 100 > self.limits.share * self.counted;
        self.waiting.push(result);
    }

    /// Mirrors that gave no answer are believed from now on: a witness was reached after them.
    pub(super) const fn witness(&mut self) {
        self.witnessed = true;
    }

    /// Whether results wait for a witness.
    pub(super) fn has_silent(&self) -> bool {
        self.waiting.iter().any(|w| self.is_silent(&w.asked))
    }

    fn is_silent(&self, asked: &Asked) -> bool {
        let heard_since = self.last_heard.is_some_and(|heard| heard >= asked.ended);
        asked.may_be_ours && !heard_since && !self.witnessed
    }

    /// The results that need not wait any longer. `uplink` tells of the time of a turn.
    pub(super) fn ready(&mut self, uplink: &mut dyn FnMut(&Asked) -> Uplink) -> Vec<(Waiting, Pass)> {
        let mut out = Vec::new();
        for result in std::mem::take(&mut self.waiting) {
            match self.judge(&result, uplink) {
                Some(pass) => out.push((result, pass)),
                None => self.waiting.push(result),
            }
        }
        out
    }

    fn judge(&self, result: &Waiting, uplink: &mut dyn FnMut(&Asked) -> Uplink) -> Option<Pass> {
        if !result.change.is_bad {
            return Some(Pass::Whole);
        }
        match uplink(&result.asked) {
            Uplink::Bad => return Some(Pass::GoodOnly),
            Uplink::NotYet => return None,
            Uplink::Good => {}
        }
        if self.is_silent(&result.asked) {
            return None;
        }
        if self.engaged {
            return Some(Pass::Pending);
        }
        let too_early = self.counted < self.limits.after && self.limits.planned >= self.limits.after;
        if result.change.lost_half() && too_early {
            return None;
        }
        Some(Pass::Whole)
    }

    /// What still waits at the end of the run. Mirrors that gave no answer while none did after them are not believed where
    /// there are `suspicious` of them or more; nor is anything bad where the uplink was not found to be well.
    pub(super) fn rest(&mut self, suspicious: usize, uplink: &mut dyn FnMut(&Asked) -> Uplink) -> Vec<(Waiting, Pass)> {
        let silent = self.waiting.iter().filter(|w| self.is_silent(&w.asked)).count();
        let believe = silent < suspicious;
        let waiting = std::mem::take(&mut self.waiting);
        let decide = |w: Waiting| {
            let pass = match uplink(&w.asked) {
                Uplink::Bad | Uplink::NotYet => Pass::GoodOnly,
                Uplink::Good if self.is_silent(&w.asked) && !believe => Pass::GoodOnly,
                Uplink::Good if self.engaged => Pass::Pending,
                Uplink::Good => Pass::Whole,
            };
            (w, pass)
        };
        waiting.into_iter().map(decide).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::*;
    use crate::model::Epoch;
    use crate::model::ids::{HostId, RunId};
    use crate::model::plan::HostResult;

    const LIMITS: Limits = Limits {
        after: 20,
        share: 20,
        planned: 100,
    };

    struct Clock(Instant, u64);

    impl Clock {
        fn new() -> Self {
            Self(Instant::now(), 0)
        }

        fn tick(&mut self) -> Instant {
            self.1 += 1;
            self.0 + Duration::from_secs(self.1)
        }
    }

    fn result(clock: &mut Clock, host: usize, heard: bool, change: Change) -> Waiting {
        let began = clock.tick();
        let at = clock.tick();
        Waiting {
            host,
            asked: Asked {
                result: HostResult {
                    host: HostId(1),
                    run: RunId(1),
                    started_at: Epoch(0),
                    ended_at: Epoch(0),
                    requests: 1,
                    categories: Vec::new(),
                    wants_scan: BTreeMap::new(),
                    whole: true,
                },
                began,
                ended: if heard { clock.tick() } else { at },
                last_heard: heard.then_some(at),
                base: None,
                stopped: false,
                late: false,
                may_be_ours: !heard,
                ours: None,
            },
            change,
        }
    }

    fn change(before: u64, after: u64) -> Change {
        Change {
            before,
            after,
            is_bad: after < before,
        }
    }

    fn passes(gate: &mut Gate) -> Vec<(usize, Pass)> {
        let ready = gate.ready(&mut |_| Uplink::Good);
        ready.into_iter().map(|(w, pass)| (w.host, pass)).collect()
    }

    fn dead() -> Change {
        Change {
            before: 10,
            after: 10,
            is_bad: true,
        }
    }

    #[test]
    fn good_news_pass_at_once() {
        let (mut gate, mut clock) = (Gate::new(LIMITS), Clock::new());
        gate.add(result(&mut clock, 0, true, change(10, 10)));
        let ready = gate.ready(&mut |_| Uplink::Bad);
        assert_eq!(ready[0].1, Pass::Whole);
    }

    #[test]
    fn one_that_is_not_reached_waits_for_one_that_answers_after_it() {
        let (mut gate, mut clock) = (Gate::new(LIMITS), Clock::new());
        gate.add(result(&mut clock, 0, true, change(10, 10)));
        assert_eq!(passes(&mut gate), [(0, Pass::Whole)]);
        gate.add(result(&mut clock, 1, false, dead()));
        assert!(
            passes(&mut gate).is_empty() && gate.has_silent(),
            "the other answered before"
        );
        gate.add(result(&mut clock, 2, true, change(10, 10)));
        assert_eq!(passes(&mut gate), [(1, Pass::Whole), (2, Pass::Whole)]);
        assert!(!gate.has_silent());
    }

    #[test]
    fn without_a_witness_many_that_were_not_reached_are_not_believed() {
        for (silent, pass) in [(2, Pass::Whole), (3, Pass::GoodOnly)] {
            let (mut gate, mut clock) = (Gate::new(LIMITS), Clock::new());
            gate.add(result(&mut clock, 0, true, change(10, 10)));
            for host in 1..=silent {
                gate.add(result(&mut clock, host, false, dead()));
            }
            assert_eq!(passes(&mut gate).len(), 1);
            let rest = gate.rest(3, &mut |_| Uplink::Good);
            assert!(rest.len() == silent && rest.iter().all(|(_, p)| *p == pass), "{silent}");
        }
        let (mut gate, mut clock) = (Gate::new(LIMITS), Clock::new());
        for host in 0..9 {
            gate.add(result(&mut clock, host, false, dead()));
        }
        gate.witness();
        assert_eq!(passes(&mut gate).len(), 9);
    }

    #[test]
    fn nothing_bad_passes_while_our_own_network_fails() {
        let (mut gate, mut clock) = (Gate::new(LIMITS), Clock::new());
        gate.add(result(&mut clock, 0, true, change(10, 9)));
        assert!(gate.ready(&mut |_| Uplink::NotYet).is_empty());
        let ready = gate.ready(&mut |_| Uplink::Bad);
        assert_eq!(ready[0].1, Pass::GoodOnly);
        gate.add(result(&mut clock, 1, true, change(10, 9)));
        let rest = gate.rest(3, &mut |_| Uplink::NotYet);
        assert_eq!(rest[0].1, Pass::GoodOnly);
    }

    #[test]
    fn who_lost_half_waits_until_the_share_can_be_told() {
        let (mut gate, mut clock) = (Gate::new(LIMITS), Clock::new());
        gate.add(result(&mut clock, 0, true, change(10, 4)));
        for host in 1..19 {
            gate.add(result(&mut clock, host, true, change(10, 5)));
        }
        let early = passes(&mut gate);
        assert!(
            early.len() == 18 && early.iter().all(|(host, _)| *host != 0),
            "{early:?}"
        );
        gate.add(result(&mut clock, 19, true, change(10, 10)));
        assert_eq!(passes(&mut gate), [(0, Pass::Whole), (19, Pass::Whole)]);
        assert!(!gate.engaged);
    }

    #[test]
    fn when_too_many_lost_half_all_that_is_bad_waits_for_a_person() {
        let (mut gate, mut clock) = (Gate::new(LIMITS), Clock::new());
        for host in 0..20 {
            gate.add(result(
                &mut clock,
                host,
                true,
                change(10, if host < 5 { 1 } else { 10 }),
            ));
        }
        assert!(gate.engaged);
        let ready = passes(&mut gate);
        for (host, pass) in &ready {
            assert_eq!(*pass, if *host < 5 { Pass::Pending } else { Pass::Whole });
        }
        assert_eq!(gate.numbers(), (20, 5));
        // From then on smaller losses, too; what is good goes through.
        gate.add(result(&mut clock, 20, true, change(10, 9)));
        gate.add(result(&mut clock, 21, true, change(10, 10)));
        assert_eq!(passes(&mut gate), [(20, Pass::Pending), (21, Pass::Whole)]);
    }

    #[test]
    fn a_run_of_few_hosts_has_no_share() {
        let few = Limits { planned: 3, ..LIMITS };
        let (mut gate, mut clock) = (Gate::new(few), Clock::new());
        gate.add(result(&mut clock, 0, true, change(10, 0)));
        assert_eq!(passes(&mut gate), [(0, Pass::Whole)]);
    }
}
