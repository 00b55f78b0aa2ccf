//! Reads files of the master that a list names, `repomd.xml` and checksum lists, with several workers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::ScanError;
use super::details;
use crate::formats::file_sample;
use crate::model::file::{Hashes, SampledFile, ScannedDetail};
use crate::model::listing::DirectoryContent;
use crate::model::names::DirPath;
use crate::sys::origin::{OriginError, ReadOutcome};
use crate::sys::signals::ShutdownFlag;

/// Number of unreadable files after which the master counts as unreachable and no further file is read.
const MAX_FAILURES: usize = 5;

/// A directory whose files must be read.
#[derive(Debug)]
pub(super) struct FetchRequest<'a> {
    pub(super) path: &'a DirPath,
    pub(super) files: Vec<SampledFile>,
    pub(super) repodata: bool,
    /// Digests of `repomd.xml` from the file list.
    pub(super) listed: Hashes,
    /// Stored details of its files.
    pub(super) stored: &'a [ScannedDetail],
}

/// The content of a directory and problems found on the way.
#[derive(Debug)]
pub(super) struct FetchResult {
    pub(super) content: DirectoryContent,
    /// A problem because of which the next scan reads the directory again.
    pub(super) warning: Option<String>,
    /// True if a file of the master could not be read.
    pub(super) unread: bool,
}

impl FetchResult {
    pub(super) const fn clean(content: DirectoryContent) -> Self {
        Self {
            content,
            warning: None,
            unread: false,
        }
    }
}

/// Reads a file of the master: directory, escaped name, maximum length in bytes.
pub(super) type ReadMasterFile<'a> = &'a (dyn Fn(&DirPath, &str, u64) -> Result<ReadOutcome, OriginError> + Sync);

/// Reads the files of all requests with this many workers; each result keeps the number of its request.
pub(super) fn fetch_all(
    wanted: Vec<(usize, FetchRequest<'_>)>,
    read_file: ReadMasterFile<'_>,
    workers: usize,
    stop: &ShutdownFlag,
) -> Result<Vec<(usize, FetchResult)>, ScanError> {
    let failures = AtomicUsize::new(0);
    let queue = Mutex::new(wanted);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let worker = || {
        let mut found = Vec::new();
        while let Some((n, wanted)) = next() {
            if stop.is_requested() {
                return None;
            }
            found.push((n, fetch_directory(wanted, read_file, &failures)));
        }
        Some(found)
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers.max(1)).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
    });
    let mut out = Vec::new();
    for result in results {
        match result {
            Ok(Some(found)) => out.extend(found),
            Ok(None) => return Err(ScanError::Stopped("the master's repomd.xml files".to_owned())),
            Err(_) => return Err(ScanError::Broken("the master's repomd.xml files".to_owned())),
        }
    }
    Ok(out)
}

fn fetch_directory(
    mut request: FetchRequest<'_>,
    read_file: ReadMasterFile<'_>,
    failures: &AtomicUsize,
) -> FetchResult {
    let mut files = std::mem::take(&mut request.files);
    let mut read = |name: &str, cap: u64| {
        if failures.load(Ordering::Relaxed) >= MAX_FAILURES {
            return Err("not read, because other files of the master could not be read".to_owned());
        }
        match read_file(request.path, name, cap) {
            Ok(ReadOutcome::Absent) => Ok(ReadOutcome::Unusable("is listed but does not exist".to_owned())),
            Ok(found) => Ok(found),
            Err(e) => {
                failures.fetch_add(1, Ordering::Relaxed);
                Err(e.to_string())
            }
        }
    };
    let previous = request.previous();
    let (details, warning, unread) = match details::read_details(&mut files, previous, &mut read) {
        Ok((details, warnings)) => {
            let warning = (!warnings.is_empty()).then(|| format!("{}/{}", request.path, warnings.join("; ")));
            (details, warning, false)
        }
        Err(why) => (Vec::new(), Some(format!("{}: {why}", request.path)), true),
    };
    FetchResult {
        content: DirectoryContent {
            files: file_sample::select(files),
            details,
        },
        warning,
        unread,
    }
}
