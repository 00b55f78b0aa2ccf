//! Reverting a crawl run.

use serde::Serialize;

use super::pending::item_id;
use super::write_status;
use crate::db::audit_log::Author;
use crate::db::connection::{DbError, Tx, params};
use crate::db::pending::record_decision;
use crate::db::registry;
use crate::model::ids::{HostCategoryId, RunId};
use crate::model::registry::{DisabledBy, Host};

/// Effects of reverting a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[expect(clippy::struct_field_names, reason = "the name in the JSON report")]
pub(crate) struct Reverted {
    /// Inventories that were replaced by the previous ones.
    pub reverted: u64,
    /// Inventories of the run that a later crawl had already superseded.
    pub superseded: u64,
    pub dropped: u64,
    /// Hosts that the run had disabled and that were re-enabled.
    pub reenabled: Vec<String>,
}

impl Reverted {
    /// Returns true if nothing was changed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.reverted == 0 && self.dropped == 0 && self.reenabled.is_empty()
    }
}

/// Reverts a crawl: the previous inventories become current, its pending results are dropped, and hosts that it disabled
/// (`disabled`, by name) are re-enabled unless their state was changed since.
pub(crate) fn revert(tx: &Tx<'_>, run: RunId, disabled: &[String], author: &Author) -> Result<Reverted, DbError> {
    let mut out = Reverted {
        dropped: tx.execute_counted("DELETE FROM pending_result WHERE run_id = $1", params![run])?,
        ..Reverted::default()
    };
    let mine: Vec<(HostCategoryId, i64)> = tx.rows(
        "SELECT host_category_id, seq FROM inventory WHERE run_id = $1 ORDER BY seq DESC",
        params![run],
    )?;
    for (id, seq) in mine {
        let newest: i64 = tx.row(
            "SELECT max(seq) FROM inventory WHERE host_category_id = $1",
            params![id],
        )?;
        if newest != seq {
            out.superseded += 1;
            continue;
        }
        tx.execute(
            "DELETE FROM inventory WHERE host_category_id = $1 AND seq = $2",
            params![id, seq],
        )?;
        tx.execute(
            "DELETE FROM finding WHERE host_category_id = $1 AND run_id = $2",
            params![id, run],
        )?;
        out.reverted += 1;
    }
    for host in registry::hosts(tx)? {
        if disabled.iter().any(|name| *name == host.name.as_str()) && reenable(tx, &host, author)? {
            out.reenabled.push(host.name.to_string());
        }
    }
    record_decision(tx, author, &item_id(run), "reverted", &out)?;
    Ok(out)
}

fn reenable(tx: &Tx<'_>, host: &Host, author: &Author) -> Result<bool, DbError> {
    if host.user_active || host.disabled_by != Some(DisabledBy::Crawler) {
        return Ok(false);
    }
    let mut after = host.clone();
    (after.user_active, after.disabled_by, after.disable_reason) = (true, None, None);
    after.crawl_failures = host.crawl_failures.saturating_sub(1);
    write_status(tx, author, host, &after)?;
    Ok(true)
}
