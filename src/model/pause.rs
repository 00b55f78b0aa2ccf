//! Pauses of jobs: an operator keeps a job, or one category of it, from starting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

use super::Timestamp;

/// A job that can be paused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", const_into_str)]
#[strum(parse_err_ty = String, parse_err_fn = not_pausable)]
pub(crate) enum PausableJob {
    /// The job of `mm-scan-master`.
    Scan,
    /// The job of `mm-crawl`.
    Crawl,
    /// The job of `mm-sync-out`. `mm-update-mirrorlist` still builds generations, but they are not deployed.
    Publish,
}

fn not_pausable(job: &str) -> String {
    format!("'{job}' cannot be paused; expected scan, crawl or publish")
}

/// One pause, as it is stored, listed and written to the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobPause {
    pub job: PausableJob,
    /// The category; `None` = the whole job.
    pub category: Option<String>,
    /// End of the pause; `None` = until it is resumed.
    pub until: Option<Timestamp>,
    /// Free text of the operator; may be empty.
    pub reason: String,
    pub user: String,
    pub since: Timestamp,
}

impl JobPause {
    /// Returns true if the pause has not expired at `now`.
    pub(crate) fn is_active(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|u| u > now)
    }

    /// The command that ends the pause.
    pub(crate) fn resume_command(&self) -> String {
        match &self.category {
            None => format!("mm-admin resume {}", self.job),
            Some(category) => format!("mm-admin resume {} --category '{category}'", self.job),
        }
    }

    /// One line with job, category, user, times and reason.
    pub(crate) fn describe(&self) -> String {
        let category = self.category.as_ref().map_or_else(String::new, |c| format!(" of {c}"));
        let until = self.until.map_or_else(String::new, |u| format!(" until {u}"));
        let reason = if self.reason.is_empty() {
            String::new()
        } else {
            format!(": {}", self.reason)
        };
        format!(
            "{}{category} is paused by {} since {}{until}{reason}",
            self.job, self.user, self.since
        )
    }
}

/// The part of a job that is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PauseStatus {
    /// The whole job, with the message for the operator.
    Whole(String),
    /// Only these scopes, each with its message; none = nothing is paused.
    Parts(BTreeMap<String, String>),
}

/// Returns which of the `scopes` of `job` are paused at `now`. A job without scopes can only be paused as a whole.
pub(crate) fn pause_status(pauses: &[JobPause], job: &str, scopes: &[String], now: Timestamp) -> PauseStatus {
    let pauses = pauses.iter().filter(|p| p.job.into_str() == job && p.is_active(now));
    let mut parts = BTreeMap::new();
    for pause in pauses {
        let message = format!("{}; resume with: {}", pause.describe(), pause.resume_command());
        match &pause.category {
            None => return PauseStatus::Whole(message),
            Some(category) if scopes.contains(category) => {
                parts.insert(category.clone(), message);
            }
            Some(_) => {}
        }
    }
    if !scopes.is_empty() && scopes.iter().all(|s| parts.contains_key(s)) {
        let messages: Vec<String> = parts.into_values().collect();
        return PauseStatus::Whole(messages.join("; "));
    }
    PauseStatus::Parts(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(job: PausableJob, category: Option<&str>, until: Option<i64>) -> JobPause {
        JobPause {
            job,
            category: category.map(str::to_owned),
            until: until.map(Timestamp),
            reason: "the master is copied".into(),
            user: "anna".into(),
            since: Timestamp(0),
        }
    }

    #[test]
    fn a_pause_applies_to_its_job_and_category_until_it_expires() {
        let scopes = ["EPEL".to_owned(), "Fedora".to_owned()];
        let now = Timestamp(100);
        let parts = |pauses: &[JobPause], job: &str| match pause_status(pauses, job, &scopes, now) {
            PauseStatus::Whole(_) => vec!["all".to_owned()],
            PauseStatus::Parts(parts) => parts.into_keys().collect(),
        };
        let (scan, crawl) = (PausableJob::Scan, PausableJob::Crawl);
        for (pauses, found) in [
            (vec![], vec![]),
            (vec![pause(scan, None, None)], vec!["all"]),
            (vec![pause(crawl, None, None)], vec![]),
            (vec![pause(scan, None, Some(100))], vec![]),
            (vec![pause(scan, None, Some(101))], vec!["all"]),
            (vec![pause(scan, Some("EPEL"), None)], vec!["EPEL"]),
            (vec![pause(scan, Some("ELN"), None)], vec![]),
            (
                vec![pause(scan, Some("EPEL"), None), pause(scan, Some("Fedora"), None)],
                vec!["all"],
            ),
            (
                vec![pause(scan, Some("EPEL"), Some(1)), pause(scan, Some("Fedora"), None)],
                vec!["Fedora"],
            ),
        ] {
            assert_eq!(parts(&pauses, "scan"), found, "{pauses:?}");
        }
        // Only a job with scopes can be paused in part.
        let publish = [pause(PausableJob::Publish, None, None)];
        assert!(matches!(
            pause_status(&publish, "publish", &[], now),
            PauseStatus::Whole(_)
        ));
        assert_eq!(
            pause_status(&[], "publish", &[], now),
            PauseStatus::Parts(BTreeMap::new())
        );
    }

    #[test]
    fn the_message_names_user_reason_and_resume_command() {
        let PauseStatus::Whole(message) = pause_status(
            &[pause(PausableJob::Scan, Some("EPEL 9"), None)],
            "scan",
            &["EPEL 9".into()],
            Timestamp(1),
        ) else {
            panic!("not paused")
        };
        for words in [
            "scan of EPEL 9",
            "anna",
            "the master is copied",
            "mm-admin resume scan --category 'EPEL 9'",
        ] {
            assert!(message.contains(words), "no {words:?} in {message}");
        }
        assert!("update".parse::<PausableJob>().is_err());
    }
}
