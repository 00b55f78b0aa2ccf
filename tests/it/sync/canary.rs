//! A canary that hangs: how long the others wait, and how an administrator continues without it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::{Site, current, directory, target};

#[test]
fn canary_that_hangs_before_the_switch_delays_others_until_its_deadline() {
    let site = Site::new();
    let dirs = ["two", "three"].map(|n| directory(&site, n));
    // It accepts connections and does not answer.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = format!("rsync+ssh://127.0.0.1:{}/srv", silent.local_addr().unwrap().port());
    let canary = target("one", &to, "") + "canary = true\n";
    site.targets(
        "canary_deadline = \"2s\"",
        &[target("two", "two", ""), canary, target("three", "three", "")],
    );
    let started = Instant::now();
    let output = site.sync(&[]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(output.status, 3, "{output:?}");
    for words in ["target one (", "sync.canary_deadline", "mm-sync-out --only one"] {
        assert!(output.stderr.contains(words), "no {words:?} in {output:?}");
    }
    assert_eq!(dirs.map(|d| current(&d)), [Some(site.id()), Some(site.id())]);
}

/// A server that answers once, from another generation, and then hangs.
fn hanging() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/healthz", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if kept.is_empty() {
                let mut request = [0_u8; 4096];
                drop(stream.read(&mut request));
                let body = r#"{"generation":"0123456789abcdef"}"#;
                let length = body.len();
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
                drop(stream.write_all(answer.as_bytes()));
            }
            kept.push(stream);
        }
    });
    url
}

#[test]
fn canary_that_hangs_after_the_switch_stops_the_rollout_until_resumed() {
    let mut site = Site::new();
    let [one, two] = ["one", "two"].map(|n| directory(&site, n));
    let sound = ["one", "two"].map(|n| target(n, n, ""));
    site.targets("", &sound);
    site.states(&[], 0);
    let first = site.id();
    let second = site.change();
    site.targets(
        "verify_timeout = \"1s\"",
        &[target("one", "one", &hanging()), target("two", "two", "")],
    );
    let states = site.states(&[], 3);
    assert_eq!(
        (states[0].1.as_str(), states[1].1.as_str()),
        ("rolled-back", "skipped"),
        "{states:?}"
    );
    assert!(states[0].2.contains("it stopped answering"), "{states:?}");
    assert!(
        states[1]
            .2
            .contains("or continue without it: mm-sync-out --exclude one;"),
        "{states:?}"
    );
    assert_eq!(
        [&one, &two].map(|d| current(d)),
        [Some(first.clone()), Some(first.clone())]
    );

    let output = site.sync(&["--exclude", "one"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert_eq!([&one, &two].map(|d| current(d)), [Some(first), Some(second.clone())]);
    site.targets("", &sound);
    assert_eq!(site.sync(&["--only", "one"]).status, 0);
    assert_eq!(current(&one), Some(second));
    for (args, words) in [
        (&["--exclude", "four"][..], "unknown target four"),
        (&["--exclude", "one", "--exclude", "two"], "leaves no target"),
        (&["--exclude", "one", "--only", "two"], "cannot be used with"),
    ] {
        let output = site.sync(args);
        assert!(output.status == 2 && output.stderr.contains(words), "{output:?}");
    }
}
