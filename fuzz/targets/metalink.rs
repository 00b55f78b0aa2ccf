//! Parses arbitrary text as a metalink: no panic, no expansion of entities.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::metalink;

fuzz_target!(|text: &str| {
    if let Ok(metalink) = metalink::parse(text) {
        let length: usize = metalink.urls.iter().map(|u| u.address.len()).sum();
        assert!(length <= text.len() * 4);
    }
});
