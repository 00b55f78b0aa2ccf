//! `fullfiletimelist-*`: the list of all files that a master writes next to its tree, for mirrors that sync by it.
//!
//! The format is that of `create-filelist` from quick-fedora-mirror: text in sections that begin with their name in brackets.
//! `[Files]` has lines `timestamp TAB type TAB size TAB path`; the type is `f`, `d` or `l`, followed by `-` (not world-readable) or `*`
//! (in a directory that is not world-readable). Sections `[Checksums SHA1]` (or MD5, SHA256, SHA512) have lines `hash TAB path`, for
//! each `repomd.xml`. The last line is `[End]`; without it the list is truncated. The timestamp is the later of modification and change
//! time. The top itself has no line.
//!
//! A list with one malformed line is rejected: half a listing would look like a removal.

use itertools::Itertools as _;
use strum::{EnumString, VariantArray};
use thiserror::Error;

use super::entry::{EntryKind, TreeEntry};

/// A hash algorithm in lists and checksum files. Its name is parsed in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, VariantArray)]
#[strum(ascii_case_insensitive)]
pub enum HashAlgorithm {
    /// MD5, with 32 hexadecimal digits.
    Md5,
    /// SHA-1, with 40 hexadecimal digits.
    Sha1,
    /// SHA-256, with 64 hexadecimal digits.
    Sha256,
    /// SHA-512, with 128 hexadecimal digits.
    Sha512,
}

impl HashAlgorithm {
    /// Returns the algorithm whose hashes have this number of hexadecimal digits.
    pub(crate) fn from_digits(digits: usize) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|a| a.digits() == digits)
    }

    /// The number of hexadecimal digits of a hash.
    pub const fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// A line of a file list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileListLine<'a> {
    /// An entry of `[Files]`.
    Entry(TreeEntry<'a>),
    /// A line of `[Checksums …]`.
    Checksum {
        /// The algorithm of the section.
        algorithm: HashAlgorithm,
        /// The hexadecimal digits, in any case.
        hash: &'a str,
        /// The path of the file below the top.
        path: &'a [u8],
    },
    /// The beginning of a section, an empty line, or a line of an unknown section.
    Other,
}

/// The reason why a list is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileListError {
    /// A line is malformed.
    #[error("line {number}: {reason}")]
    Line {
        /// The line number, from 1.
        number: u64,
        /// The reason, such as `invalid size`.
        reason: &'static str,
    },
    /// The list has no end; with the number of lines.
    #[error("truncated after line {0}: no line [End]")]
    Truncated(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Section {
    #[default]
    None,
    Files,
    Checksums(HashAlgorithm),
    Unknown,
    End,
}

/// Reads a list line by line.
#[derive(Debug, Default)]
pub struct FileListParser {
    section: Section,
    number: u64,
    has_files: bool,
}

impl FileListParser {
    /// Parses the next line, without its newline.
    pub fn parse_line<'a>(&mut self, line: &'a [u8]) -> Result<FileListLine<'a>, FileListError> {
        self.number += 1;
        let number = self.number;
        let malformed = |reason| FileListError::Line { number, reason };
        if let Some(name) = line.strip_prefix(b"[").and_then(|l| l.strip_suffix(b"]"))
            && !line.contains(&b'\t')
        {
            self.section = parse_section(name);
            self.has_files |= self.section == Section::Files;
            return Ok(FileListLine::Other);
        }
        if line.is_empty() {
            return Ok(FileListLine::Other);
        }
        match self.section {
            Section::Files => parse_entry(line).map(FileListLine::Entry).map_err(malformed),
            Section::Checksums(algorithm) => {
                let parts = line.splitn(2, |b| *b == b'\t').collect_tuple();
                let (hash, path) = parts.ok_or(malformed("no tab after the checksum"))?;
                let hash = std::str::from_utf8(hash).unwrap_or_default();
                if hash.len() != algorithm.digits() || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err(malformed("invalid checksum"));
                }
                let path = trim_path(path).map_err(malformed)?;
                Ok(FileListLine::Checksum { algorithm, hash, path })
            }
            Section::None | Section::Unknown => Ok(FileListLine::Other),
            Section::End => Err(malformed("text after [End]")),
        }
    }

    /// Returns an error if the list is incomplete.
    pub fn finish(&self) -> Result<(), FileListError> {
        if self.section != Section::End {
            return Err(FileListError::Truncated(self.number));
        }
        if !self.has_files {
            return Err(FileListError::Line {
                number: self.number,
                reason: "no section [Files]",
            });
        }
        Ok(())
    }
}

fn parse_section(name: &[u8]) -> Section {
    match str::from_utf8(name) {
        Ok("Files") => Section::Files,
        Ok("End") => Section::End,
        Ok(name) => {
            let algorithm = name.strip_prefix("Checksums ").and_then(|name| name.parse().ok());
            algorithm.map_or(Section::Unknown, Section::Checksums)
        }
        Err(_) => Section::Unknown,
    }
}

fn parse_entry(line: &[u8]) -> Result<TreeEntry<'_>, &'static str> {
    const TABS: &str = "expected time, type, size and path, separated by tabs";
    let (time, kind, size, path) = line.splitn(4, |b| *b == b'\t').collect_tuple().ok_or(TABS)?;
    let (kind, open) = match kind {
        [k] => (*k, true),
        [k, b'-' | b'*'] | [k, b'*', b'-'] | [k, b'-', b'*'] => (*k, false),
        _ => return Err("unknown type"),
    };
    let kind = match kind {
        b'f' => EntryKind::File,
        b'd' => EntryKind::Directory,
        b'l' => EntryKind::Link,
        _ => return Err("unknown type"),
    };
    Ok(TreeEntry {
        kind,
        world_readable: open,
        timestamp: parse_time(time).ok_or("invalid time")?,
        size: parse_u64(size).ok_or("invalid size")?,
        path: trim_path(path)?,
    })
}

/// Parses seconds; decimals are dropped.
fn parse_time(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-");
    let whole = digits.unwrap_or(text).split(|b| *b == b'.').next()?;
    let value = i64::try_from(parse_u64(whole)?).ok()?;
    Some(if digits.is_some() { -value } else { value })
}

/// Parses a decimal number without a sign.
pub(super) fn parse_u64(text: &[u8]) -> Option<u64> {
    let add_digit = |value: u64, byte: &u8| {
        let digit = Some(byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9)?;
        value.checked_mul(10)?.checked_add(digit.into())
    };
    text.iter().try_fold(0, add_digit).filter(|_| !text.is_empty())
}

/// Removes a trailing slash from a relative path. Its components are validated by `DirPath`.
fn trim_path(path: &[u8]) -> Result<&[u8], &'static str> {
    if path.is_empty() {
        return Err("no path");
    }
    if path.starts_with(b"/") {
        return Err("path begins with a slash");
    }
    Ok(path.strip_suffix(b"/").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<String>, FileListError> {
        let mut parser = FileListParser::default();
        let mut out = Vec::new();
        for line in text.lines() {
            match parser.parse_line(line.as_bytes())? {
                FileListLine::Entry(e) => out.push(format!(
                    "{:?} {} {} {} {}",
                    e.kind,
                    e.world_readable,
                    e.timestamp,
                    e.size,
                    String::from_utf8_lossy(e.path)
                )),
                FileListLine::Checksum { algorithm, hash, path } => {
                    out.push(format!("{algorithm:?} {hash} {}", String::from_utf8_lossy(path)));
                }
                FileListLine::Other => {}
            }
        }
        parser.finish()?;
        Ok(out)
    }

    #[test]
    fn entries_and_checksums_are_parsed() {
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
    fn incomplete_or_malformed_list_is_rejected() {
        for (text, word) in [
            ("", "truncated"),
            ("[Files]\n1\tf\t1\ta\n", "truncated after line 2"),
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
        fn arbitrary_bytes_are_parsed_or_rejected(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
            let mut parser = FileListParser::default();
            for line in &lines {
                if parser.parse_line(line).is_err() {
                    break;
                }
            }
            drop(parser.finish());
        }
    }
}
