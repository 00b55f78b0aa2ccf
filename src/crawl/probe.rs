//! The probe of one host category: HEAD for every listed file, GET for `repomd.xml`.
//!
//! A directory without files is classified by its page (HEAD of its path). Status 200 means present. Status 404 or 410 means missing,
//! if the server responds differently for other directories and listed files below it are missing, too. With any other response, the
//! directory is present if something below it is. An empty directory on a server without directory pages has the status of its parent:
//! it contains nothing that a client could miss. Directories below a missing or unreadable one are not probed. If a URL fails, the next
//! URL of the category is used. A server that returns 200 for a name that no mirror has (soft 404) is only believed where a length or a
//! hash matches.
//!
//! [`transport::Transport`] sends requests within the limits, [`server_traits::ServerTraits`] is the known behavior of the server, and
//! [`CategoryProber`] uses both to classify every directory.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::time::Instant;

use roaring::RoaringBitmap;

use super::classify::{Classification, Expected, ProbeError, ProbeResult};
use super::master_files::MasterFiles;
use super::scope::{self, CrawlMode, Scope};
use super::tree::Tree;
use crate::config::CrawlConfig;
use crate::crawl::outage::control_check::{ControlSample, ExpectedContent};
use crate::model::Timestamp;
use crate::model::crawl_prefs::ProbeKind;
use crate::model::inventory::Inventory;
use crate::model::names::MirrorUrl;
use crate::model::plan::{Finding, HostCategoryPlan, PlannedDirectory};
use crate::model::status::DirectoryStatus;
use crate::sys::http::Agent;
use crate::sys::rate_limit::{ConnectionLimiter, RateLimiter};
use crate::sys::signals::ShutdownFlag;

mod base_url;
mod evidence;
mod file_list;
mod file_probe;
mod index_page;
pub mod listing;
mod newer_than_scan;
mod recheck_missing;
mod results;
mod rsync;
mod server_traits;
mod spot_check;
mod staged;
mod transport;
mod traversal;
mod url_consistency;

pub(crate) use file_list::MirrorFileList;
use listing::MirrorListing;
pub(crate) use results::{DirectoryResult, DirectoryResults};
use server_traits::ServerTraits;
use spot_check::SpotChecker;
use transport::Transport;
use traversal::{derive_results, first_unprobed};

struct Target<'a> {
    at: usize,
    directory: &'a PlannedDirectory,
    path: &'a str,
    expected: Expected<'a>,
}

/// The reason why a probe ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Interruption {
    Stopped,
    HostDeadline,
    /// The daily request budget of the host is used up.
    Budget,
    /// The mirror no longer responds.
    Silent(ProbeError),
    /// A local program is missing or cannot be started.
    LocalError(String),
}

#[derive(Debug, Default)]
pub(crate) struct CategoryProbe {
    pub(crate) results: DirectoryResults,
    /// The base and the sample files are missing at every URL.
    pub(crate) category_missing: bool,
    pub(crate) interruption: Option<Interruption>,
    /// Where the next probe continues after an interruption, by position in the plan.
    pub(crate) resume_at: Option<usize>,
    /// Something was established, if only that the category is present where nothing else had to be probed.
    pub(crate) is_conclusive: bool,
    /// The number of requests, redirects included.
    pub(crate) requests: u64,
    pub(crate) probed: u64,
    /// Every directory had to be probed.
    pub(crate) is_full: bool,
    /// The method that most results come from: `list`, `index`, `head` or `rsync`.
    pub(crate) method: &'static str,
    /// The first redirect that was followed: the requested URL and its target.
    pub(crate) redirect: Option<(String, String)>,
    pub(crate) certificates: Vec<Finding>,
    /// Other findings that concern more than one directory: listings that do not match the content, URLs that differ.
    pub(crate) category_findings: Vec<Finding>,
    pub(crate) base_url: String,
    /// URLs that failed, with the first error of each.
    pub(crate) url_errors: Vec<(String, ProbeError)>,
    /// When the last response arrived, with any status.
    pub(crate) last_response: Option<Instant>,
    /// When the last request was sent whose response matched the master.
    pub(crate) last_verified: Option<Instant>,
    /// When the last negative result was obtained over HTTP, or the category gave none at all.
    pub(crate) last_negative: Option<Instant>,
    /// The server returns 200 for names that it cannot have, as captive portals do.
    pub(crate) is_soft_404: bool,
    pub(crate) control: Option<ControlSample>,
}

/// Limits, preferences and clients that all category probes of a host crawl share.
#[derive(Debug)]
pub(crate) struct ProbeContext<'a> {
    pub(crate) agent: &'a Agent,
    pub(crate) master: &'a MasterFiles,
    pub(crate) config: &'a CrawlConfig,
    /// The location of the file list on mirrors of the category, if there is one.
    pub(crate) file_list: Option<&'a MirrorFileList>,
    pub(crate) shutdown: &'a ShutdownFlag,
    pub(crate) deadline: Instant,
    pub(crate) rate_limiter: &'a RateLimiter,
    pub(crate) connection_limiter: &'a ConnectionLimiter,
    pub(crate) max_connections: NonZeroU32,
    /// The number of requests left for the host today.
    pub(crate) budget: &'a Cell<u64>,
    /// The host asked not to be contacted before this instant.
    pub(crate) retry_at: &'a Cell<Option<Instant>>,
    /// The preferred probe method of the host; `None` for the cheapest.
    pub(crate) preferred_probe: Option<ProbeKind>,
    pub(crate) now: Timestamp,
}

/// Probes one category, beginning where the last probe was interrupted, and wrapping around.
pub(crate) fn probe_category(
    context: &ProbeContext<'_>,
    tree: &Tree,
    plan: &HostCategoryPlan,
    mode: &CrawlMode,
) -> CategoryProbe {
    let from = plan.previous.resume_directory.map_or(0, |id| tree.position(id));
    let scope = scope::select_directories(tree, &plan.previous, mode, context.now);
    let use_rsync = rsync::is_wanted(tree, plan, &scope, context.preferred_probe);
    let mut prober = CategoryProber::new(context, tree, plan, scope);
    prober.probe.interruption = match prober.find_base_url(use_rsync) {
        Ok(Some(base)) => {
            let mut end = prober.probe_directories(base, from, use_rsync);
            if end.is_ok() && mode.is_complete() {
                end = prober.compare_urls();
            }
            if end.is_err() {
                prober.probe.resume_at = first_unprobed(&prober.probe.results, from);
            }
            end.err()
        }
        Ok(None) => {
            prober.probe.category_missing = true;
            None
        }
        Err(why) => Some(why),
    };
    if prober.probe.category_missing || matches!(prober.probe.interruption, Some(Interruption::Silent(_))) {
        prober.mark_negative();
    }
    prober.finish()
}

struct CategoryProber<'a> {
    context: &'a ProbeContext<'a>,
    tree: &'a Tree,
    previous: &'a Inventory,
    rsync_urls: &'a [MirrorUrl],
    transport: Transport<'a>,
    traits: ServerTraits,
    /// The response for the base of the category.
    base: Option<ProbeResult>,
    /// The base was inconclusive, but a listed file is present.
    has_listed_file: bool,
    /// The base, or a file below it, is present.
    is_reached: bool,
    /// Directories whose known status is expected to be confirmed, by position.
    sample: RoaringBitmap,
    /// A directory of the sample has changed its status.
    sample_mismatch: bool,
    /// Directories in which something was seen, correct or not, by position.
    responded: RoaringBitmap,
    listing: Option<MirrorListing>,
    spot_check: SpotChecker,
    /// Directories below a leaked one, by position.
    below_leak: RoaringBitmap,
    /// Directories whose index was read for missing subdirectories, or is not worth a request; by position.
    listed_parents: RoaringBitmap,
    /// Missing directories that are not in the index of their parent, by position.
    absent_in_listing: RoaringBitmap,
    /// The number of directories that were confirmed by the file list of the mirror.
    confirmed: u64,
    probe: CategoryProbe,
}

impl<'a> CategoryProber<'a> {
    fn new(context: &'a ProbeContext<'a>, tree: &'a Tree, plan: &'a HostCategoryPlan, scope: Scope) -> Self {
        let mut traits = ServerTraits::new(plan.urls.len());
        if context.preferred_probe == Some(ProbeKind::Head) {
            traits.disable_indexes();
        }
        Self {
            context,
            tree,
            previous: &plan.previous,
            rsync_urls: &plan.rsync,
            transport: Transport::new(context, &plan.urls),
            traits,
            base: None,
            has_listed_file: false,
            is_reached: false,
            sample_mismatch: false,
            responded: RoaringBitmap::new(),
            listing: None,
            spot_check: SpotChecker::new(scope.wanted.len()),
            below_leak: RoaringBitmap::new(),
            listed_parents: RoaringBitmap::new(),
            absent_in_listing: RoaringBitmap::new(),
            sample: scope.sample,
            confirmed: 0,
            probe: CategoryProbe {
                results: DirectoryResults::new(tree.plan.directories.len(), &scope.wanted, context.config.max_findings),
                is_full: scope.all,
                ..CategoryProbe::default()
            },
        }
    }

    fn probe_directories(&mut self, base: ProbeResult, from: usize, use_rsync: bool) -> Result<(), Interruption> {
        let base = self.detect_soft_404(base)?;
        self.is_reached = !self.is_soft_404() && (self.has_listed_file || matches!(base, ProbeResult::Present(_)));
        self.base = Some(base);
        if use_rsync && !self.transport.urls.is_empty() {
            self.add_rsync_listing()?;
        }
        self.confirm_by_file_list()?;
        self.traverse(from)?;
        self.check_reachable()
    }

    fn finish(mut self) -> CategoryProbe {
        let results = &mut self.probe.results;
        let is_conclusive = is_conclusive(results, self.is_reached && self.probe.interruption.is_none());
        derive_results(
            self.tree,
            results,
            self.previous,
            &self.responded,
            self.traits.directories,
        );
        let method = if self.confirmed > self.probe.probed {
            "list"
        } else if self.listing.is_some() {
            "rsync"
        } else {
            self.traits.main_method()
        };
        let is_soft_404 = self.is_soft_404();
        let transport = self.transport;
        let url = transport.urls.get(transport.current).or(self.rsync_urls.first());
        CategoryProbe {
            is_conclusive,
            is_soft_404,
            method,
            requests: transport.requests,
            redirect: transport.redirect,
            base_url: url.map_or(String::new(), |u| u.as_str().to_owned()),
            url_errors: transport.url_errors,
            last_response: transport.last_response,
            ..self.probe
        }
    }

    /// Records that the last response matched the master, and keeps it as the control sample. The time of the request counts: the
    /// response may have been in transit when the local network failed.
    fn record_control(&mut self, content: ExpectedContent) {
        let is_cheaper = |known: &ControlSample| matches!(known.content, ExpectedContent::Length(_));
        // A length costs less to request again than a body.
        if !matches!(content, ExpectedContent::Hash(_)) || !self.probe.control.as_ref().is_some_and(is_cheaper) {
            let url = self.transport.address.clone();
            self.probe.control = Some(ControlSample { url, content });
        }
        self.mark_verified();
    }

    /// Records that the last response matched the master, without a control sample.
    fn mark_verified(&mut self) {
        self.probe.last_verified = self.probe.last_verified.max(self.transport.sent_at);
    }

    fn mark_negative(&mut self) {
        self.probe.last_negative = Some(Instant::now());
    }
}

/// Returns true if the results establish anything. A directory without a page establishes nothing, unless the mirror is known to be
/// there and the probe is complete; inconclusive results count against that.
fn is_conclusive(results: &DirectoryResults, is_reached: bool) -> bool {
    let is_sure = |r: &DirectoryResult| r.status().is_some_and(|s| s != DirectoryStatus::Inconclusive);
    let is_unclear = |r: &DirectoryResult| {
        matches!(r, DirectoryResult::Classified(Classification::Inconclusive(_)))
            || matches!(r, DirectoryResult::Classified(Classification::NeedsContext(i)) if !i.is_absence())
    };
    results.iter().any(is_sure) || (is_reached && !results.iter().any(is_unclear))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::classify::DirectoryIssue;

    #[test]
    fn results_are_conclusive_by_status_and_reachability() {
        let fault = |code| DirectoryIssue {
            file: String::new(),
            code,
            expected: String::new(),
            received: String::new(),
        };
        let inconclusive = || DirectoryResult::Classified(Classification::Inconclusive(fault("status")));
        let no_page = |code| DirectoryResult::Classified(Classification::NeedsContext(fault(code)));
        let current = || DirectoryResult::Classified(Classification::Current);
        for (results, reached, unreached) in [
            (vec![], true, false),
            (
                vec![DirectoryResult::Unchanged, DirectoryResult::NotProbed],
                true,
                false,
            ),
            (
                vec![DirectoryResult::Unchanged, no_page("forbidden"), no_page("missing")],
                true,
                false,
            ),
            // A server that only fails is inconclusive, even with a present directory below.
            (vec![DirectoryResult::Unchanged, no_page("status")], false, false),
            (vec![inconclusive(), no_page("forbidden")], false, false),
            (vec![inconclusive(), current()], true, true),
            (vec![DirectoryResult::BelowMissing], true, true),
            (vec![DirectoryResult::Confirmed], true, true),
        ] {
            let results = DirectoryResults::from(results);
            assert_eq!(
                (is_conclusive(&results, true), is_conclusive(&results, false)),
                (reached, unreached),
                "{results:?}"
            );
        }
    }
}
