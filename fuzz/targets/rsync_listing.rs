//! Parses arbitrary bytes as an rsync listing: accepted paths are relative.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::rsync_listing::RsyncListingParser;

fuzz_target!(|text: &[u8]| {
    let mut parser = RsyncListingParser::default();
    for line in text.split(|b| *b == b'\n') {
        if let Ok(Some(entry)) = parser.parse_line(line) {
            assert!(!entry.path.starts_with(b"/"));
        }
    }
});
