//! Versions of `repomd.xml` that are not offered, and decisions of operators about versions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit_log::{self, Author};
use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::{CategoryId, DirectoryId};
use crate::model::names::{DirPath, Name, RepoPrefix};
use crate::model::refused::{RefusalReason, RefusedVersion, VersionDecision};

/// Entity name of decisions in the audit log; the key is `DIRECTORY SHA256`.
const ENTITY: &str = "version-decision";
/// How long a version that the master no longer has is remembered, in seconds: mirrors may still have it.
const MEMORY: i64 = 30 * 86_400;

/// Records that a scan refused a version, and that its directory must be read by each scan until it is good.
pub(super) fn put(tx: &Tx<'_>, directory: DirectoryId, refused: &RefusedVersion, at: Timestamp) -> Result<(), DbError> {
    tx.execute("UPDATE directory SET needs_scan = 1 WHERE id = $1", params![directory])?;
    if refused.reason == RefusalReason::NewerThanList {
        return Ok(());
    }
    tx.execute(
        "UPDATE refused_version SET ended_at = $3 WHERE directory_id = $1 AND sha256 <> $2 AND ended_at IS NULL",
        params![directory, refused.sha256(), at],
    )?;
    let version = &refused.version;
    tx.execute(
        "INSERT INTO refused_version (directory_id, reason, explanation, timestamp, size, sha256, first_seen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (directory_id, sha256) DO UPDATE SET reason = excluded.reason, \
         explanation = excluded.explanation, ended_at = NULL, \
         first_seen = CASE WHEN refused_version.ended_at IS NULL THEN refused_version.first_seen ELSE excluded.first_seen END",
        params![
            directory,
            refused.reason.to_string(),
            &refused.explanation,
            version.timestamp,
            version.size,
            refused.sha256(),
            at,
        ],
    )
}

/// Records that the `repomd.xml` of a directory is good, and forgets what no mirror has any longer.
pub(super) fn end(tx: &Tx<'_>, directory: DirectoryId, at: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "UPDATE refused_version SET ended_at = $2 WHERE directory_id = $1 AND ended_at IS NULL",
        params![directory, at],
    )?;
    tx.execute(
        "DELETE FROM refused_version WHERE ended_at < $1",
        params![Timestamp(at.0.saturating_sub(MEMORY))],
    )
}

/// Returns the directories of a category whose `repomd.xml` is refused now.
pub(super) fn directories(tx: &Tx<'_>, category: CategoryId) -> Result<BTreeSet<DirectoryId>, DbError> {
    let ids = tx.rows(
        "SELECT v.directory_id FROM refused_version v JOIN directory d ON d.id = v.directory_id \
         WHERE d.category_id = $1 AND v.ended_at IS NULL",
        params![category],
    )?;
    Ok(ids.into_iter().collect())
}

/// Returns the SHA-256 digests of the refused versions of each directory of a category, also of those that the master no longer
/// has.
pub(super) fn hashes(tx: &Tx<'_>, category: CategoryId) -> Result<BTreeMap<DirectoryId, Vec<String>>, DbError> {
    let rows: Vec<(DirectoryId, String)> = tx.rows(
        "SELECT v.directory_id, v.sha256 FROM refused_version v JOIN directory d ON d.id = v.directory_id \
         WHERE d.category_id = $1 ORDER BY v.id",
        params![category],
    )?;
    let mut out: BTreeMap<DirectoryId, Vec<String>> = BTreeMap::new();
    for (directory, sha256) in rows {
        out.entry(directory).or_default().push(sha256);
    }
    Ok(out)
}

/// Returns the decisions about versions in a category, including expired ones.
pub(super) fn decisions(
    tx: &Tx<'_>,
    category: CategoryId,
) -> Result<BTreeMap<DirectoryId, Vec<VersionDecision>>, DbError> {
    let rows: Vec<(DirectoryId, String, bool, Option<Timestamp>)> = tx.rows(
        "SELECT v.directory_id, v.sha256, v.is_accepted, v.expires_at FROM version_decision v \
         JOIN directory d ON d.id = v.directory_id WHERE d.category_id = $1 ORDER BY v.id",
        params![category],
    )?;
    let mut out: BTreeMap<DirectoryId, Vec<VersionDecision>> = BTreeMap::new();
    for (directory, sha256, is_accepted, until) in rows {
        out.entry(directory).or_default().push(VersionDecision {
            sha256,
            is_accepted,
            until,
        });
    }
    Ok(out)
}

/// A version that is refused now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefusedNow {
    pub category: String,
    pub directory: DirectoryId,
    /// The path of its directory below the topdir.
    pub path: DirPath,
    pub reason: String,
    pub explanation: String,
    pub sha256: String,
    pub first_seen: Timestamp,
}

/// Returns the versions that are refused now, by what the scans found; not those that an operator blocked.
pub(crate) fn refused_now(tx: &Tx<'_>) -> Result<Vec<RefusedNow>, DbError> {
    tx.rows(
        "SELECT c.name AS category, v.directory_id AS directory, d.path, v.reason, v.explanation, v.sha256, v.first_seen \
         FROM refused_version v JOIN directory d ON d.id = v.directory_id JOIN category c ON c.id = d.category_id \
         WHERE v.ended_at IS NULL AND v.reason <> 'blocked' ORDER BY v.first_seen, v.id",
        params![],
    )
}

/// The directory with the metadata of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct MetadataDirectory {
    pub id: DirectoryId,
    pub category: String,
    /// Its path below the topdir.
    pub path: DirPath,
}

/// Returns the directory with the metadata of a repository.
pub(crate) fn metadata_directory(
    tx: &Tx<'_>,
    prefix: &RepoPrefix,
    arch: &Name,
) -> Result<Option<MetadataDirectory>, DbError> {
    tx.optional_row(
        "SELECT m.id, c.name AS category, m.path FROM repository r JOIN arch a ON a.id = r.arch_id \
         JOIN directory d ON d.id = r.directory_id JOIN category c ON c.id = d.category_id \
         JOIN directory m ON m.category_id = d.category_id \
         AND m.path = CASE WHEN d.path = '' THEN 'repodata' ELSE d.path || '/repodata' END \
         WHERE r.prefix = $1 AND a.name = $2",
        params![prefix.as_str(), arch.as_str()],
    )
}

/// Returns true if a directory has or had this version, offered or refused.
pub(crate) fn is_known(tx: &Tx<'_>, directory: DirectoryId, sha256: &str) -> Result<bool, DbError> {
    let rows: i64 = tx.row(
        "SELECT (SELECT count(*) FROM file_detail WHERE directory_id = $1 AND filename = 'repomd.xml' AND sha256 = $2) \
         + (SELECT count(*) FROM refused_version WHERE directory_id = $1 AND sha256 = $2)",
        params![directory, sha256],
    )?;
    Ok(rows > 0)
}

/// A decision of an operator about a version.
#[derive(Debug, Clone)]
pub(crate) struct Decision<'a> {
    /// The directory of the `repomd.xml`.
    pub directory: DirectoryId,
    pub sha256: &'a str,
    pub is_accepted: bool,
    pub reason: &'a str,
    pub until: Option<Timestamp>,
}

/// Records a decision; the next scan applies it. A version that is offered now and is blocked is replaced at once by the one before.
/// Returns false if no other version is known: then nothing is changed.
pub(crate) fn decide(tx: &Tx<'_>, author: &Author, decision: &Decision<'_>) -> Result<bool, DbError> {
    let Decision {
        directory,
        sha256,
        is_accepted,
        reason,
        until,
    } = *decision;
    if !is_accepted && !restore_previous(tx, directory, sha256, author.at)? {
        return Ok(false);
    }
    tx.execute(
        "INSERT INTO version_decision (directory_id, sha256, is_accepted, reason, decided_by, decided_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (directory_id, sha256) DO UPDATE SET is_accepted = excluded.is_accepted, \
         reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at, \
         expires_at = excluded.expires_at",
        params![directory, sha256, is_accepted, reason, &author.user, author.at, until],
    )?;
    tx.execute("UPDATE directory SET needs_scan = 1 WHERE id = $1", params![directory])?;
    let new = json!({"accepted": is_accepted, "reason": reason, "until": until});
    let path: String = tx.row("SELECT path FROM directory WHERE id = $1", params![directory])?;
    audit_log::record(tx, author, ENTITY, &format!("{path} {sha256}"), None, Some(&new))?;
    Ok(true)
}

/// Makes the version before the newest one, if this version is the newest. Returns false if there is none.
fn restore_previous(tx: &Tx<'_>, directory: DirectoryId, sha256: &str, at: Timestamp) -> Result<bool, DbError> {
    let newest: Option<(i64, i64, u64)> = tx.optional_row(
        "SELECT id, timestamp, size FROM file_detail WHERE directory_id = $1 AND filename = 'repomd.xml' AND sha256 = $2 \
         AND superseded_seq IS NULL",
        params![directory, sha256],
    )?;
    let Some((_, timestamp, size)) = newest else {
        return Ok(true);
    };
    let before: Option<i64> = tx.optional_row(
        "SELECT id FROM file_detail WHERE directory_id = $1 AND filename = 'repomd.xml' AND sha256 <> $2 \
         ORDER BY superseded_at DESC, id DESC LIMIT 1",
        params![directory, sha256],
    )?;
    let Some(before) = before else {
        return Ok(false);
    };
    tx.execute(
        "UPDATE category SET scan_seq = scan_seq + 1 WHERE id = (SELECT category_id FROM directory WHERE id = $1)",
        params![directory],
    )?;
    tx.execute(
        "DELETE FROM file_detail WHERE directory_id = $1 AND filename = 'repomd.xml' AND sha256 = $2",
        params![directory, sha256],
    )?;
    tx.execute(
        "INSERT INTO file_detail (directory_id, filename, timestamp, size, md5, sha1, sha256, sha512, first_seq, first_seen) \
         SELECT f.directory_id, f.filename, f.timestamp, f.size, f.md5, f.sha1, f.sha256, f.sha512, c.scan_seq, $3 \
         FROM file_detail f JOIN directory d ON d.id = f.directory_id JOIN category c ON c.id = d.category_id \
         WHERE f.id = $2 AND f.directory_id = $1",
        params![directory, before, at],
    )?;
    tx.execute(
        "UPDATE directory SET changed_seq = (SELECT c.scan_seq FROM category c WHERE c.id = directory.category_id) WHERE id = $1",
        params![directory],
    )?;
    tx.execute(
        "INSERT INTO refused_version (directory_id, reason, explanation, timestamp, size, sha256, first_seen) \
         VALUES ($1, 'blocked', 'is blocked by an operator', $2, $3, $4, $5) ON CONFLICT (directory_id, sha256) \
         DO UPDATE SET reason = 'blocked', explanation = excluded.explanation, ended_at = NULL",
        params![directory, timestamp, size, sha256, at],
    )?;
    Ok(true)
}
