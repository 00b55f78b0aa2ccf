//! Runs with stalled mirrors end in time and leave no child process.

use std::io::Read as _;

use super::run::{signal, start, wait};
use super::servers::hanging;
use super::*;
use crate::support::Process;

/// The number of stalled mirrors, and of those among them that are probed by rsync.
const STALLED: usize = 64;
const BY_RSYNC: usize = 12;

/// One good mirror, and many that stall in all ways: connections that are never established, that are silent, or that stop after the
/// greeting of an rsync daemon.
fn stalled(crawl: &str) -> (Net, Nginx, Vec<std::net::TcpListener>) {
    let net = Net::new(&format!(
        "request_timeout = \"10m\"\nconnect_timeout = \"5m\"\nworkers = 64\n{crawl}"
    ));
    net.copy_to("m");
    let nginx = Nginx::serve(&net.env.path("m"));
    let mut urls = vec![nginx.url()];
    let mut full = Vec::new();
    for n in 0..STALLED {
        urls.push(match n {
            n if n < BY_RSYNC / 2 => hanging("rsync", ""),
            n if n < BY_RSYNC => hanging("rsync", "@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4\n"),
            n if n < 2 * BY_RSYNC => {
                let (listener, url) = never_comes_up();
                full.push(listener);
                url
            }
            _ => hanging("http", "HTTP/1.1 200 OK\r\nContent-Le"),
        });
    }
    let named: Vec<(String, String)> = urls
        .into_iter()
        .enumerate()
        .map(|(n, url)| (format!("m{n:02}.org"), url))
        .collect();
    net.register(&named.iter().map(|(n, u)| (n.as_str(), u.as_str())).collect::<Vec<_>>());
    (net, nginx, full)
}

/// A port with a full backlog: the kernel drops new connections.
fn never_comes_up() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.extend(std::net::TcpStream::connect_timeout(
            &address,
            Duration::from_millis(100),
        ));
    }
    std::mem::forget(waiting);
    (listener, format!("http://{address}/m"))
}

/// All descendants of a process.
fn children(pid: u32) -> Vec<String> {
    let listed = Command::new("ps")
        .args(["-e", "-o", "pid=,ppid=,args="])
        .output()
        .unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let all: Vec<(u32, u32, String)> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (pid, parent) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
            Some((pid, parent, words.collect::<Vec<_>>().join(" ")))
        })
        .collect();
    let mut found = vec![pid];
    let mut out = Vec::new();
    while let Some(up) = found.pop() {
        for (pid, _, args) in all.iter().filter(|(_, parent, _)| *parent == up) {
            found.push(*pid);
            out.push(args.clone());
        }
    }
    out
}

/// All rsync processes that probe one of these mirrors.
fn rsyncs(net: &Net) -> Vec<String> {
    let ports: Vec<String> = net
        .sql_rows("SELECT url FROM host_category_url WHERE url LIKE 'rsync%'")
        .iter()
        .map(|url| url.trim_start_matches("rsync://").to_owned())
        .collect();
    let listed = Command::new("ps").args(["-e", "-o", "args="]).output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    text.lines()
        .filter(|line| ports.iter().any(|port| line.contains(port.as_str())))
        .map(str::to_owned)
        .collect()
}

/// Waits until all stalled mirrors are being probed.
fn until_all_stall(net: &Net, crawl: &Process) {
    let started = Instant::now();
    let done = "SELECT count(*) FROM crawl_result";
    while children(crawl.0.id()).len() < BY_RSYNC || net.sql_rows(done) != ["1"] {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "{:?}",
            children(crawl.0.id())
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn read_stderr(crawl: &mut Process) -> String {
    let mut stderr = String::new();
    crawl.0.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    stderr
}

#[test]
fn crawl_of_64_stalled_mirrors_stops_within_seconds_on_sigterm() {
    let (net, _nginx, _full) = stalled("");
    let mut crawl = start(&net, &[]);
    until_all_stall(&net, &crawl);
    let started = Instant::now();
    signal(&crawl, "TERM");
    let status = wait(&mut crawl, Duration::from_secs(20));
    let took = started.elapsed();
    let left = rsyncs(&net);
    println!("ended {took:?} after SIGTERM");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(left, [""; 0]);
    let stderr = read_stderr(&mut crawl);
    assert_eq!(status.code(), Some(3), "{stderr}");
    assert!(
        stderr.contains(&format!("{STALLED} of {} hosts", STALLED + 1)),
        "{stderr}"
    );
    assert!(!stderr.contains("outage suspected"), "{stderr}");
    assert!(net.inventory("m00.org").has(REPODATA));
    assert_eq!(net.sql_rows("SELECT sum(crawl_failures) FROM host"), ["0"]);
    assert_eq!(net.sql_rows("SELECT exit FROM run WHERE job = 'crawl'"), ["3"]);
    assert_eq!(net.sql_rows("SELECT count(*) FROM inventory"), ["1"]);
}

#[test]
fn second_signal_terminates_the_crawl_at_once() {
    let (net, _nginx, _full) = stalled("");
    for second in ["TERM", "INT"] {
        let mut crawl = start(&net, &["--full"]);
        std::thread::sleep(Duration::from_secs(1));
        let started = Instant::now();
        signal(&crawl, "TERM");
        signal(&crawl, second);
        let status = wait(&mut crawl, Duration::from_secs(10));
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
        assert!(matches!(status.code(), Some(1 | 3)), "{status:?}");
    }
    assert_eq!(net.sql_rows("PRAGMA integrity_check"), ["ok"]);
}

#[test]
fn max_runtime_ends_stalled_probes() {
    let (net, _nginx, _full) = stalled("");
    let started = Instant::now();
    let mut crawl = start(&net, &["--max-runtime", "30s"]);
    until_all_stall(&net, &crawl);
    let status = wait(&mut crawl, Duration::from_mins(1));
    let took = started.elapsed();
    println!("ended after {took:?}");
    assert_eq!(rsyncs(&net), [""; 0]);
    assert!(
        (28.0..=32.0).contains(&took.as_secs_f64()),
        "--max-runtime 30s ended after {took:?}"
    );
    let stderr = read_stderr(&mut crawl);
    assert_eq!(status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("interrupted: "), "{stderr}");
    assert_eq!(net.sql_rows("SELECT sum(crawl_failures) FROM host"), ["0"]);
}

/// The deadline of a host ends only the listing of that host.
#[test]
fn host_timeout_ends_its_listing() {
    let (net, _nginx, _full) = stalled("host_deadline = \"3s\"");
    let started = Instant::now();
    let output = net.env.run("mm-crawl", &[]);
    let took = started.elapsed();
    assert_eq!(rsyncs(&net), [""; 0]);
    assert!(took < Duration::from_secs(15), "{took:?}: {output:?}");
    assert!(net.inventory("m00.org").has(REPODATA));
    let rsync = net.reasons("m01.org");
    assert!(
        rsync.iter().all(|r| ["deadline", "timeout"].contains(&r.as_str())),
        "{rsync:?}"
    );
}

/// The local network has failed as well: the exit must not wait for the uplink check.
#[test]
fn stalled_uplink_check_does_not_delay_the_exit() {
    let stalls = hanging("http", "");
    let (net, _nginx, _full) = stalled(&format!(
        "uplink_check_urls = [\"{stalls}\"]\nhook = [\"sleep\", \"60\"]"
    ));
    let mut crawl = start(&net, &[]);
    std::thread::sleep(Duration::from_secs(3));
    let started = Instant::now();
    signal(&crawl, "TERM");
    let status = wait(&mut crawl, Duration::from_secs(30));
    let took = started.elapsed();
    println!("ended {took:?} after SIGTERM");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(status.code(), Some(3));
    assert_eq!(rsyncs(&net), [""; 0]);
}
