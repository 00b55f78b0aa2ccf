//! Scans of a tree, a file list and an rsync module, compared with listing them with standard tools.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::rsyncd::Rsyncd;
use crate::support::{Env, need};
use crate::table::{Bar, Row};
use crate::{measure_alternately, peak_memory, seconds};

/// The number of repositories with 29 package directories, `repodata` and themselves.
const REPOSITORIES: u32 = 634;
const PACKAGE_DIRECTORIES: u32 = 29;
const FILES: u32 = 10;
const EXCLUDES: &str = "exclude = ['/drpms$', '^private', '/\\.snapshot', '\\.~tmp~$', '/lost\\+found$', '^alt/old', '/SCL$', '/Trash', \
                        '^x/y/z', '/cache$']\n";

/// The size of a large file list.
const LISTED_DIRECTORIES: u32 = 150_000;
const LISTED_LINES: u32 = 2_000_000;

fn row(name: &'static str, unit: &'static str, (measured, reference): (f64, f64), bar: Bar) -> Row {
    Row {
        area: "scan",
        name,
        measured,
        reference,
        unit,
        bar,
    }
}

/// Returns an environment whose registry has the category.
fn environment(category: &str) -> Env {
    let env = Env::new(&format!("[[category]]\nname = \"Linux\"\n{category}\n"));
    env.write(
        "registry.toml",
        "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/linux\"\n",
    );
    recreate_database(&env);
    env
}

/// Replaces the database by one that has only the registry.
fn recreate_database(env: &Env) {
    for name in ["mm.db", "mm.db-wal", "mm.db-shm"] {
        drop(fs::remove_file(env.path(name)));
    }
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
}

fn scan(env: &Env) -> f64 {
    seconds(|| {
        env.ok("mm-scan-master", &[]);
    })
}

/// Returns the seconds of a command whose output is discarded.
fn run_discarding_output(command: &mut Command) -> f64 {
    seconds(|| assert!(command.stdout(Stdio::null()).status().unwrap().success()))
}

pub(crate) fn rows() -> Vec<Row> {
    let env = environment(&format!("path = \"tree\"\n{EXCLUDES}"));
    create_tree(&env.path("tree"), 0..REPOSITORIES);
    let find = need("find", "findutils");
    let listing = || {
        run_discarding_output(
            Command::new(&find)
                .arg(env.path("tree"))
                .args(["-printf", "%y %m %s %T@ %p\n"]),
        )
    };
    let first = measure_alternately(
        3,
        || {
            recreate_database(&env);
            scan(&env)
        },
        listing,
    );
    // A scan reads directories again that were written less than a minute before the previous scan.
    std::thread::sleep(Duration::from_secs(61));
    scan(&env);
    let unchanged = measure_alternately(5, || scan(&env), listing);
    recreate_database(&env);
    let memory = peak_memory(&mut env.command("mm-scan-master"));
    let mut rows = vec![
        row("walk-first", "s", first, Bar::AtMost(3.0)),
        row("walk-unchanged", "s", unchanged, Bar::AtMost(1.2)),
        row("walk-first-memory", "MB", (memory, 100.0), Bar::AtMost(1.0)),
    ];
    rows.push(rsync_row(&env.path("tree")));
    rows.extend(file_list_rows());
    rows.push(large_tree_row(&env));
    rows
}

/// Scans the tree by rsync, compared with rsync alone.
fn rsync_row(tree: &Path) -> Row {
    let daemon = Rsyncd::serve(tree);
    let address = format!("rsync://127.0.0.1:{}/master/", daemon.port);
    let env = environment(&format!(
        "source = \"rsync\"\nrsync = \"{address}\"\npath = \"{}\"\n{EXCLUDES}",
        tree.display()
    ));
    scan(&env);
    let rsync = need("rsync", "rsync");
    let times = measure_alternately(
        5,
        || scan(&env),
        || run_discarding_output(Command::new(&rsync).args(["--list-only", "-r", &address])),
    );
    row("rsync-unchanged", "s", times, Bar::AtMost(1.15))
}

/// Scans a file list in which one line changed, compared with `wc` and `sha256sum` of the list.
fn file_list_rows() -> Vec<Row> {
    let env = environment("source = \"filelist\"\nfile_list = \"list\"\npath = \"tree\"\n");
    let list = env.path("list");
    let digit = write_list(&list, &env.path("tree"));
    scan(&env);
    let mut round = 0_u8;
    let mut change = || {
        round = (round + 1) % 10;
        let mut file = File::options().write(true).open(&list).unwrap();
        file.seek(SeekFrom::Start(digit)).unwrap();
        file.write_all(&[b'0' + round]).unwrap();
    };
    let (wc, sha256sum) = (need("wc", "coreutils"), need("sha256sum", "coreutils"));
    let times = measure_alternately(
        5,
        || {
            change();
            scan(&env)
        },
        || {
            run_discarding_output(Command::new(&wc).arg("-l").arg(&list))
                + run_discarding_output(Command::new(&sha256sum).arg(&list))
        },
    );
    change();
    let memory = peak_memory(&mut env.command("mm-scan-master"));
    vec![
        row("filelist-one-line-changed", "s", times, Bar::AtMost(2.5)),
        row("filelist-memory", "MB", (memory, 400.0), Bar::AtMost(1.0)),
    ]
}

/// Scans a tree ten times as large, compared with the small one.
fn large_tree_row(small: &Env) -> Row {
    let env = environment(&format!("path = \"tree\"\n{EXCLUDES}"));
    create_tree(&env.path("tree"), 0..REPOSITORIES * 10);
    let first = |env: &Env| {
        recreate_database(env);
        scan(env)
    };
    let times = measure_alternately(2, || first(&env), || first(small));
    row("walk-10x", "s", times, Bar::AtMost(13.0))
}

/// Creates 316 files in 31 directories for each repository.
fn create_tree(top: &Path, repositories: std::ops::Range<u32>) {
    for n in repositories {
        let repository = top.join(format!("updates/{}/Everything/arch{}", n / 20, n % 20));
        let repodata = repository.join("repodata");
        fs::create_dir_all(&repodata).unwrap();
        fs::write(repodata.join("repomd.xml"), repomd(n)).unwrap();
        for directory in 0..PACKAGE_DIRECTORIES {
            let directory = repository.join(format!("Packages/{directory:02}"));
            fs::create_dir_all(&directory).unwrap();
            for file in 0..FILES {
                File::create(directory.join(format!("package-{file}-1.noarch.rpm"))).unwrap();
            }
        }
    }
}

fn repomd(n: u32) -> String {
    format!("<repomd><data type=\"primary\"><timestamp>{n}</timestamp></data></repomd>\n").repeat(30)
}

/// Writes a file list in the format of Fedora's `fullfiletimelist`: each directory before its content, 13 files per directory.
/// The `repomd.xml` files exist in `tree`. Returns the offset of a digit that may be changed.
fn write_list(list: &Path, tree: &Path) -> u64 {
    let mut out = BufWriter::new(File::create(list).unwrap());
    let (mut sums, mut digit, mut at) = (String::new(), 0, 0_u64);
    let mut line = |text: &str| {
        out.write_all(text.as_bytes()).unwrap();
        at += u64::try_from(text.len()).unwrap();
        at
    };
    line("[Version]\n2\n\n[Files]\n1700000000\td\t4096\tupdates\n");
    let per_repository = LISTED_DIRECTORIES / 2000;
    let files = (LISTED_LINES - LISTED_DIRECTORIES) / LISTED_DIRECTORIES;
    for n in 0..2000_u32 {
        let repository = format!("updates/{n}");
        line(&format!(
            "1700000000\td\t4096\t{repository}\n1700000000\td\t4096\t{repository}/repodata\n"
        ));
        let repodata = tree.join(&repository).join("repodata");
        fs::create_dir_all(&repodata).unwrap();
        fs::write(repodata.join("repomd.xml"), repomd(n)).unwrap();
        let text = repomd(n);
        line(&format!(
            "1700000000\tf\t{}\t{repository}/repodata/repomd.xml\n",
            text.len()
        ));
        let sha1 = mirrormanager::formats::digest::compute_hashes(text.as_bytes())
            .sha1
            .unwrap();
        writeln!(sums, "{sha1}\t{repository}/repodata/repomd.xml").unwrap();
        for d in 2..per_repository {
            let directory = format!("{repository}/Everything/x86_64/Packages/{d:02}");
            if d == 2 {
                for above in ["Everything", "Everything/x86_64", "Everything/x86_64/Packages"] {
                    line(&format!("1700000000\td\t4096\t{repository}/{above}\n"));
                }
            }
            line(&format!("1700000000\td\t4096\t{directory}\n"));
            for f in 0..files {
                let path = format!("{directory}/package-with-a-name-{f}-1.2.3-4.fc43.x86_64.rpm");
                let end = line(&format!("170000{f:04}\tf\t10000{f:02}\t{path}\n"));
                // The first digit of the size.
                digit = end - u64::try_from(path.len()).unwrap() - 8;
            }
        }
    }
    line(&format!("\n[Checksums SHA1]\n{sums}\n[End]\n"));
    out.flush().unwrap();
    digit
}
