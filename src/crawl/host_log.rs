//! The log of each host, `log_dir/crawl/HOST.log`: a few lines per crawl, for questions of mirror administrators.
//!
//! A log that exceeds `crawl.host_log_max_bytes` is renamed to `HOST.log.1`, which replaces the previous one. The lines of a crawl
//! are written at once, so that two processes do not mix them. If a log cannot be written, the run logs one warning.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use itertools::Itertools as _;
use sha2::{Digest, Sha256};

use super::report::CategoryStatus;
use crate::model::plan::{CategoryResult, HostResult, StatusCounts};

/// The most findings per category in the log; the database has more.
const MAX_FINDINGS: usize = 20;
/// The most characters of a text that a server sent.
const MAX_TEXT: usize = 400;
/// The longest file name, without the suffixes.
const MAX_NAME: usize = 255 - ".log.1".len();

#[derive(Debug)]
pub(crate) struct HostCrawlLog<'a> {
    pub result: &'a HostResult,
    pub seconds: f64,
    /// An additional note, such as that the crawl was interrupted; may be empty.
    pub note: &'a str,
    pub categories: Vec<CategoryLog<'a>>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct CategoryLog<'a> {
    pub name: &'a str,
    pub status: CategoryStatus,
    pub result: &'a CategoryResult,
}

#[derive(Debug)]
pub(crate) struct HostLogs {
    /// `None` = logging is disabled.
    dir: Option<PathBuf>,
    max_size: u64,
    warned: AtomicBool,
}

impl HostLogs {
    /// Creates logs below `log_dir`, which must exist; an empty path disables them. A log is rotated at `max_size` bytes.
    pub(crate) fn new(log_dir: &Path, max_size: u64) -> Self {
        Self {
            dir: (!log_dir.as_os_str().is_empty()).then(|| log_dir.join("crawl")),
            max_size,
            warned: AtomicBool::new(false),
        }
    }

    pub(crate) fn write(&self, host: &str, entry: &HostCrawlLog<'_>) {
        let Some(dir) = &self.dir else { return };
        let path = dir.join(format!("{}.log", file_name(host)));
        let Err(e) = append(dir, &path, &entry.text(), self.max_size) else {
            return;
        };
        if !self.warned.swap(true, Ordering::Relaxed) {
            let path = path.display();
            tracing::warn!(%path, error = %e, "cannot write the log of a host; log_dir must exist and be writable for this user");
        }
    }
}

fn append(dir: &Path, path: &Path, text: &str, max_size: u64) -> io::Result<()> {
    // Only the last directory is created: a missing log_dir is a configuration error.
    if let Err(e) = fs::create_dir(dir)
        && e.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(e);
    }
    let mut file = open(path)?;
    let size = file.metadata()?.len();
    if size > 0 && size.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX)) > max_size {
        fs::rename(path, path.with_added_extension("1"))?;
        file = open(path)?;
    }
    file.write_all(text.as_bytes())
}

/// Opens a log like those of the jobs: the umask and `log_dir` decide who may read it.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Returns the name of a host's log without suffix. A host name that is too long for a file name, or could leave the directory,
/// is shortened and gets a hash.
fn file_name(host: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if host.len() <= MAX_NAME && host.chars().all(safe) && !host.starts_with('.') {
        return host.to_owned();
    }
    let hash = hex::encode(Sha256::digest(host.as_bytes()));
    let prefix: String = host
        .chars()
        .filter(|c| safe(*c))
        .skip_while(|c| *c == '.')
        .take(100)
        .collect();
    format!("{prefix}~{hash}")
}

impl HostCrawlLog<'_> {
    fn text(&self) -> String {
        let HostResult { started_at, run, .. } = self.result;
        let requests = count_of(self.result.requests, "request");
        let mut head = format!("{started_at} run {run}: {requests} in {:.1} s", self.seconds);
        if !self.note.is_empty() {
            head = format!("{head}; {}", escaped(self.note));
        }
        let mut lines = vec![head];
        for category in &self.categories {
            category.add_lines(&mut lines);
        }
        lines.join("\n") + "\n"
    }
}

impl CategoryLog<'_> {
    fn add_lines(&self, lines: &mut Vec<String>) {
        let result = self.result;
        let by = match &*result.probe_method {
            "" => String::new(),
            method => format!(" by {method}"),
        };
        lines.push(format!(
            "  {}: {}{by}, {} probed with {}: {}",
            escaped(self.name),
            self.status,
            count_of(result.probed_directories, "directory"),
            count_of(result.requests, "request"),
            status_counts(&result.counts)
        ));
        for f in result.findings.iter().take(MAX_FINDINGS) {
            let mut text = format!("    {}: {}", escaped(&f.url), escaped(&f.code));
            for (label, content) in [("expected", &f.expected), ("seen", &f.received)] {
                if !content.is_empty() {
                    text = format!("{text}, {label} {}", escaped(content));
                }
            }
            lines.push(text);
        }
        let omitted = u64::try_from(result.findings.len().saturating_sub(MAX_FINDINGS)).unwrap_or(u64::MAX);
        let omitted = omitted.saturating_add(result.omitted_findings);
        if omitted > 0 {
            lines.push(format!("    and {}", count_of(omitted, "more finding")));
        }
    }
}

fn count_of(n: u64, noun: &str) -> String {
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {noun}s"),
    }
}

fn status_counts(counts: &StatusCounts) -> String {
    let all = [
        (counts.current, "current"),
        (counts.outdated_allowed, "outdated-allowed"),
        (counts.outdated, "outdated"),
        (counts.unknown_hash, "unknown-hash"),
        (counts.staged, "staged"),
        (counts.inconclusive, "inconclusive"),
    ];
    let counted = all.iter().filter(|(n, _)| *n > 0);
    let text = counted.map(|(n, status)| format!("{n} {status}")).join(", ");
    if text.is_empty() { "no result".to_owned() } else { text }
}

/// Limits a text from a server to one line without control characters: it must neither control a terminal nor look like
/// another line of the log.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == MAX_TEXT {
            out.push('…');
            break;
        }
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests;
