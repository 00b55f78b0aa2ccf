//! The fields of every entity. Their order is that of the columns that [`crate::db::registry::edit`] selects and binds: the key first,
//! then what people write, then what programs write.

use super::{DefaultValue, Entity, Field, FieldAccess, FieldType};
use FieldType::{
    Bool, Continent, Country, DisabledBy, Email, HostName, Int, Line, MirrorUrl, Name, Netblock, Page, Path, Prefix,
    Probe, Ref, Time, Window,
};

const U32: FieldType = Int(0, 4_294_967_295);
const POSITIVE: FieldType = Int(1, 4_294_967_295);

/// A required field that can be changed.
const fn required(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    Field {
        name,
        kind,
        role: FieldAccess::Open,
        preset: DefaultValue::Required,
        unique: false,
        about,
    }
}

/// A required field that cannot be changed: another value would be another row.
const fn reference(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    Field {
        role: FieldAccess::Immutable,
        ..required(name, kind, about)
    }
}

/// A field that may have no value.
const fn optional(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    Field {
        preset: DefaultValue::Empty,
        ..required(name, kind, about)
    }
}

const fn flag(name: &'static str, preset: bool, about: &'static str) -> Field {
    Field {
        preset: DefaultValue::Bool(preset),
        ..required(name, Bool, about)
    }
}

const fn number(name: &'static str, kind: FieldType, preset: i64, about: &'static str) -> Field {
    Field {
        preset: DefaultValue::Int(preset),
        ..required(name, kind, about)
    }
}

/// A field that only other programs write.
const fn read_only(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    Field {
        role: FieldAccess::ReadOnly,
        ..optional(name, kind, about)
    }
}

/// A field that is set when the row is added and never changed.
const fn create_only(name: &'static str, kind: FieldType, preset: DefaultValue, about: &'static str) -> Field {
    Field {
        role: FieldAccess::CreateOnly,
        preset,
        ..required(name, kind, about)
    }
}

/// A field with special commands.
const fn restricted(name: &'static str, kind: FieldType, preset: DefaultValue, about: &'static str) -> Field {
    Field {
        role: FieldAccess::Restricted,
        preset,
        ..required(name, kind, about)
    }
}

/// A key field that only other programs write.
const fn seen_key(name: &'static str, kind: FieldType, about: &'static str) -> Field {
    Field {
        role: FieldAccess::ReadOnly,
        ..required(name, kind, about)
    }
}

pub(super) const fn of(entity: Entity) -> &'static [Field] {
    match entity {
        Entity::Product => &PRODUCT,
        Entity::Version => &VERSION,
        Entity::Arch => &ARCH,
        Entity::Category => &CATEGORY,
        Entity::Site => &SITE,
        Entity::Host => &HOST,
        Entity::HostCategory => &HOST_CATEGORY,
        Entity::Url => &URL,
        Entity::Netblock => &NETBLOCK,
        Entity::PeerAsn => &PEER_ASN,
        Entity::CountryAllowed | Entity::CountryDenied => &HOST_COUNTRY,
        Entity::Repository => &REPOSITORY,
        Entity::Redirect => &REDIRECT,
        Entity::NetblockCountry => &NETBLOCK_COUNTRY,
        Entity::CountryContinent => &COUNTRY_CONTINENT,
        Entity::Embargo => &EMBARGO,
        Entity::Downtime => &DOWNTIME,
    }
}

const PUBLICLIST_HELP: &str = "shown on public pages";

const PRODUCT: [Field; 2] = [
    required("name", Name, "unique name"),
    flag("publiclist", true, PUBLICLIST_HELP),
];

const VERSION: [Field; 8] = [
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
    create_only("first_seen", Time, DefaultValue::Now, "time when it was added"),
];

const ARCH: [Field; 3] = [
    required("name", Name, "unique name"),
    flag("primary", false, "primary architecture of the distribution"),
    flag("publiclist", true, PUBLICLIST_HELP),
];

const CATEGORY: [Field; 8] = [
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

const SITE: [Field; 6] = [
    required("name", Name, "unique name"),
    optional("org_url", Page, "home page URL"),
    flag("private", false, "hosts are never on public lists"),
    flag("admin_active", true, "false: disabled by an administrator"),
    flag("user_active", true, "false: disabled by its owner"),
    optional("comment", Line, "free text"),
];

const HOST: [Field; 24] = [
    required("name", HostName, "unique name"),
    required("site", Ref(Entity::Site), "owning site"),
    optional("country", Country, "country code, e.g. DE"),
    number("bandwidth", POSITIVE, 100, "uplink in Mbit/s"),
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
    optional("asn", U32, "number of its autonomous system"),
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

const HOST_CATEGORY: [Field; 3] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("category", Ref(Entity::Category), "category that it carries"),
    flag("always_up2date", false, "vouched for: not crawled, always listed"),
];

const URL: [Field; 4] = [
    required("url", MirrorUrl, "URL, unique in the registry"),
    required("host", Ref(Entity::Host), "the host"),
    required("category", Ref(Entity::Category), "the category"),
    flag("private", false, "only for mirrors and the crawler"),
];

const NETBLOCK: [Field; 3] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("netblock", Netblock, "its clients are sent to the host first"),
    optional("name", Line, "name for administrators"),
];

const PEER_ASN: [Field; 3] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("asn", U32, "its clients are sent to the host first"),
    optional("name", Line, "name for administrators"),
];

const HOST_COUNTRY: [Field; 2] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("country", Country, "country of the clients"),
];

const REPOSITORY: [Field; 12] = [
    seen_key(
        "repo",
        Line,
        "prefix that clients send as repo=, or the directory if it has none",
    ),
    create_only("arch", Ref(Entity::Arch), DefaultValue::Required, "the architecture"),
    flag("disabled", false, "responses state that it is disabled"),
    restricted(
        "newest_only_until",
        Time,
        DefaultValue::Empty,
        "until then only mirrors of the newest metadata are listed",
    ),
    restricted(
        "category",
        Ref(Entity::Category),
        DefaultValue::Required,
        "category of the directory",
    ),
    create_only("product", Ref(Entity::Product), DefaultValue::Required, "the product"),
    // The name of a version is not unique without its product, so it is not a reference.
    create_only("version", Name, DefaultValue::Required, "the version"),
    restricted(
        "name",
        Line,
        DefaultValue::Required,
        "path of the directory, topdir included",
    ),
    restricted(
        "directory",
        Line,
        DefaultValue::Empty,
        "path of the directory below the topdir",
    ),
    create_only(
        "prefix",
        Prefix,
        DefaultValue::Empty,
        "prefix that clients send as repo=",
    ),
    read_only("has_directory", Bool, "the directory exists"),
    create_only("first_seen", Time, DefaultValue::Now, "time of detection"),
];

const REDIRECT: [Field; 2] = [
    required("from", Prefix, "requested prefix, unique"),
    optional("to", Prefix, "prefix to answer with; empty = not found"),
];

const NETBLOCK_COUNTRY: [Field; 2] = [
    reference("netblock", Netblock, "netblock, unique"),
    required("country", Country, "country, instead of the one in the GeoIP database"),
];

const COUNTRY_CONTINENT: [Field; 2] = [
    reference("country", Country, "country code, unique"),
    required(
        "continent",
        Continent,
        "continent, instead of the one in the built-in table: AF AN AS EU NA OC SA",
    ),
];

const EMBARGO: [Field; 1] = [reference("country", Country, "code of the country that is not served")];

const DOWNTIME: [Field; 4] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("from", Time, "start of the downtime"),
    required("until", Time, "end of the downtime"),
    optional("reason", Line, "reason"),
];
