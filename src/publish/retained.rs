//! The file `retained_hosts` of a generation: the repositories with retained hosts, and the time of the loss.
//!
//! It has one line per repository, `SINCE PREFIX/ARCH` (epoch seconds), sorted by name, and is missing if no host is retained. As
//! a part of the generation it is restored with it by a rollback.

use crate::model::Timestamp;
use crate::publish::guard::RetainedSince;

/// Returns the bytes of the file.
pub(crate) fn to_bytes(retained: &RetainedSince) -> Vec<u8> {
    let lines = retained
        .iter()
        .map(|(repository, since)| format!("{} {repository}\n", since.0));
    lines.collect::<String>().into_bytes()
}

/// Parses the bytes of the file; an error names the malformed line.
pub(crate) fn from_bytes(bytes: &[u8]) -> Result<RetainedSince, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("not UTF-8: {e}"))?;
    let parse = |line: &str| {
        let (since, repository) = line.split_once(' ')?;
        Some((repository.to_owned(), Timestamp(since.parse().ok()?)))
    };
    text.lines()
        .map(|line| parse(line).ok_or_else(|| format!("invalid line {line:?}; expected SINCE PREFIX/ARCH")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsing_reverses_writing_and_rejects_malformed_lines() {
        let retained = RetainedSince::from([
            ("epel-9/x86_64".to_owned(), Timestamp(7)),
            ("fedora-43/x86_64".to_owned(), Timestamp(1_790_000_000)),
        ]);
        let bytes = to_bytes(&retained);
        assert_eq!(bytes, b"7 epel-9/x86_64\n1790000000 fedora-43/x86_64\n");
        assert_eq!(from_bytes(&bytes), Ok(retained));
        assert_eq!(from_bytes(b""), Ok(RetainedSince::new()));
        for bad in [&b"fedora-43/x86_64\n"[..], b"x fedora\n", b"\n", b"\xff"] {
            assert!(from_bytes(bad).is_err(), "{bad:?}");
        }
    }
}
