//! The fields of every entity. Their order is that of the columns that [`crate::db::registry::edit`] selects and binds: the key first,
//! then what people write, then what programs write.

use super::{DefaultValue, Entity, Field, FieldAccess, FieldType};
use FieldAccess::{CreateOnly, ReadOnly, Restricted};
use FieldType::{
    ArchName, Asn, Bandwidth, Bool, Continent, Country, DisabledBy, Email, HostName, Int, Line, MirrorUrl, Name,
    Netblock, Page, Path, Prefix, Probe, Ref, Time, Window,
};

const U32: FieldType = Int(0, 4_294_967_295);
const POSITIVE: FieldType = Int(1, 4_294_967_295);

/// A required field that can be changed.
const fn required(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    Field {
        name,
        column: name,
        kind,
        role: FieldAccess::Open,
        preset: DefaultValue::Required,
        unique: false,
        about,
    }
}

/// A required field that cannot be changed: another value would be another row.
const fn reference(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    required(name, kind, about).with_access(FieldAccess::Immutable)
}

/// A field that may have no value.
const fn optional(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    required(name, kind, about).with_preset(DefaultValue::Empty)
}

const fn flag(name: &'static str, preset: bool, about: &'static str) -> Field {
    required(name, Bool, about).with_preset(DefaultValue::Bool(preset))
}

const fn number(name: &'static str, kind: FieldType, preset: i64, about: &'static str) -> Field {
    required(name, kind, about).with_preset(DefaultValue::Int(preset))
}

/// A field that only other programs write.
const fn read_only(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    optional(name, kind, about).with_access(ReadOnly)
}

/// The time when the row is added.
const fn first_seen(about: &'static str) -> Field {
    let field = required("first_seen", Time, about).with_preset(DefaultValue::Now);
    field.with_access(CreateOnly)
}

impl Field {
    const fn with_access(self, role: FieldAccess) -> Self {
        Self { role, ..self }
    }

    const fn with_preset(self, preset: DefaultValue) -> Self {
        Self { preset, ..self }
    }

    const fn with_column(self, column: &'static str) -> Self {
        Self { column, ..self }
    }
}

const PUBLICLIST_HELP: &str = "shown on public pages";

pub(super) const PRODUCT: &[Field] = &[
    required("name", Name, "unique name"),
    flag("publiclist", true, PUBLICLIST_HELP),
];

pub(super) const VERSION: &[Field] = &[
    reference("product", Ref(Entity::Product), "the product"),
    required("name", Name, "name, unique within the product"),
    optional("codename", Line, "code name"),
    optional("display_name", Line, "name on pages, if not the name"),
    flag("is_test", false, "a test release"),
    flag("display", true, PUBLICLIST_HELP),
    number(
        "sortorder",
        Int(i64::MIN, i64::MAX),
        0,
        "position on pages; higher numbers first",
    ),
    first_seen("time when it was added"),
];

pub(super) const ARCH: &[Field] = &[
    required("name", ArchName, "unique name"),
    flag("primary", false, "primary architecture of the distribution").with_column("primary_arch"),
    flag("publiclist", true, PUBLICLIST_HELP),
];

pub(super) const CATEGORY: &[Field] = &[
    required("name", Name, "unique name"),
    required("product", Ref(Entity::Product), "product of its releases"),
    Field {
        unique: true,
        ..required("topdir", Path, "path as clients request it, e.g. pub/fedora/linux")
    },
    optional("canonicalhost", Page, "public URL of the master, for pages"),
    flag("publiclist", true, PUBLICLIST_HELP),
    flag("admin_only", false, "only administrators may add it to a host"),
    read_only(
        "scan_seq",
        Int(0, i64::MAX),
        "scan sequence: number of scans that found changes",
    ),
    read_only("scanned_at", Time, "time of the last scan"),
];

pub(super) const SITE: &[Field] = &[
    required("name", Name, "unique name"),
    optional("org_url", Page, "home page URL"),
    flag("private", false, "hosts are never on public lists"),
    flag("admin_active", true, "false: disabled by an administrator"),
    flag("user_active", true, "false: disabled by its owner"),
    optional("comment", Line, "free text"),
];

pub(super) const HOST: &[Field] = &[
    required("name", HostName, "unique name"),
    required("site", Ref(Entity::Site), "owning site"),
    optional("country", Country, "country code, e.g. DE"),
    number("bandwidth", Bandwidth, 100, "uplink in Mbit/s, or e.g. 10G"),
    flag(
        "private",
        false,
        "only for its netblocks and peer ASNs, never on public lists",
    ),
    flag("admin_active", true, "false: disabled by an administrator"),
    flag("user_active", true, "false: disabled by its owner or the crawler"),
    optional(
        "disabled_by",
        DisabledBy,
        "party that disabled it: crawler, admin or owner",
    ),
    optional("disable_reason", Line, "reason why it was disabled"),
    flag("internet2", false, "reachable over Internet2"),
    flag(
        "internet2_clients",
        false,
        "a private host that also serves Internet2 clients",
    ),
    optional("asn", Asn, "number of its autonomous system, e.g. AS64500"),
    flag("asn_clients", true, "clients of that ASN are sent to it first"),
    number("max_connections", POSITIVE, 1, "connections that a client may open"),
    optional(
        "crawl_connections",
        POSITIVE,
        "simultaneous connections of the crawler; empty = as configured",
    ),
    optional(
        "crawl_rate",
        POSITIVE,
        "requests per second of the crawler; empty = as configured",
    ),
    optional(
        "crawl_budget",
        POSITIVE,
        "requests of the crawler in 24 hours; empty = as configured",
    ),
    optional(
        "crawl_window",
        Window,
        "hours in UTC in which it may be crawled, e.g. 22:00-06:00; empty = always",
    ),
    optional(
        "crawl_probe",
        Probe,
        "probe method: rsync, index or head; empty = the cheapest that works",
    ),
    optional("robot_email", Email, "e-mail address for automatic messages"),
    optional("comment", Line, "free text"),
    read_only("last_crawled", Time, "end of the last complete crawl"),
    read_only("last_crawl_duration", U32, "duration of that crawl in seconds"),
    read_only("crawl_failures", U32, "consecutive failed crawls"),
];

pub(super) const HOST_CATEGORY: &[Field] = &[
    reference("host", Ref(Entity::Host), "the host"),
    reference("category", Ref(Entity::Category), "category that it carries"),
    flag("always_up2date", false, "vouched for: not crawled, always listed"),
];

pub(super) const URL: &[Field] = &[
    required("url", MirrorUrl, "URL, unique in the registry"),
    required("host", Ref(Entity::Host), "the host"),
    required("category", Ref(Entity::Category), "the category"),
    flag("private", false, "only for mirrors and the crawler"),
];

pub(super) const NETBLOCK: &[Field] = &[
    reference("host", Ref(Entity::Host), "the host"),
    reference("netblock", Netblock, "its clients are sent to the host first"),
    optional("name", Line, "name for administrators"),
];

pub(super) const PEER_ASN: &[Field] = &[
    reference("host", Ref(Entity::Host), "the host"),
    reference("asn", Asn, "its clients are sent to the host first"),
    optional("name", Line, "name for administrators"),
];

pub(super) const HOST_COUNTRY: &[Field] = &[
    reference("host", Ref(Entity::Host), "the host"),
    reference("country", Country, "country of the clients"),
];

const REPO_HELP: &str = "prefix that clients send as repo=, or the directory if it has none";
const NEWEST_ONLY_HELP: &str = "until then only mirrors of the newest metadata are listed";

pub(super) const REPOSITORY: &[Field] = &[
    required("repo", Line, REPO_HELP).with_access(ReadOnly),
    required("arch", Ref(Entity::Arch), "the architecture").with_access(CreateOnly),
    flag("disabled", false, "responses state that it is disabled"),
    optional("newest_only_until", Time, NEWEST_ONLY_HELP).with_access(Restricted),
    required("category", Ref(Entity::Category), "category of the directory").with_access(Restricted),
    required("product", Ref(Entity::Product), "the product").with_access(CreateOnly),
    // The name of a version is not unique without its product, so it is not a reference.
    required("version", Name, "the version").with_access(CreateOnly),
    required("name", Line, "path of the directory, topdir included").with_access(Restricted),
    optional("directory", Line, "path of the directory below the topdir").with_access(Restricted),
    optional("prefix", Prefix, "prefix that clients send as repo=").with_access(CreateOnly),
    read_only("has_directory", Bool, "the directory exists"),
    first_seen("time of detection"),
];

pub(super) const REDIRECT: &[Field] = &[
    required("from", Prefix, "requested prefix, unique").with_column("from_repo"),
    optional("to", Prefix, "prefix to answer with; empty = not found").with_column("to_repo"),
];

pub(super) const NETBLOCK_COUNTRY: &[Field] = &[
    reference("netblock", Netblock, "netblock, unique"),
    required("country", Country, "country, instead of the one in the GeoIP database"),
];

pub(super) const COUNTRY_CONTINENT: &[Field] = &[
    reference("country", Country, "country code, unique"),
    required(
        "continent",
        Continent,
        "continent, instead of the one in the built-in table: AF AN AS EU NA OC SA",
    ),
];

pub(super) const EMBARGO: &[Field] =
    &[reference("country", Country, "code of the country that is not served").with_column("country_code")];

pub(super) const DOWNTIME: &[Field] = &[
    reference("host", Ref(Entity::Host), "the host"),
    reference("from", Time, "start of the downtime").with_column("starts_at"),
    required("until", Time, "end of the downtime").with_column("ends_at"),
    optional("reason", Line, "reason"),
    flag("keep_listed", false, "the host stays listed, as it was before"),
];
