//! The entities of the registry: which there are, what each is known by, and which fields it has.
//!
//! One description serves everything that edits the registry: options and help of `mm-admin`, the checks of values, the
//! audit log, and `apply`. The rows themselves travel as [`crate::registry::record::Record`].

use std::str::FromStr;

use itertools::Itertools as _;
use serde::Serialize;
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

use crate::model::Timestamp;
use crate::model::crawl_prefs::{CrawlWindow, ProbeKind};
use crate::model::names::{CountryCode, DirPath, EmailAddress, HostName, MirrorUrl, Name, Netblock, RepoPrefix};
use crate::model::suggest;
use crate::registry::field_value::FieldValue;

mod fields;
mod units;

/// A kind of registry row. The order is that in which rows can be added: referenced entities come first. The words are
/// those of the command line and of the audit log.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Display, EnumString, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case", const_into_str)]
pub(crate) enum Entity {
    /// A distribution or add-on collection.
    Product,
    /// A release of a product.
    Version,
    /// A hardware architecture of packages.
    Arch,
    /// A part of the master tree that hosts carry as a unit.
    Category,
    /// An organization that runs hosts.
    Site,
    /// A registered mirror server.
    Host,
    HostCategory,
    /// A URL of a host category.
    Url,
    /// A network whose clients are sent to a host first.
    Netblock,
    /// An autonomous system whose clients are sent to a host first.
    PeerAsn,
    /// A country whose clients a host serves.
    CountryAllowed,
    /// A country whose clients a host does not serve.
    CountryDenied,
    /// A (prefix, architecture) pair and its directory.
    Repository,
    /// A prefix that is answered as if another one had been requested.
    Redirect,
    /// The country of a network.
    NetblockCountry,
    CountryContinent,
    /// A country that is not served.
    Embargo,
    /// A period in which a host is not crawled.
    Downtime,
}

impl Entity {
    /// All entities, in the order in which rows can be added.
    pub(crate) const ALL: &'static [Self] = Self::VARIANTS;

    /// Returns the table, the number of fields in the key, and the fields, those of the key first.
    const fn layout(self) -> (&'static str, usize, &'static [Field]) {
        match self {
            Self::Product => ("product", 1, fields::PRODUCT),
            Self::Version => ("version", 2, fields::VERSION),
            Self::Arch => ("arch", 1, fields::ARCH),
            Self::Category => ("category", 1, fields::CATEGORY),
            Self::Site => ("site", 1, fields::SITE),
            Self::Host => ("host", 1, fields::HOST),
            Self::HostCategory => ("host_category", 2, fields::HOST_CATEGORY),
            Self::Url => ("host_category_url", 1, fields::URL),
            Self::Netblock => ("host_netblock", 2, fields::NETBLOCK),
            Self::PeerAsn => ("host_peer_asn", 2, fields::PEER_ASN),
            Self::CountryAllowed => ("host_country_allowed", 2, fields::HOST_COUNTRY),
            Self::CountryDenied => ("host_country_denied", 2, fields::HOST_COUNTRY),
            Self::Repository => ("repository", 2, fields::REPOSITORY),
            Self::Redirect => ("repository_redirect", 1, fields::REDIRECT),
            Self::NetblockCountry => ("netblock_country", 1, fields::NETBLOCK_COUNTRY),
            Self::CountryContinent => ("country_continent_redirect", 1, fields::COUNTRY_CONTINENT),
            Self::Embargo => ("embargoed_country", 1, fields::EMBARGO),
            Self::Downtime => ("host_downtime", 2, fields::DOWNTIME),
        }
    }

    pub(crate) const fn table(self) -> &'static str {
        self.layout().0
    }

    /// Returns the number of key fields.
    pub(crate) const fn key_len(self) -> usize {
        self.layout().1
    }

    /// Returns the fields; the first [`Entity::key_len`] of them are the key.
    pub(crate) const fn fields(self) -> &'static [Field] {
        self.layout().2
    }

    /// Iterates over the key fields.
    pub(crate) fn key_fields(self) -> impl Iterator<Item = &'static Field> {
        self.fields().iter().take(self.key_len())
    }

    /// Returns the key field that names a row among its siblings: the argument KEY of the command line.
    #[expect(clippy::indexing_slicing, reason = "every entity has a key")]
    pub(crate) const fn own_key(self) -> &'static Field {
        let (_, keys, fields) = self.layout();
        // The architecture of a repository is an option.
        let position = if matches!(self, Self::Repository) { 0 } else { keys - 1 };
        &fields[position]
    }

    /// Iterates over the key fields that are options of the command line, such as `--host`: all but [`Entity::own_key`].
    pub(crate) fn parents(self) -> impl Iterator<Item = &'static Field> {
        self.key_fields().filter(move |f| f.name != self.own_key().name)
    }

    /// Returns a field by its name on the command line. The error suggests similar names, or lists all.
    pub(crate) fn field(self, name: &str) -> Result<&'static Field, String> {
        let name = name.replace('-', "_");
        let names = || self.fields().iter().map(|f| f.name);
        self.fields().iter().find(|f| f.name == name).ok_or_else(|| {
            let hint = suggest::did_you_mean(&suggest::similar(&name, names()));
            let hint = hint.unwrap_or_else(|| format!("it has {}", names().join(", ")));
            format!("has no field {name}; {hint}")
        })
    }

    /// Returns the index of a field.
    pub(crate) fn position(self, field: &str) -> Option<usize> {
        self.fields().iter().position(|f| f.name == field)
    }

    /// Returns false for repositories, which only release detection adds.
    pub(crate) fn can_be_added(self) -> bool {
        self != Self::Repository
    }
}

/// The type of a field: most are types of [`crate::model::names`] and [`crate::model::crawl_prefs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldType {
    Bool,
    /// An integer within these bounds.
    Int(i64, i64),
    /// A bandwidth in Mbit/s, also written `10G`.
    Bandwidth,
    /// The number of an autonomous system, also written `AS64500`.
    Asn,
    Name,
    /// The name of an architecture, without blanks.
    ArchName,
    Country,
    /// One of the seven continents.
    Continent,
    Prefix,
    HostName,
    Netblock,
    MirrorUrl,
    Path,
    /// The http or https URL of a page.
    Page,
    /// The address of a mailbox.
    Email,
    /// One line of free text.
    Line,
    Time,
    /// The party crawler, admin or owner.
    DisabledBy,
    Window,
    Probe,
    /// The key of a row of another entity with a key of one field.
    Ref(Entity),
}

/// Write access to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldAccess {
    /// Administrators, at any time.
    Open,
    /// Administrators, only when the row is added.
    Immutable,
    /// Special commands, which check the effect on clients.
    Restricted,
    /// The program, when the row is added.
    CreateOnly,
    /// Other programs; read-only for administrators.
    ReadOnly,
}

/// The default value of a field in a new row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DefaultValue {
    Required,
    Empty,
    Bool(bool),
    Int(i64),
    Now,
}

/// The type of the values of a field in the database and in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StorageType {
    Bool,
    Int,
    Time,
    Text,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub name: &'static str,
    /// The column, if the field is one and not a reference.
    pub column: &'static str,
    pub kind: FieldType,
    pub role: FieldAccess,
    pub preset: DefaultValue,
    /// True if no two rows may have the same value.
    pub unique: bool,
    /// A short description, for help.
    pub about: &'static str,
}

impl Field {
    /// Parses a value. An empty text means no value, if the field is optional.
    pub(crate) fn read(&self, text: &str) -> Result<FieldValue, String> {
        if text.is_empty() && self.preset == DefaultValue::Empty {
            return Ok(FieldValue::None);
        }
        self.kind.read(text).map_err(|why| format!("{}: {why}", self.name))
    }

    /// Returns the default value; `None` if a value is required.
    pub(crate) fn preset(&self, now: Timestamp) -> Option<FieldValue> {
        match self.preset {
            DefaultValue::Required => None,
            DefaultValue::Empty => Some(FieldValue::None),
            DefaultValue::Bool(b) => Some(FieldValue::Bool(b)),
            DefaultValue::Int(n) => Some(FieldValue::Int(n)),
            DefaultValue::Now => Some(FieldValue::Time(now)),
        }
    }

    /// Returns true if an INSERT of a row writes the field.
    pub(crate) fn is_stored_by_add(&self) -> bool {
        self.role != FieldAccess::ReadOnly
    }

    /// Returns true if an UPDATE of a row writes the field.
    pub(crate) fn is_stored_by_set(&self) -> bool {
        matches!(
            self.role,
            FieldAccess::Open | FieldAccess::Immutable | FieldAccess::Restricted
        )
    }
}

/// The codes of all continents.
pub(crate) const CONTINENTS: [&str; 7] = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"];

fn canonical<T: FromStr<Err = String> + ToString>(text: &str) -> Result<FieldValue, String> {
    text.parse::<T>().map(|v| FieldValue::Text(v.to_string()))
}

fn one_of(text: &str, choices: &[&str], what: &str) -> Result<FieldValue, String> {
    choices
        .iter()
        .find(|c| c.eq_ignore_ascii_case(text))
        .map(|c| FieldValue::Text((*c).to_owned()))
        .ok_or_else(|| format!("invalid {what} {text:?}; expected one of {}", choices.join(", ")))
}

/// Returns a text that was checked, or the error with the expected form.
fn checked(text: &str, is_valid: bool, error: impl FnOnce() -> String) -> Result<FieldValue, String> {
    is_valid.then(|| FieldValue::Text(text.to_owned())).ok_or_else(error)
}

fn line(text: &str) -> Result<FieldValue, String> {
    let is_valid = text.chars().count() <= 2_000 && !text.chars().any(char::is_control);
    checked(text, is_valid, || {
        "invalid text; expected at most 2,000 characters on one line, without control characters".to_owned()
    })
}

fn arch_name(text: &str) -> Result<FieldValue, String> {
    let is_valid = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b));
    canonical::<Name>(text)?;
    checked(text, is_valid, || {
        format!("invalid architecture {text:?}; expected letters, digits and . _ + -, e.g. x86_64")
    })
}

fn page(text: &str) -> Result<FieldValue, String> {
    let harmless = |b: u8| b.is_ascii_graphic() && !b"<>\"'\\^`{|}".contains(&b);
    let is_valid = text.len() <= 2_000
        && text.bytes().all(harmless)
        && url::Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    checked(text, is_valid, || {
        format!("invalid URL of a page {text:?}; expected a URL such as https://www.example.org/")
    })
}

impl FieldType {
    /// Returns the type of stored values.
    pub(crate) const fn storage(self) -> StorageType {
        match self {
            Self::Bool => StorageType::Bool,
            Self::Int(..) | Self::Bandwidth | Self::Asn => StorageType::Int,
            Self::Time => StorageType::Time,
            Self::Name
            | Self::ArchName
            | Self::Country
            | Self::Continent
            | Self::Prefix
            | Self::HostName
            | Self::Netblock
            | Self::MirrorUrl
            | Self::Path
            | Self::Page
            | Self::Email
            | Self::Line
            | Self::DisabledBy
            | Self::Window
            | Self::Probe
            | Self::Ref(_) => StorageType::Text,
        }
    }

    /// Returns the values of a field that has few of them.
    pub(crate) const fn choices(self) -> &'static [&'static str] {
        if matches!(self, Self::Bool) {
            &["true", "false"]
        } else if matches!(self, Self::Continent) {
            &CONTINENTS
        } else if matches!(self, Self::DisabledBy) {
            &["crawler", "admin", "owner"]
        } else if matches!(self, Self::Probe) {
            &["rsync", "index", "head"]
        } else {
            &[]
        }
    }

    /// Parses a value. The error suggests a similar value of a field that has few.
    fn read(self, text: &str) -> Result<FieldValue, String> {
        self.parse(text).map_err(|why| {
            let similar = suggest::similar(text, self.choices());
            suggest::did_you_mean(&similar).map_or_else(|| why.clone(), |hint| format!("{why}; {hint}"))
        })
    }

    fn parse(self, text: &str) -> Result<FieldValue, String> {
        match self {
            Self::Bool => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Ok(FieldValue::Bool(true)),
                "false" | "no" | "off" => Ok(FieldValue::Bool(false)),
                _ => Err(format!("invalid value {text:?}; expected true or false")),
            },
            Self::Int(low, high) => match text.parse::<i64>() {
                Ok(n) if (low..=high).contains(&n) => Ok(FieldValue::Int(n)),
                _ => Err(format!(
                    "invalid number {text:?}; expected a whole number from {low} to {high}"
                )),
            },
            Self::Bandwidth => units::parse_bandwidth(text).map(FieldValue::Int),
            Self::Asn => units::parse_asn(text).map(FieldValue::Int),
            Self::Name => canonical::<Name>(text),
            Self::ArchName => arch_name(text),
            Self::Country => canonical::<CountryCode>(text),
            Self::Continent => one_of(text, self.choices(), "continent"),
            Self::Prefix => canonical::<RepoPrefix>(text),
            Self::HostName => canonical::<HostName>(text),
            Self::Netblock => canonical::<Netblock>(text),
            Self::MirrorUrl => canonical::<MirrorUrl>(text),
            Self::Path => canonical::<DirPath>(text),
            Self::Page => page(text),
            Self::Email => canonical::<EmailAddress>(text),
            Self::Line => line(text),
            Self::Time => text.parse::<Timestamp>().map(FieldValue::Time),
            Self::DisabledBy => one_of(text, self.choices(), "party"),
            Self::Window => canonical::<CrawlWindow>(text),
            Self::Probe => canonical::<ProbeKind>(text),
            Self::Ref(entity) => entity
                .fields()
                .first()
                .map_or_else(|| line(text), |key| key.kind.read(text)),
        }
    }

    /// Returns the value name in help.
    pub(crate) fn placeholder(self) -> &'static str {
        match self {
            Self::Bool => "true|false",
            Self::Int(..) => "NUMBER",
            Self::Bandwidth => "MBIT/S",
            Self::Asn => "ASN",
            Self::Name | Self::ArchName | Self::HostName => "NAME",
            Self::Country => "COUNTRY",
            Self::Continent => "CONTINENT",
            Self::Prefix => "PREFIX",
            Self::Netblock => "NETBLOCK",
            Self::MirrorUrl | Self::Page => "URL",
            Self::Path => "PATH",
            Self::Email => "ADDRESS",
            Self::Line => "TEXT",
            Self::Time => "TIME",
            Self::DisabledBy => "WHO",
            Self::Window => "HH:MM-HH:MM",
            Self::Probe => "rsync|index|head",
            Self::Ref(Entity::Product) => "PRODUCT",
            Self::Ref(Entity::Category) => "CATEGORY",
            Self::Ref(Entity::Site) => "SITE",
            Self::Ref(Entity::Host) => "HOST",
            Self::Ref(Entity::Arch) => "ARCH",
            Self::Ref(_) => "KEY",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_first_and_are_not_empty() {
        for &entity in Entity::ALL {
            assert!(entity.key_len() <= entity.fields().len(), "{entity}");
            for key in entity.key_fields() {
                assert_eq!(key.preset, DefaultValue::Required, "{entity} {}", key.name);
            }
        }
    }

    #[test]
    fn references_are_to_entities_with_one_key() {
        for &entity in Entity::ALL {
            for field in entity.fields() {
                if let FieldType::Ref(to) = field.kind {
                    assert_eq!(to.key_len(), 1, "{entity} {}", field.name);
                    assert!(to < entity, "{entity} {} is added before what it refers to", field.name);
                }
            }
        }
    }

    #[test]
    fn invalid_values_are_rejected_with_a_valid_form() {
        for (entity, field, bad, says) in [
            (Entity::Host, "country", "Germany", "two letters"),
            (Entity::Host, "bandwidth", "0", "1 to"),
            (Entity::Host, "bandwidth", "fast", "10G"),
            (Entity::Host, "asn", "ASX", "AS64500"),
            (Entity::Host, "disabled_by", "crawl", "did you mean crawler?"),
            (Entity::Host, "private", "flase", "did you mean false?"),
            (Entity::Arch, "name", "x86 64", "x86_64"),
            (Entity::Host, "private", "maybe", "true"),
            (Entity::Host, "crawl_rate", "0", "1 to"),
            (Entity::Host, "crawl_window", "at night", "22:00-06:00"),
            (Entity::Host, "crawl_probe", "ftp", "rsync, index or head"),
            (Entity::Host, "robot_email", "me", "admin@"),
            (Entity::Host, "robot_email", "<b>@example.org", "admin@"),
            (Entity::Host, "name", "a b", "mirror.example.org"),
            (Entity::Site, "org_url", "javascript:alert(1)", "https://"),
            (Entity::Url, "url", "gopher://x/", "scheme"),
            (Entity::CountryContinent, "continent", "XX", "EU"),
            (Entity::Downtime, "from", "soon", "2026-"),
            (Entity::Category, "topdir", "a/../b", ""),
            (Entity::Site, "comment", "a\nb", "one line"),
        ] {
            let position = entity.position(field).unwrap();
            let e = entity.fields()[position].read(bad).unwrap_err();
            assert!(e.starts_with(field) && e.contains(says), "{e}");
        }
    }
}
