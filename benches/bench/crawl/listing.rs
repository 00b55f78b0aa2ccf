//! Rsync listings of a mirror, compared with rsync alone: one, five in parallel, and their memory.
//!
//! This measures the function of the crawler, not a whole crawl.

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
use crate::{measure_alternately, seconds};

/// The mirror has 20,000 directories in 200 repositories, and ten files in each directory.
const REPOSITORIES: u32 = 200;
const DIRECTORIES: u32 = 99;
const FILES: u32 = 10;
/// The first argument with which the benchmark program only lists mirrors, so that its memory can be measured.
pub(crate) const AREA: &str = "listings";
const PARALLEL: usize = 5;

pub(crate) fn rows() -> Vec<Row> {
    let top = tempfile::tempdir().unwrap();
    for directory in directories() {
        let path = top.path().join(&directory);
        fs::create_dir_all(&path).unwrap();
        for file in 0..FILES {
            File::create(path.join(name(file))).unwrap();
        }
    }
    let daemon = Rsyncd::serve(top.path());
    let tree = expected_tree();
    let one = measure_alternately(5, || list_mirrors(&tree, daemon.port, 1), || run_rsync(daemon.port, 1));
    let five = measure_alternately(
        5,
        || list_mirrors(&tree, daemon.port, PARALLEL),
        || run_rsync(daemon.port, PARALLEL),
    );
    let memory = memory_per_listing(daemon.port);
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

/// Returns the paths of the directories, relative to the top.
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

/// Returns the tree as after a scan of the master.
fn expected_tree() -> Tree {
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
            refused: Vec::new(),
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

/// Returns the seconds for `count` listings in parallel, with every directory classified.
fn list_mirrors(tree: &Tree, port: u16, count: usize) -> f64 {
    seconds(|| {
        std::thread::scope(|scope| {
            for _ in 0..count {
                scope.spawn(|| list_mirror(tree, port));
            }
        });
    })
}

fn list_mirror(tree: &Tree, port: u16) {
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
    let directories = 0..tree.plan.directories.len();
    let files: usize = directories.map(|at| listing.evidence(tree, at).files.len()).sum();
    assert_eq!(files, tree.files());
}

fn run_rsync(port: u16, count: usize) -> f64 {
    let rsync = need("rsync", "rsync");
    seconds(|| {
        let running: Vec<_> = (0..count)
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

/// Returns the memory in MB of each additional listing: of this program and the rsync processes.
fn memory_per_listing(port: u16) -> f64 {
    let peak = |count: usize| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([AREA, &port.to_string(), &count.to_string()]);
        peak_memory_of_family(&mut command)
    };
    let additional = u32::try_from(PARALLEL - 1).unwrap();
    (peak(PARALLEL) - peak(1)) / f64::from(additional)
}

/// Lists `count` mirrors in parallel, in a separate process.
pub(crate) fn list_in_parallel(args: &[String]) {
    let [_, port, count] = args else {
        panic!("{args:?}");
    };
    list_mirrors(&expected_tree(), port.parse().unwrap(), count.parse().unwrap());
}

/// Returns the peak memory (proportional set size) in MB of a command and all its descendants.
fn peak_memory_of_family(command: &mut Command) -> f64 {
    let mut child = command.spawn().unwrap();
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(memory_of_family(child.id()));
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(child.wait().unwrap().success());
    peak
}

fn memory_of_family(pid: u32) -> f64 {
    let process = Path::new("/proc").join(pid.to_string());
    let read = |below: &str| fs::read_to_string(process.join(below)).unwrap_or_default();
    let text = read("smaps_rollup");
    let line = text.lines().find_map(|l| l.strip_prefix("Pss:"));
    let own = line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<f64>().ok());
    // Children belong to threads.
    let threads = fs::read_dir(process.join("task")).into_iter().flatten().flatten();
    let children = threads.map(|t| fs::read_to_string(t.path().join("children")).unwrap_or_default());
    let below: f64 = children
        .flat_map(|c| c.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|c| c.parse().ok())
        .map(memory_of_family)
        .sum();
    own.unwrap_or_default() / 1000.0 + below
}
