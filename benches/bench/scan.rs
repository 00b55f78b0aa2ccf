//! Scanning a tree, against listing it with find.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{Env, need};
use crate::table::{Bar, Row};
use crate::{in_turn, seconds};

/// Repositories; each has 29 directories of packages beside its own two.
const REPOSITORIES: u32 = 634;
const PACKAGE_DIRECTORIES: u32 = 29;
const FILES: u32 = 10;
const EXCLUDES: &str = "exclude = ['/drpms$', '^private', '/\\.snapshot', '\\.~tmp~$', '/lost\\+found$', '^alt/old', '/SCL$', '/Trash', \
                        '^x/y/z', '/cache$']\n";

pub(crate) fn rows() -> Vec<Row> {
    let find = need("find", "findutils");
    let env = Env::new(&format!("[[category]]\nname = \"Linux\"\npath = \"tree\"\n{EXCLUDES}"));
    tree(&env.path("tree"));
    env.write(
        "registry.toml",
        "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/linux\"\n",
    );
    let listing = || {
        seconds(|| {
            let done = Command::new(&find)
                .arg(env.path("tree"))
                .args(["-printf", "%y %m %s %T@ %p\n"])
                .stdout(Stdio::null())
                .status();
            assert!(done.unwrap().success());
        })
    };
    let scan = || {
        seconds(|| {
            env.ok("mm-scan-master", &[]);
        })
    };
    let fresh = || {
        for name in ["mm.db", "mm.db-wal", "mm.db-shm"] {
            drop(fs::remove_file(env.path(name)));
        }
        env.ok("mm-admin", &["init"]);
        env.ok("mm-admin", &["apply", "registry.toml"]);
        scan()
    };
    let row = |name, (measured, reference), limit| Row {
        area: "scan",
        name,
        measured,
        reference,
        unit: "s",
        bar: Bar::AtMost(limit),
    };
    let first = row("walk-first", in_turn(3, fresh, listing), 3.0);
    let unchanged = row("walk-unchanged", in_turn(5, scan, listing), 1.2);
    vec![first, unchanged]
}

/// 200,000 files in 20,000 directories.
fn tree(top: &Path) {
    for n in 0..REPOSITORIES {
        let repository = top.join(format!("updates/{}/Everything/arch{}", n / 20, n % 20));
        let repodata = repository.join("repodata");
        fs::create_dir_all(&repodata).unwrap();
        let repomd = format!("<repomd><data type=\"primary\"><timestamp>{n}</timestamp></data></repomd>\n");
        fs::write(repodata.join("repomd.xml"), repomd.repeat(30)).unwrap();
        for directory in 0..PACKAGE_DIRECTORIES {
            let directory = repository.join(format!("Packages/{directory:02}"));
            fs::create_dir_all(&directory).unwrap();
            for file in 0..FILES {
                File::create(directory.join(format!("package-{file}-1.noarch.rpm"))).unwrap();
            }
        }
    }
}
