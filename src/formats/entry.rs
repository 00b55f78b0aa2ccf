//! One entry of a tree, as listings of any program describe it.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file; other types are not listed.
    File,
    /// A directory, without its content.
    Directory,
    /// A symbolic link, which is not followed.
    Link,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry<'a> {
    /// File, directory or symbolic link.
    pub kind: EntryKind,
    /// True if the world may read it; a directory must be listable and searchable. Parent directories are not considered.
    pub world_readable: bool,
    /// The time that shows changes, in epoch seconds; the listing determines which one that is.
    pub timestamp: i64,
    /// The length of a file in bytes.
    pub size: u64,
    /// The raw path below the top of the listing, without slashes at the ends, not validated. Empty for the top.
    pub path: &'a [u8],
}

impl<'a> TreeEntry<'a> {
    /// Splits the path into directory and file name; `None` for the top.
    pub(crate) fn split(&self) -> Option<(&'a [u8], &'a [u8])> {
        (!self.path.is_empty()).then(|| split_path(self.path))
    }
}

/// Splits a raw path into directory and file name.
pub(crate) fn split_path(path: &[u8]) -> (&[u8], &[u8]) {
    let Some(at) = path.iter().rposition(|b| *b == b'/') else {
        return (&[], path);
    };
    let (dir, name) = path.split_at(at);
    (dir, name.strip_prefix(b"/").unwrap_or(name))
}
