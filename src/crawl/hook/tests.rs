use std::path::Path;

use super::*;

fn notice(event: Event, host: &str) -> HookEvent {
    HookEvent {
        event,
        host: host.to_owned(),
        site: "Example \"Inc\"".to_owned(),
        categories: vec!["Fedora Linux".to_owned(), "EPEL".to_owned()],
        reason: "no answer in 3 crawls; one more".to_owned(),
        run: RunId(7),
        at: Timestamp(1_700_000_000),
        failures: 3,
        contact: Some("mirror@example.org".to_owned()),
        foreign: None,
    }
}

fn shell(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script, "hook"].map(str::to_owned).to_vec()
}

const PATIENT: Duration = Duration::from_secs(30);

fn calls(done: u64, failed: u64, left_out: u64) -> HookStats {
    HookStats { done, failed, left_out }
}

/// Writes what it is told to `path`.
fn scribe(path: &Path) -> Hook {
    let script = format!("{{ echo \"$*\"; cat; }} >> {}", path.display());
    Hook::start(shell(&script)).unwrap()
}

#[test]
fn it_is_told_by_arguments_and_json() {
    let dir = tempfile::tempdir().unwrap();
    let told = dir.path().join("told");
    let hook = scribe(&told);
    hook.send(notice(Event::Warning, "a.org"));
    hook.send(HookEvent {
        contact: None,
        foreign: Some(ForeignFile {
            url: "https://b.org/repodata/repomd.xml".to_owned(),
            expected: "aa".to_owned(),
            seen: "bb".to_owned(),
        }),
        ..notice(Event::UnknownHash, "b.org")
    });
    assert_eq!(hook.finish(PATIENT, &ShutdownFlag::default()), calls(2, 0, 0));
    let text = std::fs::read_to_string(told).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        (lines.len(), lines[0], lines[2]),
        (4, "warning a.org", "unknown-hash b.org")
    );
    let first: serde_json::Value = serde_json::from_str(lines[1]).unwrap();
    assert_eq!(
        first,
        serde_json::json!({
            "event": "warning", "host": "a.org", "site": "Example \"Inc\"", "categories": ["Fedora Linux", "EPEL"],
            "reason": "no answer in 3 crawls; one more", "run": 7, "at": 1_700_000_000, "failures": 3,
            "contact": "mirror@example.org",
        })
    );
    let second: serde_json::Value = serde_json::from_str(lines[3]).unwrap();
    assert_eq!(
        (&second["url"], &second["expected"], &second["seen"], &second["contact"]),
        (
            &"https://b.org/repodata/repomd.xml".into(),
            &"aa".into(),
            &"bb".into(),
            &serde_json::Value::Null
        )
    );
    for key in first
        .as_object()
        .unwrap()
        .keys()
        .chain(second.as_object().unwrap().keys())
    {
        let named = |l: &str| l.starts_with("    ") && l.split([' ', ',']).any(|w| w == key);
        assert!(HELP.lines().any(named), "the manual does not tell of {key}");
    }
}

#[test]
fn every_event_is_in_the_manual() {
    for event in [Event::Warning, Event::Disabled, Event::UnknownHash, Event::Enabled] {
        assert!(HELP.contains(&format!("    {} HOST ", event.as_str())), "{event:?}");
        assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
    }
    assert!(!HELP.contains("\n\n"), "a blank line would begin another section");
    assert!(HELP.contains(&format!("{} seconds", DEADLINE.as_secs())));
}

#[test]
fn without_a_command_nobody_is_told() {
    let hook = Hook::start(Vec::new()).unwrap();
    hook.send(notice(Event::Disabled, "a.org"));
    assert_eq!(hook.finish(PATIENT, &ShutdownFlag::default()), HookStats::default());
}

#[test]
fn failures_are_counted_and_stop_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let marks = dir.path().join("marks");
    let script = format!("echo $2 >> {}; [ $2 != bad.org ]", marks.display());
    let hook = Hook::start(shell(&script)).unwrap();
    for host in ["a.org", "bad.org", "c.org"] {
        hook.send(notice(Event::Disabled, host));
    }
    assert_eq!(hook.finish(PATIENT, &ShutdownFlag::default()), calls(2, 1, 0));
    assert_eq!(std::fs::read_to_string(marks).unwrap(), "a.org\nbad.org\nc.org\n");

    let missing = Hook::start(vec!["/no/such/program".to_owned()]).unwrap();
    missing.send(notice(Event::Disabled, "a.org"));
    assert_eq!(missing.finish(PATIENT, &ShutdownFlag::default()), calls(0, 1, 0));
}

#[test]
fn a_slow_one_keeps_nobody_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let begun = dir.path().join("begun");
    let hook = Hook::start(shell(&format!("touch {}; sleep 600", begun.display()))).unwrap();
    let started = Instant::now();
    hook.send(notice(Event::Warning, "slow.org"));
    while !begun.exists() {
        assert!(started.elapsed() < PATIENT);
        thread::sleep(Duration::from_millis(5));
    }
    let all = u64::try_from(QUEUE).unwrap() + 10;
    for _ in 0..all {
        hook.send(notice(Event::Warning, "more.org"));
    }
    let got = hook.finish(Duration::from_millis(200), &ShutdownFlag::default());
    assert_eq!(got, calls(0, 1, all), "one was ended, none of the others was made");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn who_is_asked_to_stop_waits_no_longer() {
    for give_up in [false, true] {
        let hook = Hook::start(shell("sleep 600")).unwrap();
        let (started, stop) = (Instant::now(), ShutdownFlag::default());
        hook.send(notice(Event::Warning, "slow.org"));
        hook.send(notice(Event::Warning, "more.org"));
        if give_up {
            hook.abort();
        }
        let later = stop.clone();
        let asks = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            later.request();
        });
        let got = hook.finish(PATIENT, &stop);
        assert_eq!(got.failed + got.left_out, 2, "{got:?}");
        assert!(started.elapsed() < PATIENT / 2, "{:?}", started.elapsed());
        asks.join().unwrap();
    }
}

#[test]
fn dropped_it_ends_its_child() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let hook = Hook::start(shell(&format!("echo $$ > {}; exec sleep 600", pid_file.display()))).unwrap();
    hook.send(notice(Event::Warning, "slow.org"));
    let started = Instant::now();
    let pid = loop {
        let text = std::fs::read_to_string(&pid_file).unwrap_or_default();
        if let Ok(pid) = text.trim().parse::<u32>() {
            break pid;
        }
        assert!(started.elapsed() < PATIENT);
        thread::sleep(Duration::from_millis(5));
    };
    drop(hook);
    while Path::new(&format!("/proc/{pid}")).exists() {
        assert!(started.elapsed() < PATIENT, "the child lives");
        thread::sleep(Duration::from_millis(5));
    }
}
