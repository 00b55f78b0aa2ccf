//! Scanning a tree, a list and an rsync module, against listing the same with the plainest tool.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::rsyncd::Rsyncd;
use crate::support::{Env, need};
use crate::table::{Bar, Row};
use crate::{in_turn, peak_mb, seconds};

/// Repositories; each has 29 directories of packages beside its own two.
const REPOSITORIES: u32 = 634;
const PACKAGE_DIRECTORIES: u32 = 29;
const FILES: u32 = 10;
const EXCLUDES: &str = "exclude = ['/drpms$', '^private', '/\\.snapshot', '\\.~tmp~$', '/lost\\+found$', '^alt/old', '/SCL$', '/Trash', \
                        '^x/y/z', '/cache$']\n";

/// A big list: this many directories of packages, with their files two million lines.
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

/// A home with a registry that has the category.
fn home(category: &str) -> Env {
    let env = Env::new(&format!("[[category]]\nname = \"Linux\"\n{category}\n"));
    env.write(
        "registry.toml",
        "[[product]]\nname = \"Fedora\"\n[[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\ntopdir = \"pub/linux\"\n",
    );
    empty(&env);
    env
}

/// An empty database.
fn empty(env: &Env) {
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

/// Seconds that a command takes whose output nobody reads.
fn bare(command: &mut Command) -> f64 {
    seconds(|| assert!(command.stdout(Stdio::null()).status().unwrap().success()))
}

pub(crate) fn rows() -> Vec<Row> {
    let env = home(&format!("path = \"tree\"\n{EXCLUDES}"));
    tree(&env.path("tree"), 0..REPOSITORIES);
    let find = need("find", "findutils");
    let listing = || {
        bare(
            Command::new(&find)
                .arg(env.path("tree"))
                .args(["-printf", "%y %m %s %T@ %p\n"]),
        )
    };
    let first = in_turn(
        3,
        || {
            empty(&env);
            scan(&env)
        },
        listing,
    );
    // What was written within a minute before a scan is looked at again by the next, so the tree has to come to rest.
    std::thread::sleep(Duration::from_secs(61));
    scan(&env);
    let unchanged = in_turn(5, || scan(&env), listing);
    empty(&env);
    let memory = peak_mb(&mut env.command("mm-scan-master"));
    let mut rows = vec![
        row("walk-first", "s", first, Bar::AtMost(3.0)),
        row("walk-unchanged", "s", unchanged, Bar::AtMost(1.2)),
        row("walk-first-memory", "MB", (memory, 100.0), Bar::AtMost(1.0)),
    ];
    rows.push(by_rsync(&env.path("tree")));
    rows.extend(by_list());
    rows.push(ten_times(&env));
    rows
}

/// The same tree through a daemon, against the bare program.
fn by_rsync(tree: &Path) -> Row {
    let daemon = Rsyncd::serve(tree);
    let address = format!("rsync://127.0.0.1:{}/master/", daemon.port);
    let env = home(&format!(
        "source = \"rsync\"\nrsync = \"{address}\"\npath = \"{}\"\n{EXCLUDES}",
        tree.display()
    ));
    scan(&env);
    let rsync = need("rsync", "rsync");
    let times = in_turn(
        5,
        || scan(&env),
        || bare(Command::new(&rsync).args(["--list-only", "-r", &address])),
    );
    row("rsync-unchanged", "s", times, Bar::AtMost(1.15))
}

/// A list of which one line changed, against reading it twice: counting its lines, and hashing it.
fn by_list() -> Vec<Row> {
    let env = home("source = \"filelist\"\nfile_list = \"list\"\npath = \"tree\"\n");
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
    let times = in_turn(
        5,
        || {
            change();
            scan(&env)
        },
        || bare(Command::new(&wc).arg("-l").arg(&list)) + bare(Command::new(&sha256sum).arg(&list)),
    );
    change();
    let memory = peak_mb(&mut env.command("mm-scan-master"));
    vec![
        row("filelist-one-line-changed", "s", times, Bar::AtMost(2.5)),
        row("filelist-memory", "MB", (memory, 400.0), Bar::AtMost(1.0)),
    ]
}

/// A tree ten times as large, against the small one.
fn ten_times(small: &Env) -> Row {
    let env = home(&format!("path = \"tree\"\n{EXCLUDES}"));
    tree(&env.path("tree"), 0..REPOSITORIES * 10);
    let first = |env: &Env| {
        empty(env);
        scan(env)
    };
    let times = in_turn(2, || first(&env), || first(small));
    row("walk-10x", "s", times, Bar::AtMost(13.0))
}

/// 316 files in 31 directories for each repository.
fn tree(top: &Path, repositories: std::ops::Range<u32>) {
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

/// Writes a list as Fedora's are: every directory before what lies in it, 13 files a directory, and `repomd.xml` files that are
/// really there. Tells where in it the digit stands that may be changed.
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
