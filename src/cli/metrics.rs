//! `--metrics-file`: how a run went, for `node_exporter`'s textfile collector (its README, and the text format of Prometheus:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::exit::ExitStatus;
use crate::model::Timestamp;
use crate::sys::atomic;

/// How many of a run's numbers are told.
const MAX_SERIES: usize = 200;
/// Kept from run to run: the others tell of the last one only.
const LAST_SUCCESS: &str = "mm_job_last_success_timestamp_seconds";

/// A run that ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunMetrics<'a> {
    /// The job.
    pub(super) job: &'a str,
    /// Its status.
    pub(super) exit: ExitStatus,
    /// Whether it did nothing because a person holds it.
    pub(super) held: bool,
    /// When it began.
    pub(super) started: Timestamp,
    /// When it ended.
    pub(super) at: Timestamp,
    /// Its own numbers.
    pub(super) counts: &'a Value,
}

/// Writes the file, whole or not at all.
pub(super) fn write(path: &Path, run: &RunMetrics<'_>) -> io::Result<()> {
    // What cannot be read says nothing of earlier runs.
    let old = std::fs::read_to_string(path).unwrap_or_default();
    atomic::write(path, render(run, &old).as_bytes(), 0o644)
}

/// The text; `old` = what the file holds now.
fn render(run: &RunMetrics<'_>, old: &str) -> String {
    let job = label(run.job);
    let mut out = String::new();
    let mut tell = |name: &str, help: &str, value: String| {
        // Writing to a string does not fail.
        writeln!(
            out,
            "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{job=\"{job}\"}} {value}"
        )
        .unwrap_or_default();
    };
    tell(
        "mm_job_exit_status",
        "Exit status of the last run.",
        run.exit.code().to_string(),
    );
    tell(
        "mm_job_held",
        "Whether the last run did nothing because a person holds the job.",
        u8::from(run.held).to_string(),
    );
    tell(
        "mm_job_start_timestamp_seconds",
        "When the last run began.",
        run.started.0.to_string(),
    );
    tell(
        "mm_job_end_timestamp_seconds",
        "When the last run ended.",
        run.at.0.to_string(),
    );
    tell(
        "mm_job_duration_seconds",
        "How long the last run took.",
        run.at.since(run.started).as_secs().to_string(),
    );
    let success = if run.exit == ExitStatus::Done && !run.held {
        Some(run.at.0)
    } else {
        last_success(old)
    };
    if let Some(at) = success {
        tell(LAST_SUCCESS, "When a run ended with status 0 last.", at.to_string());
    }
    let mut counts = Vec::new();
    flatten(run.counts, "", &mut counts);
    if !counts.is_empty() {
        out.push_str(
            "# HELP mm_job_count The numbers of the last run; lists by their length.\n# TYPE mm_job_count gauge\n",
        );
    }
    for (name, value) in counts.into_iter().take(MAX_SERIES) {
        writeln!(out, "mm_job_count{{job=\"{job}\",count=\"{}\"}} {value}", label(&name)).unwrap_or_default();
    }
    out
}

fn last_success(old: &str) -> Option<i64> {
    let line = old.lines().find(|l| l.starts_with(LAST_SUCCESS))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// The value of a label, escaped.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn flatten(value: &Value, name: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                flatten(value, &name, out);
            }
        }
        Value::Number(n) => out.push((name.to_owned(), n.to_string())),
        Value::Bool(yes) => out.push((name.to_owned(), u8::from(*yes).to_string())),
        Value::Array(items) if !name.is_empty() => out.push((name.to_owned(), items.len().to_string())),
        Value::Array(_) | Value::String(_) | Value::Null => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_success_is_kept_while_runs_fail() {
        let counts =
            json!({ "hosts": 3, "published": true, "b": { "x": 1.5 }, "list": [1, 2], "text": "t", "none": null });
        let run = |exit, held, ended| RunMetrics {
            job: "upd\"ate",
            exit,
            held,
            started: Timestamp(10),
            at: Timestamp(ended),
            counts: &counts,
        };
        let good = render(&run(ExitStatus::Done, false, 70), "");
        for line in [
            "mm_job_exit_status{job=\"upd\\\"ate\"} 0",
            "mm_job_duration_seconds{job=\"upd\\\"ate\"} 60",
            "mm_job_last_success_timestamp_seconds{job=\"upd\\\"ate\"} 70",
            "mm_job_count{job=\"upd\\\"ate\",count=\"b.x\"} 1.5",
            "mm_job_count{job=\"upd\\\"ate\",count=\"list\"} 2",
            "mm_job_count{job=\"upd\\\"ate\",count=\"published\"} 1",
        ] {
            assert!(good.lines().any(|l| l == line), "no {line} in\n{good}");
        }
        assert!(!good.contains("text") && !good.contains("none"), "{good}");
        let failed = render(&run(ExitStatus::Failed, false, 90), &good);
        assert!(
            failed.contains("mm_job_exit_status{job=\"upd\\\"ate\"} 1\n"),
            "{failed}"
        );
        assert_eq!(last_success(&failed), Some(70));
        assert_eq!(
            last_success(&render(&run(ExitStatus::Done, true, 95), &failed)),
            Some(70)
        );
        assert_eq!(last_success(&render(&run(ExitStatus::Failed, false, 90), "junk")), None);
    }
}
