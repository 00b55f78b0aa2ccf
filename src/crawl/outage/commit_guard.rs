//! The buffer of host results in a run: decides when a result is committed, and how much of it. Pure: the clock and the state
//! of the uplink are arguments.
//!
//! Positive results are committed immediately. Negative results are *unconfirmed* until another mirror proves that the local
//! uplink works: it serves correct content in response to a later request. (A captive portal responds for every host, but
//! cannot do that.) While no mirror in the run has done so, only results without a usable response, and those of soft-404
//! hosts, are unconfirmed. A host that lost half of its inventory also waits until enough hosts are done to compute the share
//! of such hosts. A host with an unknown hash does not, unless too many have one.

use std::time::Instant;

use itertools::Itertools as _;

use super::uplink_monitor::UplinkStatus;
use crate::model::count::format_count;

/// The part of a result that is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommitDecision {
    Complete,
    /// Positive results; the negative ones are stored as pending.
    Pending,
    /// Positive results; the negative ones are discarded, because the local network may have failed.
    PositiveOnly,
}

/// The events in a host crawl that tell whether the network worked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostTimeline {
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) last_response: Option<Instant>,
    /// The last request that was answered with correct content.
    pub(crate) last_verified_request: Option<Instant>,
    pub(crate) last_negative: Option<Instant>,
    /// The host serves files that cannot exist, as captive portals do.
    pub(crate) is_soft_404: bool,
}

impl HostTimeline {
    pub(crate) const fn new(started: Instant) -> Self {
        Self {
            started,
            ended: started,
            last_response: None,
            last_verified_request: None,
            last_negative: None,
            is_soft_404: false,
        }
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.ended.duration_since(self.started).as_secs_f64()
    }
}

#[derive(Debug)]
pub(crate) struct BufferedResult<T> {
    pub(crate) timeline: HostTimeline,
    pub(crate) delta: ResultDelta,
    pub(crate) crawl: T,
}

/// The change of a host's inventory that a result would cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ResultDelta {
    /// The number of directories that were present before.
    pub(crate) before: u64,
    /// The number of these that are still present.
    pub(crate) after: u64,
    /// Content is lost, or a category is inconclusive.
    pub(crate) is_negative: bool,
    /// A directory or category is lost, or has an unknown hash.
    pub(crate) loses_content: bool,
    /// A directory has an unknown hash and had none before.
    pub(crate) has_new_unknown_hash: bool,
}

impl ResultDelta {
    const fn lost_half(self) -> bool {
        self.before > 0 && self.after * 2 < self.before
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct MassLossThresholds {
    /// The number of hosts that are needed to compute a share; 0 disables the protection.
    pub(crate) min_hosts: u64,
    /// The percentage of hosts that may lose half of their inventory, or get an unknown hash.
    pub(crate) max_percent: u64,
    pub(crate) planned_hosts: u64,
}

#[derive(Debug)]
pub(crate) struct CommitGuard<T> {
    thresholds: MassLossThresholds,
    buffered: Vec<BufferedResult<T>>,
    /// The number of hosts that responded and had an inventory before.
    counted: u64,
    hosts_with_losses: u64,
    hosts_with_unknown_hash: u64,
    mass_loss_detected: bool,
    /// Too many mirrors have an unknown hash: these results are pending, too.
    pub(crate) mass_unknown_hash_detected: bool,
    /// The last request of any mirror that was answered with correct content.
    last_verified_request: Option<Instant>,
    /// A control sample was fetched after the last negative result.
    pub(crate) uplink_confirmed: bool,
}

impl<T> CommitGuard<T> {
    pub(crate) const fn new(thresholds: MassLossThresholds) -> Self {
        Self {
            thresholds,
            buffered: Vec::new(),
            counted: 0,
            hosts_with_losses: 0,
            hosts_with_unknown_hash: 0,
            mass_loss_detected: false,
            mass_unknown_hash_detected: false,
            last_verified_request: None,
            uplink_confirmed: false,
        }
    }

    /// Returns why results are pending; empty if none is.
    pub(crate) fn pending_reason(&self) -> String {
        let lost = "lost half of their inventory or more";
        let unknown_hash = "serve a repomd.xml that the master never had";
        let reasons = [
            (self.mass_loss_detected, self.hosts_with_losses, lost),
            (
                self.mass_unknown_hash_detected,
                self.hosts_with_unknown_hash,
                unknown_hash,
            ),
        ];
        let detected = reasons.iter().filter(|(is_detected, ..)| *is_detected);
        detected
            .map(|(_, n, what)| format!("{n} of {} {what}", format_count(self.counted, "mirror")))
            .join(", and ")
    }

    pub(crate) fn add(&mut self, result: BufferedResult<T>) {
        let timeline = &result.timeline;
        self.last_verified_request = self.last_verified_request.max(timeline.last_verified_request);
        if timeline.last_response.is_some() && result.delta.before > 0 {
            self.counted += 1;
            self.hosts_with_losses += u64::from(result.delta.lost_half());
            self.hosts_with_unknown_hash += u64::from(result.delta.has_new_unknown_hash);
        }
        let enough = self.counted >= self.thresholds.min_hosts && self.thresholds.min_hosts > 0;
        let too_many = |n: u64| enough && n * 100 > self.thresholds.max_percent * self.counted;
        self.mass_loss_detected |= too_many(self.hosts_with_losses);
        self.mass_unknown_hash_detected |= too_many(self.hosts_with_unknown_hash);
        self.buffered.push(result);
    }

    pub(crate) fn has_unconfirmed(&self) -> bool {
        self.buffered.iter().any(|r| self.is_unconfirmed(r))
    }

    /// Returns true if no mirror has proved since the last negative result that the local uplink works.
    fn is_unconfirmed(&self, result: &BufferedResult<T>) -> bool {
        let (timeline, delta) = (&result.timeline, result.delta);
        let Some(negative) = timeline
            .last_negative
            .filter(|_| delta.is_negative && !self.uplink_confirmed)
        else {
            return false;
        };
        let without_proof = !delta.loses_content || timeline.is_soft_404;
        self.last_verified_request
            .map_or(without_proof, |request| request <= negative)
    }

    const fn is_pending(&self, delta: ResultDelta) -> bool {
        self.mass_loss_detected || (self.mass_unknown_hash_detected && delta.has_new_unknown_hash)
    }

    /// Removes and returns the results that can be committed now. `uplink` returns the state of the uplink during a host crawl.
    pub(crate) fn take_ready(
        &mut self,
        uplink: &mut dyn FnMut(&HostTimeline) -> UplinkStatus,
    ) -> Vec<(BufferedResult<T>, CommitDecision)> {
        let mut out = Vec::new();
        for result in std::mem::take(&mut self.buffered) {
            match self.decide(&result, uplink) {
                Some(decision) => out.push((result, decision)),
                None => self.buffered.push(result),
            }
        }
        out
    }

    fn decide(
        &self,
        result: &BufferedResult<T>,
        uplink: &mut dyn FnMut(&HostTimeline) -> UplinkStatus,
    ) -> Option<CommitDecision> {
        if !result.delta.is_negative {
            return Some(CommitDecision::Complete);
        }
        match uplink(&result.timeline) {
            UplinkStatus::Down => return Some(CommitDecision::PositiveOnly),
            UplinkStatus::Unknown => return None,
            UplinkStatus::Up => {}
        }
        if self.is_unconfirmed(result) {
            return None;
        }
        if self.is_pending(result.delta) {
            return Some(CommitDecision::Pending);
        }
        let min_hosts = self.thresholds.min_hosts;
        let is_too_early = self.counted < min_hosts && self.thresholds.planned_hosts >= min_hosts;
        (!(result.delta.lost_half() && is_too_early)).then_some(CommitDecision::Complete)
    }

    /// Returns the remaining results at the end of the run. Unconfirmed results are committed only if there are at most
    /// `max_unconfirmed`, and negative ones only if the uplink was up.
    pub(crate) fn drain(
        &mut self,
        max_unconfirmed: usize,
        uplink: &mut dyn FnMut(&HostTimeline) -> UplinkStatus,
    ) -> Vec<(BufferedResult<T>, CommitDecision)> {
        let unconfirmed = self.buffered.iter().filter(|r| self.is_unconfirmed(r)).count();
        let accept_unconfirmed = unconfirmed <= max_unconfirmed;
        let buffered = std::mem::take(&mut self.buffered);
        let decide = |r: BufferedResult<T>| {
            let decision = match uplink(&r.timeline) {
                UplinkStatus::Down | UplinkStatus::Unknown => CommitDecision::PositiveOnly,
                UplinkStatus::Up if self.is_unconfirmed(&r) && !accept_unconfirmed => CommitDecision::PositiveOnly,
                UplinkStatus::Up if self.is_pending(r.delta) => CommitDecision::Pending,
                UplinkStatus::Up => CommitDecision::Complete,
            };
            (r, decision)
        };
        buffered.into_iter().map(decide).collect()
    }
}

#[cfg(test)]
mod tests;
