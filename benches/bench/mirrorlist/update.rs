//! Creating a generation, also for a network ten times as large.

use super::Fedora;
use crate::database::change_bandwidths;
use crate::table::{Bar, Row};
use crate::{measure_alternately, peak_memory, seconds};

/// Limits in seconds and MB.
const MAX_TIME: f64 = 1.0;
const MAX_MEMORY: f64 = 150.0;
const MAX_SNAPSHOT: f64 = 6.0;
const MAX_TIME_10X: f64 = 12.0;
const MAX_MEMORY_10X: f64 = 1_200.0;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::published();
    let (time, memory) = measure_update(&fedora, 5);
    let snapshot = std::fs::metadata(fedora.env.path("generations/current/snapshot")).unwrap();
    let snapshot = f64::from(u32::try_from(snapshot.len()).unwrap()) / 1e6;
    vec![
        row("update", time, MAX_TIME, "s"),
        row("update-memory", memory, MAX_MEMORY, "MB"),
        row("update-snapshot", snapshot, MAX_SNAPSHOT, "MB"),
    ]
}

pub(crate) fn rows_10x() -> Vec<Row> {
    let fedora = Fedora::new(10);
    fedora.env.ok("mm-update-mirrorlist", &[]);
    let (time, memory) = measure_update(&fedora, 1);
    vec![
        row("update-10x", time, MAX_TIME_10X, "s"),
        row("update-10x-memory", memory, MAX_MEMORY_10X, "MB"),
    ]
}

/// Returns seconds and MB of a run in which every host has changed.
fn measure_update(fedora: &Fedora, rounds: usize) -> (f64, f64) {
    let mut round = 0;
    let mut update = || {
        round += 1;
        change_bandwidths(&fedora.env, round);
        fedora.env.command("mm-update-mirrorlist")
    };
    let memory = {
        let mut command = update();
        command.stdout(std::process::Stdio::null());
        peak_memory(&mut command)
    };
    let run = || {
        let mut command = update();
        seconds(|| assert!(command.output().unwrap().status.success()))
    };
    (measure_alternately(rounds, run, || MAX_TIME).0, memory)
}

fn row(name: &'static str, measured: f64, reference: f64, unit: &'static str) -> Row {
    Row {
        area: "mirrorlist",
        name,
        measured,
        reference,
        unit,
        bar: Bar::AtMost(1.0),
    }
}
