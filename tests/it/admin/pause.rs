//! `mm-admin pause` and `resume`: a paused job does nothing, reports that once, and runs again after it is resumed.

use serde_json::{Value, json};

use crate::support::{Env, RunOutput};

/// Two categories with a tree each, and a target on this machine.
fn two_category_env() -> Env {
    let env = Env::new(
        "[[category]]\nname = \"A\"\npath = \"a\"\n[[category]]\nname = \"B\"\npath = \"b\"\n\
         [[sync.target]]\nname = \"app\"\naddress = \"app\"\n",
    );
    env.write("a/README", "hello");
    env.write("b/README", "hello");
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["product", "add", "P"]);
    for name in ["A", "B"] {
        let topdir = format!("topdir=pub/{name}");
        env.ok("mm-admin", &["category", "add", name, "--product", "P", &topdir]);
    }
    env
}

fn rows(env: &Env, args: &[&str]) -> Value {
    let text = env.ok("mm-admin", &[args, &["--format", "json"]].concat());
    serde_json::from_str(&text).unwrap()
}

fn runs(env: &Env, job: &str) -> usize {
    let report = rows(env, &["runs", "--job", job]);
    report.as_array().unwrap_or_else(|| panic!("{report}")).len()
}

/// Runs a program as cron does, expects exit status 0 without output, and returns stderr.
fn run_by_cron(env: &Env, program: &str) -> String {
    let output: RunOutput = env.run(program, &[]);
    assert_eq!((output.status, output.stdout.as_str()), (0, ""), "{output:?}");
    output.stderr
}

#[test]
fn paused_job_does_nothing_and_reports_it_once() {
    let env = two_category_env();
    for (job, program) in [
        ("scan", "mm-scan-master"),
        ("crawl", "mm-crawl"),
        ("publish", "mm-sync-out"),
    ] {
        env.ok("mm-admin", &["pause", job, "--reason", "moving the master"]);
        let first = run_by_cron(&env, program);
        for words in ["is paused by", "moving the master", &format!("mm-admin resume {job}")] {
            assert!(first.contains(words), "no {words:?} in {first}");
        }
        assert_eq!(run_by_cron(&env, program), "", "reported once");
        assert_eq!(runs(&env, job), 0, "{program} did something");
        let report = rows(&env, &["pause", "list"]);
        assert_eq!(report["pauses"][0]["job"], json!(job));
        env.ok("mm-admin", &["resume", job]);
    }
    let resumed = run_by_cron(&env, "mm-scan-master");
    assert!(
        resumed.contains("resolved, open since") && resumed.contains("is paused by"),
        "{resumed}"
    );
    assert_eq!(runs(&env, "scan"), 1);
    assert_eq!(run_by_cron(&env, "mm-scan-master"), "");
    let listed = env.ok("mm-admin", &["pause", "list"]);
    assert_eq!(listed, "no job is paused\n");
    // A dry run does not depend on pauses.
    env.ok("mm-admin", &["pause", "scan"]);
    let dry = env.run("mm-scan-master", &["--dry-run"]);
    assert_eq!((dry.status, dry.stderr.as_str()), (0, ""), "{dry:?}");
}

#[test]
fn paused_category_is_skipped_and_others_are_not() {
    let env = two_category_env();
    env.ok("mm-admin", &["pause", "scan", "--category", "B"]);
    env.ok("mm-admin", &["pause", "crawl", "--category", "B"]);
    for program in ["mm-scan-master", "mm-crawl"] {
        let first = run_by_cron(&env, program);
        assert!(
            first.contains("of B is paused by") && first.contains("--category 'B'"),
            "{first}"
        );
        assert_eq!(run_by_cron(&env, program), "", "reported once");
    }
    let last = rows(&env, &["runs", "--job", "scan", "-n", "1"]);
    let scanned = &last[0]["stats"]["categories"];
    assert_eq!(scanned.as_array().unwrap().len(), 1, "{last}");
    assert!(scanned.to_string().contains("\"A\""), "{last}");
    // Also if it is selected by name.
    let named = env.run("mm-scan-master", &["--category", "B"]);
    assert_eq!(named.status, 3, "{named:?}");
    assert!(named.stderr.contains("not done: scan of B is paused by"), "{named:?}");
    env.ok("mm-admin", &["resume", "scan", "--category", "B"]);
    let resumed = run_by_cron(&env, "mm-scan-master");
    assert!(resumed.contains("resolved, open since"), "{resumed}");
}

#[test]
fn pause_expires_is_audited_and_reported_by_doctor() {
    let env = two_category_env();
    env.ok("mm-admin", &["pause", "scan", "--until", "1h", "--reason", "first"]);
    env.ok("mm-admin", &["pause", "scan", "--until", "2h", "--reason", "second"]);
    let report = rows(&env, &["pause", "list"]);
    assert_eq!(
        report["pauses"].as_array().unwrap().len(),
        1,
        "the second replaces the first: {report}"
    );
    let sql = |text: &str| {
        let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
        assert_eq!(conn.execute(text, []).unwrap(), 1);
    };
    let doctor = env.ok("mm-admin", &["doctor"]);
    assert!(
        doctor.contains("scan is paused by") && doctor.contains("pause: mm-admin resume scan"),
        "{doctor}"
    );
    sql("UPDATE job_pause SET paused_until = 5");
    assert_eq!(run_by_cron(&env, "mm-scan-master"), "");
    let again = env.run("mm-admin", &["resume", "scan"]);
    assert_eq!(again.status, 3, "{again:?}");
    env.ok("mm-admin", &["pause", "publish"]);
    env.ok("mm-admin", &["resume", "publish"]);
    let changes = rows(&env, &["changes", "--entity", "pause"]);
    let changes = changes.as_array().unwrap();
    assert_eq!(changes.len(), 4, "{changes:?}");
    assert_eq!(changes[2]["old"]["reason"], "first", "{changes:?}");
    assert_eq!(changes[2]["new"]["reason"], "second", "{changes:?}");
    for args in [
        ["pause", "update"].as_slice(),
        &["pause", "scan", "--category", "C"],
        &["pause", "scan", "--until", "yesterday"],
        &["pause", "scan", "--until", "2020-01-01"],
        &["pause", "publish", "--category", "A"],
        &["resume", "update"],
    ] {
        assert_eq!(env.run("mm-admin", args).status, 2, "{args:?}");
    }
}

#[test]
fn dry_run_shows_the_result_and_changes_nothing() {
    let env = two_category_env();
    let pauses = || rows(&env, &["pause", "list"])["pauses"].clone();
    let shown = env.ok("mm-admin", &["pause", "scan", "--category", "A", "--dry-run"]);
    assert!(
        shown.contains("nothing was changed") && shown.contains("scan"),
        "{shown}"
    );
    assert_eq!(pauses(), json!([]));
    env.ok("mm-admin", &["pause", "scan", "--reason", "first"]);
    env.ok("mm-admin", &["pause", "scan", "--reason", "second", "--dry-run"]);
    let shown = env.ok("mm-admin", &["resume", "scan", "--dry-run"]);
    assert!(shown.contains("resumed: scan is paused by"), "{shown}");
    assert_eq!(pauses()[0]["reason"], "first");
    assert_eq!(env.run("mm-admin", &["resume", "crawl", "--dry-run"]).status, 3);
    assert_eq!(
        rows(&env, &["changes", "--entity", "pause"]).as_array().unwrap().len(),
        1
    );
}

#[test]
fn pause_and_resume_can_be_undone() {
    let env = two_category_env();
    let last = || rows(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    let pauses = || rows(&env, &["pause", "list"])["pauses"].clone();
    env.ok("mm-admin", &["pause", "scan", "--reason", "first", "--until", "2h"]);
    let first = (last(), pauses());
    env.ok("mm-admin", &["pause", "scan", "--reason", "second"]);
    // The first was changed since.
    let refused = env.run("mm-admin", &["undo", &first.0]);
    assert!(
        refused.status == 1 && refused.stderr.contains("changed again since"),
        "{refused:?}"
    );
    let second = last();
    env.ok("mm-admin", &["undo", &second, "--dry-run"]);
    assert_eq!(pauses()[0]["reason"], "second");
    let undone = env.ok("mm-admin", &["undo", &second]);
    assert!(undone.contains("scan is paused as before"), "{undone}");
    assert_eq!(pauses(), first.1, "with its times and reason");
    assert!(run_by_cron(&env, "mm-scan-master").contains("first"));

    env.ok("mm-admin", &["pause", "crawl", "--category", "A", "--category", "B"]);
    let both = pauses();
    env.ok("mm-admin", &["resume", "crawl"]);
    env.ok("mm-admin", &["undo", &last()]);
    assert_eq!(pauses(), both, "all pauses that the command ended");
}

#[test]
fn undone_pause_does_not_stop_the_job() {
    let env = two_category_env();
    env.ok("mm-admin", &["pause", "scan", "--until", "1h"]);
    let id = rows(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    env.ok("mm-admin", &["undo", &id]);
    assert_eq!(env.ok("mm-admin", &["pause", "list"]), "no job is paused\n");
    assert_eq!(run_by_cron(&env, "mm-scan-master"), "");
    assert_eq!(runs(&env, "scan"), 1);
    // Undoing the undo pauses the job again, unless the pause has expired.
    let undo = rows(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let old = "UPDATE audit_log SET old = json_set(old, '$.until', 5) WHERE id = ?";
    let kept: String = conn
        .query_row("SELECT old FROM audit_log WHERE id = ?", [&undo], |r| r.get(0))
        .unwrap();
    assert_eq!(conn.execute(old, [&undo]).unwrap(), 1);
    let refused = env.run("mm-admin", &["undo", &undo]);
    assert!(
        refused.status == 1 && refused.stderr.contains("has expired"),
        "{refused:?}"
    );
    conn.execute("UPDATE audit_log SET old = ? WHERE id = ?", [&kept, &undo])
        .unwrap();
    env.ok("mm-admin", &["undo", &undo]);
    assert_eq!(rows(&env, &["pause", "list"])["pauses"][0]["job"], "scan");
}
