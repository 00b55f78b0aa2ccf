//! Versions, repositories and unmatched paths, as release detection reads and writes them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::change::{self, Author};
use super::engine::{DbError, Tx, params};
use super::registry;
use crate::model::Epoch;
use crate::model::ids::{ArchId, CategoryId, DirectoryId, ProductId, VersionId};
use crate::model::names::{DirPath, Name, RepoPrefix};

/// A directory that has a `repodata` below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryDirectory {
    /// Its row.
    pub id: DirectoryId,
    /// Its category.
    pub category: CategoryId,
    /// Its full name, topdir included.
    pub path: String,
}

/// A path that no rule knew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmatchedRow {
    /// Its category.
    pub category: CategoryId,
    /// Its full name.
    pub path: String,
    /// When somebody acknowledged it.
    pub acknowledged_at: Option<Epoch>,
}

/// A version to create.
#[derive(Debug, Clone, Serialize)]
pub struct VersionRow<'a> {
    /// The product's name.
    pub product: &'a Name,
    /// Its name.
    pub name: &'a Name,
    /// A test release.
    pub is_test: bool,
    /// Shown on pages.
    pub display: bool,
}

/// A repository to create.
#[derive(Debug, Clone, Serialize)]
pub struct RepositoryRow<'a> {
    /// Its full name.
    pub name: &'a str,
    /// Its prefix.
    pub prefix: Option<&'a RepoPrefix>,
    /// Its category.
    pub category: CategoryId,
    /// Its product.
    pub product: &'a Name,
    /// Its version.
    pub version: &'a Name,
    /// Its arch.
    pub arch: &'a Name,
    /// Its directory.
    pub directory: DirectoryId,
}

/// The full name of a directory: topdir and path.
pub fn full_name(topdir: &DirPath, path: &DirPath) -> String {
    match (topdir.is_top(), path.is_top()) {
        (true, _) => path.as_str().to_owned(),
        (false, true) => topdir.as_str().to_owned(),
        (false, false) => format!("{topdir}/{path}"),
    }
}

/// All directories present on the master that have a `repodata` below them, sorted by full name.
pub fn repository_directories(tx: &Tx<'_>) -> Result<Vec<RepositoryDirectory>, DbError> {
    let mut out = Vec::new();
    for category in registry::categories(tx)? {
        let rows: Vec<(DirectoryId, DirPath)> = tx.all(
            "SELECT id, path FROM directory WHERE category_id = $1 AND vanished_at IS NULL",
            params![category.id],
            |r| Ok((DirectoryId(r.int("directory", 0)?), r.parsed("directory", 1)?)),
        )?;
        let parents: BTreeSet<DirPath> = rows
            .iter()
            .filter(|(_, p)| p.file_name() == "repodata")
            .filter_map(|(_, p)| p.parent())
            .collect();
        out.extend(
            rows.into_iter()
                .filter(|(_, p)| parents.contains(p))
                .map(|(id, p)| RepositoryDirectory {
                    id,
                    category: category.id,
                    path: full_name(&category.topdir, &p),
                }),
        );
    }
    out.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(out)
}

/// The paths that no rule knew.
pub fn unmatched(tx: &Tx<'_>) -> Result<Vec<UnmatchedRow>, DbError> {
    tx.all(
        "SELECT category_id, path, acknowledged_at FROM unmatched ORDER BY id",
        params![],
        |r| {
            Ok(UnmatchedRow {
                category: CategoryId(r.get(0)?),
                path: r.get(1)?,
                acknowledged_at: r.get::<Option<i64>>(2)?.map(Epoch),
            })
        },
    )
}

/// Stores a path that no rule knows, or that one still does not know it.
pub fn put_unmatched(tx: &Tx<'_>, category: CategoryId, path: &str, reason: &str, now: Epoch) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO unmatched (category_id, path, reason, first_seen, last_seen) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (category_id, path) DO UPDATE SET reason = excluded.reason, last_seen = excluded.last_seen",
        params![category, path, reason, now],
    )?;
    Ok(())
}

/// Forgets a path that is matched by now, or gone.
pub fn drop_unmatched(tx: &Tx<'_>, category: CategoryId, path: &str) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM unmatched WHERE category_id = $1 AND path = $2",
        params![category, path],
    )?;
    Ok(())
}

/// Records that a person knows of the path; tells whether there is such a path.
pub fn acknowledge(tx: &Tx<'_>, path: &str, author: &Author) -> Result<bool, DbError> {
    let rows = tx.execute(
        "UPDATE unmatched SET acknowledged_at = $2, acknowledged_by = $3 WHERE path = $1",
        params![path, author.at, &author.user],
    )?;
    if rows > 0 {
        change::record(tx, author, "unmatched", path, None, Some(&"acknowledged"))?;
    }
    Ok(rows > 0)
}

/// Creates a version.
pub fn add_version(tx: &Tx<'_>, author: &Author, version: &VersionRow<'_>) -> Result<(), DbError> {
    let product = product_id(tx, version.product)?;
    tx.execute(
        "INSERT INTO version (product_id, name, is_test, display, first_seen) VALUES ($1, $2, $3, $4, $5)",
        params![
            product,
            version.name.as_str(),
            version.is_test,
            version.display,
            author.at
        ],
    )?;
    let key = format!("{} {}", version.product, version.name);
    change::record(tx, author, "version", &key, None, Some(version))
}

/// Creates a repository.
pub fn add_repository(tx: &Tx<'_>, author: &Author, repository: &RepositoryRow<'_>) -> Result<(), DbError> {
    let product = product_id(tx, repository.product)?;
    let version = tx.one(
        "SELECT id FROM version WHERE product_id = $1 AND name = $2",
        params![product, repository.version.as_str()],
        |r| r.get(0).map(VersionId),
    )?;
    let arch = tx.one(
        "SELECT id FROM arch WHERE name = $1",
        params![repository.arch.as_str()],
        |r| r.get(0).map(ArchId),
    )?;
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
    change::record(tx, author, "repository", repository.name, None, Some(repository))
}

/// Links a repository whose directory was gone to the one that is back under its name.
pub fn relink(tx: &Tx<'_>, author: &Author, name: &str, directory: DirectoryId) -> Result<(), DbError> {
    tx.execute(
        "UPDATE repository SET directory_id = $2 WHERE name = $1 AND directory_id IS NULL",
        params![name, directory],
    )?;
    change::record(
        tx,
        author,
        "repository",
        name,
        None,
        Some(&BTreeMap::from([("directory", directory)])),
    )
}

fn product_id(tx: &Tx<'_>, name: &Name) -> Result<ProductId, DbError> {
    tx.one("SELECT id FROM product WHERE name = $1", params![name.as_str()], |r| {
        r.get(0).map(ProductId)
    })
}
