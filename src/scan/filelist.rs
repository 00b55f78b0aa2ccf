//! A `fullfiletimelist-*` of the master as the source of a listing: a local file or fetched over HTTP(S); plain, or compressed with
//! gzip, xz or zstd, which is detected from the content.
//!
//! The file is opened once and read twice through that handle, so the master may replace it by renaming meanwhile. A fetched list is
//! kept in an unnamed temporary file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::ScanError;
use super::list_builder::{RecordSink, RecordSource};
use crate::config::CategoryConfig;
use crate::formats::filelist::{FileListError, FileListLine, FileListParser};
use crate::model::Timestamp;
use crate::model::names::DirPath;
use crate::sys::http::{self, Agent};
use crate::sys::lines::{self, LinesError};
use crate::sys::regular_file;
use crate::sys::signals::ShutdownFlag;

/// Maximum size in bytes of a list, compressed and decompressed; Fedora's largest has about 2 GB.
const MAX_BYTES: u64 = 16 << 30;
const BUFFER: usize = 256 << 10;

#[derive(Debug)]
pub(crate) struct FileList {
    name: String,
    file: File,
    compression: Compression,
    /// The directory of the list that is the category's top, with a trailing slash, or empty.
    prefix: Vec<u8>,
    stop: ShutdownFlag,
    /// Size in bytes and modification time, if both are known.
    state: Option<(u64, Timestamp)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Xz,
    Zstd,
}

impl FileList {
    /// Opens a local list or fetches a remote one. `prefix` is the directory of the list that is the category's top.
    pub(crate) fn open(
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
        let mut file = if CategoryConfig::is_url(list) {
            let mut file = tempfile::tempfile().map_err(|e| no_list(format!("cannot create a temporary file: {e}")))?;
            let response = agent
                .get_into(list, MAX_BYTES, Some(deadline), &mut file)
                .map_err(|e| no_list(e.to_string()))?;
            if response.status != 200 {
                return Err(no_list(format!("the server returned status {}", response.status)));
            }
            written = response.last_modified.as_deref().and_then(http::date);
            file
        } else {
            let path = resolve_pattern(Path::new(list)).map_err(no_list)?;
            let (file, _) = regular_file::open(&path).map_err(|e| no_list(e.to_string()))?;
            let meta = file.metadata().map_err(|e| no_list(e.to_string()))?;
            written = Some(Timestamp(meta.mtime()));
            file
        };
        let size = file.metadata().map_err(|e| no_list(e.to_string()))?.len();
        let compression = Compression::detect(&mut file).map_err(|e| no_list(e.to_string()))?;
        let mut prefix = prefix.to_bytes();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        Ok(Self {
            name: format!("the file list {list}"),
            file,
            compression,
            prefix,
            stop: stop.clone(),
            state: written.map(|at| (size, at)),
        })
    }

    /// Returns the stored size in bytes and the modification time; `None` if unknown.
    pub(crate) const fn state(&self) -> Option<(u64, Timestamp)> {
        self.state
    }

    fn text(&mut self) -> io::Result<Box<dyn BufRead + '_>> {
        self.file.rewind()?;
        let raw = BufReader::with_capacity(BUFFER, &self.file);
        Ok(match self.compression {
            Compression::None => Box::new(raw),
            Compression::Gzip => decompressed(flate2::bufread::MultiGzDecoder::new(raw)),
            Compression::Xz => decompressed(liblzma::bufread::XzDecoder::new_multi_decoder(raw)),
            Compression::Zstd => decompressed(zstd::stream::read::Decoder::with_buffer(raw)?),
        })
    }
}

fn decompressed<'a>(reader: impl Read + 'a) -> Box<dyn BufRead + 'a> {
    // A longer list is truncated here, and rejected as incomplete.
    Box::new(BufReader::with_capacity(BUFFER, reader.take(MAX_BYTES)))
}

impl Compression {
    fn detect(file: &mut File) -> io::Result<Self> {
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

/// Returns the file of that name; if the name has a `*`, the only file that matches it.
pub(crate) fn resolve_pattern(list: &Path) -> Result<PathBuf, String> {
    let name = list.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let Some((start, end)) = name.split_once('*') else {
        return Ok(list.to_owned());
    };
    let dir = list.parent().unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(dir).map_err(|e| e.to_string())?;
    let mut matching: Vec<PathBuf> = entries
        .filter_map(Result::ok)
        .filter(|e| {
            let name = e.file_name();
            let name = name.to_string_lossy();
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        })
        .map(|e| e.path())
        .collect();
    matching.sort();
    match matching.as_slice() {
        [] => Err("no such file".to_owned()),
        [one] => Ok(one.clone()),
        [one, two, ..] => Err(format!(
            "{} and {} match; name one of them",
            one.display(),
            two.display()
        )),
    }
}

impl RecordSource for FileList {
    fn for_each(&mut self, take: RecordSink<'_>) -> Result<(), ScanError> {
        let (name, stop) = (self.name(), self.stop.clone());
        let prefix = std::mem::take(&mut self.prefix);
        let rejected = |why: String| ScanError::Rejected {
            what: name.clone(),
            why,
        };
        let mut parser = FileListParser::default();
        let mut count = 0_u64;
        let read = match self.text() {
            Ok(mut text) => lines::for_each_line(&mut text, |line| {
                count += 1;
                if count.is_multiple_of(65_536) && stop.is_requested() {
                    return Err(None);
                }
                let mut parsed = parser.parse_line(line).map_err(|e| Some(e.to_string()))?;
                let path = match &mut parsed {
                    FileListLine::Other => return Ok(()),
                    FileListLine::Entry(entry) => &mut entry.path,
                    FileListLine::Checksum { path, .. } => path,
                };
                match path_below(&prefix, path) {
                    Some(below) => *path = below,
                    None => return Ok(()),
                }
                take(line, parsed).map_err(|e| Some(format!("line {count}: {e}")))
            }),
            Err(e) => Err(LinesError::Read(e)),
        };
        self.prefix = prefix;
        match read {
            Ok(()) => parser.finish().map_err(|e: FileListError| rejected(e.to_string())),
            Err(LinesError::Refused(Some(why))) => Err(rejected(why)),
            Err(LinesError::Refused(None)) => Err(ScanError::Stopped(name)),
            Err(LinesError::TooLong(n)) => Err(rejected(LinesError::<String>::TooLong(n).to_string())),
            Err(LinesError::Read(e)) => Err(rejected(format!("it cannot be read completely: {e}"))),
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// Returns the path below the top; `None` if it is elsewhere. `prefix` ends with a slash, or is empty.
fn path_below<'a>(prefix: &[u8], path: &'a [u8]) -> Option<&'a [u8]> {
    if prefix.is_empty() {
        return Some(path);
    }
    match path.strip_prefix(prefix) {
        Some(rest) => Some(rest),
        None if prefix.strip_suffix(b"/") == Some(path) => Some(&[]),
        None => None,
    }
}
