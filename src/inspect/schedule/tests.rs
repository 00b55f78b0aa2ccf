use super::*;
use crate::publish::tests::Sample;

const NOON: i64 = 1_796_126_400; // 2026-12-01T12:00:00Z
const HOUR: i64 = 3_600;

/// The input, which tests change.
struct Fixture {
    host: Host,
    site: Site,
    crawl: CrawlConfig,
    downtimes: Vec<HostDowntime>,
    requests: Vec<(Timestamp, u64)>,
    pending: Option<RunId>,
}

fn fixture() -> Fixture {
    let mut s = Sample::new();
    let hc = s.host("m.example.org", "DE");
    let host = s.host_of(hc).clone();
    Fixture {
        site: s.registry.sites[&host.site].clone(),
        host,
        crawl: CrawlConfig::default(),
        downtimes: Vec::new(),
        requests: Vec::new(),
        pending: None,
    }
}

fn at(hours: i64) -> Timestamp {
    Timestamp(NOON + hours * HOUR)
}

fn down(from: i64, until: i64) -> HostDowntime {
    HostDowntime {
        starts_at: at(from),
        ends_at: at(until),
        keep_listed: false,
        reason: (from == 0).then(|| "new disks".to_owned()),
    }
}

impl Fixture {
    fn schedule(&self) -> CrawlSchedule {
        CrawlSchedule::new(ScheduleFacts {
            host: &self.host,
            site: &self.site,
            crawl: &self.crawl,
            downtimes: &self.downtimes,
            requests: &self.requests,
            pending: self.pending,
            now: at(0),
        })
    }

    fn text(&self) -> String {
        let lines = self.schedule().to_lines(at(0));
        lines.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n")
    }
}

type Change = fn(&mut Fixture);
/// Name, change, hours until the next crawl, expected texts.
type Row = (&'static str, Change, Option<i64>, &'static [&'static str]);

fn check(table: &[Row]) {
    for (name, change, hours, expected) in table {
        let mut c = fixture();
        change(&mut c);
        let text = format!("{}\n", c.text());
        assert_eq!(c.schedule().not_before, hours.map(at), "{name}: {text}");
        for part in *expected {
            assert!(text.contains(part), "{name}: no {part:?} in {text}");
        }
    }
}

#[test]
fn downtimes_and_windows_delay_a_crawl() {
    check(&[
        ("nothing", |_| {}, Some(0), &["the next crawl includes it"]),
        (
            "open",
            |c| c.host.crawl_window = Some("10:00-14:00".parse().unwrap()),
            Some(0),
            &[
                "includes it if it starts before 2026-12-01T14:00:00Z",
                "window 10:00-14:00 UTC",
            ],
        ),
        (
            "closed",
            |c| c.host.crawl_window = Some("22:00-06:00".parse().unwrap()),
            Some(10),
            &["not crawled before 2026-12-01T22:00:00Z: crawl window 22:00-06:00 UTC"],
        ),
        (
            "down",
            |c| c.downtimes = vec![down(0, 2), down(1, 4)],
            Some(4),
            &[
                "before 2026-12-01T16:00:00Z",
                "downtime until 2026-12-01T14:00:00Z (new disks)",
            ],
        ),
        (
            "down later",
            |c| c.downtimes = vec![down(5, 6)],
            Some(0),
            &["the next crawl includes it", "downtime from 2026-12-01T17:00:00Z until"],
        ),
        (
            "down until its window has closed",
            |c| {
                c.host.crawl_window = Some("10:00-14:00".parse().unwrap());
                c.downtimes = vec![down(0, 3), down(22, 23)];
            },
            Some(23),
            &["downtime until", "crawl window 10:00-14:00 UTC"],
        ),
    ]);
}

#[test]
fn budget_and_disabled_hosts_are_respected() {
    check(&[
        (
            "budget used up",
            |c| {
                c.host.crawl_budget = Some(100);
                c.requests = vec![(at(-20), 60), (at(-3), 50), (at(-1), 10)];
            },
            Some(4),
            &["budget used up until 2026-12-01T16:00:00Z", "last 24 hours: 120 of 100"],
        ),
        (
            "budget left",
            |c| c.requests = vec![(at(-25), 99_999), (at(-1), 99_999)],
            Some(0),
            &["the next crawl includes it", "99999 of 100000"],
        ),
        (
            "no budget",
            |c| {
                c.crawl.requests_per_day = 0;
                c.requests = vec![(at(-1), 1 << 40)];
            },
            Some(0),
            &["last 24 hours: 1099511627776\n", "the next crawl includes it"],
        ),
        (
            "private",
            |c| c.site.private = true,
            None,
            &["not crawled: private hosts"],
        ),
        (
            "disabled",
            |c| (c.host.user_active, c.host.disabled_by) = (false, Some(DisabledBy::Admin)),
            None,
            &["not crawled: disabled; crawl it anyway with mm-crawl --include-disabled --host m.example.org"],
        ),
        (
            "disabled by the crawler",
            |c| (c.host.user_active, c.host.disabled_by) = (false, Some(DisabledBy::Crawler)),
            Some(0),
            &["the next crawl includes it", "enables it again"],
        ),
    ]);
}

#[test]
fn consecutive_failures_are_counted_down() {
    let table: [(&str, Change, &str); 7] = [
        (
            "one",
            |c| c.host.crawl_failures = 1,
            "1; 1 more until a warning; 3 more until it is disabled",
        ),
        ("two", |c| c.host.crawl_failures = 2, "2; 2 more until it is disabled"),
        ("three", |c| c.host.crawl_failures = 3, "3; 1 more until it is disabled"),
        (
            "lowered since",
            |c| c.host.crawl_failures = 9,
            "9; 1 more until it is disabled",
        ),
        (
            "never",
            |c| {
                (
                    c.crawl.disable_after_failures,
                    c.crawl.warn_after_failures,
                    c.host.crawl_failures,
                ) = (0, 0, 3);
            },
            "3",
        ),
        (
            "disabled already",
            |c| {
                (c.host.user_active, c.host.disabled_by) = (false, Some(DisabledBy::Crawler));
                c.host.crawl_failures = 4;
            },
            "4",
        ),
        ("none", |_| {}, ""),
    ];
    for (name, change, expected) in table {
        let mut c = fixture();
        change(&mut c);
        let text = c.text();
        let found = text
            .lines()
            .find_map(|l| l.strip_prefix("consecutive failed crawls: "))
            .unwrap_or("");
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn limits_of_the_host_override_the_config() {
    let mut c = fixture();
    assert!(
        c.text()
            .contains("crawl limits: 2 connections, 50 requests per second\n")
    );
    (c.host.crawl_connections, c.host.crawl_rate) = (Some(1), Some(7));
    c.host.crawl_probe = Some(ProbeKind::Rsync);
    assert!(c.text().contains("1 connection, 7 requests per second, method rsync"));
    (c.host.crawl_rate, c.crawl.requests_per_second) = (None, 0);
    assert!(c.text().contains("unlimited rate"));
}

#[test]
fn pending_results_come_first() {
    let mut c = fixture();
    c.pending = Some(RunId(12));
    assert!(
        c.text()
            .starts_with("results of run 12 need confirmation: apply them with mm-crawl --apply-pending 12")
    );
}

#[test]
fn full_probe_is_due_after_the_interval() {
    for (last, expected) in [
        (None, "never done"),
        (Some(at(-24 * 8)), "due with the next crawl"),
        (Some(at(-24)), "due with the first crawl after 2026-12-07T12:00:00Z"),
    ] {
        let text = describe_full_probe(last, HumanDuration::days(7), at(0));
        assert!(text.contains(expected), "{text}");
    }
}
