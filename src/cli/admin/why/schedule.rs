//! What happens next with a host: pure.

use std::time::Duration;

use serde::Serialize;

use crate::config::CrawlConfig;
use crate::config::HumanDuration;
use crate::db::crawl_history::Downtime;
use crate::model::Timestamp;
use crate::model::crawl_prefs::{CrawlWindow, ProbeKind};
use crate::model::ids::RunId;
use crate::model::registry::{DisabledBy, Host, Site};

/// For so long a request counts against the budget.
pub(super) const DAY: Duration = Duration::from_hours(24);

/// What is known of a host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) host: &'a Host,
    pub(super) site: &'a Site,
    pub(super) crawl: &'a CrawlConfig,
    /// Those that are not over, in order of their beginnings.
    pub(super) downtimes: &'a [Downtime],
    /// Requests of the last [`DAY`]: when the crawls ended that made them, and how many, oldest first.
    pub(super) spent: &'a [(Timestamp, u64)],
    /// The run whose results of this host wait for a person.
    pub(super) pending: Option<RunId>,
    pub(super) now: Timestamp,
}

/// How much a host is asked, its own numbers over those of the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct RequestLimits {
    connections: u32,
    /// Requests a second.
    rate: Option<u32>,
    /// Requests in 24 hours.
    daily_budget: Option<u64>,
    window: Option<CrawlWindow>,
    probe: Option<ProbeKind>,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CrawlSchedule {
    /// Why no crawl asks it; `None` = the crawls do.
    left_out: Option<String>,
    /// The crawler switched it off: it is asked all the same.
    comes_back: bool,
    /// The first moment at which a crawl asks it; `None` where none does.
    pub(super) from: Option<Timestamp>,
    /// Why not now; empty = now.
    waits_for: Vec<String>,
    limits: RequestLimits,
    /// Requests made in the last 24 hours.
    requests_of_the_day: u64,
    /// Those that are not over.
    downtimes: Vec<Downtime>,
    /// Crawls in a row without any answer.
    failures: u32,
    /// How many more of them until it is warned of; `None` = it was, or nobody is.
    until_warned: Option<u32>,
    /// How many more of them switch it off; `None` = it is off, or nobody is switched off.
    until_disabled: Option<u32>,
    /// The run whose results of this host wait for a person.
    pending_run: Option<RunId>,
}

/// Reckons it.
pub(super) fn schedule(facts: Facts<'_>) -> CrawlSchedule {
    let (host, crawl) = (facts.host, facts.crawl);
    let limits = RequestLimits {
        connections: host.crawl_connections.unwrap_or(crawl.max_connections_per_server),
        rate: Some(host.crawl_rate.unwrap_or(crawl.requests_per_second)).filter(|n| *n > 0),
        daily_budget: Some(host.crawl_budget.unwrap_or(crawl.requests_per_day))
            .filter(|n| *n > 0)
            .map(u64::from),
        window: host.crawl_window,
        probe: host.crawl_probe,
    };
    let left_out = left_out(facts);
    let comes_back = left_out.is_none() && !host.user_active;
    let (mut from, mut waits_for) = (None, Vec::new());
    if left_out.is_none() {
        let (at, why) = earliest(facts, limits);
        (from, waits_for) = (Some(at), why);
    }
    let more = |limit: u32| {
        limit
            .checked_sub(host.crawl_failures)
            .filter(|n| *n > 0 && host.user_active)
    };
    CrawlSchedule {
        left_out,
        comes_back,
        from,
        waits_for,
        limits,
        requests_of_the_day: spent_at(facts.spent, facts.now),
        downtimes: facts.downtimes.to_vec(),
        failures: host.crawl_failures,
        until_warned: more(crawl.warn_after_failures),
        // With the limit lowered since, the next one is enough.
        until_disabled: more(crawl.disable_after_failures.max(host.crawl_failures + 1))
            .filter(|_| crawl.disable_after_failures > 0),
        pending_run: facts.pending,
    }
}

fn left_out(facts: Facts<'_>) -> Option<String> {
    let (host, site) = (facts.host, facts.site);
    let by_crawler = host.disabled_by == Some(DisabledBy::Crawler);
    if host.is_private(site) {
        return Some("private hosts are not crawled; they are listed where always_up2date says so".to_owned());
    }
    let active = site.admin_active && site.user_active && host.admin_active && (host.user_active || by_crawler);
    (!active).then(|| {
        format!(
            "it is switched off; mm-crawl --include-disabled --host {} asks it all the same",
            host.name
        )
    })
}

/// The first moment from now on at which nothing keeps a crawl from it, and what does until then.
fn earliest(facts: Facts<'_>, limits: RequestLimits) -> (Timestamp, Vec<String>) {
    /// One thing after the other may stand in the way; they end some day.
    const STEPS: usize = 1_000;
    let mut at = facts.now;
    let mut why: Vec<String> = Vec::new();
    let mut note = |text: String| {
        if !why.contains(&text) {
            why.push(text);
        }
    };
    for _ in 0..STEPS {
        if let Some(down) = facts.downtimes.iter().find(|d| d.starts_at <= at && at < d.ends_at) {
            let reason = down.reason.as_ref().map_or(String::new(), |r| format!(" ({r})"));
            note(format!("it is down until {}{reason}", down.ends_at));
            at = down.ends_at;
        } else if let Some(window) = limits.window.filter(|w| !w.contains(at)) {
            note(format!("it may be crawled at {window} UTC only"));
            at = at.plus(window.until_open(at));
        } else if let Some(free) = limits.daily_budget.and_then(|budget| free_at(facts.spent, budget, at)) {
            note(format!("its requests of the day are used up until {free}"));
            at = free;
        } else {
            break;
        }
    }
    (at, why)
}

/// Requests that count against the budget at a moment.
fn spent_at(spent: &[(Timestamp, u64)], at: Timestamp) -> u64 {
    let counts = |(ended, _): &&(Timestamp, u64)| *ended > at.minus(DAY);
    spent.iter().filter(counts).map(|(_, n)| n).sum()
}

/// When something of the budget is left; `None` = it is at `at`.
fn free_at(spent: &[(Timestamp, u64)], budget: u64, at: Timestamp) -> Option<Timestamp> {
    if spent_at(spent, at) < budget {
        return None;
    }
    let mut ends = spent.iter().map(|(ended, _)| ended.plus(DAY)).filter(|end| *end > at);
    ends.find(|end| spent_at(spent, *end) < budget)
}

impl CrawlSchedule {
    /// In words, a line each; those with a flag are worth a look.
    pub(super) fn to_lines(&self, now: Timestamp) -> Vec<(bool, String)> {
        let mut out = Vec::new();
        if let Some(run) = self.pending_run {
            out.push((
                true,
                format!(
                    "results of run {run} wait for a person: mm-crawl --apply-pending {run} puts them in force, --revert {run} takes \
                     that run back"
                ),
            ));
        }
        if let Some(why) = &self.left_out {
            out.push((true, format!("no crawl asks it: {why}")));
        }
        match self.from {
            None => {}
            Some(from) if from <= now => {
                let closes = self.limits.window.map(|w| now.plus(w.remaining(now)));
                let until = closes.map_or(String::new(), |t| format!(", until {t}"));
                out.push((false, format!("the next crawl asks it{until}")));
            }
            Some(from) => out.push((
                true,
                format!("no crawl asks it before {from}: {}", self.waits_for.join("; ")),
            )),
        }
        if self.comes_back {
            let text = "a crawl that gets good answers switches it on again";
            out.push((false, text.to_owned()));
        }
        let ahead = self.downtimes.iter().filter(|d| d.starts_at > now);
        out.extend(ahead.map(|d| {
            let reason = d.reason.as_ref().map_or(String::new(), |r| format!(" ({r})"));
            (
                false,
                format!("it will be down from {} until {}{reason}", d.starts_at, d.ends_at),
            )
        }));
        if self.left_out.is_none() {
            out.push((false, self.limits.to_lines()));
            let of = self.limits.daily_budget.map_or(String::new(), |n| format!(" of {n}"));
            let text = format!("requests in the last 24 hours: {}{of}", self.requests_of_the_day);
            out.push((false, text));
        }
        if self.failures > 0 {
            out.push((true, self.failure_countdown()));
        }
        out
    }

    fn failure_countdown(&self) -> String {
        let mut parts = vec![format!("failing crawls in a row: {}", self.failures)];
        parts.extend(
            self.until_warned
                .map(|n| format!("after {} it is warned of", self.failures + n)),
        );
        parts.extend(self.until_disabled.map(|n| match n {
            1 => "1 more switches it off".to_owned(),
            n => format!("{n} more switch it off"),
        }));
        parts.join("; ")
    }
}

impl RequestLimits {
    fn to_lines(&self) -> String {
        let rate = self.rate.map_or_else(
            || "as fast as it answers".to_owned(),
            |n| format!("{n} requests a second"),
        );
        let connections = match self.connections {
            1 => "1 connection".to_owned(),
            n => format!("{n} connections"),
        };
        let window = self.window.map_or(String::new(), |w| format!(", at {w} UTC"));
        let probe = self.probe.map_or(String::new(), |p| format!(", by {p}"));
        format!("asked over at most {connections}, {rate}{window}{probe}")
    }
}

/// When all directories of a category are asked for, in words.
pub(super) fn full_look(full_at: Option<Timestamp>, every: HumanDuration, now: Timestamp) -> String {
    match full_at.map(|at| (at, at.plus(every.get()))) {
        None => "never asked for yet; with the next crawl".to_owned(),
        Some((at, due)) if due <= now => format!("last asked for at {at}; again with the next crawl"),
        Some((at, due)) => format!("last asked for at {at}; again with the first crawl after {due}"),
    }
}

#[cfg(test)]
mod tests;
