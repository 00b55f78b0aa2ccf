use proptest::prelude::*;

use super::*;
use crate::config::Config;
use crate::db::audit_log::Author;
use crate::db::registry::edit::stored;
use crate::db::{self, Db, DbError};
use crate::registry::record::RecordPatch;

#[test]
fn an_undone_undo_has_no_effect() {
    // 5 undoes 1; 6 undoes 5, so 1 is in effect; 8 undoes 7.
    let s = UndoState::new(&[(8, 7), (6, 5), (5, 1)]);
    assert_eq!(s.undone, BTreeMap::from([(7, 8), (5, 6)]));
    for (group, counts) in [(1, true), (2, true), (5, false), (6, false), (7, false), (8, false)] {
        assert_eq!(s.counts(group), counts, "{group}");
    }
}

#[test]
fn keys_are_read_from_every_form_of_entry() {
    let key = |entity, json: &str| key_of(entity, &serde_json::from_str(json).unwrap());
    let found = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect::<Key>());
    assert_eq!(
        key(Entity::Host, r#"{"name": "a.example.org", "id": 4}"#),
        found(&["a.example.org"])
    );
    assert_eq!(
        key(
            Entity::Repository,
            r#"{"name": "pub/x", "prefix": "fedora-43", "arch": "x86_64"}"#
        ),
        found(&["fedora-43", "x86_64"])
    );
    assert_eq!(
        key(
            Entity::Repository,
            r#"{"name": "pub/x", "prefix": null, "arch": "x86_64"}"#
        ),
        found(&["pub/x", "x86_64"])
    );
    assert_eq!(key(Entity::Repository, r#"{"directory": 4}"#), None);
    assert_eq!(
        key(Entity::PeerAsn, r#"{"host": "a", "asn": 64500}"#),
        found(&["a", "64500"])
    );
}

/// One transaction of a random life.
#[derive(Debug, Clone)]
enum Op {
    Add(Entity, usize),
    Set(Entity, usize, i64),
    Rename(usize, usize),
    Remove(Entity, usize),
}

fn op() -> impl Strategy<Value = Op> {
    let entity = || prop_oneof![Just(Entity::Site), Just(Entity::Host), Just(Entity::PeerAsn)];
    prop_oneof![
        4 => (entity(), 0_usize..3).prop_map(|(entity, n)| Op::Add(entity, n)),
        3 => (entity(), 0_usize..3, 1_i64..4).prop_map(|(entity, n, v)| Op::Set(entity, n, v)),
        1 => (0_usize..3, 3_usize..6).prop_map(|(from, to)| Op::Rename(from, to)),
        2 => (entity(), 0_usize..3).prop_map(|(entity, n)| Op::Remove(entity, n)),
    ]
}

/// Row `n`: a site, the host of it, the first peer of that.
fn named(entity: Entity, n: usize) -> RecordPatch {
    let text = |t: String| Some(FieldValue::Text(t));
    let (site, host) = (format!("Site {n}"), format!("h{n}.example.org"));
    if entity == Entity::Site {
        RecordPatch::new(entity).with("name", text(site))
    } else if entity == Entity::Host {
        RecordPatch::new(entity)
            .with("name", text(host))
            .with("site", text(site))
    } else {
        let asn = Some(FieldValue::Int(64_500));
        RecordPatch::new(entity).with("host", text(host)).with("asn", asn)
    }
}

fn run(editor: &mut Editor<'_>, op: &Op) -> Result<(), EditError> {
    match op {
        Op::Add(entity, n) => editor.add(&named(*entity, *n)),
        Op::Set(entity, n, v) => {
            let key = named(*entity, *n).key().unwrap();
            let (field, cell) = if *entity == Entity::Host {
                ("bandwidth", FieldValue::Int(*v))
            } else {
                (
                    if *entity == Entity::Site { "comment" } else { "name" },
                    FieldValue::Text(v.to_string()),
                )
            };
            let wanted = RecordPatch::new(*entity).with(field, Some(cell));
            editor.set(*entity, &key, &wanted)
        }
        Op::Rename(from, to) => {
            let key = named(Entity::Site, *from).key().unwrap();
            editor.set(Entity::Site, &key, &named(Entity::Site, *to))
        }
        Op::Remove(entity, n) => editor.remove(*entity, &named(*entity, *n).key().unwrap(), true),
    }
}

/// All rows, ids in front.
fn rows(db: &mut Db) -> Vec<String> {
    db.read(|tx| {
        let mut out = Vec::new();
        for entity in [Entity::Site, Entity::Host, Entity::PeerAsn] {
            out.extend(stored(tx, entity)?.iter().map(|s| format!("{s:?}")));
        }
        Ok::<_, DbError>(out)
    })
    .unwrap()
}

fn last_group(db: &mut Db) -> i64 {
    let last = db.read(|tx| audit_log::recent(tx, None, None, 1)).unwrap();
    last.first().map_or(0, |c| c.group)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Undone newest first, every step back gives what was there before it; and the undos undone newest first, what was
    /// there at the end.
    #[test]
    fn undo_restores_each_previous_state(ops in proptest::collection::vec(op(), 1..14)) {
        let dir = tempfile::tempdir().unwrap();
        let text = format!("database = \"sqlite:{}\"", dir.path().join("mm.db").display());
        let config: Config = toml::from_str(&text).unwrap();
        db::init(&config).unwrap();
        let mut db = Db::open(&config).unwrap();
        let author = Author { user: "me".into(), program: "mm-admin".into(), at: Timestamp(1) };
        let mut steps = Vec::new();
        for op in &ops {
            let (before, group) = (rows(&mut db), last_group(&mut db));
            let done = db.write(|tx| run(&mut Editor::new(tx, &author), op));
            if done.is_ok() && last_group(&mut db) != group {
                steps.push((last_group(&mut db), before));
            }
        }
        let end = rows(&mut db);
        let mut undos = Vec::new();
        for (group, before) in steps.iter().rev() {
            let after = rows(&mut db);
            db.write(|tx| Editor::new(tx, &author).undo(*group)).unwrap();
            prop_assert_eq!(&rows(&mut db), before);
            undos.push((last_group(&mut db), after));
        }
        for (group, after) in undos.iter().rev() {
            db.write(|tx| Editor::new(tx, &author).undo(*group)).unwrap();
            prop_assert_eq!(&rows(&mut db), after);
        }
        prop_assert_eq!(rows(&mut db), end);
    }
}
