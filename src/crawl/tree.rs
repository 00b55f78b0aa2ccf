//! The directory tree of a category, prepared for probing: parents, URL paths and samples of files.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::model::ids::DirectoryId;
use crate::model::names::DirPath;
use crate::model::plan::{CategoryPlan, PlannedDirectory};

/// One category, prepared once for all hosts. A position is an index into [`CategoryPlan::directories`].
#[derive(Debug)]
pub struct Tree {
    /// The plan with the expected content.
    pub plan: Arc<CategoryPlan>,
    nodes: Vec<Node>,
    /// The number of sampled files.
    files: u32,
}

/// One directory of the tree. Positions have 32 bits, like directory IDs, because a category may have very many.
#[derive(Debug, Clone, Default)]
struct Node {
    /// The path below the base URL, if it differs from the directory path.
    url_path: Option<Box<str>>,
    parent: Option<NonZeroU32>,
    /// The last descendant with a sampled file.
    last_descendant_with_files: Option<NonZeroU32>,
    /// The number of sampled files in all directories before this one.
    files_before: u32,
    has_descendants: bool,
}

/// Packs a position plus one, so that an `Option` needs no additional space.
fn pack(at: usize) -> Option<NonZeroU32> {
    u32::try_from(at).ok().and_then(|at| NonZeroU32::MIN.checked_add(at))
}

fn unpack(packed: NonZeroU32) -> usize {
    usize::try_from(packed.get() - 1).unwrap_or(usize::MAX)
}

impl Tree {
    /// Prepares the tree of a category.
    pub fn new(plan: Arc<CategoryPlan>) -> Self {
        let positions: HashMap<&str, usize> = plan
            .directories
            .iter()
            .enumerate()
            .map(|(i, d)| (d.path.as_str(), i))
            .collect();
        let mut files = 0;
        let mut nodes: Vec<Node> = plan
            .directories
            .iter()
            .map(|d| {
                let files_before = files;
                files += d.files.len();
                Node {
                    url_path: Some(d.path.to_url_path())
                        .filter(|url| url != d.path.as_str())
                        .map(String::into_boxed_str),
                    parent: parent_of(&d.path, &positions).and_then(pack),
                    last_descendant_with_files: None,
                    files_before: u32::try_from(files_before).unwrap_or(u32::MAX),
                    has_descendants: false,
                }
            })
            .collect();
        // Children come after their parents, so in reverse order every directory is complete before its parent is updated.
        for (i, d) in plan.directories.iter().enumerate().rev() {
            let Some(node) = nodes.get(i) else { continue };
            let own = (d.readable && !d.files.is_empty()).then_some(i).and_then(pack);
            let last = node.last_descendant_with_files.max(own);
            if let Some(parent) = node.parent.and_then(|p| nodes.get_mut(unpack(p))) {
                parent.has_descendants = true;
                parent.last_descendant_with_files = parent.last_descendant_with_files.max(last);
            }
        }
        Self {
            plan,
            nodes,
            files: u32::try_from(files).unwrap_or(u32::MAX),
        }
    }

    /// Returns the directory at a position.
    pub fn directory(&self, at: usize) -> Option<&PlannedDirectory> {
        self.plan.directories.get(at)
    }

    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.plan.directories.len()).unwrap_or(u64::MAX)
    }

    /// Returns the position of a directory; 0 if it is not in the plan.
    pub(crate) fn position(&self, id: DirectoryId) -> usize {
        self.plan.directories.iter().position(|d| d.id == id).unwrap_or(0)
    }

    /// Returns the position of the directory with this path.
    pub fn find(&self, path: &str) -> Option<usize> {
        let directories = &self.plan.directories;
        directories.binary_search_by(|d| d.path.as_str().cmp(path)).ok()
    }

    /// Returns the positions of all directories below this path; the path itself need not be a directory.
    pub(crate) fn below(&self, path: &str) -> Range<usize> {
        let directories = &self.plan.directories;
        if path.is_empty() {
            let start = usize::from(directories.first().is_some_and(|d| d.path.is_top()));
            return start..directories.len();
        }
        // In byte order, descendants end before the character after the slash.
        let position_of = |end: u8| {
            let edge = || path.bytes().chain([end]);
            directories.partition_point(|d| d.path.as_str().bytes().lt(edge()))
        };
        position_of(b'/')..position_of(b'/' + 1)
    }

    /// Returns the number of sampled files in all directories before a position: files are numbered through the whole category.
    pub(crate) fn files_before(&self, at: usize) -> usize {
        let before = self.nodes.get(at).map_or(self.files, |p| p.files_before);
        usize::try_from(before).unwrap_or(usize::MAX)
    }

    /// Returns the number of sampled files in the category.
    pub fn files(&self) -> usize {
        usize::try_from(self.files).unwrap_or(usize::MAX)
    }

    /// Returns the path below the base URL without a trailing slash; empty for the topdir.
    pub(crate) fn url_path(&self, at: usize) -> &str {
        let own = self.nodes.get(at).and_then(|p| p.url_path.as_deref());
        own.or_else(|| self.directory(at).map(|d| d.path.as_str()))
            .unwrap_or("")
    }

    /// Returns the nearest ancestor that is in the plan.
    pub(crate) fn parent(&self, at: usize) -> Option<usize> {
        self.nodes.get(at).and_then(|p| p.parent).map(unpack)
    }

    pub(crate) fn is_top(&self, at: usize) -> bool {
        self.directory(at).is_some_and(|d| d.path.is_top())
    }

    /// Returns true if the plan has a directory below it.
    pub(crate) fn has_below(&self, at: usize) -> bool {
        self.nodes.get(at).is_some_and(|p| p.has_descendants)
    }

    /// Returns up to `n` descendants with sampled files in even steps, because a partial mirror may have only some of them.
    pub(crate) fn sample_descendants(&self, at: usize, n: usize) -> Vec<usize> {
        let last = self.nodes.get(at).and_then(|p| p.last_descendant_with_files);
        let (Some(up), Some(last)) = (self.directory(at), last.map(unpack)) else {
            return Vec::new();
        };
        let below = |i: &usize| self.directory(*i).is_some_and(|d| up.path.contains(&d.path));
        self.spread((at + 1..=last).filter(below), n)
    }

    /// Returns up to `n` directories with sampled files in even steps over the category.
    pub(crate) fn samples(&self, n: usize) -> Vec<usize> {
        self.spread(0..self.nodes.len(), n)
    }

    fn spread(&self, positions: impl Iterator<Item = usize>, n: usize) -> Vec<usize> {
        let has_files = |i: &usize| self.directory(*i).is_some_and(|d| d.readable && !d.files.is_empty());
        let with_files: Vec<usize> = positions.filter(has_files).collect();
        let step = with_files.len().div_ceil(n.max(1)).max(1);
        with_files.into_iter().step_by(step).take(n).collect()
    }

    /// Returns the most requests that probing these directories takes: one per sampled file, one per directory without files.
    pub(crate) fn requests(&self, positions: &RoaringBitmap) -> u64 {
        let requests = |at: usize| {
            let files = self.files_before(at + 1).saturating_sub(self.files_before(at));
            let is_open = self.directory(at).is_some_and(|d| d.readable);
            if is_open { files.max(1) } else { 1 }
        };
        positions
            .iter()
            .filter_map(|at| usize::try_from(at).ok().filter(|at| *at < self.nodes.len()))
            .map(|at| u64::try_from(requests(at)).unwrap_or(u64::MAX))
            .sum()
    }
}

/// Converts a position for bitmaps.
pub(super) fn bitmap_index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn parent_of(path: &DirPath, positions: &HashMap<&str, usize>) -> Option<usize> {
    let mut ancestors = std::iter::successors(path.parent(), DirPath::parent);
    ancestors.find_map(|up| positions.get(up.as_str()).copied())
}

/// Appends a directory path from [`Tree::url_path`] and the name of a file in it; an empty name means the directory itself.
pub(super) fn push_url_path(url: &mut String, dir: &str, file: &str) {
    url.push_str(dir);
    if !dir.is_empty() {
        url.push('/');
    }
    push_name(url, file);
}

/// Appends a file name in URL encoding.
fn push_name(url: &mut String, name: &str) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~+".contains(&b);
    if name.bytes().all(plain) {
        url.push_str(name);
    } else if let Ok(path) = name.parse::<DirPath>() {
        url.push_str(&path.to_url_path());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::file::{SampledFile, VersionRetention};
    use crate::model::ids::{CategoryId, ScanSeq};

    fn tree(paths: &[(&str, bool)]) -> Tree {
        let directories = paths
            .iter()
            .zip(1..)
            .map(|((path, file), id)| PlannedDirectory {
                id: DirectoryId(id),
                path: path.parse().unwrap(),
                readable: true,
                changed_seq: ScanSeq(1),
                files: file
                    .then(|| SampledFile {
                        name: "f".to_owned(),
                        size: None,
                        timestamp: 0,
                    })
                    .into_iter()
                    .collect(),
                repomd: Vec::new(),
                refused: Vec::new(),
            })
            .collect();
        Tree::new(Arc::new(CategoryPlan {
            id: CategoryId(1),
            name: "c".to_owned(),
            scan_seq: ScanSeq(1),
            retention: VersionRetention {
                previous: Duration::ZERO,
                older: Duration::ZERO,
            },
            directories,
        }))
    }

    #[test]
    fn parents_and_sampled_descendants_are_known() {
        // In byte order "a-b" is between "a" and "a/b".
        let t = tree(&[
            ("", false),
            ("a", false),
            ("a-b", false),
            ("a/b", false),
            ("a/b/c d", true),
        ]);
        assert_eq!(
            (0..5).map(|i| t.parent(i)).collect::<Vec<_>>(),
            [None, Some(0), Some(0), Some(1), Some(3)]
        );
        assert_eq!(
            (0..5).map(|i| t.sample_descendants(i, 3)).collect::<Vec<_>>(),
            [vec![4], vec![4], vec![], vec![4], vec![]]
        );
        assert_eq!(
            (0..5).map(|i| t.has_below(i)).collect::<Vec<_>>(),
            [true, true, false, true, false]
        );
        assert_eq!((t.url_path(0), t.url_path(4)), ("", "a/b/c%20d"));
        assert_eq!(t.requests(&(0..5).collect()), 5);
        assert_eq!(t.samples(3), [4]);
    }

    #[test]
    fn paths_and_their_descendants_are_found() {
        let t = tree(&[
            ("", true),
            ("a", true),
            ("a-b", false),
            ("a/b", true),
            ("a/b/c", true),
            ("a0", false),
            ("b/c", true),
        ]);
        let found: Vec<Option<usize>> = ["", "a", "a/b/c", "b/c", "b", "a/", "x"].map(|p| t.find(p)).to_vec();
        assert_eq!(found, [Some(0), Some(1), Some(4), Some(6), None, None, None]);
        let below = ["", "a", "a/b", "b", "a0", "x"].map(|p| t.below(p)).to_vec();
        assert_eq!(below, [1..7, 3..5, 4..5, 6..7, 6..6, 7..7]);
        assert_eq!(tree(&[("a", true)]).below(""), 0..1);
        assert_eq!(
            (0..7).map(|i| t.files_before(i)).collect::<Vec<_>>(),
            [0, 1, 2, 2, 3, 4, 4]
        );
        assert_eq!((t.files(), tree(&[]).files()), (5, 0));
    }

    #[test]
    fn samples_are_spread() {
        let below = tree(&[
            ("a", true),
            ("b", true),
            ("b-c", true),
            ("b/1", true),
            ("b/2", true),
            ("c", true),
        ]);
        assert_eq!(below.sample_descendants(1, 3), [3, 4]);
        let names: Vec<String> = (0..10).map(|i| format!("d{i}")).collect();
        let all: Vec<(&str, bool)> = names.iter().map(|n| (n.as_str(), true)).collect();
        assert_eq!(tree(&all).samples(3), [0, 4, 8]);
        assert!(tree(&[]).samples(3).is_empty());
    }

    #[test]
    fn names_are_url_encoded() {
        let mut url = String::from("x/");
        push_name(&mut url, "a+b-1.rpm");
        push_name(&mut url, "ü?");
        assert_eq!(url, "x/a+b-1.rpm%C3%BC%3F");
        let place = |dir, file| {
            let mut url = String::from("http://m/");
            push_url_path(&mut url, dir, file);
            url
        };
        assert_eq!(place("a/b", "f"), "http://m/a/b/f");
        assert_eq!(
            (place("a", ""), place("", "")),
            ("http://m/a/".to_owned(), "http://m/".to_owned())
        );
    }
}
