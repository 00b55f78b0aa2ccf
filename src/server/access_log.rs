//! The access log in the format that MirrorManager's statistics read: `IP: …; DATE: …; COUNTRY: …; REPO: …; ARCH: …`.
//!
//! A thread writes it. Requests pass lines to it through a queue; if the queue is full because the disk is slow or
//! full, lines are dropped and counted. SIGUSR1 and SIGHUP reopen the file, so that log rotation needs no restart.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use crate::answer::respond::AccessRecord;
use crate::model::Timestamp;
use crate::model::packed_country::PackedCountry;

/// Most lines waiting to be written.
const QUEUE_SIZE: usize = 8_192;

/// Size of the write buffer in bytes.
const BUFFER_SIZE: usize = 64 * 1024;

/// Time that the last lines may take at shutdown.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

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
    /// Set to reopen the file. Separate from the queue, so that a full queue does not lose it.
    reopen: Arc<AtomicBool>,
}

impl AccessLog {
    /// Opens the file for appending and starts the thread. `dropped` counts lines that cannot be written.
    pub(super) fn open(path: &Path, dropped: Counter) -> io::Result<Self> {
        let file = open_for_append(path)?;
        let (sender, receiver) = sync_channel(QUEUE_SIZE);
        let reopen = Arc::new(AtomicBool::new(false));
        let (path, wanted) = (path.to_owned(), Arc::clone(&reopen));
        std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || write_all(&receiver, file, &path, &wanted, &dropped))?;
        Ok(Self { queue: sender, reopen })
    }

    /// Queues a line; returns false if it was dropped.
    pub(super) fn write(&self, record: AccessRecord<'_>, now: Timestamp) -> bool {
        self.queue
            .try_send(Message::Record(Box::new(record.into()), now))
            .is_ok()
    }

    /// Reopens the file: lines queued from now on are written to the file that is then at its path.
    pub(super) fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
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

fn write_all(queue: &Receiver<Message>, file: File, path: &Path, reopen: &AtomicBool, dropped: &Counter) {
    let mut out = BufWriter::with_capacity(BUFFER_SIZE, file);
    let mut failing = false;
    loop {
        let message = match queue.try_recv() {
            Ok(m) => m,
            Err(TryRecvError::Empty) => {
                log_transition(&mut failing, out.flush());
                let Ok(m) = queue.recv() else { return };
                m
            }
            Err(TryRecvError::Disconnected) => return,
        };
        if reopen.swap(false, Ordering::AcqRel) {
            log_transition(&mut failing, out.flush());
            match open_for_append(path) {
                Ok(file) => out = BufWriter::with_capacity(BUFFER_SIZE, file),
                Err(error) => tracing::warn!(%error, "cannot reopen the access log; writing continues to the old file"),
            }
        }
        match message {
            Message::Wake => {}
            Message::Record(record, now) => {
                let written = out.write_all(format_line(&record, now).as_bytes());
                if written.is_err() {
                    dropped.inc();
                }
                log_transition(&mut failing, written);
            }
            Message::Finish(done) => {
                log_transition(&mut failing, out.flush());
                done.send(()).ok();
            }
        }
    }
}

/// Logs when writing starts to fail and when it works again, not for each line.
fn log_transition(failing: &mut bool, result: io::Result<()>) {
    match result {
        Ok(()) if *failing => {
            *failing = false;
            tracing::warn!("writing the access log works again");
        }
        Err(error) if !*failing => {
            *failing = true;
            tracing::warn!(%error, "cannot write the access log; lines are dropped until it works again");
        }
        Ok(()) | Err(_) => {}
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
    value.replace(|c: char| c.is_whitespace() || c.is_control() || c == ';', "_")
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
