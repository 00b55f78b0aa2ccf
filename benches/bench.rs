//! `make bench [ONLY=area]` or `[ONLY=area/part]`: measures the programs against a reference on the same machine.
//!
//! Each row is a ratio of two measurements that alternate, so that it does not depend on the speed of the machine.
//! `docs/BENCHMARKS.md` explains the rows.
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

/// The name of a benchmark (`area/part`, or `area` if the area has one part), and the function that measures its rows.
type Benchmark = (&'static str, fn() -> Vec<Row>);

const BENCHMARKS: [Benchmark; 16] = [
    ("scan/tree", scan::rows),
    ("scan/detect", detect::rows),
    ("crawl/http", crawl::http::rows),
    ("crawl/listing", crawl::listing::rows),
    ("crawl/incremental", crawl::incremental::rows),
    ("crawl/latency", crawl::latency::rows),
    ("crawl/memory", crawl::memory::rows),
    ("crawl/release", crawl::release::rows),
    ("mirrorlist/answers", mirrorlist::answers::rows),
    ("mirrorlist/start", mirrorlist::start::rows),
    ("mirrorlist/reload", mirrorlist::reload::rows),
    ("mirrorlist/update", mirrorlist::update::rows),
    ("mirrorlist/update-10x", mirrorlist::update::rows_10x),
    ("mirrorlist/mm2", mirrorlist::mm2::rows),
    ("sync", sync::rows),
    ("publiclist", publiclist::rows),
];

/// Returns true if `selector` is the name of this benchmark or of its area.
fn is_selected(selector: &str, benchmark: &str) -> bool {
    benchmark
        .strip_prefix(selector)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn main() -> ExitCode {
    // Cargo adds --bench.
    let selectors: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if selectors.first().is_some_and(|s| s == crawl::listing::AREA) {
        crawl::listing::list_in_parallel(&selectors);
        return ExitCode::SUCCESS;
    }
    if selectors.first().is_some_and(|s| s == mirrorlist::minimal_server::AREA) {
        mirrorlist::minimal_server::serve(&selectors);
        return ExitCode::SUCCESS;
    }
    let known = BENCHMARKS.map(|(name, _)| name);
    if let Some(unknown) = selectors
        .iter()
        .find(|s| !known.iter().any(|name| is_selected(s, name)))
    {
        eprintln!("bench: unknown area {unknown:?}; known: {}", known.join(", "));
        return ExitCode::from(2);
    }
    let mut rows = Vec::new();
    for (name, measure) in BENCHMARKS {
        if selectors.is_empty() || selectors.iter().any(|s| is_selected(s, name)) {
            eprintln!("measuring {name} …");
            rows.extend(measure());
        }
    }
    table::write(&rows);
    ExitCode::SUCCESS
}

/// Returns the seconds that `work` takes.
fn seconds(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

/// Measures the program and its reference alternately, `rounds` times after a warm-up round. Returns the median of each.
fn measure_alternately(rounds: usize, mut ours: impl FnMut() -> f64, mut reference: impl FnMut() -> f64) -> (f64, f64) {
    let mut results: Vec<(f64, f64)> = (0..=rounds).map(|_| (ours(), reference())).collect();
    results.remove(0);
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    (
        median(results.iter().map(|r| r.0).collect()),
        median(results.iter().map(|r| r.1).collect()),
    )
}

/// Returns the peak resident memory of a command in MB. The command must succeed.
fn peak_memory(command: &mut Command) -> f64 {
    let (peak, status) = peak_memory_and_status(command);
    assert_eq!(status, Some(0));
    peak
}

/// Returns the peak resident memory of a command in MB, polled every two milliseconds, and the exit status.
fn peak_memory_and_status(command: &mut Command) -> (f64, Option<i32>) {
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

/// Time for a program that was just started, or for writes to disk, to finish.
const SETTLE_TIME: Duration = Duration::from_millis(300);
