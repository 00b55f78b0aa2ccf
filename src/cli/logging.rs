//! Destinations of log lines: the log file of the job, and stderr with `-v`.

use std::fs::OpenOptions;
use std::path::Path;
use std::sync::Arc;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::output::Output;

/// Starts logging. With `job`, lines of level info and above go to `log_dir/JOB.log`; if that file cannot be opened, the job
/// runs without it, and a message is returned. Warnings of a daemon always go to stderr.
pub(super) fn start(output: &Output, log_dir: &Path, job: Option<&str>, daemon: bool) -> Option<String> {
    let mut failure = None;
    let file = job.filter(|_| !log_dir.as_os_str().is_empty()).and_then(|job| {
        let path = log_dir.join(format!("{job}.log"));
        match OpenOptions::new().create(true).append(true).open(&path) {
            Ok(file) => Some(file),
            Err(e) => {
                failure = Some(format!(
                    "cannot write the log {}: {e}; create log_dir, writable for this user",
                    path.display()
                ));
                None
            }
        }
    });
    let level = match output.verbose {
        0 if (output.stderr_terminal || daemon) && !output.quiet => LevelFilter::WARN,
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let to_stderr = fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(output.stderr_terminal && output.color);
    let to_file = file.map(|f| {
        fmt::layer()
            .with_writer(Arc::new(f))
            .with_target(false)
            .with_ansi(false)
            .with_filter(LevelFilter::INFO)
    });
    // A second start (tests that run several programs in one process) keeps the first subscriber.
    drop(
        tracing_subscriber::registry()
            .with(to_stderr.with_filter(level))
            .with(to_file)
            .try_init(),
    );
    failure
}
