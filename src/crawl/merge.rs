//! Merges the results of a category probe with the previous inventory of the host category. Pure.
//!
//! An inconclusive result never removes a directory from the inventory. If a directory with a `repomd.xml` was not probed, its
//! last verified version is pinned in an exception, because the scan sequence of the inventory advances to that of the plan.

use roaring::RoaringBitmap;

use super::classify::{Classification, DirectoryIssue, ProbeError, RATE_LIMITED};
use super::probe::{CategoryProbe, DirectoryResult, Interruption};
use super::scope::{CrawlMode, SAMPLE_ROTATION};
use super::tree::Tree;
use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, FileDetailId, RunId};
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::plan::{
    CategoryOutcome, CategoryResult, Finding, HostCategoryPlan, MirroredVersion, PlannedDirectory, mirrored_version,
};
use crate::model::status::DirectoryStatus;

#[derive(Debug, Clone, Copy)]
pub(crate) struct MergeContext<'a> {
    pub run: RunId,
    pub mode: &'a CrawlMode,
    pub now: Timestamp,
    pub max_findings: usize,
}

/// Returns the new state of a host category; `None` if no probe was made, so that nothing changes.
pub(crate) fn merge_results(
    plan: &HostCategoryPlan,
    tree: &Tree,
    probe: &CategoryProbe,
    context: &MergeContext<'_>,
) -> Option<CategoryResult> {
    let mut result = if probe.category_missing {
        missing_category(plan, probe, context)
    } else if probe.is_conclusive {
        complete_category(plan, tree, probe, context)
    } else if was_not_probed(probe) {
        return None;
    } else {
        inconclusive_category(plan, probe, context)
    };
    let mut findings = category_findings(probe);
    findings.append(&mut result.findings);
    let stored = findings.len().min(context.max_findings);
    result.omitted_findings += u64::try_from(findings.len() - stored).unwrap_or(u64::MAX);
    findings.truncate(stored);
    result.findings = findings;
    result.retained_findings = u64::try_from(context.max_findings - stored).unwrap_or(u64::MAX);
    Some(result)
}

/// Returns true if the host crawl ended before the mirror could respond or fail.
fn was_not_probed(probe: &CategoryProbe) -> bool {
    match &probe.interruption {
        Some(Interruption::Stopped | Interruption::Budget | Interruption::LocalError(_)) => true,
        Some(Interruption::HostDeadline) => {
            let is_unprobed =
                |r: &DirectoryResult| matches!(r, DirectoryResult::NotProbed | DirectoryResult::Unchanged);
            probe.url_errors.is_empty() && probe.results.iter().all(is_unprobed)
        }
        // A mirror that sends Retry-After counts as probed.
        Some(Interruption::Silent(error)) => probe.requests == 0 && error.code != RATE_LIMITED,
        None => probe.requests == 0,
    }
}

fn category_findings(probe: &CategoryProbe) -> Vec<Finding> {
    let no_response = |url: &str, e: &ProbeError| Finding::new(url, e.code, expected_response(e), e.message.as_str());
    let base = probe.base_url.as_str();
    let mut out: Vec<Finding> = probe.url_errors.iter().map(|(url, e)| no_response(url, e)).collect();
    out.extend(probe.certificates.iter().chain(&probe.category_findings).cloned());
    if let Some((from, to)) = &probe.redirect {
        let expected = "no redirect; register the target URL";
        out.push(Finding::new(
            from,
            "redirected",
            expected,
            format!("redirected to {to}"),
        ));
    }
    if probe.category_missing {
        let received = "its base URL and sampled files are missing";
        out.push(Finding::new(base, "category-missing", "the category", received));
    }
    out.extend(match &probe.interruption {
        None | Some(Interruption::LocalError(_)) => None,
        Some(Interruption::Stopped) => Some(Finding::new(base, "interrupted", "a complete crawl", "run interrupted")),
        Some(Interruption::HostDeadline) => {
            let expected = "a complete crawl within crawl.host_deadline";
            Some(Finding::new(base, "deadline", expected, "deadline reached"))
        }
        Some(Interruption::Budget) => {
            let expected = "a complete crawl within the requests per day";
            Some(Finding::new(base, "request-budget", expected, "requests used up"))
        }
        Some(Interruption::Silent(e)) => {
            let is_known = probe.url_errors.iter().any(|(_, known)| known == e);
            (!is_known).then(|| no_response(base, e))
        }
    });
    out
}

fn expected_response(error: &ProbeError) -> &'static str {
    if error.code == "redirect" {
        "no redirect to another host; register the target URL if it is the mirror"
    } else {
        "a response"
    }
}

fn new_result(
    plan: &HostCategoryPlan,
    probe: &CategoryProbe,
    outcome: CategoryOutcome,
    inventory: Inventory,
) -> CategoryResult {
    CategoryResult {
        host_category: plan.id,
        category: plan.category.id,
        outcome,
        inventory,
        requests: probe.requests,
        probed_directories: probe.probed,
        probe_method: probe.method.into(),
        ..CategoryResult::default()
    }
}

fn directory_count(plan: &HostCategoryPlan) -> u64 {
    u64::try_from(plan.category.directories.len()).unwrap_or(u64::MAX)
}

fn missing_category(plan: &HostCategoryPlan, probe: &CategoryProbe, context: &MergeContext<'_>) -> CategoryResult {
    let mut inventory = Inventory::new(plan.id);
    inventory.scan_seq = plan.category.scan_seq;
    inventory.checked_at = context.now;
    inventory.run = Some(context.run);
    if let Some(top) = plan.category.directories.first().filter(|d| d.path.is_top()) {
        inventory.missing.insert(top.id.0);
    }
    let mut out = new_result(plan, probe, CategoryOutcome::CategoryMissing, inventory);
    out.counts.outdated = directory_count(plan);
    out
}

fn inconclusive_category(plan: &HostCategoryPlan, probe: &CategoryProbe, context: &MergeContext<'_>) -> CategoryResult {
    let mut inventory = plan.previous.clone();
    inventory.run = Some(context.run);
    inventory.inconclusive_since.get_or_insert(context.now);
    inventory.inconclusive_tries = inventory.inconclusive_tries.saturating_add(1);
    let mut out = new_result(plan, probe, CategoryOutcome::Inconclusive, inventory);
    out.counts.inconclusive = directory_count(plan);
    out.unprobed = plan.category.directories.iter().map(|d| d.id.0).collect();
    // One finding represents all directories.
    if probe.interruption.is_none() {
        let first = probe.results.iter().find_map(|r| {
            let DirectoryResult::Classified(Classification::Inconclusive(issue)) = r else {
                return None;
            };
            Some(issue)
        });
        out.findings
            .extend(first.map(|i| Finding::new(&probe.base_url, i.code, &i.expected, &i.received)));
    }
    out
}

fn complete_category(
    plan: &HostCategoryPlan,
    tree: &Tree,
    probe: &CategoryProbe,
    context: &MergeContext<'_>,
) -> CategoryResult {
    // Directories that are not in the plan, because they vanished for a while, keep their state.
    let mut inventory = plan.previous.clone();
    inventory.scan_seq = plan.category.scan_seq;
    inventory.run = Some(context.run);
    if context.mode.is_complete() {
        inventory.checked_at = context.now;
        inventory.sample_rotation = (inventory.sample_rotation + 1) % SAMPLE_ROTATION;
    }
    if probe.is_full {
        inventory.last_full_probe_at = context.now;
    }
    inventory.inconclusive_since = None;
    inventory.inconclusive_tries = 0;
    let resume = probe.resume_at.and_then(|at| plan.category.directories.get(at));
    inventory.resume_directory = resume.map(|d| d.id);
    let mut merger = Merger {
        previous: &plan.previous,
        context,
        base_url: &probe.base_url,
        alarms: Vec::new(),
        others: Vec::new(),
        out: new_result(plan, probe, CategoryOutcome::Complete, inventory),
    };
    for (at, (directory, result)) in plan.category.directories.iter().zip(probe.results.iter()).enumerate() {
        merger.merge(directory, tree.url_path(at), result);
    }
    merger.out.findings = merger.alarms;
    merger.out.findings.append(&mut merger.others);
    merger.out
}

struct Merger<'a> {
    previous: &'a Inventory,
    context: &'a MergeContext<'a>,
    base_url: &'a str,
    /// Findings that are never omitted for others: unknown hashes and leaked directories.
    alarms: Vec<Finding>,
    others: Vec<Finding>,
    out: CategoryResult,
}

impl Merger<'_> {
    fn merge(&mut self, directory: &PlannedDirectory, path: &str, result: &DirectoryResult) {
        let id = directory.id;
        match result.status() {
            Some(status) => self.count(id, status),
            None => self.count_previous(id),
        }
        match result {
            DirectoryResult::Confirmed => self.set_present(id, None),
            DirectoryResult::Classified(classification) => self.merge_classification(directory, path, classification),
            DirectoryResult::BelowMissing | DirectoryResult::BelowClosed => {
                self.set_absent(id, None);
                if *result == DirectoryResult::BelowClosed && directory.readable {
                    // The master has opened it: it is probed as soon as the mirror opens the directory above.
                    self.out.inventory.pending_probe.insert(id.0);
                }
            }
            DirectoryResult::NotProbed | DirectoryResult::Unchanged => {
                self.keep(directory);
                if *result == DirectoryResult::NotProbed || directory.changed_seq > self.previous.scan_seq {
                    self.out.inventory.pending_probe.insert(id.0);
                }
            }
        }
    }

    fn merge_classification(&mut self, directory: &PlannedDirectory, path: &str, classification: &Classification) {
        let id = directory.id;
        match classification {
            Classification::Current => self.set_present(id, None),
            Classification::Ahead(sha256) => {
                let mut exception = self.exception(id, ExceptionState::Ahead, None);
                exception.sha256 = Some(sha256.clone());
                self.set_present(id, Some(exception));
            }
            Classification::OutdatedAllowed(detail, issue) => {
                let exception = self.exception(id, ExceptionState::OutdatedAllowed, Some(*detail));
                self.set_present(id, Some(exception));
                self.add_finding(id, path, issue);
            }
            Classification::Outdated(issue) => {
                self.set_absent(id, None);
                self.add_finding(id, path, issue);
            }
            Classification::Leaked(issue) => {
                self.set_absent(id, None);
                // Every crawl probes it again, until it is closed.
                self.out.inventory.pending_probe.insert(id.0);
                let finding = self.new_finding(id, path, issue);
                self.alarms.push(finding);
            }
            Classification::Missing(issue) => {
                self.set_absent(id, None);
                self.out.inventory.missing.insert(id.0);
                self.add_finding(id, path, issue);
            }
            Classification::UnknownHash(issue) => {
                self.set_absent(id, Some(ExceptionState::UnknownHash));
                let finding = self.new_finding(id, path, issue);
                self.alarms.push(finding);
            }
            Classification::Staged => self.set_absent(id, Some(ExceptionState::Staged)),
            Classification::Inconclusive(issue) | Classification::NeedsContext(issue) => {
                self.mark_inconclusive(directory);
                self.add_finding(id, path, issue);
            }
        }
    }

    /// Counts the status of a directory that was probed, and records a negative one.
    fn count(&mut self, id: DirectoryId, status: DirectoryStatus) {
        let (count, negatives) = self.by_status(status);
        *count += 1;
        if let Some(set) = negatives {
            set.insert(id.0);
        }
    }

    /// Returns the number of directories with this status and, if it is negative, the set of those that were probed.
    const fn by_status(&mut self, status: DirectoryStatus) -> (&mut u64, Option<&mut RoaringBitmap>) {
        let (counts, negatives) = (&mut self.out.counts, &mut self.out.negatives);
        match status {
            DirectoryStatus::Current
            | DirectoryStatus::Ahead
            | DirectoryStatus::AlwaysCurrent
            | DirectoryStatus::Stale => (&mut counts.current, None),
            DirectoryStatus::OutdatedAllowed => (&mut counts.outdated_allowed, Some(&mut negatives.outdated_allowed)),
            DirectoryStatus::Outdated | DirectoryStatus::Missing => {
                (&mut counts.outdated, Some(&mut negatives.outdated))
            }
            DirectoryStatus::UnknownHash => (&mut counts.unknown_hash, Some(&mut negatives.unknown_hash)),
            DirectoryStatus::Staged => (&mut counts.staged, Some(&mut negatives.staged)),
            DirectoryStatus::Inconclusive | DirectoryStatus::NeverCrawled => (&mut counts.inconclusive, None),
        }
    }

    /// Counts the previous status of a directory that was not selected.
    fn count_previous(&mut self, id: DirectoryId) {
        let status = match self.previous.exceptions.get(&id).map(|e| e.state) {
            Some(ExceptionState::OutdatedAllowed) => DirectoryStatus::OutdatedAllowed,
            Some(ExceptionState::UnknownHash) => DirectoryStatus::UnknownHash,
            Some(ExceptionState::Staged) => DirectoryStatus::Staged,
            Some(ExceptionState::Inconclusive) => DirectoryStatus::Inconclusive,
            Some(ExceptionState::Ahead) => DirectoryStatus::Ahead,
            None if self.previous.present.contains(id.0) => DirectoryStatus::Current,
            None => DirectoryStatus::Outdated,
        };
        *self.by_status(status).0 += 1;
    }

    /// Creates an exception. `since` and `tries` continue if the previous crawl had the same state.
    fn exception(&self, id: DirectoryId, state: ExceptionState, detail: Option<FileDetailId>) -> DirectoryException {
        let before = self.previous.exceptions.get(&id).filter(|e| e.state == state);
        DirectoryException {
            state,
            since: before.map_or(self.context.now, |e| e.since),
            tries: before.map_or(0, |e| e.tries).saturating_add(1),
            detail,
            sha256: None,
        }
    }

    fn set_present(&mut self, id: DirectoryId, exception: Option<DirectoryException>) {
        self.set(id, exception);
        self.out.inventory.present.insert(id.0);
    }

    fn set_absent(&mut self, id: DirectoryId, state: Option<ExceptionState>) {
        let exception = state.map(|state| self.exception(id, state, None));
        self.set(id, exception);
        self.out.inventory.present.remove(id.0);
    }

    fn set(&mut self, id: DirectoryId, exception: Option<DirectoryException>) {
        let inventory = &mut self.out.inventory;
        inventory.missing.remove(id.0);
        inventory.pending_probe.remove(id.0);
        inventory.exceptions.remove(&id);
        inventory.exceptions.extend(exception.map(|e| (id, e)));
    }

    /// Keeps the state of a directory whose probe was inconclusive. A present one gets an exception, which ages and pins its
    /// version; an absent one is probed again.
    fn mark_inconclusive(&mut self, directory: &PlannedDirectory) {
        let id = directory.id;
        if self.previous.present.contains(id.0) {
            let exception = self.exception(id, ExceptionState::Inconclusive, None);
            self.insert_pinned(directory, exception);
        } else {
            self.out.inventory.pending_probe.insert(id.0);
        }
    }

    /// Keeps the state of a directory that was not probed; it does not age. If the master has a new version, the version of
    /// the mirror is pinned.
    fn keep(&mut self, directory: &PlannedDirectory) {
        let id = directory.id;
        self.out.unprobed.insert(id.0);
        let is_plain = self.previous.present.contains(id.0) && !self.previous.exceptions.contains_key(&id);
        if is_plain && mirrored_version(self.previous, directory) != mirrored_version(&self.out.inventory, directory) {
            let exception = self.exception(id, ExceptionState::Inconclusive, None);
            self.insert_pinned(directory, DirectoryException { tries: 0, ..exception });
        }
    }

    fn insert_pinned(&mut self, directory: &PlannedDirectory, mut exception: DirectoryException) {
        match mirrored_version(self.previous, directory) {
            Some(MirroredVersion::Recorded(detail)) => exception.detail = Some(detail),
            Some(MirroredVersion::Unrecorded(sha256)) => exception.sha256 = Some(sha256),
            None => {}
        }
        self.out.inventory.exceptions.insert(directory.id, exception);
    }

    fn new_finding(&self, id: DirectoryId, path: &str, issue: &DirectoryIssue) -> Finding {
        let mut url = format!("{}/", self.base_url);
        super::tree::push_url_path(&mut url, path, &issue.file);
        Finding {
            directory: Some(id),
            ..Finding::new(url, issue.code, &issue.expected, &issue.received)
        }
    }

    fn add_finding(&mut self, id: DirectoryId, path: &str, issue: &DirectoryIssue) {
        if self.others.len() < self.context.max_findings && !issue.code.is_empty() {
            let finding = self.new_finding(id, path, issue);
            self.others.push(finding);
        } else {
            self.out.omitted_findings += 1;
        }
    }
}

#[cfg(test)]
mod tests;
