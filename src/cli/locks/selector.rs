//! The argument `JOB` or `JOB/SCOPE`.

use std::convert::Infallible;
use std::str::FromStr;

use crate::locks::LockEntry;

pub(in crate::cli) const JOBS: [&str; 6] = ["scan", "detect", "crawl", "crawl-host", "update", "publish"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JobSelector {
    job: String,
    /// `None` = all scopes.
    scope: Option<String>,
}

impl FromStr for JobSelector {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (job, scope) = text.split_once('/').map_or((text, None), |(j, s)| (j, Some(s)));
        let (job, scope) = (job.to_owned(), scope.map(str::to_owned));
        Ok(Self { job, scope })
    }
}

impl JobSelector {
    pub(super) fn matches(&self, entry: &LockEntry) -> bool {
        self.job == entry.job && self.scope.as_ref().is_none_or(|s| *s == entry.scope)
    }

    /// Rejects an unknown job: a typo must not look like a job that is not running.
    pub(super) fn check(&self, known: &[LockEntry]) -> Result<(), String> {
        if JOBS.contains(&self.job.as_str()) || known.iter().any(|e| e.job == self.job) {
            return Ok(());
        }
        Err(format!("unknown job {:?}; known: {}", self.job, JOBS.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locks::LockState;

    #[test]
    fn job_and_scope_select_locks() {
        let entry = |job: &str, scope: &str| LockEntry {
            job: job.into(),
            scope: scope.into(),
            path: "/x".into(),
            state: LockState::Live,
            owner: None,
            holder: None,
            status: None,
            stalls: Vec::new(),
        };
        for (text, job, scope, expected) in [
            ("crawl", "crawl", "EPEL", true),
            ("crawl", "crawl", "", true),
            ("crawl/EPEL", "crawl", "EPEL", true),
            ("crawl/EPEL", "crawl", "EPEL 8", false),
            ("crawl/", "crawl", "EPEL", false),
            ("crawl/a/b", "crawl", "a/b", true),
            ("crawl", "crawl-host", "EPEL", false),
        ] {
            let selector: JobSelector = text.parse().unwrap();
            assert_eq!(selector.matches(&entry(job, scope)), expected, "{text}");
            assert_eq!(selector.check(&[]), Ok(()));
        }
        let typo: JobSelector = "crwal".parse().unwrap();
        assert!(typo.check(&[]).unwrap_err().contains("scan, detect, crawl"));
        assert_eq!(typo.check(&[entry("crwal", "")]), Ok(()));
    }
}
