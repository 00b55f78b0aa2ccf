//! The output of `rsync --list-only -r --no-human-readable`, read by column.
//!
//! A line is the mode (ten characters), a blank, the size (right-aligned in eleven columns, wider where it must be), a blank, the
//! modification time (`YYYY/MM/DD HH:MM:SS`, in the time zone of the program), a blank, and the name to the end of the line.
//! Names hold blanks; control characters, backslashes before `#`, and without `--8-bit-output` bytes outside of the locale stand as
//! `\#` and three octal digits (`rsync(1)`). The top is the directory `.`. Lines of other kinds of entries (devices, sockets, fifos) say
//! nothing to mirrors. Format: `generator.c`, `list_file_entry` of rsync.

use super::entry::{Entry, Kind};
use super::filelist::number;

/// Reads lines; keeps the buffer of names that were escaped.
#[derive(Debug, Default)]
pub struct Parser {
    name: Vec<u8>,
}

impl Parser {
    /// What a line says, without its newline; `Ok(None)` for an entry that no mirror carries. `Err` = this is no line of a listing.
    pub fn line<'a>(&'a mut self, line: &'a [u8]) -> Result<Option<Entry<'a>>, &'static str> {
        const FORM: &str = "not a line of an rsync listing";
        let (mode, rest) = line.split_at_checked(10).ok_or(FORM)?;
        if !mode.iter().all(|b| b"dlpscb-rwxStT".contains(b)) {
            return Err(FORM);
        }
        let rest = rest.strip_prefix(b" ").ok_or(FORM)?;
        let rest = rest.trim_ascii_start();
        let end = rest.iter().position(|b| *b == b' ').ok_or(FORM)?;
        let (size, rest) = rest.split_at(end);
        let size = number(size).ok_or("invalid size")?;
        let (time, rest) = rest
            .strip_prefix(b" ")
            .and_then(|r| r.split_at_checked(19))
            .ok_or(FORM)?;
        let timestamp = seconds(time).ok_or("invalid time")?;
        let name = rest.strip_prefix(b" ").filter(|n| !n.is_empty()).ok_or(FORM)?;
        let (kind, open) = match mode {
            [b'd', _, _, _, _, _, _, r, _, x] => (Kind::Directory, *r == b'r' && matches!(x, b'x' | b't')),
            [b'-', _, _, _, _, _, _, r, ..] => (Kind::File, *r == b'r'),
            [b'l', ..] => (Kind::Link, true),
            [b'p' | b's' | b'c' | b'b', ..] => return Ok(None),
            _ => return Err(FORM),
        };
        let path = self.unescaped(name);
        if path.starts_with(b"/") {
            return Err("name begins with a slash");
        }
        Ok(Some(Entry {
            kind,
            world_readable: open,
            timestamp,
            size,
            path: if path == b"." { &[] } else { path },
        }))
    }

    fn unescaped<'a>(&'a mut self, name: &'a [u8]) -> &'a [u8] {
        if !name.contains(&b'\\') {
            return name;
        }
        self.name.clear();
        push_unescaped(&mut self.name, name);
        &self.name
    }
}

/// A name as the file system has it: rsync escapes names in what it complains of as it does in listings.
pub fn unescape(name: &[u8]) -> Vec<u8> {
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

/// Timestamp seconds of `YYYY/MM/DD HH:MM:SS`, taken as UTC.
fn seconds(text: &[u8]) -> Option<i64> {
    let &[
        y1,
        y2,
        y3,
        y4,
        b'/',
        m1,
        m2,
        b'/',
        d1,
        d2,
        b' ',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
    ] = text
    else {
        return None;
    };
    let two = |a: u8, b: u8| number(&[a, b]).and_then(|n| i64::try_from(n).ok());
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let (hour, minute, second) = (two(h1, h2)?, two(n1, n2)?, two(s1, s2)?);
    let plausible = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    plausible.then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days from 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that begin with March.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(line: &str) -> Result<Option<String>, &'static str> {
        let mut parser = Parser::default();
        let entry = parser.line(line.as_bytes())?;
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
    fn lines_as_rsync_writes_them() {
        for (line, says) in [
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
            assert_eq!(read(line).unwrap().unwrap(), says, "{line}");
        }
        assert_eq!(read("prw-r--r--           0 1970/01/01 00:00:00 pipe"), Ok(None));
    }

    #[test]
    fn what_is_no_line_is_refused() {
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
            assert!(read(line).is_err(), "{line:?} was taken");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut parser = Parser::default();
            drop(parser.line(&line));
        }

        #[test]
        fn every_day_is_one_later(day in 0_i64..60_000) {
            let stamp = jiff::Timestamp::from_second(day * 86_400 + 3_723).unwrap();
            let text = stamp.strftime("%Y/%m/%d %H:%M:%S").to_string();
            prop_assert_eq!(seconds(text.as_bytes()), Some(day * 86_400 + 3_723));
        }

        #[test]
        fn names_come_back(name in proptest::collection::vec(1_u8..=255, 1..12)) {
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
            let mut parser = Parser::default();
            let entry = parser.line(line.as_bytes()).unwrap().unwrap();
            prop_assert_eq!(entry.path, &name[..]);
        }
    }
}
