//! Parses arbitrary bytes as a file list: accepted paths are relative and have no `..`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::formats::filelist::{FileListLine, FileListParser};
use mirrormanager::model::names::DirPath;

fuzz_target!(|text: &[u8]| {
    let mut parser = FileListParser::default();
    for line in text.split(|b| *b == b'\n') {
        match parser.parse_line(line) {
            Ok(FileListLine::Entry(entry)) => {
                assert!(!entry.path.starts_with(b"/"));
                if let Ok(path) = DirPath::from_bytes(entry.path) {
                    assert!(path.as_str().split('/').all(|part| part != ".."));
                }
            }
            Ok(FileListLine::Checksum { algorithm, hash, .. }) => assert_eq!(hash.len(), algorithm.digits()),
            Ok(FileListLine::Other) => {}
            Err(_) => return,
        }
    }
    drop(parser.finish());
});
