//! Listening sockets, systemd notifications, and the access log.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{files, home, metric, publish};
use crate::compliance::client::{Client, Server, data};
use crate::support::{Process, give_to_server};

const LIST: &str = "/mirrorlist?repo=linux-43&arch=x86_64";

fn get_over_unix_socket(path: &std::path::Path, headers: &str) -> String {
    let mut stream = UnixStream::connect(path).unwrap();
    let request = format!("GET {LIST}&ip=192.0.2.5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn several_addresses_and_a_unix_socket_are_served() {
    let sockets = tempfile::tempdir().unwrap();
    give_to_server(sockets.path());
    let path = sockets.path().join("http.sock");
    // A killed server leaves its socket behind.
    drop(UnixListener::bind(&path).unwrap());
    give_to_server(&path);
    let listen = format!(
        "listen = [\"127.0.0.1:3000\", \"127.0.0.1:0\", \"unix:{}\"]",
        path.display()
    );
    let home = home(&listen);
    publish(&home.path().join("generations"), &files('a'));
    let mut server = Server::start_in(home, &[]);
    let places = std::fs::read_to_string(server.home.path().join("address")).unwrap();
    let places: Vec<&str> = places.lines().collect();
    assert_eq!(places.len(), 3, "{places:?}");
    for address in &places[..2] {
        assert_eq!(Client::new(address).send("GET", LIST, &[]).status, 200, "{address}");
    }
    assert_eq!(places[2], format!("unix:{}", path.display()));
    let text = get_over_unix_socket(&path, "");
    assert!(
        text.starts_with("HTTP/1.1 200") && text.contains("Using preferred netblock"),
        "{text}"
    );
    let through = get_over_unix_socket(&path, "X-Forwarded-For: 10.0.0.1\r\n");
    assert!(through.starts_with("HTTP/1.1 200"), "{through}");
    // The socket of a running server is not replaced.
    let second = Command::new(assert_cmd::cargo::cargo_bin("mm-mirrorlist-server"))
        .env("MM_CONFIG", server.home.path().join("mm.toml"))
        .args(["--port", "0"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&second.stderr).contains("http.sock"),
        "{second:?}"
    );
    assert!(get_over_unix_socket(&path, "").starts_with("HTTP/1.1 200"));
    server.signal(Signal::SIGTERM);
    assert!(server.process.0.wait().unwrap().success());
    assert!(!path.exists(), "the socket is removed on exit");
}

fn notification(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 1_024];
    let length = socket.recv(&mut buffer).unwrap();
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}

#[test]
fn systemd_sockets_are_used_and_systemd_is_notified() {
    let home = home("listen = [\"192.0.2.77:1\"]");
    publish(&home.path().join("generations"), &files('a'));
    let notify = home.path().join("notify");
    let socket = UnixDatagram::bind(&notify).unwrap();
    give_to_server(&notify);
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // As systemd does it: descriptor 3, and the ID of the process that it is for.
    let child = Command::new("sh")
        .args(["-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" 3<&0 </dev/null"])
        .arg(assert_cmd::cargo::cargo_bin("mm-mirrorlist-server"))
        .env("MM_CONFIG", home.path().join("mm.toml"))
        .env("NOTIFY_SOCKET", &notify)
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let pid = Pid::from_raw(i32::try_from(process.0.id()).unwrap());
    assert!(notification(&socket).contains("READY=1"));
    assert_eq!(Client::new(&address).send("GET", LIST, &[]).status, 200);
    kill(pid, Signal::SIGHUP).unwrap();
    let reloading = notification(&socket);
    assert!(
        reloading.contains("RELOADING=1") && reloading.contains("MONOTONIC_USEC="),
        "{reloading}"
    );
    assert!(notification(&socket).contains("READY=1"));
    kill(pid, Signal::SIGTERM).unwrap();
    assert!(notification(&socket).contains("STOPPING=1"));
    assert!(process.0.wait().unwrap().success());
}

fn logging(log: &std::path::Path) -> Server {
    let cache = data("mirrorlist_cache.proto").display().to_string();
    Server::start(&["-c", &cache, "-l", &log.display().to_string()])
}

#[test]
fn a_rotated_log_is_reopened() {
    for signal in [Signal::SIGUSR1, Signal::SIGHUP] {
        let dir = tempfile::tempdir().unwrap();
        give_to_server(dir.path());
        let (log, old) = (dir.path().join("log"), dir.path().join("log.1"));
        let server = logging(&log);
        let ask = |repo: &str| server.get(&format!("/mirrorlist?repo={repo}&arch=x86_64"));
        let has = |path: &std::path::Path, repo: &str| {
            std::fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("REPO: {repo};")))
        };
        ask("before");
        server.wait("the line", |_| has(&log, "before"));
        std::fs::rename(&log, &old).unwrap();
        server.signal(signal);
        server.wait("the new file", |_| log.exists());
        ask(&format!("after{}", "x".repeat(2_000)));
        let cut = format!("after{}", "x".repeat(250));
        server.wait("the truncated line in the new file", |_| has(&log, &cut));
        assert!(!has(&old, &cut) && !has(&log, "before"), "{signal}");
    }
}

#[test]
fn a_full_log_disk_drops_lines_but_no_response() {
    let server = logging(std::path::Path::new("/dev/full"));
    let mut client = server.client();
    for _ in 0..2_000 {
        let reply = client.send("GET", "/mirrorlist?repo=fedora-latest&arch=x86_64", &[]);
        assert_eq!(reply.status, 200);
    }
    server.wait("dropped lines in the metrics", |s| {
        metric(s, "mm_access_log_dropped_total") > 500
    });
    assert!(
        server.stderr().contains("cannot write the access log"),
        "{}",
        server.stderr()
    );
}

#[test]
fn metrics_count_tiers_and_name_the_generation() {
    let home = home("");
    let id = publish(&home.path().join("generations"), &files('a'));
    let server = Server::start_in(home, &[]);
    for ip in ["192.0.2.5", "198.51.100.1"] {
        assert_eq!(server.get(&format!("{LIST}&ip={ip}")).status, 200);
    }
    assert_eq!(server.get("/mirrorlist?repo=none&arch=x86_64").status, 404);
    let text = server.get("/metrics").body;
    for line in [
        "mm_mirror_responses_total{tier=\"netblock\"} 1",
        // This client is in France; all mirrors are in Germany.
        "mm_mirror_responses_total{tier=\"continent\"} 1",
        "mm_mirror_responses_total{tier=\"country\"} 0",
        &format!("mm_generation_info{{id=\"{id}\"}} 1"),
    ] {
        assert!(text.lines().any(|l| l == line), "no {line:?} in\n{text}");
    }
}
