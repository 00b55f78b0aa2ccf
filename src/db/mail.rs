//! Mails that wait for delivery, the times of digests, and what owners were notified of.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::HostId;
use crate::model::owner_notice::{HostCondition, OwnerNotice};

/// Retention of mails that were given up.
const FAILED_RETENTION: Duration = Duration::from_hours(24 * 30);

/// A mail in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QueuedMail {
    pub id: i64,
    pub recipient: String,
    pub subject: String,
    pub body: String,
    pub queued_at: Timestamp,
    pub attempts: u32,
    pub next_attempt_at: Timestamp,
    pub last_error: Option<String>,
    pub failed_at: Option<Timestamp>,
}

pub(crate) fn enqueue(tx: &Tx<'_>, recipient: &str, subject: &str, body: &str, now: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO mail_queue (recipient, subject, body, queued_at, next_attempt_at) VALUES ($1, $2, $3, $4, $4)",
        params![recipient, subject, body, now],
    )
}

/// Claims up to `limit` mails whose next attempt is due (all that wait if `is_forced`), the oldest first. They are not claimed
/// again before `until`.
pub(crate) fn claim(
    tx: &Tx<'_>,
    now: Timestamp,
    until: Timestamp,
    is_forced: bool,
    limit: u32,
) -> Result<Vec<QueuedMail>, DbError> {
    let mails: Vec<QueuedMail> = tx.rows(
        "SELECT id, recipient, subject, body, queued_at, attempts, next_attempt_at, last_error, failed_at FROM mail_queue \
         WHERE failed_at IS NULL AND (claimed_until IS NULL OR claimed_until <= $1) AND ($2 OR next_attempt_at <= $1) \
         ORDER BY id LIMIT $3",
        params![now, is_forced, limit],
    )?;
    for mail in &mails {
        tx.execute(
            "UPDATE mail_queue SET claimed_until = $2 WHERE id = $1",
            params![mail.id, until],
        )?;
    }
    Ok(mails)
}

/// Removes a mail that was sent.
pub(crate) fn remove(tx: &Tx<'_>, id: i64) -> Result<(), DbError> {
    tx.execute("DELETE FROM mail_queue WHERE id = $1", params![id])
}

/// Gives up a mail.
pub(crate) fn fail(tx: &Tx<'_>, id: i64, error: &str, now: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM mail_queue WHERE failed_at < $1",
        params![now.minus(FAILED_RETENTION)],
    )?;
    tx.execute(
        "UPDATE mail_queue SET failed_at = $2, last_error = $3, attempts = attempts + 1, claimed_until = NULL WHERE id = $1",
        params![id, now, error],
    )
}

/// Releases a mail that was not sent. With an error its next attempt is at `next`.
pub(crate) fn release(tx: &Tx<'_>, id: i64, error: Option<&str>, next: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "UPDATE mail_queue SET claimed_until = NULL, attempts = attempts + ($2 IS NOT NULL), last_error = coalesce($2, last_error), \
         next_attempt_at = CASE WHEN $2 IS NULL THEN next_attempt_at ELSE $3 END WHERE id = $1",
        params![id, error, next],
    )
}

/// Returns when the oldest waiting mail was queued.
pub(crate) fn oldest_waiting(tx: &Tx<'_>) -> Result<Option<Timestamp>, DbError> {
    tx.row(
        "SELECT min(queued_at) FROM mail_queue WHERE failed_at IS NULL",
        params![],
    )
}

/// Returns all mails, waiting and failed, the oldest first.
pub(crate) fn all(tx: &Tx<'_>) -> Result<Vec<QueuedMail>, DbError> {
    tx.all_rows(
        "SELECT id, recipient, subject, body, queued_at, attempts, next_attempt_at, last_error, failed_at FROM mail_queue ORDER BY id",
    )
}

/// Returns when the last digest was made.
pub(crate) fn last_digest(tx: &Tx<'_>) -> Result<Option<Timestamp>, DbError> {
    tx.row("SELECT max(created_at) FROM mail_digest", params![])
}

pub(crate) fn record_digest(tx: &Tx<'_>, now: Timestamp) -> Result<(), DbError> {
    tx.execute(
        "DELETE FROM mail_digest WHERE created_at < $1",
        params![now.minus(FAILED_RETENTION)],
    )?;
    tx.execute("INSERT INTO mail_digest (created_at) VALUES ($1)", params![now])
}

/// A host after a crawl run: its condition is derived from these columns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct OwnerHost {
    pub id: HostId,
    pub name: String,
    pub robot_email: Option<String>,
    /// Enabled by administrators and owner, with its site.
    pub is_wanted: bool,
    pub is_disabled_by_crawler: bool,
    pub crawl_failures: u32,
    pub disable_reason: Option<String>,
    /// True if the run stored a result of the host.
    pub is_crawled: bool,
}

/// Returns all hosts, with what run `run` stored.
pub(crate) fn owner_hosts(tx: &Tx<'_>, run: crate::model::ids::RunId) -> Result<Vec<OwnerHost>, DbError> {
    tx.rows(
        "SELECT h.id, h.name, h.robot_email, \
         h.admin_active AND s.admin_active AND s.user_active AND (h.user_active OR h.disabled_by = 'crawler') AS is_wanted, \
         coalesce(h.disabled_by = 'crawler', 0) AS is_disabled_by_crawler, h.crawl_failures, h.disable_reason, \
         EXISTS (SELECT 1 FROM crawl_result r WHERE r.host_id = h.id AND r.run_id = $1) AS is_crawled \
         FROM host h JOIN site s ON s.id = h.site_id ORDER BY h.name",
        params![run],
    )
}

pub(crate) fn owner_notices(tx: &Tx<'_>) -> Result<Vec<(HostId, OwnerNotice)>, DbError> {
    tx.all_rows("SELECT host_id, condition, since, crawls, reported, is_owner_notified, reminders FROM owner_notice")
}

pub(crate) fn put_owner_notice(tx: &Tx<'_>, host: HostId, n: &OwnerNotice) -> Result<(), DbError> {
    let reported: Option<&str> = n.reported.map(HostCondition::into);
    tx.execute(
        "INSERT INTO owner_notice (host_id, condition, since, crawls, reported, is_owner_notified, reminders) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (host_id) DO UPDATE SET condition = excluded.condition, \
         since = excluded.since, crawls = excluded.crawls, reported = excluded.reported, \
         is_owner_notified = excluded.is_owner_notified, reminders = excluded.reminders",
        params![
            host,
            <&str>::from(n.condition),
            n.since,
            n.crawls,
            reported,
            n.is_owner_notified,
            n.reminders
        ],
    )
}
