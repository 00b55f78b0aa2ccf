//! A problem that no database can record is reported once: a broken config, database or disk.

use super::*;

fn stderr(env: &Env, program: &str, args: &[&str], status: i32) -> String {
    let RunOutput {
        stdout,
        stderr,
        status: found,
        ..
    } = env.run(program, args);
    assert_eq!((found, stdout.as_str()), (status, ""), "{program}: {stderr}");
    stderr
}

const JOBS: [&str; 4] = [
    "mm-scan-master",
    "mm-detect-release",
    "mm-update-mirrorlist",
    "mm-sync-out",
];

#[test]
fn a_broken_config_is_reported_once_by_all_jobs() {
    let env = site("");
    let good = std::fs::read_to_string(env.path("mm.toml")).unwrap();
    for broken in [format!("{good}nonsense = 1\n"), format!("{good}[crawl\n")] {
        std::fs::write(env.path("mm.toml"), &broken).unwrap();
        let first = stderr(&env, JOBS[0], &[], 2);
        assert!(first.contains("mm.toml"), "{first}");
        for program in JOBS {
            assert_eq!(stderr(&env, program, &[], 2), "", "{program}");
        }
        assert_eq!(stderr(&env, "mm-admin", &["mail", "digest"], 2), "");
        assert_eq!(stderr(&env, "mm-admin", &["backup", "b.db"], 2), "");
        // An operator sees it each time.
        assert!(stderr(&env, JOBS[0], &["-v"], 2).contains("mm.toml"));
        assert!(stderr(&env, "mm-admin", &["host", "list"], 2).contains("mm.toml"));
        std::fs::write(env.path("mm.toml"), &good).unwrap();
        let over = stderr(&env, JOBS[0], &[], 0);
        assert!(
            over.contains("resolved, open since") && over.lines().count() == 1,
            "{over}"
        );
        for program in JOBS {
            assert_eq!(stderr(&env, program, &[], 0), "", "{program}");
        }
    }
}

#[test]
fn a_broken_database_is_reported_once_by_all_jobs() {
    let env = site("");
    std::fs::rename(env.path("mm.db"), env.path("away.db")).unwrap();
    let first = stderr(&env, JOBS[0], &[], 1);
    assert!(first.contains("mm-admin init"), "{first}");
    for program in JOBS.iter().chain(&["mm-crawl"]) {
        assert_eq!(stderr(&env, program, &[], 1), "", "{program}");
    }
    assert_eq!(stderr(&env, "mm-admin", &["backup", "b.db"], 1), "");
    assert!(stderr(&env, "mm-admin", &["host", "list"], 1).contains("mm-admin init"));
    // Another problem of the same database is a new one.
    std::fs::write(
        env.path("mm.db"),
        "not a database, but long enough to be read as one ".repeat(100),
    )
    .unwrap();
    let second = stderr(&env, JOBS[0], &[], 1);
    assert!(second.contains("database"), "{second}");
    assert_eq!(stderr(&env, JOBS[1], &[], 1), "");
    std::fs::rename(env.path("away.db"), env.path("mm.db")).unwrap();
    let over = stderr(&env, JOBS[0], &[], 0);
    assert!(
        over.contains("resolved, open since") && over.contains("does not exist") && !over.contains("mm-admin init"),
        "{over}"
    );
    assert_eq!(over.lines().count(), 1, "{over}");
    for program in JOBS {
        assert_eq!(stderr(&env, program, &[], 0), "", "{program}");
    }
}

#[test]
fn a_broken_database_is_mailed_directly() {
    let sink = SmtpSink::start();
    let env = site(&sink.config());
    std::fs::rename(env.path("mm.db"), env.path("away.db")).unwrap();
    for program in JOBS {
        assert_eq!(stderr(&env, program, &[], 1), "", "{program}");
    }
    let mails = sink.take();
    assert_eq!(subjects(&mails), [("root@example.org", "mirrormanager: job failed")]);
    assert!(mails[0].body.contains("mm-admin init"), "{}", mails[0].body);
    // The digest comes all the same.
    assert_eq!(stderr(&env, "mm-admin", &["mail", "digest"], 0), "");
    let digest = sink.take();
    assert_eq!(digest.len(), 1);
    assert!(digest[0].body.contains("\n- database: "), "{}", digest[0].body);
    std::fs::rename(env.path("away.db"), env.path("mm.db")).unwrap();
    for program in JOBS {
        assert_eq!(stderr(&env, program, &[], 0), "", "{program}");
    }
    let mails = sink.take();
    assert_eq!(
        subjects(&mails),
        [("root@example.org", "mirrormanager: resolved: job failed")]
    );

    // Without a mail server that works, cron is notified.
    drop(sink);
    std::fs::rename(env.path("mm.db"), env.path("away.db")).unwrap();
    assert!(stderr(&env, JOBS[0], &[], 1).contains("mm-admin init"));
    assert_eq!(stderr(&env, JOBS[1], &[], 1), "");
}

/// A tmpfs of one page for the database and the locks.
#[test]
fn a_full_disk_is_reported_once() {
    let env = site("");
    // Only root mounts; CI runs as root.
    assert!(
        nix::unistd::Uid::effective().is_root(),
        "this test needs root, for a file system of its own"
    );
    let disk = env.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let size = std::fs::metadata(env.path("mm.db")).unwrap().len() + (512 << 10);
    let mounted = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
        .arg(&disk)
        .status()
        .unwrap();
    assert!(mounted.success());
    let unmount = Unmount(disk.clone());
    std::fs::copy(env.path("mm.db"), disk.join("mm.db")).unwrap();
    let mut private = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut private, 0o700);
    private.create(disk.join("locks")).unwrap();
    let config = std::fs::read_to_string(env.path("mm.toml")).unwrap();
    let config = config
        .replace("sqlite:mm.db", "sqlite:disk/mm.db")
        .replace("\"locks\"", "\"disk/locks\"");
    std::fs::write(env.path("mm.toml"), config).unwrap();
    let filler = disk.join("filler");
    let fill = || {
        let mut file = std::fs::File::create(&filler).unwrap();
        let block = [0_u8; 4096];
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
    };
    fill();
    let outputs: Vec<String> = (0..3).map(|_| env.run("mm-scan-master", &[]).stderr).collect();
    assert!(!outputs[0].is_empty(), "{outputs:?}");
    assert_eq!(outputs[1..], ["", ""], "{outputs:?}");
    std::fs::remove_file(&filler).unwrap();
    let over = env.run("mm-scan-master", &[]);
    assert_eq!(over.status, 0, "{over:?}");
    assert!(
        over.stderr.contains("resolved, open since") && over.stderr.lines().count() == 1,
        "{over:?}"
    );
    drop(unmount);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        drop(std::process::Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
