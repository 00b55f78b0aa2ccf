//! What `mm-crawl` says.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Report, Style, TextOutput};
use crate::cli::run::Context;
use crate::crawl::propagation::PropagationReport;
use crate::crawl::report::{CategoryReport, CategoryStatus, CrawlReport};
use crate::crawl::url_test::UrlTestReport;
use crate::db::crawl::{Confirmed, PendingRun, Reverted};

/// How many alarms are told one by one.
const MAX_ALARMS: usize = 20;

/// One category of one host that would be crawled.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PlanLine {
    pub(super) host: String,
    pub(super) category: String,
    pub(super) urls: Vec<String>,
    pub(super) directories: u64,
    /// About.
    pub(super) requests: u64,
}

/// What a crawl did, or would do.
#[derive(Debug, Serialize)]
pub struct CrawlOutput {
    pub(super) dry_run: bool,
    /// In a dry run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) plan: Vec<PlanLine>,
    /// Hosts that are not crawled, with the reason.
    pub(super) skipped: Vec<(String, &'static str)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<CrawlReport>,
    /// Of `--propagation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) propagation: Option<PropagationReport>,
    /// Of `--test-url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tried: Option<UrlTestReport>,
    /// Of `--apply-pending` in a dry run: the hosts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) to_confirm: Vec<String>,
    /// Of `--apply-pending`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) confirmed: Option<Confirmed>,
    /// Of `--revert`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reverted: Option<Reverted>,
    /// Runs of the same scope of which results wait for a person now; not known after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waiting: Option<Vec<PendingRun>>,
    /// Whether only some hosts were asked for.
    #[serde(skip)]
    pub(super) is_partial: bool,
    #[serde(skip)]
    pub(super) max_inconclusive_percent: u32,
}

impl CrawlOutput {
    /// Of nothing yet.
    pub(super) fn empty(ctx: &Context) -> Self {
        Self {
            dry_run: false,
            plan: Vec::new(),
            skipped: Vec::new(),
            result: None,
            propagation: None,
            tried: None,
            to_confirm: Vec::new(),
            confirmed: None,
            reverted: None,
            waiting: None,
            is_partial: false,
            max_inconclusive_percent: ctx.config.crawl.max_inconclusive_percent,
        }
    }
}

impl Report for CrawlOutput {
    fn exit(&self) -> ExitStatus {
        self.status()
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if let Some(tried) = &self.tried {
            return tried_text(tried, out);
        }
        if self.confirmed.is_some() || self.reverted.is_some() || !self.to_confirm.is_empty() {
            return self.decided_text(out);
        }
        if self.dry_run {
            out.line("dry run: nobody was asked, nothing was written")?;
            let rows: Vec<Vec<String>> = self.plan.iter().map(plan_row).collect();
            out.table(&["HOST", "CATEGORY", "DIRECTORIES", "REQUESTS", "URL"], &rows)?;
            for (host, reason) in &self.skipped {
                out.line(format!("not crawled: {host} ({reason})"))?;
            }
            let requests: u64 = self.plan.iter().map(|l| l.requests).sum();
            return out.line(format!("about {requests} requests"));
        }
        let Some(result) = &self.result else {
            return Ok(());
        };
        let header = [
            "HOST",
            "CATEGORY",
            "OUTCOME",
            "BY",
            "ASKED",
            "CURRENT",
            "LAGGING",
            "NOT CURRENT",
            "FOREIGN",
            "UNANSWERED",
            "REQUESTS",
            "SECONDS",
            "WHY",
        ];
        let rows: Vec<Vec<String>> = result.lines.iter().map(|l| row(l, out)).collect();
        out.table(&header, &rows)?;
        let t = &result.totals;
        out.line(format!(
            "{} hosts: {} answered, {} did not, {} not done; {} requests in {:.1} s ({:.0} a second)",
            t.hosts, t.answered, t.unanswered, t.incomplete, t.requests, t.seconds, t.requests_per_second
        ))?;
        if result.wants_scan > 0 {
            out.line(format!(
                "{} directories are newer on mirrors than in the last scan: run mm-scan-master",
                result.wants_scan
            ))?;
        }
        for host in &result.disabled {
            out.line(format!("switched off: {host}"))?;
        }
        for host in &result.restored {
            out.line(format!("switched on again: {host}"))?;
        }
        for host in &result.warned {
            out.line(format!("will be switched off soon: {host}"))?;
        }
        self.propagation.as_ref().map_or(Ok(()), |p| propagation_text(p, out))
    }

    fn is_query(&self) -> bool {
        self.tried.is_some() || self.propagation.is_some() || self.confirmed.is_some() || self.reverted.is_some()
    }
}

impl CrawlOutput {
    fn decided_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was changed")?;
        }
        for host in &self.to_confirm {
            out.line(format!("would be put in force: {host}"))?;
        }
        if let Some(c) = &self.confirmed {
            for host in &c.hosts {
                out.line(format!("in force: {host}"))?;
            }
            for host in &c.superseded {
                out.line(format!("not put in force, it was crawled again since: {host}"))?;
            }
        }
        if let Some(r) = &self.reverted {
            out.line(format!(
                "{} states taken back, {} results that waited dropped; {} states of the run were not in force any more",
                r.reverted, r.dropped, r.superseded
            ))?;
            for host in &r.reenabled {
                out.line(format!("switched on again: {host}"))?;
            }
        }
        Ok(())
    }
}

fn propagation_text(report: &PropagationReport, out: &mut TextOutput<'_>) -> io::Result<()> {
    let rows: Vec<Vec<String>> = report
        .repositories
        .iter()
        .map(|p| {
            let numbers = [p.newest, p.one_behind, p.two_behind, p.older, p.no_info];
            std::iter::once(p.name.clone())
                .chain(numbers.iter().map(u32::to_string))
                .collect()
        })
        .collect();
    let header = ["REPOSITORY", "NEWEST", "ONE BEHIND", "TWO BEHIND", "OLDER", "NO ANSWER"];
    out.table(&header, &rows)
}

fn tried_text(tried: &UrlTestReport, out: &mut TextOutput<'_>) -> io::Result<()> {
    let Some(result) = &tried.result else {
        return out.line(format!("{}: nothing was found out", tried.url));
    };
    let n = result.counts;
    out.line(format!(
        "{} as a mirror of {}: {}",
        tried.url,
        tried.category,
        CategoryStatus::from(result.outcome).as_str()
    ))?;
    out.line(format!(
        "{} directories: {} current, {} lagging, {} not current, {} foreign, {} staged, {} unanswered",
        tried.directories, n.current, n.outdated_allowed, n.outdated, n.unknown_hash, n.staged, n.inconclusive
    ))?;
    out.line(format!(
        "{} requests in {:.1} s, by {}",
        result.requests, tried.seconds, result.method
    ))?;
    let rows: Vec<Vec<String>> = result
        .findings
        .iter()
        .map(|f| vec![f.reason.clone(), f.url.clone(), f.expected.clone(), f.seen.clone()])
        .collect();
    if !rows.is_empty() {
        out.table(&["REASON", "URL", "EXPECTED", "SEEN"], &rows)?;
    }
    if result.omitted_findings > 0 {
        out.line(format!("and {} more", result.omitted_findings))?;
    }
    Ok(())
}

fn plan_row(line: &PlanLine) -> Vec<String> {
    vec![
        line.host.clone(),
        line.category.clone(),
        line.directories.to_string(),
        line.requests.to_string(),
        line.urls.first().cloned().unwrap_or_default(),
    ]
}

fn row(line: &CategoryReport, out: &TextOutput<'_>) -> Vec<String> {
    let tone = match line.outcome {
        CategoryStatus::Checked if line.directories.unknown_hash > 0 => Style::Bad,
        CategoryStatus::Checked => Style::Good,
        CategoryStatus::Gone | CategoryStatus::Failed => Style::Bad,
        CategoryStatus::Unanswered
        | CategoryStatus::Locked
        | CategoryStatus::Skipped
        | CategoryStatus::Withheld
        | CategoryStatus::Pending => Style::Warn,
    };
    let n = line.directories;
    let mut cells = vec![
        line.host.clone(),
        if line.category.is_empty() {
            "-".to_owned()
        } else {
            line.category.clone()
        },
        out.paint(tone, line.outcome.as_str()),
        line.method.clone(),
        line.asked.to_string(),
    ];
    let numbers = [
        n.current,
        n.outdated_allowed,
        n.outdated,
        n.unknown_hash,
        n.inconclusive,
        line.requests,
    ];
    cells.extend(numbers.iter().map(u64::to_string));
    cells.push(format!("{:.1}", line.seconds));
    cells.push(line.reason.clone());
    cells
}

impl CrawlOutput {
    /// The run's own numbers.
    pub(super) fn counts(&self) -> serde_json::Value {
        self.result.as_ref().map_or(serde_json::Value::Null, |r| {
            serde_json::json!({
                "totals": &r.totals,
                "foreign": r.foreign.len(),
                "warned": &r.warned,
                "pending": r.pending.len(),
                "kept": r.kept,
                "held_because": &r.held_because,
                "disabled": &r.disabled,
                "restored": &r.restored,
                "locked": r.locked.len(),
                "failed": r.failed.len(),
                "wants_scan": r.wants_scan,
                "dropped": r.dropped,
            })
        })
    }

    /// What a person should hear of, each under a key that stays the same while it lasts.
    pub(super) fn problems(&self) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        for waits in self.waiting.iter().flatten() {
            out.insert(format!("pending {}", waits.run), self.what_waits(waits));
        }
        let Some(r) = &self.result else { return out };
        for f in r.foreign.iter().take(MAX_ALARMS) {
            let message = format!(
                "ALARM: {} serves a repomd.xml that the master never had, {} (SHA-256 {}, the master has {}); it is off the \
                 list with the next mm-update-mirrorlist",
                f.host, f.url, f.seen, f.expected
            );
            out.insert(format!("foreign {} {}", f.host, f.url), message);
        }
        if r.foreign.len() > MAX_ALARMS {
            let more = r.foreign.len() - MAX_ALARMS;
            let message = format!("ALARM: {more} more repomd.xml that the master never had; see mm-admin why HOST");
            out.insert("foreign".to_owned(), message);
        }
        for failed in &r.failed {
            let host = failed.split_once(':').map_or(failed.as_str(), |(host, _)| host);
            out.insert(
                format!("failed {host}"),
                format!("the turn of a host broke off: {failed}"),
            );
        }
        if !r.locked.is_empty() {
            let hosts = r.locked.join(", ");
            out.insert(
                "hosts-locked".to_owned(),
                format!("skipped, because another run asks them: {hosts}"),
            );
        }
        let t = &r.totals;
        if r.uplink_down {
            let message =
                "our own network or DNS seems to have been down: what was found out then was not held against any \
                 mirror (withheld)"
                    .to_owned();
            out.insert("uplink".to_owned(), message);
        } else if self.too_many_unanswered() {
            let message = format!(
                "{} of {} hosts gave no answer, more than crawl.max_inconclusive_percent ({} %)",
                t.unanswered, t.hosts, self.max_inconclusive_percent
            );
            out.insert("unanswered".to_owned(), message);
        }
        if r.stopped {
            let message = format!(
                "ended before all was done: {} of {} hosts are missing or incomplete; run it again, or give it more time with \
                 --max-runtime",
                t.incomplete, t.hosts
            );
            out.insert("stopped".to_owned(), message);
        }
        out
    }

    /// What waits of a run. The same words as long as it waits: they stand in the run's numbers.
    fn what_waits(&self, waits: &PendingRun) -> String {
        let own = self.result.as_ref().filter(|r| r.run == waits.run);
        let (because, hosts) = if let Some(r) = own {
            (r.held_because.clone(), r.kept)
        } else {
            let number = |key: &str| waits.counts.get(key);
            let because = number("held_because").and_then(serde_json::Value::as_str);
            let kept = number("kept").and_then(serde_json::Value::as_u64);
            (because.unwrap_or_default().to_owned(), kept.unwrap_or(waits.hosts))
        };
        let because = if because.is_empty() {
            "too many mirrors lost too much".to_owned()
        } else {
            because
        };
        format!(
            "{because}: what run {run} would take from {hosts} mirrors waits. See mm-admin why HOST, then mm-crawl --apply-pending {run} or \
             mm-crawl --revert {run}",
            run = waits.run
        )
    }

    /// Whether this run had a clear look at what the problem `key` is about: only then is it over when it was not found again. The
    /// keys are those of [`Self::problems`].
    pub(super) fn judged(&self, key: &str) -> bool {
        if key.starts_with("pending ") {
            return self.waiting.is_some();
        }
        let Some(r) = &self.result else { return false };
        let whole = !self.is_partial && !r.stopped && !r.uplink_down;
        let mut words = key.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("foreign"), Some(host), Some(url)) => {
                // Of very many alarms some are only counted; a mirror that is foreign still is not over for that.
                let still = r.foreign.iter().any(|f| f.host == host && f.url == url);
                !still && (Self::is_clear(r, host) || (whole && self.is_gone(r, host)))
            }
            (Some("failed"), Some(host), None) => {
                let had_its_turn = |l: &CategoryReport| {
                    !matches!(
                        l.outcome,
                        CategoryStatus::Failed | CategoryStatus::Locked | CategoryStatus::Skipped
                    )
                };
                r.lines.iter().any(|l| l.host == host && had_its_turn(l)) || (whole && self.is_gone(r, host))
            }
            (Some("uplink"), None, None) => r.totals.answered > 0,
            _ => whole,
        }
    }

    /// Whether the host was looked at to the end, nothing of it went without an answer, and all that is foreign there was told: what was
    /// not asked for this time is as it was.
    fn is_clear(r: &CrawlReport, host: &str) -> bool {
        let foreign: u64 = r
            .lines
            .iter()
            .filter(|l| l.host == host)
            .map(|l| l.directories.unknown_hash)
            .sum();
        let told = r.foreign.iter().filter(|f| f.host == host).count();
        let mut lines = r.lines.iter().filter(|l| l.host == host).peekable();
        lines.peek().is_some()
            && u64::try_from(told).is_ok_and(|told| told == foreign)
            && lines.all(|l| {
                matches!(l.outcome, CategoryStatus::Checked | CategoryStatus::Gone) && l.directories.inconclusive == 0
            })
    }

    /// Whether a crawl of all hosts knows nothing of it: it was removed.
    fn is_gone(&self, r: &CrawlReport, host: &str) -> bool {
        !r.lines.iter().any(|l| l.host == host) && !self.skipped.iter().any(|(name, _)| name == host)
    }
}

#[cfg(test)]
mod tests;
