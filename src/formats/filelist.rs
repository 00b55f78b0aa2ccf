//! `fullfiletimelist-*`: the list of all files that a master writes beside its tree, for mirrors that sync by it.
//!
//! The format is that of quick-fedora-mirror's `create-filelist`: text in sections, each begun by its name in brackets.
//! `[Files]` holds lines `timestamp TAB type TAB size TAB path`; the type is `f`, `d` or `l`, and after it `-` (the world may not
//! read it) or `*` (it lies in a directory that the world may not read). Sections `[Checksums SHA1]` (or MD5, SHA256, SHA512)
//! hold lines `hash TAB path`, for each `repomd.xml`. The last line is `[End]`: without it the list is cut off. The timestamp is the
//! later of modification and change time. The top itself has no line.
//!
//! A list with one line that is not of this form is not believed at all: half a listing would look like a removal.

use thiserror::Error;

use super::entry::{Entry, Kind};

/// The digests that a list may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// 32 hexadecimal digits.
    Md5,
    /// 40 hexadecimal digits.
    Sha1,
    /// 64 hexadecimal digits.
    Sha256,
    /// 128 hexadecimal digits.
    Sha512,
}

impl Algorithm {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// By the name it has in lists and checksum files: `SHA256`, in any case.
    pub fn named(name: &[u8]) -> Option<Self> {
        let all: [(&[u8], Self); 4] = [
            (b"MD5", Self::Md5),
            (b"SHA1", Self::Sha1),
            (b"SHA256", Self::Sha256),
            (b"SHA512", Self::Sha512),
        ];
        all.into_iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, a)| a)
    }

    /// Of the digest with that many hexadecimal digits.
    pub fn of_length(digits: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.digits() == digits)
    }

    /// How many hexadecimal digits it has.
    pub const fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    /// An entry of `[Files]`.
    Entry(Entry<'a>),
    /// A line of `[Checksums …]`.
    Checksum {
        /// Which digest.
        algorithm: Algorithm,
        /// Its digits, in lower case or upper case.
        hash: &'a str,
        /// The file's path.
        path: &'a [u8],
    },
    /// The beginning of a section, an empty line, or a line of a section that is not known.
    Other,
}

/// What is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListError {
    /// A line is not of the form.
    #[error("line {number} {what}")]
    Line {
        /// Counted from 1.
        number: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The end is missing.
    #[error("it is cut off after line {0}: the line [End] is missing")]
    CutOff(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    None,
    Files,
    Checksums(Algorithm),
    Unknown,
    End,
}

/// Reads a list line by line.
#[derive(Debug)]
pub struct FileListParser {
    section: Section,
    number: u64,
    files: bool,
}

impl Default for FileListParser {
    fn default() -> Self {
        Self {
            section: Section::None,
            number: 0,
            files: false,
        }
    }
}

impl FileListParser {
    /// Takes the next line, without its newline.
    pub fn line<'a>(&mut self, line: &'a [u8]) -> Result<Line<'a>, ListError> {
        self.number += 1;
        let number = self.number;
        let wrong = |what| ListError::Line { number, what };
        if let Some(name) = line.strip_prefix(b"[").and_then(|l| l.strip_suffix(b"]"))
            && !line.contains(&b'\t')
        {
            self.section = section(name);
            self.files |= self.section == Section::Files;
            return Ok(Line::Other);
        }
        if line.is_empty() {
            return Ok(Line::Other);
        }
        match self.section {
            Section::Files => entry(line).map(Line::Entry).map_err(wrong),
            Section::Checksums(algorithm) => {
                let (hash, path) = split_tab(line).ok_or(wrong("has no tab after its checksum"))?;
                let hash = std::str::from_utf8(hash).unwrap_or_default();
                if hash.len() != algorithm.digits() || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(wrong("has a checksum of another length, or none"));
                }
                let path = checked(path).map_err(wrong)?;
                Ok(Line::Checksum { algorithm, hash, path })
            }
            Section::None | Section::Unknown => Ok(Line::Other),
            Section::End => Err(wrong("comes after [End]")),
        }
    }

    /// Tells whether the list was whole.
    pub fn end(&self) -> Result<(), ListError> {
        if self.section != Section::End {
            return Err(ListError::CutOff(self.number));
        }
        if !self.files {
            return Err(ListError::Line {
                number: self.number,
                what: "ends a list that has no section [Files]",
            });
        }
        Ok(())
    }
}

fn section(name: &[u8]) -> Section {
    if name == b"Files" {
        Section::Files
    } else if name == b"End" {
        Section::End
    } else if let Some(algorithm) = name.strip_prefix(b"Checksums ").and_then(Algorithm::named) {
        Section::Checksums(algorithm)
    } else {
        Section::Unknown
    }
}

fn split_tab(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|b| *b == b'\t')?;
    let (before, after) = line.split_at(at);
    Some((before, after.strip_prefix(b"\t")?))
}

fn entry(line: &[u8]) -> Result<Entry<'_>, &'static str> {
    const TABS: &str = "has not the form: time, type, size and path with tabs between";
    let (time, rest) = split_tab(line).ok_or(TABS)?;
    let (kind, rest) = split_tab(rest).ok_or(TABS)?;
    let (size, path) = split_tab(rest).ok_or(TABS)?;
    let (kind, open) = match kind {
        [k] => (*k, true),
        [k, b'-' | b'*'] | [k, b'*', b'-'] | [k, b'-', b'*'] => (*k, false),
        _ => return Err("has a type that is not known"),
    };
    let kind = match kind {
        b'f' => Kind::File,
        b'd' => Kind::Directory,
        b'l' => Kind::Link,
        _ => return Err("has a type that is not known"),
    };
    Ok(Entry {
        kind,
        world_readable: open,
        timestamp: time_of(time).ok_or("has a time that is no number")?,
        size: number(size).ok_or("has a size that is no number of 64 bits")?,
        path: checked(path)?,
    })
}

/// Whole seconds; decimals are cut off.
fn time_of(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let whole = digits.split(|b| *b == b'.').next()?;
    let value = i64::try_from(number(whole)?).ok()?;
    Some(if negative { -value } else { value })
}

/// A decimal number of 64 bits without a sign.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for digit in text {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(value)
}

/// The path, if its form is one that leads down; its components are looked at where a directory is made of it.
fn checked(path: &[u8]) -> Result<&[u8], &'static str> {
    if path.is_empty() {
        return Err("has no path");
    }
    if path.starts_with(b"/") {
        return Err("has a path that begins with a slash");
    }
    Ok(path.strip_suffix(b"/").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<String>, ListError> {
        let mut parser = FileListParser::default();
        let mut out = Vec::new();
        for line in text.lines() {
            match parser.line(line.as_bytes())? {
                Line::Entry(e) => out.push(format!(
                    "{:?} {} {} {} {}",
                    e.kind,
                    e.world_readable,
                    e.timestamp,
                    e.size,
                    String::from_utf8_lossy(e.path)
                )),
                Line::Checksum { algorithm, hash, path } => {
                    out.push(format!("{algorithm:?} {hash} {}", String::from_utf8_lossy(path)));
                }
                Line::Other => {}
            }
        }
        parser.end()?;
        Ok(out)
    }

    #[test]
    fn a_list_as_masters_write_it() {
        let sha1 = "0123456789abcdef0123456789abcdef01234567";
        let text = format!(
            "[Version]\n2\n\n[Files]\n1700000000\td\t4096\ta b\n1700000001.5\tf\t12\ta b/x\n5\td-\t0\tc\n6\tf*\t1\tc/y\n7\tl\t3\tz\n\
             \n[Checksums SHA1]\n{sha1}\ta b/repodata/repomd.xml\n\n[Checksums CRC]\nwhatever\n[End]\n"
        );
        assert_eq!(
            read(&text).unwrap(),
            [
                "Directory true 1700000000 4096 a b",
                "File true 1700000001 12 a b/x",
                "Directory false 5 0 c",
                "File false 6 1 c/y",
                "Link true 7 3 z",
                &format!("Sha1 {sha1} a b/repodata/repomd.xml"),
            ]
        );
    }

    #[test]
    fn a_list_that_is_not_whole_or_not_one_is_refused() {
        for (text, word) in [
            ("", "cut off"),
            ("[Files]\n1\tf\t1\ta\n", "cut off after line 2"),
            ("[Files]\n1\tf\t1\ta\n[En", "line 3"),
            ("[End]\n", "no section"),
            ("[Files]\n1 f 1 a\n[End]\n", "line 2"),
            ("[Files]\n1\tf\t1\n[End]\n", "tabs"),
            ("[Files]\n1\tx\t1\ta\n[End]\n", "type"),
            ("[Files]\n1\tf+\t1\ta\n[End]\n", "type"),
            ("[Files]\nsoon\tf\t1\ta\n[End]\n", "time"),
            (
                "[Files]\n1\tf\t1234567890123456789012345678901234567890\ta\n[End]\n",
                "size",
            ),
            ("[Files]\n1\tf\t-1\ta\n[End]\n", "size"),
            ("[Files]\n1\tf\t1\t/etc/passwd\n[End]\n", "slash"),
            ("[Files]\n1\tf\t1\t\n[End]\n", "path"),
            ("[Files]\n[Checksums SHA1]\nabc\ta\n[End]\n", "checksum"),
            ("[Files]\n[End]\n1\tf\t1\ta\n", "after [End]"),
        ] {
            let e = read(text).unwrap_err().to_string();
            assert!(e.contains(word), "{text:?}: {e}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut parser = FileListParser::default();
            for line in &lines {
                if parser.line(line).is_err() {
                    break;
                }
            }
            drop(parser.end());
        }
    }
}
