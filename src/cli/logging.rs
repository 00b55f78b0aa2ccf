//! Destinations of log lines: the log file of the job, and stderr with `-v`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use super::output::Output;
use crate::job::LogFailure;
use crate::model::printable::printable_with_colors;
use crate::sys::atomic;
use crate::sys::file_error::FileError;

/// Writes log lines, one call per line, with everything escaped that is not printable: fields quote names and messages of servers.
#[derive(Debug, Clone)]
struct LogWriter<W>(W);

impl<W: Write> Write for LogWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let shown = printable_with_colors(text.trim_end_matches('\n'));
        self.0.write_all(format!("{shown}\n").as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The log file of a job. The first failure to write is kept for the report of the job.
#[derive(Debug, Clone)]
struct LogFile {
    file: Arc<File>,
    path: Arc<PathBuf>,
    failure: LogFailure,
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = atomic::append(&self.file, line);
        if let Err(e) = written {
            self.failure
                .set(|| FileError::new("write the log", &self.path, e).to_string());
        }
        // The job continues without the log.
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts logging. With `job`, lines of level info and above go to `log_dir/JOB.log`; if that file cannot be opened, the job
/// runs without it. Returns the place for the reason why the file cannot be written. Warnings of a daemon always go to stderr.
pub(super) fn start(output: &Output, log_dir: &Path, job: Option<&str>, daemon: bool) -> LogFailure {
    let failure = LogFailure::default();
    let file = job.filter(|_| !log_dir.as_os_str().is_empty()).and_then(|job| {
        let path = log_dir.join(format!("{job}.log"));
        match OpenOptions::new().create(true).append(true).open(&path) {
            Ok(file) => Some(LogFile {
                file: Arc::new(file),
                path: Arc::new(path),
                failure: failure.clone(),
            }),
            Err(e) => {
                failure.set(|| format!("{}, or set log_dir", FileError::new("write the log", &path, e)));
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
        .with_writer(|| LogWriter(io::stderr()))
        .with_target(false)
        .with_ansi(output.stderr_terminal && output.color);
    let to_file = file.map(|f| {
        fmt::layer()
            .with_writer(move || LogWriter(f.clone()))
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
