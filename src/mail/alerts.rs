//! Mails to administrators about alerts, at once: one for each kind, and one line when a problem is resolved.

use std::collections::BTreeMap;

use serde::Serialize;

use super::template::{Content, Template, render};
use crate::config::MailConfig;
use crate::model::Timestamp;
use crate::model::alert::{AlertChange, AlertKind, AlertState};

#[derive(Debug, Serialize)]
struct AlertMail<'a> {
    title: &'static str,
    resolved: bool,
    messages: Vec<String>,
    program: &'a str,
    at: String,
}

/// Returns the mails about changes that cannot wait for the digest.
pub(crate) fn compose(config: &MailConfig, program: &str, changes: &[AlertChange], now: Timestamp) -> Vec<Content> {
    let mut groups: BTreeMap<(AlertState, AlertKind), Vec<String>> = BTreeMap::new();
    for change in changes.iter().filter(|c| c.kind.is_urgent()) {
        // A problem that persists is part of the digest.
        if change.state != AlertState::StillOpen {
            let group = groups.entry((change.state, change.kind)).or_default();
            group.push(change.describe());
        }
    }
    let mail = |((state, kind), messages): ((AlertState, AlertKind), Vec<String>)| {
        let data = AlertMail {
            title: kind.title(),
            resolved: state == AlertState::Resolved,
            messages,
            program,
            at: now.to_string(),
        };
        render(config, Template::Alert, &data)
    };
    groups.into_iter().map(mail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alert::tests::change;

    #[test]
    fn one_mail_for_each_urgent_kind() {
        use AlertState::{Opened, Resolved, StillOpen};
        let changes = [
            change(AlertKind::UnknownHash, Opened, "a"),
            change(AlertKind::Target, Resolved, "t\nx"),
            change(AlertKind::UnknownHash, Opened, "b\nSubject: forged"),
            change(AlertKind::Other, Opened, "no"),
            change(AlertKind::JobFailed, StillOpen, "no"),
        ];
        let mails = compose(&MailConfig::default(), "mm-crawl", &changes, Timestamp(60));
        let expected = [
            (
                "mirrormanager: unknown metadata on mirrors (2)",
                "a\nb\\nSubject: forged\n\nReported by mm-crawl at 1970-01-01T00:01:00Z. All current problems: mm-admin incident\n",
            ),
            (
                "mirrormanager: resolved: targets are not current",
                "resolved, open since 1970-01-01T00:00:00Z: t …\n",
            ),
        ];
        let found: Vec<(&str, &str)> = mails.iter().map(|m| (m.subject.as_str(), m.body.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn long_groups_are_cut() {
        let changes: Vec<AlertChange> = (0..70)
            .map(|n| change(AlertKind::UnknownHash, AlertState::Opened, &format!("m{n}")))
            .collect();
        let mails = compose(&MailConfig::default(), "mm-crawl", &changes, Timestamp(0));
        assert_eq!(mails.len(), 1);
        assert!(mails[0].body.contains("m49\nand 20 more\n"), "{}", mails[0].body);
    }
}
