//! From the start to the first right answer, and how much memory that takes.

use super::{Fedora, resident};
use crate::table::{Bar, Row};
use crate::{REST, in_turn};

/// Seconds and MB that there may be.
const START: f64 = 0.4;
const RESIDENT: f64 = 120.0;

pub(crate) fn rows() -> Vec<Row> {
    let fedora = Fedora::published();
    let (start, _) = in_turn(5, || fedora.serve(&[]).1, || START);
    let (server, _) = fedora.serve(&[]);
    std::thread::sleep(REST);
    let row = |name, measured, reference, unit| Row {
        area: "mirrorlist",
        name,
        measured,
        reference,
        unit,
        bar: Bar::AtMost(1.0),
    };
    vec![
        row("start", start, START, "s"),
        row("rss", resident(&server), RESIDENT, "MB"),
    ]
}
