//! What one line of a listing says, whichever program wrote it.

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// What it is.
    pub kind: Kind,
    /// Whether the world may read it: of a directory, list and enter it; of a file, read it. What lies above it is not looked at.
    pub world_readable: bool,
    /// The time by which a change is noticed, in epoch seconds; which one depends on the listing.
    pub timestamp: i64,
    /// Length in bytes.
    pub size: u64,
    /// The path as the file system knows it: below the top of the listing, no slash at either end, not checked. Empty = the top.
    pub path: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The directory it lies in and its name there; `None` for the top.
    pub fn split(&self) -> Option<(&'a [u8], &'a [u8])> {
        if self.path.is_empty() {
            return None;
        }
        let at = self.path.iter().rposition(|b| *b == b'/');
        Some(match at {
            Some(at) => {
                let (dir, name) = self.path.split_at(at);
                (dir, name.strip_prefix(b"/").unwrap_or(name))
            }
            None => (&[], self.path),
        })
    }
}
