//! The results of checks as metrics.

use std::collections::BTreeMap;

use crate::inspect::checks::{CheckReport, Unit};
use crate::job::metrics::MetricsText;

pub(super) fn render(report: &CheckReport) -> MetricsText {
    let mut out = MetricsText::default();
    // Several results with one name, such as two pauses, are one series: the worst of them.
    let mut severities = BTreeMap::new();
    for check in &report.checks {
        let worst = severities.entry(check.name.as_str()).or_insert(check.severity);
        *worst = check.severity.max(*worst);
    }
    let severities = severities
        .into_iter()
        .map(|(name, s)| (vec![("check", name)], s.code()));
    out.add_gauge(
        "mm_check_severity",
        "Result of a check: 0 ok, 1 warning, 2 critical, 3 unknown.",
        severities,
    );
    for (unit, name, help) in [
        (Unit::Seconds, "mm_check_age_seconds", "Age that a check measured."),
        (Unit::Percent, "mm_check_percent", "Percentage that a check measured."),
        (Unit::Count, "mm_check_count", "Number that a check counted."),
    ] {
        let measured = report
            .checks
            .iter()
            .filter_map(|c| Some((c.name.as_str(), c.measurement?)));
        let values: BTreeMap<&str, u64> = measured
            .filter(|(_, m)| m.unit == unit)
            .map(|(n, m)| (n, m.value))
            .collect();
        out.add_gauge(
            name,
            help,
            values.into_iter().map(|(n, value)| (vec![("check", n)], value)),
        );
    }
    let now = [(Vec::new(), report.now.0)];
    out.add_gauge("mm_checks_timestamp_seconds", "When the checks were performed.", now);
    out
}
