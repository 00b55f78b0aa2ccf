//! Crawl preferences of hosts, in `host`, `apply`, `export` and `undo`.

use serde_json::{Value, json};

use super::{database, home, json, refused};

const HOST: &str = "mirror.example.org";
const FIELDS: [&str; 5] = [
    "crawl_connections",
    "crawl_rate",
    "crawl_budget",
    "crawl_window",
    "crawl_probe",
];

fn fields(env: &crate::support::Env, host: &str) -> Vec<Value> {
    let host = json(env, &["host", "show", host]);
    FIELDS.iter().map(|f| host[*f].clone()).collect()
}

#[test]
fn preferences_are_added_set_and_validated() {
    let env = home();
    assert_eq!(fields(&env, HOST), vec![Value::Null; 5]);
    let add = [
        "host",
        "add",
        "two.example.org",
        "--site",
        "Example University",
        "crawl_connections=1",
        "crawl_rate=5",
        "crawl_budget=9000",
        "crawl_window=22:30-06:00",
        "crawl_probe=RSYNC",
    ];
    env.ok("mm-admin", &add);
    let expected = [json!(1), json!(5), json!(9000), json!("22:30-06:00"), json!("rsync")];
    assert_eq!(fields(&env, "two.example.org"), expected);
    let shown = env.ok("mm-admin", &["host", "show", "two.example.org"]);
    assert!(shown.contains("22:30-06:00"), "{shown}");

    let set = [
        "host",
        "set",
        "two.example.org",
        "crawl_window=18:00-24:00",
        "crawl_rate=",
        "crawl_probe=head",
    ];
    let output = env.ok("mm-admin", &set);
    assert!(output.contains("crawl_window: 22:30-06:00 -> 18:00-00:00"), "{output}");
    assert_eq!(
        fields(&env, "two.example.org"),
        [json!(1), Value::Null, json!(9000), json!("18:00-00:00"), json!("head")]
    );
    for (change, message) in [
        ("crawl_window=8-9", "22:00-06:00"),
        ("crawl_window=06:00-06:00", "start and end are equal"),
        ("crawl_probe=ftp", "rsync, index or head"),
        ("crawl_rate=0", "from 1 to"),
    ] {
        refused(&env, &["host", "set", HOST, change], 2, &[message]);
    }
}

#[test]
fn preferences_are_part_of_the_registry_file() {
    let env = home();
    env.write(
        "limits.toml",
        "[[site]]\nname = \"Example University\"\n[[site.host]]\nname = \"mirror.example.org\"\ncrawl_connections = 3\n\
         crawl_budget = 500\ncrawl_window = \"01:00-05:00\"\ncrawl_probe = \"index\"\n",
    );
    env.ok("mm-admin", &["apply", "limits.toml"]);
    let expected = [json!(3), Value::Null, json!(500), json!("01:00-05:00"), json!("index")];
    assert_eq!(fields(&env, HOST), expected);
    let file = env.ok("mm-admin", &["export"]);
    assert!(
        file.contains("crawl_window = \"01:00-05:00\"") && !file.contains("crawl_rate"),
        "{file}"
    );
    env.write("all.toml", &file);
    assert_eq!(env.ok("mm-admin", &["apply", "all.toml", "--prune"]), "");
    assert_eq!(fields(&env, HOST), expected);
    // With --prune, a file without them resets them.
    let without: Vec<&str> = file.lines().filter(|l| !l.trim().starts_with("crawl_")).collect();
    env.write("bare.toml", without.join("\n"));
    env.ok("mm-admin", &["apply", "bare.toml", "--prune"]);
    assert_eq!(fields(&env, HOST), vec![Value::Null; 5]);

    env.write(
        "wrong.toml",
        "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h.example.org\"\ncrawl_window = \"night\"\n",
    );
    refused(
        &env,
        &["apply", "wrong.toml"],
        2,
        &["line 5", "`crawl_window`", "22:00-06:00"],
    );
}

#[test]
fn changes_with_and_without_preferences_are_undone() {
    let env = home();
    let undo_last = || {
        let last = json(&env, &["changes", "-n", "1"])[0]["id"].to_string();
        env.ok("mm-admin", &["undo", &last])
    };
    env.ok(
        "mm-admin",
        &["host", "set", HOST, "crawl_rate=7", "crawl_window=22:00-06:00"],
    );
    env.ok("mm-admin", &["host", "remove", HOST, "--recursive"]);
    undo_last();
    let expected = [Value::Null, json!(7), Value::Null, json!("22:00-06:00"), Value::Null];
    assert_eq!(fields(&env, HOST), expected);
    // An entry as mm-crawl writes it.
    database(&env)
        .execute_batch(
            "UPDATE host SET user_active = 0, disabled_by = 'crawler', disable_reason = 'gone';
             INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", old, new) VALUES (1, 'mm', 'mm-crawl',
             'host', 'mirror.example.org',
             '{\"name\": \"mirror.example.org\", \"user_active\": true, \"disabled_by\": null, \"disable_reason\": null,
               \"crawl_rate\": 7, \"crawl_window\": \"22:00-06:00\", \"crawl_probe\": null}',
             '{\"name\": \"mirror.example.org\", \"user_active\": false, \"disabled_by\": \"crawler\",
               \"disable_reason\": \"gone\", \"crawl_rate\": 7, \"crawl_window\": \"22:00-06:00\", \"crawl_probe\": null}');",
        )
        .unwrap();
    undo_last();
    assert_eq!(json(&env, &["host", "show", HOST])["user_active"], true);
    assert_eq!(fields(&env, HOST), expected);
    // An entry without these fields restores the host without them.
    env.ok("mm-admin", &["host", "remove", HOST, "--recursive"]);
    database(&env)
        .execute(
            "UPDATE audit_log SET old = json_remove(old, '$.crawl_connections', '$.crawl_rate', '$.crawl_budget', \
             '$.crawl_window', '$.crawl_probe') WHERE entity = 'host' AND new IS NULL",
            [],
        )
        .unwrap();
    undo_last();
    assert_eq!(fields(&env, HOST), vec![Value::Null; 5]);
}
