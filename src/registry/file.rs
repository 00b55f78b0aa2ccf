//! The registry as one readable TOML file: what `mm-admin apply` reads and `mm-admin export` writes.
//!
//! The keys of a section are the fields of its entity ([`Entity::fields`]); hosts are below their site, categories with
//! their URLs below their host. Missing keys are not part of the result. An unknown key and an invalid
//! value are errors that name line and key.

use std::collections::BTreeMap;
use std::ops::Range;

use itertools::Itertools;
use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::count::with_article;
use crate::model::suggest;
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

/// The rows of an entity at one place of the file: sections, or elements of an array.
struct Part {
    /// The keys of the place, such as `site.host`.
    path: &'static str,
    entity: Entity,
    /// True for an array. Its elements are tables, or bare values of the first field.
    is_array: bool,
    /// The fields that a row has from its parent section, each with the field of the parent.
    inherited: &'static [(&'static str, &'static str)],
    /// The value of `private`, if the place gives it.
    private: Option<bool>,
    children: &'static [Part],
}

impl Part {
    const fn sections(path: &'static str, entity: Entity, children: &'static [Self]) -> Self {
        Self {
            path,
            entity,
            is_array: false,
            inherited: &[],
            private: None,
            children,
        }
    }

    const fn array(path: &'static str, entity: Entity) -> Self {
        Self {
            is_array: true,
            ..Self::sections(path, entity, &[])
        }
    }

    const fn urls(path: &'static str, private: bool) -> Self {
        let part = Self::array(path, Entity::Url).inheriting(&[("host", "host"), ("category", "category")]);
        Self {
            private: Some(private),
            ..part
        }
    }

    const fn inheriting(self, inherited: &'static [(&'static str, &'static str)]) -> Self {
        Self { inherited, ..self }
    }

    fn key(&self) -> &'static str {
        self.path.rsplit_once('.').map_or(self.path, |(_, key)| key)
    }

    /// Returns the keys of a section and their fields: those that people write, except what the place of the section gives.
    fn fields(&self) -> impl Iterator<Item = (&'static str, &'static Field)> {
        let is_inherited = |name| self.inherited.iter().any(|(own, _)| *own == name);
        let fields = self.entity.fields().iter().filter(move |f| {
            let is_given = is_inherited(f.name) || (f.name == "private" && self.private.is_some());
            !is_given && matches!(f.role, FieldAccess::Open | FieldAccess::Immutable)
        });
        // The category of a host category is its name in the file.
        let is_name = |f: &Field| self.entity == Entity::HostCategory && f.name == "category";
        fields.map(move |f| (if is_name(f) { "name" } else { f.name }, f))
    }

    /// Returns the field of a bare array element.
    fn element(&self) -> Option<&'static Field> {
        self.fields().next().filter(|_| self.is_array).map(|(_, field)| field)
    }
}

const HOST_NAME: &[(&str, &str)] = &[("host", "name")];

/// The parts of the file, in the order in which they are written.
static PARTS: [Part; 8] = [
    Part::array("embargoed", Entity::Embargo),
    Part::sections("product", Entity::Product, &[]),
    Part::sections("arch", Entity::Arch, &[]),
    Part::sections("category", Entity::Category, &[]),
    Part::sections("site", Entity::Site, &[HOSTS]),
    Part::sections("redirect", Entity::Redirect, &[]),
    Part::sections("netblock_country", Entity::NetblockCountry, &[]),
    Part::sections("country_continent", Entity::CountryContinent, &[]),
];

const HOSTS: Part = Part::sections(
    "site.host",
    Entity::Host,
    &[
        Part::array("site.host.netblocks", Entity::Netblock).inheriting(HOST_NAME),
        Part::array("site.host.peer_asns", Entity::PeerAsn).inheriting(HOST_NAME),
        Part::array("site.host.allowed_countries", Entity::CountryAllowed).inheriting(HOST_NAME),
        Part::array("site.host.denied_countries", Entity::CountryDenied).inheriting(HOST_NAME),
        Part::sections(
            "site.host.category",
            Entity::HostCategory,
            &[
                Part::urls("site.host.category.urls", false),
                Part::urls("site.host.category.private_urls", true),
            ],
        )
        .inheriting(HOST_NAME),
    ],
)
.inheriting(&[("site", "name")]);

/// Returns true if the file can contain rows of `entity`: all but versions, repositories and downtimes.
pub(crate) fn sections_present(entity: Entity) -> bool {
    !matches!(entity, Entity::Version | Entity::Repository | Entity::Downtime)
}

/// Parses a file and returns its rows in the order in which they can be added.
pub(crate) fn parse(text: &str) -> Result<Vec<RecordPatch>, FileError> {
    let mut reader = RegistryReader {
        line_ends: memchr::memchr_iter(b'\n', text.as_bytes()).collect(),
        out: Vec::new(),
        seen: BTreeMap::new(),
    };
    let top = DeTable::parse(text);
    let top = top.or_else(|e| reader.error(e.span().unwrap_or_default(), e.message().to_owned()))?;
    for key in top.get_ref().keys() {
        let name = key.get_ref().as_ref();
        if !PARTS.iter().any(|part| part.path == name) {
            let all = PARTS.iter().map(|part| part.path).collect_vec();
            return reader.error(key.span(), format!("unknown key `{name}`; {}", key_hint(name, &all)));
        }
    }
    reader.parts(&PARTS, top.get_ref(), None)?;
    reader.out.sort_by_key(|w| w.entity);
    Ok(reader.out)
}

/// Returns the suggestion for an unknown key: similar keys, or all.
fn key_hint(name: &str, all: &[&str]) -> String {
    suggest::did_you_mean(&suggest::similar(name, all)).unwrap_or_else(|| format!("it may hold {}", all.join(", ")))
}

struct RegistryReader {
    /// The offsets of the line ends of the text.
    line_ends: Vec<usize>,
    out: Vec<RecordPatch>,
    /// The line on which each row first appears.
    seen: BTreeMap<(Entity, Key), usize>,
}

impl RegistryReader {
    /// Returns the line of a byte offset, counted from 1.
    fn line(&self, byte: usize) -> usize {
        self.line_ends.partition_point(|end| *end < byte) + 1
    }

    fn error<T>(&self, at: Range<usize>, what: String) -> Result<T, FileError> {
        let line = self.line(at.start);
        Err(FileError { line, what })
    }

    /// Parses the parts of a table: the file, or the section of `parent`.
    fn parts(&mut self, parts: &[Part], table: &DeTable<'_>, parent: Option<&RecordPatch>) -> Result<(), FileError> {
        for part in parts {
            let key = part.key();
            let Some(value) = table.get(key) else { continue };
            let not_a_list = || match part.element() {
                Some(_) => format!("`{key}` must be an array, such as {key} = []"),
                None => format!(
                    "`{path}` must be a list of sections; write [[{path}]]",
                    path = part.path
                ),
            };
            let Some(items) = value.get_ref().as_array() else {
                return self.error(value.span(), not_a_list());
            };
            for item in items {
                let section = item.get_ref().as_table();
                let mut wanted = match (section, part.element()) {
                    (Some(section), _) => self.section(part, section, item.span())?,
                    (None, Some(field)) => {
                        RecordPatch::new(part.entity).with(field.name, Some(self.value(part, field, key, item)?))
                    }
                    (None, None) => return self.error(value.span(), not_a_list()),
                };
                for (own, above) in part.inherited {
                    wanted = wanted.with(own, parent.and_then(|p| p.get(above)).cloned());
                }
                wanted = wanted.with("private", part.private.map(FieldValue::Bool));
                self.push(wanted.clone(), item.span())?;
                if let Some(section) = section {
                    self.parts(part.children, section, Some(&wanted))?;
                }
            }
        }
        Ok(())
    }

    /// Parses the fields of one section.
    fn section(&self, part: &Part, table: &DeTable<'_>, at: Range<usize>) -> Result<RecordPatch, FileError> {
        let mut wanted = RecordPatch::new(part.entity);
        let children = || part.children.iter().map(Part::key);
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let Some((_, field)) = part.fields().find(|(key, _)| *key == name) {
                wanted = wanted.with(field.name, Some(self.value(part, field, name, value)?));
            } else if !children().any(|child| child == name) {
                let all = part.fields().map(|(key, _)| key).chain(children()).collect_vec();
                let entity = with_article(part.entity.into_str());
                let what = format!("unknown key `{name}` in {entity}; {}", key_hint(name, &all));
                return self.error(key.span(), what);
            }
        }
        if part.entity == Entity::HostCategory && !table.contains_key("name") {
            return self.error(at, format!("a [[{}]] needs a name", part.path));
        }
        Ok(wanted)
    }

    /// Adds a row; a missing key or a duplicate row is an error.
    fn push(&mut self, wanted: RecordPatch, at: Range<usize>) -> Result<(), FileError> {
        let line = self.line(at.start);
        let key = wanted.key().map_err(|what| FileError { line, what })?;
        if let Some(first) = self.seen.insert((wanted.entity, key.clone()), line) {
            let (entity, key) = (wanted.entity, show_key(&key));
            return self.error(at, format!("{entity} {key} is already defined on line {first}"));
        }
        self.out.push(wanted);
        Ok(())
    }

    fn value(
        &self,
        part: &Part,
        field: &Field,
        key: &str,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<FieldValue, FileError> {
        let text = match value.get_ref() {
            DeValue::String(s) => s.to_string(),
            DeValue::Boolean(b) => b.to_string(),
            DeValue::Integer(n) if n.radix() == 10 => n.as_str().to_owned(),
            DeValue::Datetime(t) => t.to_string(),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Array(_) | DeValue::Table(_) => {
                let what = format!("`{key}` must be a text, a whole number, true or false");
                return self.error(value.span(), what);
            }
        };
        field.read(&text).or_else(|why| {
            let why = why.strip_prefix(&format!("{}: ", field.name)).unwrap_or(&why);
            let entity = with_article(part.entity.into_str());
            self.error(value.span(), format!("key `{key}` of {entity}: {why}"))
        })
    }
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
