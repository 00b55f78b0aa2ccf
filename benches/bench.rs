//! `make bench [ONLY=area]` or `[ONLY=area/part]`: what we do, timed in turn with what the machine can do.
//!
//! Every row is a ratio of two things measured alternately in this run, so that it says the same on a slow machine and a busy one.
//! What the rows mean is in `docs/BENCHMARKS.md`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::panic,
    reason = "a program for developers: it prints, and a measurement that fails ends it"
)]

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

#[path = "bench/crawl.rs"]
mod crawl;
#[path = "bench/database.rs"]
mod database;
#[path = "bench/detect.rs"]
mod detect;
#[path = "bench/mirrorlist.rs"]
mod mirrorlist;
#[path = "bench/publiclist.rs"]
mod publiclist;
#[path = "bench/scale.rs"]
mod scale;
#[path = "bench/scan.rs"]
mod scan;
#[path = "../tests/it/sync/sshd.rs"]
mod sshd;
#[expect(dead_code, reason = "tests use the rest")]
#[path = "../tests/it/support.rs"]
mod support;
#[path = "bench/sync.rs"]
mod sync;
#[path = "bench/table.rs"]
mod table;

use table::Row;

/// A part of an area (`area/part`, or the area itself where it has one only), and what measures it.
type Part = (&'static str, fn() -> Vec<Row>);

const PARTS: [Part; 15] = [
    ("scan/tree", scan::rows),
    ("scan/detect", detect::rows),
    ("crawl/http", crawl::http::rows),
    ("crawl/listing", crawl::listing::rows),
    ("crawl/incremental", crawl::incremental::rows),
    ("crawl/latency", crawl::latency::rows),
    ("crawl/memory", crawl::memory::rows),
    ("mirrorlist/answers", mirrorlist::answers::rows),
    ("mirrorlist/start", mirrorlist::start::rows),
    ("mirrorlist/reload", mirrorlist::reload::rows),
    ("mirrorlist/update", mirrorlist::update::rows),
    ("mirrorlist/update-10x", mirrorlist::update::rows_10x),
    ("mirrorlist/mm2", mirrorlist::mm2::rows),
    ("sync", sync::rows),
    ("publiclist", publiclist::rows),
];

/// Whether `wanted` is this part, or the area that it belongs to.
fn is_of(wanted: &str, part: &str) -> bool {
    part.strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn main() -> ExitCode {
    // Cargo adds --bench.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if wanted.first().is_some_and(|w| w == crawl::listing::AREA) {
        crawl::listing::only_list(&wanted);
        return ExitCode::SUCCESS;
    }
    if wanted.first().is_some_and(|w| w == mirrorlist::bare::AREA) {
        mirrorlist::bare::serve(&wanted);
        return ExitCode::SUCCESS;
    }
    let known = PARTS.map(|(name, _)| name);
    if let Some(unknown) = wanted.iter().find(|w| !known.iter().any(|part| is_of(w, part))) {
        eprintln!("bench: unknown area {unknown:?}; known: {}", known.join(", "));
        return ExitCode::from(2);
    }
    let mut rows = Vec::new();
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|w| is_of(w, name)) {
            eprintln!("measuring {name} …");
            rows.extend(measure());
        }
    }
    table::write(&rows);
    ExitCode::SUCCESS
}

/// Seconds that `work` takes.
fn seconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

/// Measures two things in turn, `rounds` times after one round that does not count; the median of each.
fn in_turn(rounds: usize, mut ours: impl FnMut() -> f64, mut reference: impl FnMut() -> f64) -> (f64, f64) {
    let mut found: Vec<(f64, f64)> = (0..=rounds).map(|_| (ours(), reference())).collect();
    found.remove(0);
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (
        median(found.iter().map(|f| f.0).collect()),
        median(found.iter().map(|f| f.1).collect()),
    )
}

/// The most memory (resident, in MB) that a program had that runs to its good end.
fn peak_mb(command: &mut Command) -> f64 {
    let (peak, status) = peak_and_status(command);
    assert_eq!(status, Some(0));
    peak
}

/// The most memory (resident, in MB) that a program had, looked at every other millisecond; and its exit status.
fn peak_and_status(command: &mut Command) -> (f64, Option<i32>) {
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        if let Some(kb) = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok()) {
            peak = peak.max(kb / 1000.0);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    (peak, child.wait().unwrap().code())
}

/// A pause in which what was just started or written comes to rest.
const REST: Duration = Duration::from_millis(300);
