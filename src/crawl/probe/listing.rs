//! The rsync listing of a category on a mirror: a single request for the names of all files.
//!
//! The listing is compared with the plan while it is read. One byte is kept per expected directory and file, and nothing of other
//! entries. It shows names, sizes and times, but no content: the version of a `repomd.xml` needs another probe, unless size and time are
//! sufficient ([`MirrorListing::repomd`]).
//!
//! A listing that failed is discarded. If rsync only reports (status 23) that it cannot read directories which it lists as unreadable to
//! the world, as on every mirror while a release is staged, the listing is complete except for their content. Any other partial listing
//! shows what is present; what it lacks may be present, too. Listings do not follow symbolic links, and the permissions in the file
//! system of a mirror are not those of its web server: the target of a link, and a directory that is readable on the master only, must
//! be probed over HTTP.
//!
//! Codes of a [`ListingError`]: `timeout`, `connection`, `dns`, `private-address`, `protocol` (invalid rsync URL), `interrupted`,
//! `rsync-failed` (the local program cannot be started), and `rsync` for any other error of the program, the daemon or its listing.

use std::time::{Duration, Instant};

use super::super::classify::{ChildProbes, Evidence, ProbeError, ProbeResult, REPOMD, RepomdProbe};
use super::super::tree::Tree;
use crate::formats::rsync_listing::unescape;
use crate::model::names::MirrorUrl;
use crate::model::plan::PlannedDirectory;
use crate::sys::child::{self, ChildError};
use crate::sys::rsync::{self, Daemon, NoAddress, Request, RsyncOutcome};
use crate::sys::signals::ShutdownFlag;

mod parser;
#[cfg(test)]
mod tests;

use parser::{DirectoryMark, FileMark, ListingLimits, ListingState};

/// The longest listing that is accepted: the largest mirrors have some ten million entries.
const LIMITS: ListingLimits = ListingLimits {
    lines: 20_000_000,
    bytes: 8 << 30,
};
/// The code for a local program that is missing or cannot be started; the mirror is not at fault.
pub(super) const NO_RSYNC: &str = "rsync-failed";
/// The code for an address to which no connection could be established.
const NO_CONNECTION: &str = "connection";
const MAX_ADDRESSES: usize = 4;
const MAX_STDERR: u64 = 16 << 10;

/// Time limits of a listing, and where it may connect to.
#[derive(Debug, Clone, Copy)]
pub struct ListingTimeouts<'a> {
    /// When the listing must be complete.
    pub deadline: Instant,
    /// Requests the end of the run.
    pub shutdown: &'a ShutdownFlag,
    /// The timeout of the name lookup, and of each connection attempt.
    pub connect_timeout: Duration,
    /// The longest time without output: disks that were asleep need some minutes.
    pub idle_timeout: Duration,
    /// Allows connections to private addresses.
    pub allow_private: bool,
}

/// The completeness of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingEnd {
    /// The listing shows the whole tree.
    Complete,
    /// The listing shows the readable part; with the errors of rsync.
    Partial(String),
}

/// The reason why a listing failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingError {
    /// The error of the mirror, or the local one.
    pub error: ProbeError,
    /// True if the mirror responded.
    pub has_response: bool,
    /// True if the daemon has no such module, or no such directory in it.
    pub is_absent: bool,
}

impl ListingError {
    pub(super) fn new(code: &'static str, message: impl Into<String>, has_response: bool) -> Self {
        Self {
            error: ProbeError::new(code, &message.into()),
            has_response,
            is_absent: false,
        }
    }
}

/// The listing of a category on a mirror, compared with the plan.
#[derive(Debug)]
pub struct MirrorListing {
    end: ListingEnd,
    marks: ListingState,
    has_present_below: Vec<bool>,
}

/// Lists the tree below the rsync URL of a category.
pub fn list(tree: &Tree, url: &MirrorUrl, timeouts: &ListingTimeouts<'_>) -> Result<MirrorListing, ListingError> {
    let daemon = Daemon::parse(url.as_str()).map_err(|why| ListingError::new("protocol", why, true))?;
    let left = timeouts.deadline.saturating_duration_since(Instant::now());
    let addresses = daemon
        .addresses(timeouts.connect_timeout.min(left), timeouts.allow_private)
        .map_err(|why| address_error(&daemon, why))?;
    let mut failed = ListingError::new("dns", daemon.name(), false);
    for address in addresses.into_iter().take(MAX_ADDRESSES) {
        match list_address(tree, &daemon, &daemon.url_at(address), timeouts) {
            Ok(listing) => return Ok(listing),
            // The next address is tried; on a machine without IPv6 that is IPv4.
            Err(why) if why.error.code == NO_CONNECTION => failed = why,
            Err(why) => return Err(why),
        }
    }
    Err(failed)
}

fn address_error(daemon: &Daemon, why: NoAddress) -> ListingError {
    let name = daemon.name();
    match why {
        NoAddress::Unknown => ListingError::new("dns", format!("name not found: {name}"), false),
        NoAddress::Late => ListingError::new("timeout", format!("timed out looking up {name}"), false),
        NoAddress::Private => ListingError::new("private-address", format!("{name} has only private addresses"), true),
    }
}

fn list_address(
    tree: &Tree,
    daemon: &Daemon,
    address: &str,
    timeouts: &ListingTimeouts<'_>,
) -> Result<MirrorListing, ListingError> {
    let mut marks = ListingState::new(tree);
    let mut rejected = None;
    let request = Request {
        address,
        options: &[],
        spawn_options: rsync::MIRROR,
        connect_timeout: timeouts.connect_timeout,
        idle_timeout: timeouts.idle_timeout,
    };
    let limits = child::ChildLimits {
        deadline: timeouts.deadline,
        output: MAX_STDERR,
        stop: timeouts.shutdown.clone(),
    };
    let ran = rsync::list(&request, &limits, |output| {
        rejected = parser::read(tree, output, LIMITS, &mut marks).err();
    });
    let has_response = marks.lines > 0;
    let failed = |code, message: String| Err(ListingError::new(code, message, has_response));
    // The parser ends the program, whose exit status is then of no interest.
    if let Some(why) = rejected {
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
    let end = match ended.outcome() {
        RsyncOutcome::Complete if has_response => ListingEnd::Complete,
        RsyncOutcome::Partial if has_response => {
            let unreadable = ended.unreadable_directories();
            if unreadable.is_some_and(|all| are_listed(&all, daemon.path_in_module(), &marks.unreadable)) {
                ListingEnd::Complete
            } else {
                ListingEnd::Partial(ended.message())
            }
        }
        // After some lines, the connection was lost instead.
        RsyncOutcome::NoConnection if !has_response => {
            return failed(NO_CONNECTION, ended.message());
        }
        RsyncOutcome::TimedOut => return failed("timeout", ended.message()),
        // Without a line for the top itself, nothing was listed, whatever the exit status is.
        RsyncOutcome::Complete | RsyncOutcome::Partial | RsyncOutcome::NoConnection | RsyncOutcome::Failed => {
            return Err(ListingError {
                is_absent: !has_response && ended.is_missing(),
                ..ListingError::new("rsync", ended.message(), true)
            });
        }
    };
    Ok(MirrorListing::new(tree, end, marks))
}

/// Returns true if all directories that rsync could not open were listed as unreadable, so that only their content is omitted. Paths
/// of errors are relative to the module, of which `below` was listed.
fn are_listed(errors: &[&[u8]], below: &str, unreadable: &[Vec<u8>]) -> bool {
    let is_known = |error: &&[u8]| {
        let path = unescape(error);
        let path = path.strip_prefix(b"/").unwrap_or(&path);
        let in_top = path
            .strip_prefix(below.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"/"));
        unreadable.iter().any(|c| in_top == Some(c) || path == c)
    };
    errors.iter().all(is_known)
}

impl MirrorListing {
    fn new(tree: &Tree, end: ListingEnd, marks: ListingState) -> Self {
        let mut has_present_below = vec![false; marks.directories.len()];
        // Children come after their parents.
        for at in (0..has_present_below.len()).rev() {
            let seen = marks.directories.get(at).is_some_and(|p| *p != DirectoryMark::Unseen);
            let is_present = seen || has_present_below.get(at).copied().unwrap_or_default();
            if let Some(up) = tree.parent(at).and_then(|p| has_present_below.get_mut(p)) {
                *up |= is_present;
            }
        }
        Self {
            end,
            marks,
            has_present_below,
        }
    }

    /// The completeness of the listing.
    pub const fn end(&self) -> &ListingEnd {
        &self.end
    }

    /// The number of entries that the mirror listed.
    pub const fn entries(&self) -> u64 {
        self.marks.lines
    }

    /// Returns true if only the top of the category is present: an empty directory, or a file system that is not mounted.
    pub fn is_bare(&self, tree: &Tree) -> bool {
        let mut below_top = self.marks.directories.iter().skip(usize::from(tree.is_top(0)));
        below_top.all(|d| *d == DirectoryMark::Unseen) && self.marks.files.iter().all(|f| *f == FileMark::Unseen)
    }

    /// Returns the evidence for a directory. A `repomd.xml` only has a result if it is absent: a listing does not show its version.
    pub fn evidence(&self, tree: &Tree, at: usize) -> Evidence {
        let Some(directory) = tree.directory(at) else {
            return Evidence::default();
        };
        let mark = self.marks.directories.get(at).copied().unwrap_or(DirectoryMark::Unseen);
        let page = self.page_result(directory, mark);
        let below = if !page.is_gone() {
            ChildProbes::NotProbed
        } else if !tree.has_below(at) {
            ChildProbes::NoChildren
        } else if self.has_present_below.get(at).copied().unwrap_or_default() {
            ChildProbes::Probed(vec![ProbeResult::Present(None)])
        } else {
            ChildProbes::Probed(vec![ProbeResult::Absent(404)])
        };
        let mut out = Evidence {
            index: Some(page),
            below,
            ..Evidence::default()
        };
        // Files in a directory that is unreadable on the master are not expected anywhere.
        if !directory.readable {
            return out;
        }
        // The version of a repomd.xml with known versions needs another probe.
        let has_versions = directory.repomd.iter().any(|d| d.superseded_at.is_none());
        let first = tree.files_before(at);
        for (position, wanted) in directory.files.iter().enumerate() {
            let seen = self.file_result(mark, first + position, wanted.size);
            if has_versions && wanted.name == REPOMD {
                out.repomd = match seen {
                    ProbeResult::Present(_) => None,
                    ProbeResult::Absent(status) => Some(RepomdProbe::Absent(status)),
                    ProbeResult::Unclear(error) => Some(RepomdProbe::Unclear(error)),
                };
            } else {
                out.files.push((position, seen));
            }
        }
        out
    }

    /// Size in bytes and modification time in epoch seconds of the `repomd.xml` of a directory, if it is a world-readable file.
    pub fn repomd(&self, at: usize) -> Option<(u64, i64)> {
        let all = &self.marks.repomd;
        let found = all
            .binary_search_by_key(&u32::try_from(at).ok()?, |(at, ..)| *at)
            .ok()?;
        all.get(found).map(|(_, size, timestamp)| (*size, *timestamp))
    }

    fn page_result(&self, directory: &PlannedDirectory, mark: DirectoryMark) -> ProbeResult {
        match mark {
            DirectoryMark::Open => ProbeResult::Present(None),
            // Unreadable on the master, too.
            DirectoryMark::Unreadable | DirectoryMark::BelowUnreadable if !directory.readable => {
                ProbeResult::Absent(403)
            }
            DirectoryMark::Unreadable | DirectoryMark::BelowUnreadable => ProbeResult::Unclear(unreadable_error()),
            DirectoryMark::Link | DirectoryMark::BelowLink => ProbeResult::Unclear(symlink_error()),
            DirectoryMark::Unseen => self.unseen(),
        }
    }

    fn file_result(&self, mark: DirectoryMark, index: usize, size: Option<u64>) -> ProbeResult {
        match mark {
            DirectoryMark::Unreadable | DirectoryMark::BelowUnreadable => {
                return ProbeResult::Unclear(unreadable_error());
            }
            DirectoryMark::Link | DirectoryMark::BelowLink => return ProbeResult::Unclear(symlink_error()),
            DirectoryMark::Open | DirectoryMark::Unseen => {}
        }
        match self.marks.files.get(index).copied().unwrap_or(FileMark::Unseen) {
            FileMark::Unseen => self.unseen(),
            FileMark::Matches => ProbeResult::Present(size),
            FileMark::Link if size.is_some() => ProbeResult::Unclear(symlink_error()),
            FileMark::Link => ProbeResult::Present(None),
            FileMark::Unreadable => ProbeResult::Unclear(unreadable_error()),
            FileMark::WrongSize => ProbeResult::Present(self.wrong_size(index)),
        }
    }

    fn wrong_size(&self, index: usize) -> Option<u64> {
        let all = &self.marks.wrong_sizes;
        let index = u32::try_from(index).ok()?;
        let found = all.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        all.get(found).map(|(_, size)| *size)
    }

    fn unseen(&self) -> ProbeResult {
        match &self.end {
            ListingEnd::Complete => ProbeResult::Absent(404),
            ListingEnd::Partial(why) => ProbeResult::Unclear(ProbeError {
                code: "rsync",
                message: format!("not in the partial listing: {why}"),
            }),
        }
    }
}

fn unreadable_error() -> ProbeError {
    let message = "not world-readable in the rsync listing, or below such a directory";
    ProbeError::new("unreadable-directory", message)
}

fn symlink_error() -> ProbeError {
    let message = "a symbolic link in the rsync listing, which does not show its target";
    ProbeError::new("symlink", message)
}
