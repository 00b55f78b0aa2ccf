//! Any text as a metalink: read or refused, never a panic, never an expansion.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::metalink;

fuzz_target!(|text: &str| {
    if let Ok(found) = metalink::parse(text) {
        let length: usize = found.urls.iter().map(|u| u.address.len()).sum();
        assert!(length <= text.len() * 4);
    }
});
