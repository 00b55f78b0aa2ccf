//! The time from the start to the first correct response, and the memory.

use super::{Fedora, resident_memory};
use crate::table::{Bar, Row};
use crate::{SETTLE_TIME, measure_alternately};

/// Limits in seconds and MB.
const MAX_START: f64 = 0.4;
const MAX_RESIDENT: f64 = 120.0;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::published();
    let (start, _) = measure_alternately(5, || fedora.serve(&[]).1, || MAX_START);
    let (server, _) = fedora.serve(&[]);
    std::thread::sleep(SETTLE_TIME);
    let row = |name, measured, reference, unit| Row {
        area: "mirrorlist",
        name,
        measured,
        reference,
        unit,
        bar: Bar::AtMost(1.0),
    };
    vec![
        row("start", start, MAX_START, "s"),
        row("rss", resident_memory(&server), MAX_RESIDENT, "MB"),
    ]
}
