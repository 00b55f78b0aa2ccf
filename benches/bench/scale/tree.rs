//! The master's tree: categories, versions, architectures, repositories and their directories.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use mirrormanager::model::Timestamp;
use rusqlite::{Transaction, params};

use super::Size;
use super::random::Random;

/// The scan sequence of every category.
pub(super) const SCAN_SEQ: i64 = 500;
/// The scans that brought the last versions of a live repository, the newest first.
pub(super) const PUSHES: [i64; 4] = [498, 495, 490, 485];
const HOUR: i64 = 3_600;

/// Name, topdir, product.
pub(super) const CATEGORIES: [(&str, &str, i64); 5] = [
    ("Fedora Linux", "pub/fedora/linux", 1),
    ("Fedora EPEL", "pub/epel", 2),
    ("Fedora Archive", "pub/archive", 1),
    ("Fedora Secondary Arches", "pub/fedora-secondary", 1),
    ("Fedora Other", "pub/alt", 1),
];
pub(super) const LINUX: usize = 0;
pub(super) const EPEL: usize = 1;
pub(super) const ARCHIVE: usize = 2;
pub(super) const SECONDARY: usize = 3;
pub(super) const OTHER: usize = 4;

const ARCHES: [&str; 7] = ["x86_64", "aarch64", "ppc64le", "s390x", "i386", "armhfp", "source"];
/// The development version, and the oldest version that is not in the archive.
const DEVELOPMENT: u32 = 44;
const OLDEST: u32 = 41;

/// A directory. Whether a host has it depends on its category, version and architecture.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Directory {
    pub(super) category: usize,
    /// 0 = not part of a version.
    pub(super) version: u32,
    pub(super) path: String,
    /// An index into `ARCHES`; `None` = not part of an architecture.
    pub(super) arch: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Repository {
    pub(super) category: usize,
    version: u32,
    arch: usize,
    prefix: String,
    path: String,
}

#[derive(Debug)]
pub(super) struct Tree {
    /// In order of ID, which begins at 1: older versions before newer ones.
    pub(super) directories: Vec<Directory>,
    pub(super) repositories: Vec<Repository>,
}

impl Repository {
    /// Returns true if the repository still changes.
    fn is_live(&self) -> bool {
        self.category == EPEL || (self.category != ARCHIVE && self.prefix.starts_with("updates"))
    }
}

impl Tree {
    pub(super) fn grow(size: Size) -> Self {
        let repositories = repositories(size.repositories);
        let mut all: BTreeMap<(usize, String), (u32, Option<usize>)> = BTreeMap::new();
        for r in &repositories {
            for below in ["", "/repodata", "/Packages"] {
                all.insert((r.category, format!("{}{below}", r.path)), (r.version, Some(r.arch)));
            }
        }
        for r in &repositories {
            for (end, _) in r.path.match_indices('/') {
                let path = r.path[..end].to_owned();
                let own = path.split('/').any(|part| part == r.version.to_string());
                all.entry((r.category, path))
                    .or_insert((if own { r.version } else { 0 }, None));
            }
        }
        all.extend((0..CATEGORIES.len()).map(|category| ((category, String::new()), (0, None))));
        // Package directories are named by first letters; the remaining directories are image trees.
        let letters = (size.directories - all.len()) / repositories.len();
        for r in &repositories {
            for n in 0..letters {
                let path = format!("{}/Packages/{}", r.path, letter(n));
                all.insert((r.category, path), (r.version, Some(r.arch)));
            }
        }
        for n in 0..size.directories - all.len() {
            let version = 7 + u32::try_from(n).unwrap() % 38;
            all.insert((OTHER, format!("spins-{version}-{n:05}")), (version, None));
        }
        assert_eq!(all.len(), size.directories);
        let directory = |((category, path), (version, arch))| Directory {
            category,
            version,
            path,
            arch,
        };
        let mut directories: Vec<Directory> = all.into_iter().map(directory).collect();
        directories.sort();
        Self {
            directories,
            repositories,
        }
    }

    pub(super) fn write(&self, tx: &Transaction<'_>, size: Size, now: Timestamp) {
        tx.execute_batch("INSERT INTO product (id, name) VALUES (1, 'Fedora'), (2, 'EPEL');")
            .unwrap();
        for (id, (name, topdir, product)) in (1_i64..).zip(CATEGORIES) {
            tx.execute(
                "INSERT INTO category (id, name, product_id, topdir, scan_seq, scanned_at) VALUES (?, ?, ?, ?, ?, ?)",
                params![id, name, product, topdir, SCAN_SEQ, now.0 - HOUR],
            )
            .unwrap();
        }
        for (id, arch) in (1_i64..).zip(ARCHES) {
            let primary = matches!(arch, "x86_64" | "aarch64");
            tx.execute(
                "INSERT INTO arch (id, name, primary_arch) VALUES (?, ?, ?)",
                params![id, arch, primary],
            )
            .unwrap();
        }
        self.write_versions(tx, now);
        self.write_directories(tx, now);
        self.write_repositories(tx, size, now);
    }

    /// Versions in the archive are not displayed.
    fn write_versions(&self, tx: &Transaction<'_>, now: Timestamp) {
        let versions: BTreeSet<(i64, u32, bool)> = self
            .repositories
            .iter()
            .map(|r| (CATEGORIES[r.category].2, r.version, r.category != ARCHIVE))
            .collect();
        for (product, version, display) in versions {
            let age = i64::from(DEVELOPMENT - version.min(DEVELOPMENT)) * 180 * 24 * HOUR;
            tx.execute(
                "INSERT INTO version (id, product_id, name, is_test, display, sortorder, first_seen) VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![
                    version_id(product, version),
                    product,
                    version.to_string(),
                    product == 1 && version == DEVELOPMENT,
                    display,
                    version,
                    now.0 - age
                ],
            )
            .unwrap();
        }
    }

    fn write_directories(&self, tx: &Transaction<'_>, now: Timestamp) {
        let mut random = Random::from_seed(1);
        let mut insert = tx
            .prepare(
                "INSERT INTO directory (id, category_id, path, readable, ctime, files, changed_seq, first_seen) \
                 VALUES (?, ?, ?, 1, ?, ?, ?, ?)",
            )
            .unwrap();
        for (id, d) in (1_i64..).zip(&self.directories) {
            let age = i64::from(DEVELOPMENT - d.version.min(DEVELOPMENT)) * 180 * 24 * HOUR;
            let time = now.0 - 2 * HOUR - age - i64::try_from(random.below(1_000_000)).unwrap();
            let changed = SCAN_SEQ - i64::try_from(random.below(400)).unwrap();
            let files = short_list(&mut random, d, time);
            insert
                .execute(params![id, category_id(d.category), d.path, time, files, changed, time])
                .unwrap();
        }
    }

    /// Four versions of each `repomd.xml`: those of a live repository are a few hours or days old.
    fn write_repositories(&self, tx: &Transaction<'_>, size: Size, now: Timestamp) {
        let mut random = Random::from_seed(2);
        let ids = self.ids();
        let id_of = |category: usize, path: &str| ids[&(category, path)];
        let each = size.file_details / size.repositories;
        assert!(each * size.repositories == size.file_details && each <= PUSHES.len());
        let mut insert = tx
            .prepare(
                "INSERT INTO file_detail (directory_id, filename, timestamp, size, md5, sha1, sha256, sha512, first_seq, \
                 superseded_seq, first_seen, superseded_at) VALUES (?, 'repomd.xml', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .unwrap();
        for (id, r) in (1_i64..).zip(&self.repositories) {
            tx.execute(
                "INSERT INTO repository (id, name, prefix, category_id, version_id, arch_id, directory_id, first_seen) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                params![
                    id,
                    r.path,
                    r.prefix,
                    category_id(r.category),
                    version_id(CATEGORIES[r.category].2, r.version),
                    i64::try_from(r.arch + 1).unwrap(),
                    id_of(r.category, &r.path),
                    now.0 - 1_000 * HOUR
                ],
            )
            .unwrap();
            let directory = id_of(r.category, &format!("{}/repodata", r.path));
            // The time since a push; repositories that no longer change were pushed years ago.
            let back = |push: i64| {
                if r.is_live() {
                    (SCAN_SEQ - push) * 4 * HOUR
                } else {
                    (20_000 - push) * HOUR
                }
            };
            for place in (0..each).rev() {
                // Repositories that no longer change were scanned long before the recent crawls.
                let before = if r.is_live() { 0 } else { 400 };
                let push = PUSHES[place] - before;
                let superseded = place.checked_sub(1).map(|newer| PUSHES[newer] - before);
                let seen = now.0 - back(push);
                insert
                    .execute(params![
                        directory,
                        seen - HOUR,
                        3_000 + i64::try_from(random.below(4_000)).unwrap(),
                        random.hex(32),
                        random.hex(40),
                        random.hex(64),
                        random.hex(128),
                        push,
                        superseded,
                        seen,
                        superseded.map(|s| now.0 - back(s))
                    ])
                    .unwrap();
            }
        }
    }

    fn ids(&self) -> HashMap<(usize, &str), i64> {
        (1_i64..)
            .zip(&self.directories)
            .map(|(id, d)| ((d.category, d.path.as_str()), id))
            .collect()
    }

    /// Returns the queries of clients for the repositories, one per line.
    pub(super) fn queries(&self) -> String {
        let mut out = String::new();
        for r in &self.repositories {
            writeln!(out, "repo={}&arch={}", r.prefix, ARCHES[r.arch]).unwrap();
        }
        out
    }

    /// Returns a package directory of each repository, one path per line.
    pub(super) fn paths(&self) -> String {
        let mut out = String::new();
        for r in &self.repositories {
            writeln!(out, "path={}/{}/Packages", CATEGORIES[r.category].1, r.path).unwrap();
        }
        out
    }
}

pub(super) fn category_id(category: usize) -> i64 {
    i64::try_from(category + 1).unwrap()
}

fn version_id(product: i64, version: u32) -> i64 {
    product * 100 + i64::from(version)
}

/// `0`, `1`, … `z`, `00`, `01`, …
fn letter(n: usize) -> String {
    const ALL: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let one = |n: usize| char::from(ALL[n % 36]);
    match n {
        0..36 => one(n).to_string(),
        _ => format!("{}{}", one(n / 36 - 1), one(n)),
    }
}

/// Returns the short file list of a directory as JSON: up to ten packages, or the metadata of a repository.
fn short_list(random: &mut Random, d: &Directory, time: i64) -> String {
    let mut names: Vec<String> = Vec::new();
    if d.path.ends_with("/repodata") {
        names.push("repomd.xml".into());
        for kind in [
            "comps.xml",
            "filelists.xml.zst",
            "other.xml.zst",
            "primary.xml.zst",
            "updateinfo.xml.zst",
        ] {
            names.push(format!("{}-{kind}", random.hex(64)));
        }
    } else if d.path.contains("/Packages/") {
        let all = if random.chance_percent(10) {
            1 + random.below(8)
        } else {
            10
        };
        let first = d.path.rsplit('/').next().unwrap();
        let arch = d.arch.map_or("noarch", |a| ARCHES[a]);
        for _ in 0..all {
            let (name, major, minor) = (random.hex(8), random.below(30), random.below(99));
            names.push(format!("{first}{name}-{major}.{minor}-1.fc{}.{arch}.rpm", d.version));
        }
    } else if d.path.starts_with("spins-") {
        for end in ["CHECKSUM", "iso", "manifest"] {
            names.push(format!("Fedora-Spin-{}-{}.{end}", d.version, random.below(1_000)));
        }
    }
    names.sort();
    let entries: Vec<String> = names
        .iter()
        .map(|name| {
            let size = 1_000 + random.below(50_000_000);
            format!("{{\"name\":\"{name}\",\"size\":{size},\"timestamp\":{time}}}")
        })
        .collect();
    format!("[{}]", entries.join(","))
}

fn repositories(count: usize) -> Vec<Repository> {
    let mut out = Vec::new();
    for version in 4..=10 {
        for arch in [0, 1, 2, 3, 4] {
            let name = ARCHES[arch];
            for (stem, path) in [
                ("epel", format!("{version}/Everything/{name}")),
                ("epel-debug", format!("{version}/Everything/{name}/debug")),
                ("epel-playground", format!("playground/{version}/Everything/{name}")),
                ("testing-epel", format!("testing/{version}/Everything/{name}")),
                (
                    "testing-debug-epel",
                    format!("testing/{version}/Everything/{name}/debug"),
                ),
            ] {
                out.push(Repository {
                    category: EPEL,
                    version,
                    arch,
                    prefix: format!("{stem}-{version}"),
                    path,
                });
            }
        }
    }
    for version in OLDEST..=DEVELOPMENT {
        for (category, arches) in [(LINUX, [0, 1]), (SECONDARY, [2, 3])] {
            for arch in arches {
                fedora(&mut out, category, version, arch);
            }
        }
    }
    for version in (7..OLDEST).rev() {
        for arch in [0, 4, 1, 5] {
            fedora(&mut out, ARCHIVE, version, arch);
        }
    }
    assert!(out.len() >= count, "{}", out.len());
    out.truncate(count);
    out
}

fn fedora(out: &mut Vec<Repository>, category: usize, version: u32, arch: usize) {
    let name = ARCHES[arch];
    let above = if category == ARCHIVE { "fedora/linux/" } else { "" };
    let release = if version == DEVELOPMENT {
        "development"
    } else {
        "releases"
    };
    for variant in ["Everything", "Modular"] {
        let modular = if variant == "Modular" { "-modular" } else { "" };
        for (stem, path) in [
            ("fedora", format!("{release}/{version}/{variant}/{name}/os")),
            (
                "fedora-debug",
                format!("{release}/{version}/{variant}/{name}/debug/tree"),
            ),
            ("updates-released-f", format!("updates/{version}/{variant}/{name}")),
            (
                "updates-released-debug-f",
                format!("updates/{version}/{variant}/{name}/debug"),
            ),
            (
                "updates-testing-f",
                format!("updates/testing/{version}/{variant}/{name}"),
            ),
        ] {
            let dash = if stem.ends_with("-f") { "" } else { "-" };
            out.push(Repository {
                category,
                version,
                arch,
                prefix: format!("{stem}{dash}{version}{modular}"),
                path: format!("{above}{path}"),
            });
        }
    }
}
