//! The public list: a whole generation with its pages, against writing the same bytes to as many files, on the disk.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use flate2::Compression;
use flate2::write::GzEncoder;
use mirrormanager::snapshot::generation;

use crate::database::{change_bandwidths, create_database};
use crate::mirrorlist::Fedora;
use crate::support::Env;
use crate::table::{Bar, Row};
use crate::{in_turn, peak_mb, seconds};

/// What there may be: seconds and MB of a run, kB of a page that is packed, and how many times the time that writing takes.
const TIME: f64 = 3.0;
const MEMORY: f64 = 250.0;
const PAGE: f64 = 100.0;
const TIMES: f64 = 3.0;
/// Number of versions with pages.
const VERSIONS: u32 = 30;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = pages();
    let env = create_database("");
    env.ok("mm-update-mirrorlist", &[]);
    let (measured, reference) = against_writing(&env);
    rows.push(Row {
        area: "publiclist",
        name: "generation",
        measured,
        reference,
        unit: "s",
        bar: Bar::None,
    });
    rows
}

/// At Fedora's size, when every page changes.
fn pages() -> Vec<Row> {
    let env = Fedora::new(1).env;
    let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let shown = "UPDATE version SET display = id IN (SELECT id FROM version ORDER BY sortorder DESC, id DESC LIMIT ?)";
    conn.execute(shown, [VERSIONS]).unwrap();
    drop(conn);
    env.ok("mm-update-mirrorlist", &[]);
    let (measured, reference) = against_writing(&env);
    change_bandwidths(&env, 1_000);
    let memory = peak_mb(env.command("mm-update-mirrorlist").stdout(Stdio::null()));
    let row = |name, measured, reference, unit, bar| Row {
        area: "publiclist",
        name,
        measured,
        reference,
        unit,
        bar: Bar::AtMost(bar),
    };
    vec![
        row("pages", measured, reference, "s", TIMES),
        row("pages-time", measured, TIME, "s", 1.0),
        row("pages-memory", memory, MEMORY, "MB", 1.0),
        row("pages-largest", largest(&env), PAGE, "kB", 1.0),
    ]
}

/// The size of the largest page, packed as servers do, in kB.
fn largest(env: &Env) -> f64 {
    let packed = files(env).into_iter().filter_map(|(path, bytes)| {
        let page = path.extension().is_some_and(|e| e == "html");
        page.then(|| {
            let mut packer = GzEncoder::new(Vec::new(), Compression::default());
            packer.write_all(&bytes).unwrap();
            packer.finish().unwrap().len()
        })
    });
    f64::from(u32::try_from(packed.max().unwrap()).unwrap()) / 1_000.0
}

fn files(env: &Env) -> Vec<(PathBuf, Vec<u8>)> {
    let (source, manifest) = generation::current(&env.path("generations")).unwrap().unwrap();
    let all = manifest.files.iter();
    all.map(|f| (PathBuf::from(&f.path), fs::read(source.join(&f.path)).unwrap()))
        .collect()
}

/// Seconds of a run in which every host has changed, and of writing what it wrote.
fn against_writing(env: &Env) -> (f64, f64) {
    let mut round = 0;
    let generate = || {
        round += 1;
        change_bandwidths(env, round);
        seconds(|| {
            env.ok("mm-update-mirrorlist", &[]);
        })
    };
    let files = files(env);
    let bare = env.path("bare");
    in_turn(5, generate, || {
        drop(fs::remove_dir_all(&bare));
        seconds(|| write_all(&bare, &files))
    })
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
