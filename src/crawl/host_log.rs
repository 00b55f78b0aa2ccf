//! The log of each host, `log_dir/crawl/HOST.log`: a few lines per crawl, for questions of mirror administrators.
//!
//! Before an entry that would make a log exceed `crawl.host_log_max_bytes`, the log is renamed to `HOST.log.1`, which replaces the
//! previous one. The lines of an entry are written in one call, so that two processes do not mix them. If logs cannot be written,
//! only the first failure of a run is reported.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use itertools::Itertools as _;
use sha2::{Digest, Sha256};

use super::report::CategoryStatus;
use crate::model::plan::{CategoryResult, HostResult, StatusCounts};
use crate::model::printable::printable;
use crate::sys::atomic;
use crate::sys::file_error::FileError;

/// The maximum number of findings per category in the log; the database has more.
const MAX_FINDINGS: usize = 20;
/// The maximum length of one text in an entry, in characters; longer ones are truncated.
const MAX_TEXT_CHARS: usize = 400;
/// A file name is limited to 255 bytes; `.log.1` is appended.
const MAX_FILE_STEM_BYTES: usize = 255 - ".log.1".len();
/// The maximum length of the readable part of a file name with a hash.
const MAX_READABLE_BYTES: usize = 100;

/// An entry in the log of a host, for one host crawl.
#[derive(Debug)]
pub(crate) struct HostCrawlEntry<'a> {
    pub result: &'a HostResult,
    pub duration_seconds: f64,
    /// An additional note, such as that the crawl was interrupted; may be empty.
    pub note: &'a str,
    pub categories: Vec<CategoryEntry<'a>>,
}

/// The part of an entry about one category.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CategoryEntry<'a> {
    pub name: &'a str,
    pub status: CategoryStatus,
    pub result: &'a CategoryResult,
}

/// Writes the logs of all hosts.
#[derive(Debug)]
pub(crate) struct HostLogs {
    /// `None` = logging is disabled.
    dir: Option<PathBuf>,
    max_bytes: u64,
    failure: OnceLock<String>,
}

impl HostLogs {
    /// The logs will be in `log_dir/crawl`; `log_dir` must exist, and an empty path disables logging.
    pub(crate) fn new(log_dir: &Path, max_bytes: u64) -> Self {
        Self {
            dir: (!log_dir.as_os_str().is_empty()).then(|| log_dir.join("crawl")),
            max_bytes,
            failure: OnceLock::new(),
        }
    }

    /// The first failure to write a log.
    pub(crate) fn failure(&self) -> Option<&String> {
        self.failure.get()
    }

    pub(crate) fn append_entry(&self, host: &str, entry: &HostCrawlEntry<'_>) {
        let Some(dir) = &self.dir else { return };
        let path = dir.join(format!("{}.log", log_file_stem(host)));
        if let Err(e) = append(&path, &entry.format(), self.max_bytes) {
            self.failure
                .get_or_init(|| FileError::new("write the log of a host", &path, e).to_string());
        }
    }
}

/// Appends to a log, after a rotation if `text` would make it exceed `max_bytes`.
fn append(path: &Path, text: &str, max_bytes: u64) -> io::Result<()> {
    // Only the last directory is created: a missing log_dir is a configuration error.
    if let Some(dir) = path.parent()
        && let Err(e) = fs::create_dir(dir)
        && e.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(e);
    }
    let mut file = open(path)?;
    let size = file.metadata()?.len();
    if size > 0 && size.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX)) > max_bytes {
        fs::rename(path, path.with_added_extension("1"))?;
        file = open(path)?;
    }
    atomic::append(&file, text.as_bytes())
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Returns the file name of a host's log without `.log`. A host name that is too long for a file name, or could leave the directory,
/// is shortened and gets a hash.
fn log_file_stem(host: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if host.len() <= MAX_FILE_STEM_BYTES && host.chars().all(safe) && !host.starts_with('.') {
        return host.to_owned();
    }
    let hash = hex::encode(Sha256::digest(host.as_bytes()));
    let readable_part: String = host
        .chars()
        .filter(|c| safe(*c))
        .skip_while(|c| *c == '.')
        .take(MAX_READABLE_BYTES)
        .collect();
    format!("{readable_part}~{hash}")
}

impl HostCrawlEntry<'_> {
    fn format(&self) -> String {
        let HostResult { started_at, run, .. } = self.result;
        let requests = with_noun(self.result.requests, "request");
        let mut head = format!("{started_at} run {run}: {requests} in {:.1} s", self.duration_seconds);
        if !self.note.is_empty() {
            head = format!("{head}; {}", sanitized(self.note));
        }
        let mut lines = vec![head];
        for category in &self.categories {
            category.add_lines(&mut lines);
        }
        lines.join("\n") + "\n"
    }
}

impl CategoryEntry<'_> {
    fn add_lines(&self, lines: &mut Vec<String>) {
        let result = self.result;
        let via = match &*result.probe_method {
            "" => String::new(),
            method => format!(" via {method}"),
        };
        lines.push(format!(
            "  {}: {}{via}, {} probed with {}: {}",
            sanitized(self.name),
            self.status,
            with_noun(result.probed_directories, "directory"),
            with_noun(result.requests, "request"),
            format_counts(&result.counts)
        ));
        for f in result.findings.iter().take(MAX_FINDINGS) {
            let mut line = format!("    {}: {}", sanitized(&f.url), sanitized(&f.code));
            for (label, value) in [("expected", &f.expected), ("seen", &f.received)] {
                if !value.is_empty() {
                    line = format!("{line}, {label} {}", sanitized(value));
                }
            }
            lines.push(line);
        }
        let unwritten = u64::try_from(result.findings.len().saturating_sub(MAX_FINDINGS)).unwrap_or(u64::MAX);
        let omitted = unwritten.saturating_add(result.omitted_findings);
        if omitted > 0 {
            lines.push(format!("    and {}", with_noun(omitted, "more finding")));
        }
    }
}

fn with_noun(n: u64, noun: &str) -> String {
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {noun}s"),
    }
}

/// Formats the counts that are not zero. A crawl counts `missing` as outdated and `ahead` as current.
fn format_counts(counts: &StatusCounts) -> String {
    let all_counts = [
        (counts.current, "current"),
        (counts.outdated_allowed, "outdated-allowed"),
        (counts.outdated, "outdated"),
        (counts.unknown_hash, "unknown-hash"),
        (counts.staged, "staged"),
        (counts.inconclusive, "inconclusive"),
    ];
    let nonzero = all_counts.iter().filter(|(n, _)| *n > 0);
    let text = nonzero.map(|(n, status)| format!("{n} {status}")).join(", ");
    if text.is_empty() { "no result".to_owned() } else { text }
}

/// Truncates a text and escapes what is not printable: what a server sent must neither control a terminal nor look like another line of
/// the log.
fn sanitized(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", printable(text.get(..end).unwrap_or_default())),
        None => printable(text).into_owned(),
    }
}

#[cfg(test)]
mod tests;
