//! What stands behind a name in its row: the length, as servers write it.
//!
//! nginx writes bytes (`10240`), and with `autoindex_exact_size off` whole `K`, `M`, `G` from 10,000 bytes on; fancyindex and Caddy
//! write `9.8 KiB` or `941 MiB`; Apache writes `973` bytes and more as `1.0K`, to one digit below ten and to whole units above;
//! lighttpd writes all with one digit, from `0.1K` on, and that digit is the hundreds of the next smaller unit. A unit of 1024 or of 1000, rounded up, down or to the nearest: it cannot be told
//! from a page, so the range holds them all.

use super::Size;

/// Bytes of a row that are looked at.
const ROW: usize = 256;
/// How many cells a length may stand behind: a date and a time, each in a cell of its own, and one more.
const MAX_LEADING_CELLS: usize = 3;

/// The text behind a link, in cells: what a tag, a line end or two blanks part.
#[derive(Debug, Default)]
pub(super) struct RowText {
    /// The cells, parted by tabulators.
    text: Vec<u8>,
    /// Blanks that were seen and are not written yet; two part cells.
    blanks: u8,
    /// Where a cell begins that a number was written beside, for programs (`data-order` of Caddy), and that number.
    hint: Option<(usize, u64)>,
}

impl RowText {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.blanks = 0;
        self.hint = None;
    }

    /// Adds text.
    pub(super) fn push(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            // U+00A0, the blank of tables.
            if byte == 0xc2
                && let Some((0xa0, tail)) = rest.split_first()
            {
                rest = tail;
                self.blanks = self.blanks.saturating_add(1);
            } else if byte == b' ' {
                self.blanks = self.blanks.saturating_add(1);
            } else if byte.is_ascii_control() {
                self.blanks = 2;
            } else if self.text.len() >= ROW {
                return;
            } else {
                match self.blanks {
                    0 => {}
                    1 if !matches!(self.text.last(), None | Some(b'\t')) => self.text.push(b' '),
                    _ => self.end_cell(),
                }
                self.blanks = 0;
                self.text.push(byte);
            }
        }
    }

    /// A tag: the cell ends here.
    pub(super) fn end_cell(&mut self) {
        if !matches!(self.text.last(), None | Some(b'\t')) {
            self.text.push(b'\t');
        }
        self.blanks = 0;
    }

    /// The next cell has this number beside its text.
    pub(super) fn hint(&mut self, number: u64) {
        self.end_cell();
        self.hint = Some((self.text.len(), number));
    }

    /// The length that the row shows: that of the first cell which is one, by its form, of those at the front. Nothing where it
    /// might as well be another number.
    pub(super) fn size(&self) -> Size {
        let mut cells = self.text.split(|b| *b == b'\t').take(MAX_LEADING_CELLS + 2).peekable();
        let (mut at, mut dated) = (0, false);
        for _ in 0..=MAX_LEADING_CELLS {
            let Some(cell) = cells.next() else { break };
            let bare = cell.iter().all(u8::is_ascii_digit);
            let next = cells.peek().copied().unwrap_or_default();
            if bare && let Some(unit) = power(next) {
                return number(cell).map_or(Size::Unknown, |n| n.size(unit));
            }
            if let Some(size) = read(cell) {
                // A year, an epoch or a counter before the length.
                let other = bare && !dated && read(next).is_some();
                return if other { Size::Unknown } else { self.hinted(at, size) };
            }
            let dash = [&b"-"[..], "\u{2013}".as_bytes(), "\u{2014}".as_bytes()].contains(&cell);
            if dash && dated {
                break;
            }
            dated |=
                cell.contains(&b':') || (cell.iter().any(u8::is_ascii_digit) && cell.iter().any(|b| b"-/".contains(b)));
            at += cell.len() + 1;
        }
        Size::Unknown
    }

    /// The number beside a cell, where the cell's text agrees.
    fn hinted(&self, at: usize, size: Size) -> Size {
        match self.hint {
            Some((cell, number)) if cell == at && size.fits(number) => Size::Exact(number),
            _ => size,
        }
    }
}

/// A number with `decimals` digits behind its point.
#[derive(Debug, Clone, Copy)]
struct Number {
    /// Without its point.
    digits: u64,
    decimals: u32,
}

impl Number {
    /// What it means in units of the `power`-th power of 1000 or 1024.
    fn size(self, power: u32) -> Size {
        if power == 0 && self.decimals == 0 {
            return Size::Exact(self.digits);
        }
        let scale = 10_u128.saturating_pow(self.decimals);
        let times = |n: u64, base: u128| u128::from(n).saturating_mul(base.saturating_pow(power));
        let least = times(self.digits.saturating_sub(1), 1000) / scale;
        // What is below the next smaller unit may have been dropped before the digits that are not shown.
        let dropped = 1024_u128.saturating_pow(power.saturating_sub(1));
        let most = times(self.digits.saturating_add(1), 1024)
            .div_ceil(scale)
            .saturating_add(dropped);
        Size::Rounded {
            at_least: u64::try_from(least).unwrap_or(u64::MAX),
            at_most: u64::try_from(most).unwrap_or(u64::MAX),
        }
    }
}

/// A cell that is a length and nothing else.
fn read(cell: &[u8]) -> Option<Size> {
    let end = cell
        .iter()
        .position(|b| !b.is_ascii_digit() && *b != b'.')
        .unwrap_or(cell.len());
    let (digits, unit) = cell.split_at_checked(end)?;
    let number = number(digits)?;
    match unit.trim_ascii() {
        b"" if number.decimals > 0 => None,
        b"" => Some(number.size(0)),
        unit => Some(number.size(power(unit)?)),
    }
}

/// Digits, perhaps with a point and up to three more.
fn number(text: &[u8]) -> Option<Number> {
    let mut parts = text.splitn(2, |b| *b == b'.');
    let (whole, fraction) = (parts.next()?, parts.next());
    if whole.is_empty() || fraction.is_some_and(|f| f.is_empty() || f.len() > 3) {
        return None;
    }
    let fraction = fraction.unwrap_or_default();
    let mut digits = 0_u64;
    for b in whole.iter().chain(fraction) {
        let digit = char::from(*b).to_digit(10)?;
        digits = digits.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(Number {
        digits,
        decimals: u32::try_from(fraction.len()).ok()?,
    })
}

/// The power of a unit.
fn power(unit: &[u8]) -> Option<u32> {
    let unit = unit.to_ascii_lowercase();
    let power = match unit.first()? {
        b'b' => return matches!(&unit[..], b"b" | b"byte" | b"bytes").then_some(0),
        b'k' => 1,
        b'm' => 2,
        b'g' => 3,
        b't' => 4,
        b'p' => 5,
        b'e' => 6,
        _ => return None,
    };
    matches!(unit.get(1..)?, b"" | b"b" | b"ib").then_some(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cells are parted by `|` here; `=N=` before one is the number beside it.
    fn row(text: &str) -> Size {
        let mut row = RowText::default();
        for cell in text.split('|') {
            row.end_cell();
            let cell = match cell.strip_prefix('=').and_then(|c| c.split_once('=')) {
                Some((number, cell)) => {
                    row.hint(number.parse().unwrap());
                    cell
                }
                None => cell,
            };
            row.push(cell.as_bytes());
        }
        row.size()
    }

    const fn about(at_least: u64, at_most: u64) -> Size {
        Size::Rounded { at_least, at_most }
    }

    #[test]
    fn lengths_as_servers_write_them() {
        let k = about(1100, 1333);
        for (text, size) in [
            (
                "                  14-Nov-2023 22:13               10240\n",
                Size::Exact(10_240),
            ),
            ("14-Nov-2023 22:13     10K\r\n", about(9_000, 11_265)),
            ("  2023-11-14 22:13  1.2K  2024", k),
            ("  2023-11-14 22:13  973   2024", Size::Exact(973)),
            (" 2023-11-14 22:13   15   ", Size::Exact(15)),
            ("2023-11-14 22:13  |1.2K|\u{a0}", k),
            ("2023-Nov-14 22:13:20|1.2K|application/x-rpm", k),
            ("1.2 KiB|2023-Nov-14 22:13", k),
            ("1.2\u{a0}KiB|2023-Nov-14 22:13", k),
            ("15 B|2023-Nov-14 22:13", Size::Exact(15)),
            ("=1228=1.2 KiB|11/14/2023 10:13:20 PM +00:00", Size::Exact(1228)),
            ("=99=1.2 KiB|11/14/2023 10:13:20 PM +00:00", k),
            ("=1228=||1.2 KiB|11/14/2023 10:13:20 PM +00:00", Size::Exact(1228)),
            ("2023-11-14|22:13|17", Size::Exact(17)),
            ("12|KB", about(11_000, 13_313)),
            ("0.0K", about(0, 104)),
            ("0.5 B", about(0, 2)),
            ("18446744073709551615", Size::Exact(u64::MAX)),
            ("20E", about(u64::MAX, u64::MAX)),
            ("18E", about(17_000_000_000_000_000_000, u64::MAX)),
        ] {
            assert_eq!(row(text), size, "{text:?}");
        }
    }

    #[test]
    fn what_may_be_another_number_is_no_length() {
        for text in [
            "",
            "14-Nov-2023 22:13                   -",
            "2023-11-14 22:13|-|2024",
            "1700000000|1228",
            "2023|1.2K",
            "Tue Nov 14 22:13:20 2023",
            "12 34K",
            "1,2K",
            "1.2",
            "12.K",
            ".5K",
            "1.2345K",
            "12Kelvin",
            "12 Bananas",
            "-12",
            "1.2.3K",
            "18446744073709551616",
            "a|b|c|d|12",
        ] {
            assert_eq!(row(text), Size::Unknown, "{text:?}");
        }
    }

    #[test]
    fn a_long_row_is_cut() {
        let mut row = RowText::default();
        for _ in 0..100_000 {
            row.push(b"a b  c");
            row.end_cell();
        }
        assert!(row.text.len() <= ROW + 2, "{}", row.text.len());
    }
}
