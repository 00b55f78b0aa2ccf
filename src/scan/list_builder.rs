//! From the lines of a list to a [`MasterListing`]: two passes over the same lines.
//!
//! The first makes of each directory a fingerprint, which tells whether anything about its entries is other than at the last scan.
//! The second collects the files of those that are. So a list of millions of lines of which one changed costs its reading twice
//! and no memory for files.

use std::collections::{BTreeMap, HashMap};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::ScanError;
use super::details::{self, PreviousDetails, REPOMD};
use super::fetch::{self, FetchRequest};
use crate::config::PathFilter;
use crate::formats::checksum_file;
use crate::formats::entry::{Entry, Kind};
use crate::formats::file_sample;
use crate::formats::filelist::Algorithm;
use crate::model::Timestamp;
use crate::model::file::{Hashes, SampledFile};
use crate::model::ids::DirectoryId;
use crate::model::listing::{DirectoryContent, KnownCategory, MasterListing, ScannedDirectory, StoredContent};
use crate::model::names::{DirPath, escape_name};
use crate::sys::origin::{OriginError, ReadOutcome};
use crate::sys::signals::ShutdownFlag;

/// The longest path that is taken: more than Linux opens.
const MAX_PATH: usize = 4096;
/// So many files of one directory are kept before its short list is drawn: of a directory with more, a list of checksums may miss
/// the details of its oldest.
const MAX_FILES_PER_DIRECTORY: usize = 4096;

/// A clean listing, and what else is to be told.
#[derive(Debug)]
pub struct ListingResult {
    /// The listing.
    pub listing: MasterListing,
    /// What was not as it should be, by directory: recorded without details.
    pub warnings: BTreeMap<DirPath, String>,
    /// How many directories wait for details because the master's file could not be read.
    pub unread: u64,
}

/// One line of a list.
#[derive(Debug)]
pub enum Record<'a> {
    /// An entry of the tree.
    Entry(Entry<'a>),
    /// A digest of a file.
    Checksum {
        /// Which digest.
        algorithm: Algorithm,
        /// Its digits.
        hash: &'a str,
        /// The file's path, as in [`Entry::path`].
        path: &'a [u8],
    },
}

/// Takes a line as it is and what it says; the text says why it cannot be.
pub type RecordSink<'t> = &'t mut dyn FnMut(&[u8], Record<'_>) -> Result<(), String>;

/// A list that can be read twice.
pub trait RecordSource {
    /// Hands over every record, and tells whether the list was whole.
    fn for_each(&mut self, take: RecordSink<'_>) -> Result<(), ScanError>;

    /// What messages call it.
    fn name(&self) -> String;
}

/// What a listing is made with.
pub struct ListingBuilder<'a> {
    /// What is recorded at all.
    pub scope: &'a PathFilter,
    /// What is known.
    pub known: &'a KnownCategory,
    /// The directory that is the top of the list.
    pub base: DirPath,
    /// Whether the directories above that are readable to the world.
    pub parents_readable: bool,
    /// Whether the list names its top, or every line stands for it.
    pub top_has_line: bool,
    /// Reads a file of the master: directory, escaped name, longest length.
    pub look: &'a (dyn Fn(&DirPath, &str, u64) -> Result<ReadOutcome, OriginError> + Sync),
    /// How many files of the master are read at the same time.
    pub lanes: usize,
    /// Asked now and then.
    pub stop: &'a ShutdownFlag,
}

impl std::fmt::Debug for ListingBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gather")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// A directory of the list.
#[derive(Debug)]
struct Dir {
    path: DirPath,
    /// Which directory it lies in; the top lies in itself.
    parent: usize,
    /// Whether the list has a line for it.
    listed: bool,
    open: bool,
    time: i64,
    /// The sum of the hashes of its lines, so that their order does not matter.
    sum: u64,
    /// Excluded, or below what is.
    skipped: bool,
    /// It or a directory above it is included.
    included: bool,
}

/// The directories of a list, by their paths in it.
struct Dirs<'a> {
    scope: &'a PathFilter,
    all: Vec<Dir>,
    index: HashMap<Box<[u8]>, usize>,
    /// The one found last: lines of one directory mostly stand together.
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

    /// The number of a directory, which is made if it is new, with those above it.
    fn number(&mut self, path: &[u8]) -> Result<usize, String> {
        if self.last.0 == path {
            return Ok(self.last.1);
        }
        let number = match self.index.get(path) {
            Some(number) => *number,
            None => self.make(path)?,
        };
        self.last.0.clear();
        self.last.0.extend_from_slice(path);
        self.last.1 = number;
        Ok(number)
    }

    fn make(&mut self, path: &[u8]) -> Result<usize, String> {
        if path.len() > MAX_PATH {
            return Err(format!("a path has {} bytes", path.len()));
        }
        let at = path.iter().rposition(|b| *b == b'/');
        let (above, name): (&[u8], &[u8]) = at.map_or((&[], path), |at| {
            let (above, name) = path.split_at(at);
            (above, name.strip_prefix(b"/").unwrap_or(name))
        });
        let parent = self.number(above)?;
        let up = self.all.get(parent).ok_or("a directory is lost")?;
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

    /// The directory a file lies in, if such a file is recorded at all.
    fn of_file(&mut self, entry: &Entry<'_>) -> Result<Option<(usize, &mut Dir)>, String> {
        let (above, name) = entry.split().ok_or("a file has no name")?;
        let number = self.number(above)?;
        if matches!(name, b"" | b"." | b"..") || name.contains(&0) {
            return Err(format!("{:?} is no name of a file", String::from_utf8_lossy(name)));
        }
        if file_sample::is_transfer(name) || file_sample::is_ignored(name) {
            return Ok(None);
        }
        let dir = self.all.get_mut(number).filter(|d| !d.skipped);
        Ok(dir.map(|d| (number, d)))
    }

    /// First pass: takes one line.
    fn take(&mut self, line: &[u8], record: &Record<'_>) -> Result<(), String> {
        self.lines += 1;
        match record {
            Record::Entry(entry) if entry.kind == Kind::Directory => {
                let number = self.number(entry.path)?;
                if let Some(dir) = self.all.get_mut(number) {
                    (dir.listed, dir.open, dir.time) = (true, entry.world_readable, entry.timestamp);
                }
            }
            Record::Entry(entry) => {
                if let Some((_, dir)) = self.of_file(entry)? {
                    dir.sum = dir.sum.wrapping_add(xxh3_64(line));
                }
            }
            Record::Checksum { algorithm, path, .. } => {
                let entry = as_file(path);
                if let Some((_, dir)) = self.of_file(&entry)? {
                    let seed = u64::try_from(algorithm.digits()).unwrap_or_default();
                    dir.sum = dir.sum.wrapping_add(xxh3_64_with_seed(line, seed));
                }
            }
        }
        Ok(())
    }

    /// For each directory, whether it and all above it are open.
    fn readable(&self, open_above: bool) -> Vec<bool> {
        let mut out: Vec<bool> = Vec::with_capacity(self.all.len());
        for dir in &self.all {
            // Those above come before those below.
            let above = out.get(dir.parent).copied().unwrap_or(open_above);
            out.push(above && dir.open);
        }
        out
    }

    /// For each directory, whether it is recorded: it is included, or one below it is, or it is the top.
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

fn as_file(path: &[u8]) -> Entry<'_> {
    Entry {
        kind: Kind::File,
        world_readable: true,
        timestamp: 0,
        size: 0,
        path,
    }
}

/// The files of a directory whose content is wanted.
#[derive(Default)]
struct Files {
    files: Vec<SampledFile>,
    /// The digest of its `repomd.xml` that the list gives.
    listed: Hashes,
}

impl ListingBuilder<'_> {
    /// Makes the listing. `stored` gives what the database holds of directories; `taken_at` = now.
    pub fn run(
        &self,
        lines: &mut dyn RecordSource,
        stored: &mut dyn FnMut(&[DirectoryId]) -> Result<StoredContent, ScanError>,
        taken_at: Timestamp,
    ) -> Result<ListingResult, ScanError> {
        let name = lines.name();
        let refused = |why: String| ScanError::Refused {
            what: name.clone(),
            why,
        };
        let mut dirs = Dirs::new(self.scope, self.base.clone());
        lines.for_each(&mut |line, record| dirs.take(line, &record))?;
        self.check_complete(&dirs).map_err(refused)?;
        let (readable, kept) = (dirs.readable(self.parents_readable), dirs.included());
        let mut contents: BTreeMap<usize, Files> = BTreeMap::new();
        let mut ids = Vec::new();
        for (n, dir) in dirs.all.iter().enumerate().filter(|(n, _)| kept.get(*n) == Some(&true)) {
            let before = self.known.directories.get(&dir.path);
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
        };
        for (n, dir) in dirs
            .all
            .into_iter()
            .enumerate()
            .filter(|(n, _)| kept.get(*n) == Some(&true))
        {
            let mut fingerprint = Some(dir.sum.cast_signed());
            let content = found.remove(&n).map(|found| {
                if found.unread {
                    listed.unread += 1;
                }
                if let Some(warning) = found.warning {
                    // Without one the next scan looks again.
                    fingerprint = None;
                    listed.warnings.insert(dir.path.clone(), warning);
                }
                found.content
            });
            let directory = ScannedDirectory {
                readable: readable.get(n) == Some(&true),
                ctime: dir.time,
                fingerprint,
                content,
            };
            listed.listing.directories.insert(dir.path, directory);
        }
        Ok(listed)
    }

    /// Whether the list names each directory that something lies in.
    fn check_complete(&self, dirs: &Dirs<'_>) -> Result<(), String> {
        let top_is_there = dirs.all.first().is_some_and(|top| top.listed) || (!self.top_has_line && dirs.lines > 0);
        if !top_is_there {
            return Err("it does not name the top of the category".to_owned());
        }
        match dirs.all.iter().skip(1).find(|d| !d.listed && !d.skipped) {
            Some(dir) => Err(format!("it names what lies in {} but not that directory", dir.path)),
            None => Ok(()),
        }
    }

    /// The content of each wanted directory: details first, then the short list.
    fn details(
        &self,
        dirs: &Dirs<'_>,
        contents: BTreeMap<usize, Files>,
        stored: &StoredContent,
    ) -> Result<BTreeMap<usize, fetch::FetchResult>, ScanError> {
        let mut wanted = Vec::new();
        let mut out = BTreeMap::new();
        for (n, Files { files, listed }) in contents {
            let Some(dir) = dirs.all.get(n) else { continue };
            let repodata = details::is_repodata(&dir.path);
            if repodata || files.iter().any(|f| checksum_file::is_checksum_file(&f.name)) {
                let id = self.known.directories.get(&dir.path).map(|k| k.id);
                let stored = id.and_then(|id| stored.details.get(&id)).map_or(&[][..], Vec::as_slice);
                wanted.push((
                    n,
                    FetchRequest {
                        path: &dir.path,
                        files,
                        repodata,
                        listed,
                        stored,
                    },
                ));
            } else {
                let content = DirectoryContent {
                    files: file_sample::of(files),
                    details: Vec::new(),
                };
                out.insert(n, fetch::FetchResult::clean(content));
            }
        }
        out.extend(fetch::all(wanted, self.look, self.lanes, self.stop)?);
        Ok(out)
    }
}

/// Second pass: keeps the files of wanted directories.
fn collect(
    dirs: &mut Dirs<'_>,
    readable: &[bool],
    contents: &mut BTreeMap<usize, Files>,
    record: &Record<'_>,
) -> Result<(), String> {
    match record {
        Record::Entry(entry) if entry.kind == Kind::Directory => {}
        Record::Entry(entry) => {
            let Some((number, _)) = dirs.of_file(entry)? else {
                return Ok(());
            };
            // A mirror cannot have what the world may not read; what lies in a closed directory waits for its opening.
            let served = entry.world_readable || readable.get(number) != Some(&true);
            if let Some(content) = contents.get_mut(&number).filter(|_| served)
                && let Some((_, name)) = entry.split()
            {
                content.files.push(SampledFile {
                    name: escape_name(name),
                    size: (entry.kind == Kind::File).then_some(entry.size),
                    timestamp: entry.timestamp,
                });
                if content.files.len() >= MAX_FILES_PER_DIRECTORY {
                    content.files = file_sample::of(std::mem::take(&mut content.files));
                }
            }
        }
        Record::Checksum { algorithm, hash, path } => {
            let entry = as_file(path);
            let Some((number, _)) = dirs.of_file(&entry)? else {
                return Ok(());
            };
            if let Some(content) = contents.get_mut(&number)
                && entry.split().is_some_and(|(_, name)| name == REPOMD.as_bytes())
            {
                checksum_file::put(&mut content.listed, *algorithm, hash);
            }
        }
    }
    Ok(())
}

impl FetchRequest<'_> {
    /// What is known before the files are looked at.
    pub(super) fn before(&self) -> PreviousDetails<'_> {
        PreviousDetails {
            repodata: self.repodata,
            listed: Some(&self.listed),
            stored: self.stored,
        }
    }
}

#[cfg(test)]
mod tests;
