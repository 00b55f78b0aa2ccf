//! Text that comes in lines, without a copy of each: lists have millions of them.

use std::io::{self, BufRead};

use thiserror::Error;

/// The longest line that is taken: paths end at 4,096 bytes on Linux.
const MAX_LINE: usize = 64 << 10;

/// Why a text could not be read to its end.
#[derive(Debug, Error)]
pub enum LinesError<E> {
    /// It cannot be read.
    #[error("{0}")]
    Read(io::Error),
    /// A line is longer than any can be.
    #[error("line {0} is longer than {MAX_LINE} bytes")]
    TooLong(u64),
    /// Who was handed the lines did not take one.
    #[error("{0}")]
    Refused(E),
}

/// Hands each line of `text`, without its newline, to `take`. A last line without a newline is one, too.
pub fn each<E>(text: &mut impl BufRead, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), LinesError<E>> {
    // The beginning of a line that the buffer did not hold whole.
    let mut begun: Vec<u8> = Vec::new();
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
            if begun.is_empty() {
                take(line)
            } else {
                begun.extend_from_slice(line);
                let taken = take(&begun);
                begun.clear();
                taken
            }
            .map_err(LinesError::Refused)?;
        }
        begun.extend_from_slice(rest);
        if begun.len() > MAX_LINE {
            return Err(LinesError::TooLong(number + 1));
        }
        let used = buffer.len();
        text.consume(used);
    }
    if begun.is_empty() {
        return Ok(());
    }
    take(&begun).map_err(LinesError::Refused)
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8], buffer: usize) -> Result<Vec<Vec<u8>>, LinesError<()>> {
        let mut out = Vec::new();
        each(&mut BufReader::with_capacity(buffer, bytes), |line| {
            out.push(line.to_vec());
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn an_endless_line_is_not_kept() {
        let mut endless = BufReader::new(io::repeat(b'x').take(1 << 30));
        assert!(matches!(
            each(&mut endless, |_| Ok::<(), ()>(())),
            Err(LinesError::TooLong(1))
        ));
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_text(bytes in "[ab\n]{0,60}", buffer in 1_usize..20) {
            let mut expected: Vec<Vec<u8>> = bytes.split('\n').map(|l| l.as_bytes().to_vec()).collect();
            if expected.last().is_some_and(Vec::is_empty) {
                expected.pop();
            }
            prop_assert_eq!(all(bytes.as_bytes(), buffer).unwrap(), expected);
        }
    }
}
