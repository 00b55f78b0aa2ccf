//! Common behavior of all programs: exit status, help, options, JSON, color, silence.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Env, need};

mod children;
mod clock;
mod permissions;
mod termination;

/// The programs: one for each file in src/bin.
fn programs() -> BTreeSet<String> {
    let doors = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin")).unwrap();
    let programs: BTreeSet<String> = doors
        .map(|door| door.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert!(
        programs.contains("mm-admin") && programs.contains("mm-locks"),
        "{programs:?}"
    );
    programs
}

#[test]
fn help_and_version_go_to_stdout_and_exit_with_0() {
    let env = Env::new("");
    for program in programs() {
        let help = env.run(&program, &["--help"]);
        assert_eq!((help.status, help.stderr.as_str()), (0, ""), "{help:?}");
        assert!(
            help.stdout.contains("Exit status:") && help.stdout.contains("--config"),
            "{help:?}"
        );
        assert!(help.stdout.contains(&format!("Usage: {program}")), "{help:?}");
        let version = env.run(&program, &["--version"]);
        assert_eq!(
            version.stdout,
            format!("{program} {}\n", env!("CARGO_PKG_VERSION")),
            "{version:?}"
        );
        assert_eq!(version.status, 0);
    }
}

#[test]
fn wrong_usage_exits_with_2() {
    let env = Env::new("");
    for program in programs() {
        for args in [
            ["--no-such-option"].as_slice(),
            &["--format", "yaml"],
            &["--color", "blue"],
            &["--config"],
        ] {
            let output = env.run(&program, args);
            assert_eq!(output.status, 2, "{args:?}: {output:?}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{output:?}");
        }
    }
}

#[test]
fn last_value_of_a_repeated_option_is_used() {
    let env = Env::new("");
    for program in programs() {
        let output = env.run(
            &program,
            &[
                "--format", "json", "--format", "text", "--config", "/a", "--config", "/b", "--help",
            ],
        );
        assert_eq!(output.status, 0, "{output:?}");
    }
    let json = env.ok("mm-locks", &["--format", "text", "--format", "json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");
    let text = env.ok("mm-locks", &["--format", "json", "--format", "text"]);
    assert_eq!(text, "no locks: no job is running\n");
    env.ok("mm-admin", &["init"]);
    for name in ["Old", "New"] {
        env.ok("mm-admin", &["product", "add", name]);
    }
    env.ok(
        "mm-admin",
        &["version", "add", "1", "--product", "Old", "--product", "New"],
    );
    let row = env.ok("mm-admin", &["version", "list", "--format", "json"]);
    assert!(row.contains("\"product\": \"New\""), "{row}");
}

#[test]
fn invalid_config_exits_with_2_and_is_named() {
    let env = Env::new("");
    // Without a lock directory each program reports it.
    let text = "user = \"root\"\nlokc_dir = \"x\"\nlock_dir = \"nowhere\"\n";
    env.write("bad.toml", text);
    for program in programs() {
        let args: &[&str] = if program == "mm-admin" { &["runs"] } else { &[] };
        let bad = env.path("bad.toml").display().to_string();
        let output = env.run(&program, &[&["--config", &bad], args].concat());
        // A missing operand is reported first; it is a usage error as well.
        assert_eq!(output.status, 2, "{output:?}");
        if !output.stderr.contains("required") {
            assert!(
                output.stderr.contains("bad.toml") && output.stderr.contains("line 2"),
                "{output:?}"
            );
            assert!(output.stderr.contains("lokc_dir"), "{output:?}");
        }
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn every_json_report_is_one_document() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["site", "add", "S"]);
    env.ok("mm-admin", &["host", "add", "h.example.org", "--site", "S"]);
    for args in [
        ["doctor"].as_slice(),
        &["config", "check"],
        &["runs"],
        &["changes"],
        &["export"],
        &["host", "list"],
        &["host", "show", "h.example.org"],
        &["why", "h.example.org"],
        &["host", "set", "h.example.org", "country=DE"],
        &["migrate"],
        &["backup", "b.db"],
        &["restore", "b.db", "--dry-run"],
    ] {
        let output = env.run("mm-admin", &[args, &["--format", "json"]].concat());
        assert_eq!(output.status, 0, "{output:?}");
        let parsed = serde_json::from_str::<serde_json::Value>(&output.stdout);
        assert!(parsed.is_ok(), "{args:?}: {output:?}");
    }
    let locks = env.ok("mm-locks", &["--format", "json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&locks).is_ok(), "{locks}");
}

/// Runs a program on a terminal of its own.
fn on_a_terminal(env: &Env, no_color: Option<&str>, args: &str) -> String {
    need("script", "bsdutils");
    let program = assert_cmd::cargo::cargo_bin("mm-admin");
    let mut command = env.command("mm-admin");
    let mut terminal = std::process::Command::new("script");
    terminal
        .args(["-qec", &format!("{} {args}", program.display()), "/dev/null"])
        .stdin(std::process::Stdio::null())
        .current_dir(env.path("."));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => terminal.env(name, value),
            None => terminal.env_remove(name),
        };
    }
    if let Some(value) = no_color {
        terminal.env("NO_COLOR", value);
        command.env("NO_COLOR", value);
    }
    String::from_utf8_lossy(&terminal.output().unwrap().stdout).into_owned()
}

#[test]
fn color_is_used_on_terminals_and_on_request() {
    const ESCAPE: char = '\x1b';
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    let printed = |args: &[&str]| env.ok("mm-admin", args);
    assert!(!printed(&["doctor"]).contains(ESCAPE));
    assert!(printed(&["doctor", "--color", "always"]).contains(ESCAPE));
    assert!(!printed(&["doctor", "--color", "never"]).contains(ESCAPE));
    assert!(!printed(&["doctor", "--color", "always", "--format", "json"]).contains(ESCAPE));

    assert!(on_a_terminal(&env, None, "doctor").contains(ESCAPE));
    assert!(!on_a_terminal(&env, None, "doctor --color never").contains(ESCAPE));
    assert!(!on_a_terminal(&env, Some("1"), "doctor").contains(ESCAPE));
    assert!(
        on_a_terminal(&env, Some(""), "doctor").contains(ESCAPE),
        "an empty NO_COLOR says nothing"
    );
    assert!(on_a_terminal(&env, Some("1"), "doctor --color always").contains(ESCAPE));
}

#[test]
fn success_prints_nothing_without_a_terminal() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    env.write("registry.toml", "[[product]]\nname = \"P\"\n");
    env.ok("mm-admin", &["apply", "registry.toml"]);
    for args in [
        ["apply", "registry.toml"].as_slice(),
        &["backup", "b.db"],
        &["export", "out.toml"],
    ] {
        let output = env.run("mm-admin", args);
        assert_eq!(
            (output.status, output.stdout.as_str(), output.stderr.as_str()),
            (0, "", ""),
            "{output:?}"
        );
    }
    assert!(
        env.ok("mm-admin", &["apply", "registry.toml", "-v"])
            .contains("nothing to change")
    );
}

/// The programs that run as jobs in [`world`], in pipeline order, with the name of the lock that each
/// takes.
fn jobs() -> Vec<(&'static str, &'static str)> {
    let built = programs();
    let all = [
        ("mm-scan-master", "scan.T"),
        ("mm-detect-release", "detect"),
        ("mm-crawl", "crawl.T"),
        ("mm-update-mirrorlist", "update"),
    ];
    let jobs: Vec<_> = all
        .into_iter()
        .filter(|(program, _)| built.contains(*program))
        .collect();
    assert!(jobs.len() >= 3, "{jobs:?}");
    jobs
}

/// A home with one category and one mirror that is not probed.
fn world() -> Env {
    let env = world_without_mirrors();
    add_mirror(&env);
    env
}

fn add_mirror(env: &Env) {
    env.ok("mm-admin", &["site", "add", "S"]);
    env.ok(
        "mm-admin",
        &["host", "add", "m.example.org", "--site", "S", "country=DE"],
    );
    env.ok(
        "mm-admin",
        &[
            "host-category",
            "add",
            "T",
            "--host",
            "m.example.org",
            "always_up2date=true",
        ],
    );
    env.ok(
        "mm-admin",
        &[
            "url",
            "add",
            "https://m.example.org/t",
            "--host",
            "m.example.org",
            "--category",
            "T",
        ],
    );
}

fn world_without_mirrors() -> Env {
    let env = Env::new("[[category]]\nname = \"T\"\npath = \"master\"\n");
    env.write("master/releases/README", "hello");
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["product", "add", "P"]);
    env.ok("mm-admin", &["category", "add", "T", "--product", "P", "topdir=pub/t"]);
    env
}

fn sql(env: &Env, statement: &str) {
    rusqlite::Connection::open(env.path("mm.db"))
        .unwrap()
        .execute_batch(statement)
        .unwrap();
}

fn runs(env: &Env) -> Vec<serde_json::Value> {
    let text = env.ok("mm-admin", &["runs", "--format", "json"]);
    serde_json::from_str::<serde_json::Value>(&text)
        .unwrap()
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn successful_job_prints_nothing_and_writes_a_run_row_and_a_log() {
    let env = world();
    for (n, (program, lock)) in jobs().into_iter().enumerate() {
        let job = lock.split('.').next().unwrap();
        let dry = env.run(program, &["--dry-run"]);
        assert_eq!(dry.status, 0, "{dry:?}");
        assert_eq!(runs(&env).len(), n, "a dry run of {program} left a row");
        let output = env.run(program, &[]);
        assert_eq!(
            (output.status, output.stdout.as_str(), output.stderr.as_str()),
            (0, "", ""),
            "{output:?}"
        );
        let rows = runs(&env);
        assert_eq!(rows.len(), n + 1, "{rows:?}");
        assert_eq!(rows[0]["job"], job, "{rows:?}");
        assert_eq!(rows[0]["exit"], 0, "{rows:?}");
        assert!(
            rows[0]["ended_at"].as_i64() >= rows[0]["started_at"].as_i64(),
            "{rows:?}"
        );
        let log = std::fs::read_to_string(env.path(&format!("log/{job}.log"))).unwrap();
        assert!(!log.is_empty(), "{program} wrote no log");
        assert!(
            env.ok("mm-locks", &[]).contains("no locks"),
            "{program} left its lock behind"
        );
        let json = env.run(program, &["--format", "json"]);
        assert!(
            serde_json::from_str::<serde_json::Value>(&json.stdout).is_ok(),
            "{json:?}"
        );
        env.write(&format!("log/{job}.log"), "");
        // The JSON run wrote a row, too: the count starts again.
        sql(&env, "DELETE FROM run WHERE id = (SELECT max(id) FROM run)");
    }
}

#[test]
fn second_run_of_a_job_exits_with_75() {
    let env = world();
    for (program, lock) in jobs() {
        let path = env.write(&format!("locks/{lock}.lock"), "");
        let held = std::fs::File::open(&path).unwrap();
        fs2::FileExt::try_lock_exclusive(&held).unwrap();
        let output = env.run(program, &[]);
        assert_eq!(output.status, 75, "{output:?}");
        assert!(
            output.stderr.contains("mm-locks") && output.stdout.is_empty(),
            "{output:?}"
        );
        let waited = env.run(program, &["--lock-wait", "1s"]);
        assert_eq!(waited.status, 75, "{waited:?}");
        let dry = env.run(program, &["--dry-run"]);
        assert_eq!(dry.status, 0, "a dry run takes no lock: {dry:?}");
        assert!(runs(&env).iter().all(|r| r["exit"] == 0), "a refused run left a row");
        drop(held);
        assert_eq!(env.run(program, &[]).status, 0);
    }
}

#[test]
fn missing_database_error_names_the_command_that_creates_it() {
    for (program, _) in jobs() {
        let env = Env::new("[[category]]\nname = \"T\"\npath = \"master\"\n");
        let output = env.run(program, &[]);
        assert_eq!(output.status, 1, "{output:?}");
        assert!(
            output.stderr.contains("mm-admin init") && output.stdout.is_empty(),
            "{output:?}"
        );
    }
}

#[test]
fn cron_mail_reports_the_begin_and_the_end_of_a_problem() {
    let env = world_without_mirrors();
    let update = |args: &[&str]| {
        let output = env.run("mm-update-mirrorlist", args);
        assert_eq!((output.status, output.stdout.as_str()), (0, ""), "{output:?}");
        output.stderr
    };
    let started = update(&[]);
    assert!(started.contains("category T has no host"), "{started}");
    assert_eq!(update(&[]), "", "said once");
    add_mirror(&env);
    let over = update(&[]);
    assert!(
        over.contains("resolved, open since") && over.contains("category T has no host"),
        "{over}"
    );
    assert_eq!(update(&[]), "");
}

#[test]
fn cron_mail_reports_a_failing_job_once_a_day_and_its_recovery() {
    let env = world();
    env.configure(
        "[[category]]\nname = \"T\"\npath = \"master\"\n[[sync.target]]\nname = \"app\"\naddress = \"app\"\n",
    );
    let sync = |status: i32| {
        let output = env.run("mm-sync-out", &[]);
        assert_eq!((output.status, output.stdout.as_str()), (status, ""), "{output:?}");
        output.stderr
    };
    let words = "create one with: mm-update-mirrorlist";
    assert!(sync(1).contains(words));
    assert_eq!(sync(1), "", "said once");
    let seen = env.run("mm-sync-out", &["-v"]);
    assert!(seen.stderr.contains(words), "a person is told each time: {seen:?}");
    sql(&env, "UPDATE alert SET notified_at = notified_at - 90000");
    let lasts = sync(1);
    assert!(lasts.contains(words) && lasts.contains("(since "), "{lasts}");
    assert_eq!(sync(1), "");
    env.ok("mm-update-mirrorlist", &[]);
    let over = sync(0);
    assert!(
        over.contains("resolved, open since") && over.contains("no generation in"),
        "{over}"
    );
    assert_eq!(sync(0), "");

    // A command without a subject is reported each time, and the row has the exit status.
    for _ in 0..2 {
        let output = env.run("mm-detect-release", &["--acknowledge", "pub/nope"]);
        assert_eq!(output.status, 3, "{output:?}");
        assert!(output.stderr.contains("pub/nope"), "{output:?}");
        let rows = runs(&env);
        assert_eq!((&rows[0]["job"], &rows[0]["exit"]), (&"detect".into(), &3.into()));
    }
}

#[test]
fn cron_mail_reports_an_overdue_lock_holder_once() {
    let env = world();
    let take_lock = |deadline: i64| {
        let body = format!(
            "{{\"pid\":1,\"start_time\":1,\"boot_id\":\"b\",\"pid_namespace\":\"n\",\"host\":\"h\",\"user\":\"u\",\
             \"command\":\"c\",\"since\":1,\"deadline\":{deadline}}}\n"
        );
        let path = env.write("locks/update.lock", body);
        let held = std::fs::File::open(path).unwrap();
        fs2::FileExt::try_lock_exclusive(&held).unwrap();
        held
    };
    let update = |status: i32| {
        let output = env.run("mm-update-mirrorlist", &["--quiet-if-locked"]);
        assert_eq!(output.status, status, "{output:?}");
        output.stderr
    };
    let held = take_lock(i64::from(i32::MAX) * 2);
    assert_eq!(update(75), "");
    drop(held);
    let held = take_lock(2);
    assert!(update(75).contains("update is already running"));
    assert_eq!(update(75), "", "said once");
    drop(held);
    assert!(update(0).contains("resolved, open since"));
    assert_eq!(update(0), "");
}

#[test]
fn full_stdout_is_reported_as_an_error() {
    let env = Env::new("");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let out = env.command("mm-locks").stdout(full).output().unwrap();
    let printed = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{printed}");
    assert!(printed.contains("writing the report to stdout"), "{printed}");
}
