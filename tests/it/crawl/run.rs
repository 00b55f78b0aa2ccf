//! The complete run: killed, stopped, locked, without an uplink.

use std::io::{BufRead, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{ExitStatus, Stdio};

use super::*;
use crate::support::Process;

/// A mirror that serves `root` and takes `delay` for each response.
fn slow(root: &Path, delay: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let root = root.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), root) = (stream, root.clone()) else {
                return;
            };
            std::thread::spawn(move || {
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                while let Some(Ok(first)) = lines.next() {
                    while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
                    std::thread::sleep(delay);
                    let path = root.join(first.split(' ').nth(1).unwrap().trim_start_matches('/'));
                    let body = std::fs::read(&path).unwrap_or_default();
                    let status = if path.exists() { "200 OK" } else { "404 Not Found" };
                    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
                    let body = if first.starts_with("GET") { body } else { Vec::new() };
                    if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

pub(super) fn start(net: &Net, args: &[&str]) -> Process {
    Process(
        net.env
            .command("mm-crawl")
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap(),
    )
}

pub(super) fn wait(process: &mut Process, at_most: Duration) -> ExitStatus {
    let started = Instant::now();
    loop {
        if let Some(status) = process.0.try_wait().unwrap() {
            return status;
        }
        assert!(started.elapsed() < at_most, "still running after {at_most:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until this number of hosts have a result.
pub(super) fn until_done(net: &Net, hosts: &str) {
    let started = Instant::now();
    while net.sql_rows("SELECT count(DISTINCT host_id) FROM crawl_result") != [hosts] {
        assert!(started.elapsed() < Duration::from_secs(30), "no result");
        std::thread::sleep(Duration::from_millis(30));
    }
}

pub(super) fn signal(process: &Process, name: &str) {
    let pid = process.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .unwrap()
            .success()
    );
}

/// One quick mirror, two that take a second for each response.
pub(super) fn quick_and_slow() -> (Net, Nginx) {
    let net = Net::new("request_timeout = \"30s\"");
    net.copy_to("m");
    // A mirror cannot read it.
    std::fs::remove_dir_all(net.env.path("m/closed")).unwrap();
    let nginx = Nginx::serve(&net.env.path("m"));
    let [slow1, slow2] = [(); 2].map(|()| slow(&net.env.path("m"), Duration::from_secs(1)));
    net.register(&[
        ("quick.org", &nginx.url()),
        ("slow1.org", &slow1),
        ("slow2.org", &slow2),
    ]);
    (net, nginx)
}

#[test]
fn killed_crawl_leaves_nothing_to_clean() {
    let (net, _nginx) = quick_and_slow();
    let mut crawl = start(&net, &[]);
    until_done(&net, "1");
    signal(&crawl, "KILL");
    wait(&mut crawl, Duration::from_secs(10));
    assert_eq!(net.sql_rows("PRAGMA integrity_check"), ["ok"]);
    assert!(net.inventory("quick.org").has(REPODATA));
    assert_eq!(net.sql_rows("SELECT count(*) FROM inventory"), ["1"]);
    assert_eq!(
        net.sql_rows("SELECT count(*) FROM run WHERE job = 'crawl' AND ended_at IS NULL"),
        ["1"]
    );
    let again = net.env.run("mm-crawl", &["--host", "quick.org"]);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""), "{again:?}");
}

#[test]
fn crawl_stops_within_seconds_on_sigterm_and_keeps_its_results() {
    let (net, _nginx) = quick_and_slow();
    let mut crawl = start(&net, &[]);
    until_done(&net, "1");
    signal(&crawl, "TERM");
    let status = wait(&mut crawl, Duration::from_secs(15));
    assert_eq!(status.code(), Some(3));
    assert!(net.inventory("quick.org").has(REPODATA));
    assert_eq!(net.sql_rows("SELECT exit FROM run WHERE job = 'crawl'"), ["3"]);
    assert_eq!(net.sql_rows("SELECT crawl_failures FROM host"), ["0", "0", "0"]);
}

#[test]
fn max_runtime_of_the_run_is_enforced() {
    let (net, _nginx) = quick_and_slow();
    let started = Instant::now();
    let output = net.env.run("mm-crawl", &["--max-runtime", "2s"]);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert_eq!(output.status, 3, "{output:?}");
    assert!(output.stderr.contains("interrupted: "), "{output:?}");
    assert!(net.inventory("quick.org").has(REPODATA));
}

#[test]
fn timeout_of_one_host_does_not_affect_others() {
    let net = Net::new("host_deadline = \"3s\"");
    net.copy_to("m");
    let nginx = Nginx::serve(&net.env.path("m"));
    let url = slow(&net.env.path("m"), Duration::from_millis(700));
    net.register(&[("quick.org", &nginx.url()), ("slow.org", &url)]);
    let started = Instant::now();
    let report = net.crawl();
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert!(
        net.inventory("slow.org").has("releases"),
        "what was found out in time counts"
    );
    assert_eq!(net.reasons("slow.org"), ["deadline", "leaked"]);
    assert_eq!(report["result"]["totals"]["incomplete"], 1);
}

/// A mirror that is too slow for one crawl is continued by the next ones.
#[test]
fn slow_mirror_is_continued_by_the_next_crawl() {
    let net = Net::new("host_deadline = \"2s\"");
    net.copy_to("m");
    std::fs::remove_dir_all(net.env.path("m/closed")).unwrap();
    let url = slow(&net.env.path("m"), Duration::from_millis(350));
    net.register(&[("slow.org", &url)]);
    let started = Instant::now();
    let mut crawls = 0;
    while net.inventory("slow.org").present != open_directories() {
        assert!(
            started.elapsed() < Duration::from_mins(2),
            "{:?}",
            net.inventory("slow.org").present
        );
        net.crawl();
        crawls += 1;
        let tries = net.inventory("slow.org").row.exceptions.into_values();
        assert!(
            tries.into_iter().all(|e| e.tries == 0),
            "nobody asked, so nothing failed"
        );
    }
    assert!(crawls > 1, "it was too quick for this test");
}

#[test]
fn without_an_uplink_no_failures_are_counted() {
    let net = Net::new("disable_after_failures = 1");
    let urls: Vec<String> = (0..4)
        .map(|_| format!("http://127.0.0.1:{}", crate::support::free_port()))
        .collect();
    let names = ["a.org", "b.org", "c.org", "d.org"];
    let hosts: Vec<(&str, &str)> = names.iter().copied().zip(urls.iter().map(String::as_str)).collect();
    net.register(&hosts);
    let output = net.env.run("mm-crawl", &[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(output.stderr.contains("outage suspected"), "{output:?}");
    assert_eq!(net.sql_rows("SELECT sum(crawl_failures) FROM host"), ["0"]);
    assert_eq!(net.sql_rows("SELECT count(*) FROM crawl_result"), ["0"]);
    assert_eq!(net.sql_rows("SELECT sum(user_active) FROM host"), ["4"]);
    // A mirror that answers shows that the others have failed.
    net.copy_to("m");
    let nginx = Nginx::serve(&net.env.path("m"));
    net.sqlite()
        .execute(
            "UPDATE host_category_url SET url = ?1 WHERE url = ?2",
            [&nginx.url(), &urls[0]],
        )
        .unwrap();
    let output = net.env.run("mm-crawl", &[]);
    assert_eq!(output.status, 3, "three of four gave no answer: {output:?}");
    assert_eq!(net.sql_rows("SELECT sum(crawl_failures) FROM host"), ["3"]);
    assert_eq!(
        net.sql_rows("SELECT count(*) FROM host WHERE disabled_by = 'crawler'"),
        ["3"]
    );
    // Disabled for it, they are probed again without an alert.
    let report = net.crawl();
    assert_eq!(report["result"]["totals"]["still_disabled"], 3);
}

#[test]
fn dry_run_sends_no_requests() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = Nginx::serve(&net.env.path("m"));
    net.register(&[("m.org", &nginx.url())]);
    let output = net.env.ok("mm-crawl", &["--dry-run"]);
    assert!(
        output.contains("m.org") && output.contains("about 11 requests"),
        "{output}"
    );
    assert_eq!(nginx.log(), "");
    assert_eq!(net.sql_rows("SELECT count(*) FROM run WHERE job = 'crawl'"), ["0"]);
}

#[test]
fn unknown_names_are_rejected_with_similar_names() {
    let net = Net::new("");
    net.register(&[("mirror.example.org", "http://127.0.0.1:1/x")]);
    let cases = [
        (vec!["--host", "miror.example.org"], "did you mean mirror.example.org?"),
        (vec!["--category", "Fedora"], "did you mean Fedora Linux?"),
        (vec!["--host", "zzz"], "mm-admin host list"),
    ];
    for (args, expected) in cases {
        let output = net.env.run("mm-crawl", &args);
        assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{output:?}");
        assert!(output.stderr.contains(expected), "{output:?}");
    }
    net.sqlite()
        .execute("UPDATE host SET user_active = 0, disabled_by = 'owner'", [])
        .unwrap();
    let output = net.env.run("mm-crawl", &["--host", "mirror.example.org"]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(output.stderr.contains("--include-disabled"), "{output:?}");
}

#[test]
fn crawls_of_one_category_exclude_each_other() {
    let (net, _nginx) = quick_and_slow();
    let first = start(&net, &[]);
    until_done(&net, "1");
    let second = net.env.run("mm-crawl", &[]);
    assert_eq!(second.status, 75, "{second:?}");
    let other = net.env.run("mm-crawl", &["--category", CATEGORY]);
    assert_eq!(other.status, 75, "{other:?}");
    drop(first);
}

#[test]
fn host_locked_by_another_run_is_skipped() {
    let net = Net::new("");
    net.copy_to("m");
    let nginx = Nginx::serve(&net.env.path("m"));
    net.register(&[("m.org", &nginx.url())]);
    let request = mirrormanager::locks::Request {
        job: "crawl-host".to_owned(),
        scope: Some("m.org".to_owned()),
        user: "u".to_owned(),
        command: "other".to_owned(),
        now: mirrormanager::model::Timestamp(0),
        limit: None,
    };
    let stop = mirrormanager::sys::signals::ShutdownFlag::default();
    let lock = mirrormanager::locks::acquire(&net.env.path("locks"), &request, Duration::ZERO, &stop).unwrap();
    let output = net.env.run("mm-crawl", &[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stderr.contains("another run") && output.stderr.contains("m.org"),
        "{output:?}"
    );
    assert_eq!(nginx.log(), "");
    drop(lock);
    net.crawl();
}

#[test]
fn successful_crawl_prints_nothing_for_cron() {
    let net = Net::new("");
    net.copy_to("m");
    std::fs::remove_dir_all(net.env.path("m/closed")).unwrap();
    let nginx = Nginx::serve(&net.env.path("m"));
    net.register(&[("m.org", &nginx.url()), ("dead.org", "http://127.0.0.1:1/x")]);
    let output = net.env.run("mm-crawl", &[]);
    assert_eq!(
        (output.status, output.stdout.as_str(), output.stderr.as_str()),
        (0, "", ""),
        "{output:?}"
    );
    let reported = net.env.ok("mm-crawl", &["-q", "--format", "text"]);
    assert_eq!(reported, "");
    let log = std::fs::read_to_string(net.env.path("log/crawl.log")).unwrap();
    assert!(log.contains("host crawled") && log.contains("m.org"), "{log}");
}
