//! Scans: the recorded state before one, and a [`ScanPlan`] applied in one short transaction.
//!
//! Directories and the details of their files are written atomically.

use std::collections::{BTreeMap, BTreeSet};

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::file::{REPOMD, SampledFile, ScannedDetail};
use crate::model::ids::{CategoryId, DirectoryId, ScanSeq};
use crate::model::listing::{
    ChangedDirectory, KnownCategory, KnownDirectory, ScanOutcome, ScanPlan, ScannedDirectory, StoredContent,
};
use crate::model::names::DirPath;

/// Returns the recorded state of a category.
pub(crate) fn known(tx: &Tx<'_>, category: CategoryId) -> Result<KnownCategory, DbError> {
    let generation = super::directory::scan_seq(tx, category)?;
    let rows = tx.all(
        "SELECT id, path, readable, ctime, vanished_at, needs_scan, fingerprint, \
         CASE WHEN path = 'repodata' OR substr(path, -9) = '/repodata' THEN files END FROM directory WHERE category_id = $1",
        params![category],
        |r| {
            let (id, path, readable, ctime, vanished_at, needs_scan, fingerprint, files) = r.read()?;
            // Only a repomd.xml is checked although the time of the directory is unchanged.
            let files: Option<Vec<SampledFile>> = files;
            let repomd = files.and_then(|all| all.into_iter().find(|f| f.name == REPOMD));
            let known = KnownDirectory {
                id,
                readable,
                ctime,
                fingerprint,
                repomd: repomd.and_then(|f| Some((f.size?, f.timestamp))),
                vanished_at,
                needs_scan,
            };
            Ok((path, known))
        },
    )?;
    Ok(KnownCategory {
        id: category,
        scan_seq: generation,
        directories: rows.into_iter().collect(),
        pending: pending_removals(tx, category)?,
        rejected: rejected_removals(tx, category)?,
        repositories: requestable_repositories(tx, category)?,
        expected: super::pending::expected_removals(tx, category)?,
        decisions: super::refused_version::decisions(tx, category)?,
        refused: super::refused_version::directories(tx, category)?,
    })
}

/// Returns the directories of the repositories that clients can request, with the names of these repositories.
pub(crate) fn requestable_repositories(
    tx: &Tx<'_>,
    category: CategoryId,
) -> Result<BTreeMap<DirPath, Vec<String>>, DbError> {
    let rows: Vec<(DirPath, String)> = tx.rows(
        "SELECT d.path, r.prefix || '/' || a.name FROM repository r JOIN directory d ON d.id = r.directory_id \
         JOIN arch a ON a.id = r.arch_id WHERE d.category_id = $1 AND r.prefix IS NOT NULL AND r.disabled = 0 ORDER BY r.id",
        params![category],
    )?;
    let mut out: BTreeMap<DirPath, Vec<String>> = BTreeMap::new();
    for (path, name) in rows {
        out.entry(path).or_default().push(name);
    }
    Ok(out)
}

fn rejected_removals(tx: &Tx<'_>, category: CategoryId) -> Result<BTreeSet<DirectoryId>, DbError> {
    let ids = tx.rows(
        "SELECT p.directory_id FROM pending_removal p JOIN directory d ON d.id = p.directory_id \
         WHERE d.category_id = $1 AND p.rejected_at IS NOT NULL",
        params![category],
    )?;
    Ok(ids.into_iter().collect())
}

/// Returns the directories whose removal needs confirmation.
fn pending_removals(tx: &Tx<'_>, category: CategoryId) -> Result<BTreeSet<DirectoryId>, DbError> {
    let ids = tx.rows(
        "SELECT p.directory_id FROM pending_removal p JOIN directory d ON d.id = p.directory_id WHERE d.category_id = $1",
        params![category],
    )?;
    Ok(ids.into_iter().collect())
}

/// Returns the recorded content of directories.
pub(crate) fn stored(tx: &Tx<'_>, directories: &[DirectoryId]) -> Result<StoredContent, DbError> {
    let mut out = StoredContent::default();
    for &id in directories {
        let Some(files) = tx.optional_row("SELECT files FROM directory WHERE id = $1", params![id])? else {
            continue;
        };
        out.files.insert(id, files);
        let newest = super::file_detail::newest_of(tx, id)?;
        out.details.insert(id, newest.into_iter().map(|d| d.file).collect());
    }
    Ok(out)
}

/// Modification times of the watched files of a category, and the time of the check.
pub(crate) type Watched = (BTreeMap<String, String>, Timestamp);

/// Returns the watched files as they were when the last successful complete scan started.
pub(crate) fn watched(tx: &Tx<'_>, category: CategoryId) -> Result<Option<Watched>, DbError> {
    let row: Option<(String, Timestamp)> = tx.optional_row(
        "SELECT seen, seen_at FROM scan_watch WHERE category_id = $1",
        params![category],
    )?;
    // An invalid value is ignored, so that the category is scanned.
    Ok(row.and_then(|(seen, at)| Some((serde_json::from_str(&seen).ok()?, at))))
}

/// Records the watched files.
pub(crate) fn put_watched(
    tx: &Tx<'_>,
    category: CategoryId,
    seen: &BTreeMap<String, String>,
    at: Timestamp,
) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO scan_watch (category_id, seen, seen_at) VALUES ($1, $2, $3) \
         ON CONFLICT (category_id) DO UPDATE SET seen = excluded.seen, seen_at = excluded.seen_at",
        params![category, serde_json::to_string(seen)?, at],
    )
}

/// Applies a scan plan at the time `at`; the scan sequence is increased only by changes.
pub(crate) fn apply(tx: &Tx<'_>, plan: &ScanPlan, at: Timestamp) -> Result<ScanOutcome, DbError> {
    let current = super::directory::scan_seq(tx, plan.category)?;
    if current != plan.base_seq {
        return Err(DbError::Constraint(
            "another scan of the category ran meanwhile; nothing was written, run the scan again".to_owned(),
        ));
    }
    let mut write = Write {
        tx,
        category: plan.category,
        generation: current,
        taken_at: plan.taken_at,
        at,
    };
    if plan.changes_something() {
        write.generation = current.next();
        for (path, directory) in &plan.added {
            write.add(path, directory)?;
        }
        for changed in &plan.changed {
            write.change(changed)?;
        }
        for (directory, detail) in &plan.details {
            write.detail(*directory, detail)?;
        }
        for (directory, filename) in &plan.gone {
            write.supersede(*directory, filename)?;
        }
        for id in &plan.vanished {
            write.vanish(*id)?;
        }
        for id in &plan.removed {
            tx.execute("DELETE FROM directory WHERE id = $1", params![*id])?;
        }
    }
    for (id, now) in &plan.touched {
        write.touch(*id, now)?;
    }
    write.pending(&plan.pending)?;
    for (id, refused) in &plan.refused {
        super::refused_version::put(tx, *id, refused, at)?;
    }
    for id in &plan.repaired {
        super::refused_version::end(tx, *id, at)?;
    }
    tx.execute(
        "UPDATE category SET scan_seq = $2, scanned_at = $3 WHERE id = $1",
        params![plan.category, write.generation, at],
    )?;
    Ok(plan.outcome(write.generation))
}

/// Writes the parts of a plan.
struct Write<'a, 'c> {
    tx: &'a Tx<'c>,
    category: CategoryId,
    generation: ScanSeq,
    taken_at: Timestamp,
    at: Timestamp,
}

impl Write<'_, '_> {
    fn add(&self, path: &DirPath, directory: &ScannedDirectory) -> Result<(), DbError> {
        let content = directory.content.clone().unwrap_or_default();
        let id = self.tx.insert(
            "INSERT INTO directory (category_id, path, readable, ctime, fingerprint, files, changed_seq, first_seen, needs_scan) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            params![
                self.category,
                path.as_str(),
                directory.readable,
                directory.ctime,
                directory.fingerprint,
                serde_json::to_string(&content.files)?,
                self.generation,
                self.at,
                directory.is_unstable(self.taken_at),
            ],
        )?;
        let id = u32::try_from(id).map_err(|_| DbError::BadRow {
            table: "directory",
            what: format!("ID {id} exceeds 32 bits"),
        })?;
        for detail in &content.details {
            self.detail(DirectoryId(id), detail)?;
        }
        if let Some(refused) = &content.refused {
            super::refused_version::put(self.tx, DirectoryId(id), refused, self.at)?;
        }
        Ok(())
    }

    fn change(&self, changed: &ChangedDirectory) -> Result<(), DbError> {
        self.tx.execute(
            "UPDATE directory SET readable = $2, changed_seq = $3, vanished_at = NULL, \
             opened_at = CASE WHEN $4 = 1 THEN $5 WHEN $2 = 1 THEN opened_at END WHERE id = $1",
            params![
                changed.id,
                changed.now.readable,
                self.generation,
                changed.opened,
                self.at
            ],
        )?;
        self.touch(changed.id, &changed.now)
    }

    /// Records time and fingerprint, and the files if they were read.
    fn touch(&self, id: DirectoryId, now: &ScannedDirectory) -> Result<(), DbError> {
        self.tx.execute(
            "UPDATE directory SET ctime = $2, fingerprint = $3 WHERE id = $1",
            params![id, now.ctime, now.fingerprint],
        )?;
        if let Some(content) = &now.content {
            self.tx.execute(
                "UPDATE directory SET files = $2, needs_scan = $3 WHERE id = $1",
                params![
                    id,
                    serde_json::to_string(&content.files)?,
                    now.is_unstable(self.taken_at)
                ],
            )?;
        }
        Ok(())
    }

    /// Marks the newest version of a file as superseded.
    fn supersede(&self, directory: DirectoryId, filename: &str) -> Result<(), DbError> {
        self.tx.execute(
            "UPDATE file_detail SET superseded_seq = $3, superseded_at = $4 \
             WHERE directory_id = $1 AND filename = $2 AND superseded_seq IS NULL",
            params![directory, filename, self.generation, self.at],
        )
    }

    /// Replaces the pending removals.
    fn pending(&self, directories: &BTreeSet<DirectoryId>) -> Result<(), DbError> {
        let before = pending_removals(self.tx, self.category)?;
        for id in before.difference(directories) {
            self.tx
                .execute("DELETE FROM pending_removal WHERE directory_id = $1", params![*id])?;
        }
        for id in directories.difference(&before) {
            self.tx.execute(
                "INSERT INTO pending_removal (directory_id, since) VALUES ($1, $2)",
                params![*id, self.at],
            )?;
            // Whether its `repomd.xml` is back is decided from its files.
            self.tx
                .execute("UPDATE directory SET needs_scan = 1 WHERE id = $1", params![*id])?;
        }
        Ok(())
    }

    /// Adds a new version of a file, which supersedes the previous one.
    fn detail(&self, directory: DirectoryId, detail: &ScannedDetail) -> Result<(), DbError> {
        self.supersede(directory, &detail.filename)?;
        let h = &detail.hashes;
        self.tx.execute(
            "INSERT INTO file_detail (directory_id, filename, timestamp, size, md5, sha1, sha256, sha512, first_seq, \
             first_seen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            params![
                directory,
                &detail.filename,
                detail.timestamp,
                detail.size,
                h.md5.as_deref(),
                h.sha1.as_deref(),
                h.sha256.as_deref(),
                h.sha512.as_deref(),
                self.generation,
                self.at,
            ],
        )
    }

    fn vanish(&self, id: DirectoryId) -> Result<(), DbError> {
        self.tx.execute(
            "UPDATE directory SET vanished_at = $2, changed_seq = $3 WHERE id = $1",
            params![id, self.at, self.generation],
        )
    }
}
