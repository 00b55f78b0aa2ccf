//! Crawls that are killed while probing and while writing.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use super::servers::{Mirror, TestNetwork};
use super::*;
use crate::support::need;

/// The number of kills among writes to the database (each inside a commit), and among received data.
const WRITES: usize = 16;
const ANSWERS: usize = 15;
const LANES: usize = 3;
const MIRRORS: usize = 6;

fn name(n: usize) -> String {
    format!("m{n}.org")
}

/// The inventory of a host.
fn inventory(net: &Net, host: &str) -> String {
    let f = net.inventory(host);
    let exceptions: Vec<_> = f.exceptions.iter().collect();
    format!("{:?} {:?} {exceptions:?} {:?}", f.present, f.missing, f.row.scan_seq)
}

/// The complete state of a host, except for times.
fn state(net: &Net, host: &str) -> String {
    let f = net.inventory(host);
    let rest = net.sql_rows(&format!(
        "SELECT crawl_failures || '/' || user_active FROM host WHERE name = '{host}'"
    ));
    format!(
        "{} {} {} {:?} {rest:?}",
        inventory(net, host),
        f.row.sample_rotation,
        f.row.inconclusive_tries,
        net.reasons(host)
    )
}

fn states(net: &Net) -> Vec<String> {
    (0..MIRRORS).map(|n| state(net, &name(n))).collect()
}

/// Runs a crawl under strace, which kills it at the `when`th call of a kind; returns the number of such calls, and true if it was
/// killed.
fn traced(net: &Net, call: &str, when: Option<usize>) -> (usize, bool) {
    let trace = net.env.path("trace");
    let mut command = Command::new(need("strace", "strace"));
    command.args(["-f", "-qq", "-e", "signal=none", "-o"]).arg(&trace);
    command.args(["-e", &format!("trace={call}")]);
    if let Some(n) = when {
        command.args(["-e", &format!("inject={call}:signal=KILL:when={n}")]);
    }
    let status = command
        .arg(assert_cmd::cargo::cargo_bin("mm-crawl"))
        .arg("--full")
        .env("MM_CONFIG", net.env.path("mm.toml"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    let text = fs::read_to_string(trace).unwrap();
    let calls = text.lines().filter(|l| l.contains(&format!("{call}("))).count();
    // strace exits with the status of the program.
    (calls, status.signal() == Some(9))
}

/// Restores the database and begins a new log.
fn restore(net: &Net) {
    for end in ["-wal", "-shm"] {
        drop(fs::remove_file(net.env.path(&format!("mm.db{end}"))));
    }
    fs::copy(net.env.path("saved.db"), net.env.path("mm.db")).unwrap();
    drop(fs::remove_file(net.env.path("log/crawl.log")));
}

/// The hosts that the log reports as done, which is written after their commit.
fn done(net: &Net) -> Vec<usize> {
    let log = fs::read_to_string(net.env.path("log/crawl.log")).unwrap_or_default();
    let done: Vec<&str> = log.lines().filter(|l| l.contains("host crawled")).collect();
    (0..MIRRORS)
        .filter(|n| done.iter().any(|l| l.contains(&name(*n))))
        .collect()
}

/// Six mirrors that were current; then the master changed, and each mirror differs in its own way.
fn world() -> (Net, Vec<Mirror>) {
    let net = Net::new(&format!(
        "workers = {LANES}\ndisable_after_failures = 1\nmax_inconclusive_percent = 100"
    ));
    for n in 0..4 {
        net.write(&format!("tree/pool/{n}/a.rpm"), "package");
    }
    net.copy_to("old");
    let network = TestNetwork::new();
    let mirrors: Vec<Mirror> = (0..MIRRORS)
        .map(|_| Mirror::serve(&network, &net.env.path("old")))
        .collect();
    let named: Vec<(String, String)> = mirrors.iter().enumerate().map(|(n, m)| (name(n), m.url())).collect();
    net.register(&named.iter().map(|(n, u)| (n.as_str(), u.as_str())).collect::<Vec<_>>());
    net.crawl();
    net.push(2);
    net.write("tree/pool/new/a.rpm", "package");
    net.scan();
    for copy in ["new", "part", "tampered"] {
        net.copy_to(copy);
    }
    fs::remove_dir_all(net.env.path("part/pool")).unwrap();
    net.write(&format!("tampered/{REPODATA}/repomd.xml"), "<repomd>not ours</repomd>");
    for (n, root) in [(0, "new"), (1, "new"), (2, "part"), (3, "tampered")] {
        mirrors[n].root(&net.env.path(root));
    }
    // One is behind, one fails.
    mirrors[5].override_response(|_| Some("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".to_owned()));
    let saved = net.env.path("saved.db");
    net.env.ok("mm-admin", &["backup", saved.to_str().unwrap()]);
    restore(&net);
    (net, mirrors)
}

/// Kills crawls at calls of a kind, of which each of `threads` threads makes about the same number. Prints
/// each kill, and returns how many of the crawls had written some of the hosts.
fn killed_among(call: &str, threads: usize, moments: usize) -> (Vec<String>, usize) {
    let (net, mirrors) = world();
    let old = states(&net);
    let calls = traced(&net, call, None).0 / threads;
    let new = states(&net);
    let good = [0, 1, 2].map(|n| inventory(&net, &name(n)));
    assert!(old.iter().zip(&new).all(|(o, n)| o != n), "{old:?} {new:?}");
    assert!(calls > moments, "{calls} calls of {call} are too few moments");
    let (mut reported, mut in_the_middle) = (Vec::new(), 0);
    for moment in 0..moments {
        restore(&net);
        let when = 2 + moment * calls / moments;
        let what = format!("killed at {call} number {when} of {calls}");
        assert!(traced(&net, call, Some(when)).1, "{what}: it was not");
        assert_eq!(net.sql_rows("PRAGMA integrity_check"), ["ok"], "{what}");
        let (found, done) = (states(&net), done(&net));
        let written: Vec<usize> = (0..MIRRORS).filter(|n| found[*n] == new[*n]).collect();
        for n in 0..MIRRORS {
            assert!(found[n] == old[n] || found[n] == new[n], "{what}: {}", found[n]);
        }
        assert!(done.iter().all(|n| written.contains(n)), "{what}: {done:?} {written:?}");
        // All rows of a host are written, or none.
        let results = net.sql_rows(
            "SELECT h.name FROM crawl_result r JOIN host h ON h.id = r.host_id WHERE r.run_id = (SELECT max(id) FROM run) ORDER BY 1",
        );
        // The row of the run may not have been written yet.
        let started = net.sql_rows("SELECT job FROM run ORDER BY id DESC LIMIT 1") == ["crawl"];
        assert!(
            !started || results == written.iter().map(|n| name(*n)).collect::<Vec<_>>(),
            "{what}: {results:?}"
        );
        in_the_middle += usize::from(!written.is_empty() && written.len() < MIRRORS);
        reported.push(format!("{what}: {} hosts done, {} written", done.len(), written.len()));
        // Nothing needs cleaning: the next run starts at once.
        for m in &mirrors {
            m.forget();
        }
        let after = net.env.run("mm-crawl", &["--full"]);
        assert_eq!(after.status, 0, "{what}: {after:?}");
        assert!(
            mirrors.iter().all(|m| !m.requests().is_empty()),
            "{what}: all are asked again"
        );
        for (n, good) in good.iter().enumerate() {
            assert_eq!(inventory(&net, &name(n)), *good, "{what}");
        }
    }
    (reported, in_the_middle)
}

#[test]
#[ignore = "make test-all: many kills take long, and faults::killed has a few of each program"]
fn crawl_killed_in_a_commit_leaves_each_host_in_its_old_or_new_state() {
    let (reported, middle) = killed_among("pwrite64", 1, WRITES);
    println!("{}", reported.join("\n"));
    assert!(middle > WRITES / 3, "too few moments were in the middle: {middle}");
}

#[test]
#[ignore = "make test-all: many kills take long, and faults::killed has a few of each program"]
fn crawl_killed_while_probing_leaves_each_host_in_its_old_or_new_state() {
    let (reported, middle) = killed_among("recvfrom", LANES, ANSWERS);
    println!("{}", reported.join("\n"));
    assert!(middle > ANSWERS / 5, "too few moments were in the middle: {middle}");
}
