//! Lines of a text without a copy of each: file lists have millions of them.

use std::io::{self, BufRead};

use thiserror::Error;

/// Limit for a line in bytes; paths on Linux have at most 4,096.
const MAX_LINE: usize = 64 << 10;

#[derive(Debug, Error)]
pub(crate) enum LinesError<E> {
    #[error("{0}")]
    Read(io::Error),
    /// The number of a line that exceeds the limit.
    #[error("line {0} is longer than {MAX_LINE} bytes")]
    TooLong(u64),
    #[error("{0}")]
    Refused(E),
}

/// Calls `take` for each line of `text`, without its newline. A last line without a newline counts.
pub(crate) fn for_each_line<E>(
    text: &mut impl BufRead,
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), LinesError<E>> {
    // The start of a line that continues in the next buffer.
    let mut partial: Vec<u8> = Vec::new();
    let mut number = 0;
    loop {
        let buffer = match text.fill_buf() {
            Ok(buffer) => buffer,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(LinesError::Read(e)),
        };
        if buffer.is_empty() {
            break;
        }
        let mut rest = buffer;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            number += 1;
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            if partial.is_empty() {
                take(line)
            } else {
                partial.extend_from_slice(line);
                let taken = take(&partial);
                partial.clear();
                taken
            }
            .map_err(LinesError::Refused)?;
        }
        partial.extend_from_slice(rest);
        if partial.len() > MAX_LINE {
            return Err(LinesError::TooLong(number + 1));
        }
        let used = buffer.len();
        text.consume(used);
    }
    if partial.is_empty() {
        return Ok(());
    }
    take(&partial).map_err(LinesError::Refused)
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8], buffer: usize) -> Result<Vec<Vec<u8>>, LinesError<()>> {
        let mut out = Vec::new();
        for_each_line(&mut BufReader::with_capacity(buffer, bytes), |line| {
            out.push(line.to_vec());
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn endless_line_is_rejected() {
        let mut endless = BufReader::new(io::repeat(b'x').take(1 << 30));
        assert!(matches!(
            for_each_line(&mut endless, |_| Ok::<(), ()>(())),
            Err(LinesError::TooLong(1))
        ));
    }

    proptest! {
        #[test]
        fn lines_match_a_naive_split(bytes in "[ab\n]{0,60}", buffer in 1_usize..20) {
            let mut expected: Vec<Vec<u8>> = bytes.split('\n').map(|l| l.as_bytes().to_vec()).collect();
            if expected.last().is_some_and(Vec::is_empty) {
                expected.pop();
            }
            prop_assert_eq!(all(bytes.as_bytes(), buffer).unwrap(), expected);
        }
    }
}
