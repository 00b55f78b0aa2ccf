//! What may be believed: results wait here until it is clear that it is not our own network that fails, and that it is not too
//! many mirrors at once that lost what they held. Pure: time and the state of the uplink are handed in.
//!
//! Good news pass at once. Bad news are *open* until a mirror shows that it is not our own network that fails: one that serves, to a
//! request made later, what the master has (a portal that answers for everybody cannot). Where no mirror in the whole run did so, only
//! those are open that gave no answer to rely on, or say yes to everything. Where a mirror lost half of what it held, it waits until so many hosts are done that
//! their share can be told. A mirror that serves what the master never had does not wait for that, unless too many do.

use std::time::Instant;

use super::uplink_monitor::UplinkStatus;
use crate::crawl::host_crawl::HostCrawl;

/// How the run may go on with a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitDecision {
    /// It is written.
    Whole,
    /// What is good is written; what is bad waits for a person.
    Pending,
    /// What is good is written; what is bad is dropped, because our own network failed.
    PositiveOnly,
}

/// A result that waits.
#[derive(Debug)]
pub(crate) struct BufferedResult {
    /// The position of the host in the plan.
    pub(crate) host: usize,
    pub(crate) asked: HostCrawl,
    /// How the host's holdings changed.
    pub(crate) change: ResultDelta,
}

/// What a result would take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResultDelta {
    /// Directories that were held before.
    pub(crate) before: u64,
    /// Of these, held after.
    pub(crate) after: u64,
    /// Something bad is in it: something is lost, or a category gave no answer.
    pub(crate) is_bad: bool,
    /// A directory that was held is not, a category is gone, or it is foreign.
    pub(crate) loses: bool,
    /// It serves what the master never had, and did not do so before.
    pub(crate) is_foreign: bool,
}

impl ResultDelta {
    /// Nothing is.
    pub(crate) const NONE: Self = Self {
        before: 0,
        after: 0,
        is_bad: false,
        loses: false,
        is_foreign: false,
    };

    const fn lost_half(self) -> bool {
        self.before > 0 && self.after * 2 < self.before
    }
}

/// When the brakes act.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MassLossThresholds {
    /// So many hosts are needed to tell.
    pub(crate) after: u64,
    /// The percentage of hosts that may lose half of what they held, or become foreign.
    pub(crate) share: u64,
    /// Hosts in the plan.
    pub(crate) planned: u64,
}

/// The brakes of one run.
#[derive(Debug)]
pub(crate) struct CommitGuard {
    limits: MassLossThresholds,
    waiting: Vec<BufferedResult>,
    /// Hosts that held something and answered, how many of them lost half of it, and how many became foreign.
    counted: u64,
    hosts_with_losses: u64,
    foreign: u64,
    /// Too many lost half: what is bad waits for a person until the end.
    mass_loss_detected: bool,
    /// Too many became foreign: that waits, too.
    foreign_waits: bool,
    /// When a mirror was last asked that then served what the master has.
    last_proof: Option<Instant>,
    /// The run is over, and a witness answered: nothing is open any more.
    uplink_confirmed: bool,
}

impl CommitGuard {
    pub(crate) const fn new(limits: MassLossThresholds) -> Self {
        Self {
            limits,
            waiting: Vec::new(),
            counted: 0,
            hosts_with_losses: 0,
            foreign: 0,
            mass_loss_detected: false,
            foreign_waits: false,
            last_proof: None,
            uplink_confirmed: false,
        }
    }

    /// Why something waits for a person; empty = nothing does.
    pub(crate) fn reason(&self) -> String {
        let of = |n: u64| format!("{n} of {} mirrors", self.counted);
        let mut out = Vec::new();
        if self.mass_loss_detected {
            out.push(format!(
                "{} lost half of what they held or more",
                of(self.hosts_with_losses)
            ));
        }
        if self.foreign_waits {
            out.push(format!(
                "{} serve a repomd.xml that the master never had",
                of(self.foreign)
            ));
        }
        out.join(", and ")
    }

    /// Whether so many mirrors became foreign that this waits for a person, too.
    pub(crate) const fn foreign_waits(&self) -> bool {
        self.foreign_waits
    }

    /// A result comes in.
    pub(crate) fn add(&mut self, result: BufferedResult) {
        self.last_proof = self.last_proof.max(result.asked.last_verified_request);
        if result.asked.last_heard.is_some() && result.change.before > 0 {
            self.counted += 1;
            self.hosts_with_losses += u64::from(result.change.lost_half());
            self.foreign += u64::from(result.change.is_foreign);
        }
        let enough = self.counted >= self.limits.after && self.limits.after > 0;
        let too_many = |n: u64| enough && n * 100 > self.limits.share * self.counted;
        self.mass_loss_detected |= too_many(self.hosts_with_losses);
        self.foreign_waits |= too_many(self.foreign);
        self.waiting.push(result);
    }

    /// Nothing is open from now on: a witness was reached after all of it.
    pub(crate) const fn confirm_uplink(&mut self) {
        self.uplink_confirmed = true;
    }

    /// Whether results wait for a witness.
    pub(crate) fn has_open(&self) -> bool {
        self.waiting.iter().any(|w| self.is_open(w))
    }

    /// Whether nobody has shown since that our own network is well.
    fn is_open(&self, result: &BufferedResult) -> bool {
        let Some(doubted) = result
            .asked
            .last_negative
            .filter(|_| result.change.is_bad && !self.uplink_confirmed)
        else {
            return false;
        };
        let at_first = !result.change.loses || result.asked.is_soft_404;
        self.last_proof.map_or(at_first, |proof| proof <= doubted)
    }

    /// Whether what is bad in a result waits for a person.
    const fn is_held(&self, change: ResultDelta) -> bool {
        self.mass_loss_detected || (self.foreign_waits && change.is_foreign)
    }

    /// The results that need not wait any longer. `uplink` tells of the time of a turn.
    pub(crate) fn ready(
        &mut self,
        uplink: &mut dyn FnMut(&HostCrawl) -> UplinkStatus,
    ) -> Vec<(BufferedResult, CommitDecision)> {
        let mut out = Vec::new();
        for result in std::mem::take(&mut self.waiting) {
            match self.judge(&result, uplink) {
                Some(pass) => out.push((result, pass)),
                None => self.waiting.push(result),
            }
        }
        out
    }

    fn judge(
        &self,
        result: &BufferedResult,
        uplink: &mut dyn FnMut(&HostCrawl) -> UplinkStatus,
    ) -> Option<CommitDecision> {
        if !result.change.is_bad {
            return Some(CommitDecision::Whole);
        }
        match uplink(&result.asked) {
            UplinkStatus::Down => return Some(CommitDecision::PositiveOnly),
            UplinkStatus::Unknown => return None,
            UplinkStatus::Up => {}
        }
        if self.is_open(result) {
            return None;
        }
        if self.is_held(result.change) {
            return Some(CommitDecision::Pending);
        }
        let too_early = self.counted < self.limits.after && self.limits.planned >= self.limits.after;
        if result.change.lost_half() && too_early {
            return None;
        }
        Some(CommitDecision::Whole)
    }

    /// What still waits at the end of the run. What is open is believed only where it is of no more mirrors than `credible`; nor
    /// is anything bad believed where the uplink was not found to be well.
    pub(crate) fn drain(
        &mut self,
        max_unconfirmed: usize,
        uplink: &mut dyn FnMut(&HostCrawl) -> UplinkStatus,
    ) -> Vec<(BufferedResult, CommitDecision)> {
        let open = self.waiting.iter().filter(|w| self.is_open(w)).count();
        let believe = open <= max_unconfirmed;
        let waiting = std::mem::take(&mut self.waiting);
        let decide = |w: BufferedResult| {
            let pass = match uplink(&w.asked) {
                UplinkStatus::Down | UplinkStatus::Unknown => CommitDecision::PositiveOnly,
                UplinkStatus::Up if self.is_open(&w) && !believe => CommitDecision::PositiveOnly,
                UplinkStatus::Up if self.is_held(w.change) => CommitDecision::Pending,
                UplinkStatus::Up => CommitDecision::Whole,
            };
            (w, pass)
        };
        waiting.into_iter().map(decide).collect()
    }
}

#[cfg(test)]
mod tests;
