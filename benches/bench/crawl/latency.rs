//! Many mirrors that are far away, against what the latency alone takes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::hosts::{Mirrors, reply};
use super::{crawl, home, register, requests};
use crate::table::{Bar, Row};
use crate::{in_turn, seconds};

const HOSTS: usize = 600;
const LANES: usize = 64;
const LATENCY: Duration = Duration::from_millis(50);
const DIRECTORIES: usize = 4;
const FILES: usize = 9;
/// What a crawl asks one of them for: files, the category's base, and a name that no mirror has.
const REQUESTS: usize = DIRECTORIES * FILES + 3;

pub(crate) fn rows() -> Vec<Row> {
    let env = home("tree", &format!("workers = {LANES}"));
    let top = env.path("tree");
    for directory in 0..DIRECTORIES {
        for file in 0..FILES {
            env.write(&format!("tree/{directory}/image-{file}.iso"), "an image");
        }
    }
    fs::set_permissions(&top, fs::Permissions::from_mode(0o755)).unwrap();
    let mirrors = Mirrors::start(HOSTS, LATENCY, says);
    register(&env, "head", mirrors.named());
    let mut asked = 0.0;
    let ours = || {
        let mut took = 0.0;
        took += seconds(|| {
            let result = crawl(&env, &["--full"]);
            asked = requests(&result);
            let answered = result["totals"]["answered"].as_u64();
            assert_eq!(answered, u64::try_from(HOSTS).ok(), "{}", result["totals"]);
        });
        took
    };
    let (measured, server) = in_turn(1, ours, || seconds(|| bare(&mirrors)));
    let ideal = |requests: f64| requests * LATENCY.as_secs_f64() / f64::from(u32::try_from(LANES).unwrap());
    let bare_requests = f64::from(u32::try_from(HOSTS * REQUESTS).unwrap());
    let row = |name, measured, reference, bar| Row {
        area: "crawl",
        name,
        measured,
        reference,
        unit: "s",
        bar,
    };
    vec![
        row("latency-600", measured, ideal(asked), Bar::AtMost(1.2)),
        row("latency-600-server", server, ideal(bare_requests), Bar::None),
    ]
}

fn says(is_head: bool, path: &str) -> Vec<u8> {
    if path.contains("/image-") {
        reply(is_head, "200 OK", b"an image")
    } else if path.ends_with('/') {
        reply(is_head, "200 OK", b"welcome")
    } else {
        reply(is_head, "404 Not Found", b"")
    }
}

/// As many requests over as many connections at once, by a loop that does nothing else.
fn bare(mirrors: &Mirrors) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(port) = mirrors.ports.get(next.fetch_add(1, Ordering::Relaxed)) {
                    heads(*port);
                }
            });
        }
    });
}

fn heads(port: u16) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    for _ in 0..REQUESTS {
        stream
            .write_all(b"HEAD /0/image-0.iso HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            .unwrap();
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert!(answers.read_line(&mut line).unwrap() > 0);
        }
    }
}
