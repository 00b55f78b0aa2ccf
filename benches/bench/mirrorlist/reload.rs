//! Reloads: their effect on memory and on the latency of responses.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::load::Load;
use super::{Fedora, get, resident_memory};
use crate::SETTLE_TIME;
use crate::database::change_bandwidths;
use crate::support::Process;
use crate::table::{Bar, Row};

/// The number of files that a reload loads: the generation, the GeoIP database, the ASN table.
const LOADS: u64 = 3;
/// The length of a measurement in seconds.
const WINDOW: u32 = 10;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::published();
    let mut generations = vec![current(&fedora)];
    change_bandwidths(&fedora.env, 1);
    fedora.env.ok("mm-update-mirrorlist", &[]);
    generations.push(current(&fedora));
    assert_ne!(generations[0], generations[1]);
    let (server, _) = fedora.serve(&[]);
    std::thread::sleep(SETTLE_TIME);
    let mut turn = 0;
    let mut reload = || {
        turn += 1;
        switch(&fedora, &generations[turn % 2]);
        reload_all(&fedora, &server);
    };
    (0..3).for_each(|_| reload());
    let after_three = resident_memory(&server);
    (3..100).for_each(|_| reload());
    let after_hundred = resident_memory(&server);
    let load = Load::new(&fedora, "metalink", &fedora.files.repositories);
    let half = load.send(fedora.port, 3).rate / 2.0;
    let quiet = load.send_at_rate(fedora.port, WINDOW, half).p99;
    let done = AtomicBool::new(false);
    let busy = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                reload();
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        let busy = load.send_at_rate(fedora.port, WINDOW, half).p99;
        done.store(true, Ordering::Relaxed);
        busy
    });
    let row = |name, measured, reference, unit, bar| Row {
        area: "mirrorlist",
        name,
        measured,
        reference,
        unit,
        bar,
    };
    vec![
        row("rss-reloads", after_hundred, after_three, "MB", Bar::AtMost(1.1)),
        row("reload-p99", busy, quiet, "ms", Bar::AtMost(3.0)),
    ]
}

fn current(fedora: &Fedora) -> String {
    let target = fs::read_link(fedora.env.path("generations/current")).unwrap();
    target.into_os_string().into_string().unwrap()
}

fn switch(fedora: &Fedora, generation: &str) {
    let link = fedora.env.path("generations/.link-bench");
    symlink(generation, &link).unwrap();
    fs::rename(&link, fedora.env.path("generations/current")).unwrap();
}

/// Makes the server reload all files, and waits until it has.
fn reload_all(fedora: &Fedora, server: &Process) {
    let expected = loads(fedora) + LOADS;
    kill(Pid::from_raw(i32::try_from(server.0.id()).unwrap()), Signal::SIGHUP).unwrap();
    let started = Instant::now();
    while loads(fedora) < expected {
        assert!(started.elapsed() < Duration::from_mins(1), "no reload");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn loads(fedora: &Fedora) -> u64 {
    let metrics = String::from_utf8(get(fedora.port, "/metrics").unwrap()).unwrap();
    let line = metrics.lines().find_map(|l| l.strip_prefix("mm_loads_total "));
    line.unwrap().parse().unwrap()
}
