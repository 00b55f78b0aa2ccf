//! Inventories of host categories. The one with the highest `seq` is current; the last three are kept.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::connection::{DbError, Tx, params};
use crate::model::ids::HostCategoryId;
use crate::model::inventory::Inventory;

/// The number of inventories kept for each host category, including the current one.
pub(crate) const MAX_HISTORY: i64 = 3;

/// Returns the current inventory of every crawled host category.
pub fn current(tx: &Tx<'_>) -> Result<BTreeMap<HostCategoryId, Inventory>, DbError> {
    let rows: Vec<Inventory> = tx.rows(
        "SELECT h.host_category_id, h.scan_seq, h.checked_at, h.run_id, h.present, h.missing, h.exceptions, \
         h.inconclusive_since, h.inconclusive_tries, h.resume_directory_id, h.pending_probe, h.last_full_probe_at, \
         h.sample_rotation FROM inventory h \
         WHERE h.seq = (SELECT max(o.seq) FROM inventory o WHERE o.host_category_id = h.host_category_id)",
        params![],
    )?;
    Ok(rows.into_iter().map(|h| (h.host_category, h)).collect())
}

/// Returns the current inventory of one host category.
pub fn find(tx: &Tx<'_>, id: HostCategoryId) -> Result<Option<Inventory>, DbError> {
    tx.optional_row(
        "SELECT host_category_id, scan_seq, checked_at, run_id, present, missing, exceptions, inconclusive_since, \
         inconclusive_tries, resume_directory_id, pending_probe, last_full_probe_at, sample_rotation FROM inventory \
         WHERE host_category_id = $1 ORDER BY seq DESC LIMIT 1",
        params![id],
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
    let id = inventory.host_category;
    let seq: i64 = tx.row(
        "SELECT coalesce(max(seq), 0) + 1 FROM inventory WHERE host_category_id = $1",
        params![id],
    )?;
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
            serde_json::to_string(&inventory.exceptions)?,
            inventory.inconclusive_since,
            inventory.inconclusive_tries,
            inventory.resume_directory,
            (!inventory.pending_probe.is_empty())
                .then(|| bytes(&inventory.pending_probe))
                .transpose()?,
            inventory.last_full_probe_at,
            inventory.sample_rotation,
        ],
    )?;
    tx.execute(
        "DELETE FROM inventory WHERE host_category_id = $1 AND seq <= $2",
        params![id, seq - MAX_HISTORY],
    )
}
