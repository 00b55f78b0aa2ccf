//! Invalid rsync daemons: each takes a limited time and gives no listing.

use std::io::{Read, Write};

use super::super::daemon::{Files, GREETING, daemon, greet, old_daemon, wait};
use super::*;

struct Hell {
    silence: u64,
    deadline: u64,
}

const IN_HELL: Hell = Hell {
    silence: 20,
    deadline: 60,
};

/// Returns the result, which must come within `most` seconds.
fn outcome(port: u16, hostile_server: &Hell, most: u64) -> ListingError {
    let tree = tree(Vec::new());
    let stop = ShutdownFlag::default();
    let started = Instant::now();
    let limits = ListingTimeouts {
        deadline: started + Duration::from_secs(hostile_server.deadline),
        shutdown: &stop,
        connect_timeout: Duration::from_secs(20),
        idle_timeout: Duration::from_secs(hostile_server.silence),
        allow_private: true,
    };
    let url = format!("rsync://127.0.0.1:{port}/module").parse().unwrap();
    let why = list(&tree, &url, &limits).unwrap_err();
    assert!(
        started.elapsed() < Duration::from_secs(most),
        "{:?} for {why:?}",
        started.elapsed()
    );
    why
}

#[test]
fn refusal_of_a_daemon_is_quoted() {
    for (answer, expected) in [
        (
            &b"@ERROR: max connections (4) reached -- try again later\n"[..],
            "max connections (4) reached",
        ),
        (b"@ERROR: access denied to module from unknown\n", "access denied"),
        // No password is requested.
        (
            b"@RSYNCD: AUTHREQD c2FsdA\n@ERROR: auth failed on module\n",
            "auth failed",
        ),
    ] {
        let port = daemon(move |stream| greet(stream, GREETING, answer).map(drop));
        let why = outcome(port, &IN_HELL, 20);
        assert!(
            why.error.code == "rsync" && why.error.message.contains(expected),
            "{why:?}"
        );
        assert!(why.has_response && !why.is_absent, "{why:?}");
    }
}

#[test]
fn other_servers_give_no_listing() {
    for greeting in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.9\r\n",
        &[0; 4000],
        b"",
    ] {
        let port = daemon(move |stream| stream.write_all(greeting));
        let why = outcome(port, &IN_HELL, 20);
        assert_eq!(why.error.code, "rsync", "{why:?}");
    }
    let garbage: Vec<u8> = (0..200_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3])
        .collect();
    let port = daemon(move |stream| {
        greet(stream, GREETING, b"@RSYNCD: OK\n")?;
        stream.write_all(&garbage)?;
        wait(stream)
    });
    assert_eq!(outcome(port, &IN_HELL, 40).error.code, "rsync");
}

#[test]
fn silent_daemon_times_out() {
    let mute = daemon(wait);
    let mute_later = daemon(|stream| {
        greet(stream, GREETING, b"@RSYNCD: OK\n")?;
        wait(stream)
    });
    let hasty = Hell { silence: 1, ..IN_HELL };
    for port in [mute, mute_later] {
        let why = outcome(port, &hasty, 15);
        assert!(why.error.code == "timeout" && !why.has_response, "{why:?}");
    }
    let hasty = Hell { deadline: 1, ..IN_HELL };
    for port in [mute, mute_later] {
        assert_eq!(outcome(port, &hasty, 15).error.code, "timeout");
    }
    // An endless message of the day.
    let chatty = daemon(|stream| {
        greet(stream, GREETING, b"")?;
        loop {
            stream.write_all(b"welcome\n")?;
        }
    });
    assert_eq!(outcome(chatty, &hasty, 15).error.code, "timeout");
}

#[test]
fn stopped_run_does_not_wait_for_a_daemon() {
    let port = daemon(wait);
    let stop = ShutdownFlag::default();
    let requests = stop.clone();
    let later = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        requests.request();
    });
    let url = format!("rsync://127.0.0.1:{port}/module").parse().unwrap();
    let started = Instant::now();
    let why = list(&tree(Vec::new()), &url, &patient(&stop)).unwrap_err();
    later.join().unwrap();
    assert!(started.elapsed() < Duration::from_secs(15));
    assert!(why.error.code == "interrupted", "{why:?}");
}

/// The top directory, with the first and the last of `files` files.
fn expecting(files: u32) -> Tree {
    let names = [0, files - 1].map(|n| format!("f{n:08}"));
    let file = |name: String| SampledFile {
        name,
        size: Some(1),
        timestamp: 0,
    };
    tree(vec![PlannedDirectory {
        id: DirectoryId(1),
        path: "".parse().unwrap(),
        readable: true,
        changed_seq: ScanSeq(1),
        files: names.into_iter().map(file).collect(),
        refused: Vec::new(),
        repomd: Vec::new(),
    }])
}

#[test]
fn interrupted_listing_is_discarded() {
    const FILES: u32 = 50_000;
    let tree = expecting(FILES);
    let whole = listed(&tree, old_daemon(FILES), "module").unwrap();
    assert_eq!(
        (whole.end(), whole.entries()),
        (&ListingEnd::Complete, u64::from(FILES) + 1)
    );
    assert_eq!(missing_from(&whole, &tree), [""; 0]);
    let dying = daemon(|stream| {
        let (mut out, _said) = Files::begin(stream)?;
        out.list(FILES)?;
        out.flush()
    });
    let why = listed(&tree, dying, "module").unwrap_err();
    assert_eq!(why.error.code, "rsync", "{why:?}");
    // After all entries, before the end of the list.
    let dying = daemon(|stream| {
        let (mut out, mut output) = Files::begin(stream)?;
        out.list(FILES)?;
        out.push(&[&[0], &[0; 4]])?;
        out.flush()?;
        output.read_exact(&mut [0; 4])
    });
    let why = listed(&tree, dying, "module").unwrap_err();
    assert_eq!(why.error.code, "rsync", "{why:?}");
}
