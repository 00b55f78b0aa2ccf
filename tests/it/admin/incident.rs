//! `mm-admin incident`: the worst problems come first, each with its fix, whatever else is broken.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Env;

fn incident(env: &Env) -> Value {
    serde_json::from_str(&env.ok("mm-admin", &["incident", "--format", "json"])).unwrap()
}

/// Severity, message and command of a check.
fn check(report: &Value, name: &str) -> (String, String, String) {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|c| c["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no check {name} in {report}"));
    let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (text("severity"), text("message"), text("command"))
}

#[test]
fn every_problem_is_reported_with_its_fix() {
    // One server accepts connections but never responds, the other is not running.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let env = Env::new(&format!(
        "[[sync.target]]\nname = \"mute\"\naddress = \"a\"\nhealthz = \"http://{}/healthz\"\n\
         [[sync.target]]\nname = \"gone\"\naddress = \"b\"\nhealthz = \"http://127.0.0.1:9/healthz\"\n",
        silent.local_addr().unwrap()
    ));
    let started = Instant::now();
    let missing = incident(&env);
    assert_eq!(check(&missing, "database").2, "mm-admin init");
    for target in ["target mute", "target gone"] {
        let (severity, _, fix) = check(&missing, target);
        assert_eq!(severity, "critical");
        assert!(fix.contains("mm-sync-out --only"), "{fix}");
    }
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());

    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["site", "add", "S"]);
    env.ok("mm-admin", &["host", "add", "m.example.org", "--site", "S"]);
    env.ok("mm-admin", &["pause", "crawl", "--reason", "moving"]);
    let db = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    db.execute("UPDATE host SET crawl_failures = 3", []).unwrap();
    // The lock is held, but not by the process that the file names.
    let body = "{\"pid\":1,\"start_time\":1,\"boot_id\":\"b\",\"pid_namespace\":\"n\",\"host\":\"h\",\"user\":\"u\",\
                \"command\":\"c\",\"since\":1,\"deadline\":2}\n";
    let held = std::fs::File::open(env.write("locks/scan.lock", body)).unwrap();
    fs2::FileExt::try_lock_exclusive(&held).unwrap();
    let found = incident(&env);
    let (severity, message, _) = check(&found, "locks");
    assert_eq!(severity, "critical");
    assert!(
        message.contains("held by a process that is not the job: scan"),
        "{message}"
    );
    assert_eq!(check(&found, "pause").2, "mm-admin resume crawl");
    assert_eq!(check(&found, "scan").2, "mm-scan-master");
    let (_, message, fix) = check(&found, "unreachable mirrors");
    assert!(
        message.contains("1 of 1") && message.contains("m.example.org (3)"),
        "{message}"
    );
    assert_eq!(fix, "mm-crawl --canary --host m.example.org");
    assert_eq!(check(&found, "generation").2, "mm-update-mirrorlist");
    let text = env.ok("mm-admin", &["incident"]);
    let (critical, warning) = (text.find(" critical ").unwrap(), text.rfind(" warning ").unwrap());
    assert!(
        critical < warning
            && text.contains("Fixes:")
            && text.contains(&format!("scan: unknown, pid {}", std::process::id())),
        "{text}"
    );
}

#[test]
fn locked_database_is_reported_within_seconds() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    let other = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE host SET bandwidth = 1")
        .unwrap();
    let started = Instant::now();
    let found = incident(&env);
    let (severity, message, fix) = check(&found, "database");
    assert_eq!((severity.as_str(), fix.as_str()), ("critical", "mm-locks"), "{message}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn pinned_target_is_one_check() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/healthz", silent.local_addr().unwrap());
    let answer = r#"{"generation":"0123456789abcdef"}"#;
    std::thread::spawn(move || {
        for stream in silent.incoming() {
            let mut stream = stream.unwrap();
            drop(stream.read(&mut [0; 4096]));
            let length = answer.len();
            drop(write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
            ));
        }
    });
    let env = Env::new(&format!(
        "[[sync.target]]\nname = \"app\"\naddress = \"a\"\nhealthz = \"{url}\"\n"
    ));
    env.ok("mm-admin", &["init"]);
    let db = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let pin = "INSERT INTO pin (target, generation, reason, pinned_by, pinned_at) VALUES \
               ('app', '0123456789abcdef', 'broken metadata', 'kim', 5)";
    db.execute(pin, []).unwrap();
    let found = incident(&env);
    let rows = found["checks"].as_array().unwrap();
    assert_eq!(rows.iter().filter(|c| c["name"] == "target app").count(), 1, "{found}");
    let (severity, message, fix) = check(&found, "target app");
    assert!(
        message.contains("serves 0123456789abcdef") && message.contains("broken metadata"),
        "{message}"
    );
    // A pinned target is skipped by publishing, so it must be unpinned.
    assert_eq!(
        (severity.as_str(), fix.as_str()),
        ("warning", "mm-sync-out --unpin --only app")
    );
}

#[test]
fn broken_config_is_one_sentence_with_its_command() {
    let env = Env::new("backup.keep = \"many\"\n");
    let output = env.run("mm-admin", &["incident"]);
    assert_eq!(output.status, 2, "{output:?}");
    let line = output.stdout.lines().find(|l| l.starts_with("config ")).unwrap();
    assert!(
        line.contains("mm.toml") && line.contains(" at line ") && line.contains("backup.keep = \"many\""),
        "{output:?}"
    );
    assert!(!output.stdout.contains("\\n") && !line.contains('^'), "{output:?}");
    assert!(
        output.stdout.contains("  config: mm-admin config check\n"),
        "{output:?}"
    );
}

/// Jobs refuse it, so the commands that prepare an installation say so before.
#[test]
fn open_lock_directory_is_reported_by_init_and_config_check() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = Env::new("");
    let dir = env.path("locks");
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = format!("chmod 0700 {}", dir.display());
    for command_line in [&["init"][..], &["config", "check"]] {
        let printed = env.ok("mm-admin", command_line);
        assert!(printed.contains(&command) && printed.contains("warning"), "{printed}");
    }
    assert_eq!(super::checks::shell(&env, &command).status, 0);
    let printed = env.ok("mm-admin", &["config", "check"]);
    assert!(
        !printed.contains("lock_dir") && printed.ends_with(": ok\n"),
        "{printed}"
    );

    std::fs::remove_dir(&dir).unwrap();
    std::fs::remove_file(env.path("mm.db")).unwrap();
    env.ok("mm-admin", &["init"]);
    assert_eq!(dir.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}
