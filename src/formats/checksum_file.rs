//! Checksum files: `*-CHECKSUM`, `SHA256SUMS`, `md5sum.txt` and similar.
//!
//! Two forms of lines are accepted, also in one file: `SHA256 (name) = hash` (BSD, and `--tag` of coreutils) and `hash [ *]name` (GNU
//! coreutils), where the length of the hash identifies the algorithm. Other lines (comments, signatures) are ignored, and so are names
//! with a slash, which belong to files in other directories.

use std::collections::BTreeMap;

use super::filelist::HashAlgorithm;
use crate::model::file::Hashes;

/// The size in bytes of the longest file that is read: real ones have a few kB.
pub(crate) const MAX_BYTES: u64 = 4 << 20;

/// Returns true if a file of this name contains checksums.
pub(crate) fn is_checksum_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let suffixes = ["md5sum", "sha1sum", "sha256sum", "sha512sum"];
    lower.ends_with("-checksum")
        || lower == "checksum"
        || suffixes.iter().any(|suffix| {
            let stem = lower.strip_suffix(".txt").unwrap_or(&lower);
            let stem = stem.strip_suffix('s').unwrap_or(stem);
            stem.ends_with(suffix)
        })
}

/// Parses a checksum file to hashes by file name.
pub fn parse(bytes: &[u8]) -> BTreeMap<String, Hashes> {
    let mut out: BTreeMap<String, Hashes> = BTreeMap::new();
    for line in bytes.split(|b| *b == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let line = line.trim_end();
        let Some((algorithm, name, hash)) = parse_bsd(line).or_else(|| parse_gnu(line)) else {
            continue;
        };
        let is_valid = hash.len() == algorithm.digits() && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_valid || name.is_empty() || name.contains('/') {
            continue;
        }
        set_hash(out.entry(name.to_owned()).or_default(), algorithm, hash);
    }
    out
}

/// Sets the hash of an algorithm, in lower case.
pub(crate) fn set_hash(hashes: &mut Hashes, algorithm: HashAlgorithm, hash: &str) {
    let slot = match algorithm {
        HashAlgorithm::Md5 => &mut hashes.md5,
        HashAlgorithm::Sha1 => &mut hashes.sha1,
        HashAlgorithm::Sha256 => &mut hashes.sha256,
        HashAlgorithm::Sha512 => &mut hashes.sha512,
    };
    *slot = Some(hash.to_ascii_lowercase());
}

fn parse_bsd(line: &str) -> Option<(HashAlgorithm, &str, &str)> {
    let (algorithm, rest) = line.split_once(" (")?;
    let (name, hash) = rest.rsplit_once(") = ")?;
    Some((algorithm.parse().ok()?, name, hash))
}

fn parse_gnu(line: &str) -> Option<(HashAlgorithm, &str, &str)> {
    let (hash, rest) = line.split_once(' ')?;
    let name = rest.strip_prefix([' ', '*']).unwrap_or(rest);
    Some((
        HashAlgorithm::from_digits(hash.len())?,
        name.strip_prefix("./").unwrap_or(name),
        hash,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn checksum_files_are_recognized_by_name() {
        for yes in [
            "Fedora-Everything-43-1.6-x86_64-CHECKSUM",
            "CHECKSUM",
            "SHA256SUMS",
            "sha256sum.txt",
            "MD5SUM",
            "a.iso.sha512sum",
            "image.SHA1SUM",
        ] {
            assert!(is_checksum_file(yes), "{yes}");
        }
        for no in [
            "a.iso",
            "CHECKSUM.asc",
            "sum",
            "checksums.html",
            "sha256sum.txt.sig",
            "repomd.xml",
        ] {
            assert!(!is_checksum_file(no), "{no}");
        }
    }

    #[test]
    fn both_forms_are_parsed() {
        let (md5, sha256) = ("0123456789ABCDEF0123456789abcdef", "0".repeat(64));
        let text = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# a (b).iso: 123 bytes\nSHA256 (a (b).iso) = {sha256}\n\
             {md5}  a (b).iso\n{md5} *c d.iso\r\n{sha256}  pxeboot/vmlinuz\nSHA256 (short) = 00\nSHA3 (x) = {sha256}\n{md5}\n"
        );
        let found = parse(text.as_bytes());
        assert_eq!(found.keys().collect::<Vec<_>>(), ["a (b).iso", "c d.iso"]);
        let a = &found["a (b).iso"];
        assert_eq!(a.md5.as_deref(), Some("0123456789abcdef0123456789abcdef"));
        assert_eq!(a.sha256.as_deref(), Some(sha256.as_str()));
        assert_eq!((&a.sha1, &a.sha512), (&None, &None));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_parsed(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for hashes in parse(&bytes).values() {
                prop_assert_ne!(hashes, &Hashes::default());
            }
        }
    }
}
