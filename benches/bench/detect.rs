//! Release detection with 150,000 directories, compared with one second and with reading the rows.

use std::fs;
use std::path::Path;

use crate::support::Env;
use crate::table::{Bar, Row};
use crate::{measure_alternately, seconds};

/// The number of versions with 27 repositories each: six times as many repositories as Fedora has.
const VERSIONS: u32 = 186;
/// The package directories of a repository. It also has itself, `repodata` and `Packages`.
const PACKAGE_DIRECTORIES: u32 = 27;
const ARCHES: [&str; 4] = ["x86_64", "aarch64", "ppc64le", "s390x"];
const RULE_SETS: [&str; 8] = [
    "fedora",
    "epel",
    "codecs",
    "eln",
    "rpmfusion",
    "centos-stream",
    "rockylinux",
    "almalinux",
];

pub(crate) fn rows() -> Vec<Row> {
    let env = Env::new("");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/rules");
    let included: Vec<String> = RULE_SETS
        .iter()
        .map(|set| format!("{}/{set}.toml", rules.display()))
        .collect();
    env.configure(&format!(
        "[[category]]\nname = \"Linux\"\npath = \"tree\"\n[detect]\ninclude = {included:?}\n"
    ));
    create_tree(&env.path("tree"));
    let arches: Vec<String> = ARCHES
        .iter()
        .chain(&["source"])
        .map(|a| format!("[[arch]]\nname = \"{a}\"\n"))
        .collect();
    let arches = arches.concat();
    env.write(
        "registry.toml",
        format!(
            "[[product]]\nname = \"Fedora\"\n{arches}[[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\n\
             topdir = \"pub/fedora/linux\"\n"
        ),
    );
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    env.ok("mm-scan-master", &[]);
    env.ok("mm-admin", &["backup", "scanned.db"]);
    let detect = || {
        seconds(|| {
            env.ok("mm-detect-release", &[]);
        })
    };
    let first = || {
        for suffix in ["-wal", "-shm"] {
            drop(fs::remove_file(env.path(&format!("mm.db{suffix}"))));
        }
        fs::copy(env.path("scanned.db"), env.path("mm.db")).unwrap();
        detect()
    };
    let one_second = || 1.0;
    let row = |name, (measured, reference), bar| Row {
        area: "scan",
        name,
        measured,
        reference,
        unit: "s",
        bar,
    };
    let first = row(
        "detect-150k-first",
        measure_alternately(3, first, one_second),
        Bar::None,
    );
    let again = row(
        "detect-150k",
        measure_alternately(5, detect, one_second),
        Bar::AtMost(1.0),
    );
    let read = || seconds(|| read_directories(&env.path("mm.db")));
    let reading = row("detect-150k-rows", measure_alternately(5, detect, read), Bar::None);
    vec![first, again, reading]
}

/// Reads the rows that release detection evaluates.
fn read_directories(database: &Path) {
    let db = rusqlite::Connection::open(database).unwrap();
    let mut statement = db
        .prepare("SELECT id, path, first_seen FROM directory WHERE vanished_at IS NULL")
        .unwrap();
    let rows = statement.query_map([], |r| {
        Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?, r.get::<_, i64>(2)?))
    });
    let rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
    assert!(rows.len() >= 150_000, "{} directories", rows.len());
}

/// Creates 150,000 directories in 5,022 repositories.
fn create_tree(top: &Path) {
    for version in 1..=VERSIONS {
        let mut repositories = vec![format!("releases/{version}/Everything/source/tree")];
        for kind in ["updates", "updates/testing"] {
            repositories.push(format!("{kind}/{version}/Everything/source/tree"));
            for arch in ARCHES {
                repositories.push(format!("{kind}/{version}/Everything/{arch}"));
                repositories.push(format!("{kind}/{version}/Everything/{arch}/debug"));
            }
        }
        for arch in ARCHES {
            repositories.push(format!("releases/{version}/Everything/{arch}/os"));
            repositories.push(format!("releases/{version}/Everything/{arch}/debug/tree"));
        }
        for repository in repositories {
            let repository = top.join(repository);
            fs::create_dir_all(repository.join("repodata")).unwrap();
            for directory in 0..PACKAGE_DIRECTORIES {
                fs::create_dir_all(repository.join(format!("Packages/{directory:02}"))).unwrap();
            }
        }
    }
}
