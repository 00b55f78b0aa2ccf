//! Reads a page tag by tag: its links, the text after them, and the features that identify a directory index.

use std::collections::BTreeSet;

use html5gum::emitters::callback::CallbackEvent;
use itertools::Itertools as _;

use super::link::{Column, DirectoryUrl, LinkTarget};
use super::size::RowText;
use super::{IndexBuilder, Size};
use crate::formats::filelist::parse_u64;

/// The number of bytes of a heading or link text that are kept.
const MAX_TEXT: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    A,
    Base,
    /// A `<title>` or heading.
    Heading,
    Pre,
    /// An element that contains the list.
    Container,
    /// A tag between rows.
    Break,
    Other,
}

impl Tag {
    fn from_name(name: &[u8]) -> Self {
        match name {
            b"a" => Self::A,
            b"base" => Self::Base,
            b"title" | b"h1" | b"h2" => Self::Heading,
            b"pre" => Self::Pre,
            b"table" | b"ul" | b"ol" | b"body" | b"html" => Self::Container,
            b"tr" | b"li" | b"br" | b"hr" => Self::Break,
            _ => Self::Other,
        }
    }
}

/// The attribute whose value follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Href,
    /// `data-order`, `data-size` and similar.
    Data,
    Other,
}

/// The part of the page whose text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Nothing,
    Heading,
    /// A link to something in the directory. The text may be shortened, the `href` is not.
    Child,
    /// A link to a parent directory or to another path.
    Other {
        other_path: bool,
    },
    /// The text after a link to something in the directory.
    Row,
}

/// The features that identify a directory index.
#[derive(Debug, Default)]
pub(super) struct PageFeatures {
    /// A heading contains the path: `Index of /…`, `Directory listing for /…`.
    pub(super) heading: bool,
    /// The heading is of a server that writes no parent link.
    pub(super) no_parent: bool,
    /// A parent link, by its target or text.
    pub(super) parent: bool,
    /// Columns by which the page can be sorted.
    sorted: BTreeSet<Column>,
    /// A name is followed by a length.
    pub(super) sizes: bool,
    /// A link leads to another path on this server.
    pub(super) other_path: bool,
    /// The `<base>` of the page is another directory.
    pub(super) other_base: bool,
    /// The element that contains the list has ended after the last name.
    pub(super) closed: bool,
}

impl PageFeatures {
    pub(super) fn is_sortable(&self) -> bool {
        self.sorted.len() > 1
    }
}

#[derive(Debug)]
pub(super) struct PageReader<'a> {
    directory: &'a DirectoryUrl,
    pub(super) names: IndexBuilder,
    pub(super) features: PageFeatures,
    tag: Tag,
    attribute: Attribute,
    href: Option<Vec<u8>>,
    part: Part,
    text: Vec<u8>,
    in_pre: bool,
    row: RowText,
}

impl<'a> PageReader<'a> {
    pub(super) fn new(directory: &'a DirectoryUrl, max_names: usize) -> Self {
        Self {
            directory,
            names: IndexBuilder {
                max_names,
                ..IndexBuilder::default()
            },
            features: PageFeatures::default(),
            tag: Tag::Other,
            attribute: Attribute::Other,
            href: None,
            part: Part::Nothing,
            text: Vec::new(),
            in_pre: false,
            row: RowText::default(),
        }
    }

    /// Handles the next part of the page; `Some` if the reader is full.
    pub(super) fn event(&mut self, event: &CallbackEvent<'_>) -> Option<()> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = Tag::from_name(name);
                self.href = None;
            }
            CallbackEvent::AttributeName { name } => {
                self.attribute = match *name {
                    b"href" => Attribute::Href,
                    name if name.starts_with(b"data-") => Attribute::Data,
                    _ => Attribute::Other,
                };
            }
            CallbackEvent::AttributeValue { value } => self.attribute_value(value),
            CallbackEvent::CloseStartTag { .. } => {
                self.start_tag();
                self.tag = Tag::Other;
            }
            CallbackEvent::EndTag { name } => self.end_tag(Tag::from_name(name)),
            CallbackEvent::String { value } => self.add_text(value),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        self.names.is_full.then_some(())
    }

    fn attribute_value(&mut self, value: &[u8]) {
        match self.attribute {
            Attribute::Href if matches!(self.tag, Tag::A | Tag::Base) && self.href.is_none() => {
                self.href = Some(value.to_vec());
            }
            Attribute::Data if self.part == Part::Row => {
                if let Some(number) = parse_u64(value) {
                    self.row.hint(number);
                }
            }
            Attribute::Href | Attribute::Data | Attribute::Other => {}
        }
        self.attribute = Attribute::Other;
    }

    fn start_tag(&mut self) {
        match (self.tag, self.href.take()) {
            (Tag::A, Some(href)) => self.add_link(&href),
            (Tag::Base, Some(href)) => {
                self.features.other_base |= self.directory.classify(&href) != LinkTarget::SamePage;
            }
            (Tag::Heading, _) => {
                self.end_part();
                self.begin_part(Part::Heading);
            }
            (Tag::Break, _) => self.break_row(),
            (tag @ (Tag::Pre | Tag::Container), _) => {
                self.in_pre |= tag == Tag::Pre;
                self.end_part();
            }
            (Tag::A | Tag::Base | Tag::Other, _) => self.row.end_cell(),
        }
    }

    fn end_tag(&mut self, tag: Tag) {
        match tag {
            Tag::A => match self.part {
                Part::Child => self.begin_part(Part::Row),
                Part::Other { .. } => self.end_part(),
                Part::Nothing | Part::Heading | Part::Row => self.row.end_cell(),
            },
            Tag::Heading => self.end_part(),
            Tag::Pre | Tag::Container => {
                self.in_pre &= tag != Tag::Pre;
                self.end_part();
                self.features.closed = true;
            }
            Tag::Break => self.break_row(),
            Tag::Base | Tag::Other => self.row.end_cell(),
        }
    }

    /// Handles a tag that separates rows, or the words of a heading.
    fn break_row(&mut self) {
        if self.part == Part::Heading {
            self.add_text(b" ");
        } else {
            self.end_part();
        }
    }

    fn add_text(&mut self, text: &[u8]) {
        match self.part {
            Part::Heading | Part::Other { .. } => {
                let left = MAX_TEXT.saturating_sub(self.text.len());
                self.text.extend(text.iter().take(left));
            }
            Part::Row => {
                let line = text.iter().position(|b| *b == b'\n').filter(|_| self.in_pre);
                let (text, _) = line.and_then(|at| text.split_at_checked(at)).unwrap_or((text, b""));
                self.row.push(text);
                if line.is_some() {
                    self.end_part();
                }
            }
            Part::Nothing | Part::Child => {}
        }
    }

    fn add_link(&mut self, href: &[u8]) {
        let target = self.directory.classify(href);
        // A heading may contain links to the parent directories.
        if self.part == Part::Heading && !matches!(target, LinkTarget::Child { .. }) {
            return;
        }
        self.end_part();
        if matches!(
            target,
            LinkTarget::Child { .. } | LinkTarget::Parent | LinkTarget::Ancestor
        ) {
            self.features.closed = false;
        }
        match target {
            LinkTarget::Child { name, is_directory } => {
                self.names.push(&name, is_directory);
                self.begin_part(Part::Child);
            }
            LinkTarget::Parent => self.features.parent = true,
            LinkTarget::Ancestor => self.begin_part(Part::Other { other_path: false }),
            LinkTarget::OtherPath => self.begin_part(Part::Other { other_path: true }),
            LinkTarget::Sorted(column) => {
                self.features.sorted.insert(column);
            }
            LinkTarget::SamePage | LinkTarget::External => {}
        }
    }

    fn begin_part(&mut self, part: Part) {
        self.text.clear();
        self.row.clear();
        self.part = part;
    }

    /// Evaluates the current part, and ignores text until the next one begins.
    fn end_part(&mut self) {
        match self.part {
            Part::Row => {
                let size = self.row.size();
                self.features.sizes |= size != Size::Unknown;
                self.names.set_size(size);
            }
            Part::Heading => {
                let (heading, no_parent) = classify_heading(&self.text);
                self.features.heading |= heading;
                self.features.no_parent |= no_parent;
            }
            Part::Other { other_path } => {
                let parent = is_parent_text(&self.text);
                self.features.parent |= parent;
                self.features.other_path |= other_path && !parent;
            }
            Part::Nothing | Part::Child => {}
        }
        self.begin_part(Part::Nothing);
    }
}

/// Converts to lower case with single blanks between words.
fn normalize(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).to_lowercase();
    text.split_whitespace().join(" ")
}

/// Returns two flags: the heading is of a directory index, and its server (Python) writes no parent link.
fn classify_heading(text: &[u8]) -> (bool, bool) {
    let text = normalize(text);
    let precedes_path = |start: &&str| {
        let rest = text.strip_prefix(start);
        rest.is_some_and(|rest| rest.starts_with([' ', ':']) && rest.contains('/'))
    };
    let is_heading = ["index of", "directory listing of"].iter().any(precedes_path);
    let no_parent = precedes_path(&"directory listing for");
    (is_heading || no_parent, no_parent)
}

/// Returns true if a link text names the parent directory.
fn is_parent_text(text: &[u8]) -> bool {
    let text = normalize(text);
    let text = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '.');
    matches!(
        text,
        ".." | "parent directory" | "parent folder" | "to parent directory" | "go up" | "up to higher level directory"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_indexes_are_recognized() {
        for text in [
            "Index of /",
            " Index\n of  /pub/linux",
            "INDEX OF /pub",
            "Index of: /pub/",
            "Index of mirror.example.org/pub/",
            "Directory listing for /",
            "Directory listing of /pub",
        ] {
            assert!(classify_heading(text.as_bytes()).0, "{text:?}");
        }
        for text in [
            "",
            "Index of packages",
            "Index of",
            "Index offices / shops",
            "Indices of /",
            "/pub",
            "404 Not Found",
        ] {
            assert!(!classify_heading(text.as_bytes()).0, "{text:?}");
        }
    }

    #[test]
    fn texts_of_parent_links_are_recognized() {
        for text in [
            "..",
            "../",
            " Parent Directory",
            "Parent directory/",
            "[To Parent Directory]",
            "\u{a0}Go up\u{21b0}",
        ] {
            assert!(is_parent_text(text.as_bytes()), "{text:?}");
        }
        for text in ["", ".", "...", "Home", "pub", "parent"] {
            assert!(!is_parent_text(text.as_bytes()), "{text:?}");
        }
    }
}
