//! The pages of mirrors: states and findings of each category, so that administrators see why a mirror is not listed.
//!
//! Findings name only directories that are world-readable on the master and belong to no hidden version, and never URLs, which
//! may be private.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use derive_more::AsRef;
use itertools::Itertools;
use roaring::RoaringBitmap;
use serde::Serialize;

use super::finding_text::{FindingText, Severity, detail_is_public};
use super::hidden::HiddenPaths;
use super::host_view::HostView;
use super::public_view::PublicView;
use super::text::{base_url, format_minute};
use crate::model::history::{HostDowntime, PastCrawl, PastFinding};
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId};
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::{DirPath, MirrorUrl};
use crate::model::plan::CategoryOutcome;
use crate::model::registry::{Category, Host, HostCategory, Site};
use crate::model::status::{DirectoryStatus, MirrorState};

/// The path of the page of all mirrors.
pub(super) const ALL_MIRRORS_PATH: &str = "mirrors/";
/// The maximum number of directories that are named in a finding.
const MAX_DIRECTORIES_PER_FINDING: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, AsRef)]
pub(super) struct MirrorView<'a> {
    #[as_ref]
    #[serde(flatten)]
    pub(super) host: HostView<'a>,
    /// True if it is not active; of such hosts, only those that the crawler disabled have a page.
    disabled: bool,
    /// Downtimes that have not ended.
    downtimes: Vec<DowntimeView>,
    pub(super) categories: Vec<HostCategoryView<'a>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct HostCategoryView<'a> {
    name: &'a str,
    state: MirrorState,
    /// An explanation of the state.
    #[serde(rename = "text")]
    explanation: String,
    urls: Vec<String>,
    /// The minute of the last conclusive crawl; `None` if there was none, or the category is always-current.
    #[serde(rename = "checked")]
    checked_at: Option<String>,
    /// The number of world-readable directories on the master that belong to no hidden version.
    #[serde(rename = "directories")]
    directory_count: u64,
    /// The number of them in the inventory; of an always-current category, the number that it is listed for.
    #[serde(rename = "present")]
    present_count: u64,
    /// The number of them that it is listed for.
    #[serde(rename = "listed")]
    listed_count: u64,
    /// The number of listed repositories in which it is behind the newest push.
    #[serde(rename = "behind")]
    repositories_behind: usize,
    /// Most severe first; only on the page of the mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<FindingView<'a>>>,
    /// Oldest first; only on the page of the mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crawls: Option<&'a [PastCrawl]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FindingView<'a> {
    #[serde(rename = "reason")]
    code: &'a str,
    #[serde(flatten)]
    text: FindingText,
    /// The number of directories; 0 = the finding is about the host category as a whole.
    #[serde(rename = "count")]
    directory_count: usize,
    /// The observation, if the finding is about the whole category and the text is public.
    detail: Option<String>,
    directories: Vec<DirectoryView<'a>>,
    /// The number of directories that are not named.
    #[serde(rename = "more")]
    omitted_directories: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DirectoryView<'a> {
    /// Relative to the topdir of the category.
    path: &'a str,
    detail: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DowntimeView {
    starts_at: String,
    ends_at: String,
    reason: Option<String>,
    keep_listed: bool,
}

/// The findings with one code.
#[derive(Debug, Default)]
struct FindingGroup<'a> {
    directories: BTreeMap<&'a DirPath, Option<String>>,
    detail: Option<String>,
}

impl MirrorView<'_> {
    /// Returns the mirror as in the list of all: without findings and crawls, which only its own page has.
    pub(super) fn into_summary(mut self) -> Self {
        for category in &mut self.categories {
            (category.findings, category.crawls) = (None, None);
        }
        self
    }
}

#[derive(Debug)]
pub(super) struct MirrorPageBuilder<'a, 'r> {
    public: &'a PublicView<'r>,
    urls: BTreeMap<HostCategoryId, Vec<MirrorUrl>>,
    /// The directories of each category that pages may name.
    public_directories: HashMap<CategoryId, RoaringBitmap>,
    host_categories: HashMap<HostId, Vec<&'r HostCategory>>,
}

impl<'a, 'r> MirrorPageBuilder<'a, 'r> {
    pub(super) fn new(public: &'a PublicView<'r>) -> Self {
        let registry = public.publication.registry;
        let hidden = HiddenPaths::new(registry);
        let directories = registry.directories.values();
        let directories = directories.filter(|d| d.readable && !hidden.contains(d));
        Self {
            public,
            urls: public.publication.public_urls(),
            public_directories: directories.map(|d| (d.category, d.id.0)).into_grouping_map().collect(),
            host_categories: registry.host_categories.values().into_group_map_by(|hc| hc.host),
        }
    }

    /// Returns the page of a host; `None` if it carries only categories that are not public.
    pub(super) fn page(&self, host: &'a Host, site: &'a Site) -> Option<MirrorView<'a>> {
        let categories_by_id = &self.public.publication.registry.categories;
        let carried = self.host_categories.get(&host.id).map_or(&[][..], Vec::as_slice);
        let public = carried
            .iter()
            .filter_map(|hc| Some((*hc, categories_by_id.get(&hc.category).filter(|c| c.publiclist)?)));
        let categories: Vec<HostCategoryView<'a>> = (public
            .map(|(hc, category)| self.host_category_view(hc, category)))
        .sorted_by_key(|c| c.name)
        .collect();
        if categories.is_empty() && !carried.is_empty() {
            return None;
        }
        let downtimes = self
            .public
            .publication
            .registry
            .downtimes
            .get(&host.id)
            .into_iter()
            .flatten();
        Some(MirrorView {
            host: HostView::new(self.public, host, site).with_country_name(),
            disabled: !host.is_active(site),
            downtimes: downtimes.map(downtime).collect(),
            categories,
        })
    }

    fn host_category_view(&self, hc: &'r HostCategory, category: &'r Category) -> HostCategoryView<'a> {
        let PublicView {
            publication,
            history,
            pushes,
            ..
        } = self.public;
        let inventory = publication.registry.inventories.get(&hc.id);
        let crawled = inventory.filter(|_| !hc.always_current);
        let urls: Vec<String> = self.urls.get(&hc.id).into_iter().flatten().map(base_url).collect();
        let directories = self.public_directories.get(&category.id);
        let listed = publication.listed.get(&hc.id).filter(|_| !urls.is_empty());
        let public_listed = directories.zip(listed).map(|(d, l)| d & l).unwrap_or_default();
        let repositories_behind = crawled.map_or(0, |inventory| pushes.count_behind(inventory, &public_listed));
        let findings = crawled.map(|i| self.findings(hc, i)).unwrap_or_default();
        let crawls = history.crawls.get(&hc.id).map_or(&[][..], Vec::as_slice);
        let is_listed = listed.is_some_and(|l| !l.is_empty());
        let last_outcome = crawls.last().map(|c| c.outcome);
        let state = match inventory {
            _ if urls.is_empty() => MirrorState::NoUrl,
            _ if publication.downtimes.contains_key(&hc.host) => MirrorState::Downtime,
            _ if hc.always_current => MirrorState::AlwaysCurrent,
            inventory => compute_state(inventory, last_outcome, is_listed, repositories_behind, &findings),
        };
        HostCategoryView {
            name: category.name.as_str(),
            state,
            explanation: explain_state(state, inventory, is_listed),
            urls,
            checked_at: crawled
                .filter(|i| i.checked_at.0 > 0)
                .map(|i| format_minute(i.checked_at)),
            directory_count: directories.map_or(0, RoaringBitmap::len),
            present_count: crawled.map_or(public_listed.len(), |i| {
                directories.map_or(0, |d| i.present.intersection_len(d))
            }),
            listed_count: public_listed.len(),
            repositories_behind,
            findings: Some(findings),
            crawls: Some(crawls),
        }
    }

    /// Returns the path of a directory if pages may name it.
    fn public_path(&self, hc: &HostCategory, id: DirectoryId) -> Option<&'r DirPath> {
        let public = self.public_directories.get(&hc.category)?;
        let directory = self.public.publication.registry.directories.get(&id)?;
        public.contains(id.0).then_some(&directory.path)
    }

    /// Returns the findings of the last crawls; directories without a finding that are missing or have an exception get the
    /// status as the code.
    fn findings(&self, hc: &HostCategory, inventory: &Inventory) -> Vec<FindingView<'a>> {
        let mut groups: BTreeMap<&'a str, FindingGroup<'a>> = BTreeMap::new();
        let mut with_finding: BTreeSet<DirectoryId> = BTreeSet::new();
        for finding in self.public.history.findings.get(&hc.id).into_iter().flatten() {
            let detail = finding_detail(finding);
            match finding.directory {
                None => groups.entry(&finding.code).or_default().detail = detail,
                Some(id) => {
                    with_finding.insert(id);
                    if let Some(path) = self.public_path(hc, id) {
                        let group = groups.entry(&finding.code).or_default();
                        group.directories.insert(path, detail);
                    }
                }
            }
        }
        let exceptions = inventory.exceptions.iter().filter_map(|(id, e)| {
            let status = match e.state {
                ExceptionState::Inconclusive => DirectoryStatus::Inconclusive,
                ExceptionState::OutdatedAllowed => DirectoryStatus::OutdatedAllowed,
                ExceptionState::UnknownHash => DirectoryStatus::UnknownHash,
                // Not a fault of the mirror.
                ExceptionState::Ahead | ExceptionState::Staged => return None,
            };
            Some((*id, status))
        });
        let missing = (inventory.missing.iter()).map(|id| (DirectoryId(id), DirectoryStatus::Missing));
        for (id, status) in exceptions.chain(missing).filter(|(id, _)| !with_finding.contains(id)) {
            if let Some(path) = self.public_path(hc, id) {
                let group = groups.entry(status.into_str()).or_default();
                group.directories.insert(path, None);
            }
        }
        let findings = groups.into_iter().map(|(code, group)| finding_view(code, group));
        findings
            .sorted_by_key(|f| Reverse((f.text.severity, f.directory_count == 0, f.directory_count)))
            .collect()
    }
}

/// Computes the state of a category that has a public URL and is crawled.
fn compute_state(
    inventory: Option<&Inventory>,
    last_outcome: Option<CategoryOutcome>,
    is_listed: bool,
    repositories_behind: usize,
    findings: &[FindingView<'_>],
) -> MirrorState {
    let has_severity = |severity| findings.iter().any(|f| f.text.severity == severity);
    match inventory {
        Some(i) if i.inconclusive_since.is_some() => MirrorState::Inconclusive,
        None if last_outcome == Some(CategoryOutcome::Inconclusive) => MirrorState::Inconclusive,
        None => MirrorState::NeverCrawled,
        Some(_) if !is_listed || has_severity(Severity::Error) => MirrorState::Outdated,
        Some(_) if repositories_behind > 0 || has_severity(Severity::Warning) => MirrorState::OutdatedAllowed,
        Some(_) => MirrorState::Current,
    }
}

fn finding_view<'a>(code: &'a str, group: FindingGroup<'a>) -> FindingView<'a> {
    let directory_count = group.directories.len();
    let directories: Vec<DirectoryView<'a>> = (group.directories.into_iter().take(MAX_DIRECTORIES_PER_FINDING))
        .map(|(path, detail)| DirectoryView {
            path: if path.is_top() { "/" } else { path.as_str() },
            detail,
        })
        .collect();
    FindingView {
        code,
        text: FindingText::new(code),
        directory_count,
        detail: group.detail,
        omitted_directories: directory_count - directories.len(),
        directories,
    }
}

fn finding_detail(finding: &PastFinding) -> Option<String> {
    let is_public = detail_is_public(&finding.code) && !finding.received.is_empty();
    is_public.then(|| match &*finding.code {
        "size" if !finding.expected.is_empty() => format!("{} instead of {}", finding.received, finding.expected),
        _ => finding.received.clone(),
    })
}

fn explain_state(state: MirrorState, inventory: Option<&Inventory>, is_listed: bool) -> String {
    let text = match state {
        MirrorState::Current => "Listed for all directories that it was verified to have.",
        MirrorState::AlwaysCurrent => "Maintained by its administrators and not checked by the crawler.",
        MirrorState::OutdatedAllowed => "Some repositories have an older push that is still offered; they stay listed.",
        MirrorState::Outdated if !is_listed => "Not listed for any directory of this category.",
        MirrorState::Outdated => "Listed only for the directories that are up to date.",
        MirrorState::Inconclusive => {
            let since = inventory.and_then(|i| i.inconclusive_since);
            let since = since.map_or(String::new(), |at| format!(" since {} UTC", format_minute(at)));
            let consequence = if is_listed {
                "It stays listed with its last known content for a limited time."
            } else {
                "It is not listed until a crawl succeeds."
            };
            return format!("No conclusive crawl{since}. {consequence}");
        }
        MirrorState::NeverCrawled => "Not crawled yet. It is listed after the first successful crawl.",
        MirrorState::NoUrl => "Not listed, because no public URL is registered.",
        MirrorState::Downtime => "Not listed until its downtime ends.",
    };
    text.to_owned()
}

fn downtime(d: &HostDowntime) -> DowntimeView {
    DowntimeView {
        starts_at: format_minute(d.starts_at),
        ends_at: format_minute(d.ends_at),
        reason: d.reason.clone().filter(|r| !r.trim().is_empty()),
        keep_listed: d.keep_listed,
    }
}
