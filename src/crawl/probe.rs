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

use super::master::MasterFiles;
use super::scope::{self, Aim, Scope};
use super::tree::Tree;
use super::verdict::{Seen, Trouble, Verdict};
use crate::model::Epoch;
use crate::model::crawl_prefs::ProbeKind;
use crate::model::inventory::Inventory;
use crate::model::names::MirrorUrl;
use crate::model::plan::{Finding, HostCategoryPlan};
use crate::sys::http::Agent;
use crate::sys::rate_limit::{ConnectionLimiter, RateLimiter};
use crate::sys::signals::ShutdownFlag;

mod ask;
mod base;
mod evidence;
mod found;
pub mod list;
pub mod listing;
mod others;
mod page;
mod proof;
mod rsync;
mod spot;
mod still;
mod unscanned;
mod walk;

use base::{Base, Directories};
pub use found::{AllFound, Found};
pub use list::MirrorList;
use listing::Listing;
use page::Pages;
pub use proof::{Shows, Witness};
use spot::Hearsay;
use walk::{derive, rest};

/// Requests in a row that failed on every URL, after which a category is given up.
const MAX_SILENT: u32 = 3;
/// Requests in a row without an answer to rely on (server errors among them), after which a category is given up.
const MAX_UNCLEAR: u32 = 10;
/// Files of a directory that are asked for before it is called missing.
const ABSENT_FILES: usize = 3;
/// Between the two tries of a category's base.
const SECOND_TRY: Duration = Duration::from_millis(250);

/// Why a look ended before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The run was asked to stop.
    Stopped,
    /// The host's time was up.
    HostDeadline,
    /// The requests that the host allows in a day were used up.
    Budget,
    /// The mirror stopped answering.
    Silent(Trouble),
    /// We could not ask: a program of ours is missing, or could not be started.
    Ours(String),
}

/// What a look at a category brought.
#[derive(Debug)]
pub struct Looked {
    /// What became of each directory.
    pub found: AllFound,
    /// Its base is not there, at any URL.
    pub gone: bool,
    /// Why it ended early.
    pub ended: Option<End>,
    /// Then: where the next look is to begin, by position in the plan.
    pub resume: Option<usize>,
    /// Its base, or a file below it, is there.
    pub reached: bool,
    /// Something was found out, be it only that it is there where nothing else was to be asked for.
    pub answered: bool,
    /// Requests made.
    pub requests: u64,
    /// Directories that were asked for.
    pub asked: u64,
    /// Directories that were confirmed instead.
    pub confirmed: u64,
    /// Everything was to be asked for.
    pub all: bool,
    /// A fact that was expected to stand did not.
    pub surprise: bool,
    /// How most was found out: `index`, `head`, `rsync`.
    pub by: &'static str,
    /// The first redirect that was followed: what was asked for, and where it led.
    pub redirect: Option<(String, String)>,
    /// What is found of its certificates.
    pub certificates: Vec<Finding>,
    /// What else is found that concerns more than one directory: what it says of itself and does not serve, URLs that differ.
    pub remarks: Vec<Finding>,
    /// The URL that answered last.
    pub base: String,
    /// URLs that failed, with the first failure of each.
    pub url_troubles: Vec<(String, Trouble)>,
    /// When the last answer came, of whatever status.
    pub last_heard: Option<Instant>,
    /// When it was last asked for something that it then served as the master has it.
    pub proved: Option<Instant>,
    /// When something bad was found last, over HTTP, or nothing was.
    pub doubted: Option<Instant>,
    /// It says yes to everything, as portals do.
    pub says_yes: bool,
    /// Something that it served as the master has it.
    pub witness: Option<Witness>,
}

impl Looked {
    /// Before the first request.
    fn new(tree: &Tree, scope: &Scope, max_findings: usize) -> Self {
        Self {
            found: AllFound::new(tree.plan.directories.len(), &scope.wanted, max_findings),
            gone: false,
            ended: None,
            resume: None,
            reached: false,
            answered: false,
            requests: 0,
            asked: 0,
            confirmed: 0,
            all: scope.all,
            surprise: false,
            by: "",
            redirect: None,
            certificates: Vec::new(),
            remarks: Vec::new(),
            base: String::new(),
            url_troubles: Vec::new(),
            last_heard: None,
            proved: None,
            doubted: None,
            says_yes: false,
            witness: None,
        }
    }
}

/// What all looks of a run share.
#[derive(Debug)]
pub struct Means<'a> {
    /// How requests are made.
    pub agent: &'a Agent,
    /// The master's own files.
    pub master: &'a MasterFiles,
    /// Where the mirrors' lists of the category are, if anywhere.
    pub list: Option<&'a MirrorList>,
    /// Set when the run is to end.
    pub stop: &'a ShutdownFlag,
    /// The end of the host's turn.
    pub deadline: Instant,
    /// The longest a turn may take.
    pub turn: Duration,
    /// How fast it is asked.
    pub pace: &'a RateLimiter,
    /// Connections to all servers of the run.
    pub slots: &'a ConnectionLimiter,
    /// The most connections at once to one server of this host.
    pub connections: NonZeroU32,
    /// How many more requests the host may get.
    pub budget: &'a Cell<u64>,
    /// The host does not want to be asked for before this moment.
    pub left_alone: &'a Cell<Option<Instant>>,
    /// How the host wants to be asked; `None` = as it is cheapest.
    pub probe: Option<ProbeKind>,
    /// The longest a connection may take to come up.
    pub connect: Duration,
    /// Whether private addresses may be asked.
    pub allow_private: bool,
    /// The longest `repomd.xml` that is read.
    pub max_body: u64,
    /// Of so many directories of a category it is told what is wrong with them.
    pub max_findings: usize,
    /// Now.
    pub now: Epoch,
}

/// Looks at one category, beginning where the last look ended, and going round.
pub fn look(means: &Means<'_>, tree: &Tree, plan: &HostCategoryPlan, aim: &Aim) -> Looked {
    let previous = &plan.previous;
    let from = previous.resume.map_or(0, |id| tree.position(id));
    let scope = scope::choose(tree, previous, aim, means.now);
    let mut session = Session {
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
        says_no: false,
        yes: vec![None; plan.urls.len()],
        mute: 0,
        there: RoaringBitmap::new(),
        directories: None,
        pages: if means.probe == Some(ProbeKind::Head) {
            Pages::unwanted()
        } else {
            Pages::default()
        },
        rsync: &plan.rsync,
        listing: None,
        shown: RoaringBitmap::new(),
        not_shown: RoaringBitmap::new(),
        hearsay: Hearsay::new(scope.wanted.len()),
        out: Looked::new(tree, &scope, means.max_findings),
    };
    let by_rsync = rsync::is_wanted(tree, plan, &scope, means.probe);
    match session.start(tree, by_rsync) {
        Err(end) => session.out.ended = Some(end),
        Ok(Base::Gone) => session.out.gone = true,
        Ok(Base::Silent(trouble)) => session.out.ended = Some(End::Silent(trouble)),
        Ok(Base::Answers(base)) => {
            let end = session.try_it(base).and_then(|base| {
                session.out.reached = !session.says_yes() && (session.is_alive || matches!(base, Seen::Present(_)));
                if by_rsync && !session.urls.is_empty() {
                    session.list_too(tree)?;
                }
                session.confirm_by_list(tree)?;
                session.walk(tree, &base, from)?;
                session.reach(tree)
            });
            let end = end.and_then(|()| if aim.is_whole() { session.others(tree) } else { Ok(()) });
            if let Err(end) = end {
                session.out.ended = Some(end);
                session.out.resume = rest(&session.out.found, from);
            }
        }
    }
    session.out.says_yes = session.says_yes();
    session.out.answered = has_answer(&session.out.found, session.out.reached && session.out.ended.is_none());
    if session.out.gone || matches!(session.out.ended, Some(End::Silent(_))) {
        session.doubts();
    }
    let directories = session.directories;
    derive(tree, &mut session.out.found, previous, &session.there, directories);
    session.out.by = if session.out.confirmed > session.out.asked {
        "list"
    } else if session.listing.is_some() {
        "rsync"
    } else {
        session.pages.by()
    };
    let url = session.urls.get(session.at).or_else(|| session.rsync.first());
    session.out.base = url.map_or(String::new(), |u| u.as_str().to_owned());
    session.out
}

/// A look under way.
struct Session<'a> {
    means: &'a Means<'a>,
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
    mute: u32,
    /// Directories of which something was seen, good or bad, by position.
    there: RoaringBitmap,
    /// Its base told nothing, but a listed file is there.
    is_alive: bool,
    /// The URL that was tried last knows what it does not have.
    says_no: bool,
    /// By URL: whether it says 200 for a name that no mirror has; `None` = not known yet.
    yes: Vec<Option<bool>>,
    /// What it says of directories; `None` = not known yet.
    directories: Option<Directories>,
    /// What its pages are good for.
    pages: Pages,
    /// Where it is served by rsync.
    rsync: &'a [MirrorUrl],
    /// What it listed.
    listing: Option<Listing>,
    /// What was believed of what it says.
    hearsay: Hearsay,
    /// Directories whose page was fetched, or not worth it, for what it shows of missing ones; by position.
    shown: RoaringBitmap,
    /// Missing ones that the page of the directory above does not show.
    not_shown: RoaringBitmap,
    out: Looked,
}

impl Session<'_> {
    /// Finds the URL to work with.
    fn start(&mut self, tree: &Tree, by_rsync: bool) -> Result<Base, End> {
        if by_rsync && self.urls.is_empty() {
            self.rsync_base(tree)
        } else {
            self.base(tree)
        }
    }

    fn may_go_on(&self) -> Result<(), End> {
        if self.means.stop.is_requested() {
            return Err(End::Stopped);
        }
        if Instant::now() >= self.means.deadline {
            return Err(End::HostDeadline);
        }
        if self.means.budget.get() == 0 {
            return Err(End::Budget);
        }
        Ok(())
    }
}

/// Whether something was found out. That a directory has no page is nothing to go by, unless the mirror is known to be there and the look
/// came to its end; and what gave no answer speaks against it.
fn has_answer(found: &AllFound, is_there: bool) -> bool {
    let (mut sure, mut unclear) = (false, false);
    for found in found.iter() {
        match found {
            Found::Verdict(Verdict::Unanswered(_)) => unclear = true,
            Found::Verdict(Verdict::Undecided(fault)) => unclear |= !["missing", "forbidden"].contains(&fault.reason),
            Found::Verdict(_) | Found::BelowMissing | Found::BelowClosed | Found::Confirmed => sure = true,
            Found::Kept | Found::NotAsked => {}
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
    use crate::crawl::verdict::Fault;

    #[test]
    fn what_counts_as_an_answer() {
        let fault = |reason| Fault {
            file: String::new(),
            reason,
            expected: String::new(),
            seen: String::new(),
        };
        let unanswered = || Found::Verdict(Verdict::Unanswered(fault("status")));
        let no_page = |reason| Found::Verdict(Verdict::Undecided(fault(reason)));
        let current = || Found::Verdict(Verdict::Current);
        for (found, there, otherwise) in [
            (vec![], true, false),
            (vec![Found::Kept, Found::NotAsked], true, false),
            (vec![Found::Kept, no_page("forbidden"), no_page("missing")], true, false),
            // Of a server that only fails, no held directory below makes an answer.
            (vec![Found::Kept, no_page("status")], false, false),
            (vec![unanswered(), no_page("forbidden")], false, false),
            (vec![unanswered(), current()], true, true),
            (vec![Found::BelowMissing], true, true),
            (vec![Found::Confirmed], true, true),
        ] {
            let found = AllFound::from(found);
            assert_eq!(
                (has_answer(&found, true), has_answer(&found, false)),
                (there, otherwise),
                "{found:?}"
            );
        }
    }
}
