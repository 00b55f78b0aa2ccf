//! Holds: what a person told jobs not to do for a while.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PausableJob {
    /// `mm-scan-master`.
    Scan,
    /// `mm-crawl`.
    Crawl,
    /// `mm-sync-out`; `mm-update-mirrorlist` goes on making generations, which reach nobody.
    Publish,
}

impl PausableJob {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Scan, Self::Crawl, Self::Publish];

    /// The name of the job, as in locks and runs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Crawl => "crawl",
            Self::Publish => "publish",
        }
    }
}

impl fmt::Display for PausableJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PausableJob {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|w| w.as_str() == text);
        found.ok_or_else(|| format!("'{text}' cannot be held; write scan, crawl or publish"))
    }
}

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPause {
    /// What is held.
    pub what: PausableJob,
    /// Of which category; `None` = all.
    pub category: Option<String>,
    /// Until when; `None` = until it is released.
    pub until: Option<Timestamp>,
    /// Why; may be empty.
    pub reason: String,
    /// Who wants it.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
}

impl JobPause {
    /// Whether it holds at `now`.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|u| u > now)
    }

    /// Whether it is older than somebody may remember.
    pub fn is_old(&self, now: Timestamp) -> bool {
        now.since(self.since) > Duration::from_hours(24)
    }

    /// The command that ends it.
    pub fn resume_command(&self) -> String {
        match &self.category {
            None => format!("mm-admin hold release {}", self.what),
            Some(category) => format!("mm-admin hold release {} --category '{category}'", self.what),
        }
    }

    /// Whose it is, since when, until when and why.
    pub fn describe(&self) -> String {
        let of = self.category.as_ref().map_or_else(String::new, |c| format!(" of {c}"));
        let until = self.until.map_or_else(String::new, |u| format!(" until {u}"));
        let reason = if self.reason.is_empty() {
            String::new()
        } else {
            format!(": {}", self.reason)
        };
        format!(
            "{}{of} is held by {} since {}{until}{reason}",
            self.what, self.by, self.since
        )
    }
}

/// What a job may not do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PauseStatus {
    /// Nothing of it: why.
    Whole(String),
    /// These scopes, each with the reason; none = the job may do all.
    Parts(BTreeMap<String, String>),
}

/// What of a job with these scopes is held at `now`; a job without scopes is held as a whole only.
pub fn pause_status(holds: &[JobPause], job: &str, scopes: &[String], now: Timestamp) -> PauseStatus {
    let holds = holds.iter().filter(|h| h.what.as_str() == job && h.is_active(now));
    let mut parts = BTreeMap::new();
    for hold in holds {
        let message = format!(
            "{}; nothing was done. Let it go on with: {}",
            hold.describe(),
            hold.resume_command()
        );
        match &hold.category {
            None => return PauseStatus::Whole(message),
            Some(category) if scopes.contains(category) => {
                parts.insert(category.clone(), message);
            }
            Some(_) => {}
        }
    }
    if !scopes.is_empty() && scopes.iter().all(|s| parts.contains_key(s)) {
        let messages: Vec<String> = parts.into_values().collect();
        return PauseStatus::Whole(messages.join(" "));
    }
    PauseStatus::Parts(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(what: PausableJob, category: Option<&str>, until: Option<i64>) -> JobPause {
        JobPause {
            what,
            category: category.map(str::to_owned),
            until: until.map(Timestamp),
            reason: "the master is copied".into(),
            by: "anna".into(),
            since: Timestamp(0),
        }
    }

    #[test]
    fn a_hold_is_for_its_job_its_category_and_its_time() {
        let scopes = ["EPEL".to_owned(), "Fedora".to_owned()];
        let now = Timestamp(100);
        let parts = |holds: &[JobPause], job: &str| match pause_status(holds, job, &scopes, now) {
            PauseStatus::Whole(_) => vec!["all".to_owned()],
            PauseStatus::Parts(parts) => parts.into_keys().collect(),
        };
        let (scan, crawl) = (PausableJob::Scan, PausableJob::Crawl);
        for (holds, found) in [
            (vec![], vec![]),
            (vec![hold(scan, None, None)], vec!["all"]),
            (vec![hold(crawl, None, None)], vec![]),
            (vec![hold(scan, None, Some(100))], vec![]),
            (vec![hold(scan, None, Some(101))], vec!["all"]),
            (vec![hold(scan, Some("EPEL"), None)], vec!["EPEL"]),
            (vec![hold(scan, Some("ELN"), None)], vec![]),
            (
                vec![hold(scan, Some("EPEL"), None), hold(scan, Some("Fedora"), None)],
                vec!["all"],
            ),
            (
                vec![hold(scan, Some("EPEL"), Some(1)), hold(scan, Some("Fedora"), None)],
                vec!["Fedora"],
            ),
        ] {
            assert_eq!(parts(&holds, "scan"), found, "{holds:?}");
        }
        // Only a job with scopes is held in parts.
        let publish = [hold(PausableJob::Publish, None, None)];
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
    fn it_says_who_why_and_how_it_ends() {
        let PauseStatus::Whole(said) = pause_status(
            &[hold(PausableJob::Scan, Some("EPEL 9"), None)],
            "scan",
            &["EPEL 9".into()],
            Timestamp(1),
        ) else {
            panic!("not held")
        };
        for words in [
            "scan of EPEL 9",
            "anna",
            "the master is copied",
            "hold release scan --category 'EPEL 9'",
        ] {
            assert!(said.contains(words), "no {words:?} in {said}");
        }
        assert!(!hold(PausableJob::Scan, None, None).is_old(Timestamp(86_400)));
        assert!(hold(PausableJob::Scan, None, None).is_old(Timestamp(86_401)));
        assert!("update".parse::<PausableJob>().is_err());
    }
}
