//! Parses arbitrary bytes as a checksum file: accepted entries have a plain name and digests of the right length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::checksum_file;

fuzz_target!(|bytes: &[u8]| {
    for (name, hashes) in checksum_file::parse(bytes) {
        assert!(!name.is_empty() && !name.contains('/'));
        assert!(hashes.sha256.is_none_or(|h| h.len() == 64));
    }
});
