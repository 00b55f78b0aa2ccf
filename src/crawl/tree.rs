//! A category's directories as the probes walk them: parents, paths in URLs, and where to look for a sign of life.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use roaring::RoaringBitmap;

use crate::model::ids::DirectoryId;
use crate::model::names::DirPath;
use crate::model::plan::{CategoryPlan, PlannedDirectory};

/// One category, prepared once for all hosts. Positions count [`CategoryPlan::directories`].
#[derive(Debug)]
pub struct Tree {
    /// What is expected.
    pub plan: Arc<CategoryPlan>,
    places: Vec<Place>,
}

/// One directory of the tree.
#[derive(Debug, Clone, Default)]
struct Place {
    /// Below the base URL: empty for the top, else with a slash at its end.
    url_path: String,
    parent: Option<usize>,
    /// Whether there is any below it.
    has_below: bool,
    /// The last one below it that has a listed file.
    last_sign: Option<usize>,
    /// How many files are listed in all directories before it.
    files_before: usize,
}

impl Tree {
    /// Prepares a category.
    pub fn new(plan: Arc<CategoryPlan>) -> Self {
        let positions: HashMap<&str, usize> = plan
            .directories
            .iter()
            .enumerate()
            .map(|(i, d)| (d.path.as_str(), i))
            .collect();
        let mut files = 0;
        let mut places: Vec<Place> = plan
            .directories
            .iter()
            .map(|d| {
                let files_before = files;
                files += d.files.len();
                Place {
                    url_path: if d.path.is_top() {
                        String::new()
                    } else {
                        d.path.to_url_path() + "/"
                    },
                    parent: parent_of(&d.path, &positions),
                    has_below: false,
                    last_sign: None,
                    files_before,
                }
            })
            .collect();
        // Children come after their parents, so from the end every directory knows its own before it tells its parent.
        for (i, d) in plan.directories.iter().enumerate().rev() {
            let Some(place) = places.get(i) else { continue };
            let own = (d.readable && !d.files.is_empty()).then_some(i);
            let last = place.last_sign.max(own);
            if let Some(parent) = place.parent.and_then(|p| places.get_mut(p)) {
                parent.has_below = true;
                parent.last_sign = parent.last_sign.max(last);
            }
        }
        Self { plan, places }
    }

    /// The directory at a position.
    pub fn directory(&self, at: usize) -> Option<&PlannedDirectory> {
        self.plan.directories.get(at)
    }

    /// How many directories it has.
    pub fn size(&self) -> u64 {
        u64::try_from(self.plan.directories.len()).unwrap_or(u64::MAX)
    }

    /// Where a directory stands; 0 where it is not in the plan.
    pub fn position(&self, id: DirectoryId) -> usize {
        self.plan.directories.iter().position(|d| d.id == id).unwrap_or(0)
    }

    /// Where the directory of this path stands, as [`crate::model::names::DirPath`] has it.
    pub fn find(&self, path: &str) -> Option<usize> {
        let directories = &self.plan.directories;
        directories.binary_search_by(|d| d.path.as_str().cmp(path)).ok()
    }

    /// Where all directories below this path stand, whether it is one of them or not.
    pub fn below(&self, path: &str) -> Range<usize> {
        let directories = &self.plan.directories;
        if path.is_empty() {
            let start = usize::from(directories.first().is_some_and(|d| d.path.is_top()));
            return start..directories.len();
        }
        // What follows a slash in the order of bytes ends what lies below.
        let until = |end: u8| {
            let edge = || path.bytes().chain([end]);
            directories.partition_point(|d| d.path.as_str().bytes().lt(edge()))
        };
        until(b'/')..until(b'/' + 1)
    }

    /// How many files are listed in all directories before one: files can be counted through all of the category.
    pub fn files_before(&self, at: usize) -> usize {
        self.places.get(at).map_or(0, |p| p.files_before)
    }

    /// How many files are listed in the category.
    pub fn files(&self) -> usize {
        let last = self.places.last().map_or(0, |p| p.files_before);
        last + self.plan.directories.last().map_or(0, |d| d.files.len())
    }

    /// Its path below the base URL, with a slash at its end; empty for the top.
    pub fn url_path(&self, at: usize) -> &str {
        self.places.get(at).map_or("", |p| &p.url_path)
    }

    /// The nearest directory above that is in the plan.
    pub fn parent(&self, at: usize) -> Option<usize> {
        self.places.get(at).and_then(|p| p.parent)
    }

    /// Whether it is the category's top.
    pub fn is_top(&self, at: usize) -> bool {
        self.directory(at).is_some_and(|d| d.path.is_top())
    }

    /// Whether the plan has any directory below it.
    pub fn has_below(&self, at: usize) -> bool {
        self.places.get(at).is_some_and(|p| p.has_below)
    }

    /// Up to `n` directories below it that have listed files, spread: a mirror may hold some of them only.
    pub fn signs_below(&self, at: usize, n: usize) -> Vec<usize> {
        let (Some(up), Some(last)) = (self.directory(at), self.places.get(at).and_then(|p| p.last_sign)) else {
            return Vec::new();
        };
        let below = |i: &usize| self.directory(*i).is_some_and(|d| up.path.contains(&d.path));
        self.spread((at + 1..=last).filter(below), n)
    }

    /// Up to `n` directories with listed files, spread over the category.
    pub fn samples(&self, n: usize) -> Vec<usize> {
        self.spread(0..self.places.len(), n)
    }

    /// Up to `n` of these that have listed files, in even steps.
    fn spread(&self, positions: impl Iterator<Item = usize>, n: usize) -> Vec<usize> {
        let has_files = |i: &usize| self.directory(*i).is_some_and(|d| d.readable && !d.files.is_empty());
        let with_files: Vec<usize> = positions.filter(has_files).collect();
        let step = with_files.len().div_ceil(n.max(1)).max(1);
        with_files.into_iter().step_by(step).take(n).collect()
    }

    /// How many requests a look at these directories takes at most: one per listed file, one per directory without.
    pub fn requests(&self, positions: &RoaringBitmap) -> u64 {
        let wanted = |at: usize| u32::try_from(at).is_ok_and(|at| positions.contains(at));
        self.plan
            .directories
            .iter()
            .enumerate()
            .filter(|(at, _)| wanted(*at))
            .map(|(_, d)| d)
            .map(|d| if d.readable { d.files.len().max(1) } else { 1 })
            .map(|n| u64::try_from(n).unwrap_or(u64::MAX))
            .sum()
    }
}

fn parent_of(path: &DirPath, positions: &HashMap<&str, usize>) -> Option<usize> {
    let mut up = path.parent();
    while let Some(path) = up {
        if let Some(at) = positions.get(path.as_str()) {
            return Some(*at);
        }
        up = path.parent();
    }
    None
}

/// Appends a file's name as it stands in a URL.
pub(super) fn push_name(url: &mut String, name: &str) {
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
    use crate::model::file::{Ageing, ShortFile};
    use crate::model::ids::{CategoryId, ScanGeneration};

    fn tree(paths: &[(&str, bool)]) -> Tree {
        let directories = paths
            .iter()
            .zip(1..)
            .map(|((path, file), id)| PlannedDirectory {
                id: DirectoryId(id),
                path: path.parse().unwrap(),
                readable: true,
                changed: ScanGeneration(1),
                files: file
                    .then(|| ShortFile {
                        name: "f".to_owned(),
                        size: None,
                        timestamp: 0,
                    })
                    .into_iter()
                    .collect(),
                repomd: Vec::new(),
            })
            .collect();
        Tree::new(Arc::new(CategoryPlan {
            id: CategoryId(1),
            name: "c".to_owned(),
            generation: ScanGeneration(1),
            ageing: Ageing {
                propagation: Duration::ZERO,
                stale: Duration::ZERO,
            },
            directories,
        }))
    }

    #[test]
    fn knows_parents_and_signs_of_life() {
        // Sorted as text: "a-b" stands between "a" and "a/b".
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
            (0..5).map(|i| t.signs_below(i, 3)).collect::<Vec<_>>(),
            [vec![4], vec![4], vec![], vec![4], vec![]]
        );
        assert_eq!(
            (0..5).map(|i| t.has_below(i)).collect::<Vec<_>>(),
            [true, true, false, true, false]
        );
        assert_eq!((t.url_path(0), t.url_path(4)), ("", "a/b/c%20d/"));
        assert_eq!(t.requests(&(0..5).collect()), 5);
        assert_eq!(t.samples(3), [4]);
    }

    #[test]
    fn paths_are_found_with_what_lies_below() {
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
        assert_eq!(below.signs_below(1, 3), [3, 4]);
        let names: Vec<String> = (0..10).map(|i| format!("d{i}")).collect();
        let all: Vec<(&str, bool)> = names.iter().map(|n| (n.as_str(), true)).collect();
        assert_eq!(tree(&all).samples(3), [0, 4, 8]);
        assert!(tree(&[]).samples(3).is_empty());
    }

    #[test]
    fn names_are_encoded_where_they_must() {
        let mut url = String::from("x/");
        push_name(&mut url, "a+b-1.rpm");
        push_name(&mut url, "ü?");
        assert_eq!(url, "x/a+b-1.rpm%C3%BC%3F");
    }
}
