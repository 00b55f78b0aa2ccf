//! `/metrics`: counters in OpenMetrics text. Plain atomics, so that counting never waits.

use std::sync::atomic::{AtomicU64, Ordering};

use hyper::StatusCode;

use super::state::State;

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A mirrorlist.
    Mirrorlist,
    /// A metalink.
    Metalink,
    /// A page of the public list.
    Page,
    /// One of the endpoints for monitoring.
    Health,
    /// None of these.
    Other,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Mirrorlist, "mirrorlist"),
    (Kind::Metalink, "metalink"),
    (Kind::Page, "page"),
    (Kind::Health, "health"),
    (Kind::Other, "other"),
];

const CLASSES: [&str; 5] = ["2xx", "3xx", "4xx", "5xx", "other"];

/// All counters.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    requests: [[AtomicU64; CLASSES.len()]; KINDS.len()],
    /// Loads of data or a table that succeeded.
    pub(super) loads: AtomicU64,
    /// Those that were refused.
    pub(super) failed_loads: AtomicU64,
    /// Whether the last load of the data itself was refused.
    pub(super) stale: AtomicU64,
    /// Connections accepted.
    pub(super) connections: AtomicU64,
    /// Connections open now.
    pub(super) open: AtomicU64,
    /// Failures to accept one.
    pub(super) accept_errors: AtomicU64,
    /// Access log lines that were dropped.
    pub(super) dropped_lines: AtomicU64,
}

/// One more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Metrics {
    /// Counts an answer.
    pub(super) fn answered(&self, kind: Kind, status: StatusCode) {
        let class = match status.as_u16() {
            200..300 => 0,
            300..400 => 1,
            400..500 => 2,
            500..600 => 3,
            _ => 4,
        };
        let row = KINDS
            .iter()
            .position(|(k, _)| *k == kind)
            .and_then(|k| self.requests.get(k));
        if let Some(counter) = row.and_then(|r| r.get(class)) {
            count(counter);
        }
    }
}

/// The text of `/metrics`.
pub(super) fn render(state: &State) -> String {
    let m = &state.metrics;
    let mut out = String::from("# HELP mm_requests Answers by kind and class of status.\n# TYPE mm_requests counter\n");
    for ((_, kind), row) in KINDS.iter().zip(&m.requests) {
        for (class, counter) in CLASSES.iter().zip(row) {
            let n = read(counter).to_string();
            out.extend([
                "mm_requests_total{kind=\"",
                kind,
                "\",class=\"",
                class,
                "\"} ",
                &n,
                "\n",
            ]);
        }
    }
    for (name, help, value) in counters(m) {
        let n = value.to_string();
        out.extend(["# HELP ", name, " ", help, "\n# TYPE ", name, " counter\n"]);
        out.extend([name, "_total ", &n, "\n"]);
    }
    for (name, help, value) in gauges(state) {
        let n = value.to_string();
        out.extend(["# HELP ", name, " ", help, "\n# TYPE ", name, " gauge\n"]);
        out.extend([name, " ", &n, "\n"]);
    }
    out.push_str("# EOF\n");
    out
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

type Row = (&'static str, &'static str, u64);

fn counters(m: &Metrics) -> [Row; 5] {
    [
        ("mm_loads", "Data and tables loaded.", read(&m.loads)),
        ("mm_failed_loads", "Data and tables refused.", read(&m.failed_loads)),
        ("mm_connections", "Connections accepted.", read(&m.connections)),
        (
            "mm_accept_errors",
            "Failures to accept a connection.",
            read(&m.accept_errors),
        ),
        (
            "mm_access_log_dropped",
            "Access log lines dropped.",
            read(&m.dropped_lines),
        ),
    ]
}

fn gauges(state: &State) -> [Row; 6] {
    let m = &state.metrics;
    let serving = state.serving.load();
    let content = serving.content.as_ref();
    let stamp = |at: Option<i64>| u64::try_from(at.unwrap_or(0)).unwrap_or(0);
    [
        ("mm_open_connections", "Connections open now.", read(&m.open)),
        (
            "mm_data_refused",
            "1 while newer data was refused and older is served.",
            read(&m.stale),
        ),
        (
            "mm_data_as_of_seconds",
            "When the data was true.",
            stamp(content.map(|c| c.as_of.0)),
        ),
        (
            "mm_data_loaded_seconds",
            "When it was loaded.",
            stamp(content.map(|c| c.loaded_at.0)),
        ),
        (
            "mm_geoip_loaded",
            "1 with GeoIP data.",
            u64::from(serving.inputs.geoip.is_some()),
        ),
        (
            "mm_asn_loaded",
            "1 with AS numbers.",
            u64::from(serving.inputs.asns.is_some()),
        ),
    ]
}
