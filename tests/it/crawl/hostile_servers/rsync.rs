//! Faults of rsync daemons.

use super::super::daemon::{Files, GREETING, daemon, greet, old_daemon, wait};
use super::*;
use crate::support::rsyncd::Rsyncd;

/// Short timeouts for hosts and silent daemons.
const HASTY: &str = "connect_timeout = \"2s\"\nrequest_timeout = \"2s\"\nhost_deadline = \"8s\"\nmax_repomd_bytes = 200000\n\
                     mass_loss_min_hosts = 0\nrequests_per_second = 0";
const TURN: Duration = Duration::from_secs(8);

fn module(port: u16) -> String {
    format!("rsync://127.0.0.1:{port}/module")
}

fn sends(greeting: &'static [u8], answer: &'static [u8]) -> String {
    module(daemon(move |stream| greet(stream, greeting, answer).map(drop)))
}

/// Daemons that send a greeting and then fail: hosts with their modules.
fn broken_daemon() -> [(&'static str, String); 5] {
    let garbage: Vec<u8> = (0..200_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3])
        .collect();
    let garbage = module(daemon(move |stream| {
        greet(stream, GREETING, b"@RSYNCD: OK\n")?;
        std::io::Write::write_all(stream, &garbage)?;
        wait(stream)
    }));
    let dies = module(daemon(|stream| {
        let (mut out, _said) = Files::begin(stream)?;
        out.list(50_000)?;
        out.flush()
    }));
    let hangs = module(daemon(|stream| {
        let (mut out, _said) = Files::begin(stream)?;
        out.list(50_000)?;
        out.flush()?;
        wait(stream)
    }));
    let chatty = module(daemon(|stream| {
        greet(stream, GREETING, b"")?;
        loop {
            std::io::Write::write_all(stream, b"welcome\n")?;
        }
    }));
    let trickles = module(daemon(|stream| {
        greet(stream, GREETING, b"")?;
        loop {
            std::io::Write::write_all(stream, b"w\n")?;
            std::thread::sleep(Duration::from_millis(300));
        }
    }));
    [
        ("garbage.org", garbage),
        ("dies.org", dies),
        ("hangs.org", hangs),
        ("chatty.org", chatty),
        ("trickles.org", trickles),
    ]
}

#[test]
fn hostile_rsync_daemons() {
    let (net, good) = net(HASTY);
    let [garbage, dies, hangs, chatty, trickles] = broken_daemon();
    let rows = [
        silent(
            "full.org",
            sends(GREETING, b"@ERROR: max connections (4) reached -- try again later\n"),
            &["rsync"],
            0,
        ),
        silent(
            "password.org",
            sends(
                GREETING,
                b"@RSYNCD: AUTHREQD c2FsdA\n@ERROR: auth failed on module module\n",
            ),
            &["rsync"],
            0,
        ),
        silent(
            "web.org",
            sends(b"HTTP/1.1 400 Bad Request\r\n\r\n", b""),
            &["rsync"],
            0,
        ),
        silent(garbage.0, garbage.1, &["rsync"], 0),
        silent(dies.0, dies.1, &["rsync"], 0),
        silent("nobody.org", module(crate::support::free_port()), &["connection"], 0),
        silent("mute.org", module(daemon(wait)), &["timeout"], 1),
        silent(hangs.0, hangs.1, &["timeout"], 1),
        Row {
            at_most: TURN + LOADED,
            ..silent(chatty.0, chatty.1, &["deadline", "timeout"], 0)
        },
        Row {
            at_most: TURN + LOADED,
            ..silent(trickles.0, trickles.1, &["deadline", "timeout"], 0)
        },
        silent(
            "options.org",
            "rsync://127.0.0.1:1/module/--rsync-path=x".to_owned(),
            &["protocol"],
            0,
        ),
        silent(
            "pattern.org",
            "rsync://127.0.0.1:1/module/*".to_owned(),
            &["protocol"],
            0,
        ),
        silent("home.org", "rsync://127.0.0.1:1/".to_owned(), &["protocol"], 0),
        Row {
            outcome: "category-missing",
            reasons: &["category-missing", "rsync"],
            ..silent(
                "unknown.org",
                sends(GREETING, b"@ERROR: Unknown module 'module'\n"),
                &[],
                1,
            )
        },
    ];
    let rows = rows.map(|row| Row {
        lost: if row.outcome == "category-missing" {
            EVERYTHING
        } else {
            row.lost
        },
        ..row
    });
    crawl_and_compare(&net, &good, &rows);
    for (host, reason, part) in [
        ("full.org", "rsync", "max connections (4) reached"),
        ("password.org", "rsync", "auth failed on module"),
        ("unknown.org", "rsync", "Unknown module"),
        ("hangs.org", "timeout", "rsync"),
        ("options.org", "protocol", "starts with a dash"),
    ] {
        let evidence = finding_evidence(&net, host, reason);
        assert!(evidence.iter().any(|t| t.contains(part)), "{host}: {evidence:?}");
    }
}

const EVERYTHING: &[&str] = &[
    "",
    "pool",
    "pool/1",
    "pool/2",
    "pool/3",
    "releases",
    "releases/43",
    "releases/43/Everything",
    "releases/43/Everything/x86_64",
    OS,
    "releases/43/Everything/x86_64/os/Packages",
    "releases/43/Everything/x86_64/os/images",
    REPODATA,
];

/// A slow daemon, or one with another tree, beside HTTP: it takes only a part of the time of the host, and HTTP is decisive.
#[test]
fn rsync_daemons_beside_http() {
    let (net, good) = net(HASTY);
    let fine = good.clone();
    let well = faulty(move |s, request| fine.serve(s, request));
    let trickles = module(daemon(|stream| {
        greet(stream, GREETING, b"")?;
        loop {
            std::io::Write::write_all(stream, b"w\n")?;
            std::thread::sleep(Duration::from_millis(300));
        }
    }));
    let real = [(); 2].map(|()| Rsyncd::serve(&good.root));
    let [one, other] = [0, 1].map(|n: usize| format!("rsync://127.0.0.1:{}/master", real[n].port));
    let fine = good.clone();
    let lacks = faulty(move |s, request| {
        if request.path.contains("rpm") || request.path.ends_with("/Packages/") {
            status(s, "404 Not Found")
        } else {
            fine.serve(s, request)
        }
    });
    let row = |host, urls: [&String; 2], lost, reasons| Row {
        urls: vec![format!("{}/at-{host}", urls[0]), urls[1].clone()],
        at_most: TURN + LOADED,
        ..mirror(host, String::new(), lost, reasons, 0)
    };
    let rows = [
        row("trickles.org", [&well, &trickles], &[], &["timeout"]),
        row(
            "lacks.org",
            [&lacks, &one],
            &["pool/1", "pool/2", "pool/3", PACKAGES],
            &["index-mismatch", "missing", "rsync-mismatch"],
        ),
        row("well.org", [&well, &other], &[], &[]),
    ];
    crawl_and_compare(&net, &good, &rows);
}

const PACKAGES: &str = "releases/43/Everything/x86_64/os/Packages";

/// rsync keeps the complete list of an old daemon, so its memory is limited; mm-crawl keeps only expected entries.
#[test]
fn ten_million_files_cost_a_bounded_time_and_memory() {
    let (net, good) = net(&HASTY.replace("\"8s\"", "\"60s\""));
    let port = old_daemon(10_000_000);
    let rows = [Row {
        at_most: Duration::from_mins(1) + LOADED,
        ..silent("long.org", module(port), &["rsync"], 0)
    }];
    let fine = good.clone();
    let crawled = crawl_and_compare(&net, &fine, &rows);
    assert!(crawled.child_peak < 600 << 20, "{} bytes", crawled.child_peak);
    let finding_evidence = finding_evidence(&net, "long.org", "rsync");
    assert!(finding_evidence[0].contains("out of memory"), "{finding_evidence:?}");
}

/// The `PATH` with which this script is used as rsync.
fn install_rsync_script(net: &Net, script: &str) -> String {
    let program = net.env.write("bin/rsync", format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    format!("{}:/usr/bin:/bin", net.env.path("bin").display())
}

/// As a current daemon lists them: rsync passes them on incrementally.
#[test]
fn millions_of_lines_are_read_and_not_kept() {
    let (net, good) = net(&HASTY.replace("\"8s\"", "\"60s\""));
    // A real listing, and two million more entries.
    let real = Rsyncd::serve(&good.root);
    let rsync = crate::support::need("rsync", "rsync");
    let line = "-rw-r--r--           5 2026/11/25 14:42:43 pool/1/a-package-that-nobody-expects.rpm";
    let path = install_rsync_script(
        &net,
        &format!(
            "{} \"$@\" || exit\nyes -- '{line}' | head -n 2000000 && touch all",
            rsync.display()
        ),
    );
    crawl_until_current(&net, &good, &["long.org"]);
    set_urls(&net, "long.org", &[format!("rsync://127.0.0.1:{}/master", real.port)]);
    let crawled = crawl_by(&net, &["--full"], |command| command.env("PATH", &path));
    assert_eq!(crawled.output.status, 0, "{:?}", crawled.output);
    assert!(crawled.took < Duration::from_mins(1) + LOADED, "{:?}", crawled.took);
    assert!(crawled.peak < MEMORY, "{} bytes", crawled.peak);
    assert!(net.env.path("all").exists(), "they were read");
    assert_eq!(net.inventory("long.org").present, all_directories());
}

/// A connection that breaks during a listing was established: the mirror failed, not the local network.
#[test]
fn truncated_listing_is_rejected() {
    let (net, good) = net(&format!("{HASTY}\ndisable_after_failures = 0"));
    crawl_until_current(&net, &good, &["breaks.org"]);
    set_urls(&net, "breaks.org", &["rsync://127.0.0.1:1/module".to_owned()]);
    let begin = "echo 'drwxr-xr-x           0 2026/11/25 14:42:43 .'";
    let end = "echo 'rsync: read error: Connection reset by peer (104)' >&2";
    for (script, reason) in [
        (format!("{begin}; {end}; exit 10"), "rsync"),
        (format!("{begin}; {end}; exit 12"), "rsync"),
        (format!("{begin}; echo '-rw-r--r-- what?'; exit 0"), "rsync"),
        ("exit 0".to_owned(), "rsync"),
        (format!("{end}; exit 10"), "connection"),
        ("kill -9 $$".to_owned(), "rsync"),
    ] {
        let path = install_rsync_script(&net, &script);
        let crawled = crawl_by(&net, &["--full"], |command| command.env("PATH", &path));
        assert_eq!(crawled.output.status, 3, "{script}: {:?}", crawled.output);
        assert_eq!(net.reasons("breaks.org"), [reason], "{script}");
        assert_eq!(net.inventory("breaks.org").present, all_directories(), "{script}");
    }
    // A complete but empty listing, which clients would see too: the second time it is conclusive.
    let path = install_rsync_script(&net, &format!("echo >> asked; {begin}; exit 0"));
    let crawled = crawl_by(&net, &["--full"], |command| command.env("PATH", &path));
    assert_eq!(crawled.output.status, 0, "{:?}", crawled.output);
    assert!(
        net.inventory("breaks.org").present.len() < 2,
        "{:?}",
        net.inventory("breaks.org").present
    );
    assert_eq!(
        std::fs::read_to_string(net.env.path("asked")).unwrap().lines().count(),
        2
    );
}
