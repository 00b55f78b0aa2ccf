//! Any bytes as the output of rsync: read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::rsync_listing::Parser;

fuzz_target!(|text: &[u8]| {
    let mut parser = Parser::default();
    for line in text.split(|b| *b == b'\n') {
        if let Ok(Some(entry)) = parser.line(line) {
            assert!(!entry.path.starts_with(b"/"));
        }
    }
});
