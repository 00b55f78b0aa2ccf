//! What stands in front of the servers: `HAProxy` and Varnish, with the example configs; and kills in the middle of publishing.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mirrormanager::mirrorlist::generation;

use super::rollout::serve;
use super::{SYNC, Site, current, directory, target};
use crate::support::{Process, free_port, need, wait_for_port};

pub(super) fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/site").join(name);
    fs::read_to_string(path).unwrap()
}

/// Replaces what must be there.
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
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn clients_behind_haproxy_see_no_error_while_a_target_dies_and_others_are_updated() {
    let (haproxy, wrk) = (need("haproxy", "haproxy"), need("wrk", "wrk"));
    let mut site = Site::new();
    let names = ["one", "two", "three"];
    let dirs = names.map(|n| directory(&site, n));
    site.targets("", &names.map(|n| target(n, n, "")));
    site.states(&[], 0);
    let mut servers: Vec<_> = dirs.iter().map(|d| serve(d)).collect();
    let targets: Vec<String> = names
        .iter()
        .zip(&servers)
        .map(|(n, (_, healthz))| target(n, n, healthz))
        .collect();
    site.targets("proof_timeout = \"8s\"", &targets);

    let port = free_port();
    let mut config = with(
        &example("haproxy.cfg"),
        "bind 127.0.0.1:8080",
        &format!("bind 127.0.0.1:{port}"),
    );
    // So many descriptors are not everybody's.
    config = with(&config, "maxconn 20000", "maxconn 200");
    for (n, (server, _)) in servers.iter().enumerate() {
        config = with(&config, &format!("127.0.0.1:300{}", n + 1), &server.address);
    }
    let file = site.env().write("haproxy.cfg", config);
    let checked = Command::new(&haproxy).args(["-c", "-f"]).arg(&file).output().unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let _front = Process(
        Command::new(haproxy)
            .args(["-db", "-f"])
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    wait_for_port(port);
    let url = format!("http://127.0.0.1:{port}/metalink?repo=fedora-43&arch=x86_64");
    wait("no server is up", || get(&url).0 == 200);

    let mut load = Command::new(wrk);
    load.args(["-t1", "-c8", "-d6s", &url]).stdout(Stdio::piped());
    let load = load.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    drop(servers.remove(1));
    let second = site.change();
    let states = site.states(&[], 3);
    let of = |n: usize| states[n].1.as_str();
    assert_eq!((of(0), of(1), of(2)), ("updated", "unproven", "updated"), "{states:?}");
    assert!(states[1].2.contains("mm-sync-out --only two"), "{states:?}");
    let said = String::from_utf8(load.wait_with_output().unwrap().stdout).unwrap();
    assert!(!said.contains("Non-2xx") && !said.contains("Socket errors"), "{said}");
    assert!(said.contains("requests in"), "{said}");
    for dir in [&dirs[0], &dirs[2]] {
        assert_eq!(current(dir), Some(second.clone()));
    }
}

#[test]
fn varnish_is_emptied() {
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
    site.world.sql("INSERT INTO product (name) VALUES ('Brand New')");
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

#[test]
fn killed_at_thirty_moments_every_target_is_always_whole() {
    let mut site = Site::new();
    let names = ["one", "two", "three"];
    let dirs = names.map(|n| directory(&site, n));
    site.targets("", &names.map(|n| target(n, n, "")));
    site.states(&[], 0);
    let (over, looks) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        let watch = |dir| {
            let (over, looks) = (&over, &looks);
            move || {
                while !over.load(Ordering::Relaxed) {
                    let (place, _) = generation::current(dir).unwrap().expect("something is current");
                    // An old one may be pruned while it is read; what is current never is.
                    let found = generation::verify(&place);
                    let is_current = generation::current_id(dir).is_some_and(|id| place.ends_with(id.as_str()));
                    assert!(found.is_ok() || !is_current, "{}: {found:?}", place.display());
                    looks.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        for dir in &dirs {
            scope.spawn(watch(dir));
        }
        // A run that is not killed takes some 200 ms here.
        let mut unfinished = 0;
        for round in 0..30_u64 {
            let new = site.change();
            let mut run = Process(site.env().command(SYNC).spawn().unwrap());
            std::thread::sleep(Duration::from_millis(round * 37 % 250));
            run.0.kill().unwrap();
            run.0.wait().unwrap();
            unfinished += dirs.iter().filter(|d| current(d).as_ref() != Some(&new)).count();
        }
        over.store(true, Ordering::Relaxed);
        assert!(unfinished > 0, "every kill came too late");
    });
    assert!(looks.load(Ordering::Relaxed) > 100);
    site.states(&[], 0);
    for dir in &dirs {
        assert_eq!(current(dir), Some(site.id()));
    }
}
