//! Parses arbitrary bytes as a cache of MirrorManager2: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::mm2;

fuzz_target!(|bytes: &[u8]| {
    drop(mm2::read(bytes.to_vec().into()));
});
