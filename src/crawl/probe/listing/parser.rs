//! The lines of a listing, held against what is expected as they come. Nothing else is kept of them.

use std::collections::BTreeSet;
use std::io::{BufReader, Read};

use crate::crawl::classify::REPOMD;
use crate::crawl::tree::Tree;
use crate::formats::entry::{Entry, Kind};
use crate::formats::rsync_listing::Parser;
use crate::model::names::DirPath;
use crate::model::plan::PlannedFile;
use crate::sys::lines::{self, LinesError};

/// How much is read at once.
const BUFFER: usize = 256 << 10;
/// So many closed directories are remembered by their paths, of at most so many bytes.
const CLOSED: usize = 64;
const CLOSED_PATH: usize = 1024;

/// The longest listing that is taken.
#[derive(Debug, Clone, Copy)]
pub(super) struct ListingLimits {
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

/// What was seen of an expected directory. Later ones say more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DirectoryMark {
    /// Nothing.
    Unseen,
    /// It, or something in it.
    Open,
    /// It lies below one that the world may not read.
    BelowClosed,
    /// It lies below a symbolic link, which listings do not follow.
    BelowLink,
    /// The world may not read it.
    Closed,
    /// It is a symbolic link.
    Link,
}

/// What was seen of an expected file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileMark {
    Unseen,
    /// It has the size that it should have.
    Good,
    /// It has another.
    Wrong,
    /// It is a symbolic link, to whatever.
    Link,
    /// The world may not read it.
    Closed,
}

/// What was seen of a category. Its size depends on what is expected, and on nothing that a mirror says.
#[derive(Debug)]
pub(super) struct ListingState {
    /// By position in the plan.
    pub(super) places: Vec<DirectoryMark>,
    /// By [`Tree::files_before`] and position in the short list.
    pub(super) files: Vec<FileMark>,
    /// Sizes of those that are wrong, in the same count.
    pub(super) wrong: Vec<(u32, u64)>,
    /// Size and time of each `repomd.xml`, by position of its directory.
    pub(super) repomd: Vec<(u32, u64, i64)>,
    /// Directories that the world may not read, expected or not; the first ones.
    pub(super) closed: Vec<Vec<u8>>,
    /// How many lines there were.
    pub(super) lines: u64,
}

impl ListingState {
    pub(super) fn new(tree: &Tree) -> Self {
        Self {
            places: vec![DirectoryMark::Unseen; tree.plan.directories.len()],
            files: vec![FileMark::Unseen; tree.files()],
            wrong: Vec::new(),
            repomd: Vec::new(),
            closed: Vec::new(),
            lines: 0,
        }
    }

    fn place(&mut self, at: usize, seen: DirectoryMark) {
        if let Some(place) = self.places.get_mut(at) {
            *place = seen.max(*place);
        }
    }
}

/// Reads a listing into `marks`. An error says why it is not believed.
pub(super) fn read(
    tree: &Tree,
    output: &mut dyn Read,
    caps: ListingLimits,
    marks: &mut ListingState,
) -> Result<(), String> {
    let mut reader = ListingReader {
        tree,
        marks,
        here: None,
        files: Vec::new(),
        covered: BTreeSet::new(),
    };
    let mut parser = Parser::default();
    let mut bytes = 0_u64;
    let mut text = BufReader::with_capacity(BUFFER, output);
    let read = lines::each(&mut text, |line| {
        reader.marks.lines += 1;
        bytes = bytes.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        if reader.marks.lines > caps.lines || bytes > caps.bytes {
            return Err(format!(
                "it lists more than {} entries or {} bytes",
                caps.lines, caps.bytes
            ));
        }
        match parser.line(line) {
            Ok(Some(entry)) => {
                reader.entry(&entry);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(why) => Err(shown(line, why)),
        }
    });
    marks.wrong.sort_unstable();
    marks.repomd.sort_unstable();
    read.map_err(|e| match e {
        LinesError::Refused(why) => why,
        e @ (LinesError::Read(_) | LinesError::TooLong(_)) => e.to_string(),
    })
}

/// A line with what is wrong with it.
fn shown(line: &[u8], why: &str) -> String {
    let text = line.get(..line.len().min(120)).unwrap_or_default();
    format!("it says \"{}\", and {why}", text.escape_ascii())
}

struct ListingReader<'a> {
    tree: &'a Tree,
    marks: &'a mut ListingState,
    /// The directory of the last line, and where it stands: most lines have the same as the line before.
    here: Option<(Vec<u8>, Option<usize>)>,
    /// The files expected in it.
    files: Vec<PlannedFile<'a>>,
    /// Stretches of the plan that were marked as a whole: once, however often a mirror lists what lies above them.
    covered: BTreeSet<(usize, usize, DirectoryMark)>,
}

impl ListingReader<'_> {
    fn entry(&mut self, entry: &Entry<'_>) {
        if entry.kind != Kind::File {
            self.directory_or_link(entry);
        }
        if let Some((dir, name)) = entry.split()
            && let Some(at) = self.parent(dir)
            && entry.kind != Kind::Directory
        {
            self.file(at, name, entry);
        }
    }

    fn directory_or_link(&mut self, entry: &Entry<'_>) {
        let (itself, below) = match (entry.kind, entry.world_readable) {
            (Kind::Link, _) => (DirectoryMark::Link, Some(DirectoryMark::BelowLink)),
            (_, false) => (DirectoryMark::Closed, Some(DirectoryMark::BelowClosed)),
            (_, true) => (DirectoryMark::Open, None),
        };
        let tree = self.tree;
        let marks = &mut *self.marks;
        if itself == DirectoryMark::Closed && marks.closed.len() < CLOSED && entry.path.len() <= CLOSED_PATH {
            marks.closed.push(entry.path.to_vec());
        }
        let covered = &mut self.covered;
        with_text(entry.path, |path| {
            if let Some(at) = tree.find(path) {
                marks.place(at, itself);
            }
            let Some(below) = below else { return };
            let stretch = tree.below(path);
            if !stretch.is_empty() && covered.insert((stretch.start, stretch.end, below)) {
                stretch.for_each(|at| marks.place(at, below));
            }
        });
    }

    /// Where a directory stands that something was seen in.
    fn parent(&mut self, dir: &[u8]) -> Option<usize> {
        if let Some((known, at)) = &self.here
            && known == dir
        {
            return *at;
        }
        let at = with_text(dir, |path| self.tree.find(path)).flatten();
        self.files.clear();
        if let Some(at) = at {
            self.marks.place(at, DirectoryMark::Open);
            let expected = self.tree.directory(at).map(|d| d.files.iter());
            self.files.extend(expected.into_iter().flatten());
        }
        let mut known = self.here.take().map_or_else(Vec::new, |(known, _)| known);
        known.clear();
        known.extend_from_slice(dir);
        self.here = Some((known, at));
        at
    }

    fn file(&mut self, at: usize, name: &[u8], entry: &Entry<'_>) {
        let find = |name: &str| self.files.binary_search_by(|f| f.name.cmp(name)).ok();
        let Some(position) = with_text(name, find).flatten() else {
            return;
        };
        let count = self.tree.files_before(at) + position;
        let (Some(wanted), Some(mark)) = (self.files.get(position), self.marks.files.get_mut(count)) else {
            return;
        };
        // No listing has a file twice; of one that has, the first counts.
        if *mark != FileMark::Unseen {
            return;
        }
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        *mark = match (entry.kind, entry.world_readable) {
            (Kind::Link, _) => FileMark::Link,
            (_, false) => FileMark::Closed,
            (_, true) => {
                if wanted.name == REPOMD {
                    self.marks.repomd.push((number(at), entry.size, entry.timestamp));
                }
                if wanted.size.is_none_or(|size| size == entry.size) {
                    FileMark::Good
                } else {
                    self.marks.wrong.push((number(count), entry.size));
                    FileMark::Wrong
                }
            }
        };
    }
}

/// A path or name as the plan has it; `None` for one that cannot be in a plan. Nearly all are the same in both.
fn with_text<T>(raw: &[u8], f: impl FnOnce(&str) -> T) -> Option<T> {
    match str::from_utf8(raw) {
        Ok(text) if !raw.contains(&b'%') => Some(f(text)),
        Ok(_) | Err(_) => DirPath::from_bytes(raw).ok().map(|path| f(path.as_str())),
    }
}
