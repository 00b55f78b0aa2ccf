//! Reads a page tag by tag: its links, what stands behind them, and the signs that it is the page of a directory.

use html5gum::emitters::callback::CallbackEvent;

use super::link::{BaseUrl, Column, Link};
use super::size::RowText;
use super::{Builder, Size};

/// Bytes of a heading or of a link's text that are looked at.
const TEXT: usize = 128;

/// What a tag means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tag {
    /// A link.
    A,
    /// Another place that links are seen from.
    Base,
    /// `<title>` and headings.
    Heading,
    /// Text with lines.
    Pre,
    /// What holds the list, or all.
    Frame,
    /// What ends a row.
    Break,
    /// Any other.
    Other,
}

impl Tag {
    fn named(name: &[u8]) -> Self {
        match name {
            b"a" => Self::A,
            b"base" => Self::Base,
            b"title" | b"h1" | b"h2" => Self::Heading,
            b"pre" => Self::Pre,
            b"table" | b"ul" | b"ol" | b"body" | b"html" => Self::Frame,
            b"tr" | b"li" | b"br" | b"hr" => Self::Break,
            _ => Self::Other,
        }
    }
}

/// Which attribute's value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attribute {
    Href,
    /// `data-order`, `data-size` and the like.
    Data,
    Other,
}

/// Whose text is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Nothing,
    Heading,
    /// A link to something in the directory: its text may be cut, its `href` is not.
    Child,
    /// A link up, or to who knows where.
    Other {
        elsewhere: bool,
    },
    /// What follows a link to something in the directory.
    Row,
}

/// What speaks for a page being that of a directory, and what against.
#[derive(Debug, Default)]
pub(super) struct PageFeatures {
    /// A heading names the directory: `Index of /…`, `Directory listing for /…`.
    pub(super) heading: bool,
    /// That heading is of a server that gives no link up.
    pub(super) no_parent: bool,
    /// A link leads up and says so.
    pub(super) parent: bool,
    /// Columns by which the page can be sorted.
    sorted: Vec<Column>,
    /// A length stands behind a name.
    pub(super) sizes: bool,
    /// A link leads to elsewhere on this server.
    pub(super) elsewhere: bool,
    /// Links are not seen from where the page lies.
    pub(super) moved: bool,
    /// What holds the list has ended since the last name.
    pub(super) closed: bool,
}

impl PageFeatures {
    /// Whether the page can be sorted by more than one column.
    pub(super) fn sortable(&self) -> bool {
        self.sorted.len() > 1
    }
}

/// A page that is being read.
#[derive(Debug)]
pub(super) struct Page<'a> {
    place: &'a BaseUrl,
    names: Builder,
    signs: PageFeatures,
    tag: Tag,
    attribute: Attribute,
    href: Option<Vec<u8>>,
    reading: Reading,
    text: Vec<u8>,
    in_pre: bool,
    row: RowText,
}

impl<'a> Page<'a> {
    /// A page of `place` of which at most `cap` names are kept.
    pub(super) fn new(place: &'a BaseUrl, cap: usize) -> Self {
        Self {
            place,
            names: Builder::new(cap),
            signs: PageFeatures::default(),
            tag: Tag::Other,
            attribute: Attribute::Other,
            href: None,
            reading: Reading::Nothing,
            text: Vec::new(),
            in_pre: false,
            row: RowText::default(),
        }
    }

    /// What was read. A row that the page broke off in counts without its length.
    pub(super) fn done(self) -> (Builder, PageFeatures) {
        (self.names, self.signs)
    }

    /// The next part of the page; says when to stop.
    pub(super) fn event(&mut self, event: &CallbackEvent<'_>) -> Option<()> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = Tag::named(name);
                self.href = None;
            }
            CallbackEvent::AttributeName { name } => {
                self.attribute = match *name {
                    b"href" => Attribute::Href,
                    name if name.starts_with(b"data-") => Attribute::Data,
                    _ => Attribute::Other,
                };
            }
            CallbackEvent::AttributeValue { value } => self.value(value),
            CallbackEvent::CloseStartTag { .. } => {
                self.start();
                self.tag = Tag::Other;
            }
            CallbackEvent::EndTag { name } => self.end(Tag::named(name)),
            CallbackEvent::String { value } => self.text(value),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } | CallbackEvent::Error(_) => {}
        }
        self.names.is_full().then_some(())
    }

    fn value(&mut self, value: &[u8]) {
        match self.attribute {
            Attribute::Href if matches!(self.tag, Tag::A | Tag::Base) && self.href.is_none() => {
                self.href = Some(value.to_vec());
            }
            Attribute::Data if self.reading == Reading::Row => {
                let number = str::from_utf8(value).ok().and_then(|v| v.parse().ok());
                if let Some(number) = number {
                    self.row.hint(number);
                }
            }
            Attribute::Href | Attribute::Data | Attribute::Other => {}
        }
        self.attribute = Attribute::Other;
    }

    fn start(&mut self) {
        match (self.tag, self.href.take()) {
            (Tag::A, Some(href)) => self.link(&href),
            (Tag::Base, Some(href)) => self.signs.moved |= self.place.link(&href) != Link::Itself,
            (Tag::Heading, _) => {
                self.end_of_row();
                self.read(Reading::Heading);
            }
            (Tag::Break, _) => self.between_rows(),
            (tag @ (Tag::Pre | Tag::Frame), _) => {
                self.in_pre |= tag == Tag::Pre;
                self.end_of_row();
            }
            (Tag::A | Tag::Base | Tag::Other, _) => self.row.end_cell(),
        }
    }

    fn end(&mut self, tag: Tag) {
        match tag {
            Tag::A => match self.reading {
                Reading::Child => self.read(Reading::Row),
                Reading::Other { .. } => self.end_of_row(),
                Reading::Nothing | Reading::Heading | Reading::Row => self.row.end_cell(),
            },
            Tag::Heading => self.end_of_row(),
            Tag::Pre | Tag::Frame => {
                self.in_pre &= tag != Tag::Pre;
                self.end_of_row();
                self.signs.closed = true;
            }
            Tag::Break => self.between_rows(),
            Tag::Base | Tag::Other => self.row.end_cell(),
        }
    }

    /// A tag that parts rows, or the words of a heading.
    fn between_rows(&mut self) {
        if self.reading == Reading::Heading {
            self.text(b" ");
        } else {
            self.end_of_row();
        }
    }

    fn text(&mut self, text: &[u8]) {
        match self.reading {
            Reading::Heading | Reading::Other { .. } => {
                let room = TEXT.saturating_sub(self.text.len());
                self.text.extend(text.iter().take(room));
            }
            Reading::Row => {
                let line = text.iter().position(|b| *b == b'\n').filter(|_| self.in_pre);
                let (text, _) = line.and_then(|at| text.split_at_checked(at)).unwrap_or((text, b""));
                self.row.push(text);
                if line.is_some() {
                    self.end_of_row();
                }
            }
            Reading::Nothing | Reading::Child => {}
        }
    }

    fn link(&mut self, href: &[u8]) {
        let link = self.place.link(href);
        // A heading may be a row of links to what lies above.
        if self.reading == Reading::Heading && !matches!(link, Link::Child { .. }) {
            return;
        }
        self.end_of_row();
        if matches!(link, Link::Child { .. } | Link::Parent | Link::Above) {
            self.signs.closed = false;
        }
        match link {
            Link::Child { name, directory } => {
                self.names.push(&name, directory);
                self.read(Reading::Child);
            }
            Link::Parent => self.signs.parent = true,
            Link::Above => self.read(Reading::Other { elsewhere: false }),
            Link::Elsewhere => self.read(Reading::Other { elsewhere: true }),
            Link::Sorted(column) => {
                if !self.signs.sorted.contains(&column) {
                    self.signs.sorted.push(column);
                }
            }
            Link::Itself | Link::Abroad => {}
        }
    }

    fn read(&mut self, what: Reading) {
        self.text.clear();
        self.row.clear();
        self.reading = what;
    }

    /// Weighs what was read, and reads nothing until something begins.
    fn end_of_row(&mut self) {
        match self.reading {
            Reading::Row => {
                let size = self.row.size();
                self.signs.sizes |= size != Size::Unknown;
                self.names.size(size);
            }
            Reading::Heading => {
                let (heading, no_parent) = heading(&self.text);
                self.signs.heading |= heading;
                self.signs.no_parent |= no_parent;
            }
            Reading::Other { elsewhere } => {
                let parent = leads_up(&self.text);
                self.signs.parent |= parent;
                self.signs.elsewhere |= elsewhere && !parent;
            }
            Reading::Nothing | Reading::Child => {}
        }
        self.read(Reading::Nothing);
    }
}

/// In lower case, with single blanks, none at the ends.
fn words(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text).to_lowercase();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a heading is that of a directory's page, and whether of one by a server that gives no link up (Python's).
fn heading(text: &[u8]) -> (bool, bool) {
    let text = words(text);
    let names_a_path = |start: &str| {
        text.strip_prefix(start)
            .is_some_and(|rest| rest.starts_with([' ', ':']) && rest.contains('/'))
    };
    let no_parent = names_a_path("directory listing for");
    (
        no_parent || names_a_path("index of") || names_a_path("directory listing of"),
        no_parent,
    )
}

/// Whether a link's text says that it leads up.
fn leads_up(text: &[u8]) -> bool {
    let text = words(text);
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
    fn headings_of_directories() {
        for text in [
            "Index of /",
            " Index\n of  /pub/linux",
            "INDEX OF /pub",
            "Index of: /pub/",
            "Index of mirror.example.org/pub/",
            "Directory listing for /",
            "Directory listing of /pub",
        ] {
            assert!(heading(text.as_bytes()).0, "{text:?}");
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
            assert!(!heading(text.as_bytes()).0, "{text:?}");
        }
    }

    #[test]
    fn links_that_say_they_lead_up() {
        for text in [
            "..",
            "../",
            " Parent Directory",
            "Parent directory/",
            "[To Parent Directory]",
            "\u{a0}Go up\u{21b0}",
        ] {
            assert!(leads_up(text.as_bytes()), "{text:?}");
        }
        for text in ["", ".", "...", "Home", "pub", "parent"] {
            assert!(!leads_up(text.as_bytes()), "{text:?}");
        }
    }
}
