//! The results as a table and as a file.

use std::fmt::Write as _;
use std::path::Path;

/// The limit of a ratio.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bar {
    /// No limit.
    None,
    /// For times and sizes.
    AtMost(f64),
    /// For rates.
    AtLeast(f64),
}

/// A measurement and its reference, in the same unit.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) area: &'static str,
    pub(crate) name: &'static str,
    pub(crate) measured: f64,
    pub(crate) reference: f64,
    /// `s`, `ms`, `/s`, `MB` or `requests`.
    pub(crate) unit: &'static str,
    pub(crate) bar: Bar,
}

impl Row {
    fn cells(&self) -> [String; 7] {
        let ratio = self.measured / self.reference;
        let digits = match self.unit {
            "s" => 3,
            "ms" => 2,
            "MB" if self.reference < 10.0 => 1,
            _ => 0,
        };
        let (bar, met) = match self.bar {
            Bar::None => ("-".to_owned(), "-"),
            Bar::AtMost(limit) => (
                format!("<= {}", format_ratio(limit)),
                if ratio <= limit { "yes" } else { "no" },
            ),
            Bar::AtLeast(limit) => (format!(">= {limit:.2}"), if ratio >= limit { "yes" } else { "no" }),
        };
        [
            self.area.to_owned(),
            self.name.to_owned(),
            format!("{:.digits$} {}", self.measured, self.unit),
            format!("{:.digits$} {}", self.reference, self.unit),
            format_ratio(ratio),
            bar,
            met.to_owned(),
        ]
    }
}

/// Formats a ratio with two decimal places, or three if it is below 0.1.
fn format_ratio(ratio: f64) -> String {
    let digits = if ratio < 0.1 { 3 } else { 2 };
    format!("{ratio:.digits$}")
}

const HEADER: [&str; 7] = ["area", "name", "measured", "reference", "ratio", "bar", "met"];

/// Prints the table and writes `target/bench/report.tsv`.
pub(crate) fn write(rows: &[Row]) {
    let cells: Vec<[String; 7]> = rows.iter().map(Row::cells).collect();
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(HEADER);
    for row in &cells {
        table.add_row(row);
    }
    println!("{table}");
    let mut tsv = HEADER.join("\t") + "\n";
    for row in &cells {
        writeln!(tsv, "{}", row.join("\t")).unwrap();
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("report.tsv"), tsv).unwrap();
}
