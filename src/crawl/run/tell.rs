//! What a crawl says of each host: in its report, and in the job's log.

use super::Run;
use crate::crawl::host::Asked;
use crate::crawl::report::{Foreign, Line, Outcome, add};
use crate::db::crawl::Committed;
use crate::model::plan::{CategoryOutcome, HostCategoryPlan, HostPlan};

impl Run {
    /// A host was written as it was found.
    pub(super) fn committed(&mut self, plan: &HostPlan, asked: &mut Asked, committed: &Committed) {
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
            if let Some(taken_back) = committed.taken_back.get(&category.host_category) {
                self.report.dropped += taken_back.len();
                category.take_back(taken_back);
            }
        }
        self.report.wants_scan += u64::try_from(asked.result.wants_scan.len()).unwrap_or(0);
        if let Some(failures) = committed.warned {
            tracing::warn!(host = name, failures, "crawls in a row got no answer");
            self.report.warned.push(name.clone());
        }
        if let Some(reason) = &committed.disabled {
            tracing::warn!(host = name, reason, "switched off");
            self.report.disabled.push(name.clone());
        }
        if committed.restored {
            tracing::info!(host = name, "switched on again after a good crawl");
            self.report.restored.push(name.clone());
        }
        self.lines(plan, asked, None);
    }

    /// A host's turn failed by a mistake of ours.
    pub(super) fn failed(&mut self, host: &str, why: &str) {
        self.bare_line(host, Outcome::Failed, why);
        self.report.failed.push(format!("{host}: {why}"));
    }

    /// One line per category, and the sums.
    pub(super) fn lines(&mut self, plan: &HostPlan, asked: &Asked, instead: Option<Outcome>) {
        let name = plan.name.to_string();
        let totals = &mut self.report.totals;
        let cut = asked.result.categories.is_empty();
        let answered = asked
            .result
            .categories
            .iter()
            .any(|c| c.outcome != CategoryOutcome::Unanswered);
        if answered {
            totals.answered += 1;
        } else if !cut {
            totals.unanswered += 1;
            totals.still_off += u64::from(self.switched_off.contains(&plan.id));
        }
        if asked.stopped || asked.late {
            totals.cut += 1;
            self.report.stopped |= asked.stopped;
        }
        totals.requests += asked.result.requests;
        let asked_for = |p: &HostCategoryPlan| asked.result.categories.iter().any(|c| c.host_category == p.id);
        for left in plan.categories.iter().filter(|p| !asked_for(p)) {
            let why = "the host's time was up before; it comes first the next time";
            self.report
                .lines
                .push(Line::bare(&name, &left.category.name, Outcome::Skipped, why));
        }
        for c in &asked.result.categories {
            add(&mut totals.directories, c.counts);
            let planned = plan.categories.iter().find(|p| p.id == c.host_category);
            let why = c.findings.iter().find(|f| f.directory.is_none());
            self.report.lines.push(Line {
                host: name.clone(),
                category: planned.map_or(String::new(), |p| p.category.name.clone()),
                outcome: instead.unwrap_or(c.outcome.into()),
                directories: c.counts,
                requests: c.requests,
                seconds: asked.seconds(),
                asked: c.asked,
                by: c.by.to_string(),
                why: why.map_or(String::new(), |f| format!("{}: {}", f.reason, f.seen)),
            });
            for f in c.findings.iter().filter(|f| f.reason == "foreign") {
                tracing::warn!(
                    host = name,
                    url = f.url,
                    expected = f.expected,
                    seen = f.seen,
                    "foreign"
                );
                self.report.foreign.push(Foreign {
                    host: name.clone(),
                    url: f.url.clone(),
                    expected: f.expected.clone(),
                    seen: f.seen.clone(),
                });
            }
        }
    }

    pub(super) fn bare_line(&mut self, host: &str, outcome: Outcome, why: &str) {
        self.report.lines.push(Line::bare(host, "", outcome, why));
    }

    pub(super) fn cut(&mut self, host: &str) {
        self.report.totals.cut += 1;
        self.report.stopped = true;
        self.bare_line(host, Outcome::Skipped, "the run ended before");
    }

    pub(super) fn name(&self, host: usize) -> String {
        self.plans.get(host).map_or(String::new(), |p| p.name.to_string())
    }
}
