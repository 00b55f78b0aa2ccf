//! Ten thousand idle connections.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use mirrormanager::sys::process::raise_open_files;

use super::{files, home, metric, publish};
use crate::compliance::client::Server;

const CONNECTIONS: usize = 10_000;
/// Idle timeout; all must be connected before it expires, even on a busy machine.
const IDLE: Duration = Duration::from_secs(20);

/// The soft and hard limit of open files of a process.
fn limits(pid: u32) -> (String, String) {
    let text = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = text.lines().find(|l| l.starts_with("Max open files")).unwrap();
    let mut words = line.split_whitespace().skip(3).map(ToOwned::to_owned);
    (words.next().unwrap(), words.next().unwrap())
}

/// Resident memory of the process in kB.
fn rss(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Waits until the number of open connections is as required; fails at `end`.
fn await_open_connections(server: &Server, end: Instant, required: impl Fn(u64) -> bool) {
    loop {
        let open = metric(server, "mm_open_connections");
        if required(open) {
            return;
        }
        assert!(Instant::now() < end, "{open} connections are open");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Both ends of a connection as the kernel lists them in `/proc/net/tcp`.
fn kernel_state(stream: &TcpStream) -> String {
    let port = format!(":{:04X} ", stream.local_addr().unwrap().port());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    table
        .lines()
        .filter(|l| l.contains(&port))
        .collect::<Vec<_>>()
        .join("\n")
}

fn server() -> Server {
    let home = home(&format!("idle_timeout = \"{}s\"", IDLE.as_secs()));
    publish(&home.path().join("generations"), &files('a'));
    // A low soft limit, as it is the default of logins and services.
    let mut low = Command::new("sh");
    low.args(["-c", "ulimit -S -n 256; exec \"$0\" \"$@\""])
        .arg(assert_cmd::cargo::cargo_bin("mm-mirrorlist-server"));
    Server::start_as(low, home, &[])
}

#[test]
fn ten_thousand_idle_connections_do_not_slow_others_and_are_closed() {
    let most = raise_open_files().unwrap().unwrap_or(u64::MAX);
    assert!(
        most >= 10_300,
        "this test needs 10,300 open files, and the hard limit is {most}: raise it (ulimit -Hn 20000 as root, or LimitNOFILE=)"
    );
    let server = server();
    let pid = server.process.0.id();
    let (soft, hard) = limits(pid);
    assert_eq!(soft, hard, "the soft limit is raised");
    let baseline = rss(pid);

    let started = Instant::now();
    let mut idle: Vec<TcpStream> = (0..CONNECTIONS)
        .map(|n| {
            if n % 500 == 499 {
                // The kernel forgets connections that do not fit in the backlog.
                let connected = u64::try_from(n).unwrap();
                await_open_connections(&server, Instant::now() + IDLE, |open| open >= connected);
            }
            let mut stream = TcpStream::connect(&server.address).unwrap();
            match n % 3 {
                // Nothing; half a request; a complete one whose response is not read.
                0 => {}
                1 => stream.write_all(b"GET /mirrorlist?repo=linux-43&arch=x8").unwrap(),
                _ => stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap(),
            }
            stream
        })
        .collect();
    let mut client = server.client();
    let mut times: Vec<Duration> = (0..500)
        .map(|_| {
            let requests = Instant::now();
            let reply = client.send("GET", "/mirrorlist?repo=linux-43&arch=x86_64", &[]);
            assert_eq!(reply.status, 200);
            requests.elapsed()
        })
        .collect();
    times.sort();
    let open = metric(&server, "mm_open_connections");
    assert!(
        started.elapsed() < IDLE,
        "this machine is too slow for the test: {:?}",
        started.elapsed()
    );
    assert!(open >= 10_000, "{open} are open");
    let loaded = rss(pid);
    eprintln!(
        "{open} connections: median {:?}, 99 % {:?}, slowest {:?}; {baseline} kB before, {loaded} kB with them",
        times[250], times[494], times[499]
    );
    assert!(times[494] < Duration::from_millis(100), "{:?}", times[494]);
    // The kernel's buffers are counted elsewhere; the server has some kB per connection for heads and responses.
    let each = loaded.saturating_sub(baseline) * 1_024 / 10_000;
    assert!(each < 24 * 1_024, "{each} bytes for each connection");

    // The last one is the connection of the request for the metrics.
    await_open_connections(&server, Instant::now() + IDLE + Duration::from_secs(30), |open| {
        open <= 1
    });
    for (n, stream) in idle.iter_mut().enumerate() {
        stream.set_read_timeout(Some(IDLE)).unwrap();
        // Pending responses, then the end of the stream.
        let result = stream.read_to_end(&mut Vec::new());
        assert!(result.is_ok(), "connection {n}: {result:?}; {}", kernel_state(stream));
    }
    let after = rss(pid);
    eprintln!("{after} kB when they are gone");
    assert!(after <= loaded + 1_024, "{after} kB after, {loaded} kB with them");
    assert!(!server.stderr().contains("panicked"), "{}", server.stderr());
}
