//! The real server: reloading under load, bad input, limits, pages.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test support"
)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mirrormanager::mirrorlist::generation::{self, Files};
use mirrormanager::mirrorlist::snapshot::{
    Category, Directory, File, FileVersion, Host, HostCategory, Repository, Snapshot,
};
use mirrormanager::model::Epoch;
use nix::sys::signal::Signal;

use crate::compliance::client::{Client, Server, data};
use crate::support::{Process, need};

const NAMES: [&str; 3] = ["pub/linux", "pub/linux/43/a b", "pub/linux/43/os"];

fn host(id: i64, name: &str) -> Host {
    Host {
        id,
        name: name.parse().unwrap(),
        country: Some("DE".parse().unwrap()),
        bandwidth: 1_000,
        private: false,
        internet2: false,
        max_connections: 1,
        asn: None,
        asn_clients: false,
        peer_asns: Vec::new(),
        netblocks: Vec::new(),
        allowed: Vec::new(),
        denied: Vec::new(),
    }
}

/// A world whose hosts and hashes all bear one letter.
fn snapshot(letter: char) -> Snapshot {
    let mut directories: Vec<Directory> = NAMES.into_iter().map(|n| Directory::new(0, n)).collect();
    let mut repodata = Directory::new(0, "pub/linux/43/os/repodata");
    repodata.known = vec!["primary.xml.gz".into(), "repomd.xml".into()];
    repodata.complete = true;
    repodata.files = vec![File {
        name: "repomd.xml".into(),
        versions: vec![FileVersion {
            timestamp: 1,
            size: 1,
            sha256: vec![u8::try_from(letter).unwrap(); 32],
            ..FileVersion::default()
        }],
    }];
    directories.push(repodata);
    let mut hosts: Vec<Host> = (1..=8)
        .map(|i| host(i, &format!("mirror-{letter}{i}.example.org")))
        .collect();
    hosts[6].private = true;
    hosts[6].netblocks = vec!["192.0.2.0/24".parse().unwrap()];
    hosts[7].denied = vec!["FR".parse().unwrap()];
    let urls = |h: &Host| vec![format!("https://{}/linux", h.name).parse().unwrap()];
    Snapshot {
        categories: vec![Category {
            name: "Linux".parse().unwrap(),
            topdir: "pub/linux".into(),
        }],
        directories,
        repositories: vec![Repository {
            prefix: "linux-43".into(),
            arch: "x86_64".into(),
            directory: Some(2),
            disabled: false,
        }],
        host_categories: (0..)
            .zip(&hosts)
            .map(|(place, h)| HostCategory {
                host: place,
                category: 0,
                urls: urls(h),
                held: (0..4).collect(),
            })
            .collect(),
        hosts,
        netblock_countries: vec![
            ("198.51.100.0/24".parse().unwrap(), "FR".parse().unwrap()),
            ("203.0.113.0/24".parse().unwrap(), "KP".parse().unwrap()),
        ],
        embargoed: vec!["KP".parse().unwrap()],
        ..Snapshot::default()
    }
}

fn files(letter: char) -> Files {
    let page = |text: &str| format!("<!doctype html><p>{text} {letter}").into_bytes();
    Files::from([
        ("snapshot".to_owned(), snapshot(letter).encode().unwrap()),
        ("public/index.html".to_owned(), page("start")),
        ("public/Fedora/43/index.html".to_owned(), page("43")),
        ("public/style.css".to_owned(), b"p { color: black }".to_vec()),
    ])
}

fn publish(dir: &Path, files: &Files) -> String {
    generation::write(dir, files, Epoch(1_700_000_000), 10)
        .unwrap()
        .id
        .to_string()
}

/// A home with a config; `server` stands below `[server]`.
fn home(server: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let config = format!(
        "user = \"root\"\ngenerations_dir = \"generations\"\nlog_dir = \"\"\n[server]\npoll = \"0s\"\n{server}\n"
    );
    std::fs::write(home.path().join("mm.toml"), config).unwrap();
    home
}

/// A server of a generation of the world `a`.
fn serving(config: &str) -> Server {
    let home = home(config);
    publish(&home.path().join("generations"), &files('a'));
    Server::start_in(home, &[])
}

fn metric(server: &Server, name: &str) -> u64 {
    let text = server.get("/metrics").body;
    assert!(text.ends_with("# EOF\n"), "{text}");
    let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}")).parse().unwrap()
}

fn generation_of(server: &Server) -> String {
    let health: serde_json::Value = serde_json::from_str(&server.get("/healthz").body).unwrap();
    health["generation"].as_str().unwrap_or_default().to_owned()
}

const COUNT: &str = r#"
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) bad = 0; a = 0; b = 0 end
function response(status, headers, body)
  local has = function(text) return string.find(body, text, 1, true) ~= nil end
  local is_a = has("mirror-a") and has("6161616161") and not has("mirror-b") and not has("6262626262")
  local is_b = has("mirror-b") and has("6262626262") and not has("mirror-a") and not has("6161616161")
  if status == 200 and is_a then a = a + 1 elseif status == 200 and is_b then b = b + 1 else bad = bad + 1 end
end
function done(summary, latency, requests)
  local bad, a, b = 0, 0, 0
  for _, t in ipairs(threads) do bad = bad + t:get("bad"); a = a + t:get("a"); b = b + t:get("b") end
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", a, b, bad, e.connect + e.read + e.write + e.status + e.timeout, summary.duration))
end
"#;

#[test]
fn twenty_switches_under_load_fail_no_request_and_mix_no_generations() {
    let wrk = need("wrk", "wrk");
    let server = serving("");
    let script = server.home.path().join("count.lua");
    std::fs::write(&script, COUNT).unwrap();
    let target = format!(
        "http://{}/metalink?repo=linux-43&arch=x86_64&ip=10.0.0.1",
        server.address
    );
    let mut load = Process(
        Command::new(wrk)
            .args(["-t", "1", "-c", "16", "-d", "120s", "-s"])
            .arg(&script)
            .arg(&target)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let dir = server.home.path().join("generations");
    for turn in 0..20 {
        let id = publish(&dir, &files(if turn % 2 == 0 { 'b' } else { 'a' }));
        if turn % 4 == 0 {
            server.signal(Signal::SIGHUP);
        }
        server.wait("the new generation", |s| generation_of(s) == id);
        std::thread::sleep(Duration::from_millis(100));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(load.0.id()).unwrap());
    nix::sys::signal::kill(pid, Signal::SIGINT).unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(&mut load.0.stdout.take().unwrap(), &mut said).unwrap();
    let result = said
        .lines()
        .find_map(|l| l.strip_prefix("RESULT "))
        .unwrap_or_else(|| panic!("{said}"));
    let numbers: Vec<u64> = result.split(' ').map(|n| n.parse().unwrap()).collect();
    let [a, b, bad, errors, microseconds] = numbers[..] else {
        panic!("{result}")
    };
    assert_eq!((bad, errors), (0, 0), "{said}");
    assert!(a > 0 && b > 0, "{said}");
    let rate = (a + b) * 1_000_000 / microseconds;
    assert!(rate >= 1_000, "{rate} requests a second");
    assert_eq!(metric(&server, "mm_failed_loads_total"), 0);
}

#[test]
fn a_damaged_generation_is_refused_and_the_old_one_goes_on() {
    let server = serving("");
    let dir = server.home.path().join("generations");
    let before = generation_of(&server);
    let failed = metric(&server, "mm_failed_loads_total");
    // A sound manifest around something that is no snapshot.
    let mut bad = files('b');
    bad.insert("snapshot".into(), b"MMSNAPSH rubbish".to_vec());
    publish(&dir, &bad);
    server.wait("the refusal", |s| metric(s, "mm_failed_loads_total") > failed);
    assert_eq!(generation_of(&server), before);
    assert_eq!(metric(&server, "mm_data_refused"), 1);
    assert!(server.stderr().contains("snapshot"), "{}", server.stderr());
    // A snapshot cut off after the manifest was written, and a page with one changed letter.
    for (letter, name) in [('c', "snapshot"), ('d', "public/index.html")] {
        let failed = metric(&server, "mm_failed_loads_total");
        let id = publish(&server.home.path().join("elsewhere"), &files(letter));
        let place = server.home.path().join("elsewhere").join(&id);
        let mut bytes = std::fs::read(place.join(name)).unwrap();
        if letter == 'c' {
            bytes.truncate(bytes.len() / 2);
        } else {
            bytes[20] ^= 1;
        }
        std::fs::write(place.join(name), bytes).unwrap();
        std::fs::rename(&place, dir.join(&id)).unwrap();
        mirrormanager::sys::atomic::switch_link(&dir.join("current"), Path::new(&id)).unwrap();
        server.wait("the refusal", |s| metric(s, "mm_failed_loads_total") > failed);
        assert_eq!(generation_of(&server), before);
        assert!(
            server
                .get("/mirrorlist?repo=linux-43&arch=x86_64")
                .body
                .contains("mirror-a1")
        );
    }
    // A good one ends it.
    let id = publish(&dir, &files('b'));
    server.wait("the good one", |s| generation_of(s) == id);
    assert_eq!(metric(&server, "mm_data_refused"), 0);
}

#[test]
fn every_damaged_input_is_refused_and_the_old_one_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let copy = |name: &str| {
        let path = home.path().join(name);
        std::fs::copy(data(name), &path).unwrap();
        path.display().to_string()
    };
    let options = [
        "-c".to_owned(),
        copy("mirrorlist_cache.proto"),
        "-g".to_owned(),
        copy("global_netblocks.txt"),
        "--geoip".to_owned(),
        copy("geo.mmdb"),
        "--cccsv".to_owned(),
        copy("country_continent.csv"),
    ];
    std::fs::write(
        home.path().join("mm.toml"),
        "user = \"root\"\nlog_dir = \"\"\n[server]\npoll = \"0s\"\n",
    )
    .unwrap();
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Server::start_in(home, &options);
    let hosts = |s: &Server| {
        let body = s.get("/mirrorlist?repo=fedora-43&arch=x86_64&ip=10.2.4.5").body;
        let mut lines: Vec<String> = body.lines().map(ToOwned::to_owned).collect();
        lines.sort();
        lines
    };
    let before = hosts(&server);
    assert!(
        before[0].contains("Using ASN 64501") && before[0].contains("country = FR"),
        "{before:?}"
    );
    for name in [
        "mirrorlist_cache.proto",
        "global_netblocks.txt",
        "geo.mmdb",
        "country_continent.csv",
    ] {
        let path = server.home.path().join(name);
        let good = std::fs::read(&path).unwrap();
        let bad = match name {
            "country_continent.csv" => b"DE\n".to_vec(),
            _ => good[..good.len() / 2 - 3].to_vec(),
        };
        let failed = metric(&server, "mm_failed_loads_total");
        std::fs::write(&path, bad).unwrap();
        server.wait("the refusal", |s| metric(s, "mm_failed_loads_total") > failed);
        assert_eq!(hosts(&server), before, "after a bad {name}");
        let loads = metric(&server, "mm_loads_total");
        std::fs::write(&path, good).unwrap();
        server.wait("the good file", |s| metric(s, "mm_loads_total") > loads);
        assert_eq!(hosts(&server), before, "after a good {name}");
        assert!(server.stderr().contains(name), "{}", server.stderr());
    }
}

#[test]
fn requests_that_are_none_are_answered_as_such() {
    let server = serving("");
    let mut client = server.client();
    let reply = client.send("HEAD", "/mirrorlist?repo=linux-43&arch=x86_64", &[]);
    assert_eq!((reply.status, reply.body.as_str()), (200, ""));
    assert!(reply.header("content-length").unwrap().parse::<usize>().unwrap() > 100);
    for (target, status) in [
        ("/mirrorlist?repo=linux-43&arch=x86_64&ip=rubbish", 500),
        ("/metalink?repo=linux-43&arch=x86_64&ip=", 500),
        ("/mirrorlist?path=%ff%fe", 404),
        ("/mirrorlist?path=pub/linux/43/%00", 404),
        ("/mirrorlist?path=../../etc/passwd", 404),
        ("/mirrorlist?&&&=&=&a=b=c", 200),
        ("/%ff", 404),
        ("/%00", 404),
        ("//etc/passwd", 404),
        ("/..%2f..%2fetc/passwd", 404),
    ] {
        let reply = client.send("GET", target, &[]);
        assert_eq!(reply.status, status, "{target}: {reply:?}");
    }
    let many = (0..10_000).fold(String::from("/mirrorlist?"), |all, i| format!("{all}p{i}=x&"));
    for long in [
        format!("/mirrorlist?path={}", "x".repeat(100_000)),
        format!("/mirrorlist?path={}", "x".repeat(9_000)),
        many,
    ] {
        let mut client = server.client();
        let reply = client.send("GET", &long, &[]);
        assert!(matches!(reply.status, 414 | 431), "{}", reply.status);
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let reply = server
            .client()
            .send(method, "/mirrorlist?repo=linux-43&arch=x86_64", &[]);
        assert_eq!(
            (reply.status, reply.header("allow")),
            (405, Some("GET, HEAD")),
            "{method}"
        );
    }
    let headers: Vec<(String, String)> = (0..1_000).map(|i| (format!("X-{i}"), "y".repeat(30))).collect();
    let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(server.client().send("GET", "/healthz", &headers).status, 431);
    assert_eq!(
        client.send("GET", "/healthz", &[]).status,
        200,
        "the first connection still works"
    );
}

#[test]
fn a_connection_that_says_nothing_is_closed() {
    let server = serving("idle_timeout = \"1s\"");
    for begin in [
        &b""[..],
        b"GET /mirrorlist?repo=a&ar",
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ",
    ] {
        let mut client = Client::new(&server.address);
        client.raw(begin);
        let begun = Instant::now();
        // Closed, or told that it took too long and then closed.
        while let Some(reply) = client.read(false) {
            assert!(reply.status >= 400, "{reply:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{begin:?}");
    }
    // One that was used and then fell silent, too.
    let mut client = server.client();
    assert_eq!(client.send("GET", "/healthz", &[]).status, 200);
    assert!(client.read(false).is_none());
}

#[test]
fn pipelined_requests_and_a_half_closed_socket_are_answered() {
    let server = serving("");
    let mut client = server.client();
    client.raw(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.read(false).unwrap().status, 200);
    assert_eq!(client.read(false).unwrap().status, 200);
    let mut stream = std::net::TcpStream::connect(&server.address).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}

#[test]
fn paths_are_decoded_and_unknown_files_are_not_there() {
    let server = serving("");
    let path = server.get("/mirrorlist?path=%2Fpub%2flinux//43/a%20b/c%2B%2b.rpm").body;
    assert!(path.starts_with("# path = pub/linux/43/a b/c++.rpm"), "{path}");
    assert!(path.contains(".example.org/linux/43/a%20b/c++.rpm\n"), "{path}");
    assert_eq!(
        server
            .get("/mirrorlist?path=pub/linux/43/os/repodata/primary.xml.gz")
            .status,
        200
    );
    assert_eq!(
        server
            .get("/mirrorlist?path=pub/linux/43/os/repodata/nosuch.xml")
            .status,
        404
    );
    assert_eq!(
        server.get("/metalink?path=pub/linux/43/os/repodata/nosuch.xml").status,
        404
    );
    assert_eq!(
        server.get("/mirrorlist?path=pub/linux/43/os/anything").status,
        200,
        "not every file of it is known"
    );
    assert_eq!(
        server.get("/metalink?path=pub/linux/43/os/repodata/repomd.xml").status,
        200
    );
    let remark = server.get("/metalink?repo=%3Cx%3E--%3E&arch=%26").body;
    assert_eq!(remark.matches("-->").count(), 1, "{remark}");
}

#[test]
fn private_denied_and_embargoed_hold() {
    let server = serving("");
    let ask = |ip: &str| {
        server
            .get(&format!("/mirrorlist?repo=linux-43&arch=x86_64&ip={ip}"))
            .body
    };
    let world = ask("10.0.0.1");
    assert!(!world.contains("mirror-a7") && world.contains("mirror-a8"), "{world}");
    let inside = ask("192.0.2.5");
    assert!(inside.lines().nth(1).unwrap().contains("mirror-a7"), "{inside}");
    assert!(inside.contains("Using preferred netblock"));
    let french = ask("198.51.100.1");
    assert!(
        french.contains("mirror-a1") && !french.contains("mirror-a8"),
        "{french}"
    );
    let embargoed = ask("203.0.113.1");
    assert_eq!(embargoed.lines().count(), 1, "{embargoed}");
    let metalink = server.get("/metalink?repo=linux-43&arch=x86_64&ip=192.0.2.5").body;
    let private = metalink.lines().find(|l| l.contains("mirror-a7")).unwrap();
    assert!(private.contains("mm0:private=\"True\"") && metalink.matches("mm0:private").count() == 1);
}

#[test]
fn only_trusted_peers_speak_for_others() {
    let trusting = serving("");
    let strict = serving("trusted_proxies = []");
    let target = "/mirrorlist?repo=linux-43&arch=x86_64&ip=192.0.2.5";
    assert!(trusting.get(target).body.contains("mirror-a7"));
    assert!(!strict.get(target).body.contains("mirror-a7"));
    let forwarded = [("X-Forwarded-For", "10.0.0.1, 192.0.2.5")];
    let bare = "/mirrorlist?repo=linux-43&arch=x86_64";
    assert!(
        trusting
            .client()
            .send("GET", bare, &forwarded)
            .body
            .contains("mirror-a7")
    );
    assert!(!strict.client().send("GET", bare, &forwarded).body.contains("mirror-a7"));
    assert_eq!(
        trusting
            .client()
            .send("GET", bare, &[("X-Forwarded-For", "\u{e4}")])
            .status,
        500
    );
}

#[test]
fn pages_come_from_the_generation() {
    let server = serving("");
    let start = server.get("/");
    assert_eq!(
        (start.status, start.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    assert!(start.body.contains("start a"));
    assert!(server.get("/Fedora/43/").body.contains("43 a"));
    assert_eq!(server.get("/Fedora/43").header("location"), Some("/Fedora/43/"));
    assert_eq!(
        server.get("/style.css").header("content-type"),
        Some("text/css; charset=utf-8")
    );
    let etag = start.header("etag").unwrap();
    assert_eq!(server.client().send("GET", "/", &[("If-None-Match", etag)]).status, 304);
    for outside in [
        "/MANIFEST",
        "/snapshot",
        "/../MANIFEST",
        "/public/index.html",
        "/Fedora/",
    ] {
        assert_eq!(server.get(outside).status, 404, "{outside}");
    }
}

#[test]
fn it_waits_for_the_first_generation_and_refreshes_its_age() {
    let server = Server::start_in(home(""), &[]);
    assert!(server.stderr().contains("no GeoIP"), "{}", server.stderr());
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(server.get("/mirrorlist?repo=linux-43&arch=x86_64").status, 503);
    let dir = server.home.path().join("generations");
    let id = publish(&dir, &files('a'));
    server.wait("the first generation", |s| s.get("/readyz").status == 200);
    assert_eq!(generation_of(&server), id);
    assert_eq!(server.get("/freshz").status, 503, "its data is of 2023");
    generation::write(&dir, &files('a'), mirrormanager::sys::clock::now(), 10).unwrap();
    server.wait("a fresh one", |s| s.get("/freshz").status == 200);
    assert_eq!(generation_of(&server), id);
}

#[test]
fn check_tells_and_the_server_ends_well() {
    let home = home("");
    let run = |arguments: &[&str]| {
        let program = assert_cmd::cargo::cargo_bin("mm-mirrorlist-server");
        let output = Command::new(program)
            .env("MM_CONFIG", home.path().join("mm.toml"))
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (status, text, _) = run(&["--check"]);
    assert_eq!(status, Some(1));
    assert!(text.contains("bad") && text.contains("mm-update-mirrorlist"), "{text}");
    publish(&home.path().join("generations"), &files('a'));
    let (status, text, _) = run(&["--check"]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("4 directories, 8 hosts, 1 repositories"), "{text}");
    let netblocks = home.path().join("netblocks");
    std::fs::write(&netblocks, "10.0.0.0/8 1\n10.0.0.0/8\n").unwrap();
    let (status, text, _) = run(&["--check", "-g", &netblocks.display().to_string()]);
    assert_eq!(status, Some(1));
    assert!(text.contains("line 2"), "{text}");
    let (status, _, error) = run(&["-c", "/nonexistent/cache"]);
    assert_eq!(status, Some(1), "a drop-in without its cache does not start");
    assert!(error.contains("/nonexistent/cache"), "{error}");
    let (status, _, error) = run(&["--listen", "nowhere"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("nowhere"), "{error}");
}

#[test]
fn requests_are_logged_and_the_end_loses_none() {
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("access.log");
    let (cache, geoip) = (data("mirrorlist_cache.proto"), data("geo.mmdb"));
    let options = [
        "-c",
        cache.to_str().unwrap(),
        "--geoip",
        geoip.to_str().unwrap(),
        "-l",
        log.to_str().unwrap(),
    ];
    let mut server = Server::start_in(home, &options.map(ToOwned::to_owned).each_ref().map(String::as_str));
    let mut client = server.client();
    for query in [
        "repo=fedora-latest&arch=x86_64&ip=10.2.4.5",
        "repo=fedora-source-43&arch=x86_64&ip=8.8.8.8",
        "repo=a%20b;c%0a&arch=x&ip=::1",
        "path=pub",
    ] {
        client.send("GET", &format!("/mirrorlist?{query}"), &[]);
    }
    server.signal(Signal::SIGTERM);
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = server.process.0.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status:?}");
    let text = std::fs::read_to_string(server.home.path().join("access.log")).unwrap();
    let lines: Vec<String> = text
        .lines()
        .map(|l| {
            l.split("; ")
                .enumerate()
                .filter(|(i, _)| *i != 1)
                .map(|(_, f)| f)
                .collect::<Vec<_>>()
                .join("; ")
        })
        .collect();
    assert_eq!(
        lines,
        [
            "IP: 10.2.4.5; COUNTRY: FR; REPO: fedora-latest; ARCH: x86_64",
            "IP: 8.8.8.8; COUNTRY: N/A; REPO: fedora-source-43; ARCH: source",
            "IP: ::1; COUNTRY: N/A; REPO: a_b_c_; ARCH: x",
        ]
    );
}
