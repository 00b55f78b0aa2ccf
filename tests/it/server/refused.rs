//! Threads and memory that the system refuses: every program ends with a message and status 1, or does its work with fewer threads.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Env, need, open_the_way};

/// A site with a master tree, its repository, a mirror that refuses connections, and a local target.
fn site() -> Env {
    let env = Env::new(
        "[crawl]\nallow_private_addresses = true\nconnect_timeout = \"1s\"\n[server]\nlisten = [\"127.0.0.1:0\"]\n\
         [[sync.target]]\nname = \"app\"\naddress = \"app\"\n[[category]]\nname = \"Linux\"\npath = \"master\"\n",
    );
    env.write(
        "master/releases/43/Everything/x86_64/os/repodata/repomd.xml",
        "<repomd><revision>1</revision></repomd>\n",
    );
    env.write(
        "registry.toml",
        "[[product]]\nname = \"Fedora\"\n[[arch]]\nname = \"x86_64\"\n[[category]]\nname = \"Linux\"\nproduct = \"Fedora\"\n\
         topdir = \"pub/linux\"\n[[site]]\nname = \"a\"\n[[site.host]]\nname = \"a.example.org\"\n\
         [[site.host.category]]\nname = \"Linux\"\nurls = [\"http://127.0.0.1:9/\", \"rsync://127.0.0.1:9/a\"]\n",
    );
    std::fs::create_dir(env.path("app")).unwrap();
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    env.ok("mm-scan-master", &[]);
    env.ok("mm-update-mirrorlist", &[]);
    env
}

/// The work of each program; the server is stopped once it serves.
const RUNS: [(&str, &[&str]); 9] = [
    ("mm-scan-master", &[]),
    ("mm-detect-release", &[]),
    ("mm-crawl", &[]),
    ("mm-update-mirrorlist", &[]),
    ("mm-sync-out", &[]),
    ("mm-locks", &[]),
    ("mm-admin", &["incident"]),
    ("mm-admin", &["doctor"]),
    ("mm-mirrorlist-server", &["--address-file", "address"]),
];

/// Runs a program as an ordinary user within a limit. Returns its exit status and stderr; `None` if the server serves.
fn run(env: &Env, user: u32, limit: &str, (program, args): (&str, &[&str])) -> Option<(Option<i32>, String)> {
    let address = env.path("address");
    drop(std::fs::remove_file(&address));
    let stderr = std::fs::File::create(env.path("stderr")).unwrap();
    let mut command = Command::new(need("prlimit", "util-linux"));
    command
        .arg(limit)
        .arg("--")
        .arg(assert_cmd::cargo::cargo_bin(program))
        .args(args)
        .env("MM_CONFIG", env.path("mm.toml"))
        .current_dir(env.path(""))
        .stdout(std::process::Stdio::null())
        .stderr(stderr);
    if nix::unistd::Uid::effective().is_root() {
        command.uid(user).gid(user);
    }
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some((status.code(), std::fs::read_to_string(env.path("stderr")).unwrap()));
        }
        if address.exists() {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        if started.elapsed() > Duration::from_mins(2) {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{program} {args:?} hangs within {limit}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Gives all files of the site to a user that has no other process.
fn hand_over(env: &Env) -> u32 {
    let user = 1_000_000 + std::process::id();
    if nix::unistd::Uid::effective().is_root() {
        open_the_way(&env.path(""));
        let status = Command::new("chown")
            .arg("-R")
            .arg(format!("{user}:{user}"))
            .arg(env.path(""))
            .status();
        assert!(status.unwrap().success());
    }
    user
}

/// Runs all programs within a limit; returns the exit statuses of those that ended.
fn run_all(env: &Env, user: u32, limit: &str) -> BTreeSet<i32> {
    let mut statuses = BTreeSet::new();
    for work in RUNS {
        let Some((status, stderr)) = run(env, user, limit, work) else {
            continue;
        };
        let context = format!("{work:?} within {limit}: {status:?}: {stderr}");
        // Rust itself panics if it cannot allocate the signal stack of a thread that was started.
        assert!(
            !stderr.contains("panicked") || stderr.contains("alternative stack"),
            "{context}"
        );
        // 3: the crawl or the rollout is partially done.
        let status = status.unwrap_or_else(|| panic!("killed by a signal: {context}"));
        assert!([0, 1, 3].contains(&status), "{context}");
        // A job reports the same problem once a day.
        assert!(
            status != 1 || !stderr.is_empty() || work.0 != "mm-mirrorlist-server",
            "{context}"
        );
        statuses.insert(status);
    }
    statuses
}

#[test]
fn a_refused_thread_is_an_error_and_no_panic() {
    let env = site();
    let user = hand_over(&env);
    let mut statuses = BTreeSet::new();
    for threads in 1..=6 {
        statuses.extend(run_all(&env, user, &format!("--nproc={threads}:{threads}")));
    }
    // As root the limit does not apply to a test that cannot step down; everything works then.
    assert!(statuses.contains(&0) && statuses.contains(&1), "{statuses:?}");
}

#[test]
fn refused_memory_is_an_error_and_no_abort() {
    let env = site();
    let user = hand_over(&env);
    // Below this, the program cannot be loaded at all.
    let limit = |mib: u64| format!("--as={0}:{0}", mib << 20);
    let loads = |mib: &u64| {
        RUNS.iter().all(|(program, _)| {
            let version: (&str, &[&str]) = (program, &["--version"]);
            run(&env, user, &limit(*mib), version).unwrap().0 == Some(0)
        })
    };
    let first = (1..=200)
        .map(|n| n * 4)
        .find(loads)
        .expect("every program can be loaded with 800 MiB");
    let mut statuses = BTreeSet::new();
    for mib in (0..10).map(|n| first + n * 3) {
        statuses.extend(run_all(&env, user, &limit(mib)));
    }
    assert!(statuses.contains(&1), "{statuses:?}");
    assert!(Path::new("/proc/self/limits").exists());
}
