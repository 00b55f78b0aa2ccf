//! The files that a crawl compares in one directory, stored compactly: a category has millions.

use crate::model::file::SampledFile;

/// A file to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedFile<'a> {
    /// The name, as in [`SampledFile::name`].
    pub name: &'a str,
    /// The size in bytes, as in [`SampledFile::size`].
    pub size: Option<u64>,
}

/// The files of one directory, sorted by name: a string of `NAME/SIZE/` for each, with the size in hexadecimal, empty if
/// unknown. Names contain no slash.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlannedFiles {
    text: Box<str>,
    repomd_time: Option<i64>,
}

/// The only file whose time is kept.
const REPOMD: &str = "repomd.xml";

impl PlannedFiles {
    /// Iterates over the files.
    pub fn iter(&self) -> impl Iterator<Item = PlannedFile<'_>> + Clone {
        let mut words = self.text.split_terminator('/');
        std::iter::from_fn(move || {
            let (name, size) = (words.next()?, words.next()?);
            Some(PlannedFile {
                name,
                size: u64::from_str_radix(size, 16).ok(),
            })
        })
    }

    pub(crate) fn first(&self) -> Option<PlannedFile<'_>> {
        self.iter().next()
    }

    /// Returns the modification time of the `repomd.xml` on the master, in epoch seconds.
    pub(crate) const fn repomd_time(&self) -> Option<i64> {
        self.repomd_time
    }

    /// Returns the number of files; counts them on each call.
    pub(crate) fn len(&self) -> usize {
        memchr::memchr_iter(b'/', self.text.as_bytes()).count() / 2
    }

    /// Returns true if there are no files.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// Drops other times, and entries with a slash in the name, which cannot be files.
impl FromIterator<SampledFile> for PlannedFiles {
    fn from_iter<T: IntoIterator<Item = SampledFile>>(files: T) -> Self {
        let (mut text, mut repomd_time) = (String::new(), None);
        for file in files.into_iter().filter(|f| !f.name.contains('/')) {
            if file.name == REPOMD {
                repomd_time = Some(file.timestamp);
            }
            text.push_str(&file.name);
            text.push('/');
            let size = file.size.map_or_else(String::new, |size| format!("{size:x}"));
            text.push_str(&size);
            text.push('/');
        }
        Self {
            text: text.into_boxed_str(),
            repomd_time,
        }
    }
}

impl From<Vec<SampledFile>> for PlannedFiles {
    fn from(files: Vec<SampledFile>) -> Self {
        files.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn files_survive_the_round_trip(files in proptest::collection::vec(("[^/]{1,9}", proptest::option::of(any::<u64>())), 0..6)) {
            let short: Vec<SampledFile> = files
                .iter()
                .map(|(name, size)| SampledFile { name: name.clone(), size: *size, timestamp: 1 })
                .collect();
            let kept = PlannedFiles::from(short);
            let out: Vec<(String, Option<u64>)> = kept.iter().map(|f| (f.name.to_owned(), f.size)).collect();
            prop_assert_eq!(kept.len(), files.len());
            prop_assert_eq!(kept.is_empty(), files.is_empty());
            prop_assert_eq!(kept.first().map(|f| f.name.to_owned()), files.first().map(|f| f.0.clone()));
            prop_assert_eq!(out, files);
        }
    }

    #[test]
    fn invalid_names_are_left_out() {
        let file = |name: &str| SampledFile {
            name: name.to_owned(),
            size: None,
            timestamp: 0,
        };
        let kept = PlannedFiles::from(vec![file("a"), file("b/c"), file("d")]);
        assert_eq!(kept.iter().map(|f| f.name).collect::<Vec<_>>(), ["a", "d"]);
        let times = |name| PlannedFiles::from(vec![file("a"), file(name)]).repomd_time();
        assert_eq!((times("b"), times(REPOMD)), (None, Some(0)));
    }
}
