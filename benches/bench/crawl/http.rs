//! A full crawl by HEAD, compared with a loop of HEAD requests over the same number of connections; and a full crawl by directory
//! indexes, compared with HEAD.

use std::cell::Cell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use super::{crawl, environment, register, requests};
use crate::support::{Env, Nginx};
use crate::table::{Bar, Row};
use crate::{measure_alternately, seconds};

const MIRRORS: usize = 20;
const DIRECTORIES: usize = 50;
const FILES: usize = 100;

pub(crate) fn rows() -> Vec<Row> {
    let by_head = environment("tree", "");
    let top = by_head.path("tree");
    for directory in 0..DIRECTORIES {
        let directory = top.join(format!("{directory:02}"));
        fs::create_dir_all(&directory).unwrap();
        for file in 0..FILES {
            fs::write(directory.join(format!("image-{file:03}.iso")), "an image").unwrap();
        }
    }
    fs::set_permissions(&top, fs::Permissions::from_mode(0o755)).unwrap();
    let by_index = environment(&top.display().to_string(), "");
    let mirrors: Vec<Nginx> = (0..MIRRORS)
        .map(|_| Nginx::serve_with(&top, "access_log off;"))
        .collect();
    for (env, probe) in [(&by_head, "head"), (&by_index, "index")] {
        let named = (0..).zip(&mirrors);
        register(
            env,
            probe,
            named.map(|(n, m)| (format!("mirror{n}.example.org"), m.url())),
        );
    }
    let files = f64::from(u32::try_from(MIRRORS * DIRECTORIES * FILES).unwrap());
    // The rate includes requests for other things than files.
    let head_rate = || {
        let (seconds, requests) = full_crawl(&by_head);
        assert!(requests >= files, "only {requests} requests");
        requests / seconds
    };
    let loop_rate = || files / seconds(|| request_all(&mirrors));
    let (measured, reference) = measure_alternately(3, head_rate, loop_rate);
    let row = |name, unit, measured, reference, bar| Row {
        area: "crawl",
        name,
        measured,
        reference,
        unit,
        bar,
    };
    let head = row("http-head", "/s", measured, reference, Bar::AtLeast(0.4));
    let (index_requests, head_requests) = (Cell::new(0.0), Cell::new(0.0));
    let time = |env: &Env, requests: &Cell<f64>| {
        let (seconds, count) = full_crawl(env);
        requests.set(count);
        seconds
    };
    let (measured, reference) = measure_alternately(
        3,
        || time(&by_index, &index_requests),
        || time(&by_head, &head_requests),
    );
    let requests = (index_requests.get(), head_requests.get());
    vec![
        head,
        row("http-index", "s", measured, reference, Bar::AtMost(1.0 / 3.0)),
        row(
            "http-index-requests",
            "requests",
            requests.0,
            requests.1,
            Bar::AtMost(0.2),
        ),
    ]
}

/// Returns the seconds and requests of a full crawl.
fn full_crawl(env: &Env) -> (f64, f64) {
    let mut count = 0.0;
    let seconds = seconds(|| {
        let result = crawl(env, &["--full"]);
        let current = result["totals"]["directories"]["current"].as_u64().unwrap();
        assert_eq!(current, u64::try_from(MIRRORS * (DIRECTORIES + 1)).unwrap());
        count = requests(&result);
    });
    (seconds, count)
}

fn request_all(mirrors: &[Nginx]) {
    std::thread::scope(|scope| {
        for mirror in mirrors {
            let port = mirror.port;
            scope.spawn(move || request_files(port));
        }
    });
}

/// Requests each file of a mirror by HEAD, sequentially over one connection.
fn request_files(port: u16) {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut responses = BufReader::new(stream.try_clone().unwrap());
    let mut requests = stream;
    let mut line = String::new();
    for directory in 0..DIRECTORIES {
        for file in 0..FILES {
            let request = format!("HEAD /{directory:02}/image-{file:03}.iso HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            requests.write_all(request.as_bytes()).unwrap();
            let mut first = true;
            loop {
                line.clear();
                responses.read_line(&mut line).unwrap();
                assert!(!first || line.contains(" 200 "), "{line}");
                first = false;
                if line == "\r\n" {
                    break;
                }
            }
        }
    }
}
