//! The queue of mails in the database, and its delivery.
//!
//! A mail is queued in the transaction of what it reports, and removed when the server has accepted it. A process claims the mails
//! that it delivers; a process that is killed meanwhile leaves them to the next one after the claim has expired, so a mail is sent at
//! least once, always with the same Message-ID.

use std::time::Duration;

use super::smtp::{OutgoingMail, SendError, no_response, send_all};
use super::template::Content;
use crate::config::MailConfig;
use crate::db::mail::QueuedMail;
use crate::db::{self, Db, DbError, Tx};
use crate::model::Timestamp;

/// The most mails of one delivery.
const MAX_MAILS: u32 = 200;
/// Time after which mails of a killed process are delivered by another one, in addition to `mail.timeout`.
const CLAIM_GRACE: Duration = Duration::from_mins(5);
/// The first and the longest interval between attempts.
const MIN_RETRY_INTERVAL: Duration = Duration::from_mins(5);
const MAX_RETRY_INTERVAL: Duration = Duration::from_hours(1);
/// The age at which a mail is given up, as mail servers do (RFC 5321 §4.5.4.1).
const MAX_AGE: Duration = Duration::from_hours(24 * 5);

/// The result of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub sent: usize,
    /// Why mails were not sent and stay in the queue; `None` if there were none.
    pub error: Option<String>,
    /// Why the server rejected a mail to an administrator.
    pub rejected_admin: Option<String>,
    /// When the oldest mail that still waits was queued.
    pub waiting_since: Option<Timestamp>,
}

/// Queues a mail to each recipient.
pub(crate) fn enqueue<R: AsRef<str>>(
    tx: &Tx<'_>,
    recipients: &[R],
    content: &Content,
    now: Timestamp,
) -> Result<(), DbError> {
    recipients
        .iter()
        .try_for_each(|to| db::mail::enqueue(tx, to.as_ref(), &content.subject, &content.body, now))
}

/// Delivers the mails whose next attempt is due (all that wait if `is_forced`), within `mail.timeout`. `None` = there were none.
pub(crate) fn deliver(
    db: &mut Db,
    config: &MailConfig,
    is_forced: bool,
    now: Timestamp,
) -> Result<Option<Delivery>, DbError> {
    let until = now.plus(config.timeout.get() + CLAIM_GRACE);
    let mails = db.write(|tx| db::mail::claim(tx, now, until, is_forced, MAX_MAILS))?;
    if mails.is_empty() {
        return Ok(None);
    }
    let mut results: Vec<Option<Result<(), SendError>>> = vec![None; mails.len()];
    send_all(config, mails.iter().map(outgoing).collect(), |n, result| {
        if let Some(slot) = results.get_mut(n) {
            *slot = Some(result);
        }
    });
    db.write(|tx| {
        let mut delivery = Delivery::default();
        let mut is_down = false;
        for (mail, result) in mails.iter().zip(results) {
            match result {
                Some(Ok(())) => {
                    db::mail::remove(tx, mail.id)?;
                    delivery.sent += 1;
                }
                Some(Err(SendError::Rejected(why))) => {
                    db::mail::fail(tx, mail.id, &why, now)?;
                    if config.admins.iter().any(|a| a.as_str() == mail.recipient) {
                        delivery.rejected_admin = Some(format!("{}: {why}", mail.recipient));
                    }
                }
                // After an unreachable server no other mail was tried.
                None if is_down => db::mail::release(tx, mail.id, None, now)?,
                other => {
                    is_down = !matches!(other, Some(Err(SendError::Deferred(_))));
                    let why = match other {
                        Some(Err(e)) => e.message().to_owned(),
                        Some(Ok(())) | None => no_response(config),
                    };
                    if now.since(mail.queued_at) >= MAX_AGE {
                        db::mail::fail(tx, mail.id, &why, now)?;
                    } else {
                        db::mail::release(tx, mail.id, Some(&why), now.plus(retry_interval(mail.attempts)))?;
                    }
                    delivery.error = Some(why);
                }
            }
        }
        delivery.waiting_since = db::mail::oldest_waiting(tx)?;
        Ok(Some(delivery))
    })
}

fn outgoing(mail: &QueuedMail) -> OutgoingMail {
    OutgoingMail {
        id: mail.id.to_string(),
        recipient: mail.recipient.clone(),
        content: Content {
            subject: mail.subject.clone(),
            body: mail.body.clone(),
        },
        queued_at: mail.queued_at,
    }
}

/// Returns the interval before the next attempt, after `attempts` earlier ones.
fn retry_interval(attempts: u32) -> Duration {
    MIN_RETRY_INTERVAL
        .saturating_mul(1 << attempts.min(10))
        .min(MAX_RETRY_INTERVAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_become_rarer() {
        let minutes: Vec<u64> = (0..6).map(|n| retry_interval(n).as_secs() / 60).collect();
        assert_eq!(minutes, [5, 10, 20, 40, 60, 60]);
        assert_eq!(retry_interval(u32::MAX), MAX_RETRY_INTERVAL);
    }
}
