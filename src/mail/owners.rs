//! The mails to owners of hosts: a decision over the results that crawls stored, which passed outage and mass-loss protection.
//!
//! An owner gets one mail when a host is failing, disabled or good again, each after it lasted a day and two crawls, so that a
//! flapping host causes none; and two reminders while it is disabled. If too many mails are due at once, the cause is probably
//! not with the owners, and the administrators are notified instead.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::queue;
use super::template::{Content, Template, render};
use crate::config::MailConfig;
use crate::db::mail::OwnerHost;
use crate::db::{self, DbError, Tx};
use crate::model::Timestamp;
use crate::model::ids::{HostId, RunId};
use crate::model::names::EmailAddress;
use crate::model::owner_notice::{HostCondition, OwnerNotice};

const DAY: Duration = Duration::from_hours(24);
/// A condition is reported after it lasted this long, and in this many crawls.
const MIN_AGE: Duration = DAY;
const MIN_CRAWLS: u32 = 2;
/// The ages of a disabled host at which its owner is reminded.
const REMINDERS: [Duration; 2] = [Duration::from_hours(24 * 7), Duration::from_hours(24 * 30)];

/// The subject of a mail to an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, strum::IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub(crate) enum OwnerEvent {
    Failing,
    Disabled,
    Enabled,
    /// It is still disabled.
    Reminder,
}

/// Returns the notice after a crawl run found `condition`, and the mail that is due. `is_crawled` is true if the run stored a
/// result of the host.
fn decide(
    previous: Option<OwnerNotice>,
    condition: HostCondition,
    is_crawled: bool,
    now: Timestamp,
) -> (OwnerNotice, Option<OwnerEvent>) {
    let mut notice = match previous {
        Some(previous) if previous.condition == condition => previous,
        previous => OwnerNotice {
            condition,
            since: now,
            crawls: 0,
            reported: previous.and_then(|p| p.reported),
            is_owner_notified: previous.is_some_and(|p| p.is_owner_notified),
            reminders: previous.map_or(0, |p| p.reminders),
        },
    };
    notice.crawls = notice.crawls.saturating_add(u32::from(is_crawled));
    let age = now.since(notice.since);
    if age < MIN_AGE || notice.crawls < MIN_CRAWLS {
        return (notice, None);
    }
    if notice.reported != Some(condition) {
        let event = match condition {
            HostCondition::Failing => Some(OwnerEvent::Failing),
            HostCondition::Disabled => Some(OwnerEvent::Disabled),
            // An owner who got no bad news needs no good one.
            HostCondition::Good => notice.is_owner_notified.then_some(OwnerEvent::Enabled),
        };
        notice.reported = Some(condition);
        notice.is_owner_notified = false;
        notice.reminders = 0;
        return (notice, event);
    }
    let sent = usize::try_from(notice.reminders).unwrap_or(usize::MAX);
    let is_due = REMINDERS.get(sent).is_some_and(|at| age >= *at);
    if condition == HostCondition::Disabled && notice.is_owner_notified && is_due {
        notice.reminders += 1;
        return (notice, Some(OwnerEvent::Reminder));
    }
    (notice, None)
}

/// Returns the condition of a host. With `warn_after_failures` 0 no host is failing.
fn condition(host: &OwnerHost, warn_after_failures: u32) -> HostCondition {
    if host.is_disabled_by_crawler {
        HostCondition::Disabled
    } else if warn_after_failures > 0 && host.crawl_failures >= warn_after_failures {
        HostCondition::Failing
    } else {
        HostCondition::Good
    }
}

/// One host in a mail to its owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct MailHost {
    pub name: String,
    /// The start of the condition.
    pub since: String,
    /// May be empty.
    pub reason: String,
}

/// What is to be done after a crawl run.
#[derive(Debug, Default, PartialEq, Eq)]
struct OwnerPlan {
    notices: Vec<(HostId, OwnerNotice)>,
    /// The hosts by recipient and event.
    mails: BTreeMap<(EmailAddress, OwnerEvent), Vec<MailHost>>,
    /// Hosts whose mails are left to the administrators, because there were too many.
    left: Vec<String>,
}

fn plan(
    hosts: &[OwnerHost],
    previous: &BTreeMap<HostId, OwnerNotice>,
    warn_after_failures: u32,
    max_hosts: usize,
    now: Timestamp,
) -> OwnerPlan {
    let mut out = OwnerPlan::default();
    let mut due = Vec::new();
    for host in hosts.iter().filter(|h| h.is_wanted) {
        let condition = condition(host, warn_after_failures);
        let (notice, event) = decide(previous.get(&host.id).copied(), condition, host.is_crawled, now);
        let recipient = host.robot_email.as_deref().and_then(|a| a.parse::<EmailAddress>().ok());
        if let (Some(event), Some(recipient)) = (event, recipient) {
            due.push((out.notices.len(), host, recipient, event));
        }
        out.notices.push((host.id, notice));
    }
    let is_too_many = due.len() > max_hosts;
    for (index, host, recipient, event) in due {
        let Some((_, notice)) = out.notices.get_mut(index) else {
            continue;
        };
        if is_too_many {
            out.left.push(host.name.clone());
            continue;
        }
        notice.is_owner_notified = true;
        out.mails.entry((recipient, event)).or_default().push(MailHost {
            name: host.name.clone(),
            since: notice.since.to_string(),
            reason: host.disable_reason.clone().unwrap_or_default(),
        });
    }
    out
}

#[derive(Debug, Serialize)]
struct OwnerMail<'a> {
    event: OwnerEvent,
    hosts: &'a [MailHost],
    /// The address or page of the operators; may be empty.
    contact: &'a str,
}

/// Renders the mail about hosts of one owner.
pub(crate) fn compose(config: &MailConfig, contact: &str, event: OwnerEvent, hosts: &[MailHost]) -> Content {
    render(config, Template::Owner, &OwnerMail { event, hosts, contact })
}

/// Queues the mails that are due after a crawl run, and stores what was reported. Returns the hosts that were left to the
/// administrators.
pub(crate) fn notify(
    tx: &Tx<'_>,
    config: &MailConfig,
    contact: &str,
    warn_after_failures: u32,
    run: RunId,
    now: Timestamp,
) -> Result<Vec<String>, DbError> {
    let hosts = db::mail::owner_hosts(tx, run)?;
    let previous = db::mail::owner_notices(tx)?.into_iter().collect();
    let plan = plan(&hosts, &previous, warn_after_failures, config.max_owner_hosts, now);
    for (host, notice) in &plan.notices {
        if previous.get(host) != Some(notice) {
            db::mail::put_owner_notice(tx, *host, notice)?;
        }
    }
    for ((recipient, event), hosts) in &plan.mails {
        let content = compose(config, contact, *event, hosts);
        queue::enqueue(tx, &[recipient], &content, now)?;
    }
    Ok(plan.left)
}

#[cfg(test)]
mod tests;
