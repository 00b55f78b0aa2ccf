//! HTML directory indexes of web servers: the names in a directory, and their lengths.
//!
//! One algorithm reads them all (nginx with and without fancyindex, Apache in its three styles, lighttpd, Caddy, Python, and similar): a
//! link to something directly below the directory is a name, from its `href` (the text may be shortened); the text up to the next link or
//! the end of the row may contain a length. HTML entities and percent-encoding are decoded, and names are written as in
//! [`crate::model::names::DirPath`] and [`crate::model::file::SampledFile`].
//!
//! **Recognition.** A page that merely has links must never be accepted, because all files of the directory would seem to be missing. An
//! index has one of these:
//! - a title or heading `Index of …/…`, `Directory listing for /…` or `Directory listing of /…`;
//! - links that sort it by two different columns (`?C=N;O=D` of Apache and fancyindex, `?sort=name&order=asc` of Caddy);
//! - a parent link (`../`, or one with a text like `Parent Directory`) and at least one name followed by a length.
//!
//! A page without names is the index of an empty directory only if it has a parent link or sort links, or comes from Python, which
//! writes neither, and if no link leads elsewhere on the server: such links could be names in another notation. A page whose `<base>` is
//! another directory is rejected.
//!
//! Servers hide names: nginx and lighttpd those that begin with a dot, Apache those of `IndexIgnore` (on many systems also `README*`,
//! `HEADER*`, `*~`, `RCS`, `CVS`), all of them unreadable files. A name that is not listed may be present.

use html5gum::Tokenizer;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};

use crate::model::names::escape_name;

mod link;
mod page;
mod size;
#[cfg(test)]
mod tests;

/// The length of a file in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The exact length in bytes.
    Exact(u64),
    /// The widest range of lengths that a rounded number can mean, with units of 1000 or 1024.
    Rounded {
        /// The lower limit in bytes.
        at_least: u64,
        /// The upper limit in bytes.
        at_most: u64,
    },
    /// No length, or an ambiguous one.
    Unknown,
}

impl Size {
    /// Returns true if a file with this number of bytes may be shown like this.
    pub const fn fits(self, bytes: u64) -> bool {
        match self {
            Self::Exact(exact) => exact == bytes,
            Self::Rounded { at_least, at_most } => at_least <= bytes && bytes <= at_most,
            Self::Unknown => true,
        }
    }
}

/// An entry of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexEntry {
    /// True if the link ends with a slash.
    pub is_directory: bool,
    /// The length of a file; unknown for directories.
    pub size: Size,
}

/// The names in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryIndex {
    /// All names in one string.
    text: String,
    /// The entries, sorted by name.
    names: Vec<IndexName>,
    is_truncated: bool,
}

/// A name, as a range of the common text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct IndexName {
    start: u32,
    end: u32,
    entry: IndexEntry,
}

impl IndexName {
    fn text<'a>(&self, all: &'a str) -> &'a str {
        let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        all.get(at(self.start)..at(self.end)).unwrap_or_default()
    }
}

impl DirectoryIndex {
    /// The entry with this name (escaped as in [`crate::model::file::SampledFile`]).
    pub fn get(&self, name: &str) -> Option<&IndexEntry> {
        let at = self.names.binary_search_by(|n| n.text(&self.text).cmp(name)).ok()?;
        self.names.get(at).map(|n| &n.entry)
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns true if the index has no names.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All entries, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &IndexEntry)> {
        self.names.iter().map(|n| (n.text(&self.text), &n.entry))
    }

    /// Returns true if there may be more names: the page has more than the limit, or ends before its list does. Such an index does not
    /// prove that a name is absent.
    pub fn is_truncated(&self) -> bool {
        self.is_truncated
    }
}

/// Parses a directory index; `None` if the page is not one.
///
/// `url` is the requested URL of the directory, or only its path (`/pub/linux/`), percent-encoded; with a path alone, links with a host
/// are ignored. Parsing stops after `max_names` names.
pub fn parse(page: &[u8], url: &str, max_names: usize) -> Option<DirectoryIndex> {
    let directory = link::DirectoryUrl::new(url);
    let mut reader = page::PageReader::new(&directory, max_names);
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: html5gum::Span<()>| reader.event(&event));
    // The text of `<script>`, `<style>` and `<title>` has no tags.
    emitter.naively_switch_states(true);
    // Runs to the end of the page, or until the reader is full.
    let _full = Tokenizer::new_with_emitter(page, emitter).next();
    // A row at the end of a truncated page has no length.
    let (names, features) = (reader.names, reader.features);
    let is_listing = features.heading || features.is_sortable() || (features.parent && features.sizes);
    let may_be_empty = (features.parent || features.is_sortable() || features.no_parent) && !features.other_path;
    let is_index = is_listing && !features.other_base && (!names.names.is_empty() || may_be_empty);
    is_index.then(|| names.build(!features.closed))
}

/// Names in the order of the page.
#[derive(Debug, Default)]
struct IndexBuilder {
    text: String,
    names: Vec<IndexName>,
    max_names: usize,
    is_full: bool,
}

impl IndexBuilder {
    /// Adds a name, unless it repeats the last one: icons may be links, too.
    fn push(&mut self, raw: &[u8], is_directory: bool) {
        let plain = str::from_utf8(raw).ok().filter(|name| !name.contains('%'));
        let escaped = plain.is_none().then(|| escape_name(raw));
        let name = escaped.as_deref().or(plain).unwrap_or_default();
        if let Some(last) = self.names.last_mut()
            && last.text(&self.text) == name
        {
            last.entry.is_directory |= is_directory;
            return;
        }
        let start = u32::try_from(self.text.len());
        let end = u32::try_from(self.text.len().saturating_add(name.len()));
        let (Ok(start), Ok(end), true) = (start, end, self.names.len() < self.max_names) else {
            self.is_full = true;
            return;
        };
        self.text.push_str(name);
        self.names.push(IndexName {
            start,
            end,
            entry: IndexEntry {
                is_directory,
                size: Size::Unknown,
            },
        });
    }

    fn set_size(&mut self, size: Size) {
        if let Some(last) = self.names.last_mut() {
            last.entry = merge(last.entry, IndexEntry { size, ..last.entry });
        }
    }

    fn build(self, is_incomplete: bool) -> DirectoryIndex {
        let (mut text, mut names) = (self.text, self.names);
        names.sort_by(|a, b| a.text(&text).cmp(b.text(&text)));
        names.dedup_by(|next, kept| {
            let same = next.text(&text) == kept.text(&text);
            if same {
                kept.entry = merge(kept.entry, next.entry);
            }
            same
        });
        for name in names.iter_mut().filter(|n| n.entry.is_directory) {
            name.entry.size = Size::Unknown;
        }
        text.shrink_to_fit();
        names.shrink_to_fit();
        DirectoryIndex {
            text,
            names,
            is_truncated: self.is_full || is_incomplete,
        }
    }
}

/// Merges two entries of one name. Contradicting lengths are unknown.
fn merge(a: IndexEntry, b: IndexEntry) -> IndexEntry {
    IndexEntry {
        is_directory: a.is_directory || b.is_directory,
        size: match (a.size, b.size) {
            (Size::Unknown, size) | (size, Size::Unknown) => size,
            (one, other) if one == other => one,
            _ => Size::Unknown,
        },
    }
}
