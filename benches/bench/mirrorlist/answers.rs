//! Answering, against a bare server on the same core that answers a constant body of the same size.

use super::load::{Load, Said};
use super::{Fedora, bare};
use crate::REST;
use crate::table::{Bar, Row};

const ROUNDS: usize = 3;
const SECONDS: u32 = 4;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::published();
    let (_server, _) = fedora.serve(&[]);
    std::thread::sleep(REST);
    let repositories = &fedora.files.repositories;
    let mut rows = Vec::new();
    for (name, p99, kind, queries) in [
        ("metalink-46k", "metalink-46k-p99", "metalink", repositories),
        ("mirrorlist-7k", "mirrorlist-7k-p99", "mirrorlist", repositories),
        ("path-6k", "path-6k-p99", "mirrorlist", &fedora.files.paths),
    ] {
        let load = Load::new(&fedora, kind, queries);
        eprintln!("{name}: {} bytes an answer", load.bytes);
        rows.extend(compared(&load, fedora.port, name, p99));
    }
    rows
}

/// Measures the server at `port` and a bare one in turn.
pub(super) fn compared(load: &Load, port: u16, name: &'static str, p99: &'static str) -> [Row; 2] {
    let (_bare, bare_port) = bare::start(load.bytes);
    let mut found: Vec<(Said, Said)> = (0..=ROUNDS)
        .map(|_| (load.full(port, SECONDS), load.full(bare_port, SECONDS)))
        .collect();
    found.remove(0);
    let median = |value: fn(&(Said, Said)) -> f64| {
        let mut values: Vec<f64> = found.iter().map(value).collect();
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
            median(|f| f.0.rate),
            median(|f| f.1.rate),
            "/s",
            Bar::AtLeast(0.6),
        ),
        row(p99, median(|f| f.0.p99), median(|f| f.1.p99), "ms", Bar::AtMost(3.0)),
    ]
}
