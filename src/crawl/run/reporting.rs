//! What a crawl says of each host: in its report, and in the job's log.

use super::Run;
use crate::crawl::classify::UNKNOWN_HASH;
use crate::crawl::hook::{Event, ForeignFile, HookEvent};
use crate::crawl::host_crawl::HostCrawl;
use crate::crawl::host_log::{CategoryLog, HostCrawlLog};
use crate::crawl::report::{CategoryReport, CategoryStatus, UnknownHashAlarm, add};
use crate::db::crawl::Committed;
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::plan::{CategoryOutcome, CategoryResult, Finding, HostCategoryPlan, HostPlan};

/// Whether a directory was known to be foreign.
fn was_foreign(previous: Option<&Inventory>, finding: &Finding) -> bool {
    let exception = |id| previous?.exceptions.get(&id);
    let before = finding.directory.and_then(exception);
    before.is_some_and(|e| e.state == ExceptionState::UnknownHash)
}

impl Run {
    /// A host was written as it was found.
    pub(super) fn committed(&mut self, plan: &HostPlan, asked: &mut HostCrawl, committed: &Committed) {
        let name = plan.name.to_string();
        tracing::info!(
            host = name,
            requests = asked.result.requests,
            seconds = asked.seconds(),
            categories = asked.result.categories.len(),
            heard = asked.last_heard.is_some(),
            "host done"
        );
        for category in &mut asked.result.categories {
            if let Some(taken_back) = committed.retracted.get(&category.host_category) {
                self.report.retracted += taken_back.len();
                category.retract(taken_back);
            }
        }
        self.report.needs_scan += u64::try_from(asked.result.needs_scan.len()).unwrap_or(0);
        if committed.warned {
            let failures = committed.failures;
            tracing::warn!(host = name, failures, "crawls in a row got no answer");
            self.report.warned.push(name.clone());
        }
        if let Some(reason) = &committed.disabled {
            tracing::warn!(host = name, reason, "switched off");
            self.report.disabled.push(name.clone());
        }
        if committed.reenabled {
            tracing::info!(host = name, "switched on again after a good crawl");
            self.report.reenabled.push(name.clone());
        }
        self.notify(plan, asked, committed);
        self.push_report_lines(plan, asked, None);
    }

    /// Tells the hook what happened to a host.
    pub(super) fn notify(&self, plan: &HostPlan, asked: &HostCrawl, committed: &Committed) {
        let result = &asked.result;
        let category = |c: &CategoryResult| {
            let planned = plan.categories.iter().find(|p| p.id == c.host_category);
            planned.map(|p| p.category.name.clone())
        };
        let all: Vec<String> = result.categories.iter().filter_map(category).collect();
        let tell = |event, reason: String, categories: Vec<String>, foreign| {
            self.hook.send(HookEvent {
                event,
                host: plan.name.to_string(),
                site: plan.site.clone(),
                categories,
                reason,
                run: self.orders.run,
                at: result.ended_at,
                failures: committed.failures,
                contact: plan.host.robot_email.clone(),
                foreign,
            });
        };
        if committed.warned {
            let reason = format!("{} crawls in a row got no answer", committed.failures);
            tell(Event::Warning, reason, all.clone(), None);
        }
        if let Some(reason) = &committed.disabled {
            tell(Event::Disabled, reason.clone(), all.clone(), None);
        }
        if committed.reenabled {
            tell(Event::Enabled, "it answers again".to_owned(), all, None);
        }
        // What was foreign before was told before.
        let previous = |c: &CategoryResult| {
            let planned = plan.categories.iter().find(|p| p.id == c.host_category);
            planned.map(|p| &p.previous)
        };
        let new = |c: &CategoryResult| -> Option<Finding> {
            let is_new = |f: &&Finding| f.reason == UNKNOWN_HASH && !was_foreign(previous(c), f);
            c.findings.iter().find(is_new).cloned()
        };
        let concerned = result.categories.iter().filter(|c| new(c).is_some());
        let first = result.categories.iter().find_map(new);
        if let Some(first) = first {
            let foreign = ForeignFile {
                url: first.url,
                expected: first.expected,
                seen: first.seen,
            };
            let reason = "it serves a repomd.xml that the master never had".to_owned();
            tell(
                Event::UnknownHash,
                reason,
                concerned.filter_map(category).collect(),
                Some(foreign),
            );
        }
    }

    /// Writes a host's turn down in its own log.
    pub(super) fn log(&self, plan: &HostPlan, asked: &HostCrawl, instead: Option<CategoryStatus>) {
        let remark = match (asked.stopped, asked.cut_short, instead) {
            (true, ..) => "the run ended before the turn did",
            (_, true, _) => "the host's time, or its requests of a day, were used up before the end",
            (.., Some(CategoryStatus::PendingConfirmation)) => {
                "too many mirrors lost too much: what is bad in it waits for a person"
            }
            (.., Some(CategoryStatus::Discarded)) => {
                "our own network seemed to be down: what is bad in it does not count"
            }
            (..) => "",
        };
        let name = |c: &CategoryResult| {
            let planned = plan.categories.iter().find(|p| p.id == c.host_category);
            planned.map_or("", |p| p.category.name.as_str())
        };
        let categories: Vec<CategoryLog<'_>> = asked
            .result
            .categories
            .iter()
            .map(|c| CategoryLog {
                category: name(c),
                outcome: instead.unwrap_or(c.outcome.into()).as_str(),
                method: &c.method,
                probed: c.probed,
                requests: c.requests,
                counts: c.counts,
                findings: &c.findings,
                findings_cut: c.omitted_findings,
            })
            .collect();
        self.logs.write(
            plan.name.as_str(),
            &HostCrawlLog {
                started_at: asked.result.started_at,
                run: self.orders.run,
                seconds: asked.seconds(),
                requests: asked.result.requests,
                remark,
                categories: &categories,
            },
        );
    }

    /// A host's turn failed by a mistake of ours.
    pub(super) fn failed(&mut self, host: &str, why: &str) {
        self.push_status_line(host, CategoryStatus::Error, why);
        self.report.errors.push(format!("{host}: {why}"));
    }

    /// One line per category, and the sums.
    pub(super) fn push_report_lines(&mut self, plan: &HostPlan, asked: &HostCrawl, instead: Option<CategoryStatus>) {
        self.log(plan, asked, instead);
        let name = plan.name.to_string();
        let totals = &mut self.report.totals;
        let cut = asked.result.categories.is_empty();
        let answered = asked
            .result
            .categories
            .iter()
            .any(|c| c.outcome != CategoryOutcome::Inconclusive);
        if answered {
            totals.answered += 1;
        } else if !cut {
            totals.inconclusive += 1;
            totals.still_disabled += u64::from(self.previously_disabled.contains(&plan.id));
        }
        if asked.stopped || asked.cut_short {
            totals.incomplete += 1;
            self.report.interrupted |= asked.stopped;
        }
        totals.requests += asked.result.requests;
        if let Some(why) = &asked.local_error {
            tracing::error!(host = name, why, "the host could not be asked");
            self.report.errors.push(format!("{name}: {why}"));
        }
        let asked_for = |p: &HostCategoryPlan| asked.result.categories.iter().any(|c| c.host_category == p.id);
        for left in plan.categories.iter().filter(|p| !asked_for(p)) {
            let (outcome, why) = match &asked.local_error {
                Some(why) => (CategoryStatus::Error, why.as_str()),
                None => (
                    CategoryStatus::Skipped,
                    "the host's time was up before; it comes first the next time",
                ),
            };
            let line = CategoryReport::bare(&name, &left.category.name, outcome, why);
            self.report.lines.push(line);
        }
        for c in &asked.result.categories {
            add(&mut totals.directories, c.counts);
            let planned = plan.categories.iter().find(|p| p.id == c.host_category);
            let why = c.findings.iter().find(|f| f.directory.is_none());
            self.report.lines.push(CategoryReport {
                host: name.clone(),
                category: planned.map_or(String::new(), |p| p.category.name.clone()),
                outcome: instead.unwrap_or(c.outcome.into()),
                directories: c.counts,
                requests: c.requests,
                seconds: asked.seconds(),
                probed: c.probed,
                method: c.method.to_string(),
                reason: why.map_or(String::new(), |f| format!("{}: {}", f.reason, f.seen)),
            });
            // What is not in force is no alarm.
            let in_force = match instead {
                None => true,
                Some(CategoryStatus::PendingConfirmation) => !self.gate.foreign_waits(),
                Some(_) => false,
            };
            for f in c.findings.iter().filter(|f| in_force && f.reason == UNKNOWN_HASH) {
                tracing::warn!(
                    host = name,
                    url = f.url,
                    expected = f.expected,
                    seen = f.seen,
                    "foreign"
                );
                self.report.unknown_hash.push(UnknownHashAlarm {
                    host: name.clone(),
                    url: f.url.clone(),
                    expected: f.expected.clone(),
                    seen: f.seen.clone(),
                });
            }
        }
    }

    pub(super) fn push_status_line(&mut self, host: &str, outcome: CategoryStatus, why: &str) {
        self.report.lines.push(CategoryReport::bare(host, "", outcome, why));
    }

    pub(super) fn mark_not_started(&mut self, host: &str) {
        self.report.totals.incomplete += 1;
        self.report.interrupted = true;
        self.push_status_line(host, CategoryStatus::Skipped, "the run ended before");
    }

    pub(super) fn name(&self, host: usize) -> String {
        self.plans.get(host).map_or(String::new(), |p| p.name.to_string())
    }
}
