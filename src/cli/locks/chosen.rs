//! Which locks are meant: `JOB` or `JOB/SCOPE`.

use std::convert::Infallible;
use std::str::FromStr;

use crate::locks::LockEntry;

/// The jobs that take locks.
const JOBS: [&str; 6] = ["scan", "detect", "crawl", "crawl-host", "update", "publish"];

/// A job, or one scope of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobSelector {
    job: String,
    /// `None` = all.
    scope: Option<String>,
}

impl FromStr for JobSelector {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (job, scope) = text.split_once('/').map_or((text, None), |(j, s)| (j, Some(s)));
        Ok(Self {
            job: job.to_owned(),
            scope: scope.map(str::to_owned),
        })
    }
}

impl JobSelector {
    /// Whether this lock is meant.
    pub(super) fn matches(&self, entry: &LockEntry) -> bool {
        self.job == entry.job && self.scope.as_ref().is_none_or(|s| *s == entry.scope)
    }

    /// Refuses a job that there is not: a slip of the pen must not look like a job that does not run.
    pub(super) fn check(&self, known: &[LockEntry]) -> Result<(), String> {
        if JOBS.contains(&self.job.as_str()) || known.iter().any(|e| e.job == self.job) {
            return Ok(());
        }
        Err(format!(
            "there is no job {:?}; the jobs are {}",
            self.job,
            JOBS.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locks::LockState;

    #[test]
    fn a_scope_may_be_named() {
        let entry = |job: &str, scope: &str| LockEntry {
            job: job.into(),
            scope: scope.into(),
            path: "/x".into(),
            state: LockState::Live,
            holder: None,
            status: None,
        };
        for (text, job, scope, meant) in [
            ("crawl", "crawl", "EPEL", true),
            ("crawl", "crawl", "", true),
            ("crawl/EPEL", "crawl", "EPEL", true),
            ("crawl/EPEL", "crawl", "EPEL 8", false),
            ("crawl/", "crawl", "EPEL", false),
            ("crawl/a/b", "crawl", "a/b", true),
            ("crawl", "crawl-host", "EPEL", false),
        ] {
            let chosen: JobSelector = text.parse().unwrap();
            assert_eq!(chosen.matches(&entry(job, scope)), meant, "{text}");
            assert_eq!(chosen.check(&[]), Ok(()));
        }
        let slip: JobSelector = "crwal".parse().unwrap();
        assert!(slip.check(&[]).unwrap_err().contains("scan, detect, crawl"));
        assert_eq!(slip.check(&[entry("crwal", "")]), Ok(()));
    }
}
