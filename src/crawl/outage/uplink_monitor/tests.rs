use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;

/// Probes as (begun, ended, good) in seconds after `start`.
fn journal(start: Instant, probes: &[(u64, u64, bool)]) -> ProbeHistory {
    let mut journal = ProbeHistory::default();
    for (begun, ended, good) in probes {
        journal.record(Probe {
            begun: start + Duration::from_secs(*begun),
            ended: start + Duration::from_secs(*ended),
            good: *good,
        });
    }
    journal
}

#[test]
fn a_turn_is_judged_by_the_probes_around_it() {
    let start = Instant::now();
    let at = |s: u64| start + Duration::from_secs(s);
    let (good, bad) = (true, false);
    for (what, probes, want) in [
        ("nobody probed", &[][..], UplinkStatus::Unknown),
        ("only before", &[(0, 1, good)], UplinkStatus::Unknown),
        ("only during", &[(0, 1, good), (15, 16, good)], UplinkStatus::Unknown),
        (
            "began before its end",
            &[(0, 1, good), (19, 21, good)],
            UplinkStatus::Unknown,
        ),
        ("before and after", &[(0, 1, good), (21, 22, good)], UplinkStatus::Up),
        ("after alone", &[(20, 22, good)], UplinkStatus::Up),
        (
            "all along",
            &[(0, 1, good), (12, 13, good), (17, 22, good), (24, 25, good)],
            UplinkStatus::Up,
        ),
        (
            "down during",
            &[(0, 1, good), (15, 16, bad), (21, 22, good)],
            UplinkStatus::Down,
        ),
        (
            "known to be down at once",
            &[(0, 1, good), (15, 16, bad)],
            UplinkStatus::Down,
        ),
        (
            "down at its beginning",
            &[(5, 11, bad), (12, 13, good), (21, 22, good)],
            UplinkStatus::Down,
        ),
        (
            "down at its end",
            &[(0, 1, good), (19, 24, bad), (25, 26, good)],
            UplinkStatus::Down,
        ),
        (
            "down until some time",
            &[(5, 6, bad), (21, 22, good)],
            UplinkStatus::Down,
        ),
        (
            "down from some time",
            &[(0, 1, good), (21, 22, bad), (25, 26, good)],
            UplinkStatus::Down,
        ),
        (
            "down long before",
            &[(0, 1, bad), (2, 3, good), (21, 22, good)],
            UplinkStatus::Up,
        ),
        (
            "down long after",
            &[(0, 1, good), (21, 22, good), (25, 26, bad)],
            UplinkStatus::Up,
        ),
    ] {
        assert_eq!(journal(start, probes).status_between(at(10), at(20)), want, "{what}");
    }
}

proptest! {
    /// A line that is down for one span of time, probed now and then: no turn that met the outage is ever called good, if the
    /// outage met a probe.
    #[test]
    fn no_outage_that_a_probe_met_is_held_against_a_mirror(
        gaps in prop::collection::vec((0..20_u64, 1..5_u64), 1..20),
        down in 0..200_u64, lasts in 1..60_u64,
        began in 0..200_u64, takes in 0..60_u64,
    ) {
        let start = Instant::now();
        let at = |s: u64| start + Duration::from_secs(s);
        let is_down = |from: u64, to: u64| from < down + lasts && to > down;
        let mut probes = Vec::new();
        let mut now = 0;
        for (pause, took) in gaps {
            now += pause;
            probes.push((now, now + took, !is_down(now, now + took)));
            now += took;
        }
        let met = probes.iter().any(|p| !p.2);
        let answer = journal(start, &probes).status_between(at(began), at(began + takes));
        if met && is_down(began, began + takes) {
            prop_assert_ne!(answer, UplinkStatus::Up);
        }
        if !met {
            prop_assert_ne!(answer, UplinkStatus::Down);
        }
        let followed = probes.iter().any(|p| p.0 >= began + takes);
        prop_assert_eq!(answer == UplinkStatus::Unknown, !followed && answer != UplinkStatus::Down);
    }
}

/// Answers HEAD with a status that can be changed; counts what it was asked.
struct Site {
    url: String,
    status: Arc<AtomicU32>,
    asked: Arc<AtomicU64>,
}

fn site(status: u32) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site {
        url: format!("http://{}/", listener.local_addr().unwrap()),
        status: Arc::new(AtomicU32::new(status)),
        asked: Arc::default(),
    };
    let (status, asked) = (Arc::clone(&site.status), Arc::clone(&site.asked));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
            asked.fetch_add(1, Ordering::SeqCst);
            let status = status.load(Ordering::SeqCst);
            if status == 0 {
                // Never answers.
                thread::spawn(move || {
                    thread::sleep(Duration::from_mins(2));
                    drop(stream);
                });
                continue;
            }
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            drop(stream.write_all(head.as_bytes()));
        }
    });
    site
}

fn limits(total: Duration) -> HttpLimits {
    HttpLimits {
        user_agent: "test/1".to_owned(),
        connections: 1,
        connect: total,
        total,
        allow_private: false,
    }
}

fn watch(sites: &[&Site], at_least: u64, at_most: u64) -> UplinkMonitor {
    let urls = sites.iter().map(|s| s.url.clone()).collect();
    let pauses = ProbeIntervals {
        at_least: Duration::from_millis(at_least),
        at_most: Duration::from_millis(at_most),
    };
    UplinkMonitor::start(urls, &limits(Duration::from_secs(20)), pauses).unwrap()
}

fn now_and_wait(sentinel: &UplinkMonitor) -> UplinkStatus {
    let now = Instant::now();
    sentinel.wait(now, now, now + Duration::from_secs(30), &ShutdownFlag::default())
}

#[test]
fn without_addresses_it_is_always_good() {
    let sentinel = watch(&[], 10, 10);
    let now = Instant::now();
    sentinel.ask();
    assert_eq!(sentinel.status_between(now, now), UplinkStatus::Up);
    assert_eq!(sentinel.wait(now, now, now, &ShutdownFlag::default()), UplinkStatus::Up);
    assert!(!sentinel.is_down());
}

#[test]
fn one_that_answers_is_enough() {
    let (dead, alive) = (site(503), site(302));
    let sentinel = watch(&[&dead, &alive], 1, 600_000);
    for _ in 0..5 {
        assert_eq!(now_and_wait(&sentinel), UplinkStatus::Up);
    }
    assert!(!sentinel.is_down());
    assert_eq!(
        dead.asked.load(Ordering::SeqCst),
        1,
        "the one that answered is asked first"
    );
}

#[test]
fn an_outage_begins_and_ends() {
    let (a, b) = (site(200), site(404));
    let sentinel = watch(&[&a, &b], 1, 600_000);
    assert_eq!(now_and_wait(&sentinel), UplinkStatus::Up);
    let began = Instant::now();
    a.status.store(500, Ordering::SeqCst);
    assert_eq!(now_and_wait(&sentinel), UplinkStatus::Down);
    assert!(sentinel.is_down());
    a.status.store(200, Ordering::SeqCst);
    let deadline = Instant::now() + Duration::from_secs(30);
    while sentinel.is_down() {
        assert!(
            Instant::now() < deadline,
            "it looks for itself whether the line is back"
        );
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(now_and_wait(&sentinel), UplinkStatus::Up);
    assert_eq!(
        sentinel.status_between(began, Instant::now()),
        UplinkStatus::Down,
        "what was then stays so"
    );
}

#[test]
fn it_probes_by_itself_and_not_too_often() {
    let by_itself = site(200);
    let sentinel = watch(&[&by_itself], 1, 20);
    let deadline = Instant::now() + Duration::from_secs(30);
    while by_itself.asked.load(Ordering::SeqCst) < 5 {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(5));
    }
    drop(sentinel);

    let seldom = site(200);
    let begun = Instant::now();
    let sentinel = watch(&[&seldom], 200, 600_000);
    while begun.elapsed() < Duration::from_millis(500) {
        sentinel.ask();
        thread::sleep(Duration::from_millis(2));
    }
    let asked = u128::from(seldom.asked.load(Ordering::SeqCst));
    assert!(asked >= 2 && asked <= begun.elapsed().as_millis() / 200 + 1, "{asked}");
}

#[test]
fn a_wait_ends_and_so_does_the_thread() {
    let mute = site(0);
    let sentinel = watch(&[&mute], 1, 600_000);
    let begun = Instant::now();
    let wait =
        |for_ms: u64, stop: &ShutdownFlag| sentinel.wait(begun, begun, begun + Duration::from_millis(for_ms), stop);
    assert_eq!(wait(200, &ShutdownFlag::default()), UplinkStatus::Unknown);
    let stop = ShutdownFlag::default();
    stop.request();
    assert_eq!(wait(60_000, &stop), UplinkStatus::Unknown);
    let shared = Arc::downgrade(sentinel.shared.as_ref().unwrap());
    drop(sentinel);
    while shared.strong_count() > 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "the thread waits for an answer"
        );
        thread::sleep(Duration::from_millis(5));
    }
}
