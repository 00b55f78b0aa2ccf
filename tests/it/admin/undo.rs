//! `mm-admin undo`: every kind of change, on every entity; groups; what is refused; undoing an undo.

use serde_json::Value;

use super::entities::cases::CASES;
use super::{database, home, json, refused, with_repository};
use crate::support::Env;

/// Every row of every table of the registry, as text.
fn state(env: &Env) -> Vec<String> {
    const TABLES: [&str; 18] = [
        "product",
        "version",
        "arch",
        "category",
        "site",
        "host",
        "host_category",
        "host_category_url",
        "host_netblock",
        "host_peer_asn",
        "host_country_allowed",
        "host_country_denied",
        "repository",
        "repository_redirect",
        "netblock_country",
        "country_continent_redirect",
        "embargoed_country",
        "host_downtime",
    ];
    let db = database(env);
    let mut out = Vec::new();
    for table in TABLES {
        let mut statement = db.prepare(&format!("SELECT * FROM {table} ORDER BY id")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap())).collect();
            out.push(format!("{table}: {}", cells.join(", ")));
        }
    }
    out
}

fn last_change(env: &Env) -> Value {
    json(env, &["changes", "-n", "1"])[0].clone()
}

fn undo_last(env: &Env) -> String {
    env.ok("mm-admin", &["undo", &last_change(env)["id"].to_string()])
}

#[test]
fn every_change_of_every_entity_is_undone_exactly() {
    let env = home();
    let other = [
        "category",
        "add",
        "Fedora Other",
        "--product",
        "Fedora",
        "--topdir",
        "o",
    ];
    env.ok("mm-admin", &other);
    for case in &CASES {
        let (entity, key) = (case.entity, case.key);
        let run = |verb: &'static str, more: &[&str]| {
            let before = state(&env);
            let words = [&[entity, verb], key, more].concat();
            env.ok("mm-admin", &words);
            let after = state(&env);
            assert_ne!(before, after, "{words:?}");
            let change = last_change(&env)["id"].to_string();
            let dry = env.ok("mm-admin", &["undo", &change, "--dry-run"]);
            assert!(dry.contains("would undo") && dry.contains("dry run"), "{dry}");
            assert_eq!(state(&env), after, "a dry run of undo changed something: {words:?}");
            env.ok("mm-admin", &["undo", &change]);
            assert_eq!(state(&env), before, "undo of {words:?}");
            undo_last(&env);
            assert_eq!(state(&env), after, "undo of the undo of {words:?}");
        };
        run("add", case.options);
        if let Some((change, ..)) = case.set {
            run("set", &[change]);
        }
        run("remove", &[]);
    }
}

#[test]
fn what_was_changed_together_is_undone_together() {
    let env = home();
    with_repository(&env);
    let before = state(&env);
    let export = env.ok("mm-admin", &["export"]);
    // A site, its host, and all that belongs to it.
    env.ok("mm-admin", &["site", "remove", "Example University", "--recursive"]);
    let change = last_change(&env);
    assert_ne!(change["id"], change["group"]);
    let said = env.ok("mm-admin", &["undo", &change["group"].to_string()]);
    assert!(said.contains("12 rows"), "{said}");
    assert!(said.contains("listed again after the next crawl"), "{said}");
    assert_eq!(state(&env), before);
    assert_eq!(env.ok("mm-admin", &["export"]), export);
    let log = json(&env, &["changes", "-n", "12"]);
    for line in log.as_array().unwrap() {
        assert_eq!(line["undoes"], change["group"]);
        assert_eq!(line["group"], log[0]["group"]);
    }
    let text = env.ok("mm-admin", &["changes", "-n", "1"]);
    assert!(text.contains(&format!("undo of {}: added", change["group"])), "{text}");
    // A repository, with its version.
    env.ok("mm-admin", &["version", "remove", "Fedora", "43", "--recursive"]);
    assert_eq!(json(&env, &["repository", "list"]), Value::Array(Vec::new()));
    let said = undo_last(&env);
    assert!(said.contains("propagation"), "{said}");
    assert_eq!(state(&env), before);
    // All that a file says, renames among it.
    env.ok("mm-admin", &["site", "set", "Example University", "name=Renamed"]);
    undo_last(&env);
    assert_eq!(state(&env), before);
}

#[test]
fn what_was_changed_since_is_not_undone() {
    let env = home();
    let host = |change: &str| {
        env.ok("mm-admin", &["host", "set", "mirror.example.org", change]);
        last_change(&env)["id"].to_string()
    };
    let before = state(&env);
    let first = host("bandwidth=2000");
    let second = host("comment=hello");
    refused(
        &env,
        &["undo", &first],
        1,
        &["changed again since, by", &format!("mm-admin undo {second}")],
    );
    env.ok("mm-admin", &["undo", &second]);
    refused(&env, &["undo", &second], 1, &["undid it already", "to have it again"]);
    // The later change is undone: nothing stands in the way.
    env.ok("mm-admin", &["undo", &first]);
    assert_eq!(state(&env), before);

    // Changed by hand, past the audit log.
    let third = host("bandwidth=3000");
    database(&env).execute("UPDATE host SET bandwidth = 7", []).unwrap();
    refused(&env, &["undo", &third], 1, &["bandwidth was 3000, and is 7 now"]);

    // A row that others refer to by now.
    env.ok("mm-admin", &["site", "add", "Young Site"]);
    let added = last_change(&env)["id"].to_string();
    env.ok(
        "mm-admin",
        &["host", "add", "young.example.org", "--site", "Young Site"],
    );
    refused(&env, &["undo", &added], 1, &["in use by host young.example.org by now"]);

    refused(&env, &["undo", "4711"], 1, &["no such change", "mm-admin changes"]);
    refused(&env, &["undo", "first"], 2, &["first"]);
}

#[test]
fn changes_of_other_programs_are_undone_where_they_can_be() {
    let env = home();
    let sql = |text: &str| database(&env).execute_batch(text).unwrap();
    // As mm-crawl writes it: the host in its own words.
    sql("UPDATE host SET user_active = 0, disabled_by = 'crawler', disable_reason = 'gone';
         INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", old, new) VALUES (1, 'mm', 'mm-crawl', 'host',
         'mirror.example.org', '{\"id\": 1, \"name\": \"mirror.example.org\", \"user_active\": true, \"disabled_by\": null,
         \"disable_reason\": null, \"crawl_failures\": 3}', '{\"id\": 1, \"name\": \"mirror.example.org\", \"user_active\": false,
         \"disabled_by\": \"crawler\", \"disable_reason\": \"gone\", \"crawl_failures\": 4}');");
    undo_last(&env);
    let host = json(&env, &["host", "show", "mirror.example.org"]);
    assert_eq!(host["user_active"], true);
    assert_eq!(host["disabled_by"], Value::Null);
    // As mm-detect-release writes them, together: a version and its repository, in its own words.
    with_repository(&env);
    let before = state(&env);
    sql("INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", new, group_id) VALUES
         (1, 'mm', 'mm-detect-release', 'version', 'Fedora 43', '{\"product\": \"Fedora\", \"name\": \"43\", \"is_test\": false,
         \"display\": true}', 9000), (1, 'mm', 'mm-detect-release', 'repository', 'pub/x', '{\"name\": \"pub/x\", \"prefix\":
         \"fedora-43\", \"category\": 1, \"product\": \"Fedora\", \"version\": \"43\", \"arch\": \"x86_64\", \"directory\": 7}', 9000);");
    let said = undo_last(&env);
    assert!(said.contains("2 rows"), "{said}");
    assert_eq!(json(&env, &["version", "list"]), Value::Array(Vec::new()));
    undo_last(&env);
    assert_eq!(state(&env), before);
    // What is told in ids cannot be set back, and is not passed over.
    sql("INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", old, new) VALUES (1, 'mm', 'x', 'repository', 'k',
         '{\"prefix\": \"fedora-43\", \"arch\": \"x86_64\", \"directory\": 7}',
         '{\"prefix\": \"fedora-43\", \"arch\": \"x86_64\", \"directory\": 8}');");
    let id = last_change(&env)["id"].to_string();
    refused(&env, &["undo", &id], 1, &["does not say directory as mm-admin does"]);
    // An acknowledged path is no row that can be set back.
    sql(
        "INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", new) VALUES (1, 'mm', 'mm-detect-release',
         'unresolved-directory', 'pub/x', '\"acknowledged\"');",
    );
    let id = last_change(&env)["id"].to_string();
    refused(
        &env,
        &["undo", &id],
        1,
        &["unresolved-directory pub/x", "no row of the registry"],
    );
}

#[test]
fn entries_without_a_group_are_undone_one_by_one() {
    let env = Env::new("");
    env.ok("mm-admin", &["init"]);
    database(&env)
        .execute_batch(
            "INSERT INTO product (name) VALUES ('A'), ('B');
             INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", new) VALUES
               (1, 'me', 'mm-admin', 'product', 'A', '{\"name\": \"A\", \"publiclist\": true}'),
               (1, 'me', 'mm-admin', 'product', 'B', '{\"name\": \"B\", \"publiclist\": true}');",
        )
        .unwrap();
    env.ok("mm-admin", &["undo", "1"]);
    let products = json(&env, &["product", "list"]);
    assert_eq!(products.as_array().unwrap().len(), 1);
    assert_eq!(products[0]["name"], "B");
}
