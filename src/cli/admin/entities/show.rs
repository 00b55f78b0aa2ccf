//! How rows of the registry are shown.

use std::collections::BTreeMap;
use std::io;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::cli::output::{Report, Style, TextOutput};
use crate::registry::entity::{Entity, FieldType};
use crate::registry::record::Record;

/// So many rows of an entity are shown below the row they belong to.
const SHOWN: usize = 20;

/// One row and what belongs to it. As JSON: the fields, and `parts`, an object of arrays by entity.
#[derive(Debug)]
pub(super) struct ShowReport {
    pub(super) record: Record,
    pub(super) parts: Vec<Record>,
}

impl ShowReport {
    fn by_entity(&self) -> BTreeMap<Entity, Vec<&Record>> {
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
        let parts: BTreeMap<&str, Vec<&Record>> = self.by_entity().into_iter().map(|(n, r)| (n.as_str(), r)).collect();
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
        for (part, records) in self.by_entity() {
            out.line("")?;
            out.line(out.paint(Style::Bold, &format!("{part} ({})", records.len())))?;
            let columns: Vec<usize> = columns(part)
                .into_iter()
                .filter(|n| part.fields().get(*n).is_none_or(|f| f.kind != FieldType::Ref(entity)))
                .collect();
            let shown: Vec<&Record> = records.iter().take(SHOWN).copied().collect();
            table(out, part, &columns, &shown)?;
            if records.len() > SHOWN {
                out.line(format!("… and {} more: mm-admin {part} list", records.len() - SHOWN))?;
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

/// The fields that a table shows, by their place: of a host, those that fit a line.
fn columns(entity: Entity) -> Vec<usize> {
    const HOST: [&str; 8] = [
        "name",
        "site",
        "country",
        "bandwidth",
        "private",
        "admin_active",
        "user_active",
        "last_crawled",
    ];
    const REPOSITORY: [&str; 7] = ["repo", "arch", "disabled", "category", "product", "version", "name"];
    let of = |names: &[&str]| names.iter().filter_map(|n| entity.position(n)).collect();
    match entity {
        Entity::Host => of(&HOST),
        Entity::Repository => of(&REPOSITORY),
        Entity::Product
        | Entity::Version
        | Entity::Arch
        | Entity::Category
        | Entity::Site
        | Entity::HostCategory
        | Entity::Url
        | Entity::Netblock
        | Entity::PeerAsn
        | Entity::CountryAllowed
        | Entity::CountryDenied
        | Entity::Redirect
        | Entity::NetblockCountry
        | Entity::CountryContinent
        | Entity::Embargo
        | Entity::Downtime => (0..entity.fields().len()).collect(),
    }
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
