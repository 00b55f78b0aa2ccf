//! The rsync program as the source of a listing: one recursive `--list-only`, read as it comes.
//!
//! Its output is kept in a temporary file without a name, for the second look at the directories that changed. Status 0 is a
//! clean end, and so is 24: files that vanished while it listed. After any other end there is no listing.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::time::{Duration, Instant};

use super::ScanError;
use super::list_builder::{Record, RecordSink, RecordSource};
use crate::formats::rsync_listing::Parser;
use crate::model::names::DirPath;
use crate::sys::child::{ChildError, ChildLimits};
use crate::sys::lines::{self, LinesError};
use crate::sys::rsync::{self, RemoteKind, Request, RsyncOutcome};
use crate::sys::signals::ShutdownFlag;

/// How much is read at once.
const BUFFER: usize = 256 << 10;
/// The longest output that is taken, in bytes: some hundred million entries.
const MAX_BYTES: u64 = 16 << 30;
/// For the connection, and without a byte.
const CONNECT: Duration = Duration::from_mins(1);
const SILENCE: Duration = Duration::from_mins(10);

/// A listing to be made by rsync.
#[derive(Debug)]
pub struct RsyncListing {
    address: String,
    options: Vec<String>,
    deadline: Instant,
    stop: ShutdownFlag,
    /// What the program said, once it has.
    said: Option<File>,
}

impl RsyncListing {
    /// Of the directory `below` the address of a top.
    pub fn new(top: &str, below: &DirPath, options: &[String], deadline: Instant, stop: &ShutdownFlag) -> Self {
        let mut address = top.trim_end_matches('/').to_owned();
        address.push('/');
        if !below.is_top() {
            address.push_str(&String::from_utf8_lossy(&below.to_bytes()));
            address.push('/');
        }
        Self {
            address,
            options: options.to_vec(),
            deadline,
            stop: stop.clone(),
            said: None,
        }
    }

    fn error(&self, e: LinesError<String>) -> ScanError {
        let why = match e {
            LinesError::Refused(why) => why,
            LinesError::Read(_) | LinesError::TooLong(_) => e.to_string(),
        };
        ScanError::Refused { what: self.name(), why }
    }

    /// Runs the program; its output is handed over and kept.
    fn run(&self, take: RecordSink<'_>) -> Result<File, ScanError> {
        let no_copy = |e: io::Error| ScanError::Refused {
            what: self.name(),
            why: format!("its output cannot be kept in a temporary file: {e}"),
        };
        let mut copy = BufWriter::with_capacity(BUFFER, tempfile::tempfile().map_err(no_copy)?);
        let limits = ChildLimits {
            deadline: self.deadline,
            output: 64 << 10,
            stop: self.stop.clone(),
        };
        let request = Request {
            address: &self.address,
            options: &self.options,
            whose: RemoteKind::Master,
            connect: CONNECT,
            silence: SILENCE,
        };
        let ran = rsync::list(&request, &limits, |output| read(output, &mut copy, take));
        let (ended, read) = ran.map_err(|why| match why {
            ChildError::Stopped(_) => ScanError::Stopped(self.name()),
            why @ (ChildError::Missing { .. } | ChildError::Start { .. } | ChildError::Deadline(_)) => {
                ScanError::Child { what: self.name(), why }
            }
        })?;
        read.map_err(|e| self.error(e))?;
        if ended.end() != RsyncOutcome::Whole {
            return Err(ScanError::Rsync {
                what: self.name(),
                why: ended.message(),
            });
        }
        copy.into_inner().map_err(|e| no_copy(e.into_error()))
    }
}

/// Reads lines of output, and keeps them in `copy`.
fn read(output: &mut dyn Read, copy: &mut dyn Write, take: RecordSink<'_>) -> Result<(), LinesError<String>> {
    let mut parser = Parser::default();
    let mut text = BufReader::with_capacity(BUFFER, output.take(MAX_BYTES));
    lines::each(&mut text, |line| {
        copy.write_all(line)
            .and_then(|()| copy.write_all(b"\n"))
            .map_err(|e| format!("its output cannot be kept in a temporary file: {e}"))?;
        match parser.line(line) {
            Ok(Some(entry)) => take(line, Record::Entry(entry)).map_err(|e| shown(line, &e)),
            Ok(None) => Ok(()),
            Err(why) => Err(shown(line, why)),
        }
    })
}

/// A line with what is wrong with it.
fn shown(line: &[u8], why: &str) -> String {
    let text = line.get(..line.len().min(120)).unwrap_or_default();
    format!("rsync says \"{}\", and {why}", text.escape_ascii())
}

impl RecordSource for RsyncListing {
    fn for_each(&mut self, take: RecordSink<'_>) -> Result<(), ScanError> {
        let Some(mut said) = self.said.take() else {
            self.said = Some(self.run(take)?);
            return Ok(());
        };
        let read = said
            .rewind()
            .map_err(LinesError::Read)
            .and_then(|()| read(&mut said, &mut io::sink(), take));
        self.said = Some(said);
        read.map_err(|e| self.error(e))
    }

    fn name(&self) -> String {
        self.address.clone()
    }
}
