//! Decisions that jobs left to an operator: removals, proposed moves, unresolved directories and missing repositories; and removals
//! that an operator announced. Pending crawl results are in [`super::crawl`].
//!
//! A decision is recorded in the audit log, in the transaction that makes it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit_log::{self, Author};
use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::{CategoryId, DirectoryId, RepositoryId, RunId};
use crate::model::listing::ExpectedRemoval;
use crate::model::names::{DirPath, Name, RepoPrefix};

/// Entity name of decisions in the audit log; the key is the ID of the pending item.
pub(super) const ENTITY: &str = "pending";
/// Entity name of announced removals in the audit log.
pub(super) const EXPECTED_REMOVAL: &str = "expected-removal";

/// Records a decision about a pending item, such as `confirmed`, with its effect.
pub(crate) fn record_decision(
    tx: &Tx<'_>,
    author: &Author,
    id: &str,
    decision: &str,
    effect: &impl Serialize,
) -> Result<(), DbError> {
    let (old, new) = (
        json!({"state": "pending"}),
        json!({"state": decision, "effect": effect}),
    );
    audit_log::record(tx, author, ENTITY, id, Some(&old), Some(&new))
}

/// Returns the ID of a category's removals in the list of pending items.
pub(crate) fn removal_id(category: CategoryId) -> String {
    format!("removal-{category}")
}

/// The pending removals of a category.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct CategoryRemovals {
    pub category: CategoryId,
    pub name: String,
    pub since: Timestamp,
    pub directories: u64,
    /// The number of these that an operator rejected, with the last rejection.
    pub rejected: u64,
    pub rejected_at: Option<Timestamp>,
    pub rejected_by: Option<String>,
}

/// Returns the categories with pending removals.
pub(crate) fn removals(tx: &Tx<'_>) -> Result<Vec<CategoryRemovals>, DbError> {
    tx.rows(
        "SELECT c.id AS category, c.name, min(p.since) AS since, count(*) AS directories, count(p.rejected_at) AS rejected, \
         max(p.rejected_at) AS rejected_at, max(p.rejected_by) AS rejected_by FROM pending_removal p \
         JOIN directory d ON d.id = p.directory_id JOIN category c ON c.id = d.category_id GROUP BY c.id, c.name ORDER BY c.id",
        params![],
    )
}

/// Returns the directories of a category whose removal is pending, sorted.
pub(crate) fn removal_paths(tx: &Tx<'_>, category: CategoryId) -> Result<BTreeSet<DirPath>, DbError> {
    let rows = tx.rows(
        "SELECT d.path FROM pending_removal p JOIN directory d ON d.id = p.directory_id WHERE d.category_id = $1",
        params![category],
    )?;
    Ok(rows.into_iter().collect())
}

/// Returns the number of directories of a category that the master has, or whose removal is pending.
pub(crate) fn count_directories(tx: &Tx<'_>, category: CategoryId) -> Result<u64, DbError> {
    tx.row(
        "SELECT count(*) FROM directory WHERE category_id = $1 AND vanished_at IS NULL",
        params![category],
    )
}

/// Returns the number of directories that the master has at a path and below it.
pub(crate) fn count_directories_below(tx: &Tx<'_>, category: CategoryId, path: &DirPath) -> Result<u64, DbError> {
    tx.row(
        "SELECT count(*) FROM directory WHERE category_id = $1 AND vanished_at IS NULL \
         AND (path = $2 OR $2 = '' OR substr(path, 1, length($2) + 1) = $2 || '/')",
        params![category, path.as_str()],
    )
}

/// Rejects the pending removals of a category: the directories stay recorded, and the removals are not reported again.
pub(crate) fn reject_removals(tx: &Tx<'_>, author: &Author, id: &str, category: CategoryId) -> Result<(), DbError> {
    let rows = tx.execute_counted(
        "UPDATE pending_removal SET rejected_at = $2, rejected_by = $3 WHERE rejected_at IS NULL \
         AND directory_id IN (SELECT id FROM directory WHERE category_id = $1)",
        params![category, author.at, &author.user],
    )?;
    record_decision(tx, author, id, "rejected", &json!({"directories": rows}))
}

/// An announced removal, with its author.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct AnnouncedRemoval {
    pub category: Name,
    pub topdir: DirPath,
    #[serde(flatten)]
    pub removal: ExpectedRemoval,
    pub announced_by: String,
    pub announced_at: Timestamp,
}

/// Returns the announced removals of a category, including expired ones.
pub(crate) fn expected_removals(tx: &Tx<'_>, category: CategoryId) -> Result<Vec<ExpectedRemoval>, DbError> {
    tx.rows(
        "SELECT path, expires_at AS until, repositories FROM expected_removal WHERE category_id = $1 ORDER BY path",
        params![category],
    )
}

/// Returns the announced removals that are active at `now`.
pub(crate) fn announced_removals(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<AnnouncedRemoval>, DbError> {
    type Row = (Name, DirPath, DirPath, Timestamp, u64, String, Timestamp);
    let rows: Vec<Row> = tx.rows(
        "SELECT c.name, c.topdir, e.path, e.expires_at, e.repositories, e.announced_by, e.announced_at \
         FROM expected_removal e JOIN category c ON c.id = e.category_id WHERE e.expires_at > $1 ORDER BY c.name, e.path",
        params![now],
    )?;
    let row = |(category, topdir, path, until, repositories, announced_by, announced_at)| AnnouncedRemoval {
        category,
        topdir,
        removal: ExpectedRemoval {
            path,
            until,
            repositories,
        },
        announced_by,
        announced_at,
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Announces a removal, or replaces its announcement. Expired announcements are deleted.
pub(crate) fn announce_removal(
    tx: &Tx<'_>,
    author: &Author,
    category: CategoryId,
    full_path: &str,
    removal: &ExpectedRemoval,
) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM expected_removal WHERE expires_at <= $1",
        params![author.at],
    )?;
    let old = expected_removals(tx, category)?
        .into_iter()
        .find(|e| e.path == removal.path);
    tx.execute(
        "INSERT INTO expected_removal (category_id, path, expires_at, repositories, announced_by, announced_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (category_id, path) DO UPDATE SET expires_at = excluded.expires_at, \
         repositories = excluded.repositories, announced_by = excluded.announced_by, announced_at = excluded.announced_at",
        params![
            category,
            removal.path.as_str(),
            removal.until,
            removal.repositories,
            &author.user,
            author.at
        ],
    )?;
    audit_log::record(tx, author, EXPECTED_REMOVAL, full_path, old.as_ref(), Some(removal))
}

/// Withdraws the announcement of a removal. Returns false if there is none.
pub(crate) fn withdraw_removal(
    tx: &Tx<'_>,
    author: &Author,
    category: CategoryId,
    full_path: &str,
    path: &DirPath,
) -> Result<bool, DbError> {
    let old = expected_removals(tx, category)?.into_iter().find(|e| e.path == *path);
    let Some(old) = old.filter(|e| e.until > author.at) else {
        return Ok(false);
    };
    tx.execute(
        "DELETE FROM expected_removal WHERE category_id = $1 AND path = $2",
        params![category, path.as_str()],
    )?;
    audit_log::record(tx, author, EXPECTED_REMOVAL, full_path, Some(&old), None)?;
    Ok(true)
}

/// A move that release detection proposed for one architecture of a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct ProposedMove {
    pub repository: RepositoryId,
    pub directory: DirectoryId,
    pub prefix: RepoPrefix,
    pub arch: Name,
    /// The paths with topdir.
    pub from: String,
    pub topdir: DirPath,
    pub to: DirPath,
    pub since: Timestamp,
    pub rejected_at: Option<Timestamp>,
    pub rejected_by: Option<String>,
}

/// Returns the proposed moves in order of their prefixes.
pub(crate) fn proposed_moves(tx: &Tx<'_>) -> Result<Vec<ProposedMove>, DbError> {
    tx.rows(
        "SELECT m.repository_id, m.directory_id, r.prefix, a.name AS arch, r.name AS \"from\", c.topdir, d.path AS \"to\", m.since, \
         m.rejected_at, m.rejected_by FROM proposed_move m JOIN repository r ON r.id = m.repository_id \
         JOIN arch a ON a.id = r.arch_id JOIN directory d ON d.id = m.directory_id JOIN category c ON c.id = d.category_id \
         WHERE r.prefix IS NOT NULL ORDER BY r.prefix, a.name",
        params![],
    )
}

/// Returns the repositories with a rejected move, with the rejected directory.
pub(crate) fn rejected_moves(tx: &Tx<'_>) -> Result<BTreeMap<RepositoryId, DirectoryId>, DbError> {
    let rows = tx.rows(
        "SELECT repository_id, directory_id FROM proposed_move WHERE rejected_at IS NOT NULL",
        params![],
    )?;
    Ok(rows.into_iter().collect())
}

/// Replaces the proposed moves by those of a run. A move that was proposed before keeps its time and its rejection.
pub(crate) fn put_proposed_moves(
    tx: &Tx<'_>,
    moves: &BTreeMap<RepositoryId, DirectoryId>,
    at: Timestamp,
) -> Result<(), DbError> {
    let rows: Vec<(RepositoryId, DirectoryId)> =
        tx.rows("SELECT repository_id, directory_id FROM proposed_move", params![])?;
    let before: BTreeMap<RepositoryId, DirectoryId> = rows.into_iter().collect();
    for repository in before.keys().filter(|id| !moves.contains_key(id)) {
        tx.execute(
            "DELETE FROM proposed_move WHERE repository_id = $1",
            params![*repository],
        )?;
    }
    for (repository, directory) in moves.iter().filter(|(id, to)| before.get(id) != Some(to)) {
        tx.execute(
            "INSERT INTO proposed_move (repository_id, directory_id, since) VALUES ($1, $2, $3) \
             ON CONFLICT (repository_id) DO UPDATE SET directory_id = excluded.directory_id, since = excluded.since, \
             rejected_at = NULL, rejected_by = NULL",
            params![*repository, *directory, at],
        )?;
    }
    Ok(())
}

/// Rejects the proposed moves of a prefix: its repositories stay where they are, and the moves are not reported again.
pub(crate) fn reject_moves(tx: &Tx<'_>, author: &Author, id: &str, prefix: &RepoPrefix) -> Result<(), DbError> {
    let rows = tx.execute_counted(
        "UPDATE proposed_move SET rejected_at = $2, rejected_by = $3 WHERE rejected_at IS NULL \
         AND repository_id IN (SELECT id FROM repository WHERE prefix = $1)",
        params![prefix.as_str(), author.at, &author.user],
    )?;
    record_decision(tx, author, id, "rejected", &json!({"moves": rows}))
}

/// A directory that no rule matches, or whose own files contradict the rule, and that is not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct UnresolvedPath {
    pub id: i64,
    /// The path, topdir included.
    pub path: String,
    pub reason: String,
    pub first_seen: Timestamp,
}

pub(crate) fn unresolved_paths(tx: &Tx<'_>) -> Result<Vec<UnresolvedPath>, DbError> {
    tx.rows(
        "SELECT id, path, reason, first_seen FROM unresolved_directory WHERE acknowledged_at IS NULL ORDER BY id",
        params![],
    )
}

/// A repository whose directory is missing from the master.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct MissingRepository {
    pub id: RepositoryId,
    /// The path, topdir included.
    pub path: String,
    pub prefix: Option<RepoPrefix>,
    pub arch: Name,
    /// When the directory was first missing; the start of the alert if its row was removed.
    pub since: Timestamp,
}

pub(crate) fn missing_repositories(tx: &Tx<'_>) -> Result<Vec<MissingRepository>, DbError> {
    tx.rows(
        "SELECT r.id, r.name AS path, r.prefix, a.name AS arch, coalesce(d.vanished_at, \
         (SELECT min(since) FROM alert WHERE job = 'detect' AND \"key\" = 'vanished'), r.first_seen) AS since \
         FROM repository r JOIN arch a ON a.id = r.arch_id LEFT JOIN directory d ON d.id = r.directory_id \
         WHERE d.id IS NULL OR d.vanished_at IS NOT NULL ORDER BY r.id",
        params![],
    )
}

/// A crawl run with pending results.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct PendingCrawl {
    pub run: RunId,
    pub scope: String,
    pub hosts: u64,
    pub since: Timestamp,
    /// The smallest number of later runs that found the same for a host.
    pub agreements: u64,
    pub stats: serde_json::Value,
}

pub(crate) fn crawls(tx: &Tx<'_>) -> Result<Vec<PendingCrawl>, DbError> {
    tx.rows(
        "SELECT r.id AS run_id, r.scope, count(*) AS hosts, min(p.stored_at) AS since, min(p.agreements) AS agreements, r.stats \
         FROM pending_result p JOIN run r ON r.id = p.run_id GROUP BY r.id, r.scope, r.stats ORDER BY r.id",
        params![],
    )
}

/// Returns the repositories that clients can request, by their names as `prefix/arch`.
pub(crate) fn repository_ids(tx: &Tx<'_>) -> Result<BTreeMap<String, RepositoryId>, DbError> {
    let rows = tx.rows(
        "SELECT r.prefix || '/' || a.name, r.id FROM repository r JOIN arch a ON a.id = r.arch_id WHERE r.prefix IS NOT NULL",
        params![],
    )?;
    Ok(rows.into_iter().collect())
}
