//! init, migrate, backup, restore, doctor, config check, runs, and errors of files and pipes.

use std::io::Read;
use std::process::Command;
use std::process::Stdio;

use super::{REGISTRY, database, empty, home, json, refused};
use crate::support::Env;

#[test]
fn init_creates_missing_files_and_rejects_existing_ones() {
    let env = Env::new("");
    std::fs::remove_dir(env.path("locks")).unwrap();
    let dry = env.ok("mm-admin", &["init", "--dry-run"]);
    assert!(dry.contains("would create the database"), "{dry}");
    assert!(!env.path("mm.db").exists() && !env.path("locks").exists());
    let printed = env.ok("mm-admin", &["init"]);
    assert!(
        printed.contains("created the directory") && printed.contains("locks"),
        "{printed}"
    );
    assert!(
        printed.contains("created the database") && env.path("mm.db").exists(),
        "{printed}"
    );
    assert!(env.path("locks").is_dir());
    env.ok("mm-admin", &["product", "add", "P"]);
    refused(&env, &["init"], 1, &["already", "nothing was changed"]);
    assert_eq!(json(&env, &["product", "list"]).as_array().unwrap().len(), 1);
    assert!(env.ok("mm-admin", &["migrate"]).contains("already"));
}

#[test]
fn missing_database_is_reported_with_its_fix() {
    let env = Env::new("");
    for args in [
        ["product", "list"].as_slice(),
        &["apply", "/dev/null"],
        &["export"],
        &["runs"],
        &["changes"],
        &["migrate"],
        &["backup", "b.db"],
        &["why", "mirror.example.org"],
    ] {
        refused(&env, args, 1, &["mm.db", "mm-admin init"]);
        assert!(!env.path("mm.db").exists(), "{args:?} made a database");
    }
}

#[test]
fn newer_database_is_rejected_and_not_changed() {
    let env = home();
    database(&env)
        .execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE);")
        .unwrap();
    let before = std::fs::read(env.path("mm.db")).unwrap();
    for args in [
        ["product", "list"].as_slice(),
        &["product", "add", "X"],
        &["migrate"],
        &["apply", "registry.toml"],
        &["backup", "b.db"],
    ] {
        refused(&env, args, 1, &["schema 99", "install the newer mirrormanager"]);
        assert_eq!(std::fs::read(env.path("mm.db")).unwrap(), before, "{args:?}");
    }
    refused(&env, &["restore", "mm.db"], 1, &["schema 99"]);
}

#[test]
fn an_older_database_is_migrated_after_a_backup() {
    let env = Env::new("");
    database(&env).execute_batch("CREATE TABLE t (a)").unwrap();
    refused(&env, &["product", "list"], 1, &["schema 0", "mm-admin migrate"]);
    env.ok("mm-admin", &["migrate"]);
    assert_eq!(json(&env, &["product", "list"]).as_array().unwrap().len(), 0);
    let files = std::fs::read_dir(env.path("."))
        .unwrap()
        .map(|e| e.unwrap().file_name());
    let backups = files.filter(|name| name.to_string_lossy().starts_with("mm.db.schema0."));
    assert_eq!(backups.count(), 1);
}

#[test]
fn backup_is_consistent_during_a_write() {
    let env = home();
    let mut other = database(&env);
    let writing = other
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .unwrap();
    writing
        .execute("INSERT INTO product (name) VALUES ('Half')", [])
        .unwrap();
    assert_eq!(
        env.ok("mm-admin", &["backup", "b.db"]),
        "",
        "cron hears nothing when all went well"
    );
    writing.commit().unwrap();
    refused(&env, &["backup", "b.db"], 1, &["b.db", "already"]);
    assert_eq!(json(&env, &["product", "list"]).as_array().unwrap().len(), 2);

    // The backup has the state before; each restore keeps the replaced database.
    let printed = env.ok("mm-admin", &["restore", "b.db"]);
    assert!(printed.contains("the previous database is"), "{printed}");
    assert_eq!(json(&env, &["product", "list"]).as_array().unwrap().len(), 1);
    env.ok("mm-admin", &["restore", "b.db"]);
    let kept: Vec<_> = std::fs::read_dir(env.path("."))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.display().to_string().contains("mm.db.replaced."))
        .collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    let names = |path| -> Vec<String> {
        let db = rusqlite::Connection::open(path).unwrap();
        let mut all = db.prepare("SELECT name FROM product ORDER BY id").unwrap();
        all.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(kept.iter().any(|p| names(p.clone()) == ["Fedora", "Half"]), "{kept:?}");
}

#[test]
fn corrupt_backups_are_not_restored() {
    let env = home();
    env.ok("mm-admin", &["backup", "b.db"]);
    let good = std::fs::read(env.path("b.db")).unwrap();
    env.write("short.db", &good[..good.len() / 2]);
    let mut torn = good.clone();
    for byte in &mut torn[8_192..12_288] {
        *byte = 0xAA;
    }
    env.write("torn.db", &torn);
    env.write(
        "text.db",
        "no database at all, but a text of some length that is none\n".repeat(100),
    );
    env.write("empty.db", "");
    let before = json(&env, &["host", "list"]);
    for name in ["short.db", "torn.db", "text.db", "empty.db", "missing.db"] {
        refused(&env, &["restore", name], 1, &[name, "nothing was changed"]);
        assert_eq!(json(&env, &["host", "list"]), before, "{name}");
    }
    let other = rusqlite::Connection::open(env.path("other.db")).unwrap();
    other
        .execute_batch("CREATE TABLE t (a); PRAGMA user_version = 1;")
        .unwrap();
    drop(other);
    refused(&env, &["restore", "other.db"], 1, &["not a database of mirrormanager"]);
}

#[test]
fn restore_moves_a_corrupt_database_aside() {
    let env = home();
    env.ok("mm-admin", &["backup", "b.db"]);
    env.write("mm.db", "garbage");
    let doctor = env.run("mm-admin", &["doctor"]);
    assert_eq!(doctor.status, 1, "{doctor:?}");
    assert!(doctor.stdout.contains("mm-admin restore"), "{doctor:?}");
    let dry = env.ok("mm-admin", &["restore", "b.db", "--dry-run"]);
    assert!(dry.contains("would restore"), "{dry}");
    assert_eq!(std::fs::read(env.path("mm.db")).unwrap(), b"garbage");
    env.ok("mm-admin", &["restore", "b.db"]);
    assert_eq!(json(&env, &["host", "list"]).as_array().unwrap().len(), 1);
}

#[test]
fn backup_is_restored_on_a_new_machine() {
    let env = home();
    env.ok("mm-admin", &["backup", "b.db"]);
    env.write(
        "mm.toml",
        "database = \"sqlite:new/lib/mm.db\"\nuser = \"root\"\ngenerations_dir = \"new/generations\"\nlock_dir = \"new/run\"\n\
         log_dir = \"log\"\n",
    );
    let dry = env.ok("mm-admin", &["restore", "b.db", "--dry-run"]);
    assert!(dry.contains("would restore"), "{dry}");
    assert!(!env.path("new").exists());
    env.ok("mm-admin", &["restore", "b.db"]);
    assert_eq!(json(&env, &["host", "list"]).as_array().unwrap().len(), 1);
    env.ok("mm-update-mirrorlist", &[]);
}

#[test]
fn restore_keeps_jobs_from_starting() {
    let env = home();
    env.ok("mm-admin", &["backup", "b.db"]);
    // The copy waits for the end of a write transaction.
    let mut other = database(&env);
    let writing = other
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .unwrap();
    let mut restoring = crate::support::Process(env.command("mm-admin").args(["restore", "b.db"]).spawn().unwrap());
    for (program, lock) in [("mm-update-mirrorlist", "update"), ("mm-crawl", "crawl.Fedora_Linux")] {
        let started = std::time::Instant::now();
        while !env.path(&format!("locks/{lock}.lock")).exists() {
            assert!(started.elapsed() < std::time::Duration::from_secs(20), "no lock {lock}");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let output = env.run(program, &[]);
        assert_eq!(output.status, 75, "{output:?}");
        assert!(output.stderr.contains(lock), "{output:?}");
    }
    drop(writing);
    assert!(restoring.0.wait().unwrap().success());
    assert_eq!(env.run("mm-update-mirrorlist", &[]).status, 0);
}

#[test]
fn restore_is_refused_while_a_job_runs() {
    let env = home();
    env.ok("mm-admin", &["backup", "b.db"]);
    let lock = env.write("locks/crawl.lock", "");
    let file = std::fs::File::open(&lock).unwrap();
    fs2::FileExt::try_lock_exclusive(&file).unwrap();
    refused(
        &env,
        &["restore", "b.db"],
        1,
        &["crawl", "mm-locks", "nothing was changed"],
    );
    drop(file);
    env.ok("mm-admin", &["restore", "b.db"]);
}

#[test]
fn doctor_accepts_a_new_installation() {
    let env = Env::new("[[category]]\nname = \"Fedora Linux\"\npath = \"master\"\n");
    std::fs::create_dir(env.path("master")).unwrap();
    env.ok("mm-admin", &["init"]);
    env.write("registry.toml", REGISTRY);
    env.ok("mm-admin", &["apply", "registry.toml"]);
    let report = json(&env, &["doctor"]);
    let state = |name: &str| -> String {
        let checks = report["checks"].as_array().unwrap();
        let check = checks.iter().find(|c| c["name"] == name).unwrap();
        check["severity"].as_str().unwrap().to_owned()
    };
    for name in [
        "config",
        "generations_dir",
        "lock_dir",
        "log_dir",
        "database",
        "clock",
        "locks",
        "registry",
    ] {
        assert_eq!(state(name), "ok", "{name}: {report}");
    }
    for name in ["scan", "crawl", "update", "generation"] {
        assert_eq!(state(name), "warning", "{name}: {report}");
    }
    assert_eq!(report["severity"], "warning");
}

#[test]
fn doctor_checks_the_master_of_each_category() {
    let failed_check = |category: &str| -> String {
        let env = Env::new(&format!("[[category]]\nname = \"Fedora Linux\"\n{category}\n"));
        env.write("full-1", "");
        env.ok("mm-admin", &["init"]);
        env.write("registry.toml", REGISTRY);
        env.ok("mm-admin", &["apply", "registry.toml"]);
        let report: serde_json::Value =
            serde_json::from_str(&env.run("mm-admin", &["doctor", "--format", "json"]).stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let failed = checks.iter().find(|c| c["name"] == "category");
        failed.map(ToString::to_string).unwrap_or_default()
    };
    let remote = "files_url = \"https://master.example.org/pub\"";
    assert_eq!(
        failed_check(&format!("source = \"rsync\"\nrsync = \"rsync://m/x\"\n{remote}")),
        ""
    );
    assert_eq!(
        failed_check(&format!("source = \"filelist\"\nfile_list = \"full-*\"\n{remote}")),
        ""
    );
    assert_eq!(
        failed_check(&format!(
            "source = \"filelist\"\nfile_list = \"https://m/full\"\n{remote}"
        )),
        ""
    );
    let missing = failed_check(&format!("source = \"filelist\"\nfile_list = \"other-*\"\n{remote}"));
    assert!(
        missing.contains("no such file") && missing.contains("correct `file_list`"),
        "{missing}"
    );
    assert!(failed_check("path = \"nowhere\"").contains("is not a directory"));
}

#[test]
fn doctor_reports_problems_with_their_fixes() {
    let env = Env::new(
        "[[category]]\nname = \"Nowhere\"\npath = \"nowhere\"\n[server]\ngeoip = \"geo.mmdb\"\n[[sync.target]]\nname = \
         \"t\"\naddress = \"target\"\n",
    );
    let output = env.run("mm-admin", &["doctor"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stdout.contains("database: mm-admin init"), "{output:?}");

    env.ok("mm-admin", &["init"]);
    std::fs::remove_dir(env.path("generations")).unwrap();
    env.write("locks/scan.lock", "");
    database(&env)
        .execute_batch(
            "INSERT INTO run (job, scope, started_at, ended_at, exit, pid, \"user\") VALUES ('scan', '', 1, 2, 0, 1, 'x'), \
             ('crawl', '', 99999999990, 99999999999, 1, 1, 'x');",
        )
        .unwrap();
    let output = env.run("mm-admin", &["doctor"]);
    assert_eq!(output.status, 1, "{output:?}");
    for (check, fix) in [
        ("generations_dir", "install -d"),
        ("locks", "mm-locks --clean"),
        ("scan", "mm-scan-master"),
        ("publish", "mm-sync-out"),
    ] {
        let line = format!("  {check}: {fix}");
        assert!(output.stdout.contains(&line), "no {line:?} in {output:?}");
    }
    for words in [
        "no successful run yet",
        "add it with its product and topdir",
        "install it there",
        "if this clock is right, run: mm-update-mirrorlist --ignore-clock",
    ] {
        assert!(output.stdout.contains(words), "no {words:?} in {output:?}");
    }
}

#[test]
fn doctor_checks_the_age_of_the_generation() {
    let env = empty();
    for (as_of, severity) in [("10", "critical"), ("99999999999", "ok")] {
        let text = format!("mirrormanager-manifest 1\ngeneration 0123456789abcdef\nas_of {as_of}\n");
        env.write("generations/0123456789abcdef/MANIFEST", text);
        let link = env.path("generations/current");
        drop(std::fs::remove_file(&link));
        std::os::unix::fs::symlink("0123456789abcdef", link).unwrap();
        let output = env.run("mm-admin", &["doctor", "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap();
        let found = checks.iter().find(|c| c["name"] == "generation").unwrap();
        assert_eq!(found["severity"], severity, "{found}");
        assert!(
            found["message"].as_str().unwrap().contains("0123456789abcdef"),
            "{found}"
        );
    }
}

#[test]
fn config_check_reports_errors() {
    let env = Env::new("");
    assert!(env.ok("mm-admin", &["config", "check"]).ends_with("mm.toml: ok\n"));
    assert_eq!(json(&env, &["config", "check"])["ok"], true);
    for (extra, expected) in [
        ("lokc_dir = \"x\"", ["line 7", "lokc_dir"]),
        ("[crawl]\nworkers = 0", ["crawl.workers", "1 to 4096"]),
        ("[[detect.rule]]\nregex = 'a('\nprefix = 'x'", ["detect.rule", "a("]),
        ("vanished_retention = \"soon\"", ["line 7", "7d"]),
        ("[server]\nlisten = [\"here\"]", ["line 8", "127.0.0.1:3000"]),
        ("[server]\ngeo_check = [\"192.0.2.1\"]", ["line 8", "192.0.2.1=DE"]),
    ] {
        env.configure(extra);
        refused(&env, &["config", "check"], 2, &expected);
        refused(&env, &["host", "list"], 2, &expected);
    }
    refused(
        &env,
        &["config", "check", "--config", "/nowhere/mm.toml"],
        2,
        &["/nowhere/mm.toml", "MM_CONFIG"],
    );
}

#[test]
fn runs_are_listed_newest_first() {
    let env = empty();
    assert_eq!(env.ok("mm-admin", &["runs"]), "no runs\n");
    database(&env)
        .execute_batch(
            "INSERT INTO run (job, scope, started_at, ended_at, exit, pid, \"user\", stats, message) VALUES \
             ('scan', 'Fedora Linux', 100, 160, 0, 1, 'mm', '{\"directories\": 7}', ''), \
             ('crawl', '', 200, 210, 3, 1, 'mm', '{}', 'deadline hit'), ('crawl', '', 300, NULL, NULL, 1, 'mm', '{}', '');",
        )
        .unwrap();
    let table = env.ok("mm-admin", &["runs"]);
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    assert!(lines[1].contains("crawl") && lines[1].contains("none"), "{table}");
    assert!(lines[2].contains("10s") && lines[2].contains("deadline hit"), "{table}");
    assert!(
        lines[3].contains("60s") && lines[3].contains("directories=7"),
        "{table}"
    );
    assert_eq!(json(&env, &["runs", "--job", "crawl", "-n", "1"])[0]["started_at"], 300);
    refused(&env, &["runs", "-n", "many"], 2, &["-n", "many"]);
}

#[test]
fn closed_stdout_is_not_an_error() {
    let env = empty();
    let host = |n: u32| format!("[[site.host]]\nname = \"host-{n:05}.example.org\"\ncountry = \"DE\"\n");
    let text = format!("[[site]]\nname = \"S\"\n{}", (0..5_000).map(host).collect::<String>());
    env.write("many.toml", text);
    env.ok("mm-admin", &["apply", "many.toml"]);
    let mut child = env
        .command("mm-admin")
        .args(["host", "list"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0_u8; 10];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).unwrap();
    drop(out);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{ended:?}");
}

/// The database belongs to root, but another user needs it: the fix is chown, not free space.
#[test]
fn database_of_another_user_is_reported_with_its_owner() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    let root = rustix::process::geteuid().is_root();
    let config = std::fs::read_to_string(env.path("mm.toml")).unwrap();
    let (user, fix) = if root {
        (
            config.replace("user = \"root\"", "user = \"nobody\""),
            "sudo -u root ...), or change the owner: chown nobody ",
        )
    } else {
        (config, "chmod u+rwX ")
    };
    std::fs::write(env.path("mm.toml"), user).unwrap();
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    let (home, db) = (env.path(""), env.path("mm.db"));
    let refused = |what: &std::path::Path| {
        let output = env.run("mm-admin", &["site", "add", "S"]);
        assert_eq!(output.status, 1, "{output:?}");
        let printed = format!("{fix}{}", what.display());
        assert!(
            output.stderr.contains(printed.trim_end_matches('/')),
            "no {printed:?} in {output:?}"
        );
        assert!(!output.stderr.contains("free space"), "{output:?}");
    };
    // The directory belongs to this user, the file does not.
    if root {
        for path in [&home, &env.path("log"), &env.path("locks")] {
            std::os::unix::fs::chown(path, Some(65534), None).unwrap();
        }
    }
    mode(&home, 0o755);
    mode(&db, if root { 0o644 } else { 0o444 });
    refused(&db);
    // The file does, the directory does not, so SQLite cannot create its log.
    for log in ["mm.db-wal", "mm.db-shm"] {
        drop(std::fs::remove_file(env.path(log)));
    }
    if root {
        std::os::unix::fs::chown(&db, Some(65534), None).unwrap();
        std::os::unix::fs::chown(&home, Some(0), None).unwrap();
    }
    mode(&db, 0o644);
    mode(&home, if root { 0o755 } else { 0o555 });
    refused(&home);
    mode(&home, 0o755);
}

#[test]
fn free_space_is_found_for_a_relative_config_path() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    let out = Command::new(assert_cmd::cargo::cargo_bin("mm-admin"))
        .args(["--config", "mm.toml", "doctor"])
        .current_dir(env.path(""))
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        printed.contains("disk of the database") && !printed.contains("reading its free space"),
        "{printed}"
    );
}
