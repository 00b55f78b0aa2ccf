//! Writing the file. What a new row would get anyway is left out.

use super::{HOST_LISTS, SIMPLE_LISTS, own_fields};
use crate::model::Timestamp;
use crate::registry::entity::Entity;
use crate::registry::field_value::FieldValue;
use crate::registry::record::Record;

/// Returns the file that creates these rows in an empty registry. Rows of entities that it cannot contain are left out;
/// within a section the order is that of `records`.
pub(crate) fn write(records: &[Record]) -> String {
    let of = |entity: Entity| records.iter().filter(move |r| r.entity() == entity);
    let mut out = String::new();
    let embargoed: Vec<String> = of(Entity::Embargo).map(|r| value(r.get("country"))).collect();
    if !embargoed.is_empty() {
        list(&mut out, "", "embargoed", &embargoed);
    }
    for (name, entity) in SIMPLE_LISTS.iter().take(3) {
        for record in of(*entity) {
            section(&mut out, "", name, record);
        }
    }
    for site in of(Entity::Site) {
        section(&mut out, "", "site", site);
        for host in of(Entity::Host).filter(|h| h.get("site") == site.get("name")) {
            write_host(&mut out, host, records);
        }
    }
    for (name, entity) in SIMPLE_LISTS.iter().skip(3) {
        for record in of(*entity) {
            section(&mut out, "", name, record);
        }
    }
    out
}

fn write_host(out: &mut String, host: &Record, records: &[Record]) {
    let own = |entity: Entity| {
        records
            .iter()
            .filter(move |r| r.entity() == entity && r.get("host") == host.get("name"))
    };
    section(out, "  ", "site.host", host);
    for (key, entity, field) in HOST_LISTS {
        let items: Vec<String> = own(entity).map(|r| item(r, field)).collect();
        if !items.is_empty() {
            list(out, "  ", key, &items);
        }
    }
    for carried in own(Entity::HostCategory) {
        out.push_str("\n    [[site.host.category]]\n");
        line(out, "    ", "name", &value(carried.get("category")));
        fields(out, "    ", carried);
        for (key, private) in [("urls", false), ("private_urls", true)] {
            let urls: Vec<String> = own(Entity::Url)
                .filter(|u| {
                    u.get("category") == carried.get("category") && *u.get("private") == FieldValue::Bool(private)
                })
                .map(|u| value(u.get("url")))
                .collect();
            if !urls.is_empty() {
                list(out, "    ", key, &urls);
            }
        }
    }
}

/// A member of a list: the bare value, or a table where it has a name.
fn item(record: &Record, field: &str) -> String {
    let bare = value(record.get(field));
    match record.get("name") {
        FieldValue::None => bare,
        name @ (FieldValue::Bool(_) | FieldValue::Int(_) | FieldValue::Time(_) | FieldValue::Text(_)) => {
            format!("{{ {field} = {bare}, name = {} }}", value(name))
        }
    }
}

fn section(out: &mut String, indent: &str, name: &str, record: &Record) {
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(indent);
    for part in ["[[", name, "]]\n"] {
        out.push_str(part);
    }
    fields(out, indent, record);
}

fn fields(out: &mut String, indent: &str, record: &Record) {
    for field in own_fields(record.entity()) {
        let cell = record.get(field.name);
        // No field of the file has the current time as default, so any time will do.
        if field.preset(Timestamp(0)).as_ref() != Some(cell) {
            line(out, indent, field.name, &value(cell));
        }
    }
}

fn list(out: &mut String, indent: &str, key: &str, items: &[String]) {
    let joined = items.join(", ");
    if joined.len() + key.len() < 100 {
        line(out, indent, key, &format!("[{joined}]"));
    } else {
        line(
            out,
            indent,
            key,
            &format!("[\n{indent}  {},\n{indent}]", items.join(&format!(",\n{indent}  "))),
        );
    }
}

fn line(out: &mut String, indent: &str, key: &str, value: &str) {
    for part in [indent, key, " = ", value, "\n"] {
        out.push_str(part);
    }
}

fn value(cell: &FieldValue) -> String {
    match cell {
        FieldValue::None => "\"\"".to_owned(),
        FieldValue::Bool(b) => b.to_string(),
        FieldValue::Int(n) | FieldValue::Time(Timestamp(n)) => n.to_string(),
        FieldValue::Text(t) => toml::Value::String(t.clone()).to_string(),
    }
}
