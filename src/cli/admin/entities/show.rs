//! Reports of `show` and `list`.

use std::collections::BTreeMap;
use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::cli::output::{Report, Style, TextOutput};
use crate::registry::entity::{Entity, FieldType};
use crate::registry::record::Record;

/// Limit of rows per entity below the row to which they belong.
const MAX_PARTS: usize = 20;

/// One row and its parts. As JSON: the fields, and `parts`, an object of arrays by entity.
#[derive(Debug)]
pub(super) struct ShowReport {
    pub(super) record: Record,
    pub(super) parts: Vec<Record>,
}

impl ShowReport {
    fn parts_by_entity(&self) -> BTreeMap<Entity, Vec<&Record>> {
        let mut out: BTreeMap<Entity, Vec<&Record>> = BTreeMap::new();
        for part in &self.parts {
            out.entry(part.entity()).or_default().push(part);
        }
        out
    }
}

impl Serialize for ShowReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, cell) in self.record.entity().fields().iter().zip(self.record.cells()) {
            map.serialize_entry(field.name, cell)?;
        }
        let parts: BTreeMap<&str, Vec<&Record>> = self
            .parts_by_entity()
            .into_iter()
            .map(|(n, r)| (n.as_str(), r))
            .collect();
        map.serialize_entry("parts", &parts)?;
        map.end()
    }
}

impl Report for ShowReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let entity = self.record.entity();
        let rows: Vec<Vec<String>> = entity
            .fields()
            .iter()
            .zip(self.record.cells())
            .map(|(field, cell)| vec![field.name.to_owned(), cell.to_string()])
            .collect();
        let title = entity.as_str().to_uppercase();
        out.table(&[&title, ""], &rows)?;
        for (part, records) in self.parts_by_entity() {
            out.line("")?;
            out.line(out.paint(Style::Bold, &format!("{part} ({})", records.len())))?;
            let columns: Vec<usize> = columns(part)
                .into_iter()
                .filter(|n| part.fields().get(*n).is_none_or(|f| f.kind != FieldType::Ref(entity)))
                .collect();
            let shown: Vec<&Record> = records.iter().take(MAX_PARTS).copied().collect();
            table(out, part, &columns, &shown)?;
            if records.len() > MAX_PARTS {
                out.line(format!(
                    "… and {} more: mm-admin {part} list",
                    records.len() - MAX_PARTS
                ))?;
            }
        }
        Ok(())
    }
}

/// Rows of one entity. As JSON: an array of objects.
#[derive(Debug)]
pub(super) struct ListReport {
    pub(super) entity: Entity,
    pub(super) records: Vec<Record>,
}

impl Serialize for ListReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.records.serialize(serializer)
    }
}

impl Report for ListReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.records.is_empty() {
            return out.line(format!("no {}", self.entity));
        }
        let all: Vec<&Record> = self.records.iter().collect();
        table(out, self.entity, &columns(self.entity), &all)
    }
}

/// The positions of the fields that a table shows: for hosts and repositories, those that fit on a line.
fn columns(entity: Entity) -> Vec<usize> {
    const HOST: &[&str] = &[
        "name",
        "site",
        "country",
        "bandwidth",
        "private",
        "admin_active",
        "user_active",
        "last_crawled",
    ];
    const REPOSITORY: &[&str] = &["repo", "arch", "disabled", "category", "product", "version", "name"];
    let names = if entity == Entity::Host {
        HOST
    } else if entity == Entity::Repository {
        REPOSITORY
    } else {
        return (0..entity.fields().len()).collect();
    };
    names.iter().filter_map(|n| entity.position(n)).collect()
}

fn table(out: &mut TextOutput<'_>, entity: Entity, columns: &[usize], records: &[&Record]) -> io::Result<()> {
    let header: Vec<String> = columns
        .iter()
        .filter_map(|n| entity.fields().get(*n))
        .map(|f| f.name.to_uppercase())
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = records
        .iter()
        .map(|r| {
            columns
                .iter()
                .filter_map(|n| r.cells().get(*n))
                .map(ToString::to_string)
                .collect()
        })
        .collect();
    out.table(&header, &rows)
}
