//! Any bytes as a full time list: read or refused, and a path that is taken leads down.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::filelist::{Line, Parser};
use mirrormanager::model::names::DirPath;

fuzz_target!(|text: &[u8]| {
    let mut parser = Parser::default();
    for line in text.split(|b| *b == b'\n') {
        match parser.line(line) {
            Ok(Line::Entry(entry)) => {
                assert!(!entry.path.starts_with(b"/"));
                if let Ok(path) = DirPath::from_bytes(entry.path) {
                    assert!(path.as_str().split('/').all(|part| part != ".."));
                }
            }
            Ok(Line::Checksum { algorithm, hash, .. }) => assert_eq!(hash.len(), algorithm.digits()),
            Ok(Line::Other) => {}
            Err(_) => return,
        }
    }
    drop(parser.end());
});
