//! `mm-admin contact forget`.

use super::*;

const ADDRESS: &str = "Jo.Doe@Mirror.example.org";

/// The address in any file of the database.
fn is_stored(env: &Env) -> bool {
    let needle = b"jo.doe@mirror.example.org";
    let found = |name: &str| {
        let bytes = std::fs::read(env.path(name)).unwrap_or_default().to_ascii_lowercase();
        bytes.windows(needle.len()).any(|w| w == needle)
    };
    found("mm.db") || found("mm.db-wal")
}

/// Writes the address wherever the programs can.
fn store_everywhere(env: &Env) {
    env.ok(
        "mm-admin",
        &["host", "set", "m.example.org", &format!("robot_email={ADDRESS}")],
    );
    env.ok(
        "mm-admin",
        &["host", "set", "m.example.org", "robot_email=other@example.org"],
    );
    env.ok(
        "mm-admin",
        &["host", "set", "m.example.org", "robot_email=jo.doe@mirror.example.org"],
    );
    let comment = "comment=ask jo.doe@mirror.example.org, not mary.jo.doe@mirror.example.org.uk";
    env.ok("mm-admin", &["host", "set", "m.example.org", comment]);
    env.ok(
        "mm-admin",
        &["pause", "crawl", "--reason", "said jo.doe@mirror.example.org"],
    );
    sql(
        env,
        "INSERT INTO mail_queue (recipient, subject, body, queued_at, next_attempt_at) VALUES \
         ('JO.DOE@mirror.example.org', 's', 'b', 1, 1), ('root@example.org', 's', 'to jo.doe@mirror.example.org', 1, 1); \
         INSERT INTO alert_event (happened_at, job, \"key\", message, since, is_resolved) VALUES \
         (1, 'crawl', 'k', 'jo.doe@mirror.example.org', 1, 0); \
         INSERT INTO owner_notice (host_id, condition, since, crawls) SELECT id, 'failing', 1, 1 FROM host; \
         UPDATE host SET disable_reason = 'asked by jo.doe@mirror.example.org'; \
         INSERT INTO expected_removal (category_id, path, expires_at, repositories, announced_by, announced_at) \
         SELECT id, 'x', 1, 0, 'jo.doe@mirror.example.org', 1 FROM category; \
         INSERT INTO pending_removal SELECT max(id), 1, 1, 'Jo.Doe@mirror.example.org' FROM directory; \
         INSERT INTO unresolved_directory (category_id, path, reason, first_seen, last_seen, acknowledged_by) \
         SELECT id, 'y', 'r', 1, 1, 'jo.doe@mirror.example.org' FROM category; \
         INSERT INTO finding (host_category_id, seen_at, url, reason, expected, seen) \
         SELECT id, 1, 'u', 'forbidden', '', 'blocked, ask jo.doe@mirror.example.org' FROM host_category",
    );
}

#[test]
fn a_person_is_erased_everywhere() {
    let env = site("contact = \"jo.doe@mirror.example.org\"\n");
    store_everywhere(&env);
    env.ok("mm-admin", &["backup"]);
    let host_log = env.write(
        "log/crawl/m.example.org.log",
        "x\n550 jo.doe@mirror.example.org: no such user\n",
    );
    let dry = env.run("mm-admin", &["contact", "forget", ADDRESS, "--dry-run"]).stdout;
    assert!(
        dry.contains("dry run: nothing was changed") && dry.contains("registry: would erase it in"),
        "{dry}"
    );
    assert!(is_stored(&env));
    let ran = env.run("mm-admin", &["contact", "forget", ADDRESS]);
    assert_eq!(ran.status, 3, "files have it: {ran:?}");
    let report = ran.stdout;
    for place in [
        "pending decisions",
        "findings",
        "registry",
        "audit log",
        "mail queue",
        "alerts",
        "owner notices",
        "pauses and pins",
    ] {
        assert!(report.contains(&format!("{place}: erased it in ")), "{place}: {report}");
    }
    assert!(
        report.contains("contact in ") && report.contains("still has it"),
        "{report}"
    );
    // The address of somebody else contains it, and stays.
    let host = env.ok("mm-admin", &["host", "show", "m.example.org"]);
    assert!(
        host.contains("ask (erased), not mary.jo.doe@mirror.example.org.uk"),
        "{host}"
    );
    sql(
        &env,
        "PRAGMA secure_delete = ON; UPDATE host SET comment = NULL; UPDATE audit_log SET old = NULL, new = NULL WHERE new LIKE '%mary%' OR old LIKE '%mary%'; PRAGMA wal_checkpoint(TRUNCATE)",
    );
    assert!(!is_stored(&env));
    assert_eq!(count(&env, "SELECT count(*) FROM mail_queue"), 1);
    // What is not erased is named, with commands that work.
    assert!(report.contains("1 log file still has it"), "{report}");
    assert!(
        report.contains("1 backup still has it; each is removed after 30 newer ones"),
        "{report}"
    );
    let commands: Vec<&str> = report.lines().filter_map(|l| l.strip_prefix("  ")).collect();
    assert_eq!(commands.len(), 2, "{report}");
    for command in commands {
        run_in_shell(&env, command);
    }
    assert!(!host_log.exists());
    assert!(env.path("backup/newest.db").exists());
    configure(&env, "backup.copy_to = \"copies\"\n");
    // A second command, or one with a mistyped address.
    let again = env.run("mm-admin", &["contact", "forget", ADDRESS]);
    assert!(
        again.status == 3 && again.stderr.contains("the database does not have"),
        "{again:?}"
    );
    assert!(
        again
            .stdout
            .contains("copies are not searched: remove those made before "),
        "{again:?}"
    );
}

/// Runs a command that was advised, as an operator does.
fn run_in_shell(env: &Env, command: &str) {
    let mm_admin = env.command("mm-admin");
    let dir = std::path::Path::new(mm_admin.get_program()).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", dir.display());
    let output = std::process::Command::new("sh")
        .args(["-c", command])
        .env("PATH", path)
        .env("MM_CONFIG", env.path("mm.toml"))
        .current_dir(env.path("."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{command}: {output:?}");
}

/// Changes before and after stay in the audit log, and can be undone without the address coming back.
#[test]
fn changes_can_still_be_undone() {
    let env = site("");
    env.ok(
        "mm-admin",
        &[
            "host",
            "set",
            "m.example.org",
            "bandwidth=500",
            &format!("robot_email={ADDRESS}"),
        ],
    );
    env.ok("mm-admin", &["contact", "forget", ADDRESS]);
    let changes = env.ok("mm-admin", &["changes", "--format", "json"]);
    assert!(!changes.to_lowercase().contains("jo.doe"), "{changes}");
    let changes: serde_json::Value = serde_json::from_str(&changes).unwrap();
    for state in ["old", "new"] {
        assert!(changes[0][state]["robot_email"].is_null(), "{changes}");
    }
    let id = |n: usize| changes[n]["id"].to_string();
    // Nothing is left of the erasure to be undone.
    assert_eq!(env.run("mm-admin", &["undo", &id(0)]).status, 1);
    env.ok("mm-admin", &["undo", &id(1)]);
    let host = env.ok("mm-admin", &["host", "show", "m.example.org", "--format", "json"]);
    assert!(
        !host.to_lowercase().contains("jo.doe") && host.contains("\"bandwidth\": 100"),
        "{host}"
    );
}
