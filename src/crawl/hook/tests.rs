use std::path::Path;

use super::*;

fn event(event: Event, host: &str) -> HookEvent {
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
        unknown_file: None,
    }
}

fn shell(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script, "hook"].map(str::to_owned).to_vec()
}

const TIMEOUT: Duration = Duration::from_secs(30);

fn stats(succeeded: u64, failed: u64, skipped: u64) -> HookStats {
    HookStats {
        succeeded,
        failed,
        skipped,
    }
}

/// A hook that appends its arguments and input to `path`.
fn recorder(path: &Path) -> Hook {
    let script = format!("{{ echo \"$*\"; cat; }} >> {}", path.display());
    Hook::start(shell(&script)).unwrap()
}

#[test]
fn arguments_and_json_describe_the_event() {
    let dir = tempfile::tempdir().unwrap();
    let record = dir.path().join("record");
    let hook = recorder(&record);
    hook.send(event(Event::Warning, "a.org"));
    hook.send(HookEvent {
        contact: None,
        unknown_file: Some(UnknownFile {
            url: "https://b.org/repodata/repomd.xml".to_owned(),
            expected: "aa".to_owned(),
            received: "bb".to_owned(),
        }),
        ..event(Event::UnknownHash, "b.org")
    });
    assert_eq!(hook.finish(TIMEOUT, &ShutdownFlag::default()), stats(2, 0, 0));
    let text = std::fs::read_to_string(record).unwrap();
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
        assert!(HELP.lines().any(named), "{key} is not in the manual");
    }
}

#[test]
fn every_event_is_in_the_manual() {
    for event in [Event::Warning, Event::Disabled, Event::UnknownHash, Event::Enabled] {
        assert!(HELP.contains(&format!("    {event} HOST ")), "{event:?}");
        assert_eq!(serde_json::to_value(event).unwrap(), event.to_string());
    }
    assert!(!HELP.contains("\n\n"), "a blank line would start another section");
    assert!(HELP.contains(&format!("{} seconds", CALL_TIMEOUT.as_secs())));
}

#[test]
fn no_command_means_no_calls() {
    let hook = Hook::start(Vec::new()).unwrap();
    hook.send(event(Event::Disabled, "a.org"));
    assert_eq!(hook.finish(TIMEOUT, &ShutdownFlag::default()), HookStats::default());
}

#[test]
fn failed_calls_are_counted_and_do_not_stop_others() {
    let dir = tempfile::tempdir().unwrap();
    let marks = dir.path().join("marks");
    let script = format!("echo $2 >> {}; [ $2 != bad.org ]", marks.display());
    let hook = Hook::start(shell(&script)).unwrap();
    for host in ["a.org", "bad.org", "c.org"] {
        hook.send(event(Event::Disabled, host));
    }
    assert_eq!(hook.finish(TIMEOUT, &ShutdownFlag::default()), stats(2, 1, 0));
    assert_eq!(std::fs::read_to_string(marks).unwrap(), "a.org\nbad.org\nc.org\n");

    let missing = Hook::start(vec!["/no/such/program".to_owned()]).unwrap();
    missing.send(event(Event::Disabled, "a.org"));
    assert_eq!(missing.finish(TIMEOUT, &ShutdownFlag::default()), stats(0, 1, 0));
}

#[test]
fn slow_command_does_not_block_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let begun = dir.path().join("begun");
    let hook = Hook::start(shell(&format!("touch {}; sleep 600", begun.display()))).unwrap();
    let started = Instant::now();
    hook.send(event(Event::Warning, "slow.org"));
    while !begun.exists() {
        assert!(started.elapsed() < TIMEOUT);
        thread::sleep(Duration::from_millis(5));
    }
    let all = u64::try_from(MAX_QUEUED_CALLS).unwrap() + 10;
    for _ in 0..all {
        hook.send(event(Event::Warning, "more.org"));
    }
    let got = hook.finish(Duration::from_millis(200), &ShutdownFlag::default());
    assert_eq!(got, stats(0, 1, all), "one call was terminated, the others skipped");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

#[test]
fn shutdown_or_abort_ends_the_wait() {
    for give_up in [false, true] {
        let hook = Hook::start(shell("sleep 600")).unwrap();
        let (started, stop) = (Instant::now(), ShutdownFlag::default());
        hook.send(event(Event::Warning, "slow.org"));
        hook.send(event(Event::Warning, "more.org"));
        if give_up {
            hook.abort();
        }
        let later = stop.clone();
        let asks = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            later.request();
        });
        let got = hook.finish(TIMEOUT, &stop);
        assert_eq!(got.failed + got.skipped, 2, "{got:?}");
        assert!(started.elapsed() < TIMEOUT / 2, "{:?}", started.elapsed());
        asks.join().unwrap();
    }
}

#[test]
fn dropped_it_ends_its_child() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let hook = Hook::start(shell(&format!("echo $$ > {}; exec sleep 600", pid_file.display()))).unwrap();
    hook.send(event(Event::Warning, "slow.org"));
    let started = Instant::now();
    let pid = loop {
        let text = std::fs::read_to_string(&pid_file).unwrap_or_default();
        if let Ok(pid) = text.trim().parse::<u32>() {
            break pid;
        }
        assert!(started.elapsed() < TIMEOUT);
        thread::sleep(Duration::from_millis(5));
    };
    drop(hook);
    while Path::new(&format!("/proc/{pid}")).exists() {
        assert!(started.elapsed() < TIMEOUT, "the child lives");
        thread::sleep(Duration::from_millis(5));
    }
}
