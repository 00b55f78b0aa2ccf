//! Parses arbitrary bytes as a directory index: names are direct children, can be looked up, and respect the limit.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::directory_index::{self, Size};

fuzz_target!(|page: &[u8]| {
    for url in ["/pub/linux/", "http://mirror.example.org/"] {
        let Some(index) = directory_index::parse(page, url, 20) else {
            continue;
        };
        assert!(index.len() <= 20);
        for (name, entry) in index.iter() {
            assert!(!matches!(name, "" | "." | "..") && !name.contains(['/', '\0']));
            assert_eq!(index.get(name), Some(entry));
            assert!(!entry.is_directory || entry.size == Size::Unknown);
        }
    }
});
