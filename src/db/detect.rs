//! Versions, repositories and unresolved directories, for release detection.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::audit_log::{self, Author};
use super::connection::{DbError, Tx, params};
use super::registry;
use crate::model::Timestamp;
use crate::model::ids::{ArchId, CategoryId, DirectoryId, ProductId, RepositoryId, VersionId};
use crate::model::names::{DirPath, Name, RepoPrefix};

/// A directory that has a `repodata` below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RepositoryDirectory {
    pub id: DirectoryId,
    pub category: CategoryId,
    /// The path, topdir included.
    pub path: String,
    /// The path below the topdir.
    pub below: DirPath,
    /// The time of the scan that first saw it.
    pub first_seen: Timestamp,
}

/// A recorded repository, for detection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct RecordedRepository {
    pub id: RepositoryId,
    /// The path, topdir included.
    pub name: String,
    pub prefix: Option<RepoPrefix>,
    pub version: Name,
    pub arch: Name,
    /// The directory; `None` if its row was removed.
    pub directory: Option<DirectoryId>,
    /// True if the directory is missing from the master.
    pub gone: bool,
}

/// A version to create.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct NewVersion {
    pub product: Name,
    pub version: Name,
    pub is_test: bool,
    /// True if shown on pages.
    pub display: bool,
}

/// A repository to create.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DetectedRepository<'a> {
    /// The path, topdir included.
    pub name: &'a str,
    pub prefix: Option<&'a RepoPrefix>,
    pub category: CategoryId,
    pub product: &'a Name,
    pub version: &'a Name,
    pub arch: &'a Name,
    pub directory: DirectoryId,
}

/// Returns the path of a directory, topdir included.
pub(crate) fn full_name(topdir: &DirPath, path: &DirPath) -> String {
    match (topdir.is_top(), path.is_top()) {
        (true, _) => path.as_str().to_owned(),
        (false, true) => topdir.as_str().to_owned(),
        (false, false) => format!("{topdir}/{path}"),
    }
}

/// Returns the directory that contains a `repodata`.
fn parent_of_repodata(path: &str) -> Option<&str> {
    let top = (path == "repodata").then_some("");
    top.or_else(|| path.strip_suffix("/repodata"))
}

/// Returns all directories on the master that contain a `repodata`, sorted by path.
pub(crate) fn repository_directories(tx: &Tx<'_>) -> Result<Vec<RepositoryDirectory>, DbError> {
    let mut out = Vec::new();
    for category in registry::categories(tx)? {
        // Most rows are neither, so paths are not parsed yet.
        let rows: Vec<(DirectoryId, String, Timestamp)> = tx.rows(
            "SELECT id, path, first_seen FROM directory WHERE category_id = $1 AND vanished_at IS NULL",
            params![category.id],
        )?;
        let parents: HashSet<&str> = rows.iter().filter_map(|(_, p, _)| parent_of_repodata(p)).collect();
        for (id, path, first_seen) in &rows {
            if !parents.contains(path.as_str()) {
                continue;
            }
            let below: DirPath = path.parse().map_err(|what| DbError::BadRow {
                table: "directory",
                what,
            })?;
            out.push(RepositoryDirectory {
                id: *id,
                category: category.id,
                path: full_name(&category.topdir, &below),
                below,
                first_seen: *first_seen,
            });
        }
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// Returns all repositories, by ID.
pub(crate) fn recorded(tx: &Tx<'_>) -> Result<Vec<RecordedRepository>, DbError> {
    tx.rows(
        "SELECT r.id, r.name, r.prefix, v.name AS version, a.name AS arch, r.directory_id, \
         CASE WHEN d.id IS NULL OR d.vanished_at IS NOT NULL THEN 1 ELSE 0 END AS gone \
         FROM repository r JOIN version v ON v.id = r.version_id JOIN arch a ON a.id = r.arch_id \
         LEFT JOIN directory d ON d.id = r.directory_id ORDER BY r.id",
        params![],
    )
}

/// Returns the directories that no rule matches, or whose own files contradict the rule; true for acknowledged ones.
pub(crate) fn unresolved(tx: &Tx<'_>) -> Result<BTreeMap<(CategoryId, String), bool>, DbError> {
    let rows = tx.rows(
        "SELECT category_id, path, acknowledged_at IS NOT NULL FROM unresolved_directory ORDER BY id",
        params![],
    )?;
    Ok(rows.into_iter().collect())
}

/// Stores an unresolved directory, or updates its reason.
pub(crate) fn put_unresolved(
    tx: &Tx<'_>,
    category: CategoryId,
    path: &str,
    reason: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO unresolved_directory (category_id, path, reason, first_seen, last_seen) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (category_id, path) DO UPDATE SET reason = excluded.reason, last_seen = excluded.last_seen",
        params![category, path, reason, now],
    )
}

/// Removes an unresolved directory.
pub(crate) fn remove_unresolved(tx: &Tx<'_>, category: CategoryId, path: &str) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM unresolved_directory WHERE category_id = $1 AND path = $2",
        params![category, path],
    )
}

/// Acknowledges an unresolved directory. Returns false if there is none with this path.
pub(crate) fn acknowledge(tx: &Tx<'_>, path: &str, author: &Author) -> Result<bool, DbError> {
    let rows = tx.execute_counted(
        "UPDATE unresolved_directory SET acknowledged_at = $2, acknowledged_by = $3 WHERE path = $1",
        params![path, author.at, &author.user],
    )?;
    if rows > 0 {
        audit_log::record(tx, author, "unresolved-directory", path, None, Some(&"acknowledged"))?;
    }
    Ok(rows > 0)
}

/// Creates a version of a product.
pub(crate) fn add_version(tx: &Tx<'_>, author: &Author, new: &NewVersion) -> Result<(), DbError> {
    let NewVersion {
        product,
        version: name,
        is_test,
        display,
    } = new;
    tx.execute(
        "INSERT INTO version (product_id, name, is_test, display, first_seen) VALUES ($1, $2, $3, $4, $5)",
        params![product_id(tx, product)?, name.as_str(), *is_test, *display, author.at],
    )?;
    let row = json!({"product": product, "name": name, "is_test": is_test, "display": display});
    audit_log::record(tx, author, "version", &format!("{product} {name}"), None, Some(&row))
}

/// Creates a repository with its directory.
pub(crate) fn add_repository(tx: &Tx<'_>, author: &Author, repository: &DetectedRepository<'_>) -> Result<(), DbError> {
    let (version, arch) = (version_id(tx, repository)?, arch_id(tx, repository.arch)?);
    tx.execute(
        "INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, first_seen) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            repository.name,
            repository.prefix.map(RepoPrefix::as_str),
            repository.category,
            version,
            arch,
            repository.directory,
            author.at,
        ],
    )?;
    audit_log::record(tx, author, "repository", repository.name, None, Some(repository))
}

/// Links a repository whose directory was removed to the one that returned under its name.
pub(crate) fn relink(tx: &Tx<'_>, author: &Author, name: &str, directory: DirectoryId) -> Result<(), DbError> {
    tx.execute(
        "UPDATE repository SET directory_id = $2 WHERE name = $1 AND directory_id IS NULL",
        params![name, directory],
    )?;
    audit_log::record(
        tx,
        author,
        "repository",
        name,
        None,
        Some(&json!({"directory": directory})),
    )
}

/// A repository as stored in the audit log.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct LoggedRepository {
    name: String,
    prefix: Option<String>,
    category: String,
    product: String,
    version: String,
    arch: String,
    directory: Option<i64>,
    disabled: bool,
}

fn state(tx: &Tx<'_>, id: RepositoryId) -> Result<LoggedRepository, DbError> {
    tx.row(
        "SELECT r.name, r.prefix, c.name AS category, p.name AS product, v.name AS version, a.name AS arch, r.directory_id, \
         r.disabled FROM repository r JOIN category c ON c.id = r.category_id JOIN version v ON v.id = r.version_id \
         JOIN arch a ON a.id = r.arch_id JOIN product p ON p.id = v.product_id WHERE r.id = $1",
        params![id],
    )
}

/// Sets the prefix of a repository without one.
pub(crate) fn set_prefix(tx: &Tx<'_>, author: &Author, id: RepositoryId, prefix: &RepoPrefix) -> Result<(), DbError> {
    let old = state(tx, id)?;
    tx.execute(
        "UPDATE repository SET prefix = $2 WHERE id = $1 AND prefix IS NULL",
        params![id, prefix.as_str()],
    )?;
    audit_log::record(tx, author, "repository", &old.name, Some(&old), Some(&state(tx, id)?))
}

/// Points a repository at another directory; the prefix keeps its row and everything that refers to it. The old directory,
/// unless it was removed, is recorded without a prefix, so that it is not detected as new.
pub(crate) fn set_directory(
    tx: &Tx<'_>,
    author: &Author,
    id: RepositoryId,
    to: &DetectedRepository<'_>,
    old_is_gone: bool,
) -> Result<(), DbError> {
    let old = state(tx, id)?;
    if !old_is_gone {
        let left = tx.insert(
            "INSERT INTO repository (name, prefix, category_id, version_id, arch_id, directory_id, disabled, first_seen) \
             SELECT name, NULL, category_id, version_id, arch_id, directory_id, disabled, first_seen FROM repository \
             WHERE id = $1 RETURNING id",
            params![id],
        )?;
        let left = state(tx, RepositoryId(left))?;
        audit_log::record(tx, author, "repository", &left.name, None, Some(&left))?;
    }
    let (version, arch) = (version_id(tx, to)?, arch_id(tx, to.arch)?);
    tx.execute(
        "UPDATE repository SET name = $2, category_id = $3, version_id = $4, arch_id = $5, directory_id = $6 WHERE id = $1",
        params![id, to.name, to.category, version, arch, to.directory],
    )?;
    audit_log::record(tx, author, "repository", to.name, Some(&old), Some(&state(tx, id)?))
}

fn version_id(tx: &Tx<'_>, of: &DetectedRepository<'_>) -> Result<VersionId, DbError> {
    tx.row(
        "SELECT id FROM version WHERE product_id = $1 AND name = $2",
        params![product_id(tx, of.product)?, of.version.as_str()],
    )
}

fn arch_id(tx: &Tx<'_>, name: &Name) -> Result<ArchId, DbError> {
    tx.row("SELECT id FROM arch WHERE name = $1", params![name.as_str()])
}

/// Removes a repository whose directory was removed, after an operator confirmed it.
pub(crate) fn remove(tx: &Tx<'_>, author: &Author, id: RepositoryId) -> Result<(), DbError> {
    let old = state(tx, id)?;
    tx.execute("DELETE FROM repository WHERE id = $1", params![id])?;
    audit_log::record(tx, author, "repository", &old.name, Some(&old), None)
}

fn product_id(tx: &Tx<'_>, name: &Name) -> Result<ProductId, DbError> {
    tx.row("SELECT id FROM product WHERE name = $1", params![name.as_str()])
}
