//! Comparison of the lines of a listing with the plan, while they are read.

use std::collections::BTreeSet;
use std::io::{BufReader, Read};

use crate::crawl::classify::REPOMD;
use crate::crawl::tree::Tree;
use crate::formats::entry::{EntryKind, TreeEntry};
use crate::formats::rsync_listing::RsyncListingParser;
use crate::model::names::DirPath;
use crate::model::plan::PlannedFile;
use crate::sys::lines::{self, LinesError};

const BUFFER: usize = 256 << 10;
/// The number of unreadable directories whose paths are kept.
const MAX_UNREADABLE: usize = 64;
/// The longest path of these, in bytes.
const MAX_UNREADABLE_PATH: usize = 1024;

/// The longest listing that is accepted.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListingLimits {
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

/// The state of an expected directory in a listing. Later variants take precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DirectoryMark {
    Unseen,
    /// The directory, or something in it, is listed.
    Open,
    /// The directory is below one that is not world-readable.
    BelowUnreadable,
    /// The directory is below a symbolic link, which listings do not follow.
    BelowLink,
    Unreadable,
    /// A symbolic link is in its place.
    Link,
}

/// The state of an expected file in a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileMark {
    Unseen,
    /// The file has the expected size.
    Matches,
    WrongSize,
    /// A symbolic link with any target.
    Link,
    Unreadable,
}

/// The state of a category in a listing. Its size depends on the plan only, not on the listing.
#[derive(Debug, Default)]
pub(super) struct ListingState {
    /// Directories by position in the plan.
    pub(super) directories: Vec<DirectoryMark>,
    /// Files by [`Tree::files_before`] plus position in the file sample.
    pub(super) files: Vec<FileMark>,
    /// Sizes of files with the wrong size, by the same index.
    pub(super) wrong_sizes: Vec<(u32, u64)>,
    /// Size and time of each `repomd.xml`, by position of the directory.
    pub(super) repomd: Vec<(u32, u64, i64)>,
    /// The first directories that are not world-readable, expected or not.
    pub(super) unreadable: Vec<Vec<u8>>,
    pub(super) lines: u64,
}

impl ListingState {
    pub(super) fn new(tree: &Tree) -> Self {
        Self {
            directories: vec![DirectoryMark::Unseen; tree.plan.directories.len()],
            files: vec![FileMark::Unseen; tree.files()],
            ..Self::default()
        }
    }

    fn mark_directory(&mut self, at: usize, seen: DirectoryMark) {
        if let Some(mark) = self.directories.get_mut(at) {
            *mark = seen.max(*mark);
        }
    }
}

/// Reads a listing into `marks`. The error is the reason for rejecting it.
pub(super) fn read(
    tree: &Tree,
    output: &mut dyn Read,
    limits: ListingLimits,
    marks: &mut ListingState,
) -> Result<(), String> {
    let mut reader = ListingReader {
        tree,
        marks,
        last_directory: None,
        files: Vec::new(),
        covered: BTreeSet::new(),
    };
    let mut parser = RsyncListingParser::default();
    let mut bytes = 0_u64;
    let mut input = BufReader::with_capacity(BUFFER, output);
    let read = lines::for_each_line(&mut input, |line| {
        reader.marks.lines += 1;
        bytes = bytes.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        if reader.marks.lines > limits.lines || bytes > limits.bytes {
            return Err(format!(
                "listing of more than {} entries or {} bytes",
                limits.lines, limits.bytes
            ));
        }
        match parser.parse_line(line) {
            Ok(Some(entry)) => {
                reader.read_entry(&entry);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(why) => Err(line_error(line, why)),
        }
    });
    marks.wrong_sizes.sort_unstable();
    marks.repomd.sort_unstable();
    read.map_err(|e| match e {
        LinesError::Refused(why) => why,
        e @ (LinesError::Read(_) | LinesError::TooLong(_)) => e.to_string(),
    })
}

fn line_error(line: &[u8], why: &str) -> String {
    let text = line.get(..line.len().min(120)).unwrap_or_default();
    format!("invalid line \"{}\": {why}", text.escape_ascii())
}

struct ListingReader<'a> {
    tree: &'a Tree,
    marks: &'a mut ListingState,
    /// The directory of the last line and its position: most lines are in the same directory as the line before.
    last_directory: Option<(Vec<u8>, Option<usize>)>,
    /// The files expected in that directory.
    files: Vec<PlannedFile<'a>>,
    /// Ranges of the plan that were marked, so that each is marked once, however often a mirror lists their parent.
    covered: BTreeSet<(usize, usize, DirectoryMark)>,
}

impl ListingReader<'_> {
    fn read_entry(&mut self, entry: &TreeEntry<'_>) {
        if entry.kind != EntryKind::File {
            self.mark_directory_or_link(entry);
        }
        if let Some((dir, name)) = entry.split()
            && let Some(at) = self.find_parent(dir)
            && entry.kind != EntryKind::Directory
        {
            self.mark_file(at, name, entry);
        }
    }

    fn mark_directory_or_link(&mut self, entry: &TreeEntry<'_>) {
        let (itself, below) = match (entry.kind, entry.world_readable) {
            (EntryKind::Link, _) => (DirectoryMark::Link, Some(DirectoryMark::BelowLink)),
            (_, false) => (DirectoryMark::Unreadable, Some(DirectoryMark::BelowUnreadable)),
            (_, true) => (DirectoryMark::Open, None),
        };
        let tree = self.tree;
        let marks = &mut *self.marks;
        if itself == DirectoryMark::Unreadable
            && marks.unreadable.len() < MAX_UNREADABLE
            && entry.path.len() <= MAX_UNREADABLE_PATH
        {
            marks.unreadable.push(entry.path.to_vec());
        }
        let covered = &mut self.covered;
        with_text(entry.path, |path| {
            if let Some(at) = tree.find(path) {
                marks.mark_directory(at, itself);
            }
            let Some(below) = below else { return };
            let range = tree.below(path);
            if !range.is_empty() && covered.insert((range.start, range.end, below)) {
                range.for_each(|at| marks.mark_directory(at, below));
            }
        });
    }

    /// Returns the position of a directory with a listed entry, and marks it.
    fn find_parent(&mut self, dir: &[u8]) -> Option<usize> {
        if let Some((known, at)) = &self.last_directory
            && known == dir
        {
            return *at;
        }
        let at = with_text(dir, |path| self.tree.find(path)).flatten();
        self.files.clear();
        if let Some(at) = at {
            self.marks.mark_directory(at, DirectoryMark::Open);
            let expected = self.tree.directory(at).map(|d| d.files.iter());
            self.files.extend(expected.into_iter().flatten());
        }
        let mut known = self.last_directory.take().map_or_else(Vec::new, |(known, _)| known);
        known.clear();
        known.extend_from_slice(dir);
        self.last_directory = Some((known, at));
        at
    }

    fn mark_file(&mut self, at: usize, name: &[u8], entry: &TreeEntry<'_>) {
        let find = |name: &str| self.files.binary_search_by(|f| f.name.cmp(name)).ok();
        let Some(position) = with_text(name, find).flatten() else {
            return;
        };
        let index = self.tree.files_before(at) + position;
        let (Some(wanted), Some(mark)) = (self.files.get(position), self.marks.files.get_mut(index)) else {
            return;
        };
        // The first entry of a file counts; proper listings have no second one.
        if *mark != FileMark::Unseen {
            return;
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        *mark = match (entry.kind, entry.world_readable) {
            (EntryKind::Link, _) => FileMark::Link,
            (_, false) => FileMark::Unreadable,
            (_, true) => {
                if wanted.name == REPOMD {
                    self.marks.repomd.push((number(at), entry.size, entry.timestamp));
                }
                if wanted.size.is_none_or(|size| size == entry.size) {
                    FileMark::Matches
                } else {
                    self.marks.wrong_sizes.push((number(index), entry.size));
                    FileMark::WrongSize
                }
            }
        };
    }
}

/// Calls `f` with a path or name as it is written in the plan; `None` if it cannot be in a plan. Most need no conversion.
fn with_text<T>(raw: &[u8], f: impl FnOnce(&str) -> T) -> Option<T> {
    match str::from_utf8(raw) {
        Ok(text) if !raw.contains(&b'%') => Some(f(text)),
        Ok(_) | Err(_) => DirPath::from_bytes(raw).ok().map(|path| f(path.as_str())),
    }
}
