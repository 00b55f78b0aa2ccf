//! The time of the next crawl of a host, and what delays or prevents it.

use std::time::Duration;

use itertools::Itertools as _;
use serde::Serialize;

use crate::config::{CrawlConfig, HumanDuration};
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::crawl_prefs::{CrawlWindow, ProbeKind};
use crate::model::history::HostDowntime;
use crate::model::ids::RunId;
use crate::model::registry::{DisabledBy, Host, Site};

/// The period over which requests count against the daily budget.
pub(super) const BUDGET_PERIOD: Duration = Duration::from_hours(24);

#[derive(Debug, Clone, Copy)]
pub(super) struct ScheduleFacts<'a> {
    pub(super) host: &'a Host,
    pub(super) site: &'a Site,
    pub(super) crawl: &'a CrawlConfig,
    /// Current and future downtimes, by their start.
    pub(super) downtimes: &'a [HostDowntime],
    /// The end and the number of requests of each crawl within [`BUDGET_PERIOD`], oldest first.
    pub(super) requests: &'a [(Timestamp, u64)],
    /// The run with results of this host that need confirmation.
    pub(super) pending: Option<RunId>,
    pub(super) now: Timestamp,
}

/// The crawl limits of a host: its own settings, else those of the config.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct RequestLimits {
    connections: u32,
    requests_per_second: Option<u32>,
    requests_per_day: Option<u64>,
    window: Option<CrawlWindow>,
    probe: Option<ProbeKind>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct CrawlSchedule {
    /// The reason why no crawl includes the host; `None` if crawls do.
    skipped: Option<String>,
    /// True if the crawler disabled the host: a successful crawl enables it again.
    re_enabled_by_crawl: bool,
    /// The earliest time of the next crawl; `None` if there is none.
    pub(super) not_before: Option<Timestamp>,
    delayed_by: Vec<String>,
    limits: RequestLimits,
    requests_last_24h: u64,
    downtimes: Vec<HostDowntime>,
    failures: u32,
    /// The number of further failed crawls until a warning; `None` after the warning, or if it is turned off.
    until_warning: Option<u32>,
    /// The number of further failed crawls until the host is disabled; `None` if it is, or if crawls disable no host.
    until_disabled: Option<u32>,
    /// The run with results of this host that need confirmation.
    pending_run: Option<RunId>,
}

impl CrawlSchedule {
    pub(super) fn new(facts: ScheduleFacts<'_>) -> Self {
        let (host, crawl) = (facts.host, facts.crawl);
        let limits = RequestLimits {
            connections: host.crawl_connections.unwrap_or(crawl.max_connections_per_server),
            requests_per_second: Some(host.crawl_rate.unwrap_or(crawl.requests_per_second)).filter(|n| *n > 0),
            requests_per_day: Some(host.crawl_budget.unwrap_or(crawl.requests_per_day))
                .filter(|n| *n > 0)
                .map(u64::from),
            window: host.crawl_window,
            probe: host.crawl_probe,
        };
        let skipped = skip_reason(facts);
        let earliest = skipped.is_none().then(|| earliest_crawl(facts, limits));
        let (not_before, delayed_by) = earliest.unzip();
        let remaining = |limit: u32| {
            let failures = limit.checked_sub(host.crawl_failures);
            failures.filter(|n| *n > 0 && host.user_active)
        };
        Self {
            re_enabled_by_crawl: skipped.is_none() && !host.user_active,
            skipped,
            not_before,
            delayed_by: delayed_by.unwrap_or_default(),
            limits,
            requests_last_24h: requests_before(facts.requests, facts.now),
            downtimes: facts.downtimes.to_vec(),
            failures: host.crawl_failures,
            until_warning: remaining(crawl.warn_after_failures),
            // If the limit was lowered since, the next failure disables the host.
            until_disabled: remaining(crawl.disable_after_failures.max(host.crawl_failures + 1))
                .filter(|_| crawl.disable_after_failures > 0),
            pending_run: facts.pending,
        }
    }

    /// A description in lines; those with `true` need attention.
    pub(crate) fn to_lines(&self, now: Timestamp) -> Vec<(bool, String)> {
        let mut out = Vec::new();
        if let Some(run) = self.pending_run {
            let text = format!(
                "results of run {run} need confirmation: apply them with mm-crawl --apply-pending {run}, or undo the run with \
                 mm-crawl --revert {run}"
            );
            out.push((true, text));
        }
        if let Some(reason) = &self.skipped {
            out.push((true, format!("not crawled: {reason}")));
        }
        match self.not_before {
            None => {}
            Some(at) if at <= now => {
                let closes = self.limits.window.map(|w| now.plus(w.remaining(now)));
                let until = closes.map_or(String::new(), |t| format!(" if it starts before {t}"));
                out.push((false, format!("the next crawl includes it{until}")));
            }
            Some(at) => out.push((true, format!("not crawled before {at}: {}", self.delayed_by.join("; ")))),
        }
        if self.re_enabled_by_crawl {
            out.push((false, "the first successful crawl enables it again".to_owned()));
        }
        let announced = self.downtimes.iter().filter(|d| d.starts_at > now);
        out.extend(announced.map(|d| {
            let text = format!(
                "downtime from {} until {}{}",
                d.starts_at,
                d.ends_at,
                d.reason_in_parentheses()
            );
            (false, text)
        }));
        if self.skipped.is_none() {
            out.push((false, self.limits.describe()));
            let budget = (self.limits.requests_per_day).map_or(String::new(), |n| format!(" of {n}"));
            let requests = self.requests_last_24h;
            out.push((false, format!("requests in the last 24 hours: {requests}{budget}")));
        }
        if self.failures > 0 {
            let parts = [
                Some(format!("consecutive failed crawls: {}", self.failures)),
                self.until_warning.map(|n| format!("{n} more until a warning")),
                self.until_disabled.map(|n| format!("{n} more until it is disabled")),
            ];
            out.push((true, parts.into_iter().flatten().join("; ")));
        }
        out
    }
}

fn skip_reason(facts: ScheduleFacts<'_>) -> Option<String> {
    let (host, site) = (facts.host, facts.site);
    let by_crawler = host.disabled_by == Some(DisabledBy::Crawler);
    if host.is_private(site) {
        return Some("private hosts are only listed for always-current categories".to_owned());
    }
    let active = site.admin_active && site.user_active && host.admin_active && (host.user_active || by_crawler);
    let name = &host.name;
    (!active).then(|| format!("disabled; crawl it anyway with mm-crawl --include-disabled --host {name}"))
}

/// The first time from now on at which nothing delays a crawl, and what delays it until then.
fn earliest_crawl(facts: ScheduleFacts<'_>, limits: RequestLimits) -> (Timestamp, Vec<String>) {
    /// Bounds the search; each obstacle is followed by at most a few others.
    const MAX_OBSTACLES: usize = 1_000;
    let mut at = facts.now;
    let mut reasons: Vec<String> = Vec::new();
    for _ in 0..MAX_OBSTACLES {
        let downtime = facts.downtimes.iter().find(|d| d.starts_at <= at && at < d.ends_at);
        let (until, reason) = if let Some(down) = downtime {
            let until = down.ends_at;
            (until, down.describe())
        } else if let Some(window) = limits.window.filter(|w| !w.contains(at)) {
            (at.plus(window.until_open(at)), format!("crawl window {window} UTC"))
        } else if let Some(free) = (limits.requests_per_day).and_then(|n| budget_renewal(facts.requests, n, at)) {
            (free, format!("daily request budget used up until {free}"))
        } else {
            break;
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
        at = until;
    }
    (at, reasons)
}

/// The number of requests that count against the budget at `at`.
fn requests_before(requests: &[(Timestamp, u64)], at: Timestamp) -> u64 {
    let counts = |(ended, _): &&(Timestamp, u64)| *ended > at.minus(BUDGET_PERIOD);
    requests.iter().filter(counts).map(|(_, n)| n).sum()
}

/// The time at which requests are available again; `None` if there are at `at`.
fn budget_renewal(requests: &[(Timestamp, u64)], budget: u64, at: Timestamp) -> Option<Timestamp> {
    if requests_before(requests, at) < budget {
        return None;
    }
    let mut ends = requests.iter().map(|(ended, _)| ended.plus(BUDGET_PERIOD));
    ends.find(|end| *end > at && requests_before(requests, *end) < budget)
}

impl RequestLimits {
    fn describe(&self) -> String {
        let limits = [
            Some(format_count(self.connections, "connection")),
            Some(match self.requests_per_second {
                None => "unlimited rate".to_owned(),
                Some(n) => format!("{} per second", format_count(n, "request")),
            }),
            self.window.map(|w| format!("window {w} UTC")),
            self.probe.map(|p| format!("method {p}")),
        ];
        format!("crawl limits: {}", limits.into_iter().flatten().join(", "))
    }
}

/// The last and the next probe of all directories of a category.
pub(crate) fn describe_full_probe(last: Option<Timestamp>, every: HumanDuration, now: Timestamp) -> String {
    match last.map(|at| (at, at.plus(every.get()))) {
        None => "never done; due with the next crawl".to_owned(),
        Some((at, due)) if due <= now => format!("last at {at}; due with the next crawl"),
        Some((at, due)) => format!("last at {at}; due with the first crawl after {due}"),
    }
}

#[cfg(test)]
mod tests;
