//! Alerts: problems that a job reports when they appear, change or are resolved.

use serde::Serialize;

use super::Timestamp;

/// The kind of an alert. Alerts of one kind are reported together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AlertKind {
    /// A mirror serves a `repomd.xml` that the master never had.
    UnknownHash,
    /// A mirror serves a directory that the master keeps unreadable.
    Leaked,
    /// Too many mirrors lost content at once; the losses need confirmation or are retained.
    MassLoss,
    /// The master cannot be read, lost directories, or differs from the last scan.
    Master,
    /// A repository that clients request has no mirror.
    NoMirrors,
    /// A target or a proxy does not serve the current generation.
    Target,
    /// A job failed, or cannot start.
    JobFailed,
    /// Everything else: single mirrors, and what can wait for the daily digest.
    Other,
}

impl AlertKind {
    /// Returns the kind of an alert by the job that reports it and its key.
    pub(crate) fn new(job: &str, key: &str) -> Self {
        let word = key.split([' ', ':']).next().unwrap_or_default();
        match (job, word) {
            (_, "failed" | "locked" | "refused" | "delivery") => Self::JobFailed,
            ("crawl", "unknown-hash") => Self::UnknownHash,
            ("crawl", "leaked") => Self::Leaked,
            ("crawl", "pending" | "owners") | ("update", "lost") => Self::MassLoss,
            ("scan", "error" | "pending" | "master") | ("update", "master") => Self::Master,
            ("update", "no-mirrors") => Self::NoMirrors,
            ("publish", "target" | "proxy") => Self::Target,
            (_, _) => Self::Other,
        }
    }

    /// True if administrators get a mail at once; other alerts are part of the daily digest.
    pub(crate) fn is_urgent(self) -> bool {
        self != Self::Other
    }

    /// The subject of a mail about alerts of this kind.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::UnknownHash => "unknown metadata on mirrors",
            Self::Leaked => "unreleased content on mirrors",
            Self::MassLoss => "mass loss",
            Self::Master => "master has a problem",
            Self::NoMirrors => "repositories without mirrors",
            Self::Target => "targets are not current",
            Self::JobFailed => "job failed",
            Self::Other => "other problems",
        }
    }
}

/// True for an alert about something that is in the list of pending decisions as well: see `inspect::pending`.
pub(crate) fn awaits_decision(job: &str, key: &str) -> bool {
    let word = key.split([' ', ':']).next().unwrap_or_default();
    match job {
        "scan" | "crawl" => word == "pending",
        "detect" => matches!(word, "unmatched" | "contradicted" | "moves" | "vanished"),
        "update" => word == "lost" || key == "refused: empty",
        _ => false,
    }
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AlertState {
    /// A new problem, or a changed message.
    Opened,
    /// A problem that persists a day after its last report.
    StillOpen,
    Resolved,
}

/// A change of an alert that is to be reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AlertChange {
    pub kind: AlertKind,
    pub state: AlertState,
    pub message: String,
    /// The start of the problem.
    pub since: Timestamp,
}

impl AlertChange {
    /// Returns the message for operators, one line.
    pub(crate) fn describe(&self) -> String {
        let Self { message, since, .. } = self;
        match self.state {
            AlertState::Opened => message.clone(),
            AlertState::StillOpen => format!("{message} (since {since})"),
            AlertState::Resolved => describe_resolved(message, *since),
        }
    }
}

/// Returns the line about a resolved problem. What was to be done about it, behind the first semicolon, is left out.
pub(crate) fn describe_resolved(message: &str, since: Timestamp) -> String {
    // A syntax error of the config has an excerpt of several lines.
    let mut lines = message.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let more = if lines.next().is_some() { " …" } else { "" };
    let problem = first.split_once("; ").map_or(first, |(problem, _)| problem);
    format!("resolved, open since {since}: {problem}{more}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A change of an alert since the epoch.
    pub(crate) fn change(kind: AlertKind, state: AlertState, message: &str) -> AlertChange {
        AlertChange {
            kind,
            state,
            message: message.to_owned(),
            since: Timestamp(0),
        }
    }

    #[test]
    fn alerts_have_kinds() {
        for (job, key, kind) in [
            (
                "crawl",
                "unknown-hash a.org http://a.org/repomd.xml",
                AlertKind::UnknownHash,
            ),
            ("crawl", "unknown-hash", AlertKind::UnknownHash),
            ("crawl", "leaked a.org Fedora", AlertKind::Leaked),
            ("crawl", "pending 12", AlertKind::MassLoss),
            ("crawl", "owners", AlertKind::MassLoss),
            ("update", "lost: fedora-43/x86_64", AlertKind::MassLoss),
            ("scan", "error Fedora Linux", AlertKind::Master),
            ("scan", "pending removals Fedora Linux", AlertKind::Master),
            ("update", "master: fedora-43/x86_64", AlertKind::Master),
            ("update", "no-mirrors: fedora-43/x86_64", AlertKind::NoMirrors),
            ("publish", "target app", AlertKind::Target),
            ("publish", "proxy cdn", AlertKind::Target),
            ("detect", "failed", AlertKind::JobFailed),
            ("crawl", "locked", AlertKind::JobFailed),
            ("update", "refused: empty", AlertKind::JobFailed),
            ("crawl", "error a.org", AlertKind::Other),
            ("crawl", "uplink", AlertKind::Other),
            ("scan", "warning Fedora Linux 0", AlertKind::Other),
            ("publish", "pinned app", AlertKind::Other),
            ("detect", "moves", AlertKind::Other),
            ("crawl", "paused", AlertKind::Other),
        ] {
            assert_eq!(AlertKind::new(job, key), kind, "{job} {key}");
        }
    }

    #[test]
    fn a_resolved_problem_is_one_line() {
        assert_eq!(
            describe_resolved("in the config x:\nline 2\n  |", Timestamp(0)),
            "resolved, open since 1970-01-01T00:00:00Z: in the config x: …"
        );
        assert_eq!(
            describe_resolved("no database; create it with: mm-admin init", Timestamp(0)),
            "resolved, open since 1970-01-01T00:00:00Z: no database"
        );
    }
}
