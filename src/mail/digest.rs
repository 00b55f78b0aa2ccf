//! The digest: what happened since the last one, what is open, and the state of the mirrors.

use std::collections::BTreeMap;

use serde::Serialize;

use super::template::{Content, Template, render};
use crate::config::MailConfig;
use crate::db::alert::{AlertEvent, OpenAlert};
use crate::db::digest::{JobSummary, MirrorCounts};
use crate::model::alert::{AlertKind, awaits_decision, describe_resolved};

/// The most names or messages of one list.
const MAX_LINES: usize = 50;
/// The most decisions that are described.
const MAX_DECISIONS: usize = 20;

/// A failed check, with the command that fixes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    pub name: String,
    pub message: String,
    pub fix: Option<String>,
}

/// Something that waits for a decision of an operator, with the commands that decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Decision {
    pub what: String,
    pub since: String,
    /// What happens without a decision, and when if the time is fixed.
    pub if_undecided: String,
    pub show: String,
    pub confirm: String,
    /// `None` if there is nothing to reject.
    pub reject: Option<String>,
}

/// A list that is cut after [`MAX_LINES`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct List {
    pub title: String,
    pub lines: Vec<String>,
    /// The number of lines that were cut.
    pub more: usize,
}

impl List {
    fn new(title: &str, mut lines: Vec<String>) -> Self {
        let more = lines.len().saturating_sub(MAX_LINES);
        lines.truncate(MAX_LINES);
        Self {
            title: title.to_owned(),
            lines,
            more,
        }
    }
}

/// What the database has for a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    pub open: Vec<OpenAlert>,
    pub decisions: Vec<Decision>,
    pub events: Vec<AlertEvent>,
    pub jobs: Vec<JobSummary>,
    pub mirrors: MirrorCounts,
    /// The names of hosts that are now disabled by the crawler.
    pub disabled: Vec<String>,
    /// What happened to single hosts, from the statistics of crawls.
    pub warned: Vec<String>,
    pub newly_disabled: Vec<String>,
    pub reenabled: Vec<String>,
    /// Generations that were published.
    pub generations: u64,
    /// Registry changes by user.
    pub changes: Vec<(String, u64)>,
    /// Mails that were given up, with the reason.
    pub failed_mails: Vec<String>,
}

impl History {
    /// The messages of alerts about what waits for a decision.
    pub(crate) fn undecided(&self) -> Vec<String> {
        let alerts = self.open.iter().filter(|a| awaits_decision(&a.job, &a.key));
        alerts.map(|a| a.message.clone()).collect()
    }
}

/// The digest, as templates and JSON have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Digest {
    pub since: String,
    pub at: String,
    pub is_well: bool,
    /// Failed checks of `mm-admin doctor`.
    pub problems: Vec<Problem>,
    /// What waits for a decision; at most [`MAX_DECISIONS`].
    pub decisions: Vec<Decision>,
    /// The number of decisions that were cut.
    pub more_decisions: usize,
    /// Alerts that are open and are neither a problem nor a decision above.
    pub alerts: List,
    /// What happened, by kind.
    pub events: Vec<List>,
    pub jobs: Vec<JobSummary>,
    /// `None` if the database cannot be read.
    pub mirrors: Option<MirrorCounts>,
    pub disabled: List,
    pub generations: u64,
    pub changes: Vec<(String, u64)>,
}

impl Digest {
    /// `history` is `None` if the database cannot be read, which is one of the problems.
    pub(crate) fn new(since: String, at: String, problems: Vec<Problem>, history: Option<History>) -> Self {
        let has_history = history.is_some();
        let h = history.unwrap_or_default();
        let mut decisions = h.decisions;
        let more_decisions = decisions.len().saturating_sub(MAX_DECISIONS);
        decisions.truncate(MAX_DECISIONS);
        let open = h.open.iter().filter(|a| !is_repeated(a, &problems));
        let open = open.map(|a| format!("{} (since {})", a.message, a.since));
        let alerts = List::new("Open alerts", open.collect());
        let hosts = [
            ("Hosts that will be disabled soon", h.warned),
            ("Hosts that were disabled", h.newly_disabled),
            ("Hosts that were re-enabled", h.reenabled),
            ("Mails that could not be delivered", h.failed_mails),
        ];
        let hosts = hosts.into_iter().filter(|(_, names)| !names.is_empty());
        let events = group_events(&h.events).into_iter();
        Self {
            since,
            at,
            is_well: problems.is_empty() && decisions.is_empty() && alerts.lines.is_empty(),
            problems,
            decisions,
            more_decisions,
            alerts,
            events: events
                .chain(hosts.map(|(title, names)| List::new(title, names)))
                .collect(),
            jobs: h.jobs,
            mirrors: has_history.then_some(h.mirrors),
            disabled: List::new("Disabled by the crawler", h.disabled),
            generations: h.generations,
            changes: h.changes,
        }
    }

    pub(crate) fn compose(&self, config: &MailConfig) -> Content {
        render(config, Template::Digest, self)
    }
}

/// True if a decision or a check of the digest says the same as the alert.
fn is_repeated(alert: &OpenAlert, problems: &[Problem]) -> bool {
    let is_quoted = |p: &Problem| p.message.contains(&alert.message);
    if awaits_decision(&alert.job, &alert.key) || problems.iter().any(is_quoted) {
        return true;
    }
    let kind = AlertKind::new(&alert.job, &alert.key);
    let check = match kind {
        AlertKind::UnknownHash => "unknown metadata",
        AlertKind::Leaked => "leaked releases",
        AlertKind::NoMirrors => "repositories",
        AlertKind::Target => "target",
        AlertKind::JobFailed | AlertKind::Master => alert.job.as_str(),
        AlertKind::Other if alert.key.starts_with("paused") => "pause",
        AlertKind::MassLoss | AlertKind::Other => return false,
    };
    // The name of a target follows the word.
    let is_same = |p: &Problem| p.name == check || kind == AlertKind::Target && p.name == alert.key;
    problems.iter().any(is_same)
}

/// One list for each kind of alert, in the order of urgency. What appeared and was resolved is one line.
fn group_events(events: &[AlertEvent]) -> Vec<List> {
    let mut groups: BTreeMap<AlertKind, Vec<String>> = BTreeMap::new();
    let is_over = |e: &AlertEvent| {
        let same = |o: &&AlertEvent| (&o.job, &o.key, o.since) == (&e.job, &e.key, e.since);
        events.iter().filter(same).any(|o| o.is_resolved)
    };
    for e in events.iter().filter(|e| e.is_resolved || !is_over(e)) {
        let what = if e.is_resolved {
            describe_resolved(&e.message, e.since)
        } else {
            e.message.clone()
        };
        let line = format!("{}: {what}", e.happened_at);
        let group = groups.entry(AlertKind::new(&e.job, &e.key)).or_default();
        if !group.contains(&line) {
            group.push(line);
        }
    }
    let list = |(kind, lines): (AlertKind, Vec<String>)| List::new(kind.title(), lines);
    groups.into_iter().map(list).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn digest(problems: Vec<Problem>, history: Option<History>) -> Content {
        let digest = Digest::new("then".into(), "now".into(), problems, history);
        digest.compose(&MailConfig::default())
    }

    #[test]
    fn a_good_day_is_a_short_mail() {
        let history = History {
            jobs: vec![JobSummary {
                job: "scan".into(),
                runs: 144,
                incomplete: 0,
                failed: 0,
            }],
            mirrors: MirrorCounts {
                hosts: 12,
                active: 11,
                failing: 1,
                listed: Some(10),
            },
            generations: 4,
            changes: vec![("root".into(), 3)],
            ..History::default()
        };
        let mail = digest(Vec::new(), Some(history));
        assert_eq!(mail.subject, "mirrormanager: all is well");
        assert_eq!(
            mail.body,
            "From then to now.\n\nAll is well.\n\nJobs:\n- scan: 144 runs\n\nMirrors: 12 hosts, 11 active, 10 listed; 1 did not answer the \
             last crawl\n\nPublished: 4 generations\nRegistry changes: root 3\n"
        );
    }

    #[test]
    fn a_bad_day_names_problems_first() {
        let alert = |key: &str, message: &str, is_resolved| AlertEvent {
            happened_at: Timestamp(60),
            job: "crawl".into(),
            key: key.into(),
            message: message.into(),
            since: Timestamp(0),
            is_resolved,
        };
        let open = |key: &str, message: &str| OpenAlert {
            job: "crawl".into(),
            key: key.into(),
            message: message.into(),
            since: Timestamp(0),
        };
        let history = History {
            open: vec![
                open("hook", "the hook is refused"),
                // Both are said already.
                open("pending 3", "losses are pending"),
                open("unknown-hash b http://b/repomd.xml", "b serves what"),
            ],
            decisions: vec![Decision {
                what: "losses of 9 mirrors in crawl 3".into(),
                since: "then".into(),
                if_undecided: "applied".into(),
                show: "mm-admin pending show crawl-3".into(),
                confirm: "mm-admin pending confirm crawl-3 --count 9".into(),
                reject: None,
            }],
            events: vec![
                alert("uplink", "outage", false),
                alert("uplink", "outage", true),
                alert("unknown-hash a", "a serves\nwhat", false),
            ],
            jobs: vec![JobSummary {
                job: "crawl".into(),
                runs: 1,
                incomplete: 1,
                failed: 0,
            }],
            newly_disabled: vec!["m.example.org".into()],
            disabled: (0..60).map(|n| format!("m{n}")).collect(),
            ..History::default()
        };
        let problem = |name: &str, message: &str, fix: &str| Problem {
            name: name.into(),
            message: message.into(),
            fix: Some(fix.into()),
        };
        let problems = vec![
            problem("disk", "3 MiB free", "df -h /srv"),
            problem("unknown metadata", "b serves what", "mm-crawl --host b"),
        ];
        let mail = digest(problems, Some(history));
        assert_eq!(mail.subject, "mirrormanager: 3 problems, 1 decision pending");
        let since = "since 1970-01-01T00:00:00Z";
        let expected = format!(
            "From then to now.\n\nProblems:\n- disk: 3 MiB free\n  df -h /srv\n- unknown metadata: b serves what\n  mm-crawl --host b\n\n\
             Waiting for a decision:\n- losses of 9 mirrors in crawl 3, since then\n  without a decision: applied\n  \
             mm-admin pending show crawl-3\n  mm-admin pending confirm crawl-3 --count 9\n\n\
             Open alerts:\n- the hook is refused ({since})\n\n\
             What happened:\n  unknown metadata on mirrors\n  - 1970-01-01T00:01:00Z: a serves\\nwhat\n  other problems\n  - 1970-01-01T00:01:00Z: resolved, open \
             {since}: outage\n  Hosts that were disabled\n  - m.example.org\n\nJobs:\n- crawl: 1 run, 1 partially done\n\n\
             Mirrors: 0 hosts, 0 active; 0 did not answer the last crawl\nDisabled by the crawler: m0, m1,"
        );
        assert!(mail.body.starts_with(&expected), "{}\n---\n{expected}", mail.body);
        assert!(mail.body.contains("m49 and 10 more\n"), "{}", mail.body);
    }

    #[test]
    fn without_a_database_there_are_the_checks() {
        let problem = Problem {
            name: "database".into(),
            message: "gone".into(),
            fix: None,
        };
        let mail = digest(vec![problem], None);
        assert_eq!(mail.subject, "mirrormanager: 1 problem");
        assert_eq!(mail.body, "From then to now.\n\nProblems:\n- database: gone\n");
    }
}
