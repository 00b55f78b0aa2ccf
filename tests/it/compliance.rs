//! Compares the server with every response recorded from MirrorManager2's server.
//!
//! `tests/data/mirrorlist/` is a small test network in MirrorManager2's formats with the responses of its server, each
//! requested 96 times. Deliberate differences (docs/DEVIATIONS.md) are listed in `deviations.tsv` with their reasons;
//! a case that differs and is not listed, or is listed and does not differ, fails.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test support"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::IpAddr;

use mirrormanager::answer::geo::GeoIp;
use mirrormanager::answer::index::Index;
use serde_json::Value;

pub(crate) mod client;
pub(crate) mod metalink;

use client::{Client, Reply, Server, data};

/// Requests per case, as orders are random.
const REPETITIONS: usize = 8;

/// Hosts that are only for clients in some countries.
const ALLOWED: &[(&str, &[&str])] = &[
    ("m4.example.org", &["BR", "CA"]),
    ("m13.example.org", &["JP", "ZA"]),
    ("m31.example.org", &["DE", "ZA"]),
    ("m32.example.org", &["JP", "SE"]),
    ("m38.example.org", &["JP", "SE"]),
];

const MINIMUM: usize = 5;

/// Reason why a response may differ from the recorded one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// Country restrictions of a host apply in every tier; hosts that are left out do not count toward the minimum.
    AllowedCountries,
    /// https before http before ftp before rsync within a host.
    HttpsFirst,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::AllowedCountries => "allowed-countries",
            Self::HttpsFirst => "https-first",
        }
    }
}

struct Case {
    line: Value,
    /// Hosts that are not for this client.
    restricted: BTreeSet<String>,
}

impl Case {
    fn text(&self, key: &str) -> &str {
        self.line[key].as_str().unwrap_or_default()
    }

    fn name(&self) -> String {
        let forwarded = self.line["headers"]["X-Forwarded-For"].as_str();
        let mut name = self.text("request").to_owned();
        if let Some(forwarded) = forwarded {
            write!(name, " X-Forwarded-For: {forwarded}").unwrap();
        }
        name
    }

    fn strings(&self, key: &str) -> BTreeSet<String> {
        strings(&self.line[key])
    }

    /// True if hosts from all countries may be added, because too few of the recorded ones are for this client.
    fn may_be_extended(&self, recorded: &BTreeSet<String>) -> bool {
        !recorded.is_disjoint(&self.restricted) && recorded.difference(&self.restricted).count() < MINIMUM
    }

    /// Compares the hosts of a response with the recorded ones.
    fn compare_hosts(&self, got: &[String], recorded: &BTreeSet<String>, reasons: &mut BTreeSet<Reason>) {
        let set: BTreeSet<String> = got.iter().cloned().collect();
        assert_eq!(set.len(), got.len(), "duplicate host: {got:?}");
        let lost: BTreeSet<_> = recorded.difference(&set).collect();
        let gained: BTreeSet<_> = set.difference(recorded).collect();
        if !recorded.is_disjoint(&self.restricted) {
            reasons.insert(Reason::AllowedCountries);
        }
        assert!(lost.iter().all(|h| self.restricted.contains(*h)), "lost {lost:?}");
        assert!(set.is_disjoint(&self.restricted), "not for this client: {set:?}");
        assert!(gained.is_empty() || self.may_be_extended(recorded), "gained {gained:?}");
        // Each tier comes before the next.
        let place = |h: &String| got.iter().position(|g| g == h);
        let mut end = 0;
        for tier in self.line["tiers"].as_array().unwrap() {
            let places: Vec<usize> = strings(tier).iter().filter_map(place).collect();
            if let (Some(first), Some(last)) = (places.iter().min(), places.iter().max()) {
                assert!(*first >= end, "out of tier: {got:?}");
                end = last + 1;
            }
        }
    }
}

fn strings(list: &Value) -> BTreeSet<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

fn host_of(url: &str) -> String {
    url.split('/').nth(2).unwrap().to_owned()
}

fn rank(url: &str) -> usize {
    let scheme = url.split(':').next().unwrap();
    ["https", "http", "ftp", "rsync"]
        .iter()
        .position(|s| *s == scheme)
        .unwrap()
}

/// Hosts in order, without consecutive duplicates.
fn hosts_in_order(urls: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for url in urls {
        let host = host_of(&url);
        if out.last() != Some(&host) {
            out.push(host);
        }
    }
    out
}

/// The tokens of a comment: `country = DE`, `Using ASN 64500`, …
fn tokens(body: &str) -> Vec<String> {
    let mut out = Vec::new();
    for line in body.lines().filter_map(|l| l.strip_prefix("# ")) {
        let mut line = line.to_owned();
        for begin in ["Using ", "country = ", "protocol = "] {
            line = line.replace(&format!(" {begin}"), &format!("\u{0}{begin}"));
        }
        for token in line.split('\u{0}') {
            // Each token ends with one blank; the blank of an empty value is kept.
            out.push(token.strip_suffix(' ').unwrap_or(token).to_owned());
        }
    }
    out.sort();
    out
}

fn compare_mirrorlist(case: &Case, reply: &Reply, reasons: &mut BTreeSet<Reason>) {
    let urls: Vec<String> = reply
        .body
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(ToOwned::to_owned)
        .collect();
    let wanted = case.strings("urls");
    let recorded: BTreeSet<String> = wanted.iter().map(|u| host_of(u)).collect();
    case.compare_hosts(&hosts_in_order(urls.clone()), &recorded, reasons);
    let mut comment = tokens(&reply.body);
    let wanted_comment: Vec<String> = case.strings("comment").into_iter().collect();
    if comment != wanted_comment && case.may_be_extended(&recorded) {
        comment.retain(|t| t != "country = global");
    }
    assert_eq!(comment, wanted_comment);
    let by_protocol = case.text("request").contains("protocol=");
    for host in &recorded {
        let of = |all: &mut dyn Iterator<Item = &String>| -> BTreeSet<String> {
            all.filter(|u| host_of(u) == *host).cloned().collect()
        };
        let (got, want) = (of(&mut urls.iter()), of(&mut wanted.iter()));
        if got == want || got.is_empty() {
            continue;
        }
        // One URL per host: it has a better protocol, and is otherwise the same.
        assert!(
            !by_protocol && got.len() == 1 && want.len() == 1,
            "{got:?} for {want:?}"
        );
        let (got, want) = (got.first().unwrap(), want.first().unwrap());
        assert!(rank(got) < rank(want), "{got} for {want}");
        assert_eq!(got.split_once(':').unwrap().1, want.split_once(':').unwrap().1);
        reasons.insert(Reason::HttpsFirst);
    }
    if by_protocol {
        let ranks: Vec<(String, usize)> = urls.iter().map(|u| (host_of(u), rank(u))).collect();
        assert!(
            ranks.windows(2).all(|w| w[0].0 != w[1].0 || w[0].1 <= w[1].1),
            "{ranks:?}"
        );
    }
}

fn version(value: &Value) -> metalink::Version {
    let text = |key: &str| value[key].as_str().map(ToOwned::to_owned);
    metalink::Version {
        timestamp: text("timestamp"),
        size: text("size"),
        hashes: value["hashes"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned()))
            .collect(),
    }
}

fn compare_metalink(case: &Case, reply: &Reply, reasons: &mut BTreeSet<Reason>) {
    let got = metalink::read(&reply.body);
    for (key, value) in case.line["root"].as_object().unwrap() {
        assert_eq!(got.root.get(key).map(String::as_str), value.as_str(), "root {key}");
    }
    assert_eq!(got.root["xmlns"], "http://www.metalinker.org/");
    assert_eq!(got.root["xmlns:mm0"], "http://fedorahosted.org/mirrormanager");
    assert_eq!(got.file, case.text("file"));
    assert_eq!(got.newest, version(&case.line["newest"]));
    let alternates: Vec<_> = case.line["alternates"]
        .as_array()
        .unwrap()
        .iter()
        .map(version)
        .collect();
    assert_eq!(got.alternates, alternates);
    assert_eq!(got.maxconnections, case.text("maxconnections"));
    let hosts = hosts_in_order(got.urls.iter().map(|u| u.address.clone()));
    let wanted = case.line["hosts"].as_object().unwrap();
    case.compare_hosts(&hosts, &wanted.keys().cloned().collect(), reasons);
    for (place, host) in hosts.iter().enumerate() {
        let of: Vec<&metalink::Url> = got.urls.iter().filter(|u| host_of(&u.address) == *host).collect();
        let preference = 100_u32.saturating_sub(u32::try_from(place).unwrap()).max(1);
        assert!(of.iter().all(|u| u.preference == preference), "{of:?}");
        assert!(of.is_sorted_by_key(|u| rank(&u.address)), "{of:?}");
        let Some(want) = wanted.get(host) else { continue };
        let text = |v: &Value, key: &str| v[key].as_str().unwrap_or_default().to_owned();
        let want: Vec<metalink::Url> = want
            .as_array()
            .unwrap()
            .iter()
            .map(|v| metalink::Url {
                address: text(v, "url"),
                protocol: text(v, "protocol"),
                kind: text(v, "type"),
                location: text(v, "location"),
                preference,
                private: v["private"].as_str().map(ToOwned::to_owned),
            })
            .collect();
        let mut sorted = want.clone();
        sorted.sort_by_key(|u| rank(&u.address));
        assert_eq!(of.iter().map(|u| (*u).clone()).collect::<Vec<_>>(), sorted);
        if sorted != want {
            reasons.insert(Reason::HttpsFirst);
        }
    }
    if reasons.is_empty() {
        let preferences: Vec<u64> = case.line["preferences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p.as_u64().unwrap())
            .collect();
        assert_eq!(preferences.len(), hosts.len());
    }
}

/// A redirect points to one of the mirrors in the response without `redirect`: 96 requests do not show all of them.
fn compare_redirect(case: &Case, reply: &Reply, client: &mut Client, reasons: &mut BTreeSet<Reason>) {
    let location = reply.header("location").unwrap().to_owned();
    let plain = case.text("request").replace("&redirect=1", "");
    let list = client.send("GET", &plain, &[]).body;
    assert!(list.lines().any(|l| l == location), "{location} is not in\n{list}");
    assert!(location.starts_with("http"));
    assert!(!case.restricted.contains(&host_of(&location)));
    for seen in case.strings("locations") {
        let host = host_of(&seen);
        if case.restricted.contains(&host) {
            reasons.insert(Reason::AllowedCountries);
        } else if !list.lines().any(|l| l == seen) {
            let better = list
                .lines()
                .any(|l| l.starts_with("http") && host_of(l) == host && rank(l) < rank(&seen));
            assert!(better, "{seen} is not in\n{list}");
            reasons.insert(Reason::HttpsFirst);
        }
    }
}

fn compare(case: &Case, client: &mut Client) -> BTreeSet<Reason> {
    let headers: Vec<(&str, &str)> = case.line["headers"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(k, v)| (k.as_str(), v.as_str().unwrap()))
        .collect();
    let mut reasons = BTreeSet::new();
    for _ in 0..REPETITIONS {
        let reply = client.send("GET", case.text("request"), &headers);
        assert_eq!(
            u64::from(reply.status),
            case.line["status"].as_u64().unwrap(),
            "{reply:?}"
        );
        if let Some(kind) = case.line["content_type"].as_str() {
            assert_eq!(reply.header("content-type"), Some(kind));
        }
        match case.text("kind") {
            "mirrorlist" => compare_mirrorlist(case, &reply, &mut reasons),
            "metalink" => compare_metalink(case, &reply, &mut reasons),
            "redirect" => compare_redirect(case, &reply, client, &mut reasons),
            "text" => assert_eq!(without_date(&reply.body), case.text("body")),
            other => panic!("a case of kind {other}"),
        }
    }
    reasons
}

/// The body without the publication date.
fn without_date(body: &str) -> String {
    match body.split_once(" pubdate=\"") {
        None => body.to_owned(),
        Some((before, after)) => {
            let (date, after) = after.split_once('"').unwrap();
            assert!(date.ends_with(" GMT") && date.len() == 29, "{date}");
            format!("{before} pubdate=\"…\"{after}")
        }
    }
}

/// The country of the client of a case according to the test data.
fn country(line: &Value, index: &Index, geoip: &GeoIp) -> Option<String> {
    let request = line["request"].as_str().unwrap();
    let query = request.split(['?', '&']).find_map(|p| p.strip_prefix("ip="));
    let forwarded = line["headers"]["X-Forwarded-For"]
        .as_str()
        .and_then(|f| f.rsplit(", ").next());
    let ip: IpAddr = query.or(forwarded).unwrap_or("127.0.0.1").parse().ok()?;
    let code = index.netblock_country(ip).or_else(|| geoip.country(ip))?;
    Some(code.to_string())
}

fn cases() -> Vec<Case> {
    let (index, _) = mirrormanager::mm2::read(std::fs::read(data("mirrorlist_cache.proto")).unwrap().into()).unwrap();
    let geoip = GeoIp::new(std::fs::read(data("geo.mmdb")).unwrap()).unwrap();
    let text = std::fs::read_to_string(data("cases.jsonl")).unwrap();
    let lines = text.lines().map(|l| serde_json::from_str(l).unwrap());
    lines
        .map(|line: Value| {
            let country = country(&line, &index, &geoip).unwrap_or_default();
            let restricted = ALLOWED
                .iter()
                .filter(|(_, allowed)| !allowed.contains(&country.as_str()));
            Case {
                restricted: restricted.map(|(host, _)| (*host).to_owned()).collect(),
                line,
            }
        })
        .collect()
}

#[test]
fn recorded_responses_match_except_for_listed_deviations() {
    let server = Server::drop_in();
    let mut client = server.client();
    let mut found: BTreeMap<String, BTreeSet<Reason>> = BTreeMap::new();
    let mut failed = Vec::new();
    let cases = cases();
    assert_eq!(cases.len(), 592);
    for case in &cases {
        let compared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| compare(case, &mut client)));
        match compared {
            Ok(reasons) if reasons.is_empty() => {}
            Ok(reasons) => found.entry(case.name()).or_default().extend(reasons),
            Err(_) => failed.push(case.name()),
        }
    }
    assert!(
        failed.is_empty(),
        "{} cases differ for other reasons:\n{}",
        failed.len(),
        failed.join("\n")
    );
    let mut lines = String::new();
    for (name, reasons) in found {
        let reasons: Vec<&str> = reasons.into_iter().map(Reason::name).collect();
        writeln!(lines, "{name}\t{}", reasons.join(",")).unwrap();
    }
    let listed = std::fs::read_to_string(data("deviations.tsv")).unwrap_or_default();
    let now = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("deviations.tsv");
    std::fs::write(&now, &lines).unwrap();
    assert!(
        lines == listed,
        "the deviations differ from the listed ones; compare tests/data/mirrorlist/deviations.tsv with {}",
        now.display()
    );
}
