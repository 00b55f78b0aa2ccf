//! Holds: rows of `hold`. Setting and releasing them goes to the audit log.

use super::change::{self, Author};
use super::engine::{DbError, Tx, params};
use crate::model::Epoch;
use crate::model::hold::{Hold, What};
use crate::model::ids::CategoryId;

/// What the audit log calls a hold.
const NOUN: &str = "hold";

/// Those that hold at `now`, oldest first.
pub fn active(tx: &Tx<'_>, now: Epoch) -> Result<Vec<Hold>, DbError> {
    let all = all(tx)?.into_iter().map(|(_, hold)| hold);
    Ok(all.filter(|h| h.is_active(now)).collect())
}

/// All rows with their ids, those whose time is over too.
fn all(tx: &Tx<'_>) -> Result<Vec<(i64, Hold)>, DbError> {
    let rows: Vec<(i64, String, Hold)> = tx.all(
        "SELECT hold.id, hold.what, category.name, hold.held_until, hold.reason, hold.held_by, hold.held_at \
         FROM hold LEFT JOIN category ON category.id = hold.category_id ORDER BY hold.id",
        params![],
        |r| {
            let hold = Hold {
                what: What::Scan,
                category: r.get(2)?,
                until: r.get::<Option<i64>>(3)?.map(Epoch),
                reason: r.get(4)?,
                by: r.get(5)?,
                since: Epoch(r.get(6)?),
            };
            Ok((r.get(0)?, r.get(1)?, hold))
        },
    )?;
    // The table takes no other word.
    let known = |(id, what, hold): (i64, String, Hold)| {
        Some((
            id,
            Hold {
                what: what.parse().ok()?,
                ..hold
            },
        ))
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

fn key(hold: &Hold) -> String {
    match &hold.category {
        None => hold.what.to_string(),
        Some(category) => format!("{} {category}", hold.what),
    }
}

/// Sets a hold, in the place of the one of the same kind and category if there is one. `category` is the row that `hold.category`
/// names. Rows whose time is over go.
pub fn set(tx: &Tx<'_>, author: &Author, hold: &Hold, category: Option<CategoryId>) -> Result<(), DbError> {
    let mut old = None;
    for (id, known) in all(tx)? {
        let same = known.what == hold.what && known.category == hold.category;
        if same || !known.is_active(author.at) {
            tx.execute("DELETE FROM hold WHERE id = $1", params![id])?;
        }
        if same && known.is_active(author.at) {
            old = Some(known);
        }
    }
    tx.execute(
        "INSERT INTO hold (what, category_id, held_until, reason, held_by, held_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            hold.what.as_str(),
            category.map(|c| c.0),
            hold.until.map(|u| u.0),
            &hold.reason,
            &hold.by,
            hold.since
        ],
    )?;
    change::record(tx, author, NOUN, &key(hold), old.as_ref(), Some(hold))
}

/// Ends holds of `what`: of one category, or with `None` all. Returns those that held.
pub fn release(tx: &Tx<'_>, author: &Author, what: What, category: Option<&str>) -> Result<Vec<Hold>, DbError> {
    let mut released = Vec::new();
    for (id, known) in all(tx)? {
        if known.what != what || category.is_some_and(|c| known.category.as_deref() != Some(c)) {
            continue;
        }
        tx.execute("DELETE FROM hold WHERE id = $1", params![id])?;
        if known.is_active(author.at) {
            change::record(tx, author, NOUN, &key(&known), Some(&known), None)?;
            released.push(known);
        }
    }
    Ok(released)
}
