//! What an incremental crawl saves, in requests: a number that is the same on every machine.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::Value;

use super::{crawl, home, register};
use crate::support::{Env, Nginx};
use crate::table::{Bar, Row};

/// 20,000 directories: versions with architectures with one repository each, which has its `repodata` and 29 directories of packages.
const VERSIONS: u32 = 32;
const ARCHES: u32 = 20;
/// Number of them on the partial mirror, per version: 40 %.
const CARRIED: u32 = 8;
const PACKAGE_DIRECTORIES: u32 = 29;
const FILES: u32 = 3;
/// Number of repositories in a push, each with its `repodata` and four package directories.
const PUSHED: u32 = 10;
const WHOLE: &str = "whole.example.org";
const PART: &str = "part.example.org";

pub(crate) fn rows() -> Vec<Row> {
    let env = home("tree", "");
    let (top, part) = (env.path("tree"), env.path("part"));
    for version in 0..VERSIONS {
        for arch in 0..ARCHES {
            repository(&top.join(place(version, arch)));
        }
    }
    fs::set_permissions(&top, fs::Permissions::from_mode(0o755)).unwrap();
    carry(&top, &part);
    let (whole, partial) = (Nginx::serve(&top), Nginx::serve(&part));
    let mirrors = [(WHOLE, whole.url()), (PART, partial.url())];
    register(&env, "index", mirrors.map(|(name, url)| (name.to_owned(), url)));
    let asked = |args: &[&str]| {
        let result = crawl(&env, args);
        [WHOLE, PART].map(|host| of(&result, host))
    };
    let full = asked(&["--full"]);
    let again = asked(&[]);
    push(&env, &top);
    env.ok("mm-scan-master", &[]);
    let [pushed, _] = asked(&[]);
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

fn place(version: u32, arch: u32) -> String {
    format!("updates/{version}/Everything/arch{arch}")
}

fn repository(top: &Path) {
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

/// The partial mirror: its own directories down to the architectures, and what it has of these as links.
fn carry(top: &Path, part: &Path) {
    for version in 0..VERSIONS {
        for arch in 0..CARRIED {
            let place = place(version, arch);
            let link = part.join(&place);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(top.join(&place), link).unwrap();
        }
    }
}

/// 50 directories change, and the whole mirror has them already.
fn push(env: &Env, top: &Path) {
    for version in 0..PUSHED {
        let repository = top.join(place(version, 0));
        fs::write(repository.join("repodata/repomd.xml"), repomd(2)).unwrap();
        for directory in 0..4 {
            env.write(
                &format!(
                    "tree/{}/Packages/{directory:02}/package-new-1.noarch.rpm",
                    place(version, 0)
                ),
                "new",
            );
        }
    }
}

/// Requests that a host got, which was looked at to the end.
fn of(result: &Value, host: &str) -> f64 {
    let line = result["lines"]
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["host"] == host)
        .unwrap();
    assert_eq!(line["outcome"], "complete", "{line}");
    line["requests"].as_f64().unwrap()
}
