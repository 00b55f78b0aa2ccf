//! Listing a mirror by rsync, against the bare program: alone, five at once, and in memory.
//!
//! It is the crawler's own function that is measured, not the program: what a crawl does beside it is in the other rows.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mirrormanager::crawl::probe::listing::{ListingEnd, ListingTimeouts, list};
use mirrormanager::crawl::tree::Tree;
use mirrormanager::model::file::{SampledFile, VersionRetention};
use mirrormanager::model::ids::{CategoryId, DirectoryId, ScanSeq};
use mirrormanager::model::plan::{CategoryPlan, PlannedDirectory};
use mirrormanager::sys::signals::ShutdownFlag;

use crate::support::need;
use crate::support::rsyncd::Rsyncd;
use crate::table::{Bar, Row};
use crate::{in_turn, seconds};

/// 20,000 directories in 200 repositories, and ten files in each.
const REPOSITORIES: u32 = 200;
const DIRECTORIES: u32 = 99;
const FILES: u32 = 10;
/// The hidden area of the benchmark that lists several mirrors at once, to measure its memory.
pub(crate) const AREA: &str = "listings";
const AT_ONCE: usize = 5;

pub(crate) fn rows() -> Vec<Row> {
    let home = tempfile::tempdir().unwrap();
    for directory in directories() {
        let path = home.path().join(&directory);
        fs::create_dir_all(&path).unwrap();
        for file in 0..FILES {
            File::create(path.join(name(file))).unwrap();
        }
    }
    let daemon = Rsyncd::serve(home.path());
    let tree = expected();
    let one = in_turn(5, || ours(&tree, daemon.port, 1), || bare(daemon.port, 1));
    let five = in_turn(5, || ours(&tree, daemon.port, AT_ONCE), || bare(daemon.port, AT_ONCE));
    let memory = memory(daemon.port);
    let row = |name, unit, (measured, reference), limit| Row {
        area: "crawl",
        name,
        measured,
        reference,
        unit,
        bar: Bar::AtMost(limit),
    };
    vec![
        row("rsync-1", "s", one, 1.15),
        row("rsync-5", "s", five, 1.3),
        row("rsync-memory", "MB", (memory, 40.0), 1.0),
    ]
}

/// Paths below the top.
fn directories() -> impl Iterator<Item = String> {
    (0..REPOSITORIES).flat_map(|r| {
        let repository = format!("updates/{:02}/repository-{r}", r % 20);
        let packages = (0..DIRECTORIES).map({
            let repository = repository.clone();
            move |d| format!("{repository}/Packages/{d:02}")
        });
        packages.chain([format!("{repository}/repodata")])
    })
}

fn name(file: u32) -> String {
    format!("package-with-a-name-{file}-1.2.3-4.fc43.noarch.rpm")
}

/// What is there, as a scan would have it.
fn expected() -> Tree {
    let files: Vec<SampledFile> = (0..FILES)
        .map(|n| SampledFile {
            name: name(n),
            size: Some(0),
            timestamp: 0,
        })
        .collect();
    let mut directories: Vec<PlannedDirectory> = (1..)
        .zip(directories())
        .map(|(id, path)| PlannedDirectory {
            id: DirectoryId(id),
            path: path.parse().unwrap(),
            readable: true,
            changed_seq: ScanSeq(1),
            files: files.clone().into(),
            repomd: Vec::new(),
        })
        .collect();
    directories.sort_by(|a, b| a.path.cmp(&b.path));
    Tree::new(Arc::new(CategoryPlan {
        id: CategoryId(1),
        name: "Linux".to_owned(),
        scan_seq: ScanSeq(1),
        retention: VersionRetention {
            previous: Duration::ZERO,
            older: Duration::ZERO,
        },
        directories,
    }))
}

fn address(port: u16) -> String {
    format!("rsync://127.0.0.1:{port}/master/")
}

/// Returns the seconds for `at_once` listings in parallel, with every directory classified.
fn ours(tree: &Tree, port: u16, at_once: usize) -> f64 {
    seconds(|| {
        std::thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| look(tree, port));
            }
        });
    })
}

fn look(tree: &Tree, port: u16) {
    let stop = ShutdownFlag::default();
    let limits = ListingTimeouts {
        deadline: Instant::now() + Duration::from_mins(10),
        shutdown: &stop,
        connect_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_mins(5),
        allow_private: true,
    };
    let listing = list(tree, &address(port).parse().unwrap(), &limits).unwrap();
    assert_eq!(listing.end(), &ListingEnd::Complete);
    let all = 0..tree.plan.directories.len();
    let seen: usize = all.map(|at| listing.evidence(tree, at).files.len()).sum();
    assert_eq!(seen, tree.files());
}

fn bare(port: u16, at_once: usize) -> f64 {
    let rsync = need("rsync", "rsync");
    seconds(|| {
        let running: Vec<_> = (0..at_once)
            .map(|_| {
                let mut command = Command::new(&rsync);
                command
                    .args(["--list-only", "-r", &address(port)])
                    .stdout(Stdio::null());
                command.spawn().unwrap()
            })
            .collect();
        for mut child in running {
            assert!(child.wait().unwrap().success());
        }
    })
}

/// What each further listing takes, in MB: of this program and of the rsync programs that it starts.
fn memory(port: u16) -> f64 {
    let of = |at_once: usize| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([AREA, &port.to_string(), &at_once.to_string()]);
        peak_of_all(&mut command)
    };
    let further = u32::try_from(AT_ONCE - 1).unwrap();
    (of(AT_ONCE) - of(1)) / f64::from(further)
}

/// Lists `at_once` mirrors in parallel, in a separate process.
pub(crate) fn only_list(args: &[String]) {
    let [_, port, at_once] = args else {
        panic!("{args:?}");
    };
    ours(&expected(), port.parse().unwrap(), at_once.parse().unwrap());
}

/// The most memory that a program and all below it had together: each page counted once, or shared out among those that share it.
fn peak_of_all(command: &mut Command) -> f64 {
    let mut child = command.spawn().unwrap();
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(family(child.id()));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(child.wait().unwrap().success());
    peak
}

fn family(pid: u32) -> f64 {
    let process = Path::new("/proc").join(pid.to_string());
    let read = |below: &str| fs::read_to_string(process.join(below)).unwrap_or_default();
    let text = read("smaps_rollup");
    let line = text.lines().find_map(|l| l.strip_prefix("Pss:"));
    let own = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok());
    // Every thread has children of its own.
    let threads = fs::read_dir(process.join("task")).into_iter().flatten().flatten();
    let children = threads.map(|t| fs::read_to_string(t.path().join("children")).unwrap_or_default());
    let below: f64 = children
        .flat_map(|c| c.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|c| c.parse().ok())
        .map(family)
        .sum();
    own.unwrap_or_default() / 1000.0 + below
}
