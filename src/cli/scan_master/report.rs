//! What a scan tells.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use crate::cli::exit::ExitStatus;
use crate::cli::output::{Report, Style, TextOutput};
use crate::model::listing::ScanOutcome;
use crate::scan::diff::PendingRemovals;

/// What became of each category.
#[derive(Debug, Serialize)]
pub struct ScanReport {
    pub(super) dry_run: bool,
    pub(super) categories: Vec<CategoryScan>,
}

/// Why a category was not scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Skipped {
    /// The watched files are as they were.
    Unchanged,
    /// This file says that it is being changed.
    Busy(String),
}

/// What became of one.
#[derive(Debug, Serialize)]
pub(super) struct CategoryScan {
    pub(super) category: String,
    /// The subtree that was scanned, if it was not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    /// Why it was not scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) skipped: Option<Skipped>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<ScanOutcome>,
    /// Removals that wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) held_back: Option<PendingRemovals>,
    /// Why nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// Files that could not be recorded.
    pub(super) warnings: Vec<String>,
    #[serde(skip)]
    pub(super) exit: ExitStatus,
}

/// How many missing directories are shown by name.
const SHOWN: usize = 10;

impl Report for ScanReport {
    fn exit(&self) -> ExitStatus {
        let worst = |exit: &ExitStatus| match exit {
            ExitStatus::Done => 0,
            ExitStatus::Partial => 1,
            ExitStatus::Failed | ExitStatus::Usage | ExitStatus::Locked => 2,
        };
        self.categories
            .iter()
            .map(|c| c.exit)
            .max_by_key(worst)
            .unwrap_or(ExitStatus::Done)
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.dry_run {
            out.line("dry run: nothing was written")?;
        }
        let mut rows = Vec::new();
        for scan in &self.categories {
            let (tone, state) = match scan.exit {
                ExitStatus::Done if scan.skipped == Some(Skipped::Unchanged) => (Style::Dim, "unchanged"),
                ExitStatus::Done if scan.skipped.is_some() => (Style::Dim, "busy"),
                ExitStatus::Done => (Style::Good, "done"),
                ExitStatus::Partial => (Style::Warn, "in part"),
                ExitStatus::Failed | ExitStatus::Usage | ExitStatus::Locked => (Style::Bad, "failed"),
            };
            let mut row = vec![scan.category.clone(), out.paint(tone, state)];
            if let Some(o) = &scan.outcome {
                row.push(o.scan_seq.0.to_string());
                let counts = [
                    o.directories,
                    o.added,
                    o.changed,
                    o.returned,
                    o.vanished,
                    o.removed,
                    o.new_details,
                ];
                row.extend(counts.iter().map(u64::to_string));
            }
            rows.push(row);
        }
        let header = [
            "CATEGORY",
            "STATE",
            "GENERATION",
            "DIRECTORIES",
            "NEW",
            "CHANGED",
            "RETURNED",
            "VANISHED",
            "REMOVED",
            "METADATA",
        ];
        out.table(&header, &rows)?;
        for scan in &self.categories {
            let Some(held) = &scan.held_back else { continue };
            out.line(format!("{}: missing, and held back:", scan.category))?;
            for (path, n) in held.topmost.iter().take(SHOWN) {
                let below = if *n > 1 {
                    format!(" and {} below it", n - 1)
                } else {
                    String::new()
                };
                out.line(format!("  {path}{below}"))?;
            }
            if let Some(more) = held.topmost.len().checked_sub(SHOWN).filter(|n| *n > 0) {
                out.line(format!("  and {more} more"))?;
            }
        }
        Ok(())
    }

    fn is_query(&self) -> bool {
        false
    }
}

impl CategoryScan {
    pub(super) fn new(category: &str) -> Self {
        Self {
            category: category.to_owned(),
            path: None,
            skipped: None,
            outcome: None,
            held_back: None,
            error: None,
            warnings: Vec::new(),
            exit: ExitStatus::Done,
        }
    }
}

impl ScanReport {
    /// Whether this run could tell that a problem with that key is over: its category was scanned, and wholly.
    pub(super) fn judged(&self, key: &str) -> bool {
        self.categories.iter().any(|scan| {
            let name = &scan.category;
            let whole = scan.path.is_none() && scan.outcome.is_some();
            whole
                && (key == format!("error {name}")
                    || key == format!("held back {name}")
                    || key.starts_with(&format!("warning {name} ")))
        })
    }

    pub(super) fn problems(&self) -> BTreeMap<String, String> {
        let mut problems = BTreeMap::new();
        for scan in &self.categories {
            let name = &scan.category;
            if let Some(error) = &scan.error {
                problems.insert(format!("error {name}"), format!("category {name}: {error}"));
            }
            if let Some(PendingRemovals { gone, known, topmost }) = &scan.held_back {
                let first = topmost.keys().next().map(ToString::to_string).unwrap_or_default();
                let rest = topmost.len().saturating_sub(1);
                let what = if rest > 0 {
                    format!("{first} and {rest} more")
                } else {
                    first
                };
                problems.insert(
                    format!("held back {name}"),
                    format!(
                        "category {name}: {gone} of {known} directories are missing from the master ({what}); they stay for now. If \
                         they are gone for good: mm-scan-master --category '{name}' --confirm-removals"
                    ),
                );
            }
            for (n, warning) in scan.warnings.iter().enumerate() {
                problems.insert(format!("warning {name} {n}"), format!("category {name}: {warning}"));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_scan_tells_that_a_problem_is_over() {
        let scan = |name: &str, outcome: bool, path: Option<&str>| CategoryScan {
            outcome: outcome.then(ScanOutcome::default),
            path: path.map(str::to_owned),
            ..CategoryScan::new(name)
        };
        let report = ScanReport {
            dry_run: false,
            categories: vec![
                scan("a", true, None),
                scan("b", false, None),
                scan("c", true, Some("x")),
            ],
        };
        for key in ["error a", "held back a", "warning a 0"] {
            assert!(report.judged(key), "{key}");
        }
        for key in [
            "error b",
            "held back b",
            "warning c 0",
            "error c",
            "error d",
            "warning ab 0",
        ] {
            assert!(!report.judged(key), "{key}");
        }
    }
}
