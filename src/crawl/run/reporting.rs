//! The reporting of each host crawl: in the report of the run, in the log, in the log of the host, and to the hook.

use super::Run;
use crate::crawl::classify::{LEAKED, UNKNOWN_HASH};
use crate::crawl::hook::{Event, HookEvent, UnknownFile};
use crate::crawl::host_crawl::HostCrawl;
use crate::crawl::host_log::{CategoryEntry, HostCrawlEntry};
use crate::crawl::report::{CategoryReport, CategoryStatus, UnknownHashAlarm};
use crate::db::crawl::Committed;
use crate::model::plan::{CategoryOutcome, CategoryResult, Finding, HostCategoryPlan, HostPlan};

fn category_name<'a>(plan: &'a HostPlan, result: &CategoryResult) -> &'a str {
    plan.category(result.host_category)
        .map_or("", |p| p.category.name.as_str())
}

/// Returns the first unknown hash in a result that the directory did not have before.
fn new_unknown_hash<'a>(plan: &HostPlan, result: &'a CategoryResult) -> Option<&'a Finding> {
    let planned = plan.category(result.host_category);
    let had_unknown_hash = |f: &Finding| {
        f.directory
            .is_some_and(|id| planned.is_some_and(|p| p.had_unknown_hash(id)))
    };
    let mut findings = result.findings.iter();
    findings.find(|f| f.code == UNKNOWN_HASH && !had_unknown_hash(f))
}

/// Returns the URL of the topmost directory that the master keeps unreadable, of a file or directory in it. Crawls find different
/// files of one leak, which is reported once.
fn staged_url<'a>(plan: &HostPlan, result: &CategoryResult, finding: &'a Finding) -> &'a str {
    let staged_root = || {
        let directories = &plan.category(result.host_category)?.category.directories;
        let leaked = directories.iter().find(|d| Some(d.id) == finding.directory)?;
        // Parents come before their children.
        directories
            .iter()
            .find(|d| !d.readable && d.path.contains(&leaked.path))
    };
    let end = staged_root().and_then(|root| {
        let path = format!("/{}/", root.path);
        Some(finding.url.find(&path)? + path.len())
    });
    end.and_then(|end| finding.url.get(..end)).unwrap_or(&finding.url)
}

impl Run {
    /// Reports a result that was committed completely.
    pub(super) fn on_committed(&mut self, plan: &HostPlan, crawl: &mut HostCrawl, committed: &Committed) {
        let name = plan.name.to_string();
        tracing::info!(
            host = name,
            requests = crawl.result.requests,
            seconds = crawl.timeline.seconds(),
            categories = crawl.result.categories.len(),
            responded = crawl.timeline.last_response.is_some(),
            "host crawled"
        );
        for category in &mut crawl.result.categories {
            if let Some(retracted) = committed.retracted.get(&category.host_category) {
                self.report.retracted += retracted.len();
                category.retract(retracted);
            }
        }
        self.report.needs_scan += u64::try_from(crawl.result.needs_scan.len()).unwrap_or(0);
        if committed.warned {
            let failures = committed.failures;
            tracing::warn!(
                host = name,
                failures,
                "repeated crawl failures; the host will be disabled soon"
            );
            self.report.warned.push(name.clone());
        }
        if let Some(reason) = &committed.disabled {
            tracing::warn!(host = name, reason, "host disabled");
            self.report.disabled.push(name.clone());
        }
        if committed.reenabled {
            tracing::info!(host = name, "host re-enabled after a successful crawl");
            self.report.reenabled.push(name.clone());
        }
        self.notify(plan, crawl, committed);
        self.push_report_lines(plan, crawl, None);
    }

    pub(super) fn notify(&self, plan: &HostPlan, crawl: &HostCrawl, committed: &Committed) {
        let result = &crawl.result;
        let names = |results: &[&CategoryResult]| -> Vec<String> {
            results.iter().map(|c| category_name(plan, c).to_owned()).collect()
        };
        let send = |event, reason: String, categories: Vec<String>, unknown_file| {
            self.hook.send(HookEvent {
                event,
                host: plan.name.to_string(),
                site: plan.site.clone(),
                categories,
                reason,
                run: self.options.run,
                at: result.ended_at,
                failures: committed.failures,
                contact: plan.host.robot_email.clone(),
                unknown_file,
            });
        };
        let all = names(&result.categories.iter().collect::<Vec<_>>());
        if committed.warned {
            let reason = format!("{} consecutive crawls failed", committed.failures);
            send(Event::Warning, reason, all.clone(), None);
        }
        if let Some(reason) = &committed.disabled {
            send(Event::Disabled, reason.clone(), all.clone(), None);
        }
        if committed.reenabled {
            send(Event::Enabled, "successful crawl".to_owned(), all, None);
        }
        let affected = result.categories.iter();
        let affected = affected.filter_map(|c| Some((new_unknown_hash(plan, c)?, c)));
        let (found, affected): (Vec<_>, Vec<_>) = affected.unzip();
        if let Some(first) = found.first() {
            let file = UnknownFile {
                url: first.url.clone(),
                expected: first.expected.clone(),
                received: first.received.clone(),
            };
            let reason = "serves a repomd.xml that the master never had".to_owned();
            send(Event::UnknownHash, reason, names(&affected), Some(file));
        }
    }

    /// Appends an entry to the log of the host. `status` replaces the outcome of all categories.
    fn append_host_log(&self, plan: &HostPlan, crawl: &HostCrawl, status: Option<CategoryStatus>) {
        let note = match (crawl.interrupted, crawl.cut_short, status) {
            (true, ..) => "the run was interrupted during this crawl",
            (_, true, _) => "ended early: deadline reached, or requests per day used up",
            (.., Some(CategoryStatus::PendingConfirmation)) => {
                "mass loss of content: negative results need confirmation"
            }
            (.., Some(CategoryStatus::Discarded)) => "local network outage suspected: negative results were discarded",
            (..) => "",
        };
        let categories = crawl.result.categories.iter().map(|c| CategoryEntry {
            name: category_name(plan, c),
            status: status.unwrap_or(c.outcome.into()),
            result: c,
        });
        let entry = HostCrawlEntry {
            result: &crawl.result,
            duration_seconds: crawl.timeline.seconds(),
            note,
            categories: categories.collect(),
        };
        self.logs.append_entry(plan.name.as_str(), &entry);
    }

    pub(super) fn report_error(&mut self, host: &str, error: &str) {
        self.push_status_line(host, CategoryStatus::Error, error);
        self.report.errors.push(format!("{host}: {error}"));
    }

    /// Adds one line per category to the report, and the totals. `status` replaces the outcome of all categories.
    pub(super) fn push_report_lines(&mut self, plan: &HostPlan, crawl: &HostCrawl, status: Option<CategoryStatus>) {
        self.append_host_log(plan, crawl, status);
        let name = plan.name.to_string();
        let results = &crawl.result.categories;
        let totals = &mut self.report.totals;
        if results.iter().any(|c| c.outcome != CategoryOutcome::Inconclusive) {
            totals.answered += 1;
        } else if !results.is_empty() {
            totals.inconclusive += 1;
            totals.still_disabled += u64::from(self.previously_disabled.contains(&plan.id));
        }
        if crawl.interrupted || crawl.cut_short {
            totals.incomplete += 1;
            self.report.interrupted |= crawl.interrupted;
        }
        totals.requests += crawl.result.requests;
        if let Some(error) = &crawl.local_error {
            tracing::error!(host = name, error, "cannot probe the host");
            self.report.errors.push(format!("{name}: {error}"));
        }
        let is_probed = |p: &HostCategoryPlan| results.iter().any(|c| c.host_category == p.id);
        for skipped in plan.categories.iter().filter(|p| !is_probed(p)) {
            let (outcome, reason) = match &crawl.local_error {
                Some(error) => (CategoryStatus::Error, error.as_str()),
                None => (
                    CategoryStatus::Skipped,
                    "deadline of the host reached; this category is first in the next crawl",
                ),
            };
            let line = CategoryReport::without_results(&name, &skipped.category.name, outcome, reason);
            self.report.lines.push(line);
        }
        // Results that are not applied raise no alarm.
        let is_applied = match status {
            None => true,
            Some(CategoryStatus::PendingConfirmation) => !self.guard.mass_unknown_hash_detected,
            Some(_) => false,
        };
        for c in results {
            totals.directories += c.counts;
            let category_finding = c.findings.iter().find(|f| f.directory.is_none());
            self.report.lines.push(CategoryReport {
                host: name.clone(),
                category: category_name(plan, c).to_owned(),
                outcome: status.unwrap_or(c.outcome.into()),
                directories: c.counts,
                requests: c.requests,
                seconds: crawl.timeline.seconds(),
                probed: c.probed_directories,
                method: c.probe_method.to_string(),
                reason: category_finding.map_or(String::new(), |f| format!("{}: {}", f.code, f.received)),
            });
            for f in c.findings.iter().filter(|f| is_applied && f.code == LEAKED) {
                let url = staged_url(plan, c, f);
                let first = self.report.leaked.entry(name.clone()).or_insert_with(|| url.to_owned());
                // The order of findings differs from crawl to crawl.
                if url < first.as_str() {
                    url.clone_into(first);
                }
            }
            for f in c.findings.iter().filter(|f| is_applied && f.code == UNKNOWN_HASH) {
                tracing::warn!(
                    host = name,
                    url = f.url,
                    expected = f.expected,
                    seen = f.received,
                    "unknown repomd.xml"
                );
                self.report.unknown_hash.push(UnknownHashAlarm {
                    host: name.clone(),
                    url: f.url.clone(),
                    expected: f.expected.clone(),
                    received: f.received.clone(),
                });
            }
        }
    }

    pub(super) fn push_status_line(&mut self, host: &str, outcome: CategoryStatus, reason: &str) {
        let line = CategoryReport::without_results(host, "", outcome, reason);
        self.report.lines.push(line);
    }

    pub(super) fn report_not_started(&mut self, host: &str) {
        self.report.totals.incomplete += 1;
        self.report.interrupted = true;
        self.push_status_line(host, CategoryStatus::Skipped, "the run was interrupted before");
    }

    pub(super) fn name(&self, host: usize) -> String {
        self.plans.get(host).map_or(String::new(), |p| p.name.to_string())
    }
}
