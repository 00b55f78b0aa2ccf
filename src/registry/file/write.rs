//! Writing the file. What a new row would get anyway is left out.

use super::{PARTS, Part};
use crate::model::Timestamp;
use crate::model::printable::{is_printable, printable_json};
use crate::registry::field_value::FieldValue;
use crate::registry::record::Record;

/// Returns the file that creates these rows in an empty registry. Rows of entities that it cannot contain are left out;
/// within a section the order is that of `records`.
pub(crate) fn write(records: &[Record]) -> String {
    let mut out = String::new();
    for part in &PARTS {
        write_part(&mut out, part, records, None);
    }
    out
}

/// Writes the rows of a part below the row `parent`.
fn write_part(out: &mut String, part: &Part, records: &[Record], parent: Option<&Record>) {
    let rows = records.iter().filter(|r| {
        r.entity() == part.entity
            && (part.inherited.iter()).all(|(own, above)| parent.map(|p| p.get(above)) == Some(r.get(own)))
            && part
                .private
                .is_none_or(|private| *r.get("private") == FieldValue::Bool(private))
    });
    let depth = part.path.matches('.').count();
    if let Some(field) = part.element() {
        let items: Vec<String> = rows.map(|r| item(r, field.name)).collect();
        if !items.is_empty() {
            list(out, &"  ".repeat(depth.saturating_sub(1)), part.key(), &items);
        }
        return;
    }
    rows.for_each(|row| {
        section(out, &"  ".repeat(depth), part, row);
        for child in part.children {
            write_part(out, child, records, Some(row));
        }
    });
}

/// A member of a list: the bare value, or a table where it has a name.
fn item(record: &Record, field: &str) -> String {
    let bare = value(record.get(field));
    let name = record.get("name");
    if *name == FieldValue::None {
        bare
    } else {
        format!("{{ {field} = {bare}, name = {} }}", value(name))
    }
}

fn section(out: &mut String, indent: &str, part: &Part, record: &Record) {
    if !out.is_empty() {
        out.push('\n');
    }
    for text in [indent, "[[", part.path, "]]\n"] {
        out.push_str(text);
    }
    for (key, field) in part.fields() {
        let cell = record.get(field.name);
        // No field of the file has the current time as default, so any time will do.
        if field.preset(Timestamp(0)).as_ref() != Some(cell) {
            line(out, indent, key, &value(cell));
        }
    }
}

fn list(out: &mut String, indent: &str, key: &str, items: &[String]) {
    let joined = items.join(", ");
    let array = if joined.len() + key.len() < 100 {
        format!("[{joined}]")
    } else {
        let separator = format!(",\n{indent}  ");
        format!("[\n{indent}  {},\n{indent}]", items.join(&separator))
    };
    line(out, indent, key, &array);
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
        FieldValue::Text(t) if t.chars().all(is_printable) => toml::Value::String(t.clone()).to_string(),
        // A quoted string of JSON is also one of TOML.
        FieldValue::Text(t) => printable_json(&serde_json::Value::from(t.as_str()).to_string()).into_owned(),
    }
}
