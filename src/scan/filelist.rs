//! A `fullfiletimelist-*` of the master as the source of a listing: a local file, or fetched over HTTP(S); plain, or packed by gzip,
//! xz or zstd, whatever its name says.
//!
//! The file is opened once and read through that handle, so that a list which the master replaces by renaming meanwhile does no
//! harm. A fetched list lies in a temporary file without a name.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{Mode, OFlags};

use super::ScanError;
use super::list_builder::{Record, RecordSink, RecordSource};
use crate::config::CategoryConfig;
use crate::formats::filelist::{FileListParser, Line, ListError};
use crate::model::Timestamp;
use crate::model::names::DirPath;
use crate::sys::http::{self, Agent};
use crate::sys::lines::{self, LinesError};
use crate::sys::signals::ShutdownFlag;

/// The longest list that is fetched, and the longest that comes out of a packed one: Fedora's largest has some 2 GB.
const MAX_BYTES: u64 = 16 << 30;
/// How much is read at once.
const BUFFER: usize = 256 << 10;

/// An opened list.
#[derive(Debug)]
pub struct FileList {
    name: String,
    file: File,
    packing: Packing,
    /// What stands before the top in its paths, with a slash; empty = nothing.
    prefix: Vec<u8>,
    stop: ShutdownFlag,
    /// Its size in bytes and when it was written, where both are known.
    state: Option<(u64, Timestamp)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Xz,
    Zstd,
}

impl FileList {
    /// Opens a local list, or fetches one. `prefix` = the directory of the list that is the category's top.
    pub fn open(
        list: &str,
        prefix: &DirPath,
        agent: &Agent,
        deadline: Instant,
        stop: &ShutdownFlag,
    ) -> Result<Self, ScanError> {
        let no_list = |why: String| ScanError::NoList {
            what: list.to_owned(),
            why,
        };
        let written;
        let mut file = if CategoryConfig::is_address(list) {
            let mut file = tempfile::tempfile().map_err(|e| no_list(format!("no temporary file for it: {e}")))?;
            let answer = agent
                .get_into(list, MAX_BYTES, Some(deadline), &mut file)
                .map_err(|e| no_list(e.to_string()))?;
            if answer.status != 200 {
                return Err(no_list(format!("the server answers with status {}", answer.status)));
            }
            written = answer.last_modified.as_deref().and_then(http::date);
            file
        } else {
            let path = the_one(Path::new(list)).map_err(no_list)?;
            let file = open_file(&path).map_err(|e| no_list(e.to_string()))?;
            let meta = file.metadata().map_err(|e| no_list(e.to_string()))?;
            written = Some(Timestamp(meta.mtime()));
            file
        };
        let size = file.metadata().map_err(|e| no_list(e.to_string()))?.len();
        let packing = Packing::of(&mut file).map_err(|e| no_list(e.to_string()))?;
        let mut prefix = prefix.to_bytes();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        Ok(Self {
            name: format!("the list {list}"),
            file,
            packing,
            prefix,
            stop: stop.clone(),
            state: written.map(|at| (size, at)),
        })
    }

    /// Its size in bytes as it lies there, and when it was written; `None` where that is not known.
    pub const fn state(&self) -> Option<(u64, Timestamp)> {
        self.state
    }

    fn text(&mut self) -> io::Result<Box<dyn BufRead + '_>> {
        self.file.rewind()?;
        let raw = BufReader::with_capacity(BUFFER, &self.file);
        Ok(match self.packing {
            Packing::None => Box::new(raw),
            Packing::Gzip => unpacked(flate2::bufread::MultiGzDecoder::new(raw)),
            Packing::Xz => unpacked(liblzma::bufread::XzDecoder::new_multi_decoder(raw)),
            Packing::Zstd => unpacked(zstd::stream::read::Decoder::with_buffer(raw)?),
        })
    }
}

fn unpacked<'a>(reader: impl Read + 'a) -> Box<dyn BufRead + 'a> {
    // A list that is longer is cut off, and so refused.
    Box::new(BufReader::with_capacity(BUFFER, reader.take(MAX_BYTES)))
}

impl Packing {
    /// By the first bytes of the file.
    fn of(file: &mut File) -> io::Result<Self> {
        let mut head = Vec::new();
        file.rewind()?;
        file.by_ref().take(6).read_to_end(&mut head)?;
        Ok(match head.as_slice() {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0] => Self::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::None,
        })
    }
}

/// Opens a regular file; a pipe in its place is not waited for.
fn open_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(file)
}

/// The file of that name; where the name has a `*`, the one that fits.
pub fn the_one(list: &Path) -> Result<PathBuf, String> {
    let name = list.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let Some((start, end)) = name.split_once('*') else {
        return Ok(list.to_owned());
    };
    let dir = list.parent().unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(dir).map_err(|e| e.to_string())?;
    let mut fitting: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|e| {
            let name = e.file_name();
            let name = name.to_string_lossy();
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        })
        .map(|e| e.path())
        .collect();
    fitting.sort();
    match fitting.as_slice() {
        [] => Err("no such file".to_owned()),
        [one] => Ok(one.clone()),
        [one, two, ..] => Err(format!("{} and {} fit; name one of them", one.display(), two.display())),
    }
}

impl RecordSource for FileList {
    fn for_each(&mut self, take: RecordSink<'_>) -> Result<(), ScanError> {
        let (name, stop) = (self.name(), self.stop.clone());
        let prefix = std::mem::take(&mut self.prefix);
        let refused = |why: String| ScanError::Refused {
            what: name.clone(),
            why,
        };
        let mut parser = FileListParser::default();
        let mut count = 0_u64;
        let read = match self.text() {
            Ok(mut text) => lines::each(&mut text, |line| {
                count += 1;
                if count.is_multiple_of(65_536) && stop.is_requested() {
                    return Err(None);
                }
                let said = parser.line(line).map_err(|e| Some(e.to_string()))?;
                let record = match said {
                    Line::Other => return Ok(()),
                    Line::Entry(mut entry) => match below(&prefix, entry.path) {
                        Some(path) => {
                            entry.path = path;
                            Record::Entry(entry)
                        }
                        None => return Ok(()),
                    },
                    Line::Checksum { algorithm, hash, path } => match below(&prefix, path) {
                        Some(path) => Record::Checksum { algorithm, hash, path },
                        None => return Ok(()),
                    },
                };
                take(line, record).map_err(|e| Some(format!("line {count}: {e}")))
            }),
            Err(e) => Err(LinesError::Read(e)),
        };
        self.prefix = prefix;
        match read {
            Ok(()) => parser.end().map_err(|e: ListError| refused(e.to_string())),
            Err(LinesError::Refused(Some(why))) => Err(refused(why)),
            Err(LinesError::Refused(None)) => Err(ScanError::Stopped(name)),
            Err(LinesError::TooLong(n)) => Err(refused(LinesError::<String>::TooLong(n).to_string())),
            Err(LinesError::Read(e)) => Err(refused(format!("it cannot be read to its end: {e}"))),
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// The path below the top; `None` for what lies elsewhere. `prefix` ends with a slash, or is empty.
fn below<'a>(prefix: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    if prefix.is_empty() {
        return Some(path);
    }
    match path.strip_prefix(prefix) {
        Some(rest) => Some(rest),
        None if prefix.strip_suffix(b"/") == Some(path) => Some(&[]),
        None => None,
    }
}
