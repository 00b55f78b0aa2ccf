//! The verdict on an opening, in words. Pure.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use serde::Serialize;

use crate::job::exit::ExitStatus;
use crate::model::count::format_count;
use crate::model::names::Name;

/// At most this many hosts or repositories are named.
const NAMED: usize = 5;

/// What the steps have reached.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct OpenState {
    /// The master has opened at least one repository of the version.
    pub(super) is_open: bool,
    /// The directories that the master keeps unreadable.
    pub(super) closed: Vec<String>,
    /// The number of open repositories that clients can request.
    pub(super) repositories: usize,
    /// The number of servers that can be asked.
    pub(super) servers: usize,
    /// The repositories that a server does not serve, with the reason.
    pub(super) unserved: BTreeMap<String, String>,
    /// The number of mirrors that are listed for at least one repository.
    pub(super) mirrors: usize,
    /// The number of mirrors that had the version staged.
    pub(super) had_staged: usize,
    /// Those of them that still keep it unreadable.
    pub(super) still_staged: Vec<String>,
    /// Those of them that have opened it, but are not listed: they do not respond, or lack something.
    pub(super) unverified: Vec<String>,
    pub(super) failed_steps: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) exit: ExitStatus,
    pub(super) text: String,
}

pub(super) fn outcome(state: &OpenState, version: &Name) -> Outcome {
    let failed = |text: String| Outcome {
        exit: ExitStatus::Failed,
        text,
    };
    let because = if state.failed_steps.is_empty() {
        String::new()
    } else {
        format!("; failed: {}", named(&state.failed_steps))
    };
    if !state.is_open {
        return failed(if state.closed.is_empty() {
            format!("version {version} is not open: no repository of it is recorded{because}")
        } else {
            format!(
                "version {version} is not open: the master keeps {} unreadable{because}; to wait for it: mm-admin release open \
                 {version} --watch",
                named(&state.closed)
            )
        });
    }
    let served = (state.repositories * state.servers).saturating_sub(state.unserved.len());
    if served == 0 {
        let why = match (state.servers, state.unserved.values().next()) {
            (0, _) => "no target has a `healthz` whose server could be asked".to_owned(),
            (_, Some(why)) => why.clone(),
            (_, None) => "clients can request no repository of it".to_owned(),
        };
        return failed(format!(
            "version {version} is open, and not served: {why}; {}{because}",
            mirrors(state)
        ));
    }
    let mut missing = Vec::new();
    if !state.closed.is_empty() {
        missing.push(format!("the master keeps {} unreadable", named(&state.closed)));
    }
    if !state.unserved.is_empty() {
        missing.push(format!("not served: {}", named(state.unserved.keys())));
    }
    if !state.still_staged.is_empty() {
        missing.push(format!("still unreadable on {}", named(&state.still_staged)));
    }
    if !state.unverified.is_empty() {
        missing.push(format!(
            "not verified: {} (see mm-admin why HOST)",
            named(&state.unverified)
        ));
    }
    if !state.failed_steps.is_empty() {
        missing.push(format!("failed: {}", named(&state.failed_steps)));
    }
    let all = state.repositories;
    let by = format_count(state.servers, "server");
    let reached = if state.unserved.is_empty() {
        format!("{} served by {by}; {}", format_count(all, "repository"), mirrors(state))
    } else {
        format!(
            "{served} of {} served by {by}; {}",
            format_count(all * state.servers, "repository"),
            mirrors(state)
        )
    };
    if missing.is_empty() {
        return Outcome {
            exit: ExitStatus::Done,
            text: format!("version {version} is open: {reached}"),
        };
    }
    let again = format!("to go on until nothing is: mm-admin release open {version} --watch");
    Outcome {
        exit: ExitStatus::Partial,
        text: format!(
            "version {version} is open: {reached}; missing: {}; {again}",
            missing.join("; ")
        ),
    }
}

/// How many mirrors are listed, and how many of those that had the version staged.
fn mirrors(state: &OpenState) -> String {
    let listed = format!(
        "{} listed for it",
        format_count(state.mirrors, "mirror") + if state.mirrors == 1 { " is" } else { " are" }
    );
    let verified = state.had_staged - state.still_staged.len() - state.unverified.len();
    match state.had_staged {
        0 => listed,
        all => format!("{listed}, {verified} of {all} that had it staged"),
    }
}

fn named<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut items = items.into_iter();
    let first = items.by_ref().take(NAMED).join(", ");
    match items.count() {
        0 => first,
        n => format!("{first} and {n} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(state: &OpenState, exit: ExitStatus, text: &str) {
        let got = outcome(state, &"44".parse().unwrap());
        assert_eq!((got.exit, got.text.as_str()), (exit, text));
    }

    fn open() -> OpenState {
        OpenState {
            is_open: true,
            repositories: 2,
            servers: 1,
            mirrors: 3,
            had_staged: 3,
            ..OpenState::default()
        }
    }

    #[test]
    fn the_verdict_says_what_is_reached_and_what_is_missing() {
        let whole = "version 44 is open: 2 repositories served by 1 server; 3 mirrors are listed for it, 3 of 3 that had it staged";
        check(&open(), ExitStatus::Done, whole);
        let late = OpenState {
            mirrors: 1,
            still_staged: (1..=7).map(|n| format!("m{n}")).collect(),
            unverified: vec!["dead.org".to_owned()],
            had_staged: 9,
            ..open()
        };
        check(
            &late,
            ExitStatus::Partial,
            "version 44 is open: 2 repositories served by 1 server; 1 mirror is listed for it, 1 of 9 that had it staged; missing: \
             still unreadable on m1, m2, m3, m4, m5 and 2 more; not verified: dead.org (see mm-admin why HOST); to go on until nothing \
             is: mm-admin release open 44 --watch",
        );
        let partly = OpenState {
            servers: 2,
            unserved: BTreeMap::from([("fedora-44/x86_64 at http://b".to_owned(), "status 404".to_owned())]),
            failed_steps: vec!["mm-sync-out: target b".to_owned()],
            ..open()
        };
        check(
            &partly,
            ExitStatus::Partial,
            "version 44 is open: 3 of 4 repositories served by 2 servers; 3 mirrors are listed for it, 3 of 3 that had it staged; \
             missing: not served: fedora-44/x86_64 at http://b; failed: mm-sync-out: target b; to go on until nothing is: mm-admin \
             release open 44 --watch",
        );
    }

    #[test]
    fn what_is_closed_or_not_served_is_a_failure() {
        let closed = OpenState {
            closed: vec!["pub/fedora/releases/44".to_owned()],
            ..OpenState::default()
        };
        check(
            &closed,
            ExitStatus::Failed,
            "version 44 is not open: the master keeps pub/fedora/releases/44 unreadable; to wait for it: mm-admin release open 44 \
             --watch",
        );
        check(
            &OpenState::default(),
            ExitStatus::Failed,
            "version 44 is not open: no repository of it is recorded",
        );
        let unserved = OpenState {
            repositories: 1,
            had_staged: 0,
            mirrors: 0,
            unserved: BTreeMap::from([("a/b at c".to_owned(), "status 404".to_owned())]),
            failed_steps: vec!["mm-crawl: no uplink".to_owned()],
            ..open()
        };
        check(
            &unserved,
            ExitStatus::Failed,
            "version 44 is open, and not served: status 404; 0 mirrors are listed for it; failed: mm-crawl: no uplink",
        );
        let nobody = OpenState { servers: 0, ..open() };
        assert_eq!(outcome(&nobody, &"44".parse().unwrap()).exit, ExitStatus::Failed);
    }
}
