//! Overloaded servers.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

fn busy(stream: &mut TcpStream, what: &str, after: &str) -> bool {
    write_bytes(
        stream,
        &format!("HTTP/1.1 {what}\r\nRetry-After: {after}\r\nContent-Length: 0\r\n\r\n"),
    )
}

#[test]
fn overloaded_server_is_left_alone_and_probed_later() {
    let (net, good) = net(QUICK);
    // Overloaded twice during the crawl; the time of each request.
    let (fine, times) = (good.clone(), Arc::new(Mutex::new(Vec::new())));
    let seen = Arc::clone(&times);
    let enough = faulty(move |s, request| {
        let mut times = seen.lock().unwrap();
        times.push(Instant::now());
        if [5, 8].contains(&times.len()) {
            busy(s, "429 Too Many Requests", "1")
        } else {
            fine.serve(s, request)
        }
    });
    // An hour is longer than the timeout of the host and any pause.
    let asked_for = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked_for);
    let hour = faulty(move |s, _| {
        counter.fetch_add(1, Ordering::SeqCst);
        busy(s, "429 Too Many Requests", "3600")
    });
    // Every third request fails.
    let (fine, count) = (good.clone(), AtomicUsize::new(0));
    let now_and_then = faulty(move |s, request| {
        if count.fetch_add(1, Ordering::SeqCst) % 3 == 2 {
            busy(s, "503 Busy", "0")
        } else {
            fine.serve(s, request)
        }
    });
    let (fine, count) = (good.clone(), AtomicUsize::new(0));
    let errors = faulty(move |s, request| {
        if count.fetch_add(1, Ordering::SeqCst) % 4 == 3 {
            status(s, "500 Oops")
        } else {
            fine.serve(s, request)
        }
    });
    let rows = [
        mirror("enough.org", enough, &[], &[], 2),
        silent("hour.org", hour, &["too-many-requests"], 0),
        mirror("now-and-then.org", now_and_then, &[], &[], 6),
        mirror("errors.org", errors, &[], &["status"], 0),
        silent("always.org", faulty(|s, _| busy(s, "503 Busy", "1")), &["status"], 4),
    ];
    crawl_and_compare(&net, &good, &rows);
    assert_eq!(
        asked_for.load(Ordering::SeqCst),
        1,
        "it said that it wants to be left alone"
    );
    let times = times.lock().unwrap();
    for n in [5, 8] {
        let pause = times[n] - times[n - 1];
        assert!(pause >= Duration::from_secs(1), "{pause:?}");
    }
}

/// A mirror that answers 503 to one crawl and recovers before the next stays listed.
#[test]
fn temporarily_overloaded_mirror_does_not_flap() {
    let (net, good) = net(&format!("{QUICK}\ndisable_after_failures = 3"));
    let crawls = Arc::new(AtomicUsize::new(0));
    let number = Arc::clone(&crawls);
    let url = faulty(move |s, request| {
        if number.load(Ordering::SeqCst) % 2 == 1 {
            busy(s, "503 Busy", "3600")
        } else {
            good.serve(s, request)
        }
    });
    net.register(&[("m.org", &url)]);
    for n in 0..6 {
        crawls.store(n, Ordering::SeqCst);
        crawl(&net, &["--full"]);
        assert_eq!(net.inventory("m.org").present, all_directories(), "{n}");
        assert_eq!(net.listed(REPODATA), ["m.org"], "{n}");
    }
}
