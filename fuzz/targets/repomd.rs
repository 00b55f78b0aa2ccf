//! Any bytes as a `repomd.xml`: a time, never a panic, never an expansion.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::repomd;

fuzz_target!(|bytes: &[u8]| {
    assert!(repomd::timestamp(bytes) >= 0);
    let _begins: bool = repomd::begins_as_one(bytes);
});
