//! The rsync program as the source of a listing: one recursive `--list-only`, parsed as it arrives.
//!
//! The output is kept in an unnamed temporary file for the second pass over changed directories. Exit status 0 is success, and so is
//! 24 (files vanished during the listing); so is 23 if only directories could not be opened, which are reported. Any other status is
//! an error.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::time::{Duration, Instant};

use super::ScanError;
use super::list_builder::{RecordSink, RecordSource};
use crate::formats::filelist::FileListLine;
use crate::formats::rsync_listing::{RsyncListingParser, unescape};
use crate::model::names::DirPath;
use crate::sys::child::{ChildError, ChildLimits};
use crate::sys::lines::{self, LinesError};
use crate::sys::rsync::{self, Daemon, Request, RsyncOutcome};
use crate::sys::signals::ShutdownFlag;

const BUFFER: usize = 256 << 10;
/// Maximum output in bytes: about a hundred million entries.
const MAX_BYTES: u64 = 16 << 30;
const CONNECT: Duration = Duration::from_mins(1);
/// Timeout without any data.
const SILENCE: Duration = Duration::from_mins(10);

#[derive(Debug)]
pub(crate) struct RsyncListing {
    address: String,
    options: Vec<String>,
    deadline: Instant,
    stop: ShutdownFlag,
    /// Output of the first pass.
    output: Option<File>,
    /// The directories that the daemon could not open, below the top.
    unreadable: Vec<Vec<u8>>,
}

impl RsyncListing {
    /// Lists the directory `below` of a module or path; `top` is an rsync URL.
    pub(crate) fn new(top: &str, below: &DirPath, options: &[String], deadline: Instant, stop: &ShutdownFlag) -> Self {
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
            output: None,
            unreadable: Vec::new(),
        }
    }

    /// Returns the path below the top of a directory in a message: those of a daemon are relative to the module, others absolute.
    fn path_below(&self, named: &[u8]) -> Vec<u8> {
        let path = unescape(named);
        let path = path.strip_prefix(b"/").unwrap_or(&path);
        let top = if let Ok(daemon) = Daemon::parse(&self.address) {
            daemon.path_in_module().to_owned()
        } else {
            // A local path, or one on a host that is reached by a shell.
            let path = self
                .address
                .rsplit_once(':')
                .map_or(self.address.as_str(), |(_, path)| path);
            path.trim_matches('/').to_owned()
        };
        let below = path
            .strip_prefix(top.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"/"));
        below.unwrap_or(path).to_vec()
    }

    fn error(&self, e: LinesError<String>) -> ScanError {
        let why = match e {
            LinesError::Refused(why) => why,
            LinesError::Read(_) | LinesError::TooLong(_) => e.to_string(),
        };
        ScanError::Rejected { what: self.name(), why }
    }

    /// Runs the program; passes its output on and keeps it.
    fn run(&mut self, take: RecordSink<'_>) -> Result<File, ScanError> {
        let what = self.name();
        let no_copy = |e: io::Error| ScanError::Rejected {
            what: what.clone(),
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
            spawn_options: rsync::MASTER,
            connect_timeout: CONNECT,
            idle_timeout: SILENCE,
        };
        let result = rsync::list(&request, &limits, |output| read(output, &mut copy, take));
        let (ended, read) = result.map_err(|why| match why {
            ChildError::Stopped(_) => ScanError::Stopped(self.name()),
            why @ (ChildError::Missing { .. } | ChildError::Start { .. } | ChildError::Deadline(_)) => {
                ScanError::Child { what: self.name(), why }
            }
        })?;
        read.map_err(|e| self.error(e))?;
        if ended.outcome() == RsyncOutcome::Partial
            && let Some(all) = ended.unreadable_directories().filter(|all| !all.is_empty())
        {
            self.unreadable = all.into_iter().map(|path| self.path_below(path)).collect();
        } else if ended.outcome() != RsyncOutcome::Complete {
            return Err(ScanError::Rsync {
                what: self.name(),
                why: ended.message(),
            });
        }
        copy.into_inner().map_err(|e| no_copy(e.into_error()))
    }
}

/// Parses lines of output, and copies them.
fn read(output: &mut dyn Read, copy: &mut dyn Write, take: RecordSink<'_>) -> Result<(), LinesError<String>> {
    let mut parser = RsyncListingParser::default();
    let mut text = BufReader::with_capacity(BUFFER, output.take(MAX_BYTES));
    lines::for_each_line(&mut text, |line| {
        copy.write_all(line)
            .and_then(|()| copy.write_all(b"\n"))
            .map_err(|e| format!("its output cannot be kept in a temporary file: {e}"))?;
        match parser.parse_line(line) {
            Ok(Some(entry)) => take(line, FileListLine::Entry(entry)).map_err(|e| line_error(line, &e)),
            Ok(None) => Ok(()),
            Err(why) => Err(line_error(line, why)),
        }
    })
}

fn line_error(line: &[u8], why: &str) -> String {
    let text = line.get(..line.len().min(120)).unwrap_or_default();
    format!("line \"{}\" of rsync's output: {why}", text.escape_ascii())
}

impl RecordSource for RsyncListing {
    fn for_each(&mut self, take: RecordSink<'_>) -> Result<(), ScanError> {
        let Some(mut output) = self.output.take() else {
            self.output = Some(self.run(take)?);
            return Ok(());
        };
        let read = output
            .rewind()
            .map_err(LinesError::Read)
            .and_then(|()| read(&mut output, &mut io::sink(), take));
        self.output = Some(output);
        read.map_err(|e| self.error(e))
    }

    fn name(&self) -> String {
        self.address.clone()
    }

    fn unreadable(&self) -> Vec<(Vec<u8>, String)> {
        let why = || "rsync: permission denied".to_owned();
        self.unreadable.iter().map(|path| (path.clone(), why())).collect()
    }

    fn reports_unreadable(&self) -> bool {
        true
    }
}
