//! Lists of checksums beside the files they name: `*-CHECKSUM`, `SHA256SUMS`, `md5sum.txt` and their kin.
//!
//! Two forms of lines are known, and may stand in one file: `SHA256 (name) = hash` (BSD's and `--tag` of coreutils) and
//! `hash [ *]name` (GNU coreutils), where the length of the hash tells its kind. Everything else (comments, signatures) is passed
//! over. Names with a slash are of files elsewhere and are left out.

use std::collections::BTreeMap;

use super::filelist::Algorithm;
use crate::model::file::Hashes;

/// The longest list that is read: real ones have a few kB.
pub const MAX_BYTES: u64 = 4 << 20;

/// Whether a file of that name is a list of checksums.
pub fn is_checksum_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let kinds = ["md5sum", "sha1sum", "sha256sum", "sha512sum"];
    lower.ends_with("-checksum")
        || lower == "checksum"
        || kinds.iter().any(|k| {
            let stem = lower.strip_suffix(".txt").unwrap_or(&lower);
            let stem = stem.strip_suffix('s').unwrap_or(stem);
            stem.ends_with(k)
        })
}

/// The checksums that a list gives, by file name.
pub fn parse(bytes: &[u8]) -> BTreeMap<String, Hashes> {
    let mut out: BTreeMap<String, Hashes> = BTreeMap::new();
    for line in bytes.split(|b| *b == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let line = line.trim_end();
        let Some((algorithm, name, hash)) = bsd(line).or_else(|| gnu(line)) else {
            continue;
        };
        let usable = hash.len() == algorithm.digits() && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !usable || name.is_empty() || name.contains('/') {
            continue;
        }
        put(out.entry(name.to_owned()).or_default(), algorithm, hash);
    }
    out
}

/// Puts a digest in its place, in lower case.
pub fn put(hashes: &mut Hashes, algorithm: Algorithm, hash: &str) {
    let place = match algorithm {
        Algorithm::Md5 => &mut hashes.md5,
        Algorithm::Sha1 => &mut hashes.sha1,
        Algorithm::Sha256 => &mut hashes.sha256,
        Algorithm::Sha512 => &mut hashes.sha512,
    };
    *place = Some(hash.to_ascii_lowercase());
}

fn bsd(line: &str) -> Option<(Algorithm, &str, &str)> {
    let (algorithm, rest) = line.split_once(" (")?;
    let (name, hash) = rest.rsplit_once(") = ")?;
    Some((Algorithm::named(algorithm.as_bytes())?, name, hash))
}

fn gnu(line: &str) -> Option<(Algorithm, &str, &str)> {
    let (hash, rest) = line.split_once(' ')?;
    let name = rest.strip_prefix([' ', '*']).unwrap_or(rest);
    Some((
        Algorithm::of_length(hash.len())?,
        name.strip_prefix("./").unwrap_or(name),
        hash,
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_are_known_by_their_names() {
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
    fn both_forms_are_read() {
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
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for hashes in parse(&bytes).values() {
                prop_assert_ne!(hashes, &Hashes::default());
            }
        }
    }
}
