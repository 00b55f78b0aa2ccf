//! Parses arbitrary text as a query string: no panic, and decoding does not lengthen a value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::answer::query::{Query, decode_request_path};

fuzz_target!(|text: &str| {
    let _query: Query = Query::parse(text);
    if let Some(decoded) = decode_request_path(text) {
        assert!(decoded.len() <= text.len());
    }
});
