//! Loading new data without a failed request, and rejecting damaged data.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{files, generation_of, home, metric, publish, serving};
use crate::compliance::client::{Server, data};
use crate::support::{Process, need};

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
fn twenty_reloads_under_load_fail_no_request_and_mix_no_generations() {
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
    for round in 0..20 {
        let id = publish(&dir, &files(if round % 2 == 0 { 'b' } else { 'a' }));
        if round % 4 == 0 {
            server.signal(Signal::SIGHUP);
        }
        server.wait("the new generation", |s| generation_of(s) == id);
        std::thread::sleep(Duration::from_millis(100));
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(load.0.id()).unwrap());
    nix::sys::signal::kill(pid, Signal::SIGINT).unwrap();
    let mut stdout = String::new();
    std::io::Read::read_to_string(&mut load.0.stdout.take().unwrap(), &mut stdout).unwrap();
    let result = stdout
        .lines()
        .find_map(|l| l.strip_prefix("RESULT "))
        .unwrap_or_else(|| panic!("{stdout}"));
    let numbers: Vec<u64> = result.split(' ').map(|n| n.parse().unwrap()).collect();
    let [a, b, bad, errors, microseconds] = numbers[..] else {
        panic!("{result}")
    };
    assert_eq!((bad, errors), (0, 0), "{stdout}");
    assert!(a > 0 && b > 0, "{stdout}");
    let rate = (a + b) * 1_000_000 / microseconds;
    assert!(rate >= 1_000, "{rate} requests a second");
    assert_eq!(metric(&server, "mm_load_failures_total"), 0);
}

#[test]
fn a_damaged_generation_is_rejected_and_the_old_one_is_kept() {
    let server = serving("");
    let dir = server.home.path().join("generations");
    let before = generation_of(&server);
    let failed = metric(&server, "mm_load_failures_total");
    // A valid manifest with a snapshot that is none.
    let mut bad = files('b');
    bad.insert("snapshot".into(), b"MMSNAPSH rubbish".to_vec());
    publish(&dir, &bad);
    server.wait("the rejection", |s| metric(s, "mm_load_failures_total") > failed);
    assert_eq!(generation_of(&server), before);
    assert_eq!(metric(&server, "mm_data_rejected"), 1);
    assert!(server.stderr().contains("snapshot"), "{}", server.stderr());
    // A snapshot truncated after the manifest was written, and a page with one changed byte.
    for (letter, name) in [('c', "snapshot"), ('d', "public/index.html")] {
        let failed = metric(&server, "mm_load_failures_total");
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
        server.wait("the rejection", |s| metric(s, "mm_load_failures_total") > failed);
        assert_eq!(generation_of(&server), before);
        assert!(
            server
                .get("/mirrorlist?repo=linux-43&arch=x86_64")
                .body
                .contains("mirror-a1")
        );
    }
    // A valid generation is loaded.
    let id = publish(&dir, &files('b'));
    server.wait("the valid generation", |s| generation_of(s) == id);
    assert_eq!(metric(&server, "mm_data_rejected"), 0);
}

#[test]
fn transient_errors_are_retried() {
    let server = serving("");
    let dir = server.home.path().join("generations");
    let elsewhere = server.home.path().join("elsewhere");
    let failed = metric(&server, "mm_load_failures_total");
    let id = publish(&elsewhere, &files('b'));
    // A directory instead of a page cannot be read; the stamp of the manifest does not change when the page is
    // restored.
    let page = elsewhere.join(&id).join("public/index.html");
    let good = std::fs::read(&page).unwrap();
    std::fs::remove_file(&page).unwrap();
    std::fs::create_dir(&page).unwrap();
    std::fs::rename(elsewhere.join(&id), dir.join(&id)).unwrap();
    mirrormanager::sys::atomic::switch_link(&dir.join("current"), Path::new(&id)).unwrap();
    server.wait("two attempts", |s| metric(s, "mm_load_failures_total") > failed + 1);
    assert_eq!(server.stderr().matches("rejected").count(), 1, "{}", server.stderr());
    assert_ne!(generation_of(&server), id);
    let page = dir.join(&id).join("public/index.html");
    std::fs::remove_dir(&page).unwrap();
    std::fs::write(&page, good).unwrap();
    server.wait("the generation", |s| generation_of(s) == id);
}

#[test]
fn damaged_inputs_are_rejected_and_the_old_ones_are_kept() {
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
        "user = \"daemon\"\nlog_dir = \"\"\n[server]\nreload_interval = \"0s\"\n",
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
        let failed = metric(&server, "mm_load_failures_total");
        std::fs::write(&path, bad).unwrap();
        server.wait("the rejection", |s| metric(s, "mm_load_failures_total") > failed);
        assert_eq!(hosts(&server), before, "after a bad {name}");
        let loads = metric(&server, "mm_loads_total");
        std::fs::write(&path, good).unwrap();
        server.wait("the valid file", |s| metric(s, "mm_loads_total") > loads);
        assert_eq!(hosts(&server), before, "after a good {name}");
        assert!(server.stderr().contains(name), "{}", server.stderr());
    }
}

/// A valid database in which France is in Germany.
fn move_france_to_germany(good: &[u8]) -> Vec<u8> {
    // Strings of two bytes in the mmdb format.
    let (from, to) = (b"\x42FR", b"\x42DE");
    let positions: Vec<usize> = (0..good.len() - 2).filter(|at| good[*at..].starts_with(from)).collect();
    assert!(!positions.is_empty());
    let mut bad = good.to_vec();
    for at in positions {
        bad[at..at + 3].copy_from_slice(to);
    }
    bad
}

#[test]
fn a_country_database_that_fails_geo_check_is_rejected() {
    let home = tempfile::tempdir().unwrap();
    let geoip = home.path().join("geo.mmdb");
    let good = std::fs::read(data("geo.mmdb")).unwrap();
    std::fs::write(&geoip, &good).unwrap();
    std::fs::write(
        home.path().join("mm.toml"),
        "user = \"daemon\"\nlog_dir = \"\"\n[server]\nreload_interval = \"0s\"\ngeo_check = [\"10.2.4.5=FR\"]\n",
    )
    .unwrap();
    let cache = data("mirrorlist_cache.proto");
    let (cache, database) = (cache.to_str().unwrap(), geoip.to_str().unwrap());
    let server = Server::start_in(home, &["-c", cache, "--geoip", database]);
    let country = |s: &Server| {
        let body = s.get("/mirrorlist?repo=fedora-43&arch=x86_64&ip=10.2.4.5").body;
        body.lines().next().unwrap().to_owned()
    };
    let before = country(&server);
    assert!(before.contains("country = FR"), "{before}");
    let failed = metric(&server, "mm_load_failures_total");
    std::fs::write(&geoip, move_france_to_germany(&good)).unwrap();
    server.wait("the rejection", |s| metric(s, "mm_load_failures_total") > failed);
    assert_eq!(country(&server), before);
    let stderr = server.stderr();
    assert!(
        stderr.contains("10.2.4.5 is in DE, but geo_check requires FR"),
        "{stderr}"
    );
    let loads = metric(&server, "mm_loads_total");
    std::fs::write(&geoip, &good).unwrap();
    server.wait("the valid file", |s| metric(s, "mm_loads_total") > loads);
    assert_eq!(country(&server), before);
}

#[test]
fn signals_during_a_reload_cause_one_more() {
    let home = home("asn_table = \"netblocks\"");
    publish(&home.path().join("generations"), &files('a'));
    // Takes a while to load.
    let lines = (0..400_000_u32).map(|n| format!("{}.{}.{}.0/24 {n}\n", 1 + (n >> 16), n >> 8 & 255, n & 255));
    std::fs::write(home.path().join("netblocks"), lines.collect::<String>()).unwrap();
    let server = Server::start_in(home, &[]);
    let loads = || metric(&server, "mm_loads_total");
    let (before, started) = (loads(), Instant::now());
    server.signal(Signal::SIGHUP);
    server.wait("a reload", |s| metric(s, "mm_loads_total") == before + 2);
    let one = started.elapsed();
    let (before, started) = (loads(), Instant::now());
    for _ in 0..200 {
        server.signal(Signal::SIGHUP);
        std::thread::sleep(Duration::from_millis(2));
    }
    let during = started.elapsed();
    // Those that began meanwhile, one that was requested meanwhile, and a margin for a machine that is faster now.
    let most = 2 * (3 + 4 * u64::try_from(during.as_micros() / one.as_micros().max(1)).unwrap());
    std::thread::sleep(4 * one + Duration::from_secs(1));
    let done = loads() - before;
    assert!(
        (2..=most.min(200)).contains(&done),
        "{done} loads, expected at most {most}: {one:?} each, {during:?}"
    );
}
