//! The output of `mm-crawl`: text, JSON, the statistics of the run and its alerts.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::output::{Report, Style, TextOutput, and_more};
use crate::config::Config;
use crate::crawl::propagation::PropagationReport;
use crate::crawl::report::{CategoryReport, CategoryStatus, CrawlReport};
use crate::crawl::url_test::UrlTestReport;
use crate::db::crawl::{Confirmed, PendingRun, Reverted, item_id};
use crate::job::JobReport;
use crate::job::exit::ExitStatus;
use crate::model::count::format_count;
use crate::model::ids::RunId;

/// The key of the alert about mails that no owner got.
const OWNERS: &str = "owners";

/// The most unknown hashes that have an alert of their own.
const MAX_HASH_ALERTS: usize = 20;

/// One category of one host in a dry run.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PlanLine {
    pub(super) host: String,
    pub(super) category: String,
    pub(super) urls: Vec<String>,
    pub(super) directories: u64,
    pub(super) requests: u64,
}

/// Results of `mm-crawl`, or its plan in a dry run.
#[derive(Debug, Default, Serialize)]
pub(super) struct CrawlOutput {
    pub(super) dry_run: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) plan: Vec<PlanLine>,
    /// Hosts that are not crawled, with the reason.
    pub(super) skipped: Vec<(String, &'static str)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<CrawlReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) propagation: Option<PropagationReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url_test: Option<UrlTestReport>,
    /// Hosts with pending results, in a dry run of `--apply-pending`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) would_apply: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) applied: Option<Confirmed>,
    /// The hosts whose pending results were discarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rejected: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reverted: Option<Reverted>,
    /// Pending results that were applied without an operator, by run.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) applied_unconfirmed: BTreeMap<RunId, Confirmed>,
    /// Runs of the same scope with pending results; unknown after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pending_runs: Option<Vec<PendingRun>>,
    /// Hosts whose owners got no mail, because too many mails were due at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) left_owner_mails: Vec<String>,
    /// No mirror has to be probed for a directory that the master opened.
    #[serde(skip_serializing_if = "is_false")]
    pub(super) no_release_probes: bool,
    /// True if only some hosts or directories were selected.
    #[serde(skip)]
    pub(super) is_partial: bool,
    #[serde(skip)]
    pub(super) is_release_probe: bool,
    #[serde(skip)]
    pub(super) max_inconclusive_percent: u32,
}

impl CrawlOutput {
    /// Returns true if more than `crawl.max_inconclusive_percent` of the hosts gave no usable response. Hosts that were
    /// disabled for this before do not count.
    fn too_many_inconclusive(&self) -> bool {
        self.result.as_ref().is_some_and(|r| {
            let t = &r.totals;
            let inconclusive = t.inconclusive - t.still_disabled;
            let hosts = t.hosts.saturating_sub(t.still_disabled);
            inconclusive * 100 > hosts * u64::from(self.max_inconclusive_percent)
        })
    }
}

impl Report for CrawlOutput {
    fn exit(&self) -> ExitStatus {
        let is_partial = self.result.as_ref().is_some_and(|r| {
            r.interrupted
                || r.uplink_down
                || !r.errors.is_empty()
                || !r.locked.is_empty()
                || !r.pending.is_empty()
                || self.too_many_inconclusive()
        });
        let is_locked = |r: &CrawlReport| !r.locked.is_empty() && r.lines.iter().all(|l| r.locked.contains(&l.host));
        if self.is_partial && self.result.as_ref().is_some_and(is_locked) {
            ExitStatus::Locked
        } else if is_partial {
            ExitStatus::Partial
        } else {
            ExitStatus::Done
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if let Some(test) = &self.url_test {
            return write_url_test(test, out);
        }
        if self.is_decision() || !self.would_apply.is_empty() {
            return self.write_decision(out);
        }
        if self.dry_run {
            return self.write_plan(out);
        }
        if self.no_release_probes {
            return out.line(
                "nothing to probe: no directory was opened in the last 24 hours, or every mirror was probed for it",
            );
        }
        let Some(result) = &self.result else {
            return Ok(());
        };
        let header = "HOST | CATEGORY | OUTCOME | METHOD | PROBED | CURRENT | OUTDATED ALLOWED | OUTDATED | \
                      UNKNOWN HASH | INCONCLUSIVE | REQUESTS | SECONDS | REASON";
        out.table(header, result.lines.iter().map(|l| row(l, out)))?;
        let t = &result.totals;
        out.line(format!(
            "{}: {} answered, {} inconclusive, {} incomplete; {} in {:.1} s ({:.0} per second)",
            format_count(t.hosts, "host"),
            t.answered,
            t.inconclusive,
            t.incomplete,
            format_count(t.requests, "request"),
            t.seconds,
            t.requests_per_second
        ))?;
        if result.needs_scan > 0 {
            out.line(format!(
                "{} newer on mirrors than in the last scan: run mm-scan-master",
                format_count(result.needs_scan, "directory")
            ))?;
        }
        for (run, confirmed) in &self.applied_unconfirmed {
            let label = format!("applied without confirmation, pending since run {run}");
            write_hosts(&label, &confirmed.hosts, out)?;
        }
        write_hosts("disabled", &result.disabled, out)?;
        write_hosts("re-enabled", &result.reenabled, out)?;
        write_hosts("will be disabled soon", &result.warned, out)?;
        self.propagation.as_ref().map_or(Ok(()), |p| write_propagation(p, out))
    }

    fn is_query(&self) -> bool {
        self.dry_run || self.is_decision() || self.url_test.is_some()
    }
}

impl CrawlOutput {
    const fn is_decision(&self) -> bool {
        self.applied.is_some() || self.rejected.is_some() || self.reverted.is_some()
    }

    fn write_plan(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        out.line("dry run: no request was sent, nothing was written")?;
        let row = |l: &PlanLine| {
            let (directories, requests) = (l.directories.to_string(), l.requests.to_string());
            let url = l.urls.first().cloned().unwrap_or_default();
            [l.host.clone(), l.category.clone(), directories, requests, url]
        };
        let header = "HOST | CATEGORY | DIRECTORIES | REQUESTS | URL";
        out.table(header, self.plan.iter().map(row))?;
        for (host, reason) in &self.skipped {
            out.line(format!("not crawled: {host} ({reason})"))?;
        }
        let requests: u64 = self.plan.iter().map(|l| l.requests).sum();
        out.line(format!("about {}", format_count(requests, "request")))
    }

    fn write_decision(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was changed")?;
        }
        write_hosts("would be applied", &self.would_apply, out)?;
        if let Some(c) = &self.applied {
            write_hosts("applied", &c.hosts, out)?;
            write_hosts("not applied, crawled again since", &c.superseded, out)?;
        }
        write_hosts("discarded", self.rejected.as_deref().unwrap_or_default(), out)?;
        if let Some(r) = &self.reverted {
            out.line(format!(
                "{} reverted, {} discarded; already superseded: {} of the run",
                format_count(r.reverted, "state"),
                format_count(r.dropped, "pending result"),
                format_count(r.superseded, "state")
            ))?;
            write_hosts("re-enabled", &r.reenabled, out)?;
        }
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}

fn write_hosts(label: &str, hosts: &[String], out: &TextOutput<'_>) -> io::Result<()> {
    hosts.iter().try_for_each(|host| out.line(format!("{label}: {host}")))
}

fn write_propagation(report: &PropagationReport, out: &mut TextOutput<'_>) -> io::Result<()> {
    let rows = report.repositories.iter().map(|p| {
        let mut row = vec![p.name.clone()];
        row.extend(p.counts.parts().iter().map(u32::to_string));
        row
    });
    out.table(
        "REPOSITORY | NEWEST | ONE BEHIND | TWO BEHIND | OLDER | INCONCLUSIVE",
        rows,
    )
}

fn write_url_test(test: &UrlTestReport, out: &mut TextOutput<'_>) -> io::Result<()> {
    let Some(result) = &test.result else {
        return out.line(format!("{}: no result", test.url));
    };
    let n = result.counts;
    out.line(format!(
        "{} as a mirror of {}: {}",
        test.url,
        test.category,
        CategoryStatus::from(result.outcome)
    ))?;
    out.line(format!(
        "{}: {} current, {} outdated-allowed, {} outdated, {} unknown-hash, {} staged, {} inconclusive",
        format_count(test.directories, "directory"),
        n.current,
        n.outdated_allowed,
        n.outdated,
        n.unknown_hash,
        n.staged,
        n.inconclusive
    ))?;
    out.line(format!(
        "{} in {:.1} s, method {}",
        format_count(result.requests, "request"),
        test.seconds,
        result.probe_method
    ))?;
    if !result.findings.is_empty() {
        let findings = result.findings.iter();
        let rows = findings.map(|f| [&f.code, &f.url, &f.expected, &f.received].map(String::clone));
        out.table("REASON | URL | EXPECTED | RECEIVED", rows)?;
    }
    if result.omitted_findings > 0 {
        out.line(format!("and {} more", result.omitted_findings))?;
    }
    Ok(())
}

fn row(line: &CategoryReport, out: &TextOutput<'_>) -> Vec<String> {
    let style = match line.outcome {
        CategoryStatus::Complete if line.directories.unknown_hash > 0 => Style::Bad,
        CategoryStatus::Complete => Style::Good,
        CategoryStatus::CategoryMissing | CategoryStatus::Error => Style::Bad,
        CategoryStatus::Inconclusive
        | CategoryStatus::Locked
        | CategoryStatus::Skipped
        | CategoryStatus::Discarded
        | CategoryStatus::PendingConfirmation => Style::Warn,
    };
    let n = line.directories;
    let category = if line.category.is_empty() { "-" } else { &line.category };
    let mut cells = vec![
        line.host.clone(),
        category.to_owned(),
        out.paint(style, &line.outcome.to_string()),
        line.method.clone(),
    ];
    let numbers = [
        line.probed,
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

impl JobReport for CrawlOutput {
    fn stats(&self) -> serde_json::Result<Value> {
        // Also the run of an operator's decision about pending results crawls nothing, and says nothing about mirrors.
        let is_limited = self.is_partial || self.result.is_none();
        Ok(self.result.as_ref().map_or_else(
            || json!({ "is_limited": is_limited }),
            |r| {
                json!({
                    "is_limited": is_limited,
                    "totals": &r.totals,
                    "unknown_hash": r.unknown_hash.len(),
                    "leaked": r.leaked.len(),
                    "warned": &r.warned,
                    "pending": r.pending.len(),
                    "newly_pending": r.newly_pending,
                    "pending_reason": &r.pending_reason,
                    "disabled": &r.disabled,
                    "reenabled": &r.reenabled,
                    "locked": r.locked.len(),
                    "errors": r.errors.len(),
                    "needs_scan": r.needs_scan,
                    "retracted": r.retracted,
                })
            },
        ))
    }

    /// It is about this run only.
    fn is_final(&self, key: &str) -> bool {
        key == OWNERS
    }

    fn alerts(&self) -> BTreeMap<String, String> {
        let mut out = BTreeMap::new();
        for pending in self.pending_runs.iter().flatten() {
            out.insert(format!("pending {}", pending.run), self.pending_message(pending));
        }
        let Some(r) = &self.result else { return out };
        for f in r.unknown_hash.iter().take(MAX_HASH_ALERTS) {
            let message = format!(
                "ALARM: {} serves a repomd.xml that the master never had: {} (SHA-256 {}, master {}); the next \
                 mm-update-mirrorlist unlists it",
                f.host, f.url, f.received, f.expected
            );
            out.insert(format!("unknown-hash {} {}", f.host, f.url), message);
        }
        if r.unknown_hash.len() > MAX_HASH_ALERTS {
            let more = r.unknown_hash.len() - MAX_HASH_ALERTS;
            let message = format!("ALARM: {more} more repomd.xml that the master never had; see mm-admin why HOST");
            out.insert("unknown-hash".to_owned(), message);
        }
        for (host, url) in &r.leaked {
            let message = format!(
                "ALARM: {host} serves a directory that the master keeps unreadable: {url}; ask its owner to close it until the \
                 release. It is not listed"
            );
            out.insert(format!("leaked {host}"), message);
        }
        for error in &r.errors {
            let host = error.split_once(':').map_or(error.as_str(), |(host, _)| host);
            out.insert(format!("error {host}"), format!("crawling a host failed: {error}"));
        }
        if !r.hook_refused.is_empty() {
            out.insert("hook".to_owned(), r.hook_refused.clone());
        }
        // The next release probe takes them.
        if !r.locked.is_empty() && !self.is_release_probe {
            let hosts = r.locked.join(", ");
            out.insert(
                "hosts-locked".to_owned(),
                format!("skipped, because another run is crawling them (see mm-locks): {hosts}"),
            );
        }
        out.extend(r.log_failure.iter().map(|why| ("host-log".to_owned(), why.clone())));
        if let Some(first) = self.left_owner_mails.first() {
            let n = self.left_owner_mails.len();
            let message = format!(
                "mails about {n} hosts were due at once, more than mail.max_owner_hosts: {first}{}; no owner got one, as the \
                 cause may be here. Find it with: mm-admin why {first}",
                and_more(n - 1)
            );
            out.insert(OWNERS.to_owned(), message);
        }
        let t = &r.totals;
        if r.uplink_down {
            let message =
                "local network or DNS outage suspected; negative results from that period were discarded".to_owned();
            out.insert("uplink".to_owned(), message);
        } else if self.too_many_inconclusive() {
            let message = format!(
                "{} of {} gave no usable response, more than crawl.max_inconclusive_percent ({} %)",
                t.inconclusive,
                format_count(t.hosts, "host"),
                self.max_inconclusive_percent
            );
            out.insert("inconclusive".to_owned(), message);
        }
        if r.interrupted {
            let message = format!(
                "interrupted: {} of {} not crawled or not completely; run it again, or increase --max-runtime",
                t.incomplete,
                format_count(t.hosts, "host")
            );
            out.insert("interrupted".to_owned(), message);
        }
        out
    }

    fn is_checked(&self, key: &str, _config: &Config) -> bool {
        if key.starts_with("pending ") {
            return self.pending_runs.is_some();
        }
        let Some(r) = &self.result else { return false };
        let is_complete = !self.is_partial && !r.interrupted && !r.uplink_down;
        let mut words = key.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("unknown-hash"), Some(host), Some(url)) => {
                // The alerts are limited in number, so a mirror without one may still serve the file.
                let persists = r.unknown_hash.iter().any(|f| f.host == host && f.url == url);
                !persists && (Self::is_fully_probed(r, host) || (is_complete && self.is_removed(r, host)))
            }
            (Some("leaked"), Some(host), None) => {
                let mut lines = r.lines.iter().filter(|l| l.host == host).peekable();
                let is_probed = lines.peek().is_some() && lines.all(Self::is_conclusive);
                is_complete && (is_probed || self.is_removed(r, host))
            }
            (Some("error"), Some(host), None) => {
                let was_crawled = |l: &CategoryReport| {
                    !matches!(
                        l.outcome,
                        CategoryStatus::Error | CategoryStatus::Locked | CategoryStatus::Skipped
                    )
                };
                r.lines.iter().any(|l| l.host == host && was_crawled(l)) || (is_complete && self.is_removed(r, host))
            }
            (Some("hook"), None, None) => true,
            (Some("uplink"), None, None) => r.totals.answered > 0,
            _ => is_complete,
        }
    }
}

impl CrawlOutput {
    /// The alert about a run with pending results. Its text comes from the statistics of that run, so that it stays the same
    /// while the results are pending.
    fn pending_message(&self, pending: &PendingRun) -> String {
        let own = self.result.as_ref().filter(|r| r.run == pending.run);
        let (reason, hosts) = if let Some(r) = own {
            (r.pending_reason.as_str(), r.newly_pending)
        } else {
            let stat = |key: &str| pending.counts.get(key);
            let reason = stat("pending_reason").and_then(Value::as_str);
            let hosts = stat("newly_pending").and_then(Value::as_u64);
            (reason.unwrap_or_default(), hosts.unwrap_or(pending.hosts))
        };
        let reason = if reason.is_empty() {
            "mass loss of content on mirrors"
        } else {
            reason
        };
        format!(
            "{reason}: negative results of run {run} for {mirrors} are pending; check mm-admin \
             pending show {id}, then run mm-admin pending confirm {id} or mm-admin pending reject {id}",
            run = pending.run,
            mirrors = format_count(hosts, "mirror"),
            id = item_id(pending.run),
        )
    }

    /// Returns true if all categories of the host were crawled to the end without an inconclusive result, and each of its
    /// unknown hashes was reported. A directory that was not probed this time keeps its status, which is counted.
    fn is_fully_probed(r: &CrawlReport, host: &str) -> bool {
        let lines: Vec<&CategoryReport> = r.lines.iter().filter(|l| l.host == host).collect();
        let unknown: u64 = lines.iter().map(|l| l.directories.unknown_hash).sum();
        let reported = r.unknown_hash.iter().filter(|f| f.host == host).count();
        !lines.is_empty()
            && u64::try_from(reported).is_ok_and(|reported| reported == unknown)
            && lines.into_iter().all(Self::is_conclusive)
    }

    /// Returns true if the category was crawled to the end without an inconclusive result.
    fn is_conclusive(line: &CategoryReport) -> bool {
        matches!(line.outcome, CategoryStatus::Complete | CategoryStatus::CategoryMissing)
            && line.directories.inconclusive == 0
    }

    /// Returns true if a crawl of all hosts did not include this one, because it was removed from the registry.
    fn is_removed(&self, r: &CrawlReport, host: &str) -> bool {
        !r.lines.iter().any(|l| l.host == host) && !self.skipped.iter().any(|(name, _)| name == host)
    }
}

#[cfg(test)]
mod tests;
