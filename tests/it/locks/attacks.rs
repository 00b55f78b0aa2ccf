//! Another local user, who holds locks or makes entries in the lock directory: no job is blocked, except while the directory is open to
//! that user, when every job refuses it and names the command that closes it.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use super::{LOCKS, listed, state, states};
use crate::publish::TestBackend;
use crate::support::{Env, Process, need, nobody};

const JOB: &str = "mm-update-mirrorlist";

/// The name of a kind of entry, and what makes one.
type Kind<'a> = (&'a str, &'a dyn Fn(&Path));

/// The other user.
fn attacker() -> u32 {
    let Some(uid) = nobody() else {
        panic!("this test becomes another user: run it as root")
    };
    uid
}

/// A shell of the other user that runs `script` with `args`, and has written a line.
fn attack(script: &str, args: &[&Path]) -> Process {
    need("flock", "util-linux");
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "sh"])
        .args(args)
        .uid(attacker())
        .gid(attacker());
    let mut shell = Process(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(shell.0.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    shell
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Runs the command that the message of a refused job ends with, and returns it.
fn follow_advice(env: &Env) -> String {
    let refused = env.run(JOB, &[]);
    assert_eq!(refused.status, 1, "{refused:?}");
    let (_, advice) = refused.stderr.trim_end().rsplit_once("run: ").unwrap();
    let listed = env.run(LOCKS, &[]);
    assert!(listed.status == 0 && listed.stdout.contains(advice), "{listed:?}");
    let done = Command::new("sh").args(["-c", advice]).status().unwrap();
    assert!(done.success(), "{advice}");
    advice.to_owned()
}

#[test]
fn others_cannot_open_the_locks_of_a_job() {
    let backend = TestBackend::new(1, "");
    let env = &backend.env;
    chmod(&env.path("."), 0o755);
    let lock = env.write("locks/update.lock", "");
    chmod(&lock, 0o600);
    let refused = Command::new("flock")
        .args(["--nonblock", lock.to_str().unwrap(), "true"])
        .uid(attacker())
        .gid(attacker())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(!refused.success());
    assert_eq!(env.run(JOB, &[]).status, 0);
}

/// An open lock directory is refused; each advice is followed, and a job runs then.
#[test]
fn open_lock_directory_is_refused_until_the_advice_is_followed() {
    let backend = TestBackend::new(1, "");
    let env = &backend.env;
    chmod(&env.path("."), 0o755);
    let (locks, home) = (env.path("locks"), env.path("."));
    let home = home.canonicalize().unwrap();
    for mode in [0o755, 0o770, 0o711, 0o1777] {
        chmod(&locks, mode);
        assert_eq!(follow_advice(env), format!("chmod 0700 {}", locks.display()));
        assert_eq!(env.run(JOB, &[]).status, 0);
    }
    chmod(&home, 0o777);
    assert_eq!(follow_advice(env), format!("chmod go-w {}", home.display()));
    assert_eq!(env.run(JOB, &[]).status, 0);
    chown(&locks, Some(attacker()), None).unwrap();
    assert_eq!(follow_advice(env), format!("chown root {}", locks.display()));
    assert_eq!(env.run(JOB, &[]).status, 0);
    // Nothing is terminated or removed by what others may have written.
    chmod(&locks, 0o755);
    let output = env.run(LOCKS, &["--kill-hung", "--clean"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(
        output.stderr.contains("nothing was terminated or removed"),
        "{output:?}"
    );
}

/// Who can replace the link decides where the locks are.
#[test]
fn symlinked_lock_directory_is_refused_if_others_can_replace_the_link() {
    let backend = TestBackend::new(1, "");
    let env = &backend.env;
    chmod(&env.path("."), 0o755);
    let (real, dir) = (env.path("real"), env.path("links"));
    fs::rename(env.path("locks"), &real).unwrap();
    fs::create_dir(&dir).unwrap();
    chmod(&dir, 0o755);
    symlink(&real, dir.join("locks")).unwrap();
    symlink("links/locks", env.path("locks")).unwrap();
    assert_eq!(env.run(JOB, &[]).status, 0);
    // Neither the directory of the locks nor the one in the config.
    chmod(&dir, 0o757);
    let dir = dir.canonicalize().unwrap();
    assert_eq!(follow_advice(env), format!("chmod go-w {}", dir.display()));
    assert_eq!(env.run(JOB, &[]).status, 0);
    // The link of another user, who can let it point elsewhere at any time.
    std::os::unix::fs::lchown(dir.join("locks"), Some(attacker()), None).unwrap();
    let link = dir.join("locks");
    assert_eq!(follow_advice(env), format!("chown -h root {}", link.display()));
    assert_eq!(env.run(JOB, &[]).status, 0);
}

/// A flock from the time when the directory was open is a lock like any other; who holds it is shown, and gets no signal.
#[test]
fn flock_of_another_user_is_shown_with_its_process() {
    let backend = TestBackend::new(1, "");
    let env = &backend.env;
    chmod(&env.path("."), 0o755);
    let locks = env.path("locks");
    // It names the first process of the machine.
    let lock = env.write("locks/update.lock", super::body(1, 1, &super::boot_id(), 1));
    chmod(&locks, 0o755);
    let mut holder = attack("exec 9< \"$1\"; flock 9; echo ready; read go", &[&lock]);
    follow_advice(env);
    assert_eq!(env.run(JOB, &[]).status, 75);
    let report = listed(env, &[]);
    let row = &report["locks"][0];
    assert_eq!(
        (&row["state"], row["holder"].is_u64()),
        (&json!("unknown"), true),
        "{row}"
    );
    let table = env.ok(LOCKS, &[]);
    assert!(table.contains("held by pid "), "{table}");
    let kill = env.run(LOCKS, &["--kill", "update", "--kill-hung", "--clean"]);
    assert_eq!(kill.status, 1, "{kill:?}");
    assert!(kill.stdout.contains("not terminated update: held by pid "), "{kill:?}");
    assert_eq!(holder.0.try_wait().unwrap(), None, "it got a signal");
    holder.0.stdin.take().unwrap().write_all(b"go\n").unwrap();
    holder.0.wait().unwrap();
    assert_eq!(env.run(JOB, &[]).status, 0);
}

/// Whoever has the directory open from before can hold its own flock, which no job takes, but can open nothing in it.
#[test]
fn directory_that_another_user_keeps_open_blocks_no_job() {
    let backend = TestBackend::new(1, "");
    let env = &backend.env;
    chmod(&env.path("."), 0o755);
    let locks = env.path("locks");
    chmod(&locks, 0o755);
    let script = "exec 9< \"$1\"; flock 9; echo ready; read go; \
                  if flock --nonblock /proc/self/fd/9/update.lock true; then echo taken; else echo refused; fi; read more";
    let mut holder = attack(script, &[&locks]);
    follow_advice(env);
    env.write("locks/update.lock", "");
    holder.0.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let mut line = String::new();
    BufReader::new(holder.0.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "refused\n");
    assert_eq!(env.run(JOB, &[]).status, 0);
}

/// Files, links, pipes and directories in the place of lock files, made while the directory was open.
#[test]
fn entries_of_another_user_are_removed() {
    let backend = TestBackend::new(1, "");
    let env = &backend.env;
    chmod(&env.path("."), 0o755);
    let locks = env.path("locks");
    let target = env.write("elsewhere", "precious");
    chmod(&locks, 0o777);
    let make = |name: &str, how: &dyn Fn(&Path)| {
        let path = locks.join(name);
        how(&path);
        std::os::unix::fs::lchown(&path, Some(attacker()), Some(attacker())).unwrap();
    };
    let file = |path: &Path| {
        fs::write(path, "{}").unwrap();
        chmod(path, 0o644);
    };
    let full = |path: &Path| {
        fs::create_dir(path).unwrap();
        fs::write(path.join("file"), "").unwrap();
    };
    let kinds: [Kind<'_>; 4] = [
        ("link", &|path| symlink(&target, path).unwrap()),
        ("pipe", &super::pipe),
        ("directory", &full),
        ("file", &file),
    ];
    for (kind, how) in kinds {
        chmod(&locks, 0o777);
        for name in ["update.lock", "update.lock.new", "update.status", "update.status.new"] {
            make(name, how);
        }
        // The flock of a file that no job of ours made means nothing.
        let holder = (kind == "file").then(|| {
            let lock = locks.join("update.lock");
            attack("exec 9< \"$1\"; flock 9; echo ready; read go", &[&lock])
        });
        follow_advice(env);
        let output = env.run(JOB, &[]);
        assert_eq!(output.status, 0, "{kind}: {output:?}");
        assert_eq!(fs::read_dir(&locks).unwrap().count(), 0, "{kind}");
        drop(holder);
    }
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    assert_eq!(states(env), []);
}

/// Root follows no lock directory that another user made: it becomes that user.
#[test]
fn root_becomes_the_owner_of_a_named_lock_directory() {
    let env = Env::new("");
    chmod(&env.path("."), 0o755);
    env.write("mm.toml", "an invalid config");
    let broken = env.run(LOCKS, &[]);
    assert_eq!(broken.status, 2, "{broken:?}");
    let theirs = env.path("theirs");
    fs::create_dir(&theirs).unwrap();
    chmod(&theirs, 0o700);
    // A dead job, whose status names a process of root as its child.
    let mut victim = Process(Command::new("sleep").arg("60").spawn().unwrap());
    let (pid, start) = (victim.0.id(), super::start_time(victim.0.id()));
    let child = json!({ "pid": pid, "start_time": start, "program": "x", "subject": null, "progressed_at": 1 });
    let status = json!({
        "phase": "", "done": 0, "total": 0, "at": 1, "progressed_at": 1, "activities": [], "children": [child],
    });
    env.write("theirs/update.lock", super::body(pid, 1, &super::boot_id(), 1));
    env.write("theirs/update.status", status.to_string());
    for path in [theirs.clone(), theirs.join("update.lock"), theirs.join("update.status")] {
        chown(path, Some(attacker()), Some(attacker())).unwrap();
    }
    let dir = theirs.to_str().unwrap();
    let shown = env.ok(LOCKS, &["--lock-dir", dir, "--format", "json"]);
    assert!(shown.contains("\"orphaned\""), "{shown}");
    let kill = env.run(LOCKS, &["--lock-dir", dir, "--kill-hung"]);
    assert_ne!(kill.status, 0, "{kill:?}");
    assert_eq!(victim.0.try_wait().unwrap(), None, "{kill:?}");
    let own = env.path("locks");
    let output = env.ok(LOCKS, &["--lock-dir", own.to_str().unwrap()]);
    assert_eq!(output, "no locks: no job is running\n");
    let _ = state;
}
