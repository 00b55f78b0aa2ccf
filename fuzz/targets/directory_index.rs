//! Any bytes as the page of a directory: its names lie directly below, can be looked up, and are no more than were asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::directory_index::{self, Size};

fuzz_target!(|page: &[u8]| {
    for place in ["/pub/linux/", "http://mirror.example.org/"] {
        let Some(index) = directory_index::read(page, place, 20) else {
            continue;
        };
        assert!(index.len() <= 20);
        for (name, listed) in index.iter() {
            assert!(!matches!(name, "" | "." | "..") && !name.contains(['/', '\0']));
            assert_eq!(index.get(name), Some(listed));
            assert!(!listed.directory || listed.size == Size::Unknown);
        }
    }
});
