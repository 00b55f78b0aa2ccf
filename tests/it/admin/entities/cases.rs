//! Test data for each entity.

pub(in crate::admin) struct Case {
    pub(in crate::admin) entity: &'static str,
    /// The key of the added row, with the options of its parents.
    pub(in crate::admin) key: &'static [&'static str],
    /// Further arguments of `add`.
    pub(in crate::admin) options: &'static [&'static str],
    /// Arguments of an `add` with an invalid value, and words of the error.
    pub(in crate::admin) wrong: (&'static [&'static str], &'static [&'static str]),
    /// An assignment, and the field and value that `show` then has; none for entities that consist of their key.
    pub(in crate::admin) set: Option<(&'static str, &'static str, &'static str)>,
    /// A field and its value in the JSON of the new row.
    pub(in crate::admin) shows: (&'static str, &'static str),
}

const HOST: &str = "mirror.example.org";

pub(in crate::admin) const CASES: [Case; 17] = [
    Case {
        entity: "product",
        key: &["EPEL"],
        options: &["publiclist=false"],
        wrong: (&["EPEL2", "publiclist=perhaps"], &["publiclist", "true"]),
        set: Some(("publiclist=true", "publiclist", "true")),
        shows: ("publiclist", "false"),
    },
    Case {
        entity: "version",
        key: &["44", "--product", "Fedora"],
        options: &["sortorder=-44", "is_test=true"],
        wrong: (
            &["45", "--product", "Fedora", "sortorder=high"],
            &["sortorder", "whole number"],
        ),
        set: Some(("codename=Forty", "codename", "\"Forty\"")),
        shows: ("sortorder", "-44"),
    },
    Case {
        entity: "arch",
        key: &["aarch64"],
        options: &["primary=true"],
        wrong: (&[""], &["name", "1 to 200"]),
        set: Some(("primary=no", "primary", "false")),
        shows: ("primary", "true"),
    },
    Case {
        entity: "category",
        key: &["Fedora EPEL"],
        options: &["--product", "Fedora", "topdir=/pub/epel/"],
        wrong: (&["C", "--product", "Fedora", "topdir=a/../b"], &["topdir"]),
        set: Some((
            "canonicalhost=https://dl.example.org/",
            "canonicalhost",
            "\"https://dl.example.org/\"",
        )),
        shows: ("topdir", "\"pub/epel\""),
    },
    Case {
        entity: "site",
        key: &["Another Site"],
        options: &["org-url=https://another.example.org/", "private=true"],
        wrong: (
            &["S", "org_url=javascript:alert(1)"],
            &["org_url", "https://www.example.org/"],
        ),
        set: Some(("comment=hello there", "comment", "\"hello there\"")),
        shows: ("private", "true"),
    },
    Case {
        entity: "host",
        key: &["Two.Example.ORG"],
        options: &["--site", "Example University", "country=at", "bandwidth=1G"],
        wrong: (
            &["h", "--site", "Example University", "country=Germany"],
            &["country", "two letters"],
        ),
        set: Some(("bandwidth=2000", "bandwidth", "2000")),
        shows: ("country", "\"AT\""),
    },
    Case {
        entity: "host-category",
        key: &["Fedora Other", "--host", HOST],
        options: &["always_up2date=true"],
        wrong: (&["Fedora Linux", "--host", "a b"], &["host", "mirror.example.org"]),
        set: Some(("always_up2date=false", "always_up2date", "false")),
        shows: ("always_up2date", "true"),
    },
    Case {
        entity: "url",
        key: &["https://mirror.example.org/other/"],
        options: &["--host", HOST, "--category", "Fedora Linux"],
        wrong: (
            &["gopher://m/", "--host", HOST, "--category", "Fedora Linux"],
            &["url", "scheme", "https://"],
        ),
        set: Some(("private=true", "private", "true")),
        shows: ("url", "\"https://mirror.example.org/other\""),
    },
    Case {
        entity: "netblock",
        key: &["198.51.100.0/24", "--host", HOST],
        options: &["name=campus"],
        wrong: (&["300.1.1.1/8", "--host", HOST], &["netblock", "192.0.2.0/24"]),
        set: Some(("name=", "name", "null")),
        shows: ("name", "\"campus\""),
    },
    Case {
        entity: "peer-asn",
        key: &["AS64999", "--host", HOST],
        options: &[],
        wrong: (&["4294967296", "--host", HOST], &["asn", "4294967295"]),
        set: Some(("name=peer", "name", "\"peer\"")),
        shows: ("asn", "64999"),
    },
    Case {
        entity: "country-allowed",
        key: &["CH", "--host", HOST],
        options: &[],
        wrong: (&["Swiss", "--host", HOST], &["country", "two letters"]),
        set: None,
        shows: ("country", "\"CH\""),
    },
    Case {
        entity: "country-denied",
        key: &["es", "--host", HOST],
        options: &[],
        wrong: (&["1", "--host", HOST], &["country", "two letters"]),
        set: None,
        shows: ("country", "\"ES\""),
    },
    Case {
        entity: "redirect",
        key: &["fedora-next"],
        options: &["to=fedora-44", "--force"],
        wrong: (&["a b", "to=c"], &["from", "prefix"]),
        set: Some(("to=", "to", "null")),
        shows: ("to", "\"fedora-44\""),
    },
    Case {
        entity: "netblock-country",
        key: &["10.1.2.3/8"],
        options: &["country=ch"],
        wrong: (&["10.0.0.0/99", "country=CH"], &["netblock", "192.0.2.0/24"]),
        set: Some(("country=AT", "country", "\"AT\"")),
        shows: ("netblock", "\"10.0.0.0/8\""),
    },
    Case {
        entity: "country-continent",
        key: &["CY"],
        options: &["continent=as"],
        wrong: (&["CY", "continent=Asia"], &["continent", "AF, AN, AS"]),
        set: Some(("continent=EU", "continent", "\"EU\"")),
        shows: ("continent", "\"AS\""),
    },
    Case {
        entity: "embargo",
        key: &["BV"],
        options: &[],
        wrong: (&["YBV"], &["country", "two letters"]),
        set: None,
        shows: ("country", "\"BV\""),
    },
    Case {
        entity: "downtime",
        key: &["2026-12-01T08:00:00Z", "--host", HOST],
        options: &["until=2026-12-01T12:00:00Z", "reason=new disks"],
        wrong: (
            &["tomorrow", "--host", HOST, "until=2026-12-01T12:00:00Z"],
            &["from", "2026-11-24T18:00:00Z"],
        ),
        set: Some(("reason=old disks", "reason", "\"old disks\"")),
        shows: ("reason", "\"new disks\""),
    },
];
