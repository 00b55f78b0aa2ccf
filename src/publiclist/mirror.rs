//! The pages of mirrors: what each is listed for and what is not well, so that its admin sees why it is not listed.
//!
//! Of directories, only those are named that the master shows the world and that are of no hidden version, and only by their paths: the addresses that crawls asked
//! may be private.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;
use serde::Serialize;

use super::continents::Continents;
use super::finding_text::{FOREIGN, FindingText, LAGGING, MISSING, Severity, UNANSWERED, is_shown, words};
use super::hidden::HiddenPaths;
use super::public_view::{LinkView, PublicView, bandwidth, minute, place, web_page};
use super::push_lag::PushHistory;
use super::slug::Slugs;
use super::sparkline::{Sparkline, picture};
use crate::model::history::{History, HostDowntime, PastCrawl, PastFinding};
use crate::model::ids::{CategoryId, DirectoryId, HostCategoryId, HostId};
use crate::model::inventory::{ExceptionState, Inventory};
use crate::model::names::{CountryCode, DirPath};
use crate::model::plan::CategoryOutcome;
use crate::model::registry::{Category, DisabledBy, Host, HostCategory, Site};
use crate::model::registry_data::RegistryData;
use crate::snapshot::publication::{Publication, host_is_listed};

/// So many directories of a reason are named.
const MAX_DIRECTORIES: usize = 20;

/// A mirror, on its page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct MirrorPage {
    pub(super) href: String,
    pub(super) host: String,
    pub(super) site: String,
    pub(super) site_url: Option<String>,
    /// Two letters.
    pub(super) country: Option<String>,
    pub(super) country_name: String,
    /// Two letters.
    pub(super) continent: Option<&'static str>,
    pub(super) bandwidth: String,
    #[serde(skip)]
    pub(super) bandwidth_mbit: u32,
    /// The crawler switched it off.
    pub(super) disabled: bool,
    /// By name.
    pub(super) categories: Vec<CategoryView>,
    /// Not over yet.
    pub(super) downtimes: Vec<DowntimeView>,
}

/// A category of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct CategoryView {
    pub(super) name: String,
    pub(super) state: MirrorState,
    pub(super) label: &'static str,
    /// What the state means for it.
    says: String,
    pub(super) urls: Vec<LinkView>,
    /// When it was last looked at.
    pub(super) checked: Option<String>,
    /// Directories it was seen to hold.
    pub(super) held: u64,
    /// Directories that the master shows.
    pub(super) all: u64,
    /// Directories it is listed for.
    pub(super) listed: u64,
    /// Repositories of which it holds an older version.
    pub(super) behind: usize,
    /// The heaviest first.
    pub(super) reasons: Vec<ReasonView>,
    picture: Option<Sparkline>,
    #[serde(skip)]
    pub(super) crawls: Vec<PastCrawl>,
}

/// How a category stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum MirrorState {
    Current,
    AlwaysCurrent,
    Lagging,
    NotCurrent,
    NoAnswer,
    NeverCrawled,
    NoAddress,
}

impl MirrorState {
    const fn label(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::AlwaysCurrent => "current by its admins’ word",
            Self::Lagging => "lagging",
            Self::NotCurrent => "not current",
            Self::NoAnswer => "no answer",
            Self::NeverCrawled => "never crawled",
            Self::NoAddress => "no public address",
        }
    }
}

/// One reason why something is not well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ReasonView {
    /// The stable word of it.
    pub(super) reason: String,
    what: &'static str,
    advice: &'static str,
    /// How many directories it is about; 0 = the category as a whole.
    pub(super) count: usize,
    /// What was seen of the whole, where that may be told.
    detail: Option<String>,
    pub(super) directories: Vec<NamedDirectory>,
    /// How many are not named.
    more: usize,
    #[serde(skip)]
    weight: Severity,
}

/// A directory below the top of the category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct NamedDirectory {
    pub(super) path: String,
    pub(super) detail: Option<String>,
}

/// A time in which it is down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct DowntimeView {
    pub(super) from: String,
    pub(super) until: String,
    pub(super) reason: Option<String>,
}

/// What is gathered of one reason.
#[derive(Debug, Default)]
struct Group<'w> {
    directories: BTreeMap<&'w DirPath, Option<String>>,
    detail: Option<String>,
}

/// The public hosts that have a page: switched on, or switched off by the crawler, which a good crawl takes back.
pub(super) fn hosts(world: &RegistryData) -> impl Iterator<Item = (&Host, &Site)> {
    world.hosts.values().filter_map(|host| {
        let site = world.sites.get(&host.site)?;
        (!host.is_private(site) && (host_is_listed(world, host.id) || is_off(world, host, site)))
            .then_some((host, site))
    })
}

fn is_off(world: &RegistryData, host: &Host, site: &Site) -> bool {
    let by_crawler = !host.user_active && host.disabled_by == Some(DisabledBy::Crawler);
    let embargoed = host.country.as_ref().is_some_and(|c| world.embargoed.contains(c));
    by_crawler && host.admin_active && site.admin_active && site.user_active && !embargoed
}

/// Where the page of each host is.
pub(super) fn places(world: &RegistryData) -> BTreeMap<HostId, String> {
    let mut slugs = Slugs::new(&["index.html", "index.json"]);
    let mut hosts: Vec<&Host> = hosts(world).map(|(h, _)| h).collect();
    hosts.sort_by_key(|h| h.id);
    let place = |h: &Host| (h.id, format!("mirrors/{}/index.html", slugs.unique(h.name.as_str())));
    hosts.into_iter().map(place).collect()
}

/// What every page is told from.
#[derive(Debug)]
pub(super) struct MirrorPageBuilder<'a, 'w> {
    listing: &'w Publication<'w>,
    history: &'a History,
    pushes: &'a PushHistory<'w>,
    continents: &'a Continents,
    places: &'a BTreeMap<HostId, String>,
    urls: BTreeMap<HostCategoryId, Vec<LinkView>>,
    /// Directories of each category that the master shows, and the pages, too.
    shown: BTreeMap<CategoryId, RoaringBitmap>,
    carried: BTreeMap<HostId, Vec<&'w HostCategory>>,
}

impl<'a, 'w> MirrorPageBuilder<'a, 'w> {
    pub(super) fn new(facts: &'a PublicView<'w>, history: &'a History) -> Self {
        let (listing, world) = (facts.listing, facts.listing.registry);
        let mut shown: BTreeMap<CategoryId, RoaringBitmap> = BTreeMap::new();
        let hidden = HiddenPaths::of(world);
        for d in world.directories.values().filter(|d| d.readable && !hidden.has(d)) {
            shown.entry(d.category).or_default().insert(d.id.0);
        }
        let mut carried: BTreeMap<HostId, Vec<&HostCategory>> = BTreeMap::new();
        for hc in world.host_categories.values() {
            carried.entry(hc.host).or_default().push(hc);
        }
        let urls = listing.public_urls().into_iter();
        Self {
            listing,
            history,
            pushes: &facts.pushes,
            continents: &facts.continents,
            places: &facts.mirror_pages,
            urls: urls
                .map(|(id, urls)| (id, urls.iter().map(|u| LinkView::new(u, &DirPath::top())).collect()))
                .collect(),
            shown,
            carried,
        }
    }

    /// The page of a host.
    pub(super) fn page(&self, host: &Host, site: &Site) -> Option<MirrorPage> {
        let world = self.listing.registry;
        let carried = self.carried.get(&host.id).map(Vec::as_slice).unwrap_or_default();
        let shown = |hc: &&'w HostCategory| Some((*hc, world.categories.get(&hc.category).filter(|c| c.publiclist)?));
        let mut categories: Vec<CategoryView> = (carried.iter().filter_map(shown))
            .map(|(hc, category)| self.category(hc, category))
            .collect();
        // What it carries is nobody's business but its own.
        if categories.is_empty() && !carried.is_empty() {
            return None;
        }
        categories.sort_by(|a, b| a.name.cmp(&b.name));
        let downtimes = self.history.downtimes.get(&host.id).into_iter().flatten();
        Some(MirrorPage {
            href: self.places.get(&host.id)?.clone(),
            host: host.name.to_string(),
            site: site.name.to_string(),
            site_url: site.org_url.as_deref().and_then(web_page),
            country: host.country.as_ref().map(ToString::to_string),
            country_name: place(host.country.as_ref().map(CountryCode::as_str)),
            continent: self.continents.get(host.country.as_ref()),
            bandwidth: bandwidth(host.bandwidth),
            bandwidth_mbit: host.bandwidth,
            disabled: !host.is_active(site),
            categories,
            downtimes: downtimes.map(downtime).collect(),
        })
    }

    fn category(&self, hc: &'w HostCategory, category: &Category) -> CategoryView {
        let holding = self.listing.registry.inventories.get(&hc.id);
        let listed = self.listing.listed.get(&hc.id);
        let urls = self.urls.get(&hc.id).cloned().unwrap_or_default();
        let behind = match (holding, listed) {
            (Some(holding), Some(listed)) if !hc.always_up2date => self.pushes.lagging(holding, listed),
            (_, _) => 0,
        };
        let checked = holding.filter(|_| !hc.always_up2date);
        let reasons = checked.map(|h| self.reasons(hc, h)).unwrap_or_default();
        let crawls = self.history.crawls.get(&hc.id).cloned().unwrap_or_default();
        let count = if urls.is_empty() {
            0
        } else {
            listed.map_or(0, RoaringBitmap::len)
        };
        let state = self.state(hc, &urls, count, behind, &reasons);
        CategoryView {
            name: category.name.to_string(),
            state,
            label: state.label(),
            says: state_text(state, holding, count),
            urls,
            checked: checked.filter(|h| h.checked_at.0 > 0).map(|h| minute(h.checked_at)),
            held: checked.map_or(count, |h| self.held(hc, h)),
            all: self.shown.get(&category.id).map_or(0, RoaringBitmap::len),
            listed: count,
            behind,
            reasons,
            picture: picture(&crawls),
            crawls,
        }
    }

    fn state(
        &self,
        hc: &HostCategory,
        urls: &[LinkView],
        listed: u64,
        behind: usize,
        reasons: &[ReasonView],
    ) -> MirrorState {
        let crawls = self.history.crawls.get(&hc.id).map(Vec::as_slice).unwrap_or_default();
        let last = crawls.last().map(|c| c.outcome);
        let holding = self.listing.registry.inventories.get(&hc.id);
        let silent = holding.is_some_and(|h| h.inconclusive_since.is_some());
        let is = |weight| reasons.iter().any(|r| r.weight == weight);
        match holding {
            _ if urls.is_empty() => MirrorState::NoAddress,
            _ if hc.always_up2date => MirrorState::AlwaysCurrent,
            Some(_) if silent => MirrorState::NoAnswer,
            None if last == Some(CategoryOutcome::Inconclusive) => MirrorState::NoAnswer,
            None => MirrorState::NeverCrawled,
            Some(_) if listed == 0 || is(Severity::Wrong) => MirrorState::NotCurrent,
            Some(_) if behind > 0 || is(Severity::Lagging) => MirrorState::Lagging,
            Some(_) => MirrorState::Current,
        }
    }

    fn held(&self, hc: &HostCategory, holding: &Inventory) -> u64 {
        self.shown
            .get(&hc.category)
            .map_or(0, |shown| holding.present.intersection_len(shown))
    }

    /// Where a directory is that may be named.
    fn path(&self, hc: &HostCategory, id: DirectoryId) -> Option<&'w DirPath> {
        let shown = self.shown.get(&hc.category)?;
        let directory = self.listing.registry.directories.get(&id)?;
        shown.contains(id.0).then_some(&directory.path)
    }

    fn reasons(&self, hc: &HostCategory, holding: &Inventory) -> Vec<ReasonView> {
        let mut groups: BTreeMap<&str, Group<'w>> = BTreeMap::new();
        let mut told: BTreeSet<DirectoryId> = BTreeSet::new();
        for finding in self.history.findings.get(&hc.id).into_iter().flatten() {
            let detail = detail(finding);
            match finding.directory {
                None => groups.entry(&finding.reason).or_default().detail = detail,
                Some(id) => {
                    told.insert(id);
                    if let Some(path) = self.path(hc, id) {
                        let group = groups.entry(&finding.reason).or_default();
                        group.directories.insert(path, detail);
                    }
                }
            }
        }
        let exceptions = holding.exceptions.iter().filter_map(|(id, e)| {
            let word = match e.state {
                ExceptionState::Inconclusive => UNANSWERED,
                ExceptionState::OutdatedAllowed => LAGGING,
                ExceptionState::UnknownHash => FOREIGN,
                ExceptionState::Ahead | ExceptionState::Staged => return None,
            };
            Some((*id, word))
        });
        let missing = holding.missing.iter().map(|id| (DirectoryId(id), MISSING));
        for (id, word) in exceptions.chain(missing).filter(|(id, _)| !told.contains(id)) {
            if let Some(path) = self.path(hc, id) {
                groups.entry(word).or_default().directories.insert(path, None);
            }
        }
        let mut out: Vec<ReasonView> = groups.into_iter().map(|(word, group)| reason(word, group)).collect();
        out.sort_by_key(|r| (weight(r.weight), r.count > 0, std::cmp::Reverse(r.count)));
        out
    }
}

/// The heaviest first.
const fn weight(weight: Severity) -> u8 {
    match weight {
        Severity::Wrong => 0,
        Severity::Lagging => 1,
        Severity::Remark => 2,
    }
}

fn reason(word: &str, group: Group<'_>) -> ReasonView {
    let FindingText { what, advice, weight } = words(word);
    let count = group.directories.len();
    let named = group.directories.into_iter().take(MAX_DIRECTORIES);
    let directories: Vec<NamedDirectory> = named
        .map(|(path, detail)| NamedDirectory {
            path: if path.is_top() {
                "/".to_owned()
            } else {
                path.as_str().to_owned()
            },
            detail,
        })
        .collect();
    ReasonView {
        reason: word.to_owned(),
        what,
        advice,
        count,
        detail: group.detail,
        more: count - directories.len(),
        directories,
        weight,
    }
}

fn detail(finding: &PastFinding) -> Option<String> {
    let said = is_shown(&finding.reason) && !finding.seen.is_empty();
    said.then(|| match &*finding.reason {
        "size" if !finding.expected.is_empty() => format!("{} instead of {}", finding.seen, finding.expected),
        _ => finding.seen.clone(),
    })
}

fn state_text(state: MirrorState, holding: Option<&Inventory>, listed: u64) -> String {
    match state {
        MirrorState::Current => "It is listed for what it was seen to hold.".to_owned(),
        MirrorState::AlwaysCurrent => "Its admins keep it in step with the master; it is not checked.".to_owned(),
        MirrorState::Lagging => {
            "Some of what it holds is older than on the master and still good: it stays listed for it.".to_owned()
        }
        MirrorState::NotCurrent if listed == 0 => "It is listed for nothing in this category.".to_owned(),
        MirrorState::NotCurrent => {
            "It is listed for the directories that are as they must be, and for no other.".to_owned()
        }
        MirrorState::NoAnswer => {
            let since = holding.and_then(|h| h.inconclusive_since);
            let since = since.map_or(String::new(), |at| format!(" since {} UTC", minute(at)));
            let listed = if listed == 0 {
                "It is not listed until it answers."
            } else {
                "For a while it stays listed for what it held."
            };
            format!("It has given no answer{since}. {listed}")
        }
        MirrorState::NeverCrawled => "No crawl has looked at it yet. It is listed after the first one.".to_owned(),
        MirrorState::NoAddress => "It is not listed: no public address is registered.".to_owned(),
    }
}

fn downtime(d: &HostDowntime) -> DowntimeView {
    DowntimeView {
        from: minute(d.starts_at),
        until: minute(d.ends_at),
        reason: d.reason.clone().filter(|r| !r.trim().is_empty()),
    }
}
