//! Holds: rows of `hold`. Setting and releasing them goes to the audit log.

use super::change::{self, Author};
use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::CategoryId;
use crate::model::pause::{JobPause, PausableJob};

/// What the audit log calls a hold.
pub(super) const ENTITY: &str = "hold";

/// Those that hold at `now`, oldest first.
pub fn active(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<JobPause>, DbError> {
    let all = all(tx)?.into_iter().map(|(_, hold)| hold);
    let mut active: Vec<JobPause> = all.filter(|h| h.is_active(now)).collect();
    // Not by row: one that an undo brought back is as old as it was.
    active.sort_by(|a, b| (a.since, a.what, &a.category).cmp(&(b.since, b.what, &b.category)));
    Ok(active)
}

/// All rows with their ids, those whose time is over too.
fn all(tx: &Tx<'_>) -> Result<Vec<(i64, JobPause)>, DbError> {
    let rows: Vec<(i64, String, JobPause)> = tx.all(
        "SELECT hold.id, hold.what, category.name, hold.held_until, hold.reason, hold.held_by, hold.held_at \
         FROM hold LEFT JOIN category ON category.id = hold.category_id ORDER BY hold.id",
        params![],
        |r| {
            let hold = JobPause {
                what: PausableJob::Scan,
                category: r.get(2)?,
                until: r.get::<Option<i64>>(3)?.map(Timestamp),
                reason: r.get(4)?,
                by: r.get(5)?,
                since: Timestamp(r.get(6)?),
            };
            Ok((r.get(0)?, r.get(1)?, hold))
        },
    )?;
    // The table takes no other word.
    let known = |(id, what, hold): (i64, String, JobPause)| {
        Some((
            id,
            JobPause {
                what: what.parse().ok()?,
                ..hold
            },
        ))
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

fn key(hold: &JobPause) -> String {
    match &hold.category {
        None => hold.what.to_string(),
        Some(category) => format!("{} {category}", hold.what),
    }
}

/// Sets a hold, in the place of the one of the same kind and category if there is one. `category` is the row that `hold.category`
/// names. Rows whose time is over go.
pub fn set(tx: &Tx<'_>, author: &Author, hold: &JobPause, category: Option<CategoryId>) -> Result<(), DbError> {
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
    insert(tx, hold, category)?;
    change::record(tx, author, ENTITY, &key(hold), old.as_ref(), Some(hold))
}

/// Ends holds of `what`: of one category, or with `None` all. Returns those that held.
pub fn release(
    tx: &Tx<'_>,
    author: &Author,
    what: PausableJob,
    category: Option<&str>,
) -> Result<Vec<JobPause>, DbError> {
    let mut released = Vec::new();
    for (id, known) in all(tx)? {
        if known.what != what || category.is_some_and(|c| known.category.as_deref() != Some(c)) {
            continue;
        }
        tx.execute("DELETE FROM hold WHERE id = $1", params![id])?;
        if known.is_active(author.at) {
            change::record(tx, author, ENTITY, &key(&known), Some(&known), None)?;
            released.push(known);
        }
    }
    Ok(released)
}

fn insert(tx: &Tx<'_>, hold: &JobPause, category: Option<CategoryId>) -> Result<(), DbError> {
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
    Ok(())
}

/// Takes back what a line of the audit log says of a hold: `new` goes, `old` comes again, as it was. Returns what was done in
/// words, or why it cannot be done.
pub(super) fn take_back(
    tx: &Tx<'_>,
    author: &Author,
    old: Option<&JobPause>,
    new: Option<&JobPause>,
) -> Result<Result<String, String>, DbError> {
    let Some(either) = new.or(old) else {
        return Ok(Err("the audit log does not say what was held".to_owned()));
    };
    let name = key(either);
    let stands = all(tx)?.into_iter().find(|(_, h)| key(h) == name);
    if let Some(new) = new {
        match &stands {
            Some((id, known)) if known == new && known.is_active(author.at) => {
                tx.execute("DELETE FROM hold WHERE id = $1", params![*id])?;
            }
            _ => return Ok(Err(format!("the hold of {name} is over already"))),
        }
    } else if let Some((id, known)) = &stands {
        if known.is_active(author.at) {
            return Ok(Err(format!("{name} is held again; release that first")));
        }
        tx.execute("DELETE FROM hold WHERE id = $1", params![*id])?;
    }
    if let Some(old) = old {
        if !old.is_active(author.at) {
            return Ok(Err(format!("the time of the hold of {name} is over")));
        }
        let category = match &old.category {
            None => None,
            Some(wanted) => {
                let found = super::registry::categories(tx)?;
                let Some(row) = found.iter().find(|c| c.name.as_str() == wanted) else {
                    return Ok(Err(format!("there is no category {wanted} any more")));
                };
                Some(row.id)
            }
        };
        insert(tx, old, category)?;
    }
    change::record(tx, author, ENTITY, &name, new, old)?;
    let done = if old.is_some() {
        "is held as before"
    } else {
        "is released"
    };
    Ok(Ok(format!("{name} {done}")))
}
