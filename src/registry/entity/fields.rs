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

const PUBLICLIST_HELP: &str = "the public pages show it";

const PRODUCT: [Field; 2] = [
    required("name", Name, "its name, unique"),
    flag("publiclist", true, PUBLICLIST_HELP),
];

const VERSION: [Field; 8] = [
    reference("product", Ref(Entity::Product), "of which product"),
    required("name", Name, "its name, unique within the product"),
    optional("codename", Line, "a code name, if people use one"),
    optional("display_name", Line, "what pages call it instead of its name"),
    flag("is_test", false, "a test release"),
    flag("display", true, PUBLICLIST_HELP),
    number(
        "sortorder",
        Int(i64::MIN, i64::MAX),
        0,
        "pages list higher numbers first",
    ),
    create_only("first_seen", Time, DefaultValue::Now, "when it was added"),
];

const ARCH: [Field; 3] = [
    required("name", Name, "its name, unique"),
    flag("primary", false, "a primary architecture of the distribution"),
    flag("publiclist", true, PUBLICLIST_HELP),
];

const CATEGORY: [Field; 8] = [
    required("name", Name, "its name, unique"),
    required("product", Ref(Entity::Product), "the product its releases belong to"),
    Field {
        unique: true,
        ..required("topdir", Path, "the path clients ask for, such as pub/fedora/linux")
    },
    optional(
        "canonicalhost",
        Page,
        "where the master is reachable for the world, for pages",
    ),
    flag("publiclist", true, PUBLICLIST_HELP),
    flag("admin_only", false, "only admins may add it to a host"),
    read_only("generation", Int(0, i64::MAX), "how often a scan changed it"),
    read_only("scanned_at", Time, "when it was last scanned"),
];

const SITE: [Field; 6] = [
    required("name", Name, "its name, unique"),
    optional("org_url", Page, "its page"),
    flag("private", false, "its hosts are never on public lists"),
    flag("admin_active", true, "switched on by an admin"),
    flag("user_active", true, "switched on by its owner"),
    optional("comment", Line, "free text"),
];

const HOST: [Field; 24] = [
    required("name", HostName, "its name, unique"),
    required("site", Ref(Entity::Site), "whose it is"),
    optional("country", Country, "where it stands, such as DE"),
    number("bandwidth", POSITIVE, 100, "its uplink in Mbit/s"),
    flag(
        "private",
        false,
        "only for its netblocks and peer ASNs, never on public lists",
    ),
    flag("admin_active", true, "switched on by an admin"),
    flag("user_active", true, "switched on by its owner, or by the crawler"),
    optional(
        "disabled_by",
        DisabledBy,
        "who switched it off: crawler, admin or owner",
    ),
    optional("disable_reason", Line, "why it was switched off"),
    flag("internet2", false, "reachable over Internet2"),
    flag(
        "internet2_clients",
        false,
        "a private host that also serves Internet2 clients",
    ),
    optional("asn", U32, "the autonomous system it stands in"),
    flag("asn_clients", true, "clients of that system are sent to it first"),
    number("max_connections", POSITIVE, 1, "connections a client may open"),
    optional(
        "crawl_connections",
        POSITIVE,
        "connections the crawler opens at once; empty = as the config says",
    ),
    optional(
        "crawl_rate",
        POSITIVE,
        "requests a second by the crawler; empty = as the config says",
    ),
    optional(
        "crawl_budget",
        POSITIVE,
        "requests in 24 hours by the crawler; empty = as the config says",
    ),
    optional(
        "crawl_window",
        Window,
        "when it may be crawled, such as 22:00-06:00 in UTC; empty = always",
    ),
    optional(
        "crawl_probe",
        Probe,
        "how it is asked: rsync, index or head; empty = the cheapest that answers",
    ),
    optional("robot_email", Email, "whom to write to"),
    optional("comment", Line, "free text"),
    read_only("last_crawled", Time, "when it was last crawled to an end"),
    read_only("last_crawl_duration", U32, "how many seconds that took"),
    read_only("crawl_failures", U32, "crawls in a row without any answer"),
];

const HOST_CATEGORY: [Field; 3] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("category", Ref(Entity::Category), "the category it carries"),
    flag("always_up2date", false, "never crawled and always listed"),
];

const URL: [Field; 4] = [
    required("url", MirrorUrl, "the address, unique in the registry"),
    required("host", Ref(Entity::Host), "on which host"),
    required("category", Ref(Entity::Category), "of which category"),
    flag("private", false, "for mirrors and the crawler only"),
];

const NETBLOCK: [Field; 3] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("netblock", Netblock, "clients in it are sent to the host first"),
    optional("name", Line, "what it is called"),
];

const PEER_ASN: [Field; 3] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("asn", U32, "clients in it are sent to the host first"),
    optional("name", Line, "what it is called"),
];

const HOST_COUNTRY: [Field; 2] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("country", Country, "the country of the clients"),
];

const REPOSITORY: [Field; 12] = [
    seen_key(
        "repo",
        Line,
        "what clients send as repo=; its directory where there is none",
    ),
    create_only(
        "arch",
        Ref(Entity::Arch),
        DefaultValue::Required,
        "for which architecture",
    ),
    flag("disabled", false, "clients are told that it is disabled"),
    restricted(
        "newest_only_until",
        Time,
        DefaultValue::Empty,
        "until then only holders of the newest metadata are listed",
    ),
    restricted(
        "category",
        Ref(Entity::Category),
        DefaultValue::Required,
        "in which category it lies",
    ),
    create_only(
        "product",
        Ref(Entity::Product),
        DefaultValue::Required,
        "of which product",
    ),
    // The name of a version is not unique without its product, so it is no reference of its own.
    create_only("version", Name, DefaultValue::Required, "of which version"),
    restricted("name", Line, DefaultValue::Required, "the full name of its directory"),
    restricted(
        "directory",
        Line,
        DefaultValue::Empty,
        "its directory below the top of the category",
    ),
    create_only("prefix", Prefix, DefaultValue::Empty, "what clients send as repo="),
    read_only("has_directory", Bool, "the directory is still there"),
    create_only("first_seen", Time, DefaultValue::Now, "when it was detected"),
];

const REDIRECT: [Field; 2] = [
    required("from", Prefix, "what clients ask for, unique"),
    optional("to", Prefix, "what they are given; empty = nothing"),
];

const NETBLOCK_COUNTRY: [Field; 2] = [
    reference("netblock", Netblock, "the netblock, unique"),
    required("country", Country, "its country, over what GeoIP says"),
];

const COUNTRY_CONTINENT: [Field; 2] = [
    reference("country", Country, "the country, unique"),
    required(
        "continent",
        Continent,
        "its continent, over the built-in table: AF AN AS EU NA OC SA",
    ),
];

const EMBARGO: [Field; 1] = [reference("country", Country, "a country that is not served")];

const DOWNTIME: [Field; 4] = [
    reference("host", Ref(Entity::Host), "the host"),
    reference("from", Time, "when it begins"),
    required("until", Time, "when it ends"),
    optional("reason", Line, "why"),
];
