//! A whole generation with its pages, against writing the same bytes to as many files, on the disk.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::table::{Bar, Row};
use crate::world::{touch, world};
use crate::{in_turn, seconds};

pub(crate) fn rows() -> Vec<Row> {
    let env = world("");
    env.ok("mm-update-mirrorlist", &[]);
    let mut round = 0;
    let generate = || {
        round += 1;
        touch(&env, round);
        seconds(|| {
            env.ok("mm-update-mirrorlist", &[]);
        })
    };
    let (source, manifest) = mirrormanager::mirrorlist::generation::current(&env.path("generations"))
        .unwrap()
        .unwrap();
    let files: Vec<(PathBuf, Vec<u8>)> = manifest
        .files
        .iter()
        .map(|f| (PathBuf::from(&f.path), fs::read(source.join(&f.path)).unwrap()))
        .collect();
    let bare = env.path("bare");
    let (measured, reference) = in_turn(5, generate, || {
        drop(fs::remove_dir_all(&bare));
        seconds(|| write_all(&bare, &files))
    });
    vec![Row {
        area: "publiclist",
        name: "generation",
        measured,
        reference,
        unit: "s",
        bar: Bar::None,
    }]
}

fn write_all(top: &Path, files: &[(PathBuf, Vec<u8>)]) {
    for (name, content) in files {
        let path = top.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = File::create(path).unwrap();
        file.write_all(content).unwrap();
        file.sync_all().unwrap();
    }
}
