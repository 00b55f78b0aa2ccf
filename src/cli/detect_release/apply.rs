//! Writes acknowledgements and the plan of a run.

use std::collections::BTreeMap;

use anyhow::Error;

use crate::db::audit_log::Author;
use crate::db::detect::DetectedRepository;
use crate::db::{self, DbError, Tx};
use crate::detect::Plan;
use crate::detect::plan::NewRepository;
use crate::job::exit::NothingDone;

/// Acknowledges the unresolved directories and vanished repositories at these paths, and returns them. A path without any is an
/// error, so that nothing is acknowledged.
pub(super) fn acknowledge(tx: &Tx<'_>, wanted: &[String], author: &Author) -> Result<Vec<String>, Error> {
    let mut out = Vec::new();
    for path in wanted {
        let is_selected = |candidate: &str| match path.strip_suffix('/') {
            None => candidate == path,
            Some(above) => candidate
                .strip_prefix(above)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        let before = out.len();
        for (_, unresolved) in db::detect::unresolved(tx)?.into_keys().filter(|(_, p)| is_selected(p)) {
            db::detect::acknowledge(tx, &unresolved, author)?;
            out.push(unresolved);
        }
        for gone in db::detect::recorded(tx)?
            .iter()
            .filter(|r| r.gone && is_selected(&r.name))
        {
            db::detect::remove(tx, author, gone.id)?;
            out.push(gone.name.clone());
        }
        if out.len() == before {
            let text = format!("nothing to acknowledge at {path}; list what is with: mm-detect-release --dry-run");
            return Err(NothingDone(text).into());
        }
    }
    Ok(out)
}

/// Writes the plan in the caller's transaction.
pub(super) fn apply(tx: &Tx<'_>, plan: &Plan, author: &Author) -> Result<(), DbError> {
    for v in &plan.versions {
        db::detect::add_version(tx, author, v)?;
    }
    for r in &plan.repositories {
        db::detect::add_repository(tx, author, &row(r))?;
    }
    for r in &plan.relinked {
        db::detect::relink(tx, author, &r.path, r.directory)?;
    }
    for n in &plan.prefix_assignments {
        db::detect::set_prefix(tx, author, n.id, &n.prefix)?;
    }
    for m in plan.moves.iter().filter(|m| m.accepted) {
        let Some(owner) = m.owner_id else { continue };
        db::detect::set_directory(tx, author, owner, &row(&m.to), m.owner_gone)?;
    }
    let mut proposed = BTreeMap::new();
    for m in plan.moves.iter().filter(|m| !m.accepted) {
        if let Some(owner) = m.owner_id {
            // Of several proposals, this is the one that would be applied.
            proposed.entry(owner).or_insert(m.to.directory);
        }
    }
    db::pending::put_proposed_moves(tx, &proposed, author.at)?;
    for u in plan.unmatched.iter().chain(&plan.contradicted) {
        db::detect::put_unresolved(tx, u.category, &u.path, &u.reason, author.at)?;
    }
    for (category, path) in &plan.resolved {
        db::detect::remove_unresolved(tx, *category, path)?;
    }
    Ok(())
}

fn row(r: &NewRepository) -> DetectedRepository<'_> {
    DetectedRepository {
        name: &r.path,
        prefix: r.prefix.as_ref(),
        category: r.category,
        product: &r.product,
        version: &r.version,
        arch: &r.arch,
        directory: r.directory,
    }
}
