//! The length in the row of a name, as servers write it.
//!
//! nginx writes bytes (`10240`), and with `autoindex_exact_size off` whole `K`, `M`, `G` from 10,000 bytes on; fancyindex and Caddy
//! write `9.8 KiB` or `941 MiB`; Apache writes 973 bytes and more as `1.0K`, with one decimal below ten units and none above; lighttpd
//! always writes one decimal, from `0.1K` on, which is the hundreds of the next smaller unit. A page does not show whether units are
//! 1024 or 1000, and how the number was rounded, so the range includes all possibilities.

use super::Size;

/// The number of bytes of a row that are kept.
const MAX_ROW: usize = 256;
/// The number of cells that may precede a length: date, time, and one more.
const MAX_LEADING_CELLS: usize = 3;

/// The text after a link, in cells that are separated by tags, line ends or two blanks.
#[derive(Debug, Default)]
pub(super) struct RowText {
    /// The cells, separated by tabs.
    text: Vec<u8>,
    /// Blanks that are not written yet; two of them separate cells.
    blanks: u8,
    /// The beginning of a cell with a number in an attribute (`data-order` of Caddy), and that number.
    hint: Option<(usize, u64)>,
}

impl RowText {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.blanks = 0;
        self.hint = None;
    }

    pub(super) fn push(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some((&byte, tail)) = rest.split_first() {
            rest = tail;
            // U+00A0, the no-break space.
            if byte == 0xc2
                && let Some((0xa0, tail)) = rest.split_first()
            {
                rest = tail;
                self.blanks = self.blanks.saturating_add(1);
            } else if byte == b' ' {
                self.blanks = self.blanks.saturating_add(1);
            } else if byte.is_ascii_control() {
                self.blanks = 2;
            } else if self.text.len() >= MAX_ROW {
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

    /// Ends the cell, at a tag.
    pub(super) fn end_cell(&mut self) {
        if !matches!(self.text.last(), None | Some(b'\t')) {
            self.text.push(b'\t');
        }
        self.blanks = 0;
    }

    /// Sets the number in an attribute of the next cell.
    pub(super) fn hint(&mut self, number: u64) {
        self.end_cell();
        self.hint = Some((self.text.len(), number));
    }

    /// Returns the length in the row: the first of the leading cells with the form of a length. Unknown if it may be another number.
    pub(super) fn size(&self) -> Size {
        let mut cells = self.text.split(|b| *b == b'\t').take(MAX_LEADING_CELLS + 2).peekable();
        let (mut at, mut has_date) = (0, false);
        for _ in 0..=MAX_LEADING_CELLS {
            let Some(cell) = cells.next() else { break };
            let is_number = cell.iter().all(u8::is_ascii_digit);
            let next = cells.peek().copied().unwrap_or_default();
            if is_number && let Some(unit) = unit_power(next) {
                return parse_number(cell).map_or(Size::Unknown, |n| n.size(unit));
            }
            if let Some(size) = parse_cell(cell) {
                // A year, an epoch time or a counter may precede the length.
                let is_ambiguous = is_number && !has_date && parse_cell(next).is_some();
                return if is_ambiguous {
                    Size::Unknown
                } else {
                    self.apply_hint(at, size)
                };
            }
            let dash = [&b"-"[..], "\u{2013}".as_bytes(), "\u{2014}".as_bytes()].contains(&cell);
            if dash && has_date {
                break;
            }
            has_date |=
                cell.contains(&b':') || (cell.iter().any(u8::is_ascii_digit) && cell.iter().any(|b| b"-/".contains(b)));
            at += cell.len() + 1;
        }
        Size::Unknown
    }

    /// Returns the number in the attribute of a cell if the text agrees with it.
    fn apply_hint(&self, at: usize, size: Size) -> Size {
        match self.hint {
            Some((cell, number)) if cell == at && size.fits(number) => Size::Exact(number),
            _ => size,
        }
    }
}

/// A number with `decimals` digits after the point.
#[derive(Debug, Clone, Copy)]
struct Number {
    /// The number without its point.
    digits: u64,
    decimals: u32,
}

impl Number {
    /// The size in units of the `power`-th power of 1000 or 1024.
    fn size(self, power: u32) -> Size {
        if power == 0 && self.decimals == 0 {
            return Size::Exact(self.digits);
        }
        let scale = 10_u128.saturating_pow(self.decimals);
        let times = |n: u64, base: u128| u128::from(n).saturating_mul(base.saturating_pow(power));
        let least = times(self.digits.saturating_sub(1), 1000) / scale;
        // Anything below the next smaller unit may have been dropped before rounding.
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

/// Parses a cell that contains only a length.
fn parse_cell(cell: &[u8]) -> Option<Size> {
    let end = cell
        .iter()
        .position(|b| !b.is_ascii_digit() && *b != b'.')
        .unwrap_or(cell.len());
    let (digits, unit) = cell.split_at_checked(end)?;
    let number = parse_number(digits)?;
    match unit.trim_ascii() {
        b"" if number.decimals > 0 => None,
        b"" => Some(number.size(0)),
        unit => Some(number.size(unit_power(unit)?)),
    }
}

/// Parses digits with at most three decimals.
fn parse_number(text: &[u8]) -> Option<Number> {
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

/// Returns the power of 1000 or 1024 of a unit.
fn unit_power(unit: &[u8]) -> Option<u32> {
    let unit = unit.to_ascii_lowercase();
    if matches!(&unit[..], b"b" | b"byte" | b"bytes") {
        return Some(0);
    }
    let (first, rest) = unit.split_first()?;
    let power = b"kmgtpe".iter().position(|u| u == first)? + 1;
    u32::try_from(power).ok().filter(|_| matches!(rest, b"" | b"b" | b"ib"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses cells separated by `|`; `=N=` before a cell is the number in its attribute.
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
    fn lengths_of_servers_are_parsed() {
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
    fn ambiguous_numbers_are_unknown() {
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
    fn long_row_is_truncated() {
        let mut row = RowText::default();
        for _ in 0..100_000 {
            row.push(b"a b  c");
            row.end_cell();
        }
        assert!(row.text.len() <= MAX_ROW + 2, "{}", row.text.len());
    }
}
