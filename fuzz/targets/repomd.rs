//! Parses arbitrary bytes as a `repomd.xml`: a timestamp, no panic, no expansion of entities.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::repomd;

fuzz_target!(|bytes: &[u8]| {
    assert!(repomd::timestamp(bytes) >= 0);
    let _: bool = repomd::looks_like_repomd(bytes);
});
