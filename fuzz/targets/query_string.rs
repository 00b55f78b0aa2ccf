//! Any text as a query string: read, never a panic; no value that is kept holds a control character.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::answer::query::{Query, decode_text};

fuzz_target!(|text: &str| {
    let _query: Query = Query::parse(text);
    if let Some(decoded) = decode_text(text) {
        assert!(decoded.len() <= text.len());
    }
});
