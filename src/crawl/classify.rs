//! Is this directory current? A pure function: what the master has and what was seen go in, the verdict comes out.
//!
//! The rules, in short: 404, 403, 410, a wrong size or a `repomd.xml` that is no longer offered are *not current*. Server errors,
//! 429, timeouts and failed connections are *unanswered*: nothing is known, and the last fact stands. A `repomd.xml` that the
//! master never had is *foreign*. A directory that the master keeps closed is *staged* where the mirror keeps it closed too, and
//! *leaked* where it shows it; it is held by nobody before it is open.

use serde::Serialize;

use crate::model::file::{FileDetail, retained_versions};
use crate::model::ids::FileDetailId;
use crate::model::plan::{PlannedDirectory, PlannedFile};
use crate::model::{Timestamp, file::VersionRetention};

/// The file that says what a repository holds.
pub const REPOMD: &str = "repomd.xml";

/// The status by which servers lead to a directory who asks for it without a slash: where a file should be, there is none.
pub const STATUS_IS_DIRECTORY: u16 = 301;
/// The reason of a directory in which the mirror is as the master is now, and not as the last scan saw it.
pub const UNSCANNED: &str = "newer-than-scan";
/// The code of a finding about a `repomd.xml` that the master never had.
pub(crate) const UNKNOWN_HASH: &str = "unknown-hash";
/// The word for a mirror that does not want to be asked for now.
pub const RATE_LIMITED: &str = "rate-limited";

/// What was seen of one file, or of the page of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeResult {
    /// It is there; with its length, where the mirror told it.
    Present(Option<u64>),
    /// 404, 410, 403, or [`STATUS_IS_DIRECTORY`].
    Absent(u16),
    /// No answer to rely on.
    Unclear(ProbeError),
}

impl ProbeResult {
    /// 404 or 410: it is not there. (403 may be a server that shows no directories.)
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Absent(404 | 410))
    }
}

/// Why there is no answer to rely on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeError {
    /// A stable code, such as `timeout`.
    pub code: &'static str,
    /// The description, safe for a terminal.
    pub message: String,
}

/// How much is kept of what somebody else said, in characters.
const MAX_REMOTE_TEXT: usize = 300;

impl ProbeError {
    /// Of what somebody else said a bounded part is kept, and nothing that drives a terminal.
    pub fn new(code: &'static str, message: &str) -> Self {
        Self {
            code,
            message: sanitize_remote_text(message),
        }
    }
}

/// What somebody else said, on one line and not too long.
pub(super) fn sanitize_remote_text(said: &str) -> String {
    let plain = |c: char| if c.is_control() { '?' } else { c };
    let mut out: String = said.chars().map(plain).take(MAX_REMOTE_TEXT).collect();
    if said.chars().nth(MAX_REMOTE_TEXT).is_some() {
        out.push('…');
    }
    out
}

/// What was seen of a `repomd.xml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepomdProbe {
    /// Its SHA-256, in lower-case hexadecimal.
    Hash(String),
    /// 404, 410, 403, or [`STATUS_IS_DIRECTORY`].
    Absent(u16),
    /// Longer than is ever read.
    TooLong(u64),
    /// There, and never read: its length and its time, which tools that mirror keep.
    Metadata {
        /// In bytes.
        size: u64,
        /// In epoch seconds.
        timestamp: i64,
    },
    /// No answer to rely on.
    Unclear(ProbeError),
}

/// What the master's own `repomd.xml` said when an unknown one was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterComparison {
    /// It is the same as the mirror's, or was so earlier in this run: newer than our last scan.
    Same,
    /// It is another; with its SHA-256.
    Other(String),
    /// It could not be read; why.
    Unreadable(String),
}

/// All that was seen of one directory on one mirror. What was not asked is `None` or left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Its page.
    pub index: Option<ProbeResult>,
    /// Its files, by their position in the short list.
    pub files: Vec<(usize, ProbeResult)>,
    /// Its `repomd.xml`.
    pub repomd: Option<RepomdProbe>,
    /// The master's own, asked when the mirror's is unknown.
    pub master: Option<MasterComparison>,
    /// What lies below it: servers without directory pages answer 404 for a directory that they hold.
    pub below: ChildProbes,
}

impl Evidence {
    /// Whether something of it was seen, good or bad.
    pub fn is_there(&self) -> bool {
        let repomd = matches!(
            self.repomd,
            Some(RepomdProbe::Hash(_) | RepomdProbe::TooLong(_) | RepomdProbe::Metadata { .. })
        );
        let is_present = |seen: &ProbeResult| matches!(seen, ProbeResult::Present(_));
        repomd || self.index.as_ref().is_some_and(is_present) || self.files.iter().any(|(_, f)| is_present(f))
    }
}

/// What was seen of what lies below a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ChildProbes {
    /// It was not asked for.
    #[default]
    NotProbed,
    /// There is nothing below it in the plan.
    NoChildren,
    /// Listed files of some directories, spread over all that lies below.
    Probed(Vec<ProbeResult>),
}

impl ChildProbes {
    /// Whether all that was asked for is not there.
    fn is_gone(&self) -> bool {
        match self {
            Self::NotProbed => false,
            Self::NoChildren => true,
            Self::Probed(all) => all.iter().all(ProbeResult::is_gone),
        }
    }
}

/// What a mirror should hold of one directory.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// Whether the world may read it on the master.
    pub readable: bool,
    /// The files to look for.
    pub files: Vec<PlannedFile<'a>>,
    /// Its `repomd.xml`, where it has one now.
    pub repomd: Option<KnownVersions<'a>>,
}

/// Known versions of one `repomd.xml`.
#[derive(Debug, Clone)]
pub struct KnownVersions<'a> {
    newest: &'a FileDetail,
    /// Its modification time on the master.
    newest_time: Option<i64>,
    offered: Vec<&'a FileDetail>,
    all: &'a [FileDetail],
}

/// Which version a hash stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionMatch {
    /// The newest.
    Newest,
    /// An older one that is still offered.
    Offered(FileDetailId),
    /// One that is no longer offered.
    Old,
    /// None that we know.
    Unknown,
}

impl<'a> Expected<'a> {
    /// Of a planned directory, at `now`.
    pub fn of(directory: &'a PlannedDirectory, now: Timestamp, ageing: VersionRetention) -> Self {
        let all = directory.repomd.as_slice();
        let newest = all.iter().filter(|d| d.superseded_at.is_none()).max_by_key(|d| d.id);
        Self {
            readable: directory.readable,
            files: directory.files.iter().collect(),
            repomd: newest.map(|newest| KnownVersions {
                newest,
                newest_time: directory.files.repomd_time(),
                offered: retained_versions(all, now, ageing),
                all,
            }),
        }
    }
}

impl KnownVersions<'_> {
    /// The SHA-256 of the newest; empty where no scan has told it.
    pub fn newest_hash(&self) -> &str {
        self.newest.file.hashes.sha256.as_deref().unwrap_or("")
    }

    /// Which version has this SHA-256.
    pub fn find(&self, sha256: &str) -> VersionMatch {
        let is = |d: &FileDetail| d.file.hashes.sha256.as_deref() == Some(sha256);
        if is(self.newest) {
            return VersionMatch::Newest;
        }
        if let Some(found) = self.offered.iter().find(|d| is(d)) {
            return VersionMatch::Offered(found.id);
        }
        if self.all.iter().any(is) {
            VersionMatch::Old
        } else {
            VersionMatch::Unknown
        }
    }

    /// Which version has this length and modification time.
    ///
    /// The master's own time is known of the newest only. An older version was written after what it names
    /// ([`crate::model::file::ScannedDetail::timestamp`]), and before a scan saw it first: which one that is must be clear.
    pub fn find_by_metadata(&self, size: u64, modified: i64) -> VersionMatch {
        if size == self.newest.file.size && self.newest_time == Some(modified) {
            return VersionMatch::Newest;
        }
        let may_be = |d: &&FileDetail| {
            let written = d.file.timestamp..=d.first_seen.0;
            d.id != self.newest.id && d.file.size == size && written.contains(&modified)
        };
        let mut hashes = self.all.iter().filter(may_be).map(|d| d.file.hashes.sha256.as_deref());
        match hashes.next().flatten() {
            Some(hash) if hashes.all(|other| other == Some(hash)) => self.find(hash),
            Some(_) | None => VersionMatch::Unknown,
        }
    }

    /// What is known of the newest without its content.
    fn newest_like(&self) -> String {
        self.newest_time.map_or_else(
            || bytes(self.newest.file.size),
            |time| like(self.newest.file.size, time),
        )
    }
}

/// A length and a time, for people.
fn like(size: u64, modified: i64) -> String {
    format!("{} of {}", bytes(size), Timestamp(modified))
}

/// Why a directory is not current, or gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirectoryIssue {
    /// The file in question; empty for the directory itself.
    pub file: String,
    /// A short stable word: `missing`, `forbidden`, `size`, `repomd-outdated`, `lagging`, `foreign`, `master-unreadable`, `unverifiable` (which version
    /// it is cannot be told without reading it), or that of a [`ProbeError`].
    pub reason: &'static str,
    /// What the master has.
    pub expected: String,
    /// What the mirror has.
    pub seen: String,
}

impl DirectoryIssue {
    /// Whether it is told what is wrong.
    pub const fn has_details(&self) -> bool {
        !self.reason.is_empty()
    }
}

/// What is to be held of one directory on one mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Classification {
    /// Holds what the last scan found on the master.
    Current,
    /// Holds what the master has now and the last scan did not find yet: the SHA-256 of its `repomd.xml`.
    Ahead(String),
    /// Holds an older version that is still offered.
    OutdatedAllowed(FileDetailId, DirectoryIssue),
    /// Is there, but not as it should be.
    Outdated(DirectoryIssue),
    /// Is not there at all, nor anything below it.
    Missing(DirectoryIssue),
    /// Serves a `repomd.xml` that the master never had.
    UnknownHash(DirectoryIssue),
    /// Closed, as on the master.
    Staged,
    /// Shows what the master keeps closed. That says nothing of what is in it, and what is in it may change until it is opened.
    Leaked(DirectoryIssue),
    /// Without files, and its page tells nothing: held if something is seen below it; with nothing below it, it goes by the
    /// directory above.
    NeedsContext(DirectoryIssue),
    /// Could not be found out.
    Inconclusive(DirectoryIssue),
}

/// The verdict.
pub fn classify(expected: &Expected<'_>, seen: &Evidence) -> Classification {
    if !expected.readable {
        return judge_closed(seen);
    }
    if let Some(versions) = &expected.repomd {
        match judge_repomd(versions, seen) {
            Some(verdict) => return verdict,
            None if expected.files.iter().all(|f| f.name == REPOMD) => return Classification::Current,
            None => {}
        }
    } else if expected.files.is_empty() {
        return judge_empty(seen);
    }
    judge_files(expected, seen)
}

/// A directory that the master keeps closed. No mirror holds it before a crawl has asked for its files, once it is open.
fn judge_closed(seen: &Evidence) -> Classification {
    match &seen.index {
        Some(ProbeResult::Present(_)) => Classification::Leaked(fault(
            "",
            "leaked",
            "closed, as on the master until it is opened",
            "it is shown",
        )),
        Some(ProbeResult::Absent(403)) => Classification::Staged,
        Some(ProbeResult::Absent(status)) => {
            Classification::Missing(fault("", "missing", "the directory", status_text(*status)))
        }
        Some(ProbeResult::Unclear(trouble)) => Classification::Inconclusive(no_answer("", trouble)),
        None => Classification::Inconclusive(not_asked()),
    }
}

/// A directory without files of its own: its page, and what lies below it.
fn judge_empty(seen: &Evidence) -> Classification {
    let page = |status: u16| fault("", "missing", "the directory", status_text(status));
    match (&seen.index, &seen.below) {
        (Some(ProbeResult::Present(_)), _) => Classification::Current,
        (Some(index @ ProbeResult::Absent(status)), below) if index.is_gone() => {
            if below.is_gone() {
                Classification::Missing(page(*status))
            } else {
                Classification::NeedsContext(page(*status))
            }
        }
        (Some(ProbeResult::Absent(status)), _) => {
            Classification::NeedsContext(fault("", "forbidden", "the directory", status_text(*status)))
        }
        (Some(ProbeResult::Unclear(trouble)), _) => Classification::NeedsContext(no_answer("", trouble)),
        (None, _) => Classification::Inconclusive(not_asked()),
    }
}

/// `None` = it is the newest, and the other files decide.
fn judge_repomd(versions: &KnownVersions<'_>, seen: &Evidence) -> Option<Classification> {
    let about = |reason, what: String| fault(REPOMD, reason, versions.newest_hash(), what);
    Some(match &seen.repomd {
        None => Classification::Inconclusive(not_asked()),
        Some(RepomdProbe::Unclear(trouble)) => Classification::Inconclusive(no_answer(REPOMD, trouble)),
        Some(RepomdProbe::TooLong(cap)) => Classification::Outdated(about("size", format!("more than {cap} bytes"))),
        Some(RepomdProbe::Metadata { size, timestamp }) => {
            let about = |reason| fault(REPOMD, reason, versions.newest_like(), like(*size, *timestamp));
            match versions.find_by_metadata(*size, *timestamp) {
                VersionMatch::Newest => return None,
                VersionMatch::Offered(id) => Classification::OutdatedAllowed(id, about("outdated-allowed")),
                VersionMatch::Old => Classification::Outdated(about("repomd-outdated")),
                VersionMatch::Unknown => Classification::Inconclusive(about("unverifiable")),
            }
        }
        Some(RepomdProbe::Absent(status)) => absent(about(absence(*status), status_text(*status)), seen),
        Some(RepomdProbe::Hash(hash)) => match (versions.find(hash), &seen.master) {
            (VersionMatch::Newest, _) => return None,
            (VersionMatch::Offered(id), _) => {
                Classification::OutdatedAllowed(id, about("outdated-allowed", hash.clone()))
            }
            (VersionMatch::Old, _) => Classification::Outdated(about("repomd-outdated", hash.clone())),
            (VersionMatch::Unknown, Some(MasterComparison::Same)) => Classification::Ahead(hash.clone()),
            (VersionMatch::Unknown, Some(MasterComparison::Other(master))) => {
                Classification::UnknownHash(fault(REPOMD, UNKNOWN_HASH, master.clone(), hash.clone()))
            }
            (VersionMatch::Unknown, Some(MasterComparison::Unreadable(why))) => Classification::Inconclusive(fault(
                REPOMD,
                "master-unreadable",
                format!("the master's own file, but {why}"),
                hash.clone(),
            )),
            (VersionMatch::Unknown, None) => Classification::Inconclusive(not_asked()),
        },
    })
}

/// The files of the short list; `repomd.xml` was judged already where its versions are known.
fn judge_files(expected: &Expected<'_>, seen: &Evidence) -> Classification {
    let mut unclear = None;
    let mut answered = 0;
    let mut bad = None;
    for (position, file) in &seen.files {
        let Some(wanted) = expected.files.get(*position) else {
            continue;
        };
        answered += 1;
        match file {
            ProbeResult::Present(Some(length)) if wanted.size.is_some_and(|size| size != *length) => {
                let size = wanted.size.unwrap_or_default();
                let found = fault(wanted.name, "size", bytes(size), bytes(*length));
                // Something is there: no directory that is missing as a whole.
                return Classification::Outdated(found);
            }
            ProbeResult::Present(_) => {}
            ProbeResult::Absent(status) => {
                let what = wanted.size.map_or_else(|| "the file".to_owned(), bytes);
                bad = bad.or_else(|| Some(fault(wanted.name, absence(*status), what, status_text(*status))));
            }
            ProbeResult::Unclear(trouble) => unclear = unclear.or_else(|| Some(no_answer(wanted.name, trouble))),
        }
    }
    let asked_elsewhere = usize::from(expected.repomd.is_some() && expected.files.iter().any(|f| f.name == REPOMD));
    match (bad, unclear) {
        (Some(fault), _) => absent(fault, seen),
        (None, Some(fault)) => Classification::Inconclusive(fault),
        (None, None) if answered + asked_elsewhere >= expected.files.len() => Classification::Current,
        (None, None) => Classification::Inconclusive(not_asked()),
    }
}

/// Not current; missing as a whole, where its page, every file that was asked and all below it are not there.
fn absent(fault: DirectoryIssue, seen: &Evidence) -> Classification {
    let repomd_gone = seen
        .repomd
        .as_ref()
        .is_none_or(|r| matches!(r, RepomdProbe::Absent(404 | 410)));
    let all_gone = repomd_gone
        && seen.index.as_ref().is_some_and(ProbeResult::is_gone)
        && seen.files.iter().all(|(_, f)| f.is_gone())
        && seen.below.is_gone();
    if all_gone {
        Classification::Missing(fault)
    } else {
        Classification::Outdated(fault)
    }
}

fn absence(status: u16) -> &'static str {
    if status == 403 { "forbidden" } else { "missing" }
}

pub(super) fn status_text(status: u16) -> String {
    match status {
        STATUS_IS_DIRECTORY => "a directory".to_owned(),
        other => format!("status {other}"),
    }
}

fn bytes(n: u64) -> String {
    format!("{n} bytes")
}

pub(super) fn fault(
    file: &str,
    reason: &'static str,
    expected: impl Into<String>,
    seen: impl Into<String>,
) -> DirectoryIssue {
    DirectoryIssue {
        file: file.to_owned(),
        reason,
        expected: expected.into(),
        seen: seen.into(),
    }
}

pub(super) fn no_answer(file: &str, trouble: &ProbeError) -> DirectoryIssue {
    fault(file, trouble.code, "an answer", trouble.message.clone())
}

fn not_asked() -> DirectoryIssue {
    fault("", "not-probed", "an answer", "was not asked")
}

#[cfg(test)]
mod tests;
