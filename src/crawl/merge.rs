//! What was found out, put together with what was known: the new state of one category of one host. Pure.
//!
//! Unanswered never clears a bit. Where a directory has a `repomd.xml` and the host was not asked for it, the version it was
//! last seen to hold is pinned, because the state as a whole moves on to the generation of this plan.

use roaring::RoaringBitmap;

use super::classify::{Classification, DirectoryIssue, ProbeError, RATE_LIMITED};
use super::probe::{CategoryProbe, DirectoryResult, Interruption};
use super::scope::{CrawlMode, SAMPLE_ROTATION};
use super::tree::Tree;
use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, FileDetailId, RunId};
use crate::model::inventory::{DirectoryException, ExceptionState, Inventory};
use crate::model::plan::{
    CategoryOutcome, CategoryResult, Finding, HostCategoryPlan, MirroredVersion, NegativeResults, PlannedDirectory,
    StatusCounts, mirrored_version,
};

/// The rest of what is needed.
#[derive(Debug, Clone, Copy)]
pub struct MergeContext<'a> {
    /// The crawl.
    pub run: RunId,
    /// What the look was for.
    pub aim: &'a CrawlMode,
    /// Now.
    pub now: Timestamp,
    /// The most findings to keep.
    pub max_findings: usize,
}

/// The new state. `None` = the run or the host's time ended before anything was found out: nothing changes.
pub fn merge_results(
    plan: &HostCategoryPlan,
    tree: &Tree,
    looked: &CategoryProbe,
    setting: &MergeContext<'_>,
) -> Option<CategoryResult> {
    let mut result = if looked.category_missing {
        category_gone(plan, looked, setting)
    } else if looked.is_conclusive {
        category_checked(plan, tree, looked, setting)
    } else if was_not_asked(looked) {
        return None;
    } else {
        unanswered(plan, looked, setting)
    };
    let mut general: Vec<Finding> = general_findings(looked);
    general.append(&mut result.findings);
    let kept = general.len().min(setting.max_findings);
    result.omitted_findings += u64::try_from(general.len() - kept).unwrap_or(u64::MAX);
    general.truncate(kept);
    result.findings = general;
    result.retained_findings = u64::try_from(setting.max_findings - kept).unwrap_or(u64::MAX);
    Some(result)
}

/// Whether nothing came because nobody asked: the turn was over before the mirror could fail or answer.
fn was_not_asked(looked: &CategoryProbe) -> bool {
    match &looked.interruption {
        Some(Interruption::Stopped | Interruption::Budget | Interruption::LocalError(_)) => true,
        Some(Interruption::HostDeadline) => {
            let not_asked = |f: &DirectoryResult| matches!(f, DirectoryResult::NotProbed | DirectoryResult::Unchanged);
            looked.url_errors.is_empty() && looked.results.iter().all(not_asked)
        }
        // That it wants to be left alone is its own doing.
        Some(Interruption::Silent(trouble)) => looked.requests == 0 && trouble.code != RATE_LIMITED,
        None => looked.requests == 0,
    }
}

/// Findings about the category as a whole.
fn general_findings(looked: &CategoryProbe) -> Vec<Finding> {
    let about = |url: &str, reason: &str, expected: &str, seen: &str| Finding {
        directory: None,
        url: url.to_owned(),
        reason: reason.to_owned(),
        expected: expected.to_owned(),
        seen: seen.to_owned(),
    };
    let mut out: Vec<Finding> = looked
        .url_errors
        .iter()
        .map(|(url, trouble)| about(url, trouble.code, wanted(trouble), &trouble.message))
        .collect();
    out.extend(looked.certificates.iter().chain(&looked.category_findings).cloned());
    if let Some((from, to)) = &looked.redirect {
        let advice = "no redirect; register the address it leads to";
        out.push(about(from, "redirected", advice, &format!("it leads to {to}")));
    }
    if looked.category_missing {
        out.push(about(
            &looked.base_url,
            "category-missing",
            "the category",
            "its base and listed files are not there",
        ));
    }
    match &looked.interruption {
        None | Some(Interruption::LocalError(_)) => {}
        Some(Interruption::Stopped) => out.push(about(
            &looked.base_url,
            "interrupted",
            "a look to the end",
            "the run ended before",
        )),
        Some(Interruption::HostDeadline) => out.push(about(
            &looked.base_url,
            "deadline",
            "a look to the end within crawl.host_deadline",
            "it took longer",
        )),
        Some(Interruption::Budget) => out.push(about(
            &looked.base_url,
            "request-budget",
            "a look to the end within the requests of a day",
            "they were used up",
        )),
        Some(Interruption::Silent(trouble)) => {
            let known = looked.url_errors.iter().any(|(_, t)| t == trouble);
            if !known {
                out.push(about(&looked.base_url, trouble.code, wanted(trouble), &trouble.message));
            }
        }
    }
    out
}

/// What would have been well, with what to do about it where that is known.
fn wanted(trouble: &ProbeError) -> &'static str {
    if trouble.code == "redirect" {
        "no redirect to another host; register the address it leads to, if that is the mirror"
    } else {
        "an answer"
    }
}

fn result(
    plan: &HostCategoryPlan,
    looked: &CategoryProbe,
    outcome: CategoryOutcome,
    holding: Inventory,
) -> CategoryResult {
    CategoryResult {
        host_category: plan.id,
        category: plan.category.id,
        outcome,
        inventory: holding,
        negatives: NegativeResults::default(),
        findings: Vec::new(),
        omitted_findings: 0,
        unprobed: RoaringBitmap::new(),
        retained_findings: 0,
        counts: StatusCounts::default(),
        requests: looked.requests,
        probed: looked.probed,
        method: looked.method.into(),
    }
}

fn size(plan: &HostCategoryPlan) -> u64 {
    u64::try_from(plan.category.directories.len()).unwrap_or(u64::MAX)
}

fn category_gone(plan: &HostCategoryPlan, looked: &CategoryProbe, setting: &MergeContext<'_>) -> CategoryResult {
    let mut holding = Inventory::new(plan.id);
    holding.scan_seq = plan.category.scan_seq;
    holding.checked_at = setting.now;
    holding.run = Some(setting.run);
    if let Some(top) = plan.category.directories.first().filter(|d| d.path.is_top()) {
        holding.missing.insert(top.id.0);
    }
    let mut out = result(plan, looked, CategoryOutcome::CategoryMissing, holding);
    out.counts.outdated = size(plan);
    out
}

fn unanswered(plan: &HostCategoryPlan, looked: &CategoryProbe, setting: &MergeContext<'_>) -> CategoryResult {
    let mut holding = plan.previous.clone();
    holding.run = Some(setting.run);
    holding.inconclusive_since.get_or_insert(setting.now);
    holding.inconclusive_tries = holding.inconclusive_tries.saturating_add(1);
    let mut out = result(plan, looked, CategoryOutcome::Inconclusive, holding);
    out.counts.inconclusive = size(plan);
    out.unprobed = plan.category.directories.iter().map(|d| d.id.0).collect();
    // One stands for all.
    let first = looked.results.iter().find_map(|f| match f {
        DirectoryResult::Classified(Classification::Inconclusive(fault)) if looked.interruption.is_none() => {
            Some(fault)
        }
        DirectoryResult::Classified(_)
        | DirectoryResult::BelowMissing
        | DirectoryResult::BelowClosed
        | DirectoryResult::Unchanged
        | DirectoryResult::Confirmed
        | DirectoryResult::NotProbed => None,
    });
    out.findings.extend(first.map(|fault| Finding {
        directory: None,
        url: looked.base_url.clone(),
        reason: fault.reason.to_owned(),
        expected: fault.expected.clone(),
        seen: fault.seen.clone(),
    }));
    out
}

/// Starts from the previous state, so that directories which are not in the plan (vanished for a while) keep their facts.
fn category_checked(
    plan: &HostCategoryPlan,
    tree: &Tree,
    looked: &CategoryProbe,
    setting: &MergeContext<'_>,
) -> CategoryResult {
    let mut holding = plan.previous.clone();
    holding.scan_seq = plan.category.scan_seq;
    holding.run = Some(setting.run);
    if setting.aim.is_complete() {
        holding.checked_at = setting.now;
        holding.sample_rotation = (holding.sample_rotation + 1) % SAMPLE_ROTATION;
    }
    if looked.is_full {
        holding.last_full_probe_at = setting.now;
    }
    holding.inconclusive_since = None;
    holding.inconclusive_tries = 0;
    let resume = looked.resume_at.and_then(|at| plan.category.directories.get(at));
    holding.resume_directory = resume.map(|d| d.id);
    let mut settling = Merger {
        previous: &plan.previous,
        setting,
        base: &looked.base_url,
        foreign: Vec::new(),
        others: Vec::new(),
        out: result(plan, looked, CategoryOutcome::Complete, holding),
    };
    for (at, (directory, found)) in plan.category.directories.iter().zip(looked.results.iter()).enumerate() {
        settling.directory(directory, tree.url_path(at), found);
    }
    let (mut findings, mut others) = (settling.foreign, settling.others);
    findings.append(&mut others);
    settling.out.findings = findings;
    settling.out
}

struct Merger<'a> {
    previous: &'a Inventory,
    setting: &'a MergeContext<'a>,
    base: &'a str,
    foreign: Vec<Finding>,
    others: Vec<Finding>,
    out: CategoryResult,
}

impl Merger<'_> {
    fn directory(&mut self, directory: &PlannedDirectory, path: &str, found: &DirectoryResult) {
        let id = directory.id;
        let (counts, negatives) = (&mut self.out.counts, &mut self.out.negatives);
        match found {
            DirectoryResult::Confirmed | DirectoryResult::Classified(Classification::Current) => {
                counts.current += 1;
                self.held(id, None);
            }
            DirectoryResult::Classified(Classification::Ahead(sha256)) => {
                counts.current += 1;
                let mut exception = self.exception(id, ExceptionState::Ahead, None);
                exception.sha256 = Some(sha256.clone());
                self.held(id, Some(exception));
            }
            DirectoryResult::Classified(Classification::OutdatedAllowed(detail, fault)) => {
                counts.outdated_allowed += 1;
                negatives.outdated_allowed.insert(id.0);
                let exception = self.exception(id, ExceptionState::OutdatedAllowed, Some(*detail));
                self.held(id, Some(exception));
                self.finding(id, path, fault);
            }
            DirectoryResult::Classified(Classification::Outdated(fault) | Classification::Leaked(fault)) => {
                counts.outdated += 1;
                negatives.outdated.insert(id.0);
                self.absent(id, None);
                self.finding(id, path, fault);
            }
            DirectoryResult::Classified(Classification::Missing(fault)) => {
                counts.outdated += 1;
                negatives.outdated.insert(id.0);
                self.absent(id, None);
                self.out.inventory.missing.insert(id.0);
                self.finding(id, path, fault);
            }
            DirectoryResult::Classified(Classification::UnknownHash(fault)) => {
                counts.unknown_hash += 1;
                negatives.unknown_hash.insert(id.0);
                self.absent(id, Some(ExceptionState::UnknownHash));
                let finding = self.make_finding(id, path, fault);
                self.foreign.push(finding);
            }
            DirectoryResult::Classified(Classification::Staged) => {
                counts.staged += 1;
                negatives.staged.insert(id.0);
                self.absent(id, Some(ExceptionState::Staged));
            }
            DirectoryResult::BelowMissing => {
                counts.outdated += 1;
                negatives.outdated.insert(id.0);
                self.absent(id, None);
            }
            DirectoryResult::BelowClosed => {
                counts.staged += 1;
                negatives.staged.insert(id.0);
                self.absent(id, None);
            }
            DirectoryResult::Classified(Classification::Inconclusive(fault) | Classification::NeedsContext(fault)) => {
                counts.inconclusive += 1;
                self.mark_inconclusive(directory);
                self.finding(id, path, fault);
            }
            DirectoryResult::NotProbed => {
                counts.inconclusive += 1;
                self.out.unprobed.insert(id.0);
                self.not_asked(directory);
                self.out.inventory.pending_probe.insert(id.0);
            }
            DirectoryResult::Unchanged => {
                self.count_kept(id);
                self.out.unprobed.insert(id.0);
                self.not_asked(directory);
                if directory.changed_seq > self.previous.scan_seq {
                    self.out.inventory.pending_probe.insert(id.0);
                }
            }
        }
    }

    /// `since` and `tries` go on where the last crawl said the same.
    fn exception(&self, id: DirectoryId, state: ExceptionState, detail: Option<FileDetailId>) -> DirectoryException {
        let before = self.previous.exceptions.get(&id).filter(|e| e.state == state);
        DirectoryException {
            state,
            since: before.map_or(self.setting.now, |e| e.since),
            tries: before.map_or(0, |e| e.tries).saturating_add(1),
            detail,
            sha256: None,
        }
    }

    fn held(&mut self, id: DirectoryId, exception: Option<DirectoryException>) {
        self.out.inventory.present.insert(id.0);
        self.out.inventory.missing.remove(id.0);
        self.out.inventory.pending_probe.remove(id.0);
        self.out.inventory.exceptions.remove(&id);
        if let Some(exception) = exception {
            self.out.inventory.exceptions.insert(id, exception);
        }
    }

    fn absent(&mut self, id: DirectoryId, exception: Option<ExceptionState>) {
        self.out.inventory.present.remove(id.0);
        self.out.inventory.missing.remove(id.0);
        self.out.inventory.pending_probe.remove(id.0);
        self.out.inventory.exceptions.remove(&id);
        if let Some(state) = exception {
            let exception = self.exception(id, state, None);
            self.out.inventory.exceptions.insert(id, exception);
        }
    }

    /// The bit stands. What is held needs an exception: it ages, and it pins the version. What is not is asked again.
    fn mark_inconclusive(&mut self, directory: &PlannedDirectory) {
        let id = directory.id;
        if self.previous.present.contains(id.0) {
            let mut exception = self.exception(id, ExceptionState::Inconclusive, None);
            self.record_held_version(directory, &mut exception);
            self.out.inventory.exceptions.insert(id, exception);
        } else {
            self.out.inventory.pending_probe.insert(id.0);
        }
    }

    /// The bit stands, and nothing ages: nobody asked. Where the master has another version since, the one that is held is
    /// pinned.
    fn not_asked(&mut self, directory: &PlannedDirectory) {
        let id = directory.id;
        let is_plain = self.previous.present.contains(id.0) && !self.previous.exceptions.contains_key(&id);
        if is_plain && mirrored_version(self.previous, directory) != mirrored_version(&self.out.inventory, directory) {
            let mut exception = DirectoryException {
                state: ExceptionState::Inconclusive,
                since: self.setting.now,
                tries: 0,
                detail: None,
                sha256: None,
            };
            self.record_held_version(directory, &mut exception);
            self.out.inventory.exceptions.insert(id, exception);
        }
    }

    fn record_held_version(&self, directory: &PlannedDirectory, exception: &mut DirectoryException) {
        match mirrored_version(self.previous, directory) {
            Some(MirroredVersion::Recorded(detail)) => exception.detail = Some(detail),
            Some(MirroredVersion::Unrecorded(sha256)) => exception.sha256 = Some(sha256),
            None => {}
        }
    }

    /// What is known of a directory that was not to be asked for, as a number.
    fn count_kept(&mut self, id: DirectoryId) {
        let counts = &mut self.out.counts;
        *match self.previous.exceptions.get(&id).map(|e| e.state) {
            Some(ExceptionState::OutdatedAllowed) => &mut counts.outdated_allowed,
            Some(ExceptionState::UnknownHash) => &mut counts.unknown_hash,
            Some(ExceptionState::Staged) => &mut counts.staged,
            Some(ExceptionState::Inconclusive) => &mut counts.inconclusive,
            Some(ExceptionState::Ahead) => &mut counts.current,
            None if self.previous.present.contains(id.0) => &mut counts.current,
            None => &mut counts.outdated,
        } += 1;
    }

    fn make_finding(&self, id: DirectoryId, path: &str, fault: &DirectoryIssue) -> Finding {
        let mut url = format!("{}/", self.base);
        super::tree::push_url_path(&mut url, path, &fault.file);
        Finding {
            directory: Some(id),
            url,
            reason: fault.reason.to_owned(),
            expected: fault.expected.clone(),
            seen: fault.seen.clone(),
        }
    }

    fn finding(&mut self, id: DirectoryId, path: &str, fault: &DirectoryIssue) {
        if self.others.len() < self.setting.max_findings && fault.has_details() {
            let finding = self.make_finding(id, path, fault);
            self.others.push(finding);
        } else {
            self.out.omitted_findings += 1;
        }
    }
}

#[cfg(test)]
mod tests;
