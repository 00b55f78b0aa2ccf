//! Making a generation, and one of a network ten times as large.

use super::Fedora;
use crate::database::change_bandwidths;
use crate::table::{Bar, Row};
use crate::{in_turn, peak_mb, seconds};

/// Seconds and MB that there may be.
const TIME: f64 = 1.0;
const MEMORY: f64 = 150.0;
const SNAPSHOT: f64 = 6.0;
const TIME_10X: f64 = 12.0;
const MEMORY_10X: f64 = 1_200.0;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::published();
    let (time, memory) = measured(&fedora, 5);
    let snapshot = std::fs::metadata(fedora.env.path("generations/current/snapshot")).unwrap();
    let snapshot = f64::from(u32::try_from(snapshot.len()).unwrap()) / 1e6;
    vec![
        row("update", time, TIME, "s"),
        row("update-memory", memory, MEMORY, "MB"),
        row("update-snapshot", snapshot, SNAPSHOT, "MB"),
    ]
}

pub(crate) fn rows_10x() -> Vec<Row> {
    let fedora = Fedora::new(10);
    fedora.env.ok("mm-update-mirrorlist", &[]);
    let (time, memory) = measured(&fedora, 1);
    vec![
        row("update-10x", time, TIME_10X, "s"),
        row("update-10x-memory", memory, MEMORY_10X, "MB"),
    ]
}

/// Seconds and MB of a run in which every host has changed.
fn measured(fedora: &Fedora, rounds: usize) -> (f64, f64) {
    let mut round = 0;
    let mut update = || {
        round += 1;
        change_bandwidths(&fedora.env, round);
        fedora.env.command("mm-update-mirrorlist")
    };
    let memory = {
        let mut command = update();
        command.stdout(std::process::Stdio::null());
        peak_mb(&mut command)
    };
    let run = || {
        let mut command = update();
        seconds(|| assert!(command.output().unwrap().status.success()))
    };
    (in_turn(rounds, run, || TIME).0, memory)
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
