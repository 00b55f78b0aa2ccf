//! Crawling, against a bare loop of HEAD requests over the same number of connections.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;

use crate::support::{Env, Nginx, need};
use crate::table::{Bar, Row};
use crate::{in_turn, seconds};

#[path = "crawl/listing.rs"]
pub(crate) mod listing;

const MIRRORS: usize = 20;
const DIRECTORIES: usize = 50;
const FILES: usize = 100;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = vec![http_head()];
    rows.extend(listing::rows());
    rows
}

fn http_head() -> Row {
    need("nginx", "nginx-light");
    let env = Env::new("[crawl]\nallow_private_addresses = true\n[[category]]\nname = \"Linux\"\npath = \"tree\"\n");
    let top = env.path("tree");
    for directory in 0..DIRECTORIES {
        let directory = top.join(format!("{directory:02}"));
        fs::create_dir_all(&directory).unwrap();
        for file in 0..FILES {
            fs::write(directory.join(format!("image-{file:03}.iso")), "an image").unwrap();
        }
    }
    let mirrors: Vec<Nginx> = (0..MIRRORS)
        .map(|_| Nginx::serve_with(&top, "access_log off;"))
        .collect();
    register(&env, &mirrors);
    // A rate, so that what a crawl asks beside the files counts as work done.
    let crawl = || {
        let mut requests = 0.0;
        let took = seconds(|| {
            let said = env.ok("mm-crawl", &["--format", "json"]);
            let report: serde_json::Value = serde_json::from_str(&said).unwrap();
            requests = report["result"]["totals"]["requests"].as_f64().unwrap();
        });
        assert!(requests >= 100_000.0, "the crawl asked only {requests} times");
        requests / took
    };
    let bare = || {
        let took = seconds(|| {
            std::thread::scope(|scope| {
                for mirror in &mirrors {
                    let port = mirror.port;
                    scope.spawn(move || heads(port));
                }
            });
        });
        f64::from(u32::try_from(MIRRORS * DIRECTORIES * FILES).unwrap()) / took
    };
    let (measured, reference) = in_turn(3, crawl, bare);
    Row {
        area: "crawl",
        name: "http-head",
        measured,
        reference,
        unit: "/s",
        bar: Bar::AtLeast(0.4),
    }
}

fn register(env: &Env, mirrors: &[Nginx]) {
    let mut text = String::from(
        "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/linux\"\n[[site]]\nname = \"S\"\n",
    );
    for (n, mirror) in mirrors.iter().enumerate() {
        writeln!(
            text,
            "[[site.host]]\nname = \"mirror{n}.example.org\"\ncountry = \"DE\"\n[[site.host.category]]\nname = \"Linux\"\nurls = [\"{}\"]",
            mirror.url()
        )
        .unwrap();
    }
    env.write("registry.toml", text);
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    set_open(&env.path("tree"));
    env.ok("mm-scan-master", &[]);
}

fn set_open(top: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(top, fs::Permissions::from_mode(0o755)).unwrap();
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
