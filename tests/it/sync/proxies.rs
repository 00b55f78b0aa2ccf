//! Proxies in front of the servers: `HAProxy` and Varnish, with the example configs.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::failures::{assert_advice_helps, assert_only_failure};
use super::rollout::{serve, serve_with};
use super::sshd::Sshd;
use super::{Site, current, directory, target};
use crate::support::{Process, free_port, need, wait_for_port};

pub(super) fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/site").join(name);
    fs::read_to_string(path).unwrap()
}

/// Replaces text that must occur.
pub(super) fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "no {old:?} in {text}");
    text.replace(old, new)
}

pub(super) fn get(url: &str) -> (u16, String) {
    let curl = need("curl", "curl");
    let out = Command::new(curl)
        .args(["-s", "-w", "\n%{http_code}", url])
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

pub(super) fn wait(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// `HAProxy` with the example config in front of these servers; the port that it listens on.
fn haproxy(site: &Site, servers: &[&str]) -> (Process, u16) {
    let haproxy = need("haproxy", "haproxy");
    let port = free_port();
    let mut config = with(
        &example("haproxy.cfg"),
        "bind 127.0.0.1:8080",
        &format!("bind 127.0.0.1:{port}"),
    );
    // Some users have a lower limit of open files.
    config = with(&config, "maxconn 20000", "maxconn 200");
    for (n, address) in servers.iter().enumerate() {
        config = with(&config, &format!("127.0.0.1:300{}", n + 1), address);
    }
    let file = site.env().write("haproxy.cfg", config);
    let checked = Command::new(&haproxy).args(["-c", "-f"]).arg(&file).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let mut command = Command::new(haproxy);
    command.args(["-db", "-f"]).arg(&file).stderr(Stdio::null());
    let front = Process(command.spawn().unwrap());
    wait_for_port(port);
    (front, port)
}

#[test]
fn clients_behind_haproxy_get_no_error_while_one_of_three_servers_is_down() {
    let wrk = need("wrk", "wrk");
    let mut sshd = Sshd::start();
    let mut site = Site::new();
    let names = ["one", "two", "three"];
    let dirs = names.map(|n| directory(&site, n));
    let to = ["one", &sshd.to(&dirs[1]), "three"].map(str::to_owned);
    let keys = format!("retries = 0\nverify_timeout = \"20s\"\n{}", sshd.keys());
    site.targets(&keys, &[0, 1, 2].map(|n| target(names[n], &to[n], "")));
    site.states(&[], 0);
    let mut servers: Vec<_> = dirs.iter().map(|d| serve(d)).collect();
    let targets = [0, 1, 2].map(|n| target(names[n], &to[n], &servers[n].1));
    site.targets(&keys, &targets);
    let addresses: Vec<&str> = servers.iter().map(|(server, _)| server.address.as_str()).collect();
    let (_front, port) = haproxy(&site, &addresses);
    let second_port = addresses[1].rsplit_once(':').unwrap().1.to_owned();
    let url = format!("http://127.0.0.1:{port}/metalink?repo=fedora-43&arch=x86_64");
    wait("no server is up", || get(&url).0 == 200);

    let mut load = Command::new(wrk);
    load.args(["-t1", "-c8", "-d10s", &url]).stdout(Stdio::piped());
    let mut load = Process(load.spawn().unwrap());
    std::thread::sleep(Duration::from_millis(500));
    // The host and all its processes are dead.
    drop(servers.remove(1));
    sshd.die();
    let new = site.change();
    let ran = site.sync(&[]);
    assert_only_failure(&ran, "two", &["Connection refused"]);
    let now = || dirs.each_ref().map(|d| current(d) == Some(new.clone()));
    assert_eq!(now(), [true, false, true]);

    // The host is back with its old generation; the advised command fixes it.
    sshd.run();
    let back = serve_with(&dirs[1], &["--port", &second_port]);
    assert!(!back.get("/healthz").body.contains(new.as_str()));
    assert_advice_helps(&site, "two");
    assert_eq!(now(), [true, true, true]);
    assert!(back.get("/healthz").body.contains(new.as_str()));
    assert!(load.0.try_wait().unwrap().is_none(), "no client was there to the end");
    assert!(load.0.wait().unwrap().success());
    let mut output = String::new();
    load.0.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    assert!(
        !output.contains("Non-2xx") && !output.contains("Socket errors"),
        "{output}"
    );
    let requests = output.lines().find_map(|l| l.trim().split_once(" requests in "));
    let requests: u32 = requests.unwrap().0.parse().unwrap();
    assert!(requests > 100, "{output}");
}

#[test]
fn varnish_cache_is_purged() {
    let varnishd = need("varnishd", "varnish");
    let mut site = Site::new();
    let app = directory(&site, "app");
    site.targets("", &[target("app", "app", "")]);
    site.states(&[], 0);
    let (server, healthz) = serve(&app);
    let port = free_port();
    let (host, upstream) = server.address.rsplit_once(':').unwrap();
    let vcl = with(
        &example("varnish.vcl"),
        ".host = \"127.0.0.1\"",
        &format!(".host = \"{host}\""),
    );
    let vcl = with(&vcl, ".port = \"3000\"", &format!(".port = \"{upstream}\""));
    let file = site.env().write("varnish.vcl", vcl);
    let state = site.env().path("varnish");
    let mut command = Command::new(varnishd);
    command
        .arg("-F")
        .args([
            "-a",
            &format!("127.0.0.1:{port}"),
            "-s",
            "malloc,16m",
            "-j",
            "none",
            "-f",
        ])
        .arg(file);
    command.arg("-n").arg(state).stdout(Stdio::null()).stderr(Stdio::null());
    let _varnish = Process(command.spawn().unwrap());
    wait_for_port(port);
    let page = format!("http://127.0.0.1:{port}/");
    wait("no page comes through", || get(&page).0 == 200);
    let before = get(&page).1;
    let purge = format!("[[sync.proxy]]\nname = \"varnish\"\npurge = [\"{page}\"]\n");

    // Without a purge the old page stays.
    site.backend.sql("INSERT INTO product (name) VALUES ('Brand New')");
    site.targets("", &[target("app", "app", &healthz)]);
    site.change();
    assert_eq!(site.states(&[], 0)[0].1, "updated");
    assert_eq!(get(&page).1, before, "it is kept");
    site.targets("", &[target("app", "app", &healthz), purge]);
    site.change();
    assert_eq!(site.states(&[], 0)[0].1, "updated");
    let direct = get(&format!("http://{}/", server.address)).1;
    assert_ne!(direct, before);
    assert_eq!(get(&page).1, direct, "what a visitor sees is what the server says");
}
