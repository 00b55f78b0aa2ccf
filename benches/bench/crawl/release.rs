//! The day of a release: from its opening on the master until clients get it, with 500 distant mirrors that had it staged.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::simulated_mirrors::{SimulatedMirrors, response};
use crate::seconds;
use crate::support::{Env, Process, free_port, wait_for_port};
use crate::table::{Bar, Row};

const MIRRORS: usize = 500;
const LATENCY: Duration = Duration::from_millis(50);
const ARCHES: [&str; 5] = ["aarch64", "ppc64le", "riscv64", "s390x", "x86_64"];
const VARIANTS: [&str; 2] = ["Everything", "Server"];
/// The bars: by hand, and by cron, which begins up to ten minutes after the opening.
const BY_HAND: Duration = Duration::from_mins(5);
const BY_CRON: Duration = Duration::from_mins(20);
const CRON_INTERVAL: Duration = Duration::from_mins(10);
const PUBLISH_OFFSET: Duration = Duration::from_mins(5);

const REPOMD: &str = "<repomd><data type=\"primary\"><timestamp>1700000000</timestamp></data></repomd>";
const FILE: &str = "a file";

/// Whether the mirrors have opened the release.
static IS_OPEN: AtomicBool = AtomicBool::new(false);

pub(crate) fn rows() -> Vec<Row> {
    let mirrors = SimulatedMirrors::start(MIRRORS, LATENCY, respond);
    let port = free_port();
    let env = site(port, &mirrors);
    let _server = Process(env.command("mm-mirrorlist-server").spawn().unwrap());
    wait_for_port(port);
    stage(&env);
    open(&env);
    let by_hand = seconds(|| {
        let text = env.ok("mm-admin", &["release", "open", "44"]);
        let whole = format!("{MIRRORS} of {MIRRORS} that had it staged");
        assert!(text.contains(&whole), "{text}");
    });
    assert_eq!(listed(port), MIRRORS);
    stage(&env);
    open(&env);
    // The lines begin at most ten minutes after the opening, and five minutes later.
    let scan = seconds(|| run_cron_line(&env, "mm-scan-master"));
    let publish = seconds(|| run_cron_line(&env, "mm-update-mirrorlist"));
    let by_cron = CRON_INTERVAL.as_secs_f64() + PUBLISH_OFFSET.as_secs_f64().max(scan) + publish;
    assert_eq!(listed(port), MIRRORS);
    let row = |name, measured, bar: Duration| Row {
        area: "crawl",
        name,
        measured,
        reference: bar.as_secs_f64(),
        unit: "s",
        bar: Bar::AtMost(1.0),
    };
    vec![
        row("release-500-by-hand", by_hand, BY_HAND),
        row("release-500-by-cron", by_cron, BY_CRON),
    ]
}

/// A site with the defaults of the config, whose master has a release of ten repositories.
fn site(port: u16, mirrors: &SimulatedMirrors) -> Env {
    let env = Env::new(&format!(
        "[crawl]\nallow_private_addresses = true\n\
         [server]\nlisten = [\"127.0.0.1:{port}\"]\ngenerations_dir = \"app\"\nreload_interval = \"1s\"\n\
         max_mirrors = 0\n[[sync.target]]\nname = \"app\"\naddress = \"app\"\nhealthz = \"http://127.0.0.1:{port}/healthz\"\n\
         [[category]]\nname = \"Linux\"\npath = \"tree\"\n\
         [[detect.rule]]\nregex = '/releases/[0-9]+/Everything/'\nprefix = \"fedora\"\n\
         [[detect.rule]]\nregex = '/releases/[0-9]+/Server/'\nprefix = \"fedora-server\"\n"
    ));
    fs::create_dir(env.path("app")).unwrap();
    env.write("tree/README", FILE);
    for variant in VARIANTS {
        for arch in ARCHES {
            let os = format!("tree/releases/44/{variant}/{arch}/os");
            env.write(&format!("{os}/.treeinfo"), FILE);
            env.write(&format!("{os}/repodata/repomd.xml"), REPOMD);
            for name in ["filelists", "other", "primary"] {
                env.write(&format!("{os}/repodata/{name}.xml.gz"), FILE);
            }
            for letter in 'a'..='z' {
                env.write(&format!("{os}/Packages/{letter}/{letter}.rpm"), FILE);
            }
        }
    }
    fs::set_permissions(env.path("tree"), fs::Permissions::from_mode(0o755)).unwrap();
    set_mode(&env, 0o750);
    let arches: String = ARCHES.map(|arch| format!("[[arch]]\nname = \"{arch}\"\n")).concat();
    env.write("arches.toml", arches);
    super::register(&env, "head", mirrors.names_and_urls());
    env.ok("mm-admin", &["apply", "arches.toml"]);
    env
}

fn set_mode(env: &Env, mode: u32) {
    fs::set_permissions(env.path("tree/releases/44"), fs::Permissions::from_mode(mode)).unwrap();
}

/// The days before: the release is staged on the master and on all mirrors, and the regular jobs have recorded that.
fn stage(env: &Env) {
    IS_OPEN.store(false, Ordering::SeqCst);
    set_mode(env, 0o750);
    env.ok("mm-scan-master", &[]);
    env.ok("mm-detect-release", &[]);
    env.ok("mm-crawl", &[]);
    env.run("mm-update-mirrorlist", &["--accept-empty"]);
    env.run("mm-sync-out", &[]);
}

fn open(env: &Env) {
    IS_OPEN.store(true, Ordering::SeqCst);
    set_mode(env, 0o755);
}

/// Runs the line of the shipped cron table with this program.
fn run_cron_line(env: &Env, program: &str) {
    let table = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/site/mirrormanager.cron")).unwrap();
    let line = table
        .lines()
        .find(|line| line.contains(program) && !line.starts_with('#'));
    let command = line.unwrap().split_once("mirrormanager").unwrap().1;
    let bin = env.command("mm-locks").get_program().to_owned();
    let bin = std::path::Path::new(&bin).parent().unwrap().display().to_string();
    let status = Command::new("sh")
        .args(["-c", command])
        .env("PATH", format!("{bin}:/usr/bin:/bin"))
        .env("MM_CONFIG", env.path("mm.toml"))
        .status()
        .unwrap();
    assert!(status.success());
}

/// The number of mirrors that the server returns for a repository.
fn listed(port: u16) -> usize {
    let url = format!("http://127.0.0.1:{port}/metalink?repo=fedora-44&arch=x86_64&country=global");
    let out = Command::new("curl").args(["-sS", "--fail", &url]).output().unwrap();
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).unwrap().matches("<url ").count()
}

fn respond(is_head: bool, path: &str) -> Vec<u8> {
    if path.starts_with("/releases/44") && !IS_OPEN.load(Ordering::SeqCst) {
        response(is_head, "403 Forbidden", b"")
    } else if path.ends_with("/repomd.xml") {
        response(is_head, "200 OK", REPOMD.as_bytes())
    } else if [".rpm", ".gz", ".treeinfo", "/README"]
        .iter()
        .any(|end| path.ends_with(end))
    {
        response(is_head, "200 OK", FILE.as_bytes())
    } else if path.ends_with('/') {
        response(is_head, "200 OK", b"welcome")
    } else {
        response(is_head, "404 Not Found", b"")
    }
}
