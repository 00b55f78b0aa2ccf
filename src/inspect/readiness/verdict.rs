//! Whether a version is ready for its release, in words. Pure.

use itertools::Itertools as _;
use serde::Serialize;

use super::{Readiness, RepositoryReadiness, RepositoryRow};
use crate::model::count::{format_count, plural};

/// At most this many repositories, directories or hosts are named.
const NAMED: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Verdict {
    pub(crate) is_ready: bool,
    pub(crate) text: String,
}

/// Decides whether each repository is on enough mirrors: listed or staged on `min_mirrors`, or on all if there are fewer. `unread` are
/// the directories of its categories that the last scan could not read.
pub(crate) fn verdict(readiness: &Readiness, min_mirrors: u64, unread: &[String]) -> Verdict {
    let all = &readiness.repositories;
    let existing = || all.iter().filter(|r| r.state != RepositoryReadiness::Gone);
    let mut problems = Vec::new();
    if all.is_empty() {
        problems.push("no repository of it is recorded".to_owned());
    }
    let gone: Vec<&RepositoryRow> = all.iter().filter(|r| r.state == RepositoryReadiness::Gone).collect();
    problems.extend(about(&gone, |verb| format!("{} no directory", verb.have)));
    let unknown: Vec<&RepositoryRow> = existing().filter(|r| r.repomd.is_none()).collect();
    problems.extend(about(&unknown, |verb| format!("{} no recorded metadata", verb.have)));
    let enough = |r: &RepositoryRow| min_mirrors.min(u64::try_from(r.carriers).unwrap_or(u64::MAX)).max(1);
    let few: Vec<&RepositoryRow> = existing().filter(|r| mirrors(r) < enough(r)).collect();
    let fewest = few.iter().map(|r| enough(r)).max().unwrap_or(1);
    problems.extend(about(&few, |verb| {
        format!("{} on fewer than {}", verb.be, format_count(fewest, "mirror"))
    }));
    if !readiness.leaked.is_empty() {
        let verb = if readiness.leaked.len() == 1 { "serves" } else { "serve" };
        let count = format_count(readiness.leaked.len(), "mirror");
        problems.push(format!(
            "{count} {verb} it before its release: {}",
            named(&readiness.leaked)
        ));
    }
    if !unread.is_empty() {
        let count = format_count(unread.len(), "directory");
        problems.push(format!("the scanner cannot read {count}: {}", named(unread)));
    }
    let text = if problems.is_empty() {
        let least = existing().min_by_key(|r| mirrors(r));
        let least = least.map_or_else(String::new, |r| {
            format!(", each on at least {}", format_count(mirrors(r), "mirror"))
        });
        format!("ready: {}{least}", states(readiness))
    } else {
        format!("not ready: {}", problems.join("; "))
    };
    Verdict {
        is_ready: problems.is_empty(),
        text: match readiness.vouched {
            0 => text,
            n => format!("{text} ({} not counted: nobody verifies what they have)", {
                format_count(n, "always-current host")
            }),
        },
    }
}

/// Hosts that have a repository and do not leak it, or clients get it from already.
const fn mirrors(row: &RepositoryRow) -> u64 {
    row.mirrors.hosts + row.staged.hosts
}

/// Forms of verbs for one or several subjects.
struct Verbs {
    be: &'static str,
    have: &'static str,
}

fn about(rows: &[&RepositoryRow], predicate: impl Fn(&Verbs) -> String) -> Option<String> {
    let (be, have) = if rows.len() == 1 {
        ("is", "has")
    } else {
        ("are", "have")
    };
    let names = || named(rows.iter().map(|r| &r.repository));
    (!rows.is_empty()).then(|| {
        let count = format_count(rows.len(), "repository");
        format!("{count} {}: {}", predicate(&Verbs { be, have }), names())
    })
}

fn named(items: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let mut items = items.into_iter();
    let first = items.by_ref().take(NAMED).join(", ");
    match items.count() {
        0 => first,
        n => format!("{first} and {n} more"),
    }
}

fn states(readiness: &Readiness) -> String {
    let n = readiness.repositories.len();
    let staged = readiness.repositories.iter();
    let staged = staged.filter(|r| r.state == RepositoryReadiness::Staged).count();
    match staged {
        0 => format!("{}, open on the master", format_count(n, "repository")),
        staged if staged == n => format!("{}, staged", format_count(n, "repository")),
        staged => format!("{n} {}, {staged} of them staged", plural("repository")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::readiness::Capacity;
    use crate::model::Timestamp;

    const STAGED: RepositoryReadiness = RepositoryReadiness::Staged;
    const READABLE: RepositoryReadiness = RepositoryReadiness::Readable;

    fn row(name: &str, state: RepositoryReadiness, hosts: u64, carriers: usize) -> RepositoryRow {
        let capacity = |hosts| Capacity { hosts, bandwidth: 0 };
        let is_staged = state == STAGED;
        RepositoryRow {
            repository: name.to_owned(),
            directory: None,
            state,
            repomd: Some(Timestamp(1)),
            mirrors: capacity(if is_staged { 0 } else { hosts }),
            staged: capacity(if is_staged { hosts } else { 0 }),
            leaked: Capacity::default(),
            carriers,
        }
    }

    fn readiness(repositories: Vec<RepositoryRow>) -> Readiness {
        Readiness {
            repositories,
            countries: Vec::new(),
            staged: Vec::new(),
            listed: std::collections::BTreeSet::new(),
            leaked: std::collections::BTreeSet::new(),
            vouched: 0,
        }
    }

    #[test]
    fn the_verdict_names_what_is_missing() {
        let gone = RepositoryRow {
            state: RepositoryReadiness::Gone,
            ..row("src", STAGED, 9, 9)
        };
        let unknown = RepositoryRow {
            repomd: None,
            ..row("new", STAGED, 9, 9)
        };
        for (rows, text) in [
            (vec![], "not ready: no repository of it is recorded"),
            (
                vec![row("a", STAGED, 7, 9)],
                "ready: 1 repository, staged, each on at least 7 mirrors",
            ),
            (
                vec![row("a", READABLE, 7, 9), row("b", STAGED, 5, 9)],
                "ready: 2 repositories, 1 of them staged, each on at least 5 mirrors",
            ),
            (
                vec![row("a", READABLE, 7, 9), row("b", READABLE, 6, 9)],
                "ready: 2 repositories, open on the master, each on at least 6 mirrors",
            ),
            // Fewer mirrors than the minimum carry the category.
            (
                vec![row("a", STAGED, 3, 3)],
                "ready: 1 repository, staged, each on at least 3 mirrors",
            ),
            (
                vec![row("a", STAGED, 2, 3)],
                "not ready: 1 repository is on fewer than 3 mirrors: a",
            ),
            (
                vec![row("a", STAGED, 0, 0)],
                "not ready: 1 repository is on fewer than 1 mirror: a",
            ),
            (
                vec![row("a", STAGED, 4, 9), row("b", STAGED, 0, 9), row("c", STAGED, 5, 9)],
                "not ready: 2 repositories are on fewer than 5 mirrors: a, b",
            ),
            (
                vec![gone, unknown],
                "not ready: 1 repository has no directory: src; 1 repository has no recorded metadata: new",
            ),
        ] {
            let got = verdict(&readiness(rows), 5, &[]);
            assert_eq!(got.text, text);
            assert_eq!(got.is_ready, text.starts_with("ready"), "{text}");
        }
    }

    #[test]
    fn leaks_and_unread_directories_prevent_a_release_and_vouched_hosts_are_named() {
        let mut all = readiness(vec![row("a", STAGED, 7, 9)]);
        all.vouched = 1;
        let text = "ready: 1 repository, staged, each on at least 7 mirrors (1 always-current host not counted: nobody verifies what \
                    they have)";
        assert_eq!(verdict(&all, 5, &[]).text, text);
        all.vouched = 0;
        all.leaked = (1..=7).map(|n| format!("m{n}")).collect();
        let leaked = "not ready: 7 mirrors serve it before its release: m1, m2, m3, m4, m5 and 2 more";
        assert_eq!(verdict(&all, 5, &[]).text, leaked);
        let unread = verdict(&all, 5, &["pub/44".to_owned()]);
        assert_eq!(
            unread.text,
            format!("{leaked}; the scanner cannot read 1 directory: pub/44")
        );
        assert!(!unread.is_ready);
    }
}
