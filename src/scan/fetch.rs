//! The master's own files that a list points to: `repomd.xml` and lists of checksums, read by several lanes.

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

/// After so many files that could not be read the others are not tried: the master is not there.
const MAX_FAILURES: usize = 5;

/// A directory whose files must be looked at.
#[derive(Debug)]
pub(super) struct FetchRequest<'a> {
    pub(super) path: &'a DirPath,
    pub(super) files: Vec<SampledFile>,
    pub(super) repodata: bool,
    /// The digest of its `repomd.xml` that the list gives.
    pub(super) listed: Hashes,
    /// What is stored of its files.
    pub(super) stored: &'a [ScannedDetail],
}

/// The content of a directory.
#[derive(Debug)]
pub(super) struct FetchResult {
    pub(super) content: DirectoryContent,
    /// What was not as it should be: it has to be looked at again.
    pub(super) warning: Option<String>,
    /// A file of the master could not be read.
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

type Read<'a> = &'a (dyn Fn(&DirPath, &str, u64) -> Result<ReadOutcome, OriginError> + Sync);

/// Looks at all of them, `lanes` at a time; the numbers come back as they were given.
pub(super) fn all(
    wanted: Vec<(usize, FetchRequest<'_>)>,
    look: Read<'_>,
    lanes: usize,
    stop: &ShutdownFlag,
) -> Result<Vec<(usize, FetchResult)>, ScanError> {
    let failures = AtomicUsize::new(0);
    let queue = Mutex::new(wanted);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let lane = || {
        let mut found = Vec::new();
        while let Some((n, wanted)) = next() {
            if stop.is_requested() {
                return None;
            }
            found.push((n, one(wanted, look, &failures)));
        }
        Some(found)
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes.max(1)).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
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

fn one(mut wanted: FetchRequest<'_>, look: Read<'_>, failures: &AtomicUsize) -> FetchResult {
    let mut files = std::mem::take(&mut wanted.files);
    let mut read = |name: &str, cap: u64| {
        if failures.load(Ordering::Relaxed) >= MAX_FAILURES {
            return Err("not read, as other files of the master could not be read".to_owned());
        }
        match look(wanted.path, name, cap) {
            Ok(ReadOutcome::Absent) => Ok(ReadOutcome::Unusable("is listed but not there".to_owned())),
            Ok(found) => Ok(found),
            Err(e) => {
                failures.fetch_add(1, Ordering::Relaxed);
                Err(e.to_string())
            }
        }
    };
    let before = wanted.before();
    let (details, warning, unread) = match details::of(&mut files, before, &mut read) {
        Ok((details, warnings)) => {
            let warning = (!warnings.is_empty()).then(|| format!("{}/{}", wanted.path, warnings.join("; ")));
            (details, warning, false)
        }
        Err(why) => (Vec::new(), Some(format!("{}: {why}", wanted.path)), true),
    };
    FetchResult {
        content: DirectoryContent {
            files: file_sample::of(files),
            details,
        },
        warning,
        unread,
    }
}
