use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;

/// Probes as (started, ended, succeeded) in seconds after `start`.
fn history(start: Instant, probes: &[(u64, u64, bool)]) -> ProbeHistory {
    let mut history = ProbeHistory::default();
    for (started, ended, succeeded) in probes {
        history.0.push(Probe {
            started: start + Duration::from_secs(*started),
            ended: start + Duration::from_secs(*ended),
            succeeded: *succeeded,
        });
    }
    history
}

#[test]
fn period_is_judged_by_the_probes_around_it() {
    let start = Instant::now();
    let at = |s: u64| start + Duration::from_secs(s);
    let (good, bad) = (true, false);
    for (case, probes, expected) in [
        ("no probe", &[][..], UplinkStatus::Unknown),
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
        assert_eq!(
            history(start, probes).status_between(at(10), at(20)),
            expected,
            "{case}"
        );
    }
}

proptest! {
    /// One outage and some probes: a period that overlaps the outage is never judged up if a probe overlaps it, too.
    #[test]
    fn outage_that_a_probe_detected_is_never_judged_up(
        gaps in prop::collection::vec((0..20_u64, 1..5_u64), 1..20),
        down in 0..200_u64, lasts in 1..60_u64,
        started in 0..200_u64, takes in 0..60_u64,
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
        let is_detected = probes.iter().any(|p| !p.2);
        let status = history(start, &probes).status_between(at(started), at(started + takes));
        if is_detected && is_down(started, started + takes) {
            prop_assert_ne!(status, UplinkStatus::Up);
        }
        if !is_detected {
            prop_assert_ne!(status, UplinkStatus::Down);
        }
        let is_followed = probes.iter().any(|p| p.0 >= started + takes);
        prop_assert_eq!(status == UplinkStatus::Unknown, !is_followed && status != UplinkStatus::Down);
    }
}

/// A server that responds to HEAD with a status that can be changed, and counts the requests.
struct Site {
    url: String,
    status: Arc<AtomicU32>,
    requests: Arc<AtomicU64>,
}

fn site(status: u32) -> Site {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = Site {
        url: format!("http://{}/", listener.local_addr().unwrap()),
        status: Arc::new(AtomicU32::new(status)),
        requests: Arc::default(),
    };
    let (status, requests) = (Arc::clone(&site.status), Arc::clone(&site.requests));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
            requests.fetch_add(1, Ordering::SeqCst);
            let status = status.load(Ordering::SeqCst);
            if status == 0 {
                // Never responds.
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

fn watch(sites: &[&Site], min: u64, max: u64) -> UplinkMonitor {
    let urls = sites.iter().map(|s| s.url.clone()).collect();
    let intervals = ProbeIntervals {
        min: Duration::from_millis(min),
        max: Duration::from_millis(max),
    };
    UplinkMonitor::start(urls, &limits(Duration::from_secs(20)), intervals).unwrap()
}

fn wait_for_status(monitor: &UplinkMonitor) -> UplinkStatus {
    let now = Instant::now();
    monitor.wait(now, now, now + Duration::from_secs(30), &ShutdownFlag::default())
}

#[test]
fn without_urls_the_uplink_counts_as_up() {
    let monitor = watch(&[], 10, 10);
    let now = Instant::now();
    monitor.request_probe();
    assert_eq!(monitor.status_between(now, now), UplinkStatus::Up);
    assert_eq!(monitor.wait(now, now, now, &ShutdownFlag::default()), UplinkStatus::Up);
    assert!(!monitor.is_down());
}

#[test]
fn one_responding_url_is_enough() {
    let (dead, alive) = (site(503), site(302));
    let monitor = watch(&[&dead, &alive], 1, 600_000);
    for _ in 0..5 {
        assert_eq!(wait_for_status(&monitor), UplinkStatus::Up);
    }
    assert!(!monitor.is_down());
    assert_eq!(
        dead.requests.load(Ordering::SeqCst),
        1,
        "the URL that responded is probed first"
    );
}

#[test]
fn outage_is_detected_and_ends() {
    let (a, b) = (site(200), site(404));
    let monitor = watch(&[&a, &b], 1, 600_000);
    assert_eq!(wait_for_status(&monitor), UplinkStatus::Up);
    let began = Instant::now();
    a.status.store(500, Ordering::SeqCst);
    assert_eq!(wait_for_status(&monitor), UplinkStatus::Down);
    assert!(monitor.is_down());
    a.status.store(200, Ordering::SeqCst);
    let deadline = Instant::now() + Duration::from_secs(30);
    while monitor.is_down() {
        assert!(Instant::now() < deadline, "the return of the uplink is not noticed");
        thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(wait_for_status(&monitor), UplinkStatus::Up);
    assert_eq!(
        monitor.status_between(began, Instant::now()),
        UplinkStatus::Down,
        "the past status changed"
    );
}

#[test]
fn probes_are_sent_regularly_but_not_too_often() {
    let regular = site(200);
    let monitor = watch(&[&regular], 1, 20);
    let deadline = Instant::now() + Duration::from_secs(30);
    while regular.requests.load(Ordering::SeqCst) < 5 {
        assert!(Instant::now() < deadline);
        thread::sleep(Duration::from_millis(5));
    }
    drop(monitor);

    let rare = site(200);
    let started = Instant::now();
    let monitor = watch(&[&rare], 200, 600_000);
    while started.elapsed() < Duration::from_millis(500) {
        monitor.request_probe();
        thread::sleep(Duration::from_millis(2));
    }
    let requests = u128::from(rare.requests.load(Ordering::SeqCst));
    assert!(
        requests >= 2 && requests <= started.elapsed().as_millis() / 200 + 1,
        "{requests}"
    );
}

#[test]
fn wait_ends_and_so_does_the_thread() {
    let mute = site(0);
    let monitor = watch(&[&mute], 1, 600_000);
    let started = Instant::now();
    let wait = |for_ms: u64, stop: &ShutdownFlag| {
        monitor.wait(started, started, started + Duration::from_millis(for_ms), stop)
    };
    assert_eq!(wait(200, &ShutdownFlag::default()), UplinkStatus::Unknown);
    let stop = ShutdownFlag::default();
    stop.request();
    assert_eq!(wait(60_000, &stop), UplinkStatus::Unknown);
    let shared = Arc::downgrade(monitor.shared.as_ref().unwrap());
    drop(monitor);
    while shared.strong_count() > 0 {
        assert!(
            started.elapsed() < Duration::from_secs(15),
            "the thread waits for a response"
        );
        thread::sleep(Duration::from_millis(5));
    }
}
