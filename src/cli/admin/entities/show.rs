//! Reports of `show` and `list`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;

use itertools::Itertools as _;
use serde::{Serialize, Serializer};

use crate::cli::output::{Report, Style, TextOutput};
use crate::registry::entity::{Entity, Field, FieldType};
use crate::registry::record::Record;

/// Limit of rows per entity below the row to which they belong.
const MAX_PARTS: usize = 20;

/// One row and its parts. As JSON: the fields, and `parts`, an object of arrays by entity.
#[derive(Debug, Serialize)]
pub(super) struct ShowReport {
    #[serde(flatten)]
    pub(super) record: Record,
    pub(super) parts: BTreeMap<Entity, Vec<Record>>,
}

impl Report for ShowReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let entity = self.record.entity();
        let titles = format!("{} | ", entity.into_str().to_uppercase());
        let cells = entity.fields().iter().zip(self.record.cells());
        out.write_table(&titles, cells, |_, (field, cell)| {
            [field.name.to_owned(), cell.to_string()]
        })?;
        for (part, records) in &self.parts {
            out.line("")?;
            out.line(out.paint(Style::Bold, &format!("{part} ({})", records.len())))?;
            let mut columns = columns(*part);
            columns.retain(|f| f.kind != FieldType::Ref(entity));
            write_records(out, &columns, records, MAX_PARTS)?;
            if records.len() > MAX_PARTS {
                let more = records.len() - MAX_PARTS;
                out.line(format!("… and {more} more: mm-admin {part} list"))?;
            }
        }
        Ok(())
    }
}

/// A field to sort by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sort {
    field: &'static Field,
    is_descending: bool,
}

impl Sort {
    /// Reads a list of fields, such as `country,-bandwidth`.
    pub(super) fn read(entity: Entity, text: &str) -> Result<Vec<Self>, String> {
        let sort = |word: &str| {
            let name = word.strip_prefix('-');
            Ok(Self {
                field: entity.field(name.unwrap_or(word))?,
                is_descending: name.is_some(),
            })
        };
        text.split(',').map(sort).collect()
    }

    fn compare(self, a: &Record, b: &Record) -> Ordering {
        let order = a.get(self.field.name).cmp(b.get(self.field.name));
        if self.is_descending { order.reverse() } else { order }
    }
}

/// Reads a list of fields, such as `name,country`.
pub(super) fn read_fields(entity: Entity, text: &str) -> Result<Vec<&'static Field>, String> {
    text.split(',').map(|name| entity.field(name)).collect()
}

/// Sorts rows by these fields, then by key.
pub(super) fn sort_records(records: &mut [Record], by: &[Sort]) {
    records.sort_by(|a, b| {
        let order = by.iter().map(|sort| sort.compare(a, b)).find(|order| order.is_ne());
        order.unwrap_or_else(|| a.key().cmp(&b.key()))
    });
}

/// Rows of one entity. As JSON: an array of objects with all fields, or those of `columns`.
#[derive(Debug)]
pub(super) struct ListReport {
    pub(super) entity: Entity,
    pub(super) records: Vec<Record>,
    /// The fields to show, if they were chosen.
    pub(super) columns: Option<Vec<&'static Field>>,
}

impl Serialize for ListReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.columns.as_deref();
        serializer.collect_seq(self.records.iter().map(|record| SelectedFields { record, fields }))
    }
}

struct SelectedFields<'a> {
    record: &'a Record,
    fields: Option<&'a [&'static Field]>,
}

impl Serialize for SelectedFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.fields {
            None => self.record.serialize(serializer),
            Some(fields) => serializer.collect_map(fields.iter().map(|f| (f.name, self.record.get(f.name)))),
        }
    }
}

impl Report for ListReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.records.is_empty() {
            return out.line(format!("no {}", self.entity));
        }
        let columns = self.columns.clone().unwrap_or_else(|| columns(self.entity));
        write_records(out, &columns, &self.records, usize::MAX)
    }
}

/// The fields that a table shows: for hosts and repositories, those that fit on a line.
fn columns(entity: Entity) -> Vec<&'static Field> {
    let names = if entity == Entity::Host {
        "name site country bandwidth private admin_active user_active last_crawled"
    } else if entity == Entity::Repository {
        "repo arch disabled category product version name"
    } else {
        return entity.fields().iter().collect();
    };
    let field = |name| entity.fields().iter().find(|f| f.name == name);
    names.split(' ').filter_map(field).collect()
}

fn write_records(out: &mut TextOutput<'_>, columns: &[&Field], records: &[Record], max: usize) -> io::Result<()> {
    let titles = columns.iter().map(|f| f.name.to_uppercase()).join(" | ");
    out.write_table(&titles, records.iter().take(max), |_, record| {
        columns.iter().map(|f| record.get(f.name).to_string())
    })
}
