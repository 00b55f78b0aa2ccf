//! One rsync listing of a category on a mirror: a single request for all that the mirror holds.
//!
//! It is read as it comes and held against what is expected; per expected directory and file one byte is kept, and nothing of what
//! is not expected. It tells names, sizes and times, and never what is in a file: which `repomd.xml` a mirror has is another
//! probe's to say, unless size and time are enough for who asks ([`MirrorListing::repomd`]).
//!
//! A listing that did not end cleanly is none. Where all that rsync complains of (status 23) is that it may not read directories which
//! it lists as closed to the world, as on every mirror while a release is staged, it is whole but for what they hold. Any other that
//! was made in part shows what is there; what it does not show may be there as well. Listings do not follow symbolic links, and
//! permissions of the mirror's file system are not those of its web server: what lies behind a link, or is closed there although the
//! master has it open, is left to who can ask for it.
//!
//! Words of a [`ListingError`]: `timeout`, `connection`, `dns`, `private-address`, `protocol` (an address that cannot be listed),
//! `interrupted`, `rsync-failed` (ours cannot be started), and `rsync` for all that the program, the daemon or its listing got wrong.

use std::time::{Duration, Instant};

use super::super::classify::{ChildProbes, Evidence, ProbeError, ProbeResult, REPOMD, RepomdProbe};
use super::super::tree::Tree;
use crate::formats::rsync_listing::unescape;
use crate::model::names::MirrorUrl;
use crate::model::plan::PlannedDirectory;
use crate::sys::child::{self, ChildError};
use crate::sys::rsync::{self, Daemon, NoAddress, RemoteKind, Request, RsyncOutcome};
use crate::sys::signals::ShutdownFlag;

mod parser;
#[cfg(test)]
mod tests;

use parser::{DirectoryMark, FileMark, ListingLimits, ListingState};

/// The longest listing that is taken: the largest mirrors hold some ten million entries.
const CAPS: ListingLimits = ListingLimits {
    lines: 20_000_000,
    bytes: 8 << 30,
};
/// The word for our own program that is missing or cannot be started: no fault of the mirror.
pub(super) const NO_RSYNC: &str = "rsync-failed";
/// How many addresses of one name are tried.
const ADDRESSES: usize = 4;
/// How much of what the program complains of is kept, in bytes.
const MAX_STDERR: u64 = 16 << 10;

/// What a listing may take.
#[derive(Debug, Clone, Copy)]
pub struct ListingTimeouts<'a> {
    /// When it must be whole.
    pub deadline: Instant,
    /// Ends it early when asked.
    pub shutdown: &'a ShutdownFlag,
    /// The longest the name may take to be found, and then a connection to come up.
    pub connect_timeout: Duration,
    /// The longest without a byte: disks that were asleep want some minutes.
    pub idle_timeout: Duration,
    /// Whether addresses of private networks may be asked.
    pub allow_private: bool,
}

/// How much of the tree a listing shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingEnd {
    /// All.
    Whole,
    /// What could be read; what rsync complained of.
    InPart(String),
}

/// Why there is no listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingError {
    /// What happened.
    pub error: ProbeError,
    /// Whether anything came from the mirror.
    pub has_response: bool,
    /// The daemon says that it has no such module, or no such directory in it.
    pub is_absent: bool,
}

impl ListingError {
    fn of(word: &'static str, text: impl Into<String>, heard: bool) -> Self {
        Self {
            error: ProbeError::new(word, &text.into()),
            has_response: heard,
            is_absent: false,
        }
    }
}

/// What a mirror showed of a category.
#[derive(Debug)]
pub struct MirrorListing {
    end: ListingEnd,
    marks: ListingState,
    /// By position: whether anything was seen below.
    alive_below: Vec<bool>,
}

/// Lists what lies below the URL of a category.
pub fn list(tree: &Tree, url: &MirrorUrl, limits: &ListingTimeouts<'_>) -> Result<MirrorListing, ListingError> {
    let daemon = Daemon::parse(url.as_str()).map_err(|why| ListingError::of("protocol", why, true))?;
    let left = limits.deadline.saturating_duration_since(Instant::now());
    let addresses = daemon
        .addresses(limits.connect_timeout.min(left), limits.allow_private)
        .map_err(|why| no_address(&daemon, why))?;
    let mut failed = ListingError::of("dns", daemon.name(), false);
    for address in addresses.into_iter().take(ADDRESSES) {
        match at(tree, &daemon, &daemon.at(address), limits) {
            Ok(listing) => return Ok(listing),
            // Nobody there: a machine without IPv6 comes to IPv4 so.
            Err(Attempt::NoConnection(why)) => failed = why,
            Err(Attempt::Final(why)) => return Err(why),
        }
    }
    Err(failed)
}

fn no_address(daemon: &Daemon, why: NoAddress) -> ListingError {
    let name = daemon.name();
    match why {
        NoAddress::Unknown => ListingError::of("dns", format!("name not found: {name}"), false),
        NoAddress::Late => ListingError::of("timeout", format!("timed out: the address of {name}"), false),
        NoAddress::Private => ListingError::of("private-address", format!("{name} has private addresses only"), true),
    }
}

/// Why an address gave no listing.
enum Attempt {
    /// No connection came up.
    NoConnection(ListingError),
    Final(ListingError),
}

fn at(tree: &Tree, daemon: &Daemon, address: &str, limits: &ListingTimeouts<'_>) -> Result<MirrorListing, Attempt> {
    let mut marks = ListingState::new(tree);
    let mut refused = None;
    let request = Request {
        address,
        options: &[],
        whose: RemoteKind::Mirror,
        connect: limits.connect_timeout,
        silence: limits.idle_timeout,
    };
    let bounds = child::ChildLimits {
        deadline: limits.deadline,
        output: MAX_STDERR,
        stop: limits.shutdown.clone(),
    };
    let ran = rsync::list(&request, &bounds, |output| {
        refused = parser::read(tree, output, CAPS, &mut marks).err();
    });
    let heard = marks.lines > 0;
    let failed = |word, text: String| Err(Attempt::Final(ListingError::of(word, text, heard)));
    // Whatever followed, a listing that was refused was refused.
    if let Some(why) = refused {
        return failed("rsync", why);
    }
    let ended = match ran {
        Ok((ended, ())) => ended,
        Err(why @ ChildError::Deadline(_)) => return failed("timeout", why.to_string()),
        Err(why @ ChildError::Stopped(_)) => return failed("interrupted", why.to_string()),
        Err(why @ (ChildError::Missing { .. } | ChildError::Start { .. })) => {
            return failed(NO_RSYNC, why.to_string());
        }
    };
    let end = match ended.end() {
        RsyncOutcome::Whole if heard => ListingEnd::Whole,
        RsyncOutcome::InPart if heard => {
            let complaints = ended.closed();
            if complaints.is_some_and(|all| are_listed(&all, daemon.below_module(), &marks.closed)) {
                ListingEnd::Whole
            } else {
                ListingEnd::InPart(ended.message())
            }
        }
        // After some lines it was one that broke.
        RsyncOutcome::NoConnection if !heard => {
            let why = ListingError::of("connection", ended.message(), false);
            return Err(Attempt::NoConnection(why));
        }
        RsyncOutcome::Silent => return failed("timeout", ended.message()),
        // Without a line for the top itself nothing was listed, whatever the status.
        RsyncOutcome::Whole | RsyncOutcome::InPart | RsyncOutcome::NoConnection | RsyncOutcome::Failed => {
            return Err(Attempt::Final(ListingError {
                is_absent: !heard && ended.is_gone(),
                ..ListingError::of("rsync", ended.message(), true)
            }));
        }
    };
    Ok(MirrorListing::new(tree, end, marks))
}

/// Whether all directories that could not be opened were listed as closed, so that nothing was left out but what they hold. The
/// paths of complaints are seen from the module, of which `below` was listed.
fn are_listed(complaints: &[&[u8]], below: &str, closed: &[Vec<u8>]) -> bool {
    let is_known = |complaint: &&[u8]| {
        let path = unescape(complaint);
        let path = path.strip_prefix(b"/").unwrap_or(&path);
        let in_top = path
            .strip_prefix(below.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"/"));
        closed.iter().any(|c| in_top == Some(c) || path == c)
    };
    complaints.iter().all(is_known)
}

impl MirrorListing {
    fn new(tree: &Tree, end: ListingEnd, marks: ListingState) -> Self {
        let mut alive_below = vec![false; marks.places.len()];
        // Children come after their parents.
        for at in (0..alive_below.len()).rev() {
            let seen = marks.places.get(at).is_some_and(|p| *p != DirectoryMark::Unseen);
            let alive = seen || alive_below.get(at).copied().unwrap_or_default();
            if let Some(up) = tree.parent(at).and_then(|p| alive_below.get_mut(p)) {
                *up |= alive;
            }
        }
        Self {
            end,
            marks,
            alive_below,
        }
    }

    /// Whether all of the tree was listed.
    pub const fn end(&self) -> &ListingEnd {
        &self.end
    }

    /// How many entries the mirror listed.
    pub const fn entries(&self) -> u64 {
        self.marks.lines
    }

    /// Whether nothing of the category was seen but its top: an empty directory, or a file system that is not mounted.
    pub fn is_bare(&self, tree: &Tree) -> bool {
        let top = usize::from(tree.is_top(0));
        let no_place = self.marks.places.iter().skip(top).all(|p| *p == DirectoryMark::Unseen);
        no_place && self.marks.files.iter().all(|f| *f == FileMark::Unseen)
    }

    /// What was seen of a directory, for the verdict. Of a `repomd.xml` only that it is not there: which one it is, a listing does
    /// not tell.
    pub fn evidence(&self, tree: &Tree, at: usize) -> Evidence {
        let Some(directory) = tree.directory(at) else {
            return Evidence::default();
        };
        let place = self.marks.places.get(at).copied().unwrap_or(DirectoryMark::Unseen);
        let index = self.index(directory, place);
        let below = if !index.is_gone() {
            ChildProbes::NotProbed
        } else if !tree.has_below(at) {
            ChildProbes::NoChildren
        } else if self.alive_below.get(at).copied().unwrap_or_default() {
            ChildProbes::Probed(vec![ProbeResult::Present(None)])
        } else {
            ChildProbes::Probed(vec![ProbeResult::Absent(404)])
        };
        let mut out = Evidence {
            index: Some(index),
            below,
            ..Evidence::default()
        };
        // Nobody is to have what the master keeps closed.
        if !directory.readable {
            return out;
        }
        // Which version a mirror has is asked for where there are versions.
        let versions = directory.repomd.iter().any(|d| d.superseded_at.is_none());
        let first = tree.files_before(at);
        for (position, wanted) in directory.files.iter().enumerate() {
            let seen = self.file(place, first + position, wanted.size);
            if versions && wanted.name == REPOMD {
                out.repomd = match seen {
                    ProbeResult::Present(_) => None,
                    ProbeResult::Absent(status) => Some(RepomdProbe::Absent(status)),
                    ProbeResult::Unclear(trouble) => Some(RepomdProbe::Unclear(trouble)),
                };
            } else {
                out.files.push((position, seen));
            }
        }
        out
    }

    /// Size in bytes and modification time in epoch seconds of a directory's `repomd.xml`, where it is a file that the world may
    /// read.
    pub fn repomd(&self, at: usize) -> Option<(u64, i64)> {
        let all = &self.marks.repomd;
        let found = all
            .binary_search_by_key(&u32::try_from(at).ok()?, |(at, ..)| *at)
            .ok()?;
        all.get(found).map(|(_, size, timestamp)| (*size, *timestamp))
    }

    fn index(&self, directory: &PlannedDirectory, place: DirectoryMark) -> ProbeResult {
        match place {
            DirectoryMark::Open => ProbeResult::Present(None),
            // Closed on the master, and closed there.
            DirectoryMark::Closed | DirectoryMark::BelowClosed if !directory.readable => ProbeResult::Absent(403),
            DirectoryMark::Closed | DirectoryMark::BelowClosed => ProbeResult::Unclear(closed()),
            DirectoryMark::Link | DirectoryMark::BelowLink => ProbeResult::Unclear(link()),
            DirectoryMark::Unseen => self.unseen(),
        }
    }

    fn file(&self, place: DirectoryMark, count: usize, size: Option<u64>) -> ProbeResult {
        match place {
            DirectoryMark::Closed | DirectoryMark::BelowClosed => return ProbeResult::Unclear(closed()),
            DirectoryMark::Link | DirectoryMark::BelowLink => return ProbeResult::Unclear(link()),
            DirectoryMark::Open | DirectoryMark::Unseen => {}
        }
        match self.marks.files.get(count).copied().unwrap_or(FileMark::Unseen) {
            FileMark::Unseen => self.unseen(),
            FileMark::Good => ProbeResult::Present(size),
            FileMark::Link if size.is_some() => ProbeResult::Unclear(link()),
            FileMark::Link => ProbeResult::Present(None),
            FileMark::Closed => ProbeResult::Unclear(closed()),
            FileMark::Wrong => ProbeResult::Present(self.wrong(count)),
        }
    }

    fn wrong(&self, count: usize) -> Option<u64> {
        let all = &self.marks.wrong;
        let count = u32::try_from(count).ok()?;
        let found = all.binary_search_by_key(&count, |(count, _)| *count).ok()?;
        all.get(found).map(|(_, size)| *size)
    }

    fn unseen(&self) -> ProbeResult {
        match &self.end {
            ListingEnd::Whole => ProbeResult::Absent(404),
            ListingEnd::InPart(why) => ProbeResult::Unclear(ProbeError {
                code: "rsync",
                message: format!("not listed, but not all could be: {why}"),
            }),
        }
    }
}

fn closed() -> ProbeError {
    ProbeError {
        code: "unreadable-directory",
        message: "rsync lists it as closed to the world, or below what is".to_owned(),
    }
}

fn link() -> ProbeError {
    ProbeError {
        code: "symlink",
        message: "rsync lists a symbolic link, and not what is behind it".to_owned(),
    }
}
