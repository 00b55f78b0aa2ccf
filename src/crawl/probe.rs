//! Looking at one category of one host: HEAD for every listed file, GET for `repomd.xml`.
//!
//! A directory without files is judged by its page (HEAD of its path): 200 = there; 404 or 410 = missing, where the server says
//! anything else of other directories and listed files below it say so too; anything else = held if something is seen below it. An
//! empty one on a server without pages goes by the directory above: there is nothing in it that a client could miss. What lies below
//! a missing or closed directory is not asked for. A URL that fails hands over to the category's next one. A server that says 200 to
//! a name which no mirror has is believed only where a length or a hash agrees.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use roaring::RoaringBitmap;

use super::classify::{Classification, ProbeError, ProbeResult};
use super::master_files::MasterFiles;
use super::scope::{self, CrawlMode, Scope};
use super::tree::Tree;
use crate::crawl::outage::control_sample::ControlSample;
use crate::model::Timestamp;
use crate::model::crawl_prefs::ProbeKind;
use crate::model::inventory::Inventory;
use crate::model::names::MirrorUrl;
use crate::model::plan::{Finding, HostCategoryPlan};
use crate::sys::http::Agent;
use crate::sys::rate_limit::{ConnectionLimiter, RateLimiter};
use crate::sys::signals::ShutdownFlag;

mod base;
mod control;
mod evidence;
mod index_page;
pub mod list;
pub mod listing;
mod newer_than_scan;
mod recheck_missing;
mod request;
mod results;
mod rsync;
mod spot_check;
mod url_consistency;
mod walk;

use base::{Base, DirectoryBehaviour};
use index_page::IndexPages;
pub use list::MirrorFileList;
use listing::MirrorListing;
pub use results::{DirectoryResult, DirectoryResults};
use spot_check::SpotChecker;
use walk::{derive_results, rest};

/// Requests in a row that failed on every URL, after which a category is given up.
const MAX_CONSECUTIVE_FAILURES: u32 = 3;
/// Requests in a row without an answer to rely on (server errors among them), after which a category is given up.
const MAX_CONSECUTIVE_INCONCLUSIVE: u32 = 10;
/// Files of a directory that are asked for before it is called missing.
const FILES_TO_CONFIRM_ABSENCE: usize = 3;
/// Between the two tries of a category's base.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// Why a look ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interruption {
    /// The run was asked to stop.
    Stopped,
    /// The host's time was up.
    HostDeadline,
    /// The requests that the host allows in a day were used up.
    Budget,
    /// The mirror stopped answering.
    Silent(ProbeError),
    /// We could not ask: a program of ours is missing, or could not be started.
    LocalError(String),
}

/// What a look at a category brought.
#[derive(Debug)]
pub struct CategoryProbe {
    /// What became of each directory.
    pub results: DirectoryResults,
    /// Its base is not there, at any URL.
    pub category_missing: bool,
    /// Why it ended early.
    pub interruption: Option<Interruption>,
    /// Then: where the next look is to begin, by position in the plan.
    pub resume_at: Option<usize>,
    /// Its base, or a file below it, is there.
    pub reached: bool,
    /// Something was found out, be it only that it is there where nothing else was to be asked for.
    pub is_conclusive: bool,
    /// Requests made.
    pub requests: u64,
    /// Directories that were asked for.
    pub probed: u64,
    /// Directories that were confirmed instead.
    pub confirmed: u64,
    /// Everything was to be asked for.
    pub is_full: bool,
    /// A fact that was expected to stand did not.
    pub sample_mismatch: bool,
    /// How most was found out: `index`, `head`, `rsync`.
    pub method: &'static str,
    /// The first redirect that was followed: what was asked for, and where it led.
    pub redirect: Option<(String, String)>,
    /// What is found of its certificates.
    pub certificates: Vec<Finding>,
    /// What else is found that concerns more than one directory: what it says of itself and does not serve, URLs that differ.
    pub category_findings: Vec<Finding>,
    /// The URL that answered last.
    pub base_url: String,
    /// URLs that failed, with the first failure of each.
    pub url_errors: Vec<(String, ProbeError)>,
    /// When the last answer came, of whatever status.
    pub last_response: Option<Instant>,
    /// When it was last asked for something that it then served as the master has it.
    pub last_verified: Option<Instant>,
    /// When something bad was found last, over HTTP, or nothing was.
    pub last_negative: Option<Instant>,
    /// It says yes to everything, as portals do.
    pub is_soft_404: bool,
    /// Something that it served as the master has it.
    pub control: Option<ControlSample>,
}

impl CategoryProbe {
    /// Before the first request.
    fn new(tree: &Tree, scope: &Scope, max_findings: usize) -> Self {
        Self {
            results: DirectoryResults::new(tree.plan.directories.len(), &scope.wanted, max_findings),
            category_missing: false,
            interruption: None,
            resume_at: None,
            reached: false,
            is_conclusive: false,
            requests: 0,
            probed: 0,
            confirmed: 0,
            is_full: scope.all,
            sample_mismatch: false,
            method: "",
            redirect: None,
            certificates: Vec::new(),
            category_findings: Vec::new(),
            base_url: String::new(),
            url_errors: Vec::new(),
            last_response: None,
            last_verified: None,
            last_negative: None,
            is_soft_404: false,
            control: None,
        }
    }
}

/// What all looks of a run share.
#[derive(Debug)]
pub struct ProbeContext<'a> {
    /// How requests are made.
    pub agent: &'a Agent,
    /// The master's own files.
    pub master: &'a MasterFiles,
    /// Where the mirrors' lists of the category are, if anywhere.
    pub file_list: Option<&'a MirrorFileList>,
    /// Set when the run is to end.
    pub shutdown: &'a ShutdownFlag,
    /// The end of the host's turn.
    pub deadline: Instant,
    /// The longest a turn may take.
    pub host_timeout: Duration,
    /// How fast it is asked.
    pub rate_limiter: &'a RateLimiter,
    /// Connections to all servers of the run.
    pub connection_limiter: &'a ConnectionLimiter,
    /// The most connections at once to one server of this host.
    pub max_connections: NonZeroU32,
    /// How many more requests the host may get.
    pub budget: &'a Cell<u64>,
    /// The host does not want to be asked for before this moment.
    pub retry_at: &'a Cell<Option<Instant>>,
    /// How the host wants to be asked; `None` = as it is cheapest.
    pub preferred_probe: Option<ProbeKind>,
    /// The longest a connection may take to come up.
    pub connect_timeout: Duration,
    /// Whether private addresses may be asked.
    pub allow_private: bool,
    /// The longest `repomd.xml` that is read.
    pub max_repomd_bytes: u64,
    /// Of so many directories of a category it is told what is wrong with them.
    pub max_findings: usize,
    /// Now.
    pub now: Timestamp,
}

/// Looks at one category, beginning where the last look ended, and going round.
pub fn probe_category(
    means: &ProbeContext<'_>,
    tree: &Tree,
    plan: &HostCategoryPlan,
    aim: &CrawlMode,
) -> CategoryProbe {
    let previous = &plan.previous;
    let from = previous.resume_directory.map_or(0, |id| tree.position(id));
    let scope = scope::select_directories(tree, previous, aim, means.now);
    let mut session = ProbeSession {
        means,
        urls: &plan.urls,
        previous,
        sample: scope.sample.clone(),
        at: 0,
        url: String::with_capacity(256),
        asked_at: None,
        busy: 0,
        silent: 0,
        unclear: 0,
        is_alive: false,
        has_real_404: false,
        soft_404: vec![None; plan.urls.len()],
        unknown_lengths: 0,
        responded: RoaringBitmap::new(),
        directories: None,
        pages: if means.preferred_probe == Some(ProbeKind::Head) {
            IndexPages::unwanted()
        } else {
            IndexPages::default()
        },
        rsync: &plan.rsync,
        listing: None,
        listed_parents: RoaringBitmap::new(),
        absent_in_listing: RoaringBitmap::new(),
        spot_check: SpotChecker::new(scope.wanted.len()),
        out: CategoryProbe::new(tree, &scope, means.max_findings),
    };
    let by_rsync = rsync::is_wanted(tree, plan, &scope, means.preferred_probe);
    match session.start(tree, by_rsync) {
        Err(end) => session.out.interruption = Some(end),
        Ok(Base::Gone) => session.out.category_missing = true,
        Ok(Base::Silent(trouble)) => session.out.interruption = Some(Interruption::Silent(trouble)),
        Ok(Base::Answers(base)) => {
            let end = session.detect_soft_404(base).and_then(|base| {
                session.out.reached =
                    !session.is_soft_404() && (session.is_alive || matches!(base, ProbeResult::Present(_)));
                if by_rsync && !session.urls.is_empty() {
                    session.add_rsync_listing(tree)?;
                }
                session.confirm_by_file_list(tree)?;
                session.walk(tree, &base, from)?;
                session.check_reachable(tree)
            });
            let end = end.and_then(|()| {
                if aim.is_complete() {
                    session.others(tree)
                } else {
                    Ok(())
                }
            });
            if let Err(end) = end {
                session.out.interruption = Some(end);
                session.out.resume_at = rest(&session.out.results, from);
            }
        }
    }
    session.out.is_soft_404 = session.is_soft_404();
    session.out.is_conclusive = has_answer(
        &session.out.results,
        session.out.reached && session.out.interruption.is_none(),
    );
    if session.out.category_missing || matches!(session.out.interruption, Some(Interruption::Silent(_))) {
        session.mark_negative();
    }
    let directories = session.directories;
    derive_results(
        tree,
        &mut session.out.results,
        previous,
        &session.responded,
        directories,
    );
    session.out.method = if session.out.confirmed > session.out.probed {
        "list"
    } else if session.listing.is_some() {
        "rsync"
    } else {
        session.pages.by()
    };
    let url = session.urls.get(session.at).or_else(|| session.rsync.first());
    session.out.base_url = url.map_or(String::new(), |u| u.as_str().to_owned());
    session.out
}

/// A look under way.
struct ProbeSession<'a> {
    means: &'a ProbeContext<'a>,
    urls: &'a [MirrorUrl],
    previous: &'a Inventory,
    /// Directories whose fact is expected to stand, by position.
    sample: RoaringBitmap,
    /// The URL in use.
    at: usize,
    /// The address of the request, made anew in the same memory.
    url: String,
    /// When that request was made.
    asked_at: Option<Instant>,
    /// Answers in a row that said that the server has too much to do.
    busy: u32,
    silent: u32,
    unclear: u32,
    /// Files in a row of which it did not tell the length.
    unknown_lengths: u32,
    /// Directories of which something was seen, good or bad, by position.
    responded: RoaringBitmap,
    /// Its base told nothing, but a listed file is there.
    is_alive: bool,
    /// The URL that was tried last knows what it does not have.
    has_real_404: bool,
    /// By URL: whether it says 200 for a name that no mirror has; `None` = not known yet.
    soft_404: Vec<Option<bool>>,
    /// What it says of directories; `None` = not known yet.
    directories: Option<DirectoryBehaviour>,
    /// What its pages are good for.
    pages: IndexPages,
    /// Where it is served by rsync.
    rsync: &'a [MirrorUrl],
    /// What it listed.
    listing: Option<MirrorListing>,
    /// What was believed of what it says.
    spot_check: SpotChecker,
    /// Directories whose page was fetched, or not worth it, for what it shows of missing ones; by position.
    listed_parents: RoaringBitmap,
    /// Missing ones that the page of the directory above does not show.
    absent_in_listing: RoaringBitmap,
    out: CategoryProbe,
}

impl ProbeSession<'_> {
    /// Finds the URL to work with.
    fn start(&mut self, tree: &Tree, by_rsync: bool) -> Result<Base, Interruption> {
        if by_rsync && self.urls.is_empty() {
            self.rsync_base(tree)
        } else {
            self.base(tree)
        }
    }

    fn check_limits(&self) -> Result<(), Interruption> {
        if self.means.shutdown.is_requested() {
            return Err(Interruption::Stopped);
        }
        if Instant::now() >= self.means.deadline {
            return Err(Interruption::HostDeadline);
        }
        if self.means.budget.get() == 0 {
            return Err(Interruption::Budget);
        }
        Ok(())
    }
}

/// Whether something was found out. That a directory has no page is nothing to go by, unless the mirror is known to be there and the look
/// came to its end; and what gave no answer speaks against it.
fn has_answer(found: &DirectoryResults, is_there: bool) -> bool {
    let (mut sure, mut unclear) = (false, false);
    for found in found.iter() {
        match found {
            DirectoryResult::Classified(Classification::Inconclusive(_)) => unclear = true,
            DirectoryResult::Classified(Classification::NeedsContext(fault)) => {
                unclear |= !["missing", "forbidden"].contains(&fault.reason)
            }
            DirectoryResult::Classified(_)
            | DirectoryResult::BelowMissing
            | DirectoryResult::BelowClosed
            | DirectoryResult::Confirmed => sure = true,
            DirectoryResult::Unchanged | DirectoryResult::NotProbed => {}
        }
    }
    sure || (is_there && !unclear)
}

fn first_file(tree: &Tree, at: usize) -> &str {
    tree.directory(at).and_then(|d| d.files.first()).map_or("", |f| f.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::classify::DirectoryIssue;

    #[test]
    fn what_counts_as_an_answer() {
        let fault = |reason| DirectoryIssue {
            file: String::new(),
            reason,
            expected: String::new(),
            seen: String::new(),
        };
        let unanswered = || DirectoryResult::Classified(Classification::Inconclusive(fault("status")));
        let no_page = |reason| DirectoryResult::Classified(Classification::NeedsContext(fault(reason)));
        let current = || DirectoryResult::Classified(Classification::Current);
        for (found, there, otherwise) in [
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
            // Of a server that only fails, no held directory below makes an answer.
            (vec![DirectoryResult::Unchanged, no_page("status")], false, false),
            (vec![unanswered(), no_page("forbidden")], false, false),
            (vec![unanswered(), current()], true, true),
            (vec![DirectoryResult::BelowMissing], true, true),
            (vec![DirectoryResult::Confirmed], true, true),
        ] {
            let found = DirectoryResults::from(found);
            assert_eq!(
                (has_answer(&found, true), has_answer(&found, false)),
                (there, otherwise),
                "{found:?}"
            );
        }
    }
}
