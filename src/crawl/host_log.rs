//! The log of each host, `log_dir/crawl/HOST.log`: a few lines per crawl, for questions of mirror administrators.
//!
//! A log that exceeds `crawl.host_log_max_bytes` is renamed to `HOST.log.1`, which replaces the previous one. The lines of a crawl
//! are written at once, so that two processes do not mix them. If a log cannot be written, the run logs one warning.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::model::Timestamp;
use crate::model::ids::RunId;
use crate::model::plan::{Finding, StatusCounts};

/// The most findings per category in the log; the database has more.
const MAX_FINDINGS: usize = 20;
/// The most characters of a text that a server sent.
const MAX_TEXT: usize = 400;
/// The longest file name, without the suffixes.
const MAX_NAME: usize = 255 - ".log.1".len();

/// The log entry of one host crawl.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HostCrawlLog<'a> {
    pub started_at: Timestamp,
    pub run: RunId,
    /// Duration of the crawl.
    pub seconds: f64,
    /// The number of requests, in all categories.
    pub requests: u64,
    /// An additional note, such as that the crawl was interrupted; may be empty.
    pub note: &'a str,
    /// The categories, in the order of their crawl.
    pub categories: &'a [CategoryLog<'a>],
}

/// One category in a log entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CategoryLog<'a> {
    /// The name of the category.
    pub category: &'a str,
    /// The outcome: `complete`, `category-missing`, `inconclusive`, `discarded` …
    pub outcome: &'a str,
    /// The main probe method: `rsync`, `index`, `head`, `list`; empty = not probed.
    pub method: &'a str,
    /// The number of directories that were probed.
    pub probed: u64,
    /// The number of requests for this category.
    pub requests: u64,
    /// The number of directories with each status.
    pub counts: StatusCounts,
    /// The reasons for other states than current.
    pub findings: &'a [Finding],
    /// The number of findings that are not included.
    pub omitted_findings: u64,
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

    /// Appends the entry of one crawl to the log of `host`.
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
    let mut file = match open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            // Only the last directory is created: a missing log_dir is a configuration error.
            match fs::create_dir(dir) {
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
                Ok(()) | Err(_) => {}
            }
            open(path)?
        }
        other => other?,
    };
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
        let mut out = String::new();
        let note = if self.note.is_empty() {
            String::new()
        } else {
            format!("; {}", escaped(self.note))
        };
        line(
            &mut out,
            &format!(
                "{} run {}: {} in {:.1} s{note}",
                self.started_at,
                self.run,
                count_of(self.requests, "request"),
                self.seconds
            ),
        );
        for category in self.categories {
            category.write(&mut out);
        }
        out
    }
}

impl CategoryLog<'_> {
    fn write(&self, out: &mut String) {
        let by = if self.method.is_empty() {
            String::new()
        } else {
            format!(" by {}", self.method)
        };
        line(
            out,
            &format!(
                "  {}: {}{by}, {} probed with {}: {}",
                escaped(self.category),
                self.outcome,
                count_of(self.probed, "directory"),
                count_of(self.requests, "request"),
                status_counts(&self.counts)
            ),
        );
        for f in self.findings.iter().take(MAX_FINDINGS) {
            let mut text = format!("    {}: {}", escaped(&f.url), escaped(&f.reason));
            for (label, text_sent) in [("expected", &f.expected), ("seen", &f.seen)] {
                if !text_sent.is_empty() {
                    write!(text, ", {label} {}", escaped(text_sent)).unwrap_or_default();
                }
            }
            line(out, &text);
        }
        let omitted = u64::try_from(self.findings.len().saturating_sub(MAX_FINDINGS)).unwrap_or(u64::MAX);
        let omitted = omitted.saturating_add(self.omitted_findings);
        if omitted > 0 {
            line(out, &format!("    and {}", count_of(omitted, "more finding")));
        }
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn count_of(n: u64, noun: &str) -> String {
    match (n, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {noun}s"),
    }
}

/// Lists the counts that are not zero.
fn status_counts(counts: &StatusCounts) -> String {
    let all = [
        (counts.current, "current"),
        (counts.outdated_allowed, "outdated-allowed"),
        (counts.outdated, "outdated"),
        (counts.unknown_hash, "unknown-hash"),
        (counts.staged, "staged"),
        (counts.inconclusive, "inconclusive"),
    ];
    let some: Vec<String> = all
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, status)| format!("{n} {status}"))
        .collect();
    if some.is_empty() {
        "no result".to_owned()
    } else {
        some.join(", ")
    }
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
