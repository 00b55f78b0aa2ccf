//! `mm-admin undo`: each action on each entity, groups, rejected undos, and undo of an undo.

use serde_json::Value;

use super::entities::cases::CASES;
use super::{database, home, json, refused, with_repository};
use crate::support::Env;

/// All rows of the registry tables, as text.
fn dump_registry(env: &Env) -> Vec<String> {
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
fn every_change_of_every_entity_can_be_undone() {
    let env = home();
    let other = ["category", "add", "Fedora Other", "--product", "Fedora", "topdir=o"];
    env.ok("mm-admin", &other);
    for case in &CASES {
        let (entity, key) = (case.entity, case.key);
        let run = |verb: &'static str, more: &[&str]| {
            let before = dump_registry(&env);
            let words = [&[entity, verb], key, more].concat();
            env.ok("mm-admin", &words);
            let after = dump_registry(&env);
            assert_ne!(before, after, "{words:?}");
            let change = last_change(&env)["id"].to_string();
            let dry = env.ok("mm-admin", &["undo", &change, "--dry-run"]);
            assert!(dry.contains("would undo") && dry.contains("dry run"), "{dry}");
            assert_eq!(
                dump_registry(&env),
                after,
                "a dry run of undo changed something: {words:?}"
            );
            env.ok("mm-admin", &["undo", &change]);
            assert_eq!(dump_registry(&env), before, "undo of {words:?}");
            undo_last(&env);
            assert_eq!(dump_registry(&env), after, "undo of the undo of {words:?}");
        };
        run("add", case.options);
        if let Some((change, ..)) = case.set {
            run("set", &[change]);
        }
        run("remove", &[]);
    }
}

#[test]
fn changes_of_one_group_are_undone_together() {
    let env = home();
    with_repository(&env);
    let before = dump_registry(&env);
    let export = env.ok("mm-admin", &["export"]);
    // A site, its host, and their parts.
    env.ok("mm-admin", &["site", "remove", "Example University", "--recursive"]);
    let change = last_change(&env);
    assert_ne!(change["id"], change["group"]);
    let output = env.ok("mm-admin", &["undo", &change["group"].to_string()]);
    assert!(output.contains("12 rows"), "{output}");
    assert!(output.contains("listed again after the next crawl"), "{output}");
    assert_eq!(dump_registry(&env), before);
    assert_eq!(env.ok("mm-admin", &["export"]), export);
    let log = json(&env, &["changes", "-n", "12"]);
    for line in log.as_array().unwrap() {
        assert_eq!(line["undoes"], change["group"]);
        assert_eq!(line["group"], log[0]["group"]);
    }
    let text = env.ok("mm-admin", &["changes", "-n", "1"]);
    assert!(text.contains(&format!("undo of {}: added", change["group"])), "{text}");
    // A repository, with its version.
    env.ok(
        "mm-admin",
        &["version", "remove", "43", "--product", "Fedora", "--recursive"],
    );
    assert_eq!(json(&env, &["repository", "list"]), Value::Array(Vec::new()));
    let output = undo_last(&env);
    assert!(output.contains("propagation"), "{output}");
    assert_eq!(dump_registry(&env), before);
    // A rename.
    env.ok("mm-admin", &["site", "set", "Example University", "name=Renamed"]);
    undo_last(&env);
    assert_eq!(dump_registry(&env), before);
}

#[test]
fn row_that_was_changed_again_is_not_undone() {
    let env = home();
    let host = |change: &str| {
        env.ok("mm-admin", &["host", "set", "mirror.example.org", change]);
        last_change(&env)["id"].to_string()
    };
    let before = dump_registry(&env);
    let first = host("bandwidth=2000");
    let second = host("comment=hello");
    refused(
        &env,
        &["undo", &first],
        1,
        &["changed again since, by", &format!("mm-admin undo {second}")],
    );
    env.ok("mm-admin", &["undo", &second]);
    refused(&env, &["undo", &second], 3, &["already undone", "to redo it"]);
    // The later change is undone, so the earlier one can be undone, too.
    env.ok("mm-admin", &["undo", &first]);
    assert_eq!(dump_registry(&env), before);

    // Changed in the database without an audit entry.
    let third = host("bandwidth=3000");
    database(&env).execute("UPDATE host SET bandwidth = 7", []).unwrap();
    refused(&env, &["undo", &third], 1, &["bandwidth was 3000, and is now 7"]);

    // A row that others refer to now.
    env.ok("mm-admin", &["site", "add", "Young Site"]);
    let added = last_change(&env)["id"].to_string();
    env.ok(
        "mm-admin",
        &["host", "add", "young.example.org", "--site", "Young Site"],
    );
    refused(&env, &["undo", &added], 1, &["now used by host young.example.org"]);

    refused(&env, &["undo", "4711"], 1, &["does not exist", "mm-admin changes"]);
    refused(&env, &["undo", "first"], 2, &["first"]);
}

#[test]
fn changes_of_other_programs_are_undone_if_possible() {
    let env = home();
    let sql = |text: &str| database(&env).execute_batch(text).unwrap();
    // An entry as mm-crawl writes it, with other fields of the host.
    sql("UPDATE host SET user_active = 0, disabled_by = 'crawler', disable_reason = 'gone';
         INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", old, new) VALUES (1, 'mm', 'mm-crawl', 'host',
         'mirror.example.org', '{\"id\": 1, \"name\": \"mirror.example.org\", \"user_active\": true, \"disabled_by\": null,
         \"disable_reason\": null, \"crawl_failures\": 3}', '{\"id\": 1, \"name\": \"mirror.example.org\", \"user_active\": false,
         \"disabled_by\": \"crawler\", \"disable_reason\": \"gone\", \"crawl_failures\": 4}');");
    undo_last(&env);
    let host = json(&env, &["host", "show", "mirror.example.org"]);
    assert_eq!(host["user_active"], true);
    assert_eq!(host["disabled_by"], Value::Null);
    // Entries as mm-detect-release writes them, in one group: a version and its repository.
    with_repository(&env);
    let before = dump_registry(&env);
    sql("INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", new, group_id) VALUES
         (1, 'mm', 'mm-detect-release', 'version', 'Fedora 43', '{\"product\": \"Fedora\", \"name\": \"43\", \"is_test\": false,
         \"display\": true}', 9000), (1, 'mm', 'mm-detect-release', 'repository', 'pub/x', '{\"name\": \"pub/x\", \"prefix\":
         \"fedora-43\", \"category\": 1, \"product\": \"Fedora\", \"version\": \"43\", \"arch\": \"x86_64\", \"directory\": 7}', 9000);");
    let output = undo_last(&env);
    assert!(output.contains("2 rows"), "{output}");
    assert_eq!(json(&env, &["version", "list"]), Value::Array(Vec::new()));
    undo_last(&env);
    assert_eq!(dump_registry(&env), before);
    // Fields recorded as IDs cannot be restored, and are not skipped.
    sql("INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", old, new) VALUES (1, 'mm', 'x', 'repository', 'k',
         '{\"prefix\": \"fedora-43\", \"arch\": \"x86_64\", \"directory\": 7}',
         '{\"prefix\": \"fedora-43\", \"arch\": \"x86_64\", \"directory\": 8}');");
    let id = last_change(&env)["id"].to_string();
    refused(
        &env,
        &["undo", &id],
        1,
        &["does not contain directory in the form of mm-admin"],
    );
    // An acknowledged path is not a row of the registry.
    sql(
        "INSERT INTO audit_log (changed_at, changed_by, program, entity, \"key\", new) VALUES (1, 'mm', 'mm-detect-release',
         'unresolved-directory', 'pub/x', '\"acknowledged\"');",
    );
    let id = last_change(&env)["id"].to_string();
    refused(
        &env,
        &["undo", &id],
        1,
        &["unresolved-directory pub/x", "not a registry row"],
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
