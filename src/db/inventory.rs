//! Inventories of host categories. The one with the highest `seq` is current; the last three are kept.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::connection::{DbError, ResultRow, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, HostCategoryId, RunId, ScanSeq};
use crate::model::inventory::{DirectoryException, Inventory};

/// The number of inventories kept for each host category, including the current one.
pub(crate) const MAX_HISTORY: i64 = 3;

fn bitmap(r: &ResultRow<'_, '_>, n: usize) -> Result<RoaringBitmap, DbError> {
    RoaringBitmap::deserialize_from(r.bytes("inventory", n)?).map_err(|e| DbError::BadRow {
        table: "inventory",
        what: format!("bitmap in column {n}: {e}"),
    })
}

fn optional_bitmap(r: &ResultRow<'_, '_>, n: usize) -> Result<RoaringBitmap, DbError> {
    if r.get::<Option<Vec<u8>>>(n)?.is_some() {
        bitmap(r, n)
    } else {
        Ok(RoaringBitmap::new())
    }
}

fn row(r: &ResultRow<'_, '_>) -> Result<Inventory, DbError> {
    let exceptions: BTreeMap<DirectoryId, DirectoryException> =
        serde_json::from_str(r.text("inventory", 6)?).map_err(|e| DbError::BadRow {
            table: "inventory",
            what: format!("exceptions: {e}"),
        })?;
    Ok(Inventory {
        host_category: HostCategoryId(r.get(0)?),
        scan_seq: ScanSeq(r.get(1)?),
        checked_at: Timestamp(r.get(2)?),
        run: r.get::<Option<i64>>(3)?.map(RunId),
        present: bitmap(r, 4)?,
        missing: bitmap(r, 5)?,
        exceptions,
        inconclusive_since: r.get::<Option<i64>>(7)?.map(Timestamp),
        inconclusive_tries: r.int("inventory", 8)?,
        resume_directory: r
            .get::<Option<i64>>(9)?
            .and_then(|id| u32::try_from(id).ok())
            .map(DirectoryId),
        pending_probe: optional_bitmap(r, 10)?,
        last_full_probe_at: Timestamp(r.get(11)?),
        sample_rotation: r.int("inventory", 12)?,
    })
}

/// Returns the current inventory of every crawled host category.
pub fn current(tx: &Tx<'_>) -> Result<BTreeMap<HostCategoryId, Inventory>, DbError> {
    let rows = tx.all(
        "SELECT h.host_category_id, h.scan_seq, h.checked_at, h.run_id, h.present, h.missing, h.exceptions, \
         h.inconclusive_since, h.inconclusive_tries, h.resume_directory_id, h.pending_probe, h.last_full_probe_at, h.sample_rotation FROM inventory h \
         WHERE h.seq = (SELECT max(o.seq) FROM inventory o WHERE o.host_category_id = h.host_category_id)",
        params![],
        row,
    )?;
    Ok(rows.into_iter().map(|h| (h.host_category, h)).collect())
}

/// Returns the current inventory of one host category.
pub fn of(tx: &Tx<'_>, id: HostCategoryId) -> Result<Option<Inventory>, DbError> {
    tx.first(
        "SELECT host_category_id, scan_seq, checked_at, run_id, present, missing, exceptions, inconclusive_since, \
         inconclusive_tries, resume_directory_id, pending_probe, last_full_probe_at, sample_rotation FROM inventory WHERE host_category_id = $1 ORDER BY seq DESC LIMIT 1",
        params![id],
        row,
    )
}

/// Stores a new current inventory, and deletes the oldest ones.
pub fn put(tx: &Tx<'_>, inventory: &Inventory) -> Result<(), DbError> {
    let bytes = |b: &RoaringBitmap| -> Result<Vec<u8>, DbError> {
        let mut b = b.clone();
        b.optimize();
        let mut out = Vec::with_capacity(b.serialized_size());
        b.serialize_into(&mut out).map_err(|e| DbError::Sql(e.to_string()))?;
        Ok(out)
    };
    let exceptions = serde_json::to_string(&inventory.exceptions).map_err(|e| DbError::Sql(e.to_string()))?;
    let due = if inventory.pending_probe.is_empty() {
        None
    } else {
        Some(bytes(&inventory.pending_probe)?)
    };
    let id = inventory.host_category;
    let last: Option<i64> = tx.one(
        "SELECT max(seq) FROM inventory WHERE host_category_id = $1",
        params![id],
        |r| r.get(0),
    )?;
    let seq = last.unwrap_or(0) + 1;
    tx.execute(
        "INSERT INTO inventory (host_category_id, seq, run_id, scan_seq, checked_at, present, missing, exceptions, \
         inconclusive_since, inconclusive_tries, resume_directory_id, pending_probe, last_full_probe_at, sample_rotation) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            id,
            seq,
            inventory.run,
            inventory.scan_seq,
            inventory.checked_at,
            bytes(&inventory.present)?,
            bytes(&inventory.missing)?,
            exceptions,
            inventory.inconclusive_since,
            inventory.inconclusive_tries,
            inventory.resume_directory,
            due,
            inventory.last_full_probe_at,
            inventory.sample_rotation,
        ],
    )?;
    tx.execute(
        "DELETE FROM inventory WHERE host_category_id = $1 AND seq <= $2",
        params![id, seq - MAX_HISTORY],
    )?;
    Ok(())
}
