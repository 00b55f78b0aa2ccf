//! A crawl of many distant mirrors, compared with the time that the latency alone takes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::simulated_mirrors::{SimulatedMirrors, response};
use super::{crawl, environment, register, requests};
use crate::table::{Bar, Row};
use crate::{measure_alternately, seconds};

const HOSTS: usize = 600;
const WORKERS: usize = 64;
const LATENCY: Duration = Duration::from_millis(50);
const DIRECTORIES: usize = 4;
const FILES: usize = 9;
/// The requests to one mirror: files, the base URL of the category, and a nonexistent name.
const REQUESTS: usize = DIRECTORIES * FILES + 3;

pub(crate) fn rows() -> Vec<Row> {
    let env = environment("tree", &format!("workers = {WORKERS}"));
    let top = env.path("tree");
    for directory in 0..DIRECTORIES {
        for file in 0..FILES {
            env.write(&format!("tree/{directory}/image-{file}.iso"), "an image");
        }
    }
    fs::set_permissions(&top, fs::Permissions::from_mode(0o755)).unwrap();
    let mirrors = SimulatedMirrors::start(HOSTS, LATENCY, respond);
    register(&env, "head", mirrors.names_and_urls());
    let mut request_count = 0.0;
    let ours = || {
        seconds(|| {
            let result = crawl(&env, &["--full"]);
            request_count = requests(&result);
            let answered = result["totals"]["answered"].as_u64();
            assert_eq!(answered, u64::try_from(HOSTS).ok(), "{}", result["totals"]);
        })
    };
    let (measured, server) = measure_alternately(1, ours, || seconds(|| request_all(&mirrors)));
    let ideal = |requests: f64| requests * LATENCY.as_secs_f64() / f64::from(u32::try_from(WORKERS).unwrap());
    let loop_requests = f64::from(u32::try_from(HOSTS * REQUESTS).unwrap());
    let row = |name, measured, reference, bar| Row {
        area: "crawl",
        name,
        measured,
        reference,
        unit: "s",
        bar,
    };
    vec![
        row("latency-600", measured, ideal(request_count), Bar::AtMost(1.2)),
        row("latency-600-server", server, ideal(loop_requests), Bar::None),
    ]
}

fn respond(is_head: bool, path: &str) -> Vec<u8> {
    if path.contains("/image-") {
        response(is_head, "200 OK", b"an image")
    } else if path.ends_with('/') {
        response(is_head, "200 OK", b"welcome")
    } else {
        response(is_head, "404 Not Found", b"")
    }
}

/// Sends as many requests over as many connections, and does nothing else.
fn request_all(mirrors: &SimulatedMirrors) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(port) = mirrors.ports.get(next.fetch_add(1, Ordering::Relaxed)) {
                    send_requests(*port);
                }
            });
        }
    });
}

fn send_requests(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut responses = BufReader::new(stream.try_clone().unwrap());
    for _ in 0..REQUESTS {
        stream
            .write_all(b"HEAD /0/image-0.iso HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            .unwrap();
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert!(responses.read_line(&mut line).unwrap() > 0);
        }
    }
}
