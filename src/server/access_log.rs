//! The access log in the format that MirrorManager's statistics read: `IP: …; DATE: …; COUNTRY: …; REPO: …; ARCH: …`.
//!
//! A thread writes it. Requests pass lines to it through a queue; if the queue is full because the disk is slow or
//! full, lines are dropped and counted. SIGUSR1 and SIGHUP reopen the file, so that log rotation needs no restart.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;

use crate::answer::respond::AccessRecord;
use crate::model::Timestamp;
use crate::model::packed_country::PackedCountry;
use crate::model::printable::is_printable;
use crate::sys::file_error::FileError;

/// Most lines waiting to be written.
const QUEUE_SIZE: usize = 8_192;

/// Size of the write buffer in bytes.
const BUFFER_SIZE: usize = 64 * 1024;

/// Time that the last lines may take at shutdown.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// How long writing must work before it is reported to work again.
const RECOVERY_TIME: Duration = Duration::from_secs(5);

enum Message {
    Record(Box<OwnedRecord>, Timestamp),
    Wake,
    Finish(SyncSender<()>),
}

struct OwnedRecord {
    ip: IpAddr,
    country: Option<PackedCountry>,
    repo: Box<str>,
    arch: Box<str>,
}

impl From<AccessRecord<'_>> for OwnedRecord {
    fn from(record: AccessRecord<'_>) -> Self {
        Self {
            ip: record.ip,
            country: record.country,
            repo: record.repo.into(),
            arch: record.arch.into(),
        }
    }
}

/// Sending end of the queue.
#[derive(Debug)]
pub(super) struct AccessLog {
    queue: SyncSender<Message>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Set to reopen the file. Separate from the queue, so that a full queue does not lose it.
    reopen: AtomicBool,
    /// Set when the queue is full, which was logged then: the thread may wait for the disk. Cleared when the trouble is over.
    overflowed: AtomicBool,
}

impl AccessLog {
    /// Opens the file for appending and starts the thread. `dropped` counts lines that cannot be written.
    pub(super) fn open(path: &Path, dropped: Counter) -> io::Result<Self> {
        let file = open_for_append(path)?;
        let (sender, receiver) = sync_channel(QUEUE_SIZE);
        let shared = Arc::<Shared>::default();
        let mut writer = Writer {
            path: path.to_owned(),
            out: BufWriter::with_capacity(BUFFER_SIZE, file),
            shared: Arc::clone(&shared),
            health: WriteHealth::default(),
            reported: dropped.get(),
            dropped,
        };
        std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || writer.run(&receiver))?;
        Ok(Self { queue: sender, shared })
    }

    /// Queues a line; returns false if it was dropped.
    pub(super) fn write(&self, record: AccessRecord<'_>, now: Timestamp) -> bool {
        let queued = self.queue.try_send(Message::Record(Box::new(record.into()), now));
        if queued.is_err() && !self.shared.overflowed.swap(true, Ordering::AcqRel) {
            tracing::warn!(
                "the access log is not written in time, the disk may be slow; lines are dropped until it is"
            );
        }
        queued.is_ok()
    }

    /// Reopens the file: lines queued from now on are written to the file that is then at its path.
    pub(super) fn reopen(&self) {
        self.shared.reopen.store(true, Ordering::Release);
        // Wakes the thread; with a full queue it is awake.
        self.queue.try_send(Message::Wake).ok();
    }

    /// Waits until the queued lines are written, for a limited time.
    pub(super) fn finish(&self) {
        let (done, wait) = sync_channel(1);
        if self.queue.try_send(Message::Finish(done)).is_ok() {
            // A disk that does not accept the last lines must not block the shutdown.
            wait.recv_timeout(FINISH_TIMEOUT).ok();
        }
    }
}

fn open_for_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// The thread that writes the file.
struct Writer {
    path: PathBuf,
    out: BufWriter<File>,
    shared: Arc<Shared>,
    health: WriteHealth,
    /// Lines dropped so far, and those of them whose loss was logged.
    dropped: Counter,
    reported: u64,
}

impl Writer {
    fn run(&mut self, queue: &Receiver<Message>) {
        loop {
            let message = match queue.try_recv() {
                Ok(message) => Some(message),
                Err(TryRecvError::Empty) => {
                    self.flush();
                    if self.health == WriteHealth::Working {
                        queue.recv().ok()
                    } else {
                        match queue.recv_timeout(RECOVERY_TIME) {
                            Err(RecvTimeoutError::Timeout) => continue,
                            received => received.ok(),
                        }
                    }
                }
                Err(TryRecvError::Disconnected) => None,
            };
            let Some(message) = message else { return };
            if self.shared.reopen.swap(false, Ordering::AcqRel) {
                self.reopen();
            }
            match message {
                Message::Wake => {}
                Message::Record(record, now) => self.write(&format_line(&record, now)),
                Message::Finish(done) => {
                    self.flush();
                    done.send(()).ok();
                }
            }
        }
    }

    /// Writes to the buffer, which is written to the file when it is full: success proves nothing about the disk.
    fn write(&mut self, line: &str) {
        if let Err(error) = self.out.write_all(line.as_bytes()) {
            self.dropped.inc();
            self.update_health(Err(error));
        }
    }

    fn flush(&mut self) {
        let is_empty = self.out.buffer().is_empty();
        let result = self.out.flush();
        // Writing nothing proves nothing.
        if !is_empty || matches!(self.health, WriteHealth::Recovering { .. }) {
            self.update_health(result);
        }
        if self.shared.overflowed.load(Ordering::Acquire) && self.health == WriteHealth::Working {
            self.health = WriteHealth::Recovering { since: Instant::now() };
        }
    }

    fn reopen(&mut self) {
        self.flush();
        match open_for_append(&self.path) {
            Ok(file) => {
                // Lines that the old file did not take are lost: one may have been written in part.
                let lost = memchr::memchr_iter(b'\n', self.out.buffer()).count();
                self.dropped.inc_by(u64::try_from(lost).unwrap_or(0));
                let old = std::mem::replace(&mut self.out, BufWriter::with_capacity(BUFFER_SIZE, file));
                drop(old.into_parts());
            }
            Err(error) => tracing::warn!(%error, "cannot reopen the access log; writing continues to the old file"),
        }
    }

    /// Logs when writing starts to fail and when it works again, not for each line.
    fn update_health(&mut self, result: io::Result<()>) {
        let (health, change) = self.health.next(result.is_ok(), Instant::now());
        self.health = health;
        match (change, result) {
            (Some(HealthChange::Failed), Err(e)) => {
                let error = FileError::new("write the access log", &self.path, e);
                tracing::warn!("{error}; lines are dropped until it works again");
            }
            (Some(HealthChange::Recovered), _) => {
                let dropped = self.dropped.get().saturating_sub(self.reported);
                self.reported = self.dropped.get();
                self.shared.overflowed.store(false, Ordering::Release);
                tracing::warn!("writing the access log works again; lines dropped: {dropped}");
            }
            (Some(HealthChange::Failed) | None, _) => {}
        }
    }
}

/// State of the file, by the results of writing to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum WriteHealth {
    #[default]
    Working,
    Failing,
    /// Works again since then: a full disk may accept a few lines and fail again.
    Recovering {
        since: Instant,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HealthChange {
    Failed,
    Recovered,
}

impl WriteHealth {
    /// Returns the state after an attempt to write, and the change to report.
    fn next(self, is_written: bool, now: Instant) -> (Self, Option<HealthChange>) {
        match (self, is_written) {
            (Self::Working, true) => (Self::Working, None),
            (Self::Working, false) => (Self::Failing, Some(HealthChange::Failed)),
            (Self::Failing | Self::Recovering { .. }, false) => (Self::Failing, None),
            (Self::Failing, true) => (Self::Recovering { since: now }, None),
            (Self::Recovering { since }, true) if now.saturating_duration_since(since) < RECOVERY_TIME => (self, None),
            (Self::Recovering { .. }, true) => (Self::Working, Some(HealthChange::Recovered)),
        }
    }
}

fn format_line(record: &OwnedRecord, now: Timestamp) -> String {
    let date = jiff::Timestamp::from_second(now.0).map(|t| t.strftime("%Y-%m-%d").to_string());
    let country = record.country.map_or_else(|| "N/A".to_owned(), |c| c.to_string());
    format!(
        "IP: {}; DATE: {}; COUNTRY: {country}; REPO: {}; ARCH: {}\n",
        record.ip,
        date.unwrap_or_default(),
        sanitize(&record.repo),
        sanitize(&record.arch)
    )
}

/// Replaces blanks and `;`, at which the statistics split lines into fields.
fn sanitize(value: &str) -> String {
    value.replace(|c: char| c.is_whitespace() || !is_printable(c) || c == ';', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_separators_are_replaced() {
        let record = AccessRecord {
            ip: "2001:db8::1".parse().unwrap(),
            country: None,
            repo: "fedora 43; REPO: x\n",
            arch: "x86_64",
        };
        assert_eq!(
            format_line(&record.into(), Timestamp(1_700_000_000)),
            "IP: 2001:db8::1; DATE: 2023-11-14; COUNTRY: N/A; REPO: fedora_43__REPO:_x_; ARCH: x86_64\n"
        );
    }

    #[test]
    fn trouble_is_reported_when_it_begins_and_when_it_is_over() {
        let start = Instant::now();
        let mut health = WriteHealth::default();
        let mut changes = Vec::new();
        // A full disk that accepts a line now and then, until there is space again.
        for (second, is_written) in [
            (0, true),
            (1, false),
            (2, false),
            (3, true),
            (6, true),
            (7, false),
            (8, true),
            (12, true),
            (13, true),
            (14, true),
            (15, false),
        ] {
            let (next, change) = health.next(is_written, start + Duration::from_secs(second));
            health = next;
            changes.extend(change.map(|change| (second, change)));
        }
        let expected = [
            (1, HealthChange::Failed),
            (13, HealthChange::Recovered),
            (15, HealthChange::Failed),
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn finish_writes_all_queued_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let log = AccessLog::open(&path, Counter::default()).unwrap();
        let record = AccessRecord {
            ip: "10.0.0.1".parse().unwrap(),
            country: None,
            repo: "r",
            arch: "a",
        };
        for _ in 0..100 {
            assert!(log.write(record, Timestamp(0)));
        }
        log.finish();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 100);
    }
}
