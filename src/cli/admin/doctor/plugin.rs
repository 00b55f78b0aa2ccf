//! The output of a monitoring plugin: one line, performance data after `|`, exit status 0 to 3.
//! <https://www.monitoring-plugins.org/doc/guidelines.html>

use std::fmt::Write as _;

use crate::inspect::checks::{Check, CheckReport, Measurement, Severity, Unit};
use crate::job::exit::ExitStatus;

/// Problems that are described; agents such as NRPE truncate long lines.
const MAX_PROBLEMS: usize = 5;
/// Characters of one message.
const MAX_MESSAGE: usize = 160;

/// The exit status whose number is that of a plugin; the other meaning of the number does not apply.
pub(super) fn exit_status(severity: Severity) -> ExitStatus {
    let all = [
        ExitStatus::Done,
        ExitStatus::Failed,
        ExitStatus::Usage,
        ExitStatus::Partial,
    ];
    let found = all.into_iter().find(|e| e.code() == severity.code());
    found.unwrap_or(ExitStatus::Partial)
}

pub(super) fn format_line(report: &CheckReport) -> String {
    let severity: &str = report.severity.into();
    let problems = report.problems();
    let mut text = problems
        .iter()
        .take(MAX_PROBLEMS)
        .map(describe)
        .collect::<Vec<_>>()
        .join("; ");
    match problems.len() {
        0 => text = format!("{} checks", report.checks.len()),
        n if n > MAX_PROBLEMS => write!(text, "; {} more problems", n - MAX_PROBLEMS).unwrap_or_default(),
        _ => {}
    }
    format!(
        "MIRRORMANAGER {}: {text} | {}",
        severity.to_uppercase(),
        performance_data(report)
    )
}

/// A pipe would begin the performance data, and a line feed the long text.
fn describe(check: &Check) -> String {
    let one_line = check
        .message
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace('|', "/");
    let mut text: String = one_line.chars().take(MAX_MESSAGE).collect();
    if text.len() < one_line.len() {
        text.push('…');
    }
    format!("{} {}: {text}", check.severity, check.name.replace('|', "/"))
}

/// The numbers of checks by severity, and the measured values with their limits: `'label'=value[unit];warning;critical;minimum`.
fn performance_data(report: &CheckReport) -> String {
    let count = |severity: Severity, limits: &str| format!("{severity}={}{limits}", report.count(severity));
    let counts = [
        count(Severity::Ok, ";;;0"),
        count(Severity::Warning, ";0;;0"),
        count(Severity::Critical, ";;0;0"),
        count(Severity::Unknown, ";;;0"),
    ];
    let measured = report
        .checks
        .iter()
        .filter_map(|c| Some(format_measurement(&c.name, c.measurement?)));
    counts.into_iter().chain(measured).collect::<Vec<_>>().join(" ")
}

fn format_measurement(name: &str, m: Measurement) -> String {
    let unit = match m.unit {
        Unit::Seconds => "s",
        Unit::Percent => "%",
        Unit::Count => "",
    };
    // A range `10:` alerts below 10, a range `10` above it.
    let below = if m.critical < m.warning { ":" } else { "" };
    let label = name.replace(['\'', '=', '|'], "_");
    let (value, warning, critical) = (m.value, m.warning, m.critical);
    format!("'{label}'={value}{unit};{warning}{below};{critical}{below};0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    fn report(checks: Vec<Check>) -> CheckReport {
        let severity = checks.iter().map(|c| c.severity).max().unwrap();
        CheckReport {
            now: Timestamp(0),
            severity,
            checks,
            locks: Vec::new(),
        }
    }

    #[test]
    fn the_line_has_status_problems_and_performance_data() {
        let disk = Measurement {
            value: 2,
            unit: Unit::Percent,
            warning: 10,
            critical: 3,
        };
        let age = Measurement {
            value: 4_000,
            unit: Unit::Seconds,
            warning: 3_600,
            critical: 21_600,
        };
        let line = format_line(&report(vec![
            Check::ok("config", "fine"),
            Check::measured("scan", age, "a | b\nc"),
            Check::measured("disk of the database", disk, "2 % free"),
            Check::unknown("target app", "x"),
        ]));
        assert_eq!(
            line,
            "MIRRORMANAGER CRITICAL: critical disk of the database: 2 % free; warning scan: a / b c; unknown target app: x | \
             ok=1;;;0 warning=1;0;;0 critical=1;;0;0 unknown=1;;;0 'scan'=4000s;3600;21600;0 'disk of the \
             database'=2%;10:;3:;0"
        );
    }

    #[test]
    fn many_and_long_problems_are_shortened() {
        let many = (0..9)
            .map(|n| Check::warning(format!("c{n}"), "ü".repeat(1_000)))
            .collect();
        let line = format_line(&report(many));
        assert!(line.contains("…; 4 more problems | "), "{line}");
        assert!(line.chars().count() < 1_024, "{}", line.len());
        assert!(format_line(&report(vec![Check::ok("a", "b")])).starts_with("MIRRORMANAGER OK: 1 checks | ok=1"));
    }

    #[test]
    fn exit_statuses_are_those_of_plugins() {
        let code = |severity| exit_status(severity).code();
        assert_eq!(code(Severity::Ok), 0);
        assert_eq!(code(Severity::Warning), 1);
        assert_eq!(code(Severity::Critical), 2);
        assert_eq!(code(Severity::Unknown), 3);
    }
}
