use super::*;

fn limits(millis: u64) -> ChildLimits {
    ChildLimits {
        deadline: Instant::now() + Duration::from_millis(millis),
        output: 1000,
        stop: ShutdownFlag::default(),
    }
}

fn shell(script: &str, limits: &ChildLimits) -> Result<ChildOutput, ChildError> {
    run("/bin/sh", "dash", &["-c".to_owned(), script.to_owned()], None, limits)
}

#[test]
fn says_how_it_ended() {
    let f = shell("echo out; echo bad >&2; echo worse >&2; exit 3", &limits(10_000)).unwrap();
    assert_eq!(
        (f.status, f.stdout.as_slice(), f.last_error_line().as_str()),
        (Some(3), &b"out\n"[..], "worse")
    );
    assert!(shell("exit 0", &limits(10_000)).unwrap().is_success());
    assert_eq!(shell("kill -9 $$", &limits(10_000)).unwrap().status, None);
}

#[test]
fn those_that_live_are_known() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let script = format!("echo $$ > {}; sleep 600", pid_file.display());
    let limits = limits(60_000);
    let stop = limits.stop.clone();
    let run = thread::spawn(move || shell(&script, &limits));
    let mut known = 0;
    let pid = loop {
        known = wait_for_change(known, Duration::from_millis(50));
        let printed = std::fs::read_to_string(&pid_file).unwrap_or_default();
        if let Ok(pid) = printed.trim().parse::<u32>() {
            break pid;
        }
    };
    let start = process::stat(pid).unwrap().start_time;
    assert!(live().contains(&ProcessId { pid, start_time: start }));
    stop.request();
    assert!(run.join().unwrap().is_err());
    assert!(!live().iter().any(|p| p.pid == pid));
}

#[test]
fn a_flood_is_cut() {
    let f = shell("head -c 300000 /dev/zero", &limits(20_000)).unwrap();
    assert_eq!((f.stdout.len(), f.status), (1000, Some(0)));
}

#[test]
fn the_deadline_ends_all_of_the_group() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let script = format!(
        "trap '' TERM; sleep 600 & echo $! > {}; wait; sleep 600",
        pid_file.display()
    );
    let begun = Instant::now();
    assert!(matches!(shell(&script, &limits(500)), Err(ChildError::Deadline(_))));
    assert!(begun.elapsed() < Duration::from_secs(30));
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    // A signal that is sent is not yet taken.
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let is_over = || stat().is_empty() || stat().contains(") Z");
    while !is_over() && begun.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(10));
    }
    assert!(is_over(), "the grandchild lives: {}", stat());
}

#[test]
fn surviving_grandchild_does_not_block_the_wait() {
    let begun = Instant::now();
    let f = shell("sleep 600 & echo done", &limits(60_000)).unwrap();
    assert_eq!(f.stdout, b"done\n");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_stream_is_read_to_its_end_or_abandoned() {
    let sh = |script: &str, read: fn(&mut dyn Read) -> String| {
        let args = ["-c".to_owned(), script.to_owned()];
        stream(
            "/bin/sh",
            "dash",
            &args,
            SpawnOptions {
                set: &[("GREETING", "hello")],
                unset: &["HOME"],
                memory: Some(1 << 30),
            },
            &limits(60_000),
            read,
        )
        .unwrap()
    };
    let all = |pipe: &mut dyn Read| {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    };
    let (finished, text) = sh("echo $GREETING$HOME; echo bad >&2; exit 3", all);
    assert_eq!(
        (finished.status, finished.last_error_line().as_str(), text.as_str()),
        (Some(3), "bad", "hello\n")
    );
    let (_, limit) = sh("while [ $(ulimit -v) = unlimited ]; do :; done; ulimit -v", all);
    assert_eq!(limit.trim(), "1048576");
    let begun = Instant::now();
    let (finished, _) = sh("while :; do echo more || exit 9; done", |pipe| {
        let mut some = [0; 4];
        pipe.read_exact(&mut some).unwrap();
        String::new()
    });
    assert_ne!(finished.status, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[test]
fn stopping_the_job_ends_it() {
    let limits = limits(60_000);
    limits.stop.request();
    assert!(matches!(shell("sleep 600", &limits), Err(ChildError::Stopped(_))));
}

#[test]
fn a_missing_program_is_named_with_its_package() {
    let e = run("no-such-program", "some-package", &[], None, &limits(1_000)).unwrap_err();
    assert!(e.to_string().contains("apt-get install some-package"), "{e}");
}

#[test]
fn long_stdin_may_stay_unread() {
    let input = "line\n".repeat(100_000);
    let give = |script: &str| {
        let args = ["-c".to_owned(), script.to_owned()];
        run("/bin/sh", "dash", &args, Some(input.as_bytes()), &limits(60_000)).unwrap()
    };
    assert_eq!(give("wc -l").stdout, b"100000\n");
    assert!(give("exit 0").is_success());
    assert_eq!(give("read first; echo $first").stdout, b"line\n");
    assert!(
        shell("read first", &limits(60_000)).is_ok_and(|f| !f.is_success()),
        "else there is nothing to read"
    );
}

#[test]
fn detached_process_with_open_pipes_does_not_block_the_wait() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let script = format!(
        "setsid sh -c 'echo $$ > {0}; exec sleep 600' & while [ ! -s {0} ]; do sleep 0.01; done; echo done",
        pid_file.display()
    );
    let begun = Instant::now();
    let f = shell(&script, &limits(60_000)).unwrap();
    assert_eq!((f.stdout.as_slice(), f.status), (&b"done\n"[..], Some(0)));
    assert!(begun.elapsed() < Duration::from_secs(30));
    let pid: i32 = std::fs::read_to_string(pid_file).unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

/// The PID that a script wrote.
fn read_pid(path: &std::path::Path) -> u32 {
    let started = Instant::now();
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if let Ok(pid) = text.trim().parse() {
            return pid;
        }
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "no PID in {}",
            path.display()
        );
        thread::sleep(Duration::from_millis(10));
    }
}

fn is_gone(pid: u32) -> bool {
    process::stat(pid).is_none_or(|s| s.state == 'Z')
}

#[test]
fn deadline_terminates_descendants_in_other_groups() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    let script = format!(
        "setsid sh -c 'trap \"\" TERM; echo $$ > {}; while :; do sleep 1; done' & wait",
        pid_file.display()
    );
    let begun = Instant::now();
    assert!(matches!(shell(&script, &limits(2_000)), Err(ChildError::Deadline(_))));
    assert!(begun.elapsed() < Duration::from_secs(30));
    let pid = read_pid(&pid_file);
    while !is_gone(pid) {
        assert!(begun.elapsed() < Duration::from_secs(30), "it survived");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn stream_that_a_detached_process_keeps_open_ends_with_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let pid_file = dir.path().join("pid");
    for (ending, millis) in [("exit 0", 60_000), ("sleep 600", 2_000)] {
        // Its parent exits at once, so that it does not descend from the shell any more.
        let script = format!(
            "(setsid sh -c 'echo $$ > {0}; exec sleep 600' &); while [ ! -s {0} ]; do sleep 0.01; done; echo first; {ending}",
            pid_file.display()
        );
        let mut result = String::new();
        let begun = Instant::now();
        let outcome = stream(
            "/bin/sh",
            "dash",
            &["-c".to_owned(), script],
            SpawnOptions::default(),
            &limits(millis),
            |pipe| pipe.read_to_string(&mut result),
        );
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
        match outcome {
            Ok((_, read)) => assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut),
            Err(e) => assert!(matches!(e, ChildError::Deadline(_)), "{e}"),
        }
        assert_eq!(result, "first\n");
        let pid = read_pid(&pid_file);
        let stray = ProcessId {
            pid,
            start_time: process::stat(pid).unwrap().start_time,
        };
        signal_all(&[stray], Signal::KILL);
        std::fs::remove_file(&pid_file).unwrap();
    }
}
