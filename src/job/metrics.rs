//! The file of `--metrics-file`, for the textfile collector of `node_exporter`, in the text format of Prometheus:
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use std::fmt::{Display, Write as _};
use std::path::Path;

use serde_json::Value;

use super::exit::ExitStatus;
use crate::model::Timestamp;
use crate::sys::file_error::FileError;
use crate::sys::{atomic, regular_file};

/// Limit of `mm_job_stat` series.
const MAX_SERIES: usize = 200;
/// The only metric that a failed run takes over from the old file.
const LAST_SUCCESS: &str = "mm_job_last_success_timestamp_seconds";

#[derive(Debug, Clone, Copy)]
pub(super) struct RunMetrics<'a> {
    pub(super) job: &'a str,
    pub(super) exit: ExitStatus,
    /// True if the run did nothing because the job is paused.
    pub(super) paused: bool,
    pub(super) started: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) stats: &'a Value,
}

/// Metrics in the text format.
#[derive(Debug, Default)]
pub(crate) struct MetricsText(String);

impl MetricsText {
    /// Adds a gauge with one value for each set of labels. A gauge without values is left out.
    pub(crate) fn add_gauge<'l>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Vec<(&'l str, &'l str)>, impl Display)>,
    ) {
        for (n, (labels, value)) in series.into_iter().enumerate() {
            if n == 0 {
                // Writing to a string does not fail.
                writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge").unwrap_or_default();
            }
            let labels: Vec<String> = labels.iter().map(|(k, v)| format!("{k}=\"{}\"", label(v))).collect();
            let labels = if labels.is_empty() {
                String::new()
            } else {
                format!("{{{}}}", labels.join(","))
            };
            writeln!(self.0, "{name}{labels} {value}").unwrap_or_default();
        }
    }

    /// Writes the file atomically.
    pub(crate) fn write(&self, path: &Path) -> Result<(), FileError> {
        atomic::write(path, self.0.as_bytes(), 0o644).map_err(FileError::at("write the metrics file", path))
    }
}

/// Writes the file of a run.
pub(super) fn write(path: &Path, run: &RunMetrics<'_>) -> Result<(), FileError> {
    let old = regular_file::read_to_string(path, regular_file::MAX_TEXT).unwrap_or_default();
    render(run, &old).write(path)
}

/// Renders the file. `old` is its present content.
fn render(run: &RunMetrics<'_>, old: &str) -> MetricsText {
    let mut out = MetricsText::default();
    let mut gauge = |name: &str, help: &str, value: i64| out.add_gauge(name, help, [(vec![("job", run.job)], value)]);
    gauge(
        "mm_job_exit_status",
        "Exit status of the last run.",
        run.exit.code().into(),
    );
    gauge(
        "mm_job_paused",
        "1 if the last run did nothing because the job is paused.",
        run.paused.into(),
    );
    let (started, ended) = (run.started.0, run.ended.0);
    let seconds = run.ended.since(run.started).as_secs();
    gauge("mm_job_start_timestamp_seconds", "Start of the last run.", started);
    gauge("mm_job_end_timestamp_seconds", "End of the last run.", ended);
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    gauge("mm_job_duration_seconds", "Duration of the last run.", seconds);
    let is_success = run.exit == ExitStatus::Done && !run.paused;
    if let Some(at) = if is_success { Some(ended) } else { last_success(old) } {
        gauge(LAST_SUCCESS, "End of the last run that exited with status 0.", at);
    }
    let mut stats = Vec::new();
    flatten(run.stats, "", &mut stats);
    let stats = stats.iter().take(MAX_SERIES);
    let stats = stats.map(|(name, value)| (vec![("job", run.job), ("name", name)], value));
    out.add_gauge(
        "mm_job_stat",
        "Statistics of the last run; for a list, its length.",
        stats,
    );
    out
}

/// Formats statistics for a log line, such as `hosts=3 requests=120`.
pub(super) fn format_stats(stats: &Value) -> String {
    let mut all = Vec::new();
    flatten(stats, "", &mut all);
    let fields = all.into_iter().map(|(name, value)| format!("{name}={value}"));
    fields.collect::<Vec<_>>().join(" ")
}

fn last_success(old: &str) -> Option<i64> {
    let line = old.lines().find(|l| l.starts_with(LAST_SUCCESS))?;
    line.rsplit(' ').next()?.parse().ok()
}

/// Escapes the value of a label.
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
    fn failed_run_keeps_the_last_success() {
        let stats =
            json!({ "hosts": 3, "published": true, "b": { "x": 1.5 }, "list": [1, 2], "text": "t", "none": null });
        let run = |exit, paused, ended| RunMetrics {
            job: "upd\"ate",
            exit,
            paused,
            started: Timestamp(10),
            ended: Timestamp(ended),
            stats: &stats,
        };
        let render = |run: &RunMetrics<'_>, old: &str| render(run, old).0;
        let good = render(&run(ExitStatus::Done, false, 70), "");
        for line in [
            "mm_job_exit_status{job=\"upd\\\"ate\"} 0",
            "mm_job_duration_seconds{job=\"upd\\\"ate\"} 60",
            "mm_job_last_success_timestamp_seconds{job=\"upd\\\"ate\"} 70",
            "mm_job_stat{job=\"upd\\\"ate\",name=\"b.x\"} 1.5",
            "mm_job_stat{job=\"upd\\\"ate\",name=\"list\"} 2",
            "mm_job_stat{job=\"upd\\\"ate\",name=\"published\"} 1",
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
