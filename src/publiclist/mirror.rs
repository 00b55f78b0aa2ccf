//! The pages of mirrors: states and findings of each category, so that administrators see why a mirror is not listed.
//!
//! Findings name only directories that are world-readable on the master and belong to no hidden version, and never URLs, which
//! may be private.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;
use serde::Serialize;

use super::arch_mirrors::CountryView;
use super::continents::Continents;
use super::finding_text::{FindingText, Severity, detail_is_public};
use super::hidden::HiddenPaths;
use super::public_view::PublicView;
use super::push_lag::PushHistory;
use super::text::{base_url, country_name, minute, web_page};
use crate::model::history::{History, HostDowntime, PastCrawl, PastFinding};
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId};
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::{CountryCode, DirPath};
use crate::model::plan::CategoryOutcome;
use crate::model::registry::{Category, Host, HostCategory, Site};
use crate::model::status::{DirectoryStatus, MirrorState};
use crate::snapshot::publication::Publication;

/// The page of all mirrors.
pub(super) const ALL_MIRRORS: &str = "mirrors/";
/// The maximum number of directories that are named in a finding.
const MAX_DIRECTORIES: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct MirrorView<'h> {
    host: String,
    pub(super) page: String,
    site: String,
    site_url: Option<String>,
    country: Option<String>,
    country_name: String,
    continent: Option<&'static str>,
    bandwidth_mbit: u32,
    /// True if the crawler disabled it.
    disabled: bool,
    /// Downtimes that have not ended.
    downtimes: Vec<DowntimeView>,
    pub(super) categories: Vec<CategoryView<'h>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CategoryView<'h> {
    name: String,
    state: MirrorState,
    /// A sentence that explains the state.
    text: String,
    urls: Vec<String>,
    /// The minute of the last crawl.
    checked: Option<String>,
    /// The number of world-readable directories on the master.
    directories: u64,
    /// The number of them in the inventory.
    present: u64,
    /// The number of them that it is listed for.
    listed: u64,
    /// The number of repositories with an older push.
    behind: usize,
    /// Most severe first; only on the page of the mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<FindingView>>,
    /// Oldest first; only on the page of the mirror.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) crawls: Option<&'h [PastCrawl]>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct FindingView {
    reason: String,
    title: &'static str,
    advice: &'static str,
    /// The number of directories; 0 = the category as a whole.
    count: usize,
    /// The observation, if the finding is about the whole category and the text is public.
    detail: Option<String>,
    directories: Vec<DirectoryView>,
    /// The number of directories that are not named.
    more: usize,
    #[serde(skip)]
    severity: Severity,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DirectoryView {
    /// Relative to the topdir of the category.
    path: String,
    detail: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct DowntimeView {
    starts_at: String,
    ends_at: String,
    reason: Option<String>,
}

/// The findings with one reason.
#[derive(Debug, Default)]
struct FindingGroup<'r> {
    directories: BTreeMap<&'r DirPath, Option<String>>,
    detail: Option<String>,
}

impl MirrorView<'_> {
    /// Removes the data that only the page of the mirror has.
    pub(super) fn without_details(mut self) -> Self {
        for category in &mut self.categories {
            (category.findings, category.crawls) = (None, None);
        }
        self
    }

    /// Hosts without a country come last.
    fn country_key(&self) -> (bool, &str, Option<&str>) {
        (self.country.is_none(), &self.country_name, self.country.as_deref())
    }
}

/// Sorts mirrors by the name of their country, and by host.
pub(super) fn sort_by_country<'a, 'h>(mirrors: &'a [MirrorView<'h>]) -> Vec<&'a MirrorView<'h>> {
    let mut out: Vec<&MirrorView<'_>> = mirrors.iter().collect();
    out.sort_by(|a, b| (a.country_key(), &a.host).cmp(&(b.country_key(), &b.host)));
    out
}

pub(super) fn group_by_country<'a, 'h>(sorted: &'a [&'a MirrorView<'h>]) -> Vec<CountryView<'a, &'a MirrorView<'h>>> {
    sorted
        .chunk_by(|a, b| a.country == b.country)
        .map(|mirrors| CountryView {
            code: mirrors.first().and_then(|m| m.country.as_deref()),
            name: mirrors.first().map_or("", |m| &m.country_name),
            mirrors,
        })
        .collect()
}

#[derive(Debug)]
pub(super) struct MirrorPageBuilder<'a, 'r> {
    publication: &'r Publication<'r>,
    history: &'a History,
    pushes: &'a PushHistory<'r>,
    continents: &'a Continents,
    pages: &'a BTreeMap<HostId, String>,
    urls: BTreeMap<HostCategoryId, Vec<String>>,
    /// The directories of each category that pages may name.
    public_directories: BTreeMap<CategoryId, RoaringBitmap>,
    host_categories: BTreeMap<HostId, Vec<&'r HostCategory>>,
}

impl<'a, 'r> MirrorPageBuilder<'a, 'r> {
    pub(super) fn new(public: &'a PublicView<'r>, history: &'a History) -> Self {
        let (publication, registry) = (public.publication, public.publication.registry);
        let mut public_directories: BTreeMap<CategoryId, RoaringBitmap> = BTreeMap::new();
        let hidden = HiddenPaths::new(registry);
        for d in registry
            .directories
            .values()
            .filter(|d| d.readable && !hidden.contains(d))
        {
            public_directories.entry(d.category).or_default().insert(d.id.0);
        }
        let mut host_categories: BTreeMap<HostId, Vec<&HostCategory>> = BTreeMap::new();
        for hc in registry.host_categories.values() {
            host_categories.entry(hc.host).or_default().push(hc);
        }
        let urls = publication.public_urls().into_iter();
        Self {
            publication,
            history,
            pushes: &public.pushes,
            continents: &public.continents,
            pages: &public.mirror_pages,
            urls: urls
                .map(|(id, urls)| (id, urls.iter().map(base_url).collect()))
                .collect(),
            public_directories,
            host_categories,
        }
    }

    /// Returns the page of a host; `None` if it carries only categories that are not public.
    pub(super) fn page(&self, host: &Host, site: &Site) -> Option<MirrorView<'a>> {
        let registry = self.publication.registry;
        let carried = self
            .host_categories
            .get(&host.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let public =
            |hc: &&'r HostCategory| Some((*hc, registry.categories.get(&hc.category).filter(|c| c.publiclist)?));
        let mut categories: Vec<CategoryView<'a>> = (carried.iter().filter_map(public))
            .map(|(hc, category)| self.category(hc, category))
            .collect();
        if categories.is_empty() && !carried.is_empty() {
            return None;
        }
        categories.sort_by(|a, b| a.name.cmp(&b.name));
        let downtimes = self.history.downtimes.get(&host.id).into_iter().flatten();
        let country = host.country.as_ref().map(CountryCode::as_str);
        Some(MirrorView {
            host: host.name.to_string(),
            page: self.pages.get(&host.id)?.clone(),
            site: site.name.to_string(),
            site_url: site.org_url.as_deref().and_then(web_page),
            country: country.map(str::to_owned),
            country_name: country_name(country),
            continent: self.continents.get(host.country.as_ref()),
            bandwidth_mbit: host.bandwidth,
            disabled: !host.is_active(site),
            downtimes: downtimes.map(downtime).collect(),
            categories,
        })
    }

    fn category(&self, hc: &'r HostCategory, category: &Category) -> CategoryView<'a> {
        let inventory = self.publication.registry.inventories.get(&hc.id);
        let crawled = inventory.filter(|_| !hc.always_up2date);
        let listed = self.publication.listed.get(&hc.id);
        let urls = self.urls.get(&hc.id).cloned().unwrap_or_default();
        let behind = match (crawled, listed) {
            (Some(inventory), Some(listed)) => self.pushes.count_behind(inventory, listed),
            (_, _) => 0,
        };
        let findings = crawled.map(|i| self.findings(hc, i)).unwrap_or_default();
        let crawls = self.history.crawls.get(&hc.id).map(Vec::as_slice).unwrap_or_default();
        let directories = self.public_directories.get(&category.id);
        let listed = listed.filter(|_| !urls.is_empty()).map_or(0, RoaringBitmap::len);
        let last_outcome = crawls.last().map(|c| c.outcome);
        let state = match inventory {
            _ if urls.is_empty() => MirrorState::NoUrl,
            _ if hc.always_up2date => MirrorState::AlwaysCurrent,
            inventory => compute_state(inventory, last_outcome, listed, behind, &findings),
        };
        CategoryView {
            name: category.name.to_string(),
            state,
            text: state_text(state, inventory, listed),
            urls,
            checked: crawled.filter(|i| i.checked_at.0 > 0).map(|i| minute(i.checked_at)),
            directories: directories.map_or(0, RoaringBitmap::len),
            present: crawled.map_or(listed, |i| directories.map_or(0, |d| i.present.intersection_len(d))),
            listed,
            behind,
            findings: Some(findings),
            crawls: Some(crawls),
        }
    }

    /// Returns the path of a directory if pages may name it.
    fn public_path(&self, hc: &HostCategory, id: DirectoryId) -> Option<&'r DirPath> {
        let public = self.public_directories.get(&hc.category)?;
        let directory = self.publication.registry.directories.get(&id)?;
        public.contains(id.0).then_some(&directory.path)
    }

    /// Returns the findings of the last crawls; directories without a finding that are missing or have an exception get the
    /// status as the reason.
    fn findings(&self, hc: &HostCategory, inventory: &Inventory) -> Vec<FindingView> {
        let mut groups: BTreeMap<&str, FindingGroup<'r>> = BTreeMap::new();
        let mut with_finding: BTreeSet<DirectoryId> = BTreeSet::new();
        for finding in self.history.findings.get(&hc.id).into_iter().flatten() {
            let detail = finding_detail(finding);
            match finding.directory {
                None => groups.entry(&finding.reason).or_default().detail = detail,
                Some(id) => {
                    with_finding.insert(id);
                    if let Some(path) = self.public_path(hc, id) {
                        let group = groups.entry(&finding.reason).or_default();
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
        let mut out: Vec<FindingView> = groups
            .into_iter()
            .map(|(reason, group)| finding_view(reason, group))
            .collect();
        out.sort_by_key(|f| std::cmp::Reverse((f.severity, f.count == 0, f.count)));
        out
    }
}

/// Computes the state of a category that has a public URL and is crawled.
fn compute_state(
    inventory: Option<&Inventory>,
    last_outcome: Option<CategoryOutcome>,
    listed: u64,
    behind: usize,
    findings: &[FindingView],
) -> MirrorState {
    let has = |severity| findings.iter().any(|f| f.severity == severity);
    match inventory {
        Some(i) if i.inconclusive_since.is_some() => MirrorState::Inconclusive,
        None if last_outcome == Some(CategoryOutcome::Inconclusive) => MirrorState::Inconclusive,
        None => MirrorState::NeverCrawled,
        Some(_) if listed == 0 || has(Severity::Outdated) => MirrorState::Outdated,
        Some(_) if behind > 0 || has(Severity::OutdatedAllowed) => MirrorState::OutdatedAllowed,
        Some(_) => MirrorState::Current,
    }
}

fn finding_view(reason: &str, group: FindingGroup<'_>) -> FindingView {
    let FindingText {
        title,
        advice,
        severity,
    } = FindingText::new(reason);
    let count = group.directories.len();
    let directories: Vec<DirectoryView> = (group.directories.into_iter().take(MAX_DIRECTORIES))
        .map(|(path, detail)| DirectoryView {
            path: if path.is_top() { "/" } else { path.as_str() }.to_owned(),
            detail,
        })
        .collect();
    FindingView {
        reason: reason.to_owned(),
        title,
        advice,
        count,
        detail: group.detail,
        more: count - directories.len(),
        directories,
        severity,
    }
}

fn finding_detail(finding: &PastFinding) -> Option<String> {
    let is_public = detail_is_public(&finding.reason) && !finding.seen.is_empty();
    is_public.then(|| match &*finding.reason {
        "size" if !finding.expected.is_empty() => format!("{} instead of {}", finding.seen, finding.expected),
        _ => finding.seen.clone(),
    })
}

fn state_text(state: MirrorState, inventory: Option<&Inventory>, listed: u64) -> String {
    let text = match state {
        MirrorState::Current => "Listed for all directories that it was verified to have.",
        MirrorState::AlwaysCurrent => "Maintained by its administrators and not checked by the crawler.",
        MirrorState::OutdatedAllowed => "Some repositories have an older push that is still offered; they stay listed.",
        MirrorState::Outdated if listed == 0 => "Not listed for any directory of this category.",
        MirrorState::Outdated => "Listed only for the directories that are up to date.",
        MirrorState::Inconclusive => {
            let since = inventory.and_then(|i| i.inconclusive_since);
            let since = since.map_or(String::new(), |at| format!(" since {} UTC", minute(at)));
            let listed = if listed == 0 {
                "It is not listed until a crawl succeeds."
            } else {
                "It stays listed with its last known content for a limited time."
            };
            return format!("No usable response{since}. {listed}");
        }
        MirrorState::NeverCrawled => "Not crawled yet. It is listed after the first successful crawl.",
        MirrorState::NoUrl => "Not listed, because no public URL is registered.",
    };
    text.to_owned()
}

fn downtime(d: &HostDowntime) -> DowntimeView {
    DowntimeView {
        starts_at: minute(d.starts_at),
        ends_at: minute(d.ends_at),
        reason: d.reason.clone().filter(|r| !r.trim().is_empty()),
    }
}
