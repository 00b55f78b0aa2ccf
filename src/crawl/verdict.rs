//! Is this directory current? A pure function: what the master has and what was seen go in, the verdict comes out.
//!
//! The rules, in short: 404, 403, 410, a wrong size or a `repomd.xml` that is no longer offered are *not current*. Server errors,
//! 429, timeouts and failed connections are *unanswered*: nothing is known, and the last fact stands. A `repomd.xml` that the
//! master never had is *foreign*. A directory that the master keeps closed is *staged* where the mirror keeps it closed too, and
//! *exposed* where it shows it; it is held by nobody before it is open.

use serde::Serialize;

use crate::model::file::{FileDetail, retained_versions};
use crate::model::ids::FileDetailId;
use crate::model::plan::{PlannedDirectory, PlannedFile};
use crate::model::{Epoch, file::VersionRetention};

/// The file that says what a repository holds.
pub const REPOMD: &str = "repomd.xml";

/// The status by which servers lead to a directory who asks for it without a slash: where a file should be, there is none.
pub const A_DIRECTORY: u16 = 301;
/// The reason of a directory in which the mirror is as the master is now, and not as the last scan saw it.
pub const UNSCANNED: &str = "unscanned";
/// The word for a mirror that does not want to be asked for now.
pub const LEFT_ALONE: &str = "left-alone";

/// What was seen of one file, or of the page of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is there; with its length, where the mirror told it.
    Present(Option<u64>),
    /// 404, 410, 403, or [`A_DIRECTORY`].
    Absent(u16),
    /// No answer to rely on.
    Unclear(Trouble),
}

impl Seen {
    /// 404 or 410: it is not there. (403 may be a server that shows no directories.)
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Absent(404 | 410))
    }
}

/// Why there is no answer to rely on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// A short stable word.
    pub word: &'static str,
    /// What happened.
    pub text: String,
}

/// How much is kept of what somebody else said, in characters.
const TOLD: usize = 300;

impl Trouble {
    /// Of what somebody else said a bounded part is kept, and nothing that drives a terminal.
    pub fn new(word: &'static str, said: &str) -> Self {
        Self { word, text: told(said) }
    }
}

/// What somebody else said, on one line and not too long.
pub(super) fn told(said: &str) -> String {
    let plain = |c: char| if c.is_control() { '?' } else { c };
    let mut out: String = said.chars().map(plain).take(TOLD).collect();
    if said.chars().nth(TOLD).is_some() {
        out.push('…');
    }
    out
}

/// What was seen of a `repomd.xml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepomdSeen {
    /// Its SHA-256, in lower-case hexadecimal.
    Hash(String),
    /// 404, 410, 403, or [`A_DIRECTORY`].
    Absent(u16),
    /// Longer than is ever read.
    TooLong(u64),
    /// There, and never read: its length and its time, which tools that mirror keep.
    Like {
        /// In bytes.
        size: u64,
        /// In epoch seconds.
        timestamp: i64,
    },
    /// No answer to rely on.
    Unclear(Trouble),
}

/// What the master's own `repomd.xml` said when an unknown one was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterSeen {
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
    pub index: Option<Seen>,
    /// Its files, by their position in the short list.
    pub files: Vec<(usize, Seen)>,
    /// Its `repomd.xml`.
    pub repomd: Option<RepomdSeen>,
    /// The master's own, asked when the mirror's is unknown.
    pub master: Option<MasterSeen>,
    /// What lies below it: servers without directory pages answer 404 for a directory that they hold.
    pub below: Below,
}

impl Evidence {
    /// Whether something of it was seen, good or bad.
    pub fn is_there(&self) -> bool {
        let repomd = matches!(
            self.repomd,
            Some(RepomdSeen::Hash(_) | RepomdSeen::TooLong(_) | RepomdSeen::Like { .. })
        );
        let is_present = |seen: &Seen| matches!(seen, Seen::Present(_));
        repomd || self.index.as_ref().is_some_and(is_present) || self.files.iter().any(|(_, f)| is_present(f))
    }
}

/// What was seen of what lies below a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Below {
    /// It was not asked for.
    #[default]
    NotAsked,
    /// There is nothing below it in the plan.
    Nothing,
    /// Listed files of some directories, spread over all that lies below.
    Asked(Vec<Seen>),
}

impl Below {
    /// Whether all that was asked for is not there.
    fn is_gone(&self) -> bool {
        match self {
            Self::NotAsked => false,
            Self::Nothing => true,
            Self::Asked(all) => all.iter().all(Seen::is_gone),
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
    pub repomd: Option<Versions<'a>>,
}

/// Known versions of one `repomd.xml`.
#[derive(Debug, Clone)]
pub struct Versions<'a> {
    newest: &'a FileDetail,
    /// Its modification time on the master.
    newest_time: Option<i64>,
    offered: Vec<&'a FileDetail>,
    all: &'a [FileDetail],
}

/// Which version a hash stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
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
    pub fn of(directory: &'a PlannedDirectory, now: Epoch, ageing: VersionRetention) -> Self {
        let all = directory.repomd.as_slice();
        let newest = all.iter().filter(|d| d.superseded_at.is_none()).max_by_key(|d| d.id);
        Self {
            readable: directory.readable,
            files: directory.files.iter().collect(),
            repomd: newest.map(|newest| Versions {
                newest,
                newest_time: directory.files.repomd_time(),
                offered: retained_versions(all, now, ageing),
                all,
            }),
        }
    }
}

impl Versions<'_> {
    /// The SHA-256 of the newest; empty where no scan has told it.
    pub fn newest_hash(&self) -> &str {
        self.newest.file.hashes.sha256.as_deref().unwrap_or("")
    }

    /// Which version has this SHA-256.
    pub fn find(&self, sha256: &str) -> Match {
        let is = |d: &FileDetail| d.file.hashes.sha256.as_deref() == Some(sha256);
        if is(self.newest) {
            return Match::Newest;
        }
        if let Some(found) = self.offered.iter().find(|d| is(d)) {
            return Match::Offered(found.id);
        }
        if self.all.iter().any(is) {
            Match::Old
        } else {
            Match::Unknown
        }
    }

    /// Which version has this length and modification time.
    ///
    /// The master's own time is known of the newest only. An older version was written after what it names
    /// ([`crate::model::file::ScannedDetail::timestamp`]), and before a scan saw it first: which one that is must be clear.
    pub fn find_like(&self, size: u64, modified: i64) -> Match {
        if size == self.newest.file.size && self.newest_time == Some(modified) {
            return Match::Newest;
        }
        let may_be = |d: &&FileDetail| {
            let written = d.file.timestamp..=d.first_seen.0;
            d.id != self.newest.id && d.file.size == size && written.contains(&modified)
        };
        let mut hashes = self.all.iter().filter(may_be).map(|d| d.file.hashes.sha256.as_deref());
        match hashes.next().flatten() {
            Some(hash) if hashes.all(|other| other == Some(hash)) => self.find(hash),
            Some(_) | None => Match::Unknown,
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
    format!("{} of {}", bytes(size), Epoch(modified))
}

/// Why a directory is not current, or gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The file in question; empty for the directory itself.
    pub file: String,
    /// A short stable word: `missing`, `forbidden`, `size`, `repomd-old`, `lagging`, `foreign`, `master`, `unread` (which version
    /// it is cannot be told without reading it), or that of a [`Trouble`].
    pub reason: &'static str,
    /// What the master has.
    pub expected: String,
    /// What the mirror has.
    pub seen: String,
}

impl Fault {
    /// Whether it is told what is wrong.
    pub const fn is_told(&self) -> bool {
        !self.reason.is_empty()
    }
}

/// What is to be held of one directory on one mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Holds what the last scan found on the master.
    Current,
    /// Holds what the master has now and the last scan did not find yet: the SHA-256 of its `repomd.xml`.
    Ahead(String),
    /// Holds an older version that is still offered.
    Lagging(FileDetailId, Fault),
    /// Is there, but not as it should be.
    NotCurrent(Fault),
    /// Is not there at all, nor anything below it.
    Missing(Fault),
    /// Serves a `repomd.xml` that the master never had.
    Foreign(Fault),
    /// Closed, as on the master.
    Staged,
    /// Shows what the master keeps closed. That says nothing of what is in it, and what is in it may change until it is opened.
    Exposed(Fault),
    /// Without files, and its page tells nothing: held if something is seen below it; with nothing below it, it goes by the
    /// directory above.
    Undecided(Fault),
    /// Could not be found out.
    Unanswered(Fault),
}

/// The verdict.
pub fn judge(expected: &Expected<'_>, seen: &Evidence) -> Verdict {
    if !expected.readable {
        return judge_closed(seen);
    }
    if let Some(versions) = &expected.repomd {
        match judge_repomd(versions, seen) {
            Some(verdict) => return verdict,
            None if expected.files.iter().all(|f| f.name == REPOMD) => return Verdict::Current,
            None => {}
        }
    } else if expected.files.is_empty() {
        return judge_empty(seen);
    }
    judge_files(expected, seen)
}

/// A directory that the master keeps closed. No mirror holds it before a crawl has asked for its files, once it is open.
fn judge_closed(seen: &Evidence) -> Verdict {
    match &seen.index {
        Some(Seen::Present(_)) => Verdict::Exposed(fault(
            "",
            "exposed",
            "closed, as on the master until it is opened",
            "it is shown",
        )),
        Some(Seen::Absent(403)) => Verdict::Staged,
        Some(Seen::Absent(status)) => Verdict::Missing(fault("", "missing", "the directory", status_text(*status))),
        Some(Seen::Unclear(trouble)) => Verdict::Unanswered(no_answer("", trouble)),
        None => Verdict::Unanswered(not_asked()),
    }
}

/// A directory without files of its own: its page, and what lies below it.
fn judge_empty(seen: &Evidence) -> Verdict {
    let page = |status: u16| fault("", "missing", "the directory", status_text(status));
    match (&seen.index, &seen.below) {
        (Some(Seen::Present(_)), _) => Verdict::Current,
        (Some(index @ Seen::Absent(status)), below) if index.is_gone() => {
            if below.is_gone() {
                Verdict::Missing(page(*status))
            } else {
                Verdict::Undecided(page(*status))
            }
        }
        (Some(Seen::Absent(status)), _) => {
            Verdict::Undecided(fault("", "forbidden", "the directory", status_text(*status)))
        }
        (Some(Seen::Unclear(trouble)), _) => Verdict::Undecided(no_answer("", trouble)),
        (None, _) => Verdict::Unanswered(not_asked()),
    }
}

/// `None` = it is the newest, and the other files decide.
fn judge_repomd(versions: &Versions<'_>, seen: &Evidence) -> Option<Verdict> {
    let about = |reason, what: String| fault(REPOMD, reason, versions.newest_hash(), what);
    Some(match &seen.repomd {
        None => Verdict::Unanswered(not_asked()),
        Some(RepomdSeen::Unclear(trouble)) => Verdict::Unanswered(no_answer(REPOMD, trouble)),
        Some(RepomdSeen::TooLong(cap)) => Verdict::NotCurrent(about("size", format!("more than {cap} bytes"))),
        Some(RepomdSeen::Like { size, timestamp }) => {
            let about = |reason| fault(REPOMD, reason, versions.newest_like(), like(*size, *timestamp));
            match versions.find_like(*size, *timestamp) {
                Match::Newest => return None,
                Match::Offered(id) => Verdict::Lagging(id, about("lagging")),
                Match::Old => Verdict::NotCurrent(about("repomd-old")),
                Match::Unknown => Verdict::Unanswered(about("unread")),
            }
        }
        Some(RepomdSeen::Absent(status)) => absent(about(absence(*status), status_text(*status)), seen),
        Some(RepomdSeen::Hash(hash)) => match (versions.find(hash), &seen.master) {
            (Match::Newest, _) => return None,
            (Match::Offered(id), _) => Verdict::Lagging(id, about("lagging", hash.clone())),
            (Match::Old, _) => Verdict::NotCurrent(about("repomd-old", hash.clone())),
            (Match::Unknown, Some(MasterSeen::Same)) => Verdict::Ahead(hash.clone()),
            (Match::Unknown, Some(MasterSeen::Other(master))) => {
                Verdict::Foreign(fault(REPOMD, "foreign", master.clone(), hash.clone()))
            }
            (Match::Unknown, Some(MasterSeen::Unreadable(why))) => Verdict::Unanswered(fault(
                REPOMD,
                "master",
                format!("the master's own file, but {why}"),
                hash.clone(),
            )),
            (Match::Unknown, None) => Verdict::Unanswered(not_asked()),
        },
    })
}

/// The files of the short list; `repomd.xml` was judged already where its versions are known.
fn judge_files(expected: &Expected<'_>, seen: &Evidence) -> Verdict {
    let mut unclear = None;
    let mut answered = 0;
    let mut bad = None;
    for (position, file) in &seen.files {
        let Some(wanted) = expected.files.get(*position) else {
            continue;
        };
        answered += 1;
        match file {
            Seen::Present(Some(length)) if wanted.size.is_some_and(|size| size != *length) => {
                let size = wanted.size.unwrap_or_default();
                let found = fault(wanted.name, "size", bytes(size), bytes(*length));
                // Something is there: no directory that is missing as a whole.
                return Verdict::NotCurrent(found);
            }
            Seen::Present(_) => {}
            Seen::Absent(status) => {
                let what = wanted.size.map_or_else(|| "the file".to_owned(), bytes);
                bad = bad.or_else(|| Some(fault(wanted.name, absence(*status), what, status_text(*status))));
            }
            Seen::Unclear(trouble) => unclear = unclear.or_else(|| Some(no_answer(wanted.name, trouble))),
        }
    }
    let asked_elsewhere = usize::from(expected.repomd.is_some() && expected.files.iter().any(|f| f.name == REPOMD));
    match (bad, unclear) {
        (Some(fault), _) => absent(fault, seen),
        (None, Some(fault)) => Verdict::Unanswered(fault),
        (None, None) if answered + asked_elsewhere >= expected.files.len() => Verdict::Current,
        (None, None) => Verdict::Unanswered(not_asked()),
    }
}

/// Not current; missing as a whole, where its page, every file that was asked and all below it are not there.
fn absent(fault: Fault, seen: &Evidence) -> Verdict {
    let repomd_gone = seen
        .repomd
        .as_ref()
        .is_none_or(|r| matches!(r, RepomdSeen::Absent(404 | 410)));
    let all_gone = repomd_gone
        && seen.index.as_ref().is_some_and(Seen::is_gone)
        && seen.files.iter().all(|(_, f)| f.is_gone())
        && seen.below.is_gone();
    if all_gone {
        Verdict::Missing(fault)
    } else {
        Verdict::NotCurrent(fault)
    }
}

fn absence(status: u16) -> &'static str {
    if status == 403 { "forbidden" } else { "missing" }
}

pub(super) fn status_text(status: u16) -> String {
    match status {
        A_DIRECTORY => "a directory".to_owned(),
        other => format!("status {other}"),
    }
}

fn bytes(n: u64) -> String {
    format!("{n} bytes")
}

pub(super) fn fault(file: &str, reason: &'static str, expected: impl Into<String>, seen: impl Into<String>) -> Fault {
    Fault {
        file: file.to_owned(),
        reason,
        expected: expected.into(),
        seen: seen.into(),
    }
}

pub(super) fn no_answer(file: &str, trouble: &Trouble) -> Fault {
    fault(file, trouble.word, "an answer", trouble.text.clone())
}

fn not_asked() -> Fault {
    fault("", "not-asked", "an answer", "was not asked")
}

#[cfg(test)]
mod tests;
