//! The report of a run.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::Value;

use super::explain::describe_metadata;
use crate::cli::output::{Report, Style, TextOutput, and_more, or_dash};
use crate::detect::Plan;
use crate::detect::plan::{Move, NewRepository, UnresolvedDirectory};
use crate::detect::tree_metadata::MetadataVerdict;
use crate::job::JobReport;
use crate::job::exit::ExitStatus;
use crate::model::count::format_count;
use crate::model::names::{Name, RepoPrefix};

/// The changes of a run, and what needs an operator.
#[derive(Debug, Serialize)]
pub(super) struct DetectReport {
    pub(super) plan: Plan,
    pub(super) acknowledged: Vec<String>,
    /// True for `--apply-moves`.
    #[serde(skip)]
    pub(super) applies_moves: bool,
    pub(super) dry_run: bool,
}

impl DetectReport {
    fn counts(&self) -> BTreeMap<&'static str, usize> {
        let plan = &self.plan;
        let moved = plan.moves.iter().filter(|m| m.accepted).count();
        let proposed = plan.moves.iter().filter(|m| !m.accepted && !m.rejected).count();
        BTreeMap::from([
            ("versions", plan.versions.len()),
            ("repositories", plan.repositories.len()),
            ("relinked", plan.relinked.len()),
            ("prefix_assignments", plan.prefix_assignments.len()),
            ("moved", moved),
            ("moves_proposed", proposed),
            ("vanished", plan.vanished.len()),
            ("differing", plan.differing.len()),
            ("contradicted", plan.contradicted.len()),
            ("unmatched", plan.unmatched.len()),
        ])
    }
}

impl JobReport for DetectReport {
    fn stats(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self.counts())
    }

    fn alerts(&self) -> BTreeMap<String, String> {
        let pending = |list: &[UnresolvedDirectory]| -> Vec<String> {
            list.iter()
                .filter(|u| !u.acknowledged)
                .map(|u| u.path.clone())
                .collect()
        };
        let plan = &self.plan;
        let contradicted: Vec<String> = plan
            .contradicted
            .iter()
            .filter(|u| !u.acknowledged)
            .map(|u| format!("{} ({})", u.path, u.reason))
            .collect();
        let moves = plan.moves.iter().filter(|m| !m.accepted && !m.rejected);
        let moves = moves.map(|m| format!("{} from {} to {}", m.prefix, m.owner, m.to.path));
        let vanished = plan.vanished.iter().map(|v| v.path.clone());
        [
            (
                "unmatched",
                "no rule matches",
                pending(&plan.unmatched),
                "see mm-detect-release --dry-run; add a detect.rule, or use --acknowledge PATH if this is intended",
            ),
            (
                "contradicted",
                "the metadata of the tree contradicts its path:",
                contradicted,
                "see mm-detect-release --explain PATH; use --acknowledge PATH if this is intended",
            ),
            (
                "moves",
                "proposed move:",
                moves.collect(),
                "see mm-admin pending; apply it with mm-detect-release --apply-moves=PREFIX",
            ),
            (
                "vanished",
                "the directory of a repository is missing:",
                vanished.collect(),
                "the repository is kept until mm-detect-release --acknowledge PATH",
            ),
        ]
        .into_iter()
        .filter_map(|(key, what, list, advice)| {
            let first = list.first()?;
            let rest = and_more(list.len() - 1);
            Some((key.to_owned(), format!("{what} {first}{rest}; {advice}")))
        })
        .collect()
    }
}

impl DetectReport {
    fn rows(&self, out: &TextOutput<'_>) -> Vec<[String; 5]> {
        let plan = &self.plan;
        let good = |word: &str| out.paint(Style::Good, word);
        let mut rows = Vec::new();
        let mut row = |state: String, prefix: Option<&RepoPrefix>, arch: Option<&Name>, path: &str, reason: String| {
            rows.push([state, or_dash(prefix), or_dash(arch), path.to_owned(), reason]);
        };
        for (word, list) in [("new", &plan.repositories), ("returned", &plan.relinked)] {
            for r in list {
                row(good(word), r.prefix.as_ref(), Some(&r.arch), &r.path, by_rule(r));
            }
        }
        for a in &plan.prefix_assignments {
            let reason = format!("had no prefix; rule {}", a.rule);
            row(good("prefix"), Some(&a.prefix), Some(&a.arch), &a.path, reason);
        }
        for m in &plan.moves {
            let (style, word) = match (m.accepted, m.rejected) {
                (true, _) => (Style::Good, "moved"),
                (false, true) => (Style::Dim, "rejected"),
                (false, false) => (Style::Warn, "move?"),
            };
            let state = out.paint(style, word);
            row(state, Some(&m.prefix), Some(&m.to.arch), &m.to.path, describe_move(m));
        }
        for v in &plan.vanished {
            let (state, reason) = (
                out.paint(Style::Warn, "gone"),
                "its directory is missing; kept until --acknowledge",
            );
            row(state, v.prefix.as_ref(), Some(&v.arch), &v.path, reason.to_owned());
        }
        for d in &plan.differing {
            let state = out.paint(Style::Dim, "differs");
            row(state, d.prefix.as_ref(), Some(&d.arch), &d.path, d.rule_result.clone());
        }
        for (word, list) in [("contradicts", &plan.contradicted), ("unmatched", &plan.unmatched)] {
            for u in list {
                let style = if u.acknowledged { Style::Dim } else { Style::Bad };
                row(out.paint(style, word), None, None, &u.path, u.reason.clone());
            }
        }
        rows
    }
}

/// Describes the rule that matched and the metadata of the tree.
fn by_rule(r: &NewRepository) -> String {
    let confirmed = r.evidence.iter().find(|f| f.verdict == MetadataVerdict::Confirms);
    let contradicted = r.evidence.iter().find(|f| f.verdict == MetadataVerdict::Contradicts);
    let evidence = contradicted
        .or(confirmed)
        .map(|f| format!("; {} {}", f.file, describe_metadata(f)));
    format!("rule {}{}", r.rule, evidence.unwrap_or_default())
}

fn describe_move(m: &Move) -> String {
    let state = match (m.owner_id, m.owner_gone, m.newer) {
        (None, ..) => ", which is also new",
        (_, true, _) => ", whose directory is missing",
        (_, false, false) => ", which is newer",
        (_, false, true) => "",
    };
    format!("prefix of {}{state}; rule {}", m.owner, m.to.rule)
}

impl Report for DetectReport {
    fn nothing_done(&self) -> Option<String> {
        let moves = &self.plan.moves;
        if !self.applies_moves || moves.iter().any(|m| m.accepted) {
            return None;
        }
        Some(if moves.iter().all(|m| m.rejected) {
            "no move is proposed".to_owned()
        } else {
            "a move back to an older directory must be named: --apply-moves=PREFIX".to_owned()
        })
    }

    fn exit(&self) -> ExitStatus {
        let mut unresolved = self.plan.unmatched.iter().chain(&self.plan.contradicted);
        if unresolved.any(|u| u.is_new && !u.acknowledged) {
            ExitStatus::Partial
        } else {
            ExitStatus::Done
        }
    }

    fn is_query(&self) -> bool {
        self.dry_run
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let verb = if self.dry_run { "would create" } else { "created" };
        for v in &self.plan.versions {
            let test = if v.is_test { ", a test release" } else { "" };
            out.line(format!("{verb} version {} of {}{test}", v.version, v.product))?;
        }
        let rows = self.rows(out);
        if !rows.is_empty() {
            out.table("STATE | PREFIX | ARCH | PATH | REASON", rows)?;
        }
        for path in &self.acknowledged {
            out.line(format!("acknowledged {path}"))?;
        }
        let counts = self.counts();
        let n = |k| counts.get(k).copied().unwrap_or(0);
        out.line(format!(
            "{}, {}, {} changed, {} proposed, {} missing, {} contradicted, {} unmatched",
            format_count(n("versions"), "new version"),
            format_count(n("repositories"), "new repository"),
            n("relinked") + n("prefix_assignments") + n("moved"),
            format_count(n("moves_proposed"), "move"),
            n("vanished"),
            n("contradicted"),
            n("unmatched")
        ))
    }
}
