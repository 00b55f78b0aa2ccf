//! The four digests of a file, in one pass over its bytes.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::model::file::Hashes;

/// Incremental computation of the four digests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Digests {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
    sha512: Sha512,
}

impl Digests {
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.md5.update(piece);
        self.sha1.update(piece);
        self.sha256.update(piece);
        self.sha512.update(piece);
    }

    /// Returns the digests, in lower-case hexadecimal.
    pub(crate) fn finish(self) -> Hashes {
        Hashes {
            md5: Some(hex::encode(self.md5.finalize())),
            sha1: Some(hex::encode(self.sha1.finalize())),
            sha256: Some(hex::encode(self.sha256.finalize())),
            sha512: Some(hex::encode(self.sha512.finalize())),
        }
    }
}

/// Computes the digests of `bytes`.
pub fn compute_hashes(bytes: &[u8]) -> Hashes {
    let mut digests = Digests::default();
    // Each piece stays in the CPU cache for all four digests.
    for piece in bytes.chunks(16 << 10) {
        digests.update(piece);
    }
    digests.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_match_test_vectors() {
        let h = compute_hashes(b"abc");
        assert_eq!(h.md5.unwrap(), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(h.sha1.unwrap(), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            h.sha256.unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(h.sha512.unwrap().starts_with("ddaf35a193617abacc417349ae204131"));
    }

    #[test]
    fn digests_do_not_depend_on_pieces() {
        let long = vec![7_u8; 100_000];
        let mut digests = Digests::default();
        digests.update(&long[..33]);
        digests.update(&long[33..]);
        assert_eq!(digests.finish(), compute_hashes(&long));
    }
}
