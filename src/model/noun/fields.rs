//! The fields of every noun. Their order is that of the columns that [`crate::db::edit`] selects and binds: the key first,
//! then what people write, then what programs write.

use super::{Field, Kind, Noun, Preset, Role};
use Kind::{
    Bool, Continent, Country, DisabledBy, Email, HostName, Int, Line, MirrorUrl, Name, Netblock, Page, Path, Prefix,
    Probe, Ref, Time, Window,
};

const U32: Kind = Int(0, 4_294_967_295);
const POSITIVE: Kind = Int(1, 4_294_967_295);

/// A field that must be given and can be changed.
const fn need(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        name,
        kind,
        role: Role::Open,
        preset: Preset::Needed,
        unique: false,
        about,
    }
}

/// A field that must be given and stays: another value would be another row.
const fn link(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        role: Role::Fixed,
        ..need(name, kind, about)
    }
}

/// A field that can do without a value.
const fn maybe(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        preset: Preset::Empty,
        ..need(name, kind, about)
    }
}

const fn flag(name: &'static str, preset: bool, about: &'static str) -> Field {
    Field {
        preset: Preset::Bool(preset),
        ..need(name, Bool, about)
    }
}

const fn number(name: &'static str, kind: Kind, preset: i64, about: &'static str) -> Field {
    Field {
        preset: Preset::Int(preset),
        ..need(name, kind, about)
    }
}

/// A field that only other programs write.
const fn seen(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        role: Role::Seen,
        ..maybe(name, kind, about)
    }
}

/// A field that is set when the row is made, and stays.
const fn once(name: &'static str, kind: Kind, preset: Preset, about: &'static str) -> Field {
    Field {
        role: Role::Once,
        preset,
        ..need(name, kind, about)
    }
}

/// A field that has commands of its own.
const fn guarded(name: &'static str, kind: Kind, preset: Preset, about: &'static str) -> Field {
    Field {
        role: Role::Guarded,
        preset,
        ..need(name, kind, about)
    }
}

/// A part of a key that only other programs write.
const fn seen_key(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field {
        role: Role::Seen,
        ..need(name, kind, about)
    }
}

pub(super) const fn of(noun: Noun) -> &'static [Field] {
    match noun {
        Noun::Product => &PRODUCT,
        Noun::Version => &VERSION,
        Noun::Arch => &ARCH,
        Noun::Category => &CATEGORY,
        Noun::Site => &SITE,
        Noun::Host => &HOST,
        Noun::HostCategory => &HOST_CATEGORY,
        Noun::Url => &URL,
        Noun::Netblock => &NETBLOCK,
        Noun::PeerAsn => &PEER_ASN,
        Noun::CountryAllowed | Noun::CountryDenied => &HOST_COUNTRY,
        Noun::Repository => &REPOSITORY,
        Noun::Redirect => &REDIRECT,
        Noun::NetblockCountry => &NETBLOCK_COUNTRY,
        Noun::CountryContinent => &COUNTRY_CONTINENT,
        Noun::Embargo => &EMBARGO,
        Noun::Downtime => &DOWNTIME,
    }
}

const PAGES: &str = "the public pages show it";

const PRODUCT: [Field; 2] = [need("name", Name, "its name, unique"), flag("publiclist", true, PAGES)];

const VERSION: [Field; 8] = [
    link("product", Ref(Noun::Product), "of which product"),
    need("name", Name, "its name, unique within the product"),
    maybe("codename", Line, "a code name, if people use one"),
    maybe("display_name", Line, "what pages call it instead of its name"),
    flag("is_test", false, "a test release"),
    flag("display", true, PAGES),
    number(
        "sortorder",
        Int(i64::MIN, i64::MAX),
        0,
        "pages list higher numbers first",
    ),
    once("first_seen", Time, Preset::Now, "when it was added"),
];

const ARCH: [Field; 3] = [
    need("name", Name, "its name, unique"),
    flag("primary", false, "a primary architecture of the distribution"),
    flag("publiclist", true, PAGES),
];

const CATEGORY: [Field; 8] = [
    need("name", Name, "its name, unique"),
    need("product", Ref(Noun::Product), "the product its releases belong to"),
    Field {
        unique: true,
        ..need("topdir", Path, "the path clients ask for, such as pub/fedora/linux")
    },
    maybe(
        "canonicalhost",
        Page,
        "where the master is reachable for the world, for pages",
    ),
    flag("publiclist", true, PAGES),
    flag("admin_only", false, "only admins may add it to a host"),
    seen("generation", Int(0, i64::MAX), "how often a scan changed it"),
    seen("scanned_at", Time, "when it was last scanned"),
];

const SITE: [Field; 6] = [
    need("name", Name, "its name, unique"),
    maybe("org_url", Page, "its page"),
    flag("private", false, "its hosts are never on public lists"),
    flag("admin_active", true, "switched on by an admin"),
    flag("user_active", true, "switched on by its owner"),
    maybe("comment", Line, "free text"),
];

const HOST: [Field; 24] = [
    need("name", HostName, "its name, unique"),
    need("site", Ref(Noun::Site), "whose it is"),
    maybe("country", Country, "where it stands, such as DE"),
    number("bandwidth", POSITIVE, 100, "its uplink in Mbit/s"),
    flag(
        "private",
        false,
        "only for its netblocks and peer ASNs, never on public lists",
    ),
    flag("admin_active", true, "switched on by an admin"),
    flag("user_active", true, "switched on by its owner, or by the crawler"),
    maybe(
        "disabled_by",
        DisabledBy,
        "who switched it off: crawler, admin or owner",
    ),
    maybe("disable_reason", Line, "why it was switched off"),
    flag("internet2", false, "reachable over Internet2"),
    flag(
        "internet2_clients",
        false,
        "a private host that also serves Internet2 clients",
    ),
    maybe("asn", U32, "the autonomous system it stands in"),
    flag("asn_clients", true, "clients of that system are sent to it first"),
    number("max_connections", POSITIVE, 1, "connections a client may open"),
    maybe(
        "crawl_connections",
        POSITIVE,
        "connections the crawler opens at once; empty = as the config says",
    ),
    maybe(
        "crawl_rate",
        POSITIVE,
        "requests a second by the crawler; empty = as the config says",
    ),
    maybe(
        "crawl_budget",
        POSITIVE,
        "requests in 24 hours by the crawler; empty = as the config says",
    ),
    maybe(
        "crawl_window",
        Window,
        "when it may be crawled, such as 22:00-06:00 in UTC; empty = always",
    ),
    maybe(
        "crawl_probe",
        Probe,
        "how it is asked: rsync, index or head; empty = the cheapest that answers",
    ),
    maybe("robot_email", Email, "whom to write to"),
    maybe("comment", Line, "free text"),
    seen("last_crawled", Time, "when it was last crawled to an end"),
    seen("last_crawl_duration", U32, "how many seconds that took"),
    seen("crawl_failures", U32, "crawls in a row without any answer"),
];

const HOST_CATEGORY: [Field; 3] = [
    link("host", Ref(Noun::Host), "the host"),
    link("category", Ref(Noun::Category), "the category it carries"),
    flag("always_up2date", false, "never crawled and always listed"),
];

const URL: [Field; 4] = [
    need("url", MirrorUrl, "the address, unique in the registry"),
    need("host", Ref(Noun::Host), "on which host"),
    need("category", Ref(Noun::Category), "of which category"),
    flag("private", false, "for mirrors and the crawler only"),
];

const NETBLOCK: [Field; 3] = [
    link("host", Ref(Noun::Host), "the host"),
    link("netblock", Netblock, "clients in it are sent to the host first"),
    maybe("name", Line, "what it is called"),
];

const PEER_ASN: [Field; 3] = [
    link("host", Ref(Noun::Host), "the host"),
    link("asn", U32, "clients in it are sent to the host first"),
    maybe("name", Line, "what it is called"),
];

const HOST_COUNTRY: [Field; 2] = [
    link("host", Ref(Noun::Host), "the host"),
    link("country", Country, "the country of the clients"),
];

const REPOSITORY: [Field; 12] = [
    seen_key(
        "repo",
        Line,
        "what clients send as repo=; its directory where there is none",
    ),
    once("arch", Ref(Noun::Arch), Preset::Needed, "for which architecture"),
    flag("disabled", false, "clients are told that it is disabled"),
    guarded(
        "newest_only_until",
        Time,
        Preset::Empty,
        "until then only holders of the newest metadata are listed",
    ),
    guarded(
        "category",
        Ref(Noun::Category),
        Preset::Needed,
        "in which category it lies",
    ),
    once("product", Ref(Noun::Product), Preset::Needed, "of which product"),
    // The name of a version is not unique without its product, so it is no reference of its own.
    once("version", Name, Preset::Needed, "of which version"),
    guarded("name", Line, Preset::Needed, "the full name of its directory"),
    guarded(
        "directory",
        Line,
        Preset::Empty,
        "its directory below the top of the category",
    ),
    once("prefix", Prefix, Preset::Empty, "what clients send as repo="),
    seen("has_directory", Bool, "the directory is still there"),
    once("first_seen", Time, Preset::Now, "when it was detected"),
];

const REDIRECT: [Field; 2] = [
    need("from", Prefix, "what clients ask for, unique"),
    maybe("to", Prefix, "what they are given; empty = nothing"),
];

const NETBLOCK_COUNTRY: [Field; 2] = [
    link("netblock", Netblock, "the netblock, unique"),
    need("country", Country, "its country, over what GeoIP says"),
];

const COUNTRY_CONTINENT: [Field; 2] = [
    link("country", Country, "the country, unique"),
    need(
        "continent",
        Continent,
        "its continent, over the built-in table: AF AN AS EU NA OC SA",
    ),
];

const EMBARGO: [Field; 1] = [link("country", Country, "a country that is not served")];

const DOWNTIME: [Field; 4] = [
    link("host", Ref(Noun::Host), "the host"),
    link("from", Time, "when it begins"),
    need("until", Time, "when it ends"),
    maybe("reason", Line, "why"),
];
