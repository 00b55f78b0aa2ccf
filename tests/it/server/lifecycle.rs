//! Start, `--check`, and exit of the server.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{files, generation_of, home, publish, publish_at, serving};
use crate::compliance::client::{Server, data};
use crate::support::{Env, SERVER_USER};

#[test]
fn the_first_generation_may_come_later_and_its_age_is_refreshed() {
    let server = Server::start_in(home(""), &[]);
    assert!(server.stderr().contains("no GeoIP"), "{}", server.stderr());
    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/readyz").status, 503);
    assert_eq!(server.get("/mirrorlist?repo=linux-43&arch=x86_64").status, 503);
    let dir = server.home.path().join("generations");
    let id = publish(&dir, &files('a'));
    server.wait("the first generation", |s| s.get("/readyz").status == 200);
    assert_eq!(generation_of(&server), id);
    assert_eq!(server.get("/freshz").status, 503, "the data is from 2023");
    publish_at(&dir, &files('a'), mirrormanager::sys::clock::now());
    server.wait("a fresh one", |s| s.get("/freshz").status == 200);
    assert_eq!(generation_of(&server), id);
}

#[test]
fn check_reports_each_input_and_errors_have_an_exit_status() {
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
    assert!(text.contains("4 directories, 8 hosts, 1 repository"), "{text}");
    let asn_table = home.path().join("netblocks");
    std::fs::write(&asn_table, "10.0.0.0/8 1\n10.0.0.0/8\n").unwrap();
    let (status, text, _) = run(&["--check", "-g", &asn_table.display().to_string()]);
    assert_eq!(status, Some(1));
    assert!(text.contains("line 2"), "{text}");
    let (status, _, error) = run(&["-c", "/nonexistent/cache"]);
    assert_eq!(status, Some(1), "a drop-in server does not start without its cache");
    assert!(error.contains("/nonexistent/cache"), "{error}");
    let (status, _, error) = run(&["--listen", "nowhere"]);
    assert_eq!(status, Some(2));
    assert!(error.contains("nowhere"), "{error}");
}

#[test]
fn requests_are_logged_until_the_exit() {
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
    let started = Instant::now();
    let status = loop {
        if let Some(status) = server.process.0.try_wait().unwrap() {
            break status;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "the server does not exit");
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

/// Real, effective, saved and file system UID of a process.
fn uids(pid: u32) -> Vec<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("Uid:")).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_server_never_stays_root() {
    let server = serving("");
    assert_eq!(server.get("/readyz").status, 200);
    assert!(uids(server.process.0.id()).iter().all(|uid| uid != "0"));

    // Who is not root has nothing to drop.
    let expected = if nix::unistd::Uid::effective().is_root() { 2 } else { 0 };
    let home = home("");
    publish(&home.path().join("generations"), &files('a'));
    let config = home.path().join("mm.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("user = \"daemon\"", "user = \"root\"")).unwrap();
    let run = |config: &Path, args: &[&str]| {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("mm-mirrorlist-server"));
        command.env("MM_CONFIG", config).args(args).output().unwrap()
    };
    let output = run(&config, &["--check"]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(expected), "{stderr}");
    if expected == 2 {
        assert!(stderr.contains("set user in") && stderr.contains("mm.toml"), "{stderr}");
        // The advice: set user.
        let user = format!("user = \"{SERVER_USER}\"");
        std::fs::write(&config, text.replace("user = \"root\"", &user)).unwrap();
        let output = run(&config, &["--check"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        // A drop-in server has no config, and becomes the default user, if there is one.
        let cache = data("mirrorlist_cache.proto").display().to_string();
        let output = run(Path::new("/nonexistent"), &["-c", &cache, "--port", "0", "--check"]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let has_user = nix::unistd::User::from_name("mirrormanager").unwrap().is_some();
        if has_user {
            assert_eq!(output.status.code(), Some(0), "{stderr}");
        } else {
            assert_eq!(output.status.code(), Some(2), "{stderr}");
            assert!(stderr.contains("the user mirrormanager does not exist"), "{stderr}");
        }
    }
}

#[test]
fn trusted_proxy_option_extends_the_config() {
    let requests = |options: &[&str]| {
        let home = home("trusted_proxies = []");
        publish(&home.path().join("generations"), &files('a'));
        let server = Server::start_in(home, options);
        server.get("/mirrorlist?repo=linux-43&arch=x86_64&ip=192.0.2.5").body
    };
    assert!(!requests(&[]).contains("Using preferred netblock"));
    let trusting = requests(&["--trusted-proxy", "2001:db8::/32", "--trusted-proxy", "127.0.0.1"]);
    assert!(trusting.contains("Using preferred netblock"), "{trusting}");
    let wrong = Env::new("").run("mm-mirrorlist-server", &["--trusted-proxy", "proxy.example.org"]);
    assert_eq!(wrong.status, 2, "{wrong:?}");
    assert!(wrong.stderr.contains("192.0.2.0/24"), "{wrong:?}");
}
