//! The file `carried` of a generation: since when its repositories keep hosts that they lost.
//!
//! One line for each, `SINCE PREFIX/ARCH` (epoch seconds), sorted by name. A generation that keeps nobody has no such file. So what
//! the publisher has to remember lies beside what it published, and goes back with it.

use crate::model::Timestamp;

use crate::publish::guard::RetainedSince;

/// The bytes of the file.
pub fn to_bytes(carried: &RetainedSince) -> Vec<u8> {
    let lines = carried
        .iter()
        .map(|(repository, since)| format!("{} {repository}\n", since.0));
    lines.collect::<String>().into_bytes()
}

/// Reads them; names the line that is none.
pub fn from_bytes(bytes: &[u8]) -> Result<RetainedSince, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| format!("it is no text: {e}"))?;
    text.lines()
        .map(|line| {
            let (since, repository) = line.split_once(' ')?;
            Some((repository.to_owned(), Timestamp(since.parse().ok()?)))
        })
        .zip(text.lines())
        .map(|(read, line)| read.ok_or_else(|| format!("{line:?} is not a moment and a repository")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_the_rest_refused() {
        let carried = RetainedSince::from([
            ("epel-9/x86_64".to_owned(), Timestamp(7)),
            ("fedora-43/x86_64".to_owned(), Timestamp(1_790_000_000)),
        ]);
        let bytes = to_bytes(&carried);
        assert_eq!(bytes, b"7 epel-9/x86_64\n1790000000 fedora-43/x86_64\n");
        assert_eq!(from_bytes(&bytes), Ok(carried));
        assert_eq!(from_bytes(b""), Ok(RetainedSince::new()));
        for bad in [&b"fedora-43/x86_64\n"[..], b"x fedora\n", b"\n", b"\xff"] {
            assert!(from_bytes(bad).is_err(), "{bad:?}");
        }
    }
}
