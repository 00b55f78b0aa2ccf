//! Holds: a job that a person told to do nothing does nothing, says so once, and goes on when it is let go.

use serde_json::{Value, json};

use crate::support::{Env, Ran};

/// Two categories with a tree each, and a target on this machine.
fn world() -> Env {
    let env = Env::new(
        "[[category]]\nname = \"A\"\npath = \"a\"\n[[category]]\nname = \"B\"\npath = \"b\"\n\
         [[sync.target]]\nname = \"app\"\nto = \"app\"\n",
    );
    env.write("a/README", "hello");
    env.write("b/README", "hello");
    env.ok("mm-admin", &["init"]);
    env.ok("mm-admin", &["product", "add", "P"]);
    for name in ["A", "B"] {
        let topdir = format!("pub/{name}");
        env.ok(
            "mm-admin",
            &["category", "add", name, "--product", "P", "--topdir", &topdir],
        );
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

/// A run by cron that ends with 0; returns what it said.
fn said(env: &Env, program: &str) -> String {
    let ran: Ran = env.run(program, &[]);
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{ran:?}");
    ran.stderr
}

#[test]
fn a_held_job_says_so_once_and_does_nothing_until_it_is_released() {
    let env = world();
    for (what, program) in [
        ("scan", "mm-scan-master"),
        ("crawl", "mm-crawl"),
        ("publish", "mm-sync-out"),
    ] {
        env.ok("mm-admin", &["hold", what, "--reason", "the master is moved"]);
        let begun = said(&env, program);
        for words in [
            "is held by",
            "the master is moved",
            &format!("mm-admin hold release {what}"),
        ] {
            assert!(begun.contains(words), "no {words:?} in {begun}");
        }
        assert_eq!(said(&env, program), "", "said once");
        assert_eq!(runs(&env, what), 0, "{program} did something");
        let report = rows(&env, &["hold", "list"]);
        assert_eq!(report["holds"][0]["what"], json!(what));
        env.ok("mm-admin", &["hold", "release", what]);
    }
    let over = said(&env, "mm-scan-master");
    assert!(
        over.contains("resolved, open since") && over.contains("is held by"),
        "{over}"
    );
    assert_eq!(runs(&env, "scan"), 1);
    assert_eq!(said(&env, "mm-scan-master"), "");
    let listed = env.ok("mm-admin", &["hold", "list"]);
    assert_eq!(listed, "nothing is held\n");
    // A dry run changes nothing, and shows what would be.
    env.ok("mm-admin", &["hold", "scan"]);
    let dry = env.run("mm-scan-master", &["--dry-run"]);
    assert_eq!((dry.status, dry.stderr.as_str()), (0, ""), "{dry:?}");
}

#[test]
fn a_held_category_is_left_alone_and_the_others_are_not() {
    let env = world();
    env.ok("mm-admin", &["hold", "scan", "--category", "B"]);
    env.ok("mm-admin", &["hold", "crawl", "--category", "B"]);
    for program in ["mm-scan-master", "mm-crawl"] {
        let first = said(&env, program);
        assert!(
            first.contains("of B is held by") && first.contains("--category 'B'"),
            "{first}"
        );
        assert_eq!(said(&env, program), "", "said once");
    }
    let last = rows(&env, &["runs", "--job", "scan", "-n", "1"]);
    let scanned = &last[0]["counts"]["categories"];
    assert_eq!(scanned.as_array().unwrap().len(), 1, "{last}");
    assert!(scanned.to_string().contains("\"A\""), "{last}");
    // By name, too.
    let named = env.run("mm-scan-master", &["--category", "B"]);
    assert_eq!(named.status, 0, "{named:?}");
    assert!(named.stderr.contains("of B is held by"), "{named:?}");
    env.ok("mm-admin", &["hold", "release", "scan", "--category", "B"]);
    let over = said(&env, "mm-scan-master");
    assert!(over.contains("resolved, open since"), "{over}");
}

#[test]
fn a_hold_ends_by_itself_is_in_the_audit_log_and_shown_by_doctor_when_it_is_old() {
    let env = world();
    env.ok("mm-admin", &["hold", "scan", "--until", "1h", "--reason", "first"]);
    env.ok("mm-admin", &["hold", "scan", "--until", "2h", "--reason", "second"]);
    let report = rows(&env, &["hold", "list"]);
    assert_eq!(
        report["holds"].as_array().unwrap().len(),
        1,
        "one in the place of the other: {report}"
    );
    let sql = |text: &str| {
        let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
        assert_eq!(conn.execute(text, []).unwrap(), 1);
    };
    assert!(!env.ok("mm-admin", &["doctor"]).contains("scan is held"));
    sql("UPDATE hold SET held_at = held_at - 90000");
    let doctor = env.ok("mm-admin", &["doctor"]);
    assert!(
        doctor.contains("scan is held by") && doctor.contains("hold: mm-admin hold release scan"),
        "{doctor}"
    );
    sql("UPDATE hold SET held_until = 5");
    assert_eq!(said(&env, "mm-scan-master"), "");
    let again = env.run("mm-admin", &["hold", "release", "scan"]);
    assert_eq!(again.status, 2, "{again:?}");
    env.ok("mm-admin", &["hold", "publish"]);
    env.ok("mm-admin", &["hold", "release", "publish"]);
    let changes = rows(&env, &["changes", "--entity", "hold"]);
    let changes = changes.as_array().unwrap();
    assert_eq!(changes.len(), 4, "{changes:?}");
    assert_eq!(changes[2]["old"]["reason"], "first", "{changes:?}");
    assert_eq!(changes[2]["new"]["reason"], "second", "{changes:?}");
    for args in [
        ["hold", "update"].as_slice(),
        &["hold", "scan", "--category", "C"],
        &["hold", "scan", "--until", "yesterday"],
        &["hold", "scan", "--until", "2020-01-01"],
        &["hold", "publish", "--category", "A"],
        &["hold", "release", "update"],
    ] {
        assert_eq!(env.run("mm-admin", args).status, 2, "{args:?}");
    }
}

#[test]
fn a_dry_run_shows_what_would_be_held_and_changes_nothing() {
    let env = world();
    let held = || rows(&env, &["hold", "list"])["holds"].clone();
    let shown = env.ok("mm-admin", &["hold", "scan", "--category", "A", "--dry-run"]);
    assert!(
        shown.contains("nothing was changed") && shown.contains("scan"),
        "{shown}"
    );
    assert_eq!(held(), json!([]));
    env.ok("mm-admin", &["hold", "scan", "--reason", "first"]);
    env.ok("mm-admin", &["hold", "scan", "--reason", "second", "--dry-run"]);
    let shown = env.ok("mm-admin", &["hold", "release", "scan", "--dry-run"]);
    assert!(shown.contains("released: scan is held by"), "{shown}");
    assert_eq!(held()[0]["reason"], "first");
    assert_eq!(
        env.run("mm-admin", &["hold", "release", "crawl", "--dry-run"]).status,
        2
    );
    assert_eq!(
        rows(&env, &["changes", "--entity", "hold"]).as_array().unwrap().len(),
        1
    );
}

#[test]
fn setting_and_releasing_a_hold_are_undone() {
    let env = world();
    let last = || rows(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    let held = || rows(&env, &["hold", "list"])["holds"].clone();
    env.ok("mm-admin", &["hold", "scan", "--reason", "first", "--until", "2h"]);
    let first = (last(), held());
    env.ok("mm-admin", &["hold", "scan", "--reason", "second"]);
    // The first was changed since.
    let refused = env.run("mm-admin", &["undo", &first.0]);
    assert!(
        refused.status == 1 && refused.stderr.contains("changed again since"),
        "{refused:?}"
    );
    let second = last();
    env.ok("mm-admin", &["undo", &second, "--dry-run"]);
    assert_eq!(held()[0]["reason"], "second");
    let undone = env.ok("mm-admin", &["undo", &second]);
    assert!(undone.contains("scan is held as before"), "{undone}");
    assert_eq!(held(), first.1, "with its time, its reason and its day");
    assert!(said(&env, "mm-scan-master").contains("first"));

    env.ok("mm-admin", &["hold", "crawl", "--category", "A", "--category", "B"]);
    let both = held();
    env.ok("mm-admin", &["hold", "release", "crawl"]);
    env.ok("mm-admin", &["undo", &last()]);
    assert_eq!(held(), both, "all that one command released");
}

/// What was held before it was undone is let go: nothing stays that nobody wants.
#[test]
fn a_hold_that_is_undone_holds_nothing() {
    let env = world();
    env.ok("mm-admin", &["hold", "scan", "--until", "1h"]);
    let id = rows(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    env.ok("mm-admin", &["undo", &id]);
    assert_eq!(env.ok("mm-admin", &["hold", "list"]), "nothing is held\n");
    assert_eq!(said(&env, "mm-scan-master"), "");
    assert_eq!(runs(&env, "scan"), 1);
    // Undoing the undo holds it again; one whose time is over is not brought back.
    let undo = rows(&env, &["changes", "-n", "1"])[0]["id"].to_string();
    let conn = rusqlite::Connection::open(env.path("mm.db")).unwrap();
    let old = "UPDATE change SET old = json_set(old, '$.until', 5) WHERE id = ?";
    let kept: String = conn
        .query_row("SELECT old FROM change WHERE id = ?", [&undo], |r| r.get(0))
        .unwrap();
    assert_eq!(conn.execute(old, [&undo]).unwrap(), 1);
    let refused = env.run("mm-admin", &["undo", &undo]);
    assert!(
        refused.status == 1 && refused.stderr.contains("time of the hold"),
        "{refused:?}"
    );
    conn.execute("UPDATE change SET old = ? WHERE id = ?", [&kept, &undo])
        .unwrap();
    env.ok("mm-admin", &["undo", &undo]);
    assert_eq!(rows(&env, &["hold", "list"])["holds"][0]["what"], "scan");
}
