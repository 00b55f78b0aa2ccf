//! Builds a [`MasterListing`] from the lines of a list in two passes.
//!
//! The first pass computes a fingerprint of each directory, which changes with any of its entries. The second pass collects the files
//! of directories whose fingerprint differs from the last scan. So a list of millions of lines with few changes needs no memory
//! for files.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::ScanError;
use super::details::{self, DirectoryDetails, PreviousDetails};
use super::fetch::{FetchRequest, FetchResult, ReadMasterFile, fetch_all};
use super::unreadable::{UnreadableDirectories, unread_directory};
use crate::config::PathFilter;
use crate::formats::checksum_file;
use crate::formats::entry::{EntryKind, split_path};
use crate::formats::file_sample;
use crate::formats::filelist::FileListLine;
use crate::model::Timestamp;
use crate::model::file::{Hashes, REPOMD, SampledFile};
use crate::model::ids::DirectoryId;
use crate::model::listing::{KnownCategory, MasterListing, ScannedDirectory, StoredContent};
use crate::model::names::{DirPath, escape_name};
use crate::sys::signals::ShutdownFlag;

/// Maximum length of a path in bytes: that of Linux.
const MAX_PATH: usize = 4096;
/// Number of files of one directory that are kept before they are reduced to a file sample. In a larger directory the oldest files
/// of a checksum list may have no details.
const MAX_FILES_PER_DIRECTORY: usize = 4096;

/// A complete listing, and problems found on the way.
#[derive(Debug)]
pub(crate) struct ListingResult {
    pub listing: MasterListing,
    /// Problems by directory; such a directory is recorded without details.
    pub warnings: BTreeMap<DirPath, String>,
    /// Number of directories without details because a file of the master could not be read.
    pub unread: u64,
    /// Directories without content because they could not be listed.
    pub unreadable: UnreadableDirectories,
}

/// Receives a raw line and its record; returns the reason if it is invalid.
pub(crate) type RecordSink<'t> = &'t mut dyn FnMut(&[u8], FileListLine<'_>) -> Result<(), String>;

/// A list that can be read twice.
pub(crate) trait RecordSource {
    /// Passes every record on; fails if the list is incomplete.
    fn for_each(&mut self, take: RecordSink<'_>) -> Result<(), ScanError>;

    fn name(&self) -> String;

    /// Returns the directories that could not be listed, as paths below the top, with the reason. Known after the first pass.
    fn unreadable(&self) -> Vec<(Vec<u8>, String)> {
        Vec::new()
    }

    /// True if [`Self::unreadable`] is complete. Otherwise whoever wrote the list may have left out what it could not read.
    fn reports_unreadable(&self) -> bool {
        false
    }
}

/// The inputs of a listing.
pub(crate) struct ListingBuilder<'a> {
    /// The recorded part of the tree.
    pub scope: &'a PathFilter,
    pub known: &'a KnownCategory,
    /// The directory at the top of the list.
    pub base: DirPath,
    /// True if the directories above `base` are world-readable.
    pub parents_readable: bool,
    /// True if the list has a line for its top.
    pub top_has_line: bool,
    pub read_file: ReadMasterFile<'a>,
    /// Number of files of the master that are read at the same time.
    pub workers: usize,
    pub stop: &'a ShutdownFlag,
}

#[derive(Debug)]
struct Dir {
    path: DirPath,
    /// Index of its parent; the top is its own parent.
    parent: usize,
    listed: bool,
    open: bool,
    time: i64,
    /// Sum of the hashes of its lines: independent of their order.
    sum: u64,
    /// True if it or a directory above it is excluded.
    skipped: bool,
    /// True if it or a directory above it is included.
    included: bool,
}

struct Dirs<'a> {
    scope: &'a PathFilter,
    all: Vec<Dir>,
    index: HashMap<Box<[u8]>, usize>,
    /// The last lookup: lines of one directory are usually adjacent.
    last: (Vec<u8>, usize),
    lines: u64,
}

impl<'a> Dirs<'a> {
    fn new(scope: &'a PathFilter, base: DirPath) -> Self {
        let included =
            scope.includes(&base) || std::iter::successors(base.parent(), DirPath::parent).any(|p| scope.includes(&p));
        let top = Dir {
            path: base,
            parent: 0,
            listed: false,
            open: true,
            time: 0,
            sum: 0,
            skipped: false,
            included,
        };
        Self {
            scope,
            all: vec![top],
            index: HashMap::from([(Box::default(), 0)]),
            last: (Vec::new(), 0),
            lines: 0,
        }
    }

    /// Returns the index of a directory; adds it, and the directories above it, if it is new.
    fn index_of(&mut self, path: &[u8]) -> Result<usize, String> {
        if self.last.0 == path {
            return Ok(self.last.1);
        }
        let number = match self.index.get(path) {
            Some(number) => *number,
            None => self.add(path)?,
        };
        self.last.0.clear();
        self.last.0.extend_from_slice(path);
        self.last.1 = number;
        Ok(number)
    }

    fn add(&mut self, path: &[u8]) -> Result<usize, String> {
        if path.len() > MAX_PATH {
            return Err(format!("a path of {} bytes is too long", path.len()));
        }
        let (above, name) = split_path(path);
        let parent = self.index_of(above)?;
        let up = self
            .all
            .get(parent)
            .ok_or("internal error: a parent directory has no index")?;
        let own = up.path.child(name)?;
        let dir = Dir {
            parent,
            listed: false,
            open: true,
            time: 0,
            sum: 0,
            skipped: up.skipped || file_sample::is_ignored(name) || self.scope.excludes(&own),
            included: up.included || self.scope.includes(&own),
            path: own,
        };
        let number = self.all.len();
        self.all.push(dir);
        self.index.insert(path.into(), number);
        Ok(number)
    }

    /// Returns the directory of a file if such files are recorded.
    fn directory_of_file(&mut self, path: &[u8]) -> Result<Option<(usize, &mut Dir)>, String> {
        if path.is_empty() {
            return Err("a file without a name".to_owned());
        }
        let (above, name) = split_path(path);
        let number = self.index_of(above)?;
        if matches!(name, b"" | b"." | b"..") || name.contains(&0) {
            return Err(format!("invalid file name {:?}", String::from_utf8_lossy(name)));
        }
        if file_sample::is_partial_transfer(name) || file_sample::is_ignored(name) {
            return Ok(None);
        }
        let dir = self.all.get_mut(number).filter(|d| !d.skipped);
        Ok(dir.map(|d| (number, d)))
    }

    /// First pass: adds one line.
    fn add_line(&mut self, line: &[u8], record: &FileListLine<'_>) -> Result<(), String> {
        match record {
            FileListLine::Entry(entry) if entry.kind == EntryKind::Directory => {
                let number = self.index_of(entry.path)?;
                if let Some(dir) = self.all.get_mut(number) {
                    (dir.listed, dir.open, dir.time) = (true, entry.world_readable, entry.timestamp);
                }
            }
            FileListLine::Entry(entry) => {
                if let Some((_, dir)) = self.directory_of_file(entry.path)? {
                    dir.sum = dir.sum.wrapping_add(xxh3_64(line));
                }
            }
            FileListLine::Checksum { algorithm, path, .. } => {
                if let Some((_, dir)) = self.directory_of_file(path)? {
                    let seed = u64::try_from(algorithm.digits()).unwrap_or_default();
                    dir.sum = dir.sum.wrapping_add(xxh3_64_with_seed(line, seed));
                }
            }
            FileListLine::Other => return Ok(()),
        }
        self.lines += 1;
        Ok(())
    }

    /// Returns for each directory if it and all directories above it are world-readable.
    fn readable(&self, parents_readable: bool) -> Vec<bool> {
        let mut out: Vec<bool> = Vec::with_capacity(self.all.len());
        for dir in &self.all {
            // Parents precede their children.
            let above = out.get(dir.parent).copied().unwrap_or(parents_readable);
            out.push(above && dir.open);
        }
        out
    }

    /// Finds the directories that the source could not list.
    fn find_unreadable(&self, reported: Vec<(Vec<u8>, String)>) -> Result<Unreadable, String> {
        let mut out = Unreadable {
            reasons: BTreeMap::new(),
            with_children: self.all.iter().skip(1).map(|d| d.parent).collect(),
        };
        for (path, why) in reported {
            let number = self.index.get(path.as_slice()).filter(|n| **n != 0);
            let number = number.ok_or_else(|| format!("{}: {why}", path.escape_ascii()))?;
            out.reasons.insert(*number, why);
        }
        Ok(out)
    }

    /// Returns for each directory if it is recorded: it or one below it is included, or it is the top.
    fn included(&self) -> Vec<bool> {
        let mut out: Vec<bool> = self.all.iter().map(|d| d.included && !d.skipped).collect();
        for (n, dir) in self.all.iter().enumerate().rev() {
            if out.get(n) == Some(&true)
                && let Some(up) = out.get_mut(dir.parent)
            {
                *up = true;
            }
        }
        if let Some(top) = out.first_mut() {
            *top = true;
        }
        for (keep, dir) in out.iter_mut().zip(&self.all) {
            *keep &= self.scope.below().contains(&dir.path);
        }
        out
    }
}

/// Directories whose content the list lacks, by index, with the reason.
struct Unreadable {
    reasons: BTreeMap<usize, String>,
    /// Indexes of directories with a directory in them.
    with_children: BTreeSet<usize>,
}

impl Unreadable {
    fn contains(&self, n: usize) -> bool {
        self.reasons.contains_key(&n)
    }

    fn insert(&mut self, n: usize, why: &str) {
        self.reasons.insert(n, why.to_owned());
    }

    /// True for a directory that is not world-readable and of which the list names no entry, although some are recorded: whoever
    /// wrote the list could not read it.
    fn is_empty_but_recorded(&self, dir: &Dir, n: usize, known: &KnownCategory) -> bool {
        let is_empty = !dir.open && dir.sum == 0 && !self.with_children.contains(&n);
        is_empty && {
            let recorded = known.directories.get(&dir.path).filter(|d| d.vanished_at.is_none());
            let has_files = recorded.is_some_and(|d| d.fingerprint != Some(0));
            let from = (Bound::Excluded(&dir.path), Bound::Unbounded);
            let mut after = known
                .directories
                .range(from)
                .take_while(|(path, _)| dir.path.contains(path));
            recorded.is_some() && (has_files || after.any(|(_, d)| d.vanished_at.is_none()))
        }
    }
}

/// The files of a directory whose content changed.
#[derive(Default)]
struct Files {
    files: Vec<SampledFile>,
    /// Digests of `repomd.xml` from the list.
    listed: Hashes,
}

impl ListingBuilder<'_> {
    /// Builds the listing. `stored` loads the recorded content of directories; `taken_at` is the current time.
    pub(crate) fn run(
        &self,
        lines: &mut dyn RecordSource,
        stored: &mut dyn FnMut(&[DirectoryId]) -> Result<StoredContent, ScanError>,
        taken_at: Timestamp,
    ) -> Result<ListingResult, ScanError> {
        let name = lines.name();
        let rejected = |why: String| ScanError::Rejected {
            what: name.clone(),
            why,
        };
        let mut dirs = Dirs::new(self.scope, self.base.clone());
        lines.for_each(&mut |line, record| dirs.add_line(line, &record))?;
        self.check_complete(&dirs).map_err(&rejected)?;
        let mut unreadable = dirs.find_unreadable(lines.unreadable()).map_err(rejected)?;
        let (readable, kept) = (dirs.readable(self.parents_readable), dirs.included());
        let mut contents: BTreeMap<usize, Files> = BTreeMap::new();
        let mut ids = Vec::new();
        for (n, dir) in dirs.all.iter().enumerate().filter(|(n, _)| kept.get(*n) == Some(&true)) {
            let before = self.known.directories.get(&dir.path);
            if !lines.reports_unreadable() && unreadable.is_empty_but_recorded(dir, n, self.known) {
                unreadable.insert(n, "it is not world-readable, and the list names nothing in it");
            }
            if unreadable.contains(n) {
                continue;
            }
            let same = before.is_some_and(|k| {
                k.fingerprint == Some(dir.sum.cast_signed()) && Some(&k.readable) == readable.get(n) && !k.needs_scan
            });
            if !same {
                contents.insert(n, Files::default());
                ids.extend(before.map(|k| k.id));
            }
        }
        if !contents.is_empty() {
            lines.for_each(&mut |_, record| collect(&mut dirs, &readable, &mut contents, &record))?;
        }
        let stored = if ids.is_empty() {
            StoredContent::default()
        } else {
            stored(&ids)?
        };
        let mut found = self.details(&dirs, contents, &stored)?;
        let mut listed = ListingResult {
            listing: MasterListing {
                taken_at,
                directories: BTreeMap::new(),
            },
            warnings: BTreeMap::new(),
            unread: 0,
            unreadable: BTreeMap::new(),
        };
        let is_kept = |n: &usize| kept.get(*n) == Some(&true);
        for (n, dir) in dirs.all.into_iter().enumerate().filter(|(n, _)| is_kept(n)) {
            let is_readable = readable.get(n) == Some(&true);
            if let Some(why) = unreadable.reasons.remove(&n) {
                listed.unreadable.insert(dir.path.clone(), why);
                listed
                    .listing
                    .directories
                    .insert(dir.path, unread_directory(is_readable));
                continue;
            }
            let mut fingerprint = Some(dir.sum.cast_signed());
            let content = found.remove(&n).map(|found| {
                if found.unread {
                    listed.unread += 1;
                }
                if let Some(warning) = found.warning {
                    // Without a fingerprint the next scan reads the directory again.
                    fingerprint = None;
                    listed.warnings.insert(dir.path.clone(), warning);
                }
                found.content
            });
            let directory = ScannedDirectory {
                readable: is_readable,
                ctime: dir.time,
                fingerprint,
                content,
            };
            listed.listing.directories.insert(dir.path, directory);
        }
        Ok(listed)
    }

    /// Checks that the list names every directory that contains something.
    fn check_complete(&self, dirs: &Dirs<'_>) -> Result<(), String> {
        let has_top = dirs.all.first().is_some_and(|top| top.listed) || (!self.top_has_line && dirs.lines > 0);
        if !has_top {
            return Err("the top of the category is missing".to_owned());
        }
        match dirs.all.iter().skip(1).find(|d| !d.listed && !d.skipped) {
            Some(dir) => Err(format!("it has entries in {} but not that directory", dir.path)),
            None => Ok(()),
        }
    }

    /// Returns the content of each changed directory: details first, then the file sample.
    fn details(
        &self,
        dirs: &Dirs<'_>,
        contents: BTreeMap<usize, Files>,
        stored: &StoredContent,
    ) -> Result<BTreeMap<usize, FetchResult>, ScanError> {
        let mut requests = Vec::new();
        let mut out = BTreeMap::new();
        for (n, Files { files, listed }) in contents {
            let Some(dir) = dirs.all.get(n) else { continue };
            let repodata = details::is_repodata(&dir.path);
            if repodata || files.iter().any(|f| checksum_file::is_checksum_file(&f.name)) {
                let id = self.known.directories.get(&dir.path).map(|k| k.id);
                let stored = id.and_then(|id| stored.details.get(&id)).map_or(&[][..], Vec::as_slice);
                let previous = PreviousDetails {
                    repodata,
                    listed: Some(listed),
                    stored,
                };
                let path = &dir.path;
                requests.push((n, FetchRequest { path, files, previous }));
            } else {
                out.insert(n, FetchResult::new(files, DirectoryDetails::default()));
            }
        }
        out.extend(fetch_all(&requests, self.read_file, self.workers, self.stop)?);
        Ok(out)
    }
}

/// Second pass: collects the files of changed directories.
fn collect(
    dirs: &mut Dirs<'_>,
    readable: &[bool],
    contents: &mut BTreeMap<usize, Files>,
    record: &FileListLine<'_>,
) -> Result<(), String> {
    match record {
        FileListLine::Entry(entry) if entry.kind == EntryKind::Directory => {}
        FileListLine::Entry(entry) => {
            let Some((number, _)) = dirs.directory_of_file(entry.path)? else {
                return Ok(());
            };
            // Mirrors cannot have a file that is not world-readable, except in a directory that is not yet open either.
            let served = entry.world_readable || readable.get(number) != Some(&true);
            if let Some(content) = contents.get_mut(&number).filter(|_| served) {
                content.files.push(SampledFile {
                    name: escape_name(split_path(entry.path).1),
                    size: (entry.kind == EntryKind::File).then_some(entry.size),
                    timestamp: entry.timestamp,
                });
                if content.files.len() >= MAX_FILES_PER_DIRECTORY {
                    content.files = file_sample::select(std::mem::take(&mut content.files));
                }
            }
        }
        FileListLine::Checksum { algorithm, hash, path } => {
            if let Some((number, _)) = dirs.directory_of_file(path)?
                && let Some(content) = contents.get_mut(&number)
                && split_path(path).1 == REPOMD.as_bytes()
            {
                checksum_file::set_hash(&mut content.listed, *algorithm, hash);
            }
        }
        FileListLine::Other => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests;
