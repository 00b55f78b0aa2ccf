//! The permissions of everything that the programs create, whatever the umask: others may read and write nothing, the group writes nothing.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::world;
use crate::support::{Env, Process, RunOutput};

/// The command `program` with this umask.
fn with_umask(env: &Env, umask: &str, program: &str, args: &[&str]) -> Command {
    let usual = env.command(program);
    let mut command = Command::new("sh");
    command
        .args(["-c", &format!("umask {umask}; exec \"$@\""), "sh"])
        .arg(usual.get_program())
        .args(args)
        .env("MM_CONFIG", env.path("mm.toml"))
        .current_dir(env.path("."))
        .stdin(Stdio::null());
    command
}

fn run(env: &Env, umask: &str, program: &str, args: &[&str]) {
    let output = with_umask(env, umask, program, args).output().unwrap();
    let output = RunOutput::new(program, args, &output);
    assert_eq!(output.status, 0, "{output:?}");
}

/// The files and directories below `dir`.
fn paths_below(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            out.extend(paths_below(&path));
        }
        out.push(path);
    }
    out
}

/// What a test made itself, and the files of locks, whose directory is closed to all other users: see `locks::directory`.
fn is_own(env: &Env, path: &Path) -> bool {
    let own = ["mm.toml", "master", "locks"].map(|name| env.path(name));
    own.iter().any(|own| path.starts_with(own))
}

fn assert_closed(env: &Env) -> usize {
    let paths: Vec<PathBuf> = paths_below(&env.path(""))
        .into_iter()
        .filter(|p| !is_own(env, p))
        .collect();
    for path in &paths {
        let Ok(found) = std::fs::symlink_metadata(path) else {
            continue;
        };
        let mode = found.mode() & 0o7777;
        assert!(found.is_symlink() || mode & 0o027 == 0, "{}: {mode:o}", path.display());
    }
    paths.len()
}

/// A home without the directories of the programs, in which they run every step. One mirror does not respond.
fn run_everything(umask: &str) -> Env {
    let env = world();
    env.configure(
        "crawl.allow_private_addresses = true\n[[category]]\nname = \"T\"\npath = \"master\"\n\
         [[detect.rule]]\nregex = '^pub/t/releases/'\nprefix = \"linux\"\n\
         [[sync.target]]\nname = \"copy\"\naddress = \"copy\"\n",
    );
    env.write(
        "master/releases/43/Everything/x86_64/os/repodata/repomd.xml",
        "<repomd><revision>1</revision></repomd>",
    );
    for dir in ["locks", "log", "generations"] {
        std::fs::remove_dir_all(env.path(dir)).unwrap();
    }
    env.ok("mm-admin", &["arch", "add", "x86_64"]);
    let registry = env.ok("mm-admin", &["export"]);
    std::fs::remove_file(env.path("mm.db")).unwrap();
    env.write("master/registry.toml", registry);
    let run = |program: &str, args: &[&str]| run(&env, umask, program, args);
    run("mm-admin", &["init"]);
    run("mm-admin", &["apply", "master/registry.toml"]);
    run("mm-admin", &["site", "add", "Dead"]);
    run("mm-admin", &["host", "add", "dead.example.org", "--site", "Dead"]);
    run("mm-admin", &["host-category", "add", "T", "--host", "dead.example.org"]);
    let url = [
        "url",
        "add",
        "http://127.0.0.1:9/t",
        "--host",
        "dead.example.org",
        "--category",
        "T",
    ];
    run("mm-admin", &url);
    run("mm-scan-master", &[]);
    run("mm-detect-release", &[]);
    let crawled = with_umask(&env, umask, "mm-crawl", &[]).output().unwrap();
    assert!(matches!(crawled.status.code(), Some(0 | 3)), "{crawled:?}");
    run("mm-update-mirrorlist", &["--mm2-cache", "cache.proto"]);
    run("mm-sync-out", &[]);
    run("mm-admin", &["export", "registry.toml"]);
    run("mm-admin", &["backup", "backup.db"]);
    run("mm-admin", &["restore", "backup.db"]);
    run("mm-update-mirrorlist", &[]);
    env
}

#[test]
fn others_may_read_and_write_nothing() {
    let env = run_everything("000");
    let found = assert_closed(&env);
    for path in [
        "mm.db",
        "backup.db",
        "registry.toml",
        "cache.proto",
        "log/scan.log",
        "log/crawl/dead.example.org.log",
        "generations/current/snapshot",
        "copy/current/MANIFEST",
    ] {
        assert!(env.path(path).exists(), "{path} was not checked");
    }
    assert!(
        paths_below(&env.path(""))
            .iter()
            .any(|p| p.to_string_lossy().contains("mm.db.replaced"))
    );
    assert!(found > 30, "{found}");
}

#[test]
fn generations_are_readable_for_the_group_with_a_strict_umask() {
    let env = run_everything("077");
    assert_closed(&env);
    let mode = |below: &str| std::fs::metadata(env.path(below)).unwrap().permissions().mode() & 0o777;
    for (path, expected) in [
        ("mm.db", 0o600),
        ("backup.db", 0o600),
        ("log/scan.log", 0o600),
        ("generations/current/", 0o750),
        ("generations/current/public", 0o750),
        ("generations/current/snapshot", 0o640),
        ("generations/current/MANIFEST", 0o640),
    ] {
        assert_eq!(mode(path), expected, "{path}");
    }
}

/// What `config check` and `doctor` report: keys, and commands that fix all.
fn open_paths(env: &Env) -> (Vec<String>, Vec<String>) {
    let json = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(&env.run("mm-admin", &[args, &["--format", "json"]].concat()).stdout).unwrap()
    };
    let checked = json(&["config", "check"]);
    let open = checked["open_paths"].as_array().unwrap().clone();
    let text = |key: &str| open.iter().map(|path| path[key].as_str().unwrap().to_owned()).collect();
    let (keys, commands): (Vec<String>, Vec<String>) = (text("key"), text("command"));
    let report = json(&["doctor"]);
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|c| c["name"] == "permissions").unwrap();
    assert_eq!(check["severity"] == "ok", keys.is_empty(), "{check}");
    assert_eq!(
        check["command"].as_str().unwrap_or_default(),
        commands.join(" && "),
        "{check}"
    );
    (keys, commands)
}

#[test]
fn paths_that_others_can_write_are_reported_and_closed_by_the_advice() {
    let env = world();
    env.configure(
        "backup.copy_to = \"second copies\"\ncrawl.hook = [\"bin/hook\"]\n[[category]]\nname = \"T\"\npath = \"master\"\n\
         [server]\ngeoip = \"country's data/geo.mmdb\"\n",
    );
    for file in [
        "bin/hook",
        "country's data/geo.mmdb",
        "backup/old.db",
        "second copies/old.db",
    ] {
        env.write(file, "");
    }
    assert_eq!(open_paths(&env).0, Vec::<String>::new());
    for (below, key) in [
        ("mm.toml", "config"),
        ("mm.db", "database"),
        ("generations", "generations_dir"),
        ("log", "log_dir"),
        ("bin", "crawl.hook"),
        ("bin/hook", "crawl.hook"),
        ("country's data/geo.mmdb", "server.geoip"),
        ("country's data", "server.geoip"),
        ("backup", "backup.dir"),
        ("second copies", "backup.copy_to"),
    ] {
        let path = env.path(below);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode | 0o002)).unwrap();
        let (keys, commands) = open_paths(&env);
        assert_eq!(keys, [key], "{below}");
        let text = env.ok("mm-admin", &["config", "check"]);
        assert!(text.contains("warning: ") && text.contains(&commands[0]), "{text}");
        let fixed = Command::new("sh").args(["-c", &commands[0]]).status().unwrap();
        assert!(fixed.success(), "{commands:?}");
        assert_eq!(open_paths(&env).0, Vec::<String>::new(), "{below}");
    }
}

/// Everybody can set the variable, but only root can have become another user.
#[test]
fn sudo_user_is_recorded_as_a_claim_beside_the_real_user() {
    let env = world();
    let real = nix::unistd::User::from_uid(nix::unistd::Uid::current())
        .unwrap()
        .unwrap()
        .name;
    for (program, args) in [("mm-scan-master", &[][..]), ("mm-admin", &["site", "add", "T"])] {
        let output = env
            .command(program)
            .args(args)
            .env("SUDO_USER", "alice")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let records = |args: &[&str]| -> serde_json::Value { serde_json::from_str(&env.ok("mm-admin", args)).unwrap() };
    let expected = format!("{real} (SUDO_USER=alice)");
    assert_eq!(records(&["runs", "--format", "json"])[0]["user"], *expected);
    assert_eq!(records(&["changes", "--format", "json"])[0]["changed_by"], *expected);
    env.ok("mm-scan-master", &[]);
    assert_eq!(records(&["runs", "--format", "json"])[0]["user"], *real);
}

#[test]
fn the_log_of_an_open_database_is_closed_to_others() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let env = world();
    env.configure(&format!(
        "[[category]]\nname = \"T\"\nsource = \"filelist\"\nfile_list = \"http://{0}/list\"\nfiles_url = \"http://{0}/\"\n",
        silent.local_addr().unwrap()
    ));
    let scan = with_umask(&env, "000", "mm-scan-master", &[])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _scan = Process(scan);
    let started = Instant::now();
    while !env.path("mm.db-wal").exists() || !env.path("mm.db-shm").exists() || !env.path("locks/scan.T.lock").exists()
    {
        assert!(started.elapsed() < Duration::from_mins(1), "the scan does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    let directories = ["locks", "log", "generations"].map(|d| env.path(d));
    for dir in &directories {
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o750)).unwrap();
    }
    assert_closed(&env);
}
