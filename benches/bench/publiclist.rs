//! The public pages: a generation with all pages, compared with writing the same files to disk.

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
use crate::{measure_alternately, peak_memory, seconds};

/// Limits: seconds and MB of a run, kB of a compressed page, and the ratio to the time of writing the files.
const MAX_TIME: f64 = 3.0;
const MAX_MEMORY: f64 = 250.0;
const MAX_PAGE: f64 = 100.0;
const MAX_RATIO: f64 = 3.0;
/// Number of versions with pages.
const VERSIONS: u32 = 30;

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = pages();
    let env = create_database("");
    env.ok("mm-update-mirrorlist", &[]);
    let (measured, reference) = compare_with_writing(&env);
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

/// Measures a run that changes every page, with data of Fedora's size.
fn pages() -> Vec<Row> {
    let env = Fedora::new(1).env;
    let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let display =
        "UPDATE version SET display = id IN (SELECT id FROM version ORDER BY sortorder DESC, id DESC LIMIT ?)";
    conn.execute(display, [VERSIONS]).unwrap();
    drop(conn);
    env.ok("mm-update-mirrorlist", &[]);
    let (measured, reference) = compare_with_writing(&env);
    change_bandwidths(&env, 1_000);
    let memory = peak_memory(env.command("mm-update-mirrorlist").stdout(Stdio::null()));
    let row = |name, measured, reference, unit, bar| Row {
        area: "publiclist",
        name,
        measured,
        reference,
        unit,
        bar: Bar::AtMost(bar),
    };
    vec![
        row("pages", measured, reference, "s", MAX_RATIO),
        row("pages-time", measured, MAX_TIME, "s", 1.0),
        row("pages-memory", memory, MAX_MEMORY, "MB", 1.0),
        row("pages-largest", largest_page(&env), MAX_PAGE, "kB", 1.0),
    ]
}

/// Returns the size in kB of the largest page, compressed with gzip as servers do.
fn largest_page(env: &Env) -> f64 {
    let sizes = files(env).into_iter().filter_map(|(path, bytes)| {
        let is_page = path.extension().is_some_and(|e| e == "html");
        is_page.then(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&bytes).unwrap();
            encoder.finish().unwrap().len()
        })
    });
    f64::from(u32::try_from(sizes.max().unwrap()).unwrap()) / 1_000.0
}

fn files(env: &Env) -> Vec<(PathBuf, Vec<u8>)> {
    let (source, manifest) = generation::current(&env.path("generations")).unwrap().unwrap();
    let files = manifest.files.iter();
    files
        .map(|f| (PathBuf::from(&f.path), fs::read(source.join(&f.path)).unwrap()))
        .collect()
}

/// Returns the seconds of a run in which every host has changed, and of writing the same files.
fn compare_with_writing(env: &Env) -> (f64, f64) {
    let mut round = 0;
    let generate = || {
        round += 1;
        change_bandwidths(env, round);
        seconds(|| {
            env.ok("mm-update-mirrorlist", &[]);
        })
    };
    let files = files(env);
    let copy = env.path("copy");
    measure_alternately(5, generate, || {
        drop(fs::remove_dir_all(&copy));
        seconds(|| write_all(&copy, &files))
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
