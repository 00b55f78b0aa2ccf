//! The registry as one readable TOML file: what `mm-admin apply` reads and `mm-admin export` writes.
//!
//! The keys of a section are the fields of its entity ([`Entity::fields`]); hosts are below their site, categories with
//! their URLs below their host. Missing keys are not part of the result. An unknown key and an invalid
//! value are errors that name line and key.

use std::collections::BTreeMap;
use std::ops::Range;

use thiserror::Error;
use toml::de::{DeArray, DeTable, DeValue};

use crate::registry::entity::{Entity, Field, FieldAccess};
use crate::registry::field_value::FieldValue;
use crate::registry::record::{Key, RecordPatch, show_key};

mod write;

pub(crate) use write::write;

/// An error in the registry file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub(crate) struct FileError {
    /// The line, counted from 1.
    pub line: usize,
    /// The key, the error, and a valid form.
    pub what: String,
}

/// Arrays in a host section: key, entity and field.
const HOST_LISTS: [(&str, Entity, &str); 4] = [
    ("netblocks", Entity::Netblock, "netblock"),
    ("peer_asns", Entity::PeerAsn, "asn"),
    ("allowed_countries", Entity::CountryAllowed, "country"),
    ("denied_countries", Entity::CountryDenied, "country"),
];

/// Top-level sections without child sections.
const SIMPLE_LISTS: [(&str, Entity); 6] = [
    ("product", Entity::Product),
    ("arch", Entity::Arch),
    ("category", Entity::Category),
    ("redirect", Entity::Redirect),
    ("netblock_country", Entity::NetblockCountry),
    ("country_continent", Entity::CountryContinent),
];

/// Returns true if the file can contain rows of `entity`: all but versions, repositories and downtimes.
pub(crate) fn sections_present(entity: Entity) -> bool {
    !matches!(entity, Entity::Version | Entity::Repository | Entity::Downtime)
}

/// Parses a file and returns its rows in the order in which they can be added.
pub(crate) fn parse(text: &str) -> Result<Vec<RecordPatch>, FileError> {
    let lines = Lines::of(text);
    let top = DeTable::parse(text).map_err(|e| FileError {
        line: lines.at(e.span().map_or(0, |s| s.start)),
        what: e.message().to_owned(),
    })?;
    let mut reader = RegistryReader {
        lines,
        out: Vec::new(),
        seen: BTreeMap::new(),
    };
    reader.top(top.get_ref())?;
    reader.out.sort_by_key(|w| w.entity);
    Ok(reader.out)
}

/// Offsets of the line ends of the text.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(
            text.bytes()
                .enumerate()
                .filter(|(_, b)| *b == b'\n')
                .map(|(n, _)| n)
                .collect(),
        )
    }

    /// Returns the line of a byte offset, counted from 1.
    fn at(&self, byte: usize) -> usize {
        self.0.partition_point(|end| *end < byte) + 1
    }
}

struct RegistryReader {
    lines: Lines,
    out: Vec<RecordPatch>,
    /// The line on which each row first appears.
    seen: BTreeMap<(Entity, Key), usize>,
}

/// The child sections and lists that a section may have in addition to fields.
type ChildTables = &'static [&'static str];

impl RegistryReader {
    fn error<T>(&self, at: Range<usize>, what: String) -> Result<T, FileError> {
        Err(FileError {
            line: self.lines.at(at.start),
            what,
        })
    }

    fn top(&mut self, table: &DeTable<'_>) -> Result<(), FileError> {
        for (key, value) in table {
            let (name, at) = (key.get_ref().as_ref(), value.span());
            if name == "embargoed" {
                for (text, at) in self.list(name, value.get_ref(), at)? {
                    let cell = self.cell(Entity::Embargo, "country", &text, at.clone(), name)?;
                    self.push(RecordPatch::new(Entity::Embargo).with("country", cell), at)?;
                }
            } else if name == "site" {
                for (site, at) in self.sections(name, value.get_ref(), at)? {
                    self.site(site, at)?;
                }
            } else if let Some((_, entity)) = SIMPLE_LISTS.iter().find(|(n, _)| *n == name) {
                for (section, at) in self.sections(name, value.get_ref(), at)? {
                    let wanted = self.fields(*entity, section, &[])?;
                    self.push(wanted, at)?;
                }
            } else {
                let all = SIMPLE_LISTS.iter().map(|(n, _)| *n).chain(["site", "embargoed"]);
                let what = format!("unknown key `{name}`; the file may hold {}", words(all));
                return self.error(key.span(), what);
            }
        }
        Ok(())
    }

    fn site(&mut self, table: &DeTable<'_>, at: Range<usize>) -> Result<(), FileError> {
        let site = self.fields(Entity::Site, table, &["host"])?;
        let name = site.cells.first().cloned().flatten();
        let name = name.as_ref();
        self.push(site, at)?;
        let Some(hosts) = table.get("host") else { return Ok(()) };
        for (host, at) in self.sections("site.host", hosts.get_ref(), hosts.span())? {
            self.host(name, host, at)?;
        }
        Ok(())
    }

    fn host(&mut self, site: Option<&FieldValue>, table: &DeTable<'_>, at: Range<usize>) -> Result<(), FileError> {
        const BELOW: ChildTables = &[
            "netblocks",
            "peer_asns",
            "allowed_countries",
            "denied_countries",
            "category",
        ];
        let host = self.fields(Entity::Host, table, BELOW)?.with("site", site.cloned());
        let name = host.cells.first().cloned().flatten();
        let name = name.as_ref();
        self.push(host, at)?;
        for (key, entity, field) in HOST_LISTS {
            let Some(value) = table.get(key) else { continue };
            let Some(items) = value.get_ref().as_array() else {
                return self.error(value.span(), format!("`{key}` must be an array, such as {key} = []"));
            };
            for item in items {
                let wanted = if let Some(section) = item.get_ref().as_table() {
                    self.fields(entity, section, &[])?
                } else {
                    let text = self.scalar(item.get_ref(), item.span(), key)?;
                    let cell = self.cell(entity, field, &text, item.span(), key)?;
                    RecordPatch::new(entity).with(field, cell)
                };
                self.push(wanted.with("host", name.cloned()), item.span())?;
            }
        }
        let Some(categories) = table.get("category") else {
            return Ok(());
        };
        for (category, at) in self.sections("site.host.category", categories.get_ref(), categories.span())? {
            self.host_category(name, category, at)?;
        }
        Ok(())
    }

    fn host_category(
        &mut self,
        host: Option<&FieldValue>,
        table: &DeTable<'_>,
        at: Range<usize>,
    ) -> Result<(), FileError> {
        let wanted = self.fields(Entity::HostCategory, table, &["name", "urls", "private_urls"])?;
        let Some(name) = table.get("name") else {
            return self.error(at, "a [[site.host.category]] needs a name".to_owned());
        };
        let text = self.scalar(name.get_ref(), name.span(), "name")?;
        let category = self.cell(Entity::HostCategory, "category", &text, name.span(), "name")?;
        let wanted = wanted.with("host", host.cloned()).with("category", category.clone());
        self.push(wanted, at)?;
        for (key, private) in [("urls", false), ("private_urls", true)] {
            let Some(value) = table.get(key) else { continue };
            for (text, at) in self.list(key, value.get_ref(), value.span())? {
                let url = self.cell(Entity::Url, "url", &text, at.clone(), key)?;
                let wanted = RecordPatch::new(Entity::Url)
                    .with("url", url)
                    .with("host", host.cloned())
                    .with("category", category.clone())
                    .with("private", Some(FieldValue::Bool(private)));
                self.push(wanted, at)?;
            }
        }
        Ok(())
    }

    /// Parses the fields of one section, without key parts that the parent section gives (the site of a host).
    fn fields(&self, entity: Entity, table: &DeTable<'_>, below: ChildTables) -> Result<RecordPatch, FileError> {
        let mut wanted = RecordPatch::new(entity);
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if below.contains(&name) {
                continue;
            }
            if !own_fields(entity).any(|f| f.name == name) {
                let all = own_fields(entity).map(|f| f.name).chain(below.iter().copied());
                let what = format!("unknown key `{name}` in a {entity}; it may hold {}", words(all));
                return self.error(key.span(), what);
            }
            let text = self.scalar(value.get_ref(), value.span(), name)?;
            let cell = self.cell(entity, name, &text, value.span(), name)?;
            wanted = wanted.with(name, cell);
        }
        Ok(wanted)
    }

    /// Adds a row; a missing key or a duplicate row is an error.
    fn push(&mut self, wanted: RecordPatch, at: Range<usize>) -> Result<(), FileError> {
        let line = self.lines.at(at.start);
        let key = wanted.key().map_err(|what| FileError { line, what })?;
        if let Some(first) = self.seen.insert((wanted.entity, key.clone()), line) {
            let what = format!(
                "{} {} is already defined on line {first}",
                wanted.entity,
                show_key(&key)
            );
            return Err(FileError { line, what });
        }
        self.out.push(wanted);
        Ok(())
    }

    fn cell(
        &self,
        entity: Entity,
        field: &str,
        text: &str,
        at: Range<usize>,
        key: &str,
    ) -> Result<Option<FieldValue>, FileError> {
        let Some(field) = entity.fields().iter().find(|f| f.name == field) else {
            return Ok(None);
        };
        match field.read(text) {
            Ok(cell) => Ok(Some(cell)),
            Err(why) => {
                let why = why
                    .strip_prefix(&format!("{}: ", field.name))
                    .unwrap_or(&why)
                    .to_owned();
                self.error(at, format!("key `{key}` of a {entity}: {why}"))
            }
        }
    }

    fn scalar(&self, value: &DeValue<'_>, at: Range<usize>, key: &str) -> Result<String, FileError> {
        match value {
            DeValue::String(s) => Ok(s.to_string()),
            DeValue::Boolean(b) => Ok(b.to_string()),
            DeValue::Integer(n) if n.radix() == 10 => Ok(n.as_str().to_owned()),
            DeValue::Datetime(t) => Ok(t.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Array(_) | DeValue::Table(_) => {
                self.error(at, format!("`{key}` must be a text, a whole number, true or false"))
            }
        }
    }

    fn list(&self, key: &str, value: &DeValue<'_>, at: Range<usize>) -> Result<Vec<(String, Range<usize>)>, FileError> {
        let Some(items) = value.as_array() else {
            return self.error(at, format!("`{key}` must be an array, such as {key} = []"));
        };
        items
            .iter()
            .map(|v| Ok((self.scalar(v.get_ref(), v.span(), key)?, v.span())))
            .collect()
    }

    fn sections<'v, 'i>(
        &self,
        key: &str,
        value: &'v DeValue<'i>,
        at: Range<usize>,
    ) -> Result<Vec<(&'v DeTable<'i>, Range<usize>)>, FileError> {
        let tables = |items: &'v DeArray<'i>| {
            items
                .iter()
                .map(|v| v.get_ref().as_table().map(|t| (t, v.span())))
                .collect::<Option<Vec<_>>>()
        };
        match value.as_array().and_then(tables) {
            Some(found) => Ok(found),
            None => self.error(at, format!("`{key}` must be a list of sections; write [[{key}]]")),
        }
    }
}

/// The fields that are keys of the entity's section: those that people write, but what its place in the file says.
fn own_fields(entity: Entity) -> impl Iterator<Item = &'static Field> {
    entity.fields().iter().filter(move |f| {
        let placed = match entity {
            Entity::Host => f.name == "site",
            Entity::HostCategory => f.name != "always_up2date",
            Entity::Netblock | Entity::PeerAsn | Entity::CountryAllowed | Entity::CountryDenied => f.name == "host",
            Entity::Product
            | Entity::Version
            | Entity::Arch
            | Entity::Category
            | Entity::Site
            | Entity::Url
            | Entity::Repository
            | Entity::Redirect
            | Entity::NetblockCountry
            | Entity::CountryContinent
            | Entity::Embargo
            | Entity::Downtime => false,
        };
        !placed && matches!(f.role, FieldAccess::Open | FieldAccess::Immutable)
    })
}

fn words(all: impl Iterator<Item = &'static str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn rows_are_sorted_so_that_they_can_be_added() {
        let text = "embargoed = [\"XX\"]\n[[site]]\nname = \"S\"\n[[site.host]]\nname = \"M.example.org\"\nnetblocks = \
                    [\"192.0.2.1/24\", { netblock = \"2001:db8::/32\", name = \"campus\" }]\n[[site.host.category]]\nname = \
                    \"C\"\nurls = [\"https://m.example.org/c/\"]\n[[product]]\nname = \"P\"\n";
        let rows = parse(text).unwrap();
        let found: Vec<_> = rows
            .iter()
            .map(|w| format!("{} {}", w.entity, show_key(&w.key().unwrap())))
            .collect();
        assert_eq!(
            found,
            [
                "product P",
                "site S",
                "host m.example.org",
                "host-category m.example.org C",
                "url https://m.example.org/c",
                "netblock m.example.org 192.0.2.0/24",
                "netblock m.example.org 2001:db8::/32",
                "embargo XX",
            ]
        );
    }

    #[test]
    fn errors_name_line_and_key() {
        for (text, line, says) in [
            ("[[product]]\nnaem = \"P\"\n", 2, "`naem`"),
            ("\nsites = 1\n", 2, "`sites`"),
            ("[[product]]\n", 1, "needs name"),
            (
                "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h\"\ncountry = \"Germany\"\n",
                5,
                "`country`",
            ),
            (
                "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h\"\nnetblocks = [\n\"x\"]\n",
                6,
                "`netblocks`",
            ),
            (
                "[[site]]\nname = \"S\"\n[[site.host]]\nname = \"h\"\nlast_crawled = 5\n",
                5,
                "`last_crawled`",
            ),
            ("[[product]]\nname = \"P\"\n[[product]]\nname = \"P\"\n", 3, "line 1"),
            ("[[product]\n", 1, ""),
            ("product = 5\n", 1, "[[product]]"),
            ("embargoed = \"XX\"\n", 1, "array"),
        ] {
            let e = error(text);
            assert!(
                e.starts_with(&format!("line {line}:")) && e.contains(says),
                "{text}: {e}"
            );
        }
    }
}
