//! The classification of a directory: a pure function of what the master has and what the probes of a mirror returned.
//!
//! 404, 403, 410, a wrong size, or a `repomd.xml` that is no longer offered mean *outdated* or *missing*. Server errors, 429,
//! timeouts and failed connections are *inconclusive*: the last known state is kept. A `repomd.xml` that the master never had is
//! an *unknown hash*. A directory that is unreadable on the master is *staged* if it is unreadable on the mirror, too, otherwise
//! it is *leaked*; it is not in the inventory of any mirror before the master opens it.

use serde::Serialize;

use crate::model::ids::FileDetailId;
use crate::model::printable::printable;
use crate::model::status::DirectoryStatus;

mod versions;

pub(crate) use versions::{Expected, KnownVersions, VersionMatch};
use versions::{bytes, describe};

pub(crate) const REPOMD: &str = "repomd.xml";

/// The status with which servers redirect from a directory without a slash to one with a slash: a file of this name is absent.
pub(crate) const STATUS_IS_DIRECTORY: u16 = 301;
/// The code of a finding about a directory that matches the master now, but not the last scan.
pub(crate) const UNSCANNED: &str = "newer-than-scan";
/// The code of a finding about a directory that the master keeps unreadable.
pub(crate) const LEAKED: &str = "leaked";
/// The code of a finding about a `repomd.xml` that the master never had.
pub(crate) const UNKNOWN_HASH: &str = "unknown-hash";
/// The code of a finding about a version of `repomd.xml` that the master has or had, and that is not offered.
pub(crate) const REFUSED_VERSION: &str = "refused-version";
/// The code for a mirror that asked for a pause (`Retry-After`).
pub(crate) const RATE_LIMITED: &str = "rate-limited";

/// The result of probing one file, or the index page of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeResult {
    /// Present, with its length if the mirror sent one.
    Present(Option<u64>),
    /// 404, 410, 403, or [`STATUS_IS_DIRECTORY`].
    Absent(u16),
    /// No reliable response to the probe.
    Unclear(ProbeError),
}

impl ProbeResult {
    /// Returns true for 404 and 410. (403 may come from a server without directory indexes.)
    pub(crate) const fn is_gone(&self) -> bool {
        matches!(self, Self::Absent(404 | 410))
    }
}

/// The reason why a probe is inconclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProbeError {
    /// A stable code, such as `timeout`.
    pub code: &'static str,
    /// The description, safe for a terminal.
    pub message: String,
}

const MAX_REMOTE_TEXT: usize = 300;

impl ProbeError {
    /// Creates an error; the message is limited in length and stripped of control characters.
    pub(crate) fn new(code: &'static str, message: &str) -> Self {
        Self {
            code,
            message: sanitize_remote_text(message),
        }
    }
}

/// Limits a text from a server to one printable line of bounded length.
pub(super) fn sanitize_remote_text(text: &str) -> String {
    let text = printable(text);
    let mut out: String = text.chars().take(MAX_REMOTE_TEXT).collect();
    if text.chars().nth(MAX_REMOTE_TEXT).is_some() {
        out.push('…');
    }
    out
}

/// The result of probing a `repomd.xml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RepomdProbe {
    /// The SHA-256 in lower-case hexadecimal.
    Hash(String),
    /// 404, 410, 403, or [`STATUS_IS_DIRECTORY`].
    Absent(u16),
    /// Longer than this limit in bytes.
    TooLong(u64),
    /// Present but not read: its length and its modification time, which mirroring tools preserve.
    Metadata {
        /// The length in bytes.
        size: u64,
        /// The modification time in epoch seconds.
        timestamp: i64,
    },
    /// No reliable response to the probe.
    Unclear(ProbeError),
}

/// The comparison of an unknown `repomd.xml` with the file that the master has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterComparison {
    /// Equal, or equal earlier in this run: the mirror is newer than the last scan.
    Same,
    /// Different; the SHA-256 on the master.
    Other(String),
    /// The file on the master could not be read, for this reason.
    Unreadable(String),
}

/// The probe results for one directory of a mirror. A probe that was not made is `None` or left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The index page of the directory.
    pub index: Option<ProbeResult>,
    /// The sampled files, by position in the file sample.
    pub files: Vec<(usize, ProbeResult)>,
    /// The `repomd.xml` of the mirror.
    pub repomd: Option<RepomdProbe>,
    /// The comparison with the master, if the hash is unknown.
    pub master: Option<MasterComparison>,
    /// Probes of its descendants: servers without index pages return 404 for directories that they have.
    pub below: ChildProbes,
}

impl Evidence {
    /// Returns true if any probe found something present.
    pub(crate) fn is_there(&self) -> bool {
        let repomd = matches!(
            self.repomd,
            Some(RepomdProbe::Hash(_) | RepomdProbe::TooLong(_) | RepomdProbe::Metadata { .. })
        );
        let is_present = |seen: &ProbeResult| matches!(seen, ProbeResult::Present(_));
        repomd || self.index.as_ref().is_some_and(is_present) || self.files.iter().any(|(_, f)| is_present(f))
    }
}

/// The probes of the descendants of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ChildProbes {
    /// No probe was made.
    #[default]
    NotProbed,
    /// The plan has no directory below it.
    NoChildren,
    /// Sampled files of directories that are spread over all descendants.
    Probed(Vec<ProbeResult>),
}

impl ChildProbes {
    fn is_gone(&self) -> bool {
        match self {
            Self::NotProbed => false,
            Self::NoChildren => true,
            Self::Probed(all) => all.iter().all(ProbeResult::is_gone),
        }
    }
}

/// The reason why a directory is not current, or inconclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct DirectoryIssue {
    /// The affected file; empty for the directory itself.
    pub file: String,
    /// A finding code: `missing`, `forbidden`, `size`, `repomd-outdated`, `refused-version`, `outdated-allowed`, `unknown-hash`, `leaked`,
    /// `master-unreadable`, `unverifiable` (the version cannot be determined without reading the file), `not-probed`, or the code of a
    /// [`ProbeError`]; empty if only the existence of the issue is known.
    pub code: &'static str,
    pub expected: String,
    pub received: String,
}

impl DirectoryIssue {
    /// Returns true if the mirror denies that it has the file or directory.
    pub(super) fn is_absence(&self) -> bool {
        ["missing", "forbidden"].contains(&self.code)
    }
}

/// The result for one directory of a mirror; [`Classification::status`] gives its [`DirectoryStatus`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Classification {
    Current,
    /// A newer `repomd.xml` that the master has now and no scan has recorded yet: its SHA-256.
    Ahead(String),
    OutdatedAllowed(FileDetailId, DirectoryIssue),
    /// Present, but a file is missing or wrong.
    Outdated(DirectoryIssue),
    Missing(DirectoryIssue),
    UnknownHash(DirectoryIssue),
    Staged,
    /// Readable, unlike on the master. Its content may still change, so it is not compared.
    Leaked(DirectoryIssue),
    /// Without files, and its index page is inconclusive: present if a descendant is present; without descendants, decided by its
    /// parent.
    NeedsContext(DirectoryIssue),
    Inconclusive(DirectoryIssue),
}

impl Classification {
    /// Returns the status for reports. A leaked directory counts as outdated: it is not listed.
    pub(crate) const fn status(&self) -> DirectoryStatus {
        match self {
            Self::Current => DirectoryStatus::Current,
            Self::Ahead(_) => DirectoryStatus::Ahead,
            Self::OutdatedAllowed(..) => DirectoryStatus::OutdatedAllowed,
            Self::Outdated(_) | Self::Leaked(_) => DirectoryStatus::Outdated,
            Self::Missing(_) => DirectoryStatus::Missing,
            Self::UnknownHash(_) => DirectoryStatus::UnknownHash,
            Self::Staged => DirectoryStatus::Staged,
            Self::NeedsContext(_) | Self::Inconclusive(_) => DirectoryStatus::Inconclusive,
        }
    }
}

pub(crate) fn classify(expected: &Expected<'_>, evidence: &Evidence) -> Classification {
    if !expected.readable {
        return classify_unreadable(evidence);
    }
    if let Some(versions) = &expected.repomd {
        match classify_repomd(versions, evidence) {
            Some(classification) => return classification,
            None if expected.files.iter().all(|f| f.name == REPOMD) => return Classification::Current,
            None => {}
        }
    } else if expected.files.is_empty() {
        return classify_without_files(evidence);
    }
    classify_files(expected, evidence)
}

fn classify_unreadable(evidence: &Evidence) -> Classification {
    match &evidence.index {
        Some(ProbeResult::Present(_)) => {
            Classification::Leaked(fault("", LEAKED, "unreadable, as on the master", "readable"))
        }
        Some(ProbeResult::Absent(403)) => Classification::Staged,
        Some(ProbeResult::Absent(status)) => {
            Classification::Missing(fault("", "missing", "the directory", status_text(*status)))
        }
        Some(ProbeResult::Unclear(error)) => Classification::Inconclusive(no_answer("", error)),
        None => Classification::Inconclusive(not_probed()),
    }
}

fn classify_without_files(evidence: &Evidence) -> Classification {
    match &evidence.index {
        Some(ProbeResult::Present(_)) => Classification::Current,
        Some(index @ ProbeResult::Absent(status)) => {
            let reason = if index.is_gone() { "missing" } else { "forbidden" };
            let issue = fault("", reason, "the directory", status_text(*status));
            if index.is_gone() && evidence.below.is_gone() {
                Classification::Missing(issue)
            } else {
                Classification::NeedsContext(issue)
            }
        }
        Some(ProbeResult::Unclear(error)) => Classification::NeedsContext(no_answer("", error)),
        None => Classification::Inconclusive(not_probed()),
    }
}

/// Classifies a directory by its `repomd.xml`; `None` if it is the newest, so that the other files decide.
fn classify_repomd(versions: &KnownVersions<'_>, evidence: &Evidence) -> Option<Classification> {
    let about = |reason, what: &str| fault(REPOMD, reason, versions.newest_hash(), what);
    Some(match &evidence.repomd {
        None => Classification::Inconclusive(not_probed()),
        Some(RepomdProbe::Unclear(error)) => Classification::Inconclusive(no_answer(REPOMD, error)),
        Some(RepomdProbe::TooLong(cap)) => Classification::Outdated(about("size", &format!("more than {cap} bytes"))),
        Some(RepomdProbe::Metadata { size, timestamp }) => {
            let about = |reason| fault(REPOMD, reason, versions.describe_newest(), describe(*size, *timestamp));
            match versions.find_by_metadata(*size, *timestamp) {
                VersionMatch::Newest => return None,
                VersionMatch::Offered(id) => Classification::OutdatedAllowed(id, about("outdated-allowed")),
                VersionMatch::Old => Classification::Outdated(about("repomd-outdated")),
                VersionMatch::Refused => Classification::Outdated(about(REFUSED_VERSION)),
                VersionMatch::Unknown => Classification::Inconclusive(about("unverifiable")),
            }
        }
        Some(RepomdProbe::Absent(status)) => {
            missing_or_outdated(about(absence_code(*status), &status_text(*status)), evidence)
        }
        Some(RepomdProbe::Hash(hash)) => match (versions.find(hash), &evidence.master) {
            (VersionMatch::Newest, _) => return None,
            (VersionMatch::Offered(id), _) => Classification::OutdatedAllowed(id, about("outdated-allowed", hash)),
            (VersionMatch::Old, _) => Classification::Outdated(about("repomd-outdated", hash)),
            (VersionMatch::Refused, _) => Classification::Outdated(about(REFUSED_VERSION, hash)),
            (VersionMatch::Unknown, Some(MasterComparison::Same)) => Classification::Ahead(hash.clone()),
            (VersionMatch::Unknown, Some(MasterComparison::Other(master))) => {
                Classification::UnknownHash(fault(REPOMD, UNKNOWN_HASH, master, hash))
            }
            (VersionMatch::Unknown, Some(MasterComparison::Unreadable(why))) => {
                let expected = format!("the file of the master: {why}");
                Classification::Inconclusive(fault(REPOMD, "master-unreadable", expected, hash))
            }
            (VersionMatch::Unknown, None) => Classification::Inconclusive(not_probed()),
        },
    })
}

/// Classifies a directory by the file sample, without a `repomd.xml` of known versions.
fn classify_files(expected: &Expected<'_>, evidence: &Evidence) -> Classification {
    let mut unclear = None;
    let mut probed = 0;
    let mut bad = None;
    for (position, file) in &evidence.files {
        let Some(wanted) = expected.files.get(*position) else {
            continue;
        };
        probed += 1;
        match file {
            ProbeResult::Present(Some(length)) if wanted.size.is_some_and(|size| size != *length) => {
                let size = wanted.size.unwrap_or_default();
                let found = fault(wanted.name, "size", bytes(size), bytes(*length));
                // The file is present, so the directory is not missing.
                return Classification::Outdated(found);
            }
            ProbeResult::Present(_) => {}
            ProbeResult::Absent(status) => {
                let what = wanted.size.map_or_else(|| "the file".to_owned(), bytes);
                bad = bad.or_else(|| Some(fault(wanted.name, absence_code(*status), what, status_text(*status))));
            }
            ProbeResult::Unclear(error) => unclear = unclear.or_else(|| Some(no_answer(wanted.name, error))),
        }
    }
    let probed_elsewhere = usize::from(expected.repomd.is_some() && expected.files.iter().any(|f| f.name == REPOMD));
    match (bad, unclear) {
        (Some(issue), _) => missing_or_outdated(issue, evidence),
        (None, Some(issue)) => Classification::Inconclusive(issue),
        (None, None) if probed + probed_elsewhere >= expected.files.len() => Classification::Current,
        (None, None) => Classification::Inconclusive(not_probed()),
    }
}

/// Returns missing if the index page, every probed file and all descendants are missing; else outdated.
fn missing_or_outdated(fault: DirectoryIssue, evidence: &Evidence) -> Classification {
    let repomd_gone = evidence
        .repomd
        .as_ref()
        .is_none_or(|r| matches!(r, RepomdProbe::Absent(404 | 410)));
    let all_gone = repomd_gone
        && evidence.index.as_ref().is_some_and(ProbeResult::is_gone)
        && evidence.files.iter().all(|(_, f)| f.is_gone())
        && evidence.below.is_gone();
    if all_gone {
        Classification::Missing(fault)
    } else {
        Classification::Outdated(fault)
    }
}

fn absence_code(status: u16) -> &'static str {
    if status == 403 { "forbidden" } else { "missing" }
}

pub(super) fn status_text(status: u16) -> String {
    match status {
        STATUS_IS_DIRECTORY => "a directory".to_owned(),
        other => format!("status {other}"),
    }
}

pub(super) fn fault(
    file: &str,
    code: &'static str,
    expected: impl Into<String>,
    received: impl Into<String>,
) -> DirectoryIssue {
    DirectoryIssue {
        file: file.to_owned(),
        code,
        expected: expected.into(),
        received: received.into(),
    }
}

pub(super) fn no_answer(file: &str, error: &ProbeError) -> DirectoryIssue {
    fault(file, error.code, "a response", error.message.clone())
}

fn not_probed() -> DirectoryIssue {
    fault("", "not-probed", "a response", "not probed")
}

#[cfg(test)]
mod tests;
