//! The requests of incremental crawls, compared with a full crawl. They are the same on every machine.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::Value;

use super::{crawl, environment, register};
use crate::support::{Env, Nginx};
use crate::table::{Bar, Row};

/// The tree has about 20,000 directories: one repository for each version and architecture, with `repodata` and 29 package
/// directories.
const VERSIONS: u32 = 32;
const ARCHES: u32 = 20;
/// The number of architectures on the partial mirror: 40 %.
const PARTIAL_ARCHES: u32 = 8;
const PACKAGE_DIRECTORIES: u32 = 29;
const FILES: u32 = 3;
/// Number of repositories in a push, each with its `repodata` and four package directories.
const PUSHED: u32 = 10;
const COMPLETE: &str = "complete.example.org";
const PARTIAL: &str = "partial.example.org";

pub(crate) fn rows() -> Vec<Row> {
    let env = environment("tree", "");
    let (top, partial_top) = (env.path("tree"), env.path("partial"));
    for version in 0..VERSIONS {
        for arch in 0..ARCHES {
            create_repository(&top.join(repository_path(version, arch)));
        }
    }
    fs::set_permissions(&top, fs::Permissions::from_mode(0o755)).unwrap();
    link_partial_tree(&top, &partial_top);
    let (complete, partial) = (Nginx::serve(&top), Nginx::serve(&partial_top));
    let mirrors = [(COMPLETE, complete.url()), (PARTIAL, partial.url())];
    register(&env, "index", mirrors.map(|(name, url)| (name.to_owned(), url)));
    let requests = |args: &[&str]| {
        let report = crawl(&env, args);
        [COMPLETE, PARTIAL].map(|host| requests_of_host(&report, host))
    };
    let full = requests(&["--full"]);
    let again = requests(&[]);
    push(&env, &top);
    env.ok("mm-scan-master", &[]);
    let [pushed, _] = requests(&[]);
    let row = |name, measured, reference, limit| Row {
        area: "crawl",
        name,
        measured,
        reference,
        unit: "requests",
        bar: Bar::AtMost(limit),
    };
    vec![
        row("incremental-unchanged", again[0], full[0], 0.03),
        row("incremental-60pct-missing", again[1], full[1], 0.05),
        row("push-50", pushed, 700.0, 1.0),
    ]
}

fn repository_path(version: u32, arch: u32) -> String {
    format!("updates/{version}/Everything/arch{arch}")
}

fn create_repository(top: &Path) {
    fs::create_dir_all(top.join("repodata")).unwrap();
    fs::write(top.join("repodata/repomd.xml"), repomd(1)).unwrap();
    for directory in 0..PACKAGE_DIRECTORIES {
        let directory = top.join(format!("Packages/{directory:02}"));
        fs::create_dir_all(&directory).unwrap();
        for file in 0..FILES {
            File::create(directory.join(format!("package-{file}-1.noarch.rpm"))).unwrap();
        }
    }
}

fn repomd(timestamp: u32) -> String {
    format!("<repomd><data type=\"primary\"><timestamp>{timestamp}</timestamp></data></repomd>\n")
}

/// Creates the tree of the partial mirror: directories that contain links to repositories.
fn link_partial_tree(top: &Path, partial_top: &Path) {
    for version in 0..VERSIONS {
        for arch in 0..PARTIAL_ARCHES {
            let path = repository_path(version, arch);
            let link = partial_top.join(&path);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(top.join(&path), link).unwrap();
        }
    }
}

/// Changes 50 directories of the master and the complete mirror, which share the tree.
fn push(env: &Env, top: &Path) {
    for version in 0..PUSHED {
        let repository = top.join(repository_path(version, 0));
        fs::write(repository.join("repodata/repomd.xml"), repomd(2)).unwrap();
        for directory in 0..4 {
            env.write(
                &format!(
                    "tree/{}/Packages/{directory:02}/package-new-1.noarch.rpm",
                    repository_path(version, 0)
                ),
                "new",
            );
        }
    }
}

/// Returns the number of requests to a host, whose crawl must be complete.
fn requests_of_host(report: &Value, host: &str) -> f64 {
    let line = report["lines"]
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["host"] == host)
        .unwrap();
    assert_eq!(line["outcome"], "complete", "{line}");
    line["requests"].as_f64().unwrap()
}
