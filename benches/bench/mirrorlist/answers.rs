//! The response rate and latency, compared with a minimal server on the same core that sends a constant body of the same size.

use super::load::{Load, LoadResult};
use super::{Fedora, minimal_server};
use crate::SETTLE_TIME;
use crate::table::{Bar, Row};

const ROUNDS: usize = 3;
const SECONDS: u32 = 4;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::published();
    let (_server, _) = fedora.serve(&[]);
    std::thread::sleep(SETTLE_TIME);
    let repositories = &fedora.files.repositories;
    let mut rows = Vec::new();
    for (name, p99, kind, queries) in [
        ("metalink-46k", "metalink-46k-p99", "metalink", repositories),
        ("mirrorlist-7k", "mirrorlist-7k-p99", "mirrorlist", repositories),
        ("path-6k", "path-6k-p99", "mirrorlist", &fedora.files.paths),
    ] {
        let load = Load::new(&fedora, kind, queries);
        eprintln!("{name}: {} bytes per response", load.bytes);
        rows.extend(compare_with_minimal_server(&load, fedora.port, name, p99));
    }
    rows
}

/// Measures the server at `port` and a minimal server alternately.
pub(super) fn compare_with_minimal_server(load: &Load, port: u16, name: &'static str, p99: &'static str) -> [Row; 2] {
    let (_minimal, minimal_port) = minimal_server::start(load.bytes);
    let mut results: Vec<(LoadResult, LoadResult)> = (0..=ROUNDS)
        .map(|_| (load.send(port, SECONDS), load.send(minimal_port, SECONDS)))
        .collect();
    results.remove(0);
    let median = |value: fn(&(LoadResult, LoadResult)) -> f64| {
        let mut values: Vec<f64> = results.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let row = |name, measured, reference, unit, bar| Row {
        area: "mirrorlist",
        name,
        measured,
        reference,
        unit,
        bar,
    };
    [
        row(
            name,
            median(|r| r.0.rate),
            median(|r| r.1.rate),
            "/s",
            Bar::AtLeast(0.6),
        ),
        row(p99, median(|r| r.0.p99), median(|r| r.1.p99), "ms", Bar::AtMost(3.0)),
    ]
}
