//! The evidence for a pending item: lines for an operator who is about to decide.

use std::collections::BTreeSet;

use super::{PendingItem, Subject};
use crate::db::{self, DbError, Tx};
use crate::model::count::{agree, format_count};
use crate::model::ids::{CategoryId, RunId};
use crate::scan::diff::topmost;
use crate::sys::shell;

/// The maximum number of directories or hosts that are named.
const MAX_LINES: usize = 20;

/// Returns what is known about an item, in at most [`MAX_LINES`] lines and one for the rest.
pub(crate) fn evidence(tx: &Tx<'_>, item: &PendingItem) -> Result<Vec<String>, DbError> {
    let lines = match &item.subject {
        Subject::Removals { id, .. } => removals(tx, *id)?,
        Subject::Crawl { run, reason } => crawl(tx, *run, reason)?,
        Subject::Loss {
            before, mirrors, hosts, ..
        } => {
            let (left, are) = (format_count(*mirrors, "mirror"), agree(*mirrors, "is", "are"));
            let summary = format!("{left} {are} left of {before} in the published generation");
            [summary]
                .into_iter()
                .chain(hosts.iter().map(|host| format!("retained: {host}")))
                .collect()
        }
        Subject::EmptyGeneration { reason } => vec![reason.clone()],
        Subject::Move { prefix } => {
            let moves = db::pending::proposed_moves(tx)?
                .into_iter()
                .filter(|m| m.prefix == *prefix);
            let line = |m: db::pending::ProposedMove| {
                let to = db::detect::full_name(&m.topdir, &m.to);
                format!("{}/{}: {} -> {to}", m.prefix, m.arch, m.from)
            };
            moves.map(line).collect()
        }
        Subject::Unresolved { path, reason } => vec![format!("{path}: {reason}")],
        Subject::MissingRepository { path } => vec![path.clone()],
        Subject::Pause(pause) => vec![pause.describe()],
        Subject::Apply(refused) => vec![format!(
            "refused to {}; see the changes with: mm-admin apply {}{} --dry-run",
            refused.user,
            shell::quote(&refused.file),
            if refused.prune { " --prune" } else { "" }
        )],
        Subject::Pin(pin) => vec![format!(
            "generation {}, pinned by {}: {}",
            pin.generation, pin.by, pin.reason
        )],
    };
    Ok(limited(lines))
}

fn limited(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MAX_LINES);
    lines.truncate(MAX_LINES);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

fn removals(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<String>, DbError> {
    let paths = db::pending::removal_paths(tx, category)?;
    let known = db::scan::requestable_repositories(tx, category)?;
    let is_needed = |path: &crate::model::names::DirPath| {
        paths.contains(path) || path.child(b"repodata").is_ok_and(|metadata| paths.contains(&metadata))
    };
    let needed: BTreeSet<&String> = known
        .iter()
        .filter(|(path, _)| is_needed(path))
        .flat_map(|(_, names)| names)
        .collect();
    let mut out: Vec<String> = Vec::new();
    out.extend(
        needed
            .iter()
            .take(MAX_LINES / 2)
            .map(|name| format!("clients request repository {name} there")),
    );
    let more = needed.len().saturating_sub(MAX_LINES / 2);
    out.extend((more > 0).then(|| format!("clients request {more} more repositories there")));
    for (path, n) in topmost(&paths.iter().collect()) {
        out.push(match n {
            0 | 1 => format!("missing: {path}"),
            n => format!("missing: {path} and {} below it", n - 1),
        });
    }
    Ok(out)
}

fn crawl(tx: &Tx<'_>, run: RunId, reason: &str) -> Result<Vec<String>, DbError> {
    let mut out = Vec::new();
    if !reason.is_empty() {
        out.push(reason.to_owned());
    }
    for host in db::registry::hosts(tx)? {
        let of_run = db::crawl::pending_categories(tx, host.id)?
            .into_iter()
            .filter(|c| c.run == run);
        let lost: Vec<u64> = of_run.map(|c| c.lost.len()).collect();
        if !lost.is_empty() {
            let lost: u64 = lost.iter().sum();
            out.push(format!(
                "{0} would lose {1}; see: mm-admin why {0}",
                host.name,
                format_count(lost, "directory")
            ));
        }
    }
    Ok(out)
}
