use super::*;
use crate::publish::fixture::Sample;

/// 2026-12-01T12:00:00Z.
const NOON: i64 = 1_796_126_400;
const HOUR: i64 = 3_600;

/// Everything of a host that a test may change.
struct Case {
    host: Host,
    site: Site,
    crawl: CrawlConfig,
    downtimes: Vec<Downtime>,
    spent: Vec<(Timestamp, u64)>,
    pending: Option<RunId>,
}

fn case() -> Case {
    let mut s = Sample::new();
    let hc = s.host("m.example.org", "DE");
    let host = s.host_of(hc).clone();
    Case {
        site: s.world.sites[&host.site].clone(),
        host,
        crawl: CrawlConfig::default(),
        downtimes: Vec::new(),
        spent: Vec::new(),
        pending: None,
    }
}

fn at(hours: i64) -> Timestamp {
    Timestamp(NOON + hours * HOUR)
}

fn down(from: i64, until: i64) -> Downtime {
    Downtime {
        starts_at: at(from),
        ends_at: at(until),
        reason: (from == 0).then(|| "new disks".to_owned()),
    }
}

impl Case {
    fn next(&self) -> CrawlSchedule {
        schedule(Facts {
            host: &self.host,
            site: &self.site,
            crawl: &self.crawl,
            downtimes: &self.downtimes,
            spent: &self.spent,
            pending: self.pending,
            now: at(0),
        })
    }

    fn words(&self) -> String {
        let words = self.next().to_lines(at(0));
        words.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")
    }
}

type Change = fn(&mut Case);
/// Name, what is so, in how many hours a crawl asks, and what is said.
type Way = (&'static str, Change, Option<i64>, &'static [&'static str]);

fn hold(table: &[Way]) {
    for (name, change, hours, says) in table {
        let mut c = case();
        change(&mut c);
        let words = format!("{}\n", c.words());
        assert_eq!(c.next().from, hours.map(at), "{name}: {words}");
        for text in *says {
            assert!(words.contains(text), "{name}: no {text:?} in {words}");
        }
    }
}

#[test]
fn what_stands_in_the_way_is_waited_for() {
    hold(&[
        ("nothing", |_| {}, Some(0), &["the next crawl asks it"]),
        (
            "open",
            |c| c.host.crawl_window = Some("10:00-14:00".parse().unwrap()),
            Some(0),
            &["asks it, until 2026-12-01T14:00:00Z", "at 10:00-14:00 UTC"],
        ),
        (
            "closed",
            |c| c.host.crawl_window = Some("22:00-06:00".parse().unwrap()),
            Some(10),
            &["before 2026-12-01T22:00:00Z: it may be crawled at 22:00-06:00 UTC only"],
        ),
        (
            "down",
            |c| c.downtimes = vec![down(0, 2), down(1, 4)],
            Some(4),
            &[
                "before 2026-12-01T16:00:00Z",
                "down until 2026-12-01T14:00:00Z (new disks)",
            ],
        ),
        (
            "down later",
            |c| c.downtimes = vec![down(5, 6)],
            Some(0),
            &["the next crawl asks it", "will be down from 2026-12-01T17:00:00Z until"],
        ),
        (
            "down until its window has closed",
            |c| {
                c.host.crawl_window = Some("10:00-14:00".parse().unwrap());
                c.downtimes = vec![down(0, 3), down(22, 23)];
            },
            Some(23),
            &["down until", "at 10:00-14:00 UTC only"],
        ),
    ]);
}

#[test]
fn budgets_and_switches_count() {
    hold(&[
        (
            "budget used up",
            |c| {
                c.host.crawl_budget = Some(100);
                c.spent = vec![(at(-20), 60), (at(-3), 50), (at(-1), 10)];
            },
            Some(4),
            &["used up until 2026-12-01T16:00:00Z", "last 24 hours: 120 of 100"],
        ),
        (
            "budget left",
            |c| c.spent = vec![(at(-25), 99_999), (at(-1), 99_999)],
            Some(0),
            &["the next crawl asks it", "99999 of 100000"],
        ),
        (
            "no budget",
            |c| {
                c.crawl.requests_per_day = 0;
                c.spent = vec![(at(-1), 1 << 40)];
            },
            Some(0),
            &["last 24 hours: 1099511627776\n", "the next crawl asks it"],
        ),
        (
            "private",
            |c| c.site.private = true,
            None,
            &["private hosts are not crawled"],
        ),
        (
            "off",
            |c| (c.host.user_active, c.host.disabled_by) = (false, Some(DisabledBy::Admin)),
            None,
            &["switched off; mm-crawl --include-disabled --host m.example.org"],
        ),
        (
            "off by the crawler",
            |c| (c.host.user_active, c.host.disabled_by) = (false, Some(DisabledBy::Crawler)),
            Some(0),
            &["the next crawl asks it", "switches it on again"],
        ),
    ]);
}

#[test]
fn the_countdown_is_told() {
    let table: [(&str, Change, &str); 7] = [
        (
            "one",
            |c| c.host.crawl_failures = 1,
            "in a row: 1; after 2 it is warned of; 3 more switch it off",
        ),
        (
            "two",
            |c| c.host.crawl_failures = 2,
            "in a row: 2; 2 more switch it off",
        ),
        (
            "three",
            |c| c.host.crawl_failures = 3,
            "in a row: 3; 1 more switches it off",
        ),
        (
            "lowered since",
            |c| c.host.crawl_failures = 9,
            "in a row: 9; 1 more switches it off",
        ),
        (
            "never",
            |c| {
                (
                    c.crawl.disable_after_failures,
                    c.crawl.warn_after_failures,
                    c.host.crawl_failures,
                ) = (0, 0, 3)
            },
            "in a row: 3",
        ),
        (
            "off already",
            |c| {
                (c.host.user_active, c.host.disabled_by) = (false, Some(DisabledBy::Crawler));
                c.host.crawl_failures = 4;
            },
            "in a row: 4",
        ),
        ("none", |_| {}, ""),
    ];
    for (name, change, says) in table {
        let mut c = case();
        change(&mut c);
        let words = c.words();
        let told = words
            .lines()
            .find_map(|l| l.strip_prefix("failing crawls "))
            .unwrap_or("");
        assert_eq!(told, says, "{name}");
    }
}

#[test]
fn own_limits_are_told_before_those_of_the_config() {
    let mut c = case();
    assert!(
        c.words()
            .contains("asked over at most 2 connections, 50 requests a second\n")
    );
    (c.host.crawl_connections, c.host.crawl_rate) = (Some(1), Some(7));
    c.host.crawl_probe = Some(ProbeKind::Rsync);
    assert!(
        c.words()
            .contains("at most 1 connection, 7 requests a second, by rsync")
    );
    (c.host.crawl_rate, c.crawl.requests_per_second) = (None, 0);
    assert!(c.words().contains("as fast as it answers"));
}

#[test]
fn what_waits_for_a_person_comes_first() {
    let mut c = case();
    c.pending = Some(RunId(12));
    assert!(
        c.words()
            .starts_with("results of run 12 wait for a person: mm-crawl --apply-pending 12")
    );
}

#[test]
fn a_full_look_comes_in_its_time() {
    for (full_at, says) in [
        (None, "never asked for yet"),
        (Some(at(-24 * 8)), "again with the next crawl"),
        (Some(at(-24)), "again with the first crawl after 2026-12-07T12:00:00Z"),
    ] {
        let told = full_look(full_at, HumanDuration::days(7), at(0));
        assert!(told.contains(says), "{told}");
    }
}
