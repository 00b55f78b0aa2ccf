//! The page of a directory that a web server makes: the names in it, and their lengths.
//!
//! One way of reading serves them all (nginx with and without fancyindex, Apache in its three styles, lighttpd, Caddy, Python, and
//! what is made in their likeness): a link to something directly below the directory is a name, from its `href` (the text may be cut);
//! what follows up to the next link or the end of the row may hold a length. Names are percent-decoded, entities of HTML decoded
//! before, and written as [`crate::model::names::DirPath`] and [`crate::model::file::SampledFile`] write them.
//!
//! **What is a directory's page.** A page that merely has links must never be taken for one, else all files of the directory would
//! seem to be missing. It must have one of these:
//! - a title or heading `Index of …/…`, `Directory listing for /…` or `Directory listing of /…`;
//! - links that sort it by two different columns (`?C=N;O=D` of Apache and fancyindex, `?sort=name&order=asc` of Caddy);
//! - a link up (`../`, or one that says `Parent Directory` and the like) and at least one name with a length behind it.
//!
//! Where it has no names it is the page of an empty directory only if it also has a link up or sorts itself, or is made by Python, which
//! does neither, and if no link leads to elsewhere on the server: such could be names that are written in another way. A page whose
//! `<base>` is another directory is none.
//!
//! Servers leave out names: nginx and lighttpd those that begin with a dot, Apache what `IndexIgnore` says (on many systems also `README*`,
//! `HEADER*`, `*~`, `RCS`, `CVS`), all of them what they may not read. A name that is not listed may be there all the same.

use html5gum::Tokenizer;
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};

use crate::model::names::escape_name;

mod link;
mod page;
mod size;
#[cfg(test)]
mod tests;

/// The length of a file, as far as a page tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// So many bytes.
    Exact(u64),
    /// Not less and not more than that: the widest range of bytes that can be meant, by units of 1000 or of 1024, however rounded.
    Rounded {
        /// Bytes.
        at_least: u64,
        /// Bytes.
        at_most: u64,
    },
    /// Not told, or not clearly.
    Unknown,
}

impl Size {
    /// Whether a file of so many bytes may be shown like this.
    pub const fn fits(self, bytes: u64) -> bool {
        match self {
            Self::Exact(exact) => exact == bytes,
            Self::Rounded { at_least, at_most } => at_least <= bytes && bytes <= at_most,
            Self::Unknown => true,
        }
    }
}

/// What a page says of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexEntry {
    /// Whether it is a directory: its link ends with a slash.
    pub directory: bool,
    /// Its length; unknown for directories.
    pub size: Size,
}

/// The names of a directory: one text of all names, and where each lies in it, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryIndex {
    text: String,
    names: Vec<Name>,
    cut: bool,
}

/// One name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name {
    start: u32,
    end: u32,
    listed: IndexEntry,
}

impl Name {
    fn text<'a>(&self, all: &'a str) -> &'a str {
        let (Ok(start), Ok(end)) = (usize::try_from(self.start), usize::try_from(self.end)) else {
            return "";
        };
        all.get(start..end).unwrap_or_default()
    }
}

impl DirectoryIndex {
    /// What is listed by this name (escaped as in [`crate::model::file::SampledFile`]); `None` where it is not.
    pub fn get(&self, name: &str) -> Option<&IndexEntry> {
        let at = self.names.binary_search_by(|n| n.text(&self.text).cmp(name)).ok()?;
        self.names.get(at).map(|n| &n.listed)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All names, sorted, with what is said of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &IndexEntry)> {
        self.names.iter().map(|n| (n.text(&self.text), &n.listed))
    }

    /// Whether there may be more names: the page had more than were to be kept, or it breaks off before its list ends. A name that is
    /// missing from such an index says nothing.
    pub fn is_cut(&self) -> bool {
        self.cut
    }
}

/// Reads the page of a directory.
///
/// `url` is what was asked for: the URL of the directory, or only the path in it (`/pub/linux/`), percent-encoded; with a path alone,
/// links with a host count for nothing. At most `cap` names are kept, and reading stops there. `None` = this is no page of a directory.
pub fn read(page: &[u8], url: &str, cap: usize) -> Option<DirectoryIndex> {
    let place = link::BaseUrl::new(url);
    let mut reader = page::Page::new(&place, cap);
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, _: html5gum::Span<()>| reader.event(&event));
    // Text of `<script>`, `<style>` and `<title>` holds no tags.
    emitter.naively_switch_states(true);
    // It runs to the end, or until the reader has enough.
    let _enough = Tokenizer::new_with_emitter(page, emitter).next();
    let (names, signs) = reader.done();
    let listing = signs.heading || signs.sortable() || (signs.parent && signs.sizes);
    let empty = (signs.parent || signs.sortable() || signs.no_parent) && !signs.elsewhere;
    let is_page = listing && !signs.moved && (!names.names.is_empty() || empty);
    is_page.then(|| names.index(!signs.closed))
}

/// Names in the order of the page.
#[derive(Debug)]
struct Builder {
    text: String,
    names: Vec<Name>,
    cap: usize,
    full: bool,
}

impl Builder {
    fn new(cap: usize) -> Self {
        Self {
            text: String::new(),
            names: Vec::new(),
            cap,
            full: false,
        }
    }

    /// Whether there was one more than is kept.
    fn is_full(&self) -> bool {
        self.full
    }

    /// Adds a name. Icons may be links too, so that a name comes twice in a row.
    fn push(&mut self, raw: &[u8], directory: bool) {
        let plain = str::from_utf8(raw).ok().filter(|name| !name.contains('%'));
        let escaped = plain.is_none().then(|| escape_name(raw));
        let name = escaped.as_deref().or(plain).unwrap_or_default();
        if let Some(last) = self.names.last_mut()
            && last.text(&self.text) == name
        {
            last.listed.directory |= directory;
            return;
        }
        let start = u32::try_from(self.text.len());
        let end = u32::try_from(self.text.len().saturating_add(name.len()));
        let (Ok(start), Ok(end), true) = (start, end, self.names.len() < self.cap) else {
            self.full = true;
            return;
        };
        self.text.push_str(name);
        self.names.push(Name {
            start,
            end,
            listed: IndexEntry {
                directory,
                size: Size::Unknown,
            },
        });
    }

    /// The length of the last name.
    fn size(&mut self, size: Size) {
        if let Some(last) = self.names.last_mut() {
            last.listed = merged(last.listed, IndexEntry { size, ..last.listed });
        }
    }

    /// All names, sorted, each once.
    fn index(self, broken_off: bool) -> DirectoryIndex {
        let Self {
            mut text,
            mut names,
            full,
            ..
        } = self;
        names.sort_by(|a, b| a.text(&text).cmp(b.text(&text)));
        names.dedup_by(|next, kept| {
            let same = next.text(&text) == kept.text(&text);
            if same {
                kept.listed = merged(kept.listed, next.listed);
            }
            same
        });
        for name in names.iter_mut().filter(|n| n.listed.directory) {
            name.listed.size = Size::Unknown;
        }
        text.shrink_to_fit();
        names.shrink_to_fit();
        DirectoryIndex {
            text,
            names,
            cut: full || broken_off,
        }
    }
}

/// What two places say of one name. Two lengths are none.
fn merged(a: IndexEntry, b: IndexEntry) -> IndexEntry {
    IndexEntry {
        directory: a.directory || b.directory,
        size: match (a.size, b.size) {
            (Size::Unknown, size) | (size, Size::Unknown) => size,
            (one, other) if one == other => one,
            _ => Size::Unknown,
        },
    }
}
