//! What a run has to say.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::explain::told;
use crate::cli::exit::ExitStatus;
use crate::cli::output::{Report, Style, TextOutput};
use crate::detect::Plan;
use crate::detect::plan::{Move, NewRepository, UnresolvedDirectory};
use crate::detect::tree_metadata::MetadataVerdict;

/// What was created, and what was not understood.
#[derive(Debug, Serialize)]
pub struct DetectReport {
    pub(super) plan: Plan,
    pub(super) acknowledged: Vec<String>,
    pub(super) dry_run: bool,
}

impl DetectReport {
    pub(super) fn counts(&self) -> BTreeMap<&'static str, usize> {
        let plan = &self.plan;
        let moved = plan.moves.iter().filter(|m| m.accepted).count();
        BTreeMap::from([
            ("versions", plan.versions.len()),
            ("repositories", plan.repositories.len()),
            ("relinked", plan.relinked.len()),
            ("named", plan.named.len()),
            ("moved", moved),
            ("moves_proposed", plan.moves.len() - moved),
            ("vanished", plan.vanished.len()),
            ("differing", plan.differing.len()),
            ("contradicted", plan.contradicted.len()),
            ("unmatched", plan.unmatched.len()),
        ])
    }

    /// What a person should look at.
    pub(super) fn problems(&self) -> BTreeMap<String, String> {
        let waits = |list: &[UnresolvedDirectory]| -> Vec<String> {
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
        let moves = plan.moves.iter().filter(|m| !m.accepted);
        let moves = moves.map(|m| format!("{} would go from {} to {}", m.prefix, m.held_by, m.to.path));
        let vanished = plan.vanished.iter().map(|v| v.path.clone());
        [
            (
                "unmatched",
                "no rule knows",
                waits(&plan.unmatched),
                "see mm-detect-release --dry-run, add a detect.rule, or --ack what is as it should be",
            ),
            (
                "contradicted",
                "the tree contradicts its path:",
                contradicted,
                "see mm-detect-release --explain PATH, or --ack what is as it should be",
            ),
            (
                "moves",
                "proposed:",
                moves.collect(),
                "see mm-detect-release --dry-run, and make it so with --apply-moves=PREFIX",
            ),
            (
                "vanished",
                "the directory of a repository is gone:",
                vanished.collect(),
                "its entry is kept until mm-detect-release --ack PATH",
            ),
        ]
        .into_iter()
        .filter_map(|(key, what, list, advice)| {
            let first = list.first()?;
            let rest = match list.len() {
                1 => String::new(),
                n => format!(" and {} more", n - 1),
            };
            Some((key.to_owned(), format!("{what} {first}{rest}; {advice}")))
        })
        .collect()
    }

    fn rows(&self, out: &TextOutput<'_>) -> Vec<Vec<String>> {
        let plan = &self.plan;
        let good = |word: &str| out.paint(Style::Good, word);
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut row = |state: String, prefix: Option<&str>, arch: &str, path: &str, why: String| {
            rows.push(vec![
                state,
                prefix.unwrap_or("-").to_owned(),
                arch.to_owned(),
                path.to_owned(),
                why,
            ]);
        };
        for (word, list) in [("new", &plan.repositories), ("back", &plan.relinked)] {
            for r in list {
                let prefix = r.prefix.as_ref().map(AsRef::as_ref);
                row(good(word), prefix, r.arch.as_str(), &r.path, by_rule(r));
            }
        }
        for n in &plan.named {
            let why = format!("had no prefix; rule {}", n.rule);
            row(good("named"), Some(n.prefix.as_str()), n.arch.as_str(), &n.path, why);
        }
        for m in &plan.moves {
            let state = if m.accepted {
                good("moved")
            } else {
                out.paint(Style::Warn, "move?")
            };
            row(state, Some(m.prefix.as_str()), m.to.arch.as_str(), &m.to.path, from(m));
        }
        for v in &plan.vanished {
            let prefix = v.prefix.as_ref().map(AsRef::as_ref);
            let why = "its directory is gone; kept until --ack".to_owned();
            row(out.paint(Style::Warn, "gone"), prefix, v.arch.as_str(), &v.path, why);
        }
        for d in &plan.differing {
            let prefix = d.prefix.as_ref().map(AsRef::as_ref);
            row(
                out.paint(Style::Dim, "differs"),
                prefix,
                d.arch.as_str(),
                &d.path,
                d.now.clone(),
            );
        }
        for (word, list) in [("contradicts", &plan.contradicted), ("unmatched", &plan.unmatched)] {
            for u in list {
                let tone = if u.acknowledged { Style::Dim } else { Style::Bad };
                row(out.paint(tone, word), None, "-", &u.path, u.reason.clone());
            }
        }
        rows
    }
}

/// Which rule recognised it, and what its tree says to that.
fn by_rule(r: &NewRepository) -> String {
    let confirmed = r.evidence.iter().find(|f| f.verdict == MetadataVerdict::Confirms);
    let contradicted = r.evidence.iter().find(|f| f.verdict == MetadataVerdict::Contradicts);
    let evidence = contradicted.or(confirmed).map(|f| format!("; {} {}", f.file, told(f)));
    format!("rule {}{}", r.rule, evidence.unwrap_or_default())
}

fn from(m: &Move) -> String {
    let state = match (m.holder, m.holder_gone, m.newer) {
        (None, ..) => ", which is new too",
        (_, true, _) => ", whose directory is gone",
        (_, false, false) => ", which is newer",
        (_, false, true) => "",
    };
    format!("held by {}{state}; rule {}", m.held_by, m.to.rule)
}

impl Report for DetectReport {
    fn exit(&self) -> ExitStatus {
        let mut waiting = self.plan.unmatched.iter().chain(&self.plan.contradicted);
        if waiting.any(|u| u.is_new && !u.acknowledged) {
            ExitStatus::Partial
        } else {
            ExitStatus::Done
        }
    }

    fn is_query(&self) -> bool {
        false
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let verb = if self.dry_run { "would create" } else { "created" };
        for v in &self.plan.versions {
            let test = if v.is_test { ", a test release" } else { "" };
            out.line(format!("{verb} version {} of {}{test}", v.version, v.product))?;
        }
        let rows = self.rows(out);
        if !rows.is_empty() {
            out.table(&["STATE", "PREFIX", "ARCH", "PATH", "WHY"], &rows)?;
        }
        for path in &self.acknowledged {
            out.line(format!("acknowledged {path}"))?;
        }
        let counts = self.counts();
        let n = |k| counts.get(k).copied().unwrap_or(0);
        out.line(format!(
            "{} new versions, {} new repositories, {} changed, {} moves proposed, {} gone, {} contradicted, {} unmatched",
            n("versions"),
            n("repositories"),
            n("relinked") + n("named") + n("moved"),
            n("moves_proposed"),
            n("vanished"),
            n("contradicted"),
            n("unmatched")
        ))
    }
}
