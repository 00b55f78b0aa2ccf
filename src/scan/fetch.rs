//! Reads files of the master that a list names, `repomd.xml` and checksum lists, with several workers.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::ScanError;
use super::details::{self, DirectoryDetails, PreviousDetails};
use crate::formats::file_sample;
use crate::model::file::SampledFile;
use crate::model::listing::DirectoryContent;
use crate::model::names::DirPath;
use crate::sys::origin::{OriginError, ReadOutcome};
use crate::sys::parallel::{self, WorkerPanic};
use crate::sys::signals::ShutdownFlag;

/// Number of failed reads after which the master counts as unreachable and no further file is read.
const MAX_FAILURES: usize = 5;

/// A directory whose files must be read.
#[derive(Debug)]
pub(super) struct FetchRequest<'a> {
    pub(super) path: &'a DirPath,
    pub(super) files: Vec<SampledFile>,
    pub(super) previous: PreviousDetails<'a>,
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
    /// The result for a directory with these files and details.
    pub(super) fn new(files: Vec<SampledFile>, details: DirectoryDetails) -> Self {
        Self {
            content: DirectoryContent {
                files: file_sample::select(files),
                details: details.files,
                refused: details.refused,
            },
            warning: None,
            unread: false,
        }
    }
}

/// Reads a file of the master: directory, escaped name, maximum length in bytes.
pub(super) type ReadMasterFile<'a> = &'a (dyn Fn(&DirPath, &str, u64) -> Result<ReadOutcome, OriginError> + Sync);

/// Reads the files of all requests with this many workers; each result keeps the number of its request.
pub(super) fn fetch_all(
    wanted: &[(usize, FetchRequest<'_>)],
    read_file: ReadMasterFile<'_>,
    workers: usize,
    stop: &ShutdownFlag,
) -> Result<Vec<(usize, FetchResult)>, ScanError> {
    let failures = AtomicUsize::new(0);
    let what = || "the master's repomd.xml files".to_owned();
    parallel::map(wanted, workers, |(n, request)| {
        (!stop.is_requested()).then(|| (*n, fetch_directory(request, read_file, &failures)))
    })
    .into_iter()
    .map(|result| match result {
        Ok(found) => found.ok_or_else(|| ScanError::Stopped(what())),
        Err(WorkerPanic) => Err(ScanError::Broken(what())),
    })
    .collect()
}

fn fetch_directory(request: &FetchRequest<'_>, read_file: ReadMasterFile<'_>, failures: &AtomicUsize) -> FetchResult {
    let mut files = request.files.clone();
    let mut read = |name: &str, cap: u64| {
        if failures.load(Ordering::Relaxed) >= MAX_FAILURES {
            return Err("not read, because other files of the master could not be read".to_owned());
        }
        match read_file(request.path, name, cap) {
            Ok(ReadOutcome::Absent) => Ok(ReadOutcome::Unusable("is listed but does not exist".to_owned())),
            Ok(found) => Ok(found),
            Err(e) => {
                // A refusal concerns this file only, such as one of a staged release.
                if !e.is_refusal() {
                    failures.fetch_add(1, Ordering::Relaxed);
                }
                Err(e.to_string())
            }
        }
    };
    match details::read_details(&mut files, &request.previous, &mut read) {
        Ok(details) => FetchResult {
            warning: (!details.warnings.is_empty())
                .then(|| format!("{}/{}", request.path, details.warnings.join("; "))),
            ..FetchResult::new(files, details)
        },
        Err(why) => FetchResult {
            warning: Some(format!("{}: {why}", request.path)),
            unread: true,
            ..FetchResult::new(files, DirectoryDetails::default())
        },
    }
}
