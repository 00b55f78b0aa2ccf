//! Asking for everything by HEAD, against a bare loop of HEAD requests over the same number of connections; and by the pages of
//! directories, against HEAD.

use std::cell::Cell;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;

use super::{crawl, home, register, requests};
use crate::support::{Env, Nginx};
use crate::table::{Bar, Row};
use crate::{in_turn, seconds};

const MIRRORS: usize = 20;
const DIRECTORIES: usize = 50;
const FILES: usize = 100;

pub(crate) fn rows() -> Vec<Row> {
    let by_head = home("tree", "");
    let top = by_head.path("tree");
    for directory in 0..DIRECTORIES {
        let directory = top.join(format!("{directory:02}"));
        fs::create_dir_all(&directory).unwrap();
        for file in 0..FILES {
            fs::write(directory.join(format!("image-{file:03}.iso")), "an image").unwrap();
        }
    }
    fs::set_permissions(&top, fs::Permissions::from_mode(0o755)).unwrap();
    let by_page = home(&top.display().to_string(), "");
    let mirrors: Vec<Nginx> = (0..MIRRORS)
        .map(|_| Nginx::serve_with(&top, "access_log off;"))
        .collect();
    for (env, probe) in [(&by_head, "head"), (&by_page, "index")] {
        let named = (0..).zip(&mirrors);
        register(
            env,
            probe,
            named.map(|(n, m)| (format!("mirror{n}.example.org"), m.url())),
        );
    }
    let files = f64::from(u32::try_from(MIRRORS * DIRECTORIES * FILES).unwrap());
    // A rate, so that what a crawl asks beside the files counts as work done.
    let head_rate = || {
        let (took, asked) = full(&by_head);
        assert!(asked >= files, "the crawl asked only {asked} times");
        asked / took
    };
    let bare_rate = || files / seconds(|| bare(&mirrors));
    let (measured, reference) = in_turn(3, head_rate, bare_rate);
    let row = |name, unit, measured, reference, bar| Row {
        area: "crawl",
        name,
        measured,
        reference,
        unit,
        bar,
    };
    let head = row("http-head", "/s", measured, reference, Bar::AtLeast(0.4));
    let (asked_by_page, asked_by_head) = (Cell::new(0.0), Cell::new(0.0));
    let time = |env: &Env, all: &Cell<f64>| {
        let (took, asked) = full(env);
        all.set(asked);
        took
    };
    let (measured, reference) = in_turn(3, || time(&by_page, &asked_by_page), || time(&by_head, &asked_by_head));
    let asked = (asked_by_page.get(), asked_by_head.get());
    vec![
        head,
        row("http-index", "s", measured, reference, Bar::AtMost(1.0 / 3.0)),
        row("http-index-requests", "requests", asked.0, asked.1, Bar::AtMost(0.2)),
    ]
}

/// Seconds and requests of a crawl that asks for everything.
fn full(env: &Env) -> (f64, f64) {
    let mut asked = 0.0;
    let took = seconds(|| {
        let result = crawl(env, &["--full"]);
        let current = result["totals"]["directories"]["current"].as_u64().unwrap();
        assert_eq!(current, u64::try_from(MIRRORS * (DIRECTORIES + 1)).unwrap());
        asked = requests(&result);
    });
    (took, asked)
}

fn bare(mirrors: &[Nginx]) {
    std::thread::scope(|scope| {
        for mirror in mirrors {
            let port = mirror.port;
            scope.spawn(move || heads(port));
        }
    });
}

/// Asks for every file of a mirror by HEAD, one after the other over one connection.
fn heads(port: u16) {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut requests = stream;
    let mut line = String::new();
    for directory in 0..DIRECTORIES {
        for file in 0..FILES {
            let request = format!("HEAD /{directory:02}/image-{file:03}.iso HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            requests.write_all(request.as_bytes()).unwrap();
            let mut first = true;
            loop {
                line.clear();
                answers.read_line(&mut line).unwrap();
                assert!(!first || line.contains(" 200 "), "{line}");
                first = false;
                if line == "\r\n" {
                    break;
                }
            }
        }
    }
}
