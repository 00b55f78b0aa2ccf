//! The log of each host: `log_dir/crawl/HOST.log`, a few lines for every turn, for whoever keeps the mirror and asks what we did
//! there.
//!
//! A log that has become too long becomes `HOST.log.1`, and the one before is gone: so all logs together have a size. A turn is
//! one write, so that two programs do not mix their lines. A log that cannot be written is one warning for each run, not a failure.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::model::Timestamp;
use crate::model::ids::RunId;
use crate::model::plan::{Finding, StatusCounts};

/// How many findings of a category are written down; the database keeps more.
const MAX_FINDINGS: usize = 20;
/// How much is written of what a server said, in characters.
const MAX_TEXT: usize = 400;
/// The longest name that a file may have, less the endings.
const MAX_NAME: usize = 255 - ".log.1".len();

/// One host's turn.
#[derive(Debug, Clone, Copy)]
pub struct HostCrawlLog<'a> {
    /// When it began.
    pub started_at: Timestamp,
    /// The run.
    pub run: RunId,
    /// How long it took.
    pub seconds: f64,
    /// Requests made, also those that belong to no category.
    pub requests: u64,
    /// What else there is to say of the turn, such as that it ended before its end; empty = nothing.
    pub remark: &'a str,
    /// The categories, in the order in which they were looked at.
    pub categories: &'a [CategoryLog<'a>],
}

/// One category in a turn.
#[derive(Debug, Clone, Copy)]
pub struct CategoryLog<'a> {
    /// Its name.
    pub category: &'a str,
    /// What became of it, in a word: `checked`, `gone`, `unanswered`, `withheld`.
    pub outcome: &'a str,
    /// How it was asked: `rsync`, `index`, `head`, `list`; empty = not at all.
    pub method: &'a str,
    /// How many directories were asked for.
    pub probed: u64,
    /// Requests made for it.
    pub requests: u64,
    /// What they were found to be.
    pub counts: StatusCounts,
    /// Why.
    pub findings: &'a [Finding],
    /// How many findings are not among them.
    pub findings_cut: u64,
}

/// The logs of all hosts. May be used from all lanes.
#[derive(Debug)]
pub struct HostLogs {
    /// `None` = none are kept.
    dir: Option<PathBuf>,
    max_size: u64,
    warned: AtomicBool,
}

impl HostLogs {
    /// Logs below `log_dir`, which must be there; an empty path = no logs. A log that is longer than `max_size` bytes
    /// is put aside.
    pub fn new(log_dir: &Path, max_size: u64) -> Self {
        Self {
            dir: (!log_dir.as_os_str().is_empty()).then(|| log_dir.join("crawl")),
            max_size,
            warned: AtomicBool::new(false),
        }
    }

    /// Writes down a turn of `host`.
    pub fn write(&self, host: &str, turn: &HostCrawlLog<'_>) {
        let Some(dir) = &self.dir else { return };
        let path = dir.join(format!("{}.log", file_name(host)));
        let Err(e) = append(dir, &path, &turn.text(), self.max_size) else {
            return;
        };
        if !self.warned.swap(true, Ordering::Relaxed) {
            let path = path.display();
            tracing::warn!(%path, error = %e, "cannot write the log of a host; log_dir must be there, writable for this user");
        }
    }
}

fn append(dir: &Path, path: &Path, text: &str, max_size: u64) -> io::Result<()> {
    let mut file = match open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            // Not with all above it: a log_dir that is not there is a mistake.
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

/// As the logs of the jobs are opened: who may read them is decided by the umask and by `log_dir`.
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// The name of a host's log without its ending: a host name holds letters, digits, `.`, `-` and `_`, and no empty label, so that it
/// is the name of a file below. One that is too long for a file system is cut, and told apart by its hash.
fn file_name(host: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    if host.len() <= MAX_NAME && host.chars().all(safe) && !host.starts_with('.') {
        return host.to_owned();
    }
    let hash = hex::encode(Sha256::digest(host.as_bytes()));
    let begin: String = host
        .chars()
        .filter(|c| safe(*c))
        .skip_while(|c| *c == '.')
        .take(100)
        .collect();
    format!("{begin}~{hash}")
}

impl HostCrawlLog<'_> {
    fn text(&self) -> String {
        let mut out = String::new();
        let remark = if self.remark.is_empty() {
            String::new()
        } else {
            format!("; {}", shown(self.remark))
        };
        line(
            &mut out,
            &format!(
                "{} run {}: {} in {:.1} s{remark}",
                self.started_at,
                self.run,
                counted(self.requests, "request"),
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
                "  {}: {}{by}, {} asked for with {}: {}",
                shown(self.category),
                self.outcome,
                counted(self.probed, "directory"),
                counted(self.requests, "request"),
                verdicts(&self.counts)
            ),
        );
        for f in self.findings.iter().take(MAX_FINDINGS) {
            let mut text = format!("    {}: {}", shown(&f.url), shown(&f.reason));
            for (what, said) in [("expected", &f.expected), ("seen", &f.seen)] {
                if !said.is_empty() {
                    write!(text, ", {what} {}", shown(said)).unwrap_or_default();
                }
            }
            line(out, &text);
        }
        let cut = u64::try_from(self.findings.len().saturating_sub(MAX_FINDINGS)).unwrap_or(u64::MAX);
        more(out, cut.saturating_add(self.findings_cut), "finding");
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn more(out: &mut String, n: u64, what: &str) {
    if n > 0 {
        line(
            out,
            &format!("    and {} more {what}{}", n, if n == 1 { "" } else { "s" }),
        );
    }
}

fn counted(n: u64, what: &str) -> String {
    match (n, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{n} {stem}ies"),
        (_, None) => format!("{n} {what}s"),
    }
}

/// Only what there is.
fn verdicts(counts: &StatusCounts) -> String {
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
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    if some.is_empty() {
        "nothing found out".to_owned()
    } else {
        some.join(", ")
    }
}

/// What somebody else wrote, on one line and not too long: it must neither drive a terminal nor look like a line of ours.
fn shown(text: &str) -> String {
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
