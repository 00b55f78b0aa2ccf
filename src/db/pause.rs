//! Pauses of jobs. Setting and resuming them is recorded in the audit log.

use super::audit_log::{self, Author};
use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::CategoryId;
use crate::model::pause::{JobPause, PausableJob};

/// Entity name of pauses in the audit log.
pub(super) const ENTITY: &str = "pause";

/// The pauses that are active at `now`, oldest first.
pub(crate) fn active(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<JobPause>, DbError> {
    let all = all(tx)?.into_iter().map(|(_, pause)| pause);
    let mut active: Vec<JobPause> = all.filter(|p| p.is_active(now)).collect();
    // Not by ID: a pause that an undo restored has a new ID and its old start.
    active.sort_by(|a, b| (a.since, a.job, &a.category).cmp(&(b.since, b.job, &b.category)));
    Ok(active)
}

/// The pauses that are active at `now`, with the IDs of their rows.
pub(crate) fn active_with_ids(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<(i64, JobPause)>, DbError> {
    let all = all(tx)?.into_iter();
    Ok(all.filter(|(_, pause)| pause.is_active(now)).collect())
}

/// All rows with their IDs, including expired ones.
fn all(tx: &Tx<'_>) -> Result<Vec<(i64, JobPause)>, DbError> {
    tx.rows(
        "SELECT job_pause.id, job_pause.job, category.name AS category, job_pause.paused_until AS until, job_pause.reason, \
         job_pause.paused_by AS \"user\", job_pause.paused_at AS since \
         FROM job_pause LEFT JOIN category ON category.id = job_pause.category_id ORDER BY job_pause.id",
        params![],
    )
}

fn key(pause: &JobPause) -> String {
    match &pause.category {
        None => pause.job.to_string(),
        Some(category) => format!("{} {category}", pause.job),
    }
}

/// Sets a pause and replaces an active one of the same job and category. `category` is the row that `pause.category`
/// names. Expired rows are deleted.
pub(crate) fn set(tx: &Tx<'_>, author: &Author, pause: &JobPause, category: Option<CategoryId>) -> Result<(), DbError> {
    let mut old = None;
    for (id, known) in all(tx)? {
        let same = known.job == pause.job && known.category == pause.category;
        if same || !known.is_active(author.at) {
            delete(tx, id)?;
        }
        if same && known.is_active(author.at) {
            old = Some(known);
        }
    }
    insert(tx, pause, category)?;
    audit_log::record(tx, author, ENTITY, &key(pause), old.as_ref(), Some(pause))
}

/// Ends the pauses of `job`: that of one category, or all with `None`. Returns those that were active.
pub(crate) fn resume(
    tx: &Tx<'_>,
    author: &Author,
    job: PausableJob,
    category: Option<&str>,
) -> Result<Vec<JobPause>, DbError> {
    let mut resumed = Vec::new();
    for (id, known) in all(tx)? {
        if known.job != job || category.is_some_and(|c| known.category.as_deref() != Some(c)) {
            continue;
        }
        delete(tx, id)?;
        if known.is_active(author.at) {
            audit_log::record(tx, author, ENTITY, &key(&known), Some(&known), None)?;
            resumed.push(known);
        }
    }
    Ok(resumed)
}

/// Ends one pause.
pub(crate) fn resume_one(tx: &Tx<'_>, author: &Author, pause: &JobPause) -> Result<(), DbError> {
    for (id, known) in all(tx)?.into_iter().filter(|(_, known)| known == pause) {
        delete(tx, id)?;
        audit_log::record(tx, author, ENTITY, &key(&known), Some(&known), None)?;
    }
    Ok(())
}

fn delete(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM job_pause WHERE id = $1", params![id])
}

fn insert(tx: &Tx<'_>, pause: &JobPause, category: Option<CategoryId>) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO job_pause (job, category_id, paused_until, reason, paused_by, paused_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            pause.job.into_str(),
            category,
            pause.until,
            &pause.reason,
            &pause.user,
            pause.since
        ],
    )
}

/// Reverts an audit entry of a pause: removes `new` and restores `old` unchanged. Returns a message about the result, or
/// the reason why it cannot be reverted.
pub(super) fn undo(
    tx: &Tx<'_>,
    author: &Author,
    old: Option<&JobPause>,
    new: Option<&JobPause>,
) -> Result<Result<String, String>, DbError> {
    let Some(either) = new.or(old) else {
        return Ok(Err("the audit entry does not name the paused job".to_owned()));
    };
    let name = key(either);
    let present = all(tx)?.into_iter().find(|(_, p)| key(p) == name);
    if let Some(new) = new {
        match &present {
            Some((id, known)) if known == new && known.is_active(author.at) => delete(tx, *id)?,
            _ => return Ok(Err(format!("the pause of {name} is no longer active"))),
        }
    } else if let Some((id, known)) = &present {
        if known.is_active(author.at) {
            return Ok(Err(format!("{name} is paused again; resume it first")));
        }
        delete(tx, *id)?;
    }
    if let Some(old) = old {
        if !old.is_active(author.at) {
            return Ok(Err(format!("the pause of {name} has expired")));
        }
        let category = match &old.category {
            None => None,
            Some(wanted) => {
                let sql = "SELECT id FROM category WHERE name = $1";
                let Some(id) = tx.optional_row(sql, params![wanted.as_str()])? else {
                    return Ok(Err(format!("the category {wanted} no longer exists")));
                };
                Some(id)
            }
        };
        insert(tx, old, category)?;
    }
    audit_log::record(tx, author, ENTITY, &name, new, old)?;
    let result = if old.is_some() {
        "is paused as before"
    } else {
        "is resumed"
    };
    Ok(Ok(format!("{name} {result}")))
}
