//! Reports of `show` and `list`.

use std::collections::BTreeMap;
use std::io;

use itertools::Itertools as _;
use serde::Serialize;

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

/// Rows of one entity.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct ListReport {
    #[serde(skip)]
    pub(super) entity: Entity,
    pub(super) records: Vec<Record>,
}

impl Report for ListReport {
    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        if self.records.is_empty() {
            return out.line(format!("no {}", self.entity));
        }
        write_records(out, &columns(self.entity), &self.records, usize::MAX)
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
