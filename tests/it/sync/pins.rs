//! Pins of targets in the audit log: who pinned, moved and unpinned a target, and since when.

use serde_json::{Value, json};

use super::{Site, directory, target};

fn changes(site: &Site) -> Vec<Value> {
    let text = site
        .env()
        .ok("mm-admin", &["changes", "--entity", "pin", "--format", "json"]);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn pins_and_their_ends_are_in_the_audit_log() {
    let mut site = Site::new();
    directory(&site, "app");
    directory(&site, "free");
    site.targets("", &[target("app", "app", ""), target("free", "free", "")]);
    site.states(&[], 0);
    let first = site.id().to_string();
    site.change();
    site.states(&[], 0);
    site.states(&["--rollback", &first, "--only", "app", "--dry-run"], 0);
    assert_eq!(changes(&site), Vec::<Value>::new(), "a dry run pins nothing");
    let pin = ["--rollback", first.as_str(), "--only", "app"];
    site.states(&[&pin[..], &["--reason", "broken metadata"]].concat(), 0);
    // Again the same pin, then another end of it.
    site.states(&pin, 3);
    let again = site.sync(&pin);
    let why = format!("not done: app: pinned to {first} already");
    assert!(again.status == 3 && again.stderr.contains(&why), "{again:?}");
    let status = site.sync(&["--status"]);
    let row = |id: &str| {
        status
            .stdout
            .lines()
            .any(|line| line.starts_with(id) && line.contains("Z  "))
    };
    assert!(row(&first) && row(site.id().as_str()), "{status:?}");
    site.states(&[&pin[..], &["--until", "2h"]].concat(), 0);
    // Of both targets, only one is pinned.
    site.states(&["--unpin", "--dry-run"], 0);
    site.states(&["--unpin"], 0);
    let all = changes(&site);
    let rows: Vec<[&Value; 4]> = all
        .iter()
        .rev()
        .map(|c| {
            let part = |row: &'static str, field| c[row].get(field).unwrap_or(&Value::Null);
            [
                &c["key"],
                part("old", "reason"),
                part("new", "reason"),
                part("new", "generation"),
            ]
        })
        .collect();
    let (app, id) = (json!("app"), json!(first));
    let (broken, none) = (json!("broken metadata"), json!(""));
    assert_eq!(
        rows,
        [
            [&app, &Value::Null, &broken, &id],
            [&app, &broken, &none, &id],
            [&app, &none, &Value::Null, &Value::Null],
        ]
    );
    assert!(
        all.iter()
            .all(|c| c["program"] == "mm-sync-out" && c["changed_by"].is_string()),
        "{all:?}"
    );
    // What a target serves does not change with the pin alone, so there is no undo.
    let id = all[0]["id"].to_string();
    let undone = site.env().run("mm-admin", &["undo", &id]);
    assert!(
        undone.status == 1 && undone.stderr.contains("mm-sync-out --rollback GENERATION --only app"),
        "{undone:?}"
    );
}
