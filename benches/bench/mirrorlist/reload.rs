//! Reloads: what they leave in memory, and what clients notice of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::load::Load;
use super::{Fedora, get, resident};
use crate::REST;
use crate::database::change_bandwidths;
use crate::support::Process;
use crate::table::{Bar, Row};

/// How many things are loaded: the generation, the countries, the systems.
const LOADS: u64 = 3;
/// How long a window lasts, in seconds.
const WINDOW: u32 = 10;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::published();
    let mut pair = vec![current(&fedora)];
    change_bandwidths(&fedora.env, 1);
    fedora.env.ok("mm-update-mirrorlist", &[]);
    pair.push(current(&fedora));
    assert_ne!(pair[0], pair[1]);
    let (server, _) = fedora.serve(&[]);
    std::thread::sleep(REST);
    let mut turn = 0;
    let mut reload = || {
        turn += 1;
        switch(&fedora, &pair[turn % 2]);
        all_anew(&fedora, &server);
    };
    (0..3).for_each(|_| reload());
    let after_three = resident(&server);
    (3..100).for_each(|_| reload());
    let after_hundred = resident(&server);
    let load = Load::new(&fedora, "metalink", &fedora.files.repositories);
    let half = load.full(fedora.port, 3).rate / 2.0;
    let quiet = load.paced(fedora.port, WINDOW, half).p99;
    let over = AtomicBool::new(false);
    let busy = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                reload();
                std::thread::sleep(Duration::from_secs(1));
            }
        });
        let busy = load.paced(fedora.port, WINDOW, half).p99;
        over.store(true, Ordering::Relaxed);
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
    let beside = fedora.env.path("generations/.link-bench");
    symlink(generation, &beside).unwrap();
    fs::rename(&beside, fedora.env.path("generations/current")).unwrap();
}

/// Has the server load everything, and waits until it has.
fn all_anew(fedora: &Fedora, server: &Process) {
    let wanted = loads(fedora) + LOADS;
    kill(Pid::from_raw(i32::try_from(server.0.id()).unwrap()), Signal::SIGHUP).unwrap();
    let begun = Instant::now();
    while loads(fedora) < wanted {
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not load");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn loads(fedora: &Fedora) -> u64 {
    let metrics = String::from_utf8(get(fedora.port, "/metrics").unwrap()).unwrap();
    let line = metrics.lines().find_map(|l| l.strip_prefix("mm_loads_total "));
    line.unwrap().parse().unwrap()
}
