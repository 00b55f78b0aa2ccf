//! The report of a scan.

use std::collections::BTreeMap;
use std::io;

use itertools::Itertools as _;
use serde::Serialize;
use serde_json::Value;

use crate::cli::output::{Report, Style, TextOutput, and_more};
use crate::config::Config;
use crate::job::JobReport;
use crate::job::exit::ExitStatus;
use crate::model::count::{agree, format_count};
use crate::model::listing::ScanOutcome;
use crate::model::names::DirPath;
use crate::model::refused::{RefusalReason, is_complete_document};
use crate::scan::diff::PendingRemovals;
use crate::scan::unreadable::UnreadableDirectories;

/// The results of all scanned categories.
#[derive(Debug, Serialize)]
pub(super) struct ScanReport {
    pub(super) dry_run: bool,
    pub(super) categories: Vec<CategoryScan>,
}

/// The reason why a category was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Skipped {
    /// The watched files did not change.
    Unchanged,
    /// This file marks an update in progress.
    Busy(String),
}

/// The result of one category.
#[derive(Debug, Default, Serialize)]
pub(super) struct CategoryScan {
    pub(super) category: String,
    /// The scanned subtree, unless all was scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skipped: Option<Skipped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<ScanOutcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pending_removals: Option<PendingRemovals>,
    /// The ID of the removals in the list of pending items.
    #[serde(skip)]
    pub(super) item: String,
    /// Versions of metadata that are not offered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) refused: Vec<RefusedMetadata>,
    /// The directories that could not be listed, with the reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) unreadable: UnreadableDirectories,
    /// The staged trees that became world-readable, by their topmost directory.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) opened: Vec<DirPath>,
    /// The reason why nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// Problems with single files.
    pub(super) warnings: Vec<String>,
    #[serde(skip)]
    pub(super) exit: ExitStatus,
}

/// A `repomd.xml` that is not offered.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RefusedMetadata {
    /// The path of the file below the topdir.
    pub(super) path: String,
    /// The repositories that clients can request, as `prefix/arch`.
    pub(super) repositories: Vec<String>,
    pub(super) reason: RefusalReason,
    pub(super) explanation: String,
    pub(super) sha256: String,
}

/// Maximum number of missing directories in the text report.
const SHOWN: usize = 10;

impl Report for ScanReport {
    fn exit(&self) -> ExitStatus {
        // They are ordered by severity.
        self.categories.iter().map(|c| c.exit).max().unwrap_or_default()
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was written")?;
        }
        let row = |scan: &CategoryScan| {
            let (style, state) = match scan.exit {
                ExitStatus::Done if scan.skipped == Some(Skipped::Unchanged) => (Style::Dim, "unchanged"),
                ExitStatus::Done if scan.skipped.is_some() => (Style::Dim, "busy"),
                ExitStatus::Done => (Style::Good, "done"),
                ExitStatus::Partial => (Style::Warn, "partial"),
                ExitStatus::Failed | ExitStatus::Usage | ExitStatus::Locked => (Style::Bad, "failed"),
            };
            let mut row = vec![scan.category.clone(), out.paint(style, state)];
            if let Some(o) = &scan.outcome {
                row.push(o.scan_seq.0.to_string());
                let changes = [o.added, o.changed, o.returned, o.vanished, o.removed, o.new_details];
                row.extend([o.directories].iter().chain(&changes).map(u64::to_string));
            }
            row
        };
        let header =
            "CATEGORY | STATE | SCAN SEQ | DIRECTORIES | NEW | CHANGED | RETURNED | VANISHED | REMOVED | METADATA";
        out.table(header, self.categories.iter().map(row))?;
        for scan in self.categories.iter().filter(|scan| !scan.opened.is_empty()) {
            let named = scan.opened.iter().take(SHOWN).map(ToString::to_string).join(", ");
            let more = and_more(scan.opened.len().saturating_sub(SHOWN));
            out.line(format!(
                "{}: opened: {named}{more}; to probe its mirrors now: mm-crawl --opened",
                scan.category
            ))?;
        }
        for scan in &self.categories {
            let Some(pending) = &scan.pending_removals else {
                continue;
            };
            let state = if pending.rejected {
                "was rejected"
            } else {
                "needs confirmation"
            };
            out.line(format!("{}: missing, removal {state}:", scan.category))?;
            for (path, n) in pending.topmost.iter().take(SHOWN) {
                match n {
                    0 | 1 => out.line(format!("  {path}"))?,
                    n => out.line(format!("  {path} and {} below it", n - 1))?,
                }
            }
            if pending.topmost.len() > SHOWN {
                out.line(format!("  and {} more", pending.topmost.len() - SHOWN))?;
            }
        }
        Ok(())
    }

    fn is_query(&self) -> bool {
        self.dry_run
    }
}

impl JobReport for ScanReport {
    fn stats(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    /// True if this run scanned the whole category of the alert.
    fn is_checked(&self, key: &str, _config: &Config) -> bool {
        self.categories.iter().any(|scan| {
            let name = &scan.category;
            let whole = scan.path.is_none() && scan.outcome.is_some();
            whole
                && (key == format!("error {name}")
                    || key == format!("unreadable {name}")
                    || key == format!("pending removals {name}")
                    || key.starts_with(&format!("warning {name} "))
                    || key.starts_with(&format!("master {name} ")))
        })
    }

    fn alerts(&self) -> BTreeMap<String, String> {
        let mut problems = BTreeMap::new();
        for scan in &self.categories {
            let name = &scan.category;
            if let Some(error) = &scan.error {
                problems.insert(format!("error {name}"), format!("category {name}: {error}"));
            }
            if let Some(pending) = scan.pending_removals.as_ref().filter(|p| !p.rejected) {
                problems.insert(
                    format!("pending removals {name}"),
                    describe_removals(pending, name, &scan.item),
                );
            }
            for refused in &scan.refused {
                let key = format!("master {name} {}", refused.path);
                problems.insert(key, describe_refused(refused, name));
            }
            if !scan.unreadable.is_empty() {
                problems.insert(
                    format!("unreadable {name}"),
                    describe_unreadable(&scan.unreadable, name),
                );
            }
            for (n, warning) in scan.warnings.iter().enumerate() {
                problems.insert(format!("warning {name} {n}"), format!("category {name}: {warning}"));
            }
        }
        problems
    }
}

/// Describes metadata that is not offered, with the same text in every scan.
fn describe_refused(refused: &RefusedMetadata, category: &str) -> String {
    let RefusedMetadata {
        path,
        repositories,
        reason,
        explanation,
        sha256,
    } = refused;
    let text = format!(
        "{reason}: category {category}: {path} {explanation}; its version is not offered, the one before is. Correct it on the master; \
         the next scan reads it again"
    );
    let Some((prefix, arch)) = repositories.first().and_then(|name| name.split_once('/')) else {
        return text;
    };
    let text = format!(
        "{text}. Clients request {prefix}/{arch}{} there",
        and_more(repositories.len() - 1)
    );
    if !is_complete_document(*reason, explanation) {
        return text;
    }
    format!(
        "{text}; to offer it nevertheless: mm-admin repository accept-version {prefix} {arch} {sha256} --reason REASON"
    )
}

/// Describes directories that could not be listed. The text is the same in every scan while they are the same.
fn describe_unreadable(unreadable: &UnreadableDirectories, category: &str) -> String {
    let n = unreadable.len();
    let named = unreadable
        .iter()
        .take(SHOWN)
        .map(|(path, why)| format!("{path} ({why})"));
    format!(
        "category {category}: {} cannot be read: {}{}; the rest was scanned, and what is recorded there is kept. A release that is \
         staged there cannot be checked before its day: let the scanner read it (its group), or name it under `exclude` of the \
         category",
        format_count(n, "directory"),
        named.format(", "),
        and_more(n.saturating_sub(SHOWN))
    )
}

/// Describes pending removals with the same text in every scan, so that the alert is repeated only once a day.
fn describe_removals(pending: &PendingRemovals, category: &str, item: &str) -> String {
    let PendingRemovals {
        gone,
        known,
        topmost,
        repositories,
        ..
    } = pending;
    let first = topmost.keys().next().map(ToString::to_string).unwrap_or_default();
    let what = first + &and_more(topmost.len().saturating_sub(1));
    let needed = repositories.first().map_or_else(String::new, |first| {
        format!("; clients request {first}{} there", and_more(repositories.len() - 1))
    });
    format!(
        "category {category}: {gone} of {} {} missing from the master ({what}){needed}; they are kept. Check them with: mm-admin \
         pending show {item}; if the removal is intended: mm-admin pending confirm {item} --count {gone}",
        format_count(*known, "directory"),
        agree(*gone, "is", "are")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_complete_scan_resolves_alerts() {
        let scan = |name: &str, outcome: bool, path: Option<&str>| CategoryScan {
            outcome: outcome.then(ScanOutcome::default),
            path: path.map(str::to_owned),
            category: name.to_owned(),
            ..CategoryScan::default()
        };
        let report = ScanReport {
            dry_run: false,
            categories: vec![
                scan("a", true, None),
                scan("b", false, None),
                scan("c", true, Some("x")),
            ],
        };
        for key in ["error a", "pending removals a", "warning a 0"] {
            assert!(report.is_checked(key, &Config::default()), "{key}");
        }
        for key in [
            "error b",
            "pending removals b",
            "warning c 0",
            "error c",
            "error d",
            "warning ab 0",
        ] {
            assert!(!report.is_checked(key, &Config::default()), "{key}");
        }
    }
}
