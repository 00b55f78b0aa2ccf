//! The access log, in the lines that MirrorManager's statistics read: `IP: …; DATE: …; COUNTRY: …; REPO: …; ARCH: …`.
//!
//! A thread of its own writes it. Requests hand lines over through a queue; when it is full, because the disk is slow or full,
//! lines are dropped and counted. At SIGUSR1 and SIGHUP it is opened anew, so that what turns logs over need not stop us.

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

/// Lines that wait to be written, at most.
const QUEUE: usize = 8_192;

/// What is written at once, in bytes.
const BUFFER: usize = 64 * 1024;

/// How long the end of the process waits for the last lines.
const LAST_WAIT: Duration = Duration::from_secs(5);

enum Message {
    Visit(Box<OwnedRecord>, Timestamp),
    Wake,
    Finish(SyncSender<()>),
}

/// A visit on its way to the thread.
struct OwnedRecord {
    ip: IpAddr,
    country: Option<PackedCountry>,
    repo: Box<str>,
    arch: Box<str>,
}

impl From<AccessRecord<'_>> for OwnedRecord {
    fn from(visit: AccessRecord<'_>) -> Self {
        Self {
            ip: visit.ip,
            country: visit.country,
            repo: visit.repo.into(),
            arch: visit.arch.into(),
        }
    }
}

/// The end of the queue that requests hold.
#[derive(Debug)]
pub(super) struct AccessLog {
    queue: SyncSender<Message>,
    /// The file is to be opened anew. Beside the queue, so that a full one does not lose it.
    reopen: Arc<AtomicBool>,
}

impl AccessLog {
    /// Opens the file for appending and starts the thread. `dropped` counts the lines that could not be written.
    pub(super) fn open(path: &Path, dropped: Counter) -> io::Result<Self> {
        let file = append_to(path)?;
        let (sender, receiver) = sync_channel(QUEUE);
        let reopen = Arc::new(AtomicBool::new(false));
        let (path, wanted) = (path.to_owned(), Arc::clone(&reopen));
        std::thread::Builder::new()
            .name("access-log".into())
            .spawn(move || write_all(&receiver, file, &path, &wanted, &dropped))?;
        Ok(Self { queue: sender, reopen })
    }

    /// Hands a line over; false when it had to be dropped.
    pub(super) fn write(&self, visit: AccessRecord<'_>, now: Timestamp) -> bool {
        self.queue.try_send(Message::Visit(Box::new(visit.into()), now)).is_ok()
    }

    /// Has the file opened anew: what is handed over from now on goes to what is at its path then.
    pub(super) fn reopen(&self) {
        self.reopen.store(true, Ordering::Release);
        // So that the thread wakes up; a full queue keeps it awake.
        self.queue.try_send(Message::Wake).ok();
    }

    /// Waits until what was handed over is written, but not for ever.
    pub(super) fn finish(&self) {
        let (done, wait) = sync_channel(1);
        if self.queue.try_send(Message::Finish(done)).is_ok() {
            // A disk that does not take the last lines must not keep the process.
            wait.recv_timeout(LAST_WAIT).ok();
        }
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn write_all(queue: &Receiver<Message>, file: File, path: &Path, reopen: &AtomicBool, dropped: &Counter) {
    let mut out = BufWriter::with_capacity(BUFFER, file);
    let mut failing = false;
    loop {
        let message = match queue.try_recv() {
            Ok(m) => m,
            Err(TryRecvError::Empty) => {
                report(&mut failing, out.flush());
                let Ok(m) = queue.recv() else { return };
                m
            }
            Err(TryRecvError::Disconnected) => return,
        };
        if reopen.swap(false, Ordering::AcqRel) {
            report(&mut failing, out.flush());
            match append_to(path) {
                Ok(file) => out = BufWriter::with_capacity(BUFFER, file),
                Err(error) => tracing::warn!(%error, "cannot open the access log anew; the old file is written on"),
            }
        }
        match message {
            Message::Wake => {}
            Message::Visit(visit, now) => {
                let written = out.write_all(line(&visit, now).as_bytes());
                if written.is_err() {
                    dropped.inc();
                }
                report(&mut failing, written);
            }
            Message::Finish(done) => {
                report(&mut failing, out.flush());
                done.send(()).ok();
            }
        }
    }
}

/// Tells when writing begins to fail and when it works again, not for each line.
fn report(failing: &mut bool, result: io::Result<()>) {
    match result {
        Ok(()) if *failing => {
            *failing = false;
            tracing::warn!("the access log can be written again");
        }
        Err(error) if !*failing => {
            *failing = true;
            tracing::warn!(%error, "cannot write the access log; lines are lost until it works again");
        }
        Ok(()) | Err(_) => {}
    }
}

fn line(visit: &OwnedRecord, now: Timestamp) -> String {
    let date = jiff::Timestamp::from_second(now.0).map(|t| t.strftime("%Y-%m-%d").to_string());
    let country = visit.country.map_or_else(|| "N/A".to_owned(), |c| c.to_string());
    format!(
        "IP: {}; DATE: {}; COUNTRY: {country}; REPO: {}; ARCH: {}\n",
        visit.ip,
        date.unwrap_or_default(),
        clean(&visit.repo),
        clean(&visit.arch)
    )
}

/// The statistics split lines at blanks: values must hold none, and no end of a field.
fn clean(value: &str) -> String {
    value
        .chars()
        .map(|c| {
            if c.is_whitespace() || c.is_control() || c == ';' {
                '_'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_fields() {
        let visit = AccessRecord {
            ip: "2001:db8::1".parse().unwrap(),
            country: None,
            repo: "fedora 43; REPO: x\n",
            arch: "x86_64",
        };
        assert_eq!(
            line(&visit.into(), Timestamp(1_700_000_000)),
            "IP: 2001:db8::1; DATE: 2023-11-14; COUNTRY: N/A; REPO: fedora_43__REPO:_x_; ARCH: x86_64\n"
        );
    }

    #[test]
    fn what_was_handed_over_is_in_the_file_at_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let log = AccessLog::open(&path, Counter::default()).unwrap();
        let visit = AccessRecord {
            ip: "10.0.0.1".parse().unwrap(),
            country: None,
            repo: "r",
            arch: "a",
        };
        for _ in 0..100 {
            assert!(log.write(visit, Timestamp(0)));
        }
        log.finish();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 100);
    }
}
