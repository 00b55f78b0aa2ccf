//! The output of `rsync --list-only -r --no-human-readable`, parsed by column.
//!
//! A line has the mode (ten characters), a blank, the size (right-aligned in eleven columns or more), a blank, the modification time
//! (`YYYY/MM/DD HH:MM:SS`, in the time zone of the program), a blank, and the name up to the end of the line. Names may contain blanks.
//! Control characters, backslashes before `#`, and without `--8-bit-output` bytes outside of the locale are written as `\#` and three
//! octal digits (`rsync(1)`). The top is the directory `.`. Devices, sockets and fifos are ignored. The format is defined by
//! `list_file_entry` in `generator.c` of rsync.

use std::ops::Range;

use super::entry::{EntryKind, TreeEntry};
use super::filelist::parse_u64;

/// Parser of the lines of a listing, with a buffer for unescaped names.
#[derive(Debug, Default)]
pub struct RsyncListingParser {
    name: Vec<u8>,
}

impl RsyncListingParser {
    /// Parses a line, without its newline; `None` for entries that mirrors do not carry, such as devices. The error is the reason why it
    /// is not a line of a listing.
    pub fn parse_line<'a>(&'a mut self, line: &'a [u8]) -> Result<Option<TreeEntry<'a>>, &'static str> {
        const MALFORMED: &str = "not a line of an rsync listing";
        let (mode, rest) = line.split_at_checked(10).ok_or(MALFORMED)?;
        if !mode.iter().all(|b| b"dlpscb-rwxStT".contains(b)) {
            return Err(MALFORMED);
        }
        let rest = rest.strip_prefix(b" ").ok_or(MALFORMED)?;
        let rest = rest.trim_ascii_start();
        let end = rest.iter().position(|b| *b == b' ').ok_or(MALFORMED)?;
        let (size, rest) = rest.split_at(end);
        let size = parse_u64(size).ok_or("invalid size")?;
        let (time, rest) = rest
            .strip_prefix(b" ")
            .and_then(|r| r.split_at_checked(19))
            .ok_or(MALFORMED)?;
        let timestamp = parse_time(time).ok_or("invalid time")?;
        let name = rest.strip_prefix(b" ").filter(|n| !n.is_empty()).ok_or(MALFORMED)?;
        let (kind, is_open) = match mode {
            [b'd', _, _, _, _, _, _, r, _, x] => (EntryKind::Directory, *r == b'r' && matches!(x, b'x' | b't')),
            [b'-', _, _, _, _, _, _, r, ..] => (EntryKind::File, *r == b'r'),
            [b'l', ..] => (EntryKind::Link, true),
            [b'p' | b's' | b'c' | b'b', ..] => return Ok(None),
            _ => return Err(MALFORMED),
        };
        let path = self.unescape_name(name);
        if path.starts_with(b"/") {
            return Err("name begins with a slash");
        }
        Ok(Some(TreeEntry {
            kind,
            world_readable: is_open,
            timestamp,
            size,
            path: if path == b"." { &[] } else { path },
        }))
    }

    fn unescape_name<'a>(&'a mut self, name: &'a [u8]) -> &'a [u8] {
        if !name.contains(&b'\\') {
            return name;
        }
        self.name.clear();
        push_unescaped(&mut self.name, name);
        &self.name
    }
}

/// Unescapes a name: rsync escapes names in error messages as in listings.
pub(crate) fn unescape(name: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len());
    push_unescaped(&mut out, name);
    out
}

fn push_unescaped(out: &mut Vec<u8>, name: &[u8]) {
    let mut rest = name;
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'\\'
            && let [b'#', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] = tail
        {
            out.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
            rest = after;
        } else {
            out.push(first);
            rest = tail;
        }
    }
}

/// Parses `YYYY/MM/DD HH:MM:SS`, in UTC, to epoch seconds.
fn parse_time(text: &[u8]) -> Option<i64> {
    let separators = [(4, b'/'), (7, b'/'), (10, b' '), (13, b':'), (16, b':')];
    if text.len() != 19 || separators.iter().any(|(at, byte)| text.get(*at) != Some(byte)) {
        return None;
    }
    let number = |range: Range<usize>| i64::try_from(parse_u64(text.get(range)?)?).ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let is_valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    is_valid.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days from 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that begin with March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Result<Option<String>, &'static str> {
        let mut parser = RsyncListingParser::default();
        let entry = parser.parse_line(line.as_bytes())?;
        Ok(entry.map(|e| {
            format!(
                "{:?} {} {} {} {:?}",
                e.kind,
                e.world_readable,
                e.timestamp,
                e.size,
                e.path.escape_ascii().to_string()
            )
        }))
    }

    #[test]
    fn lines_of_rsync_are_parsed() {
        for (line, expected) in [
            (
                "drwxr-xr-x        4096 2026/11/25 14:42:43 .",
                "Directory true 1795617763 4096 \"\"",
            ),
            (
                "drwxrwxrwt        4096 1970/01/01 00:00:01 tmp",
                "Directory true 1 4096 \"tmp\"",
            ),
            (
                "drwxr-x---        4096 2026/11/25 14:42:43 a b/c",
                "Directory false 1795617763 4096 \"a b/c\"",
            ),
            (
                "drwxr-xr--        4096 1970/01/01 00:00:00 c",
                "Directory false 0 4096 \"c\"",
            ),
            (
                "-rw-r--r-- 5497558138880 2000/02/29 00:00:00 big",
                "File true 951782400 5497558138880 \"big\"",
            ),
            (
                "-rw-r-----           3 1969/12/31 23:59:59  two blanks ",
                "File false -1 3 \" two blanks \"",
            ),
            (
                "-rw-r--r--           1 1970/01/01 00:00:00 caf\\#351",
                "File true 0 1 \"caf\\\\xe9\"",
            ),
            (
                "-rw-r--r--           1 1970/01/01 00:00:00 lit\\#134#123",
                "File true 0 1 \"lit\\\\\\\\#123\"",
            ),
            (
                "lrwxrwxrwx           3 1970/01/01 00:00:00 link",
                "Link true 0 3 \"link\"",
            ),
        ] {
            assert_eq!(read(line).unwrap().unwrap(), expected, "{line}");
        }
        assert_eq!(read("prw-r--r--           0 1970/01/01 00:00:00 pipe"), Ok(None));
    }

    #[test]
    fn malformed_line_is_rejected() {
        for line in [
            "",
            "welcome to our mirror",
            "drwxr-xr-x        4,096 2026/11/25 14:42:43 .",
            "drwxr-xr-x        4096 2026/13/25 14:42:43 .",
            "drwxr-xr-x        4096 25.11.2026 14:42:43 .",
            "-rw-r--r-- 1234567890123456789012345678901234567890 1970/01/01 00:00:00 a",
            "-rw-r--r--           1 1970/01/01 00:00:00 ",
            "-rw-r--r--           1 1970/01/01 00:00:00 /etc/passwd",
            "?rw-r--r--           1 1970/01/01 00:00:00 a",
        ] {
            assert!(read(line).is_err(), "{line:?} was accepted");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_parsed_or_rejected(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut parser = RsyncListingParser::default();
            drop(parser.parse_line(&line));
        }

        #[test]
        fn dates_are_converted_to_epoch_seconds(day in 0_i64..60_000) {
            let stamp = jiff::Timestamp::from_second(day * 86_400 + 3_723).unwrap();
            let text = stamp.strftime("%Y/%m/%d %H:%M:%S").to_string();
            prop_assert_eq!(parse_time(text.as_bytes()), Some(day * 86_400 + 3_723));
        }

        #[test]
        fn escaped_names_are_restored(name in proptest::collection::vec(1_u8..=255, 1..12)) {
            prop_assume!(name[0] != b'/' && name != b"." && !name.contains(&b'/'));
            let mut shown = String::new();
            for (n, b) in name.iter().enumerate() {
                let digits = name.iter().skip(n + 1).take(4).copied().collect::<Vec<u8>>();
                let escape = *b < b' ' || *b >= 127 || (*b == b'\\' && digits.first() == Some(&b'#'));
                if escape {
                    shown.extend(["\\#".to_owned(), format!("{b:03o}")]);
                } else {
                    shown.push(char::from(*b));
                }
            }
            let line = format!("-rw-r--r--           1 1970/01/01 00:00:00 {shown}");
            let mut parser = RsyncListingParser::default();
            let entry = parser.parse_line(line.as_bytes()).unwrap().unwrap();
            prop_assert_eq!(entry.path, &name[..]);
        }
    }
}
