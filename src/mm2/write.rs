//! Writes a snapshot as MirrorManager2's cache.
//!
//! Features without a counterpart in the cache: hosts with denied countries allow all other ISO countries; a
//! repository that is disabled for some architectures only is left out for these (the cache disables whole prefixes);
//! embargoed countries and lists of all files are left out. Lists that its server does not use (Internet2, locations)
//! are not written.

use std::collections::{BTreeMap, BTreeSet};

use crate::answer::index::FileVersion;
use crate::model::Timestamp;
use crate::model::continents::built_in_continents;
use crate::snapshot::{Snapshot, SnapshotDirectory, SnapshotHost};

use super::wire;

/// Tag of the directories in [`wire::MirrorList`].
const DIRECTORIES: u32 = 16;

/// Encodes a cache that gives the same responses as the snapshot. `now` is the time of its generation.
pub(crate) fn write(snapshot: &Snapshot, now: Timestamp) -> Vec<u8> {
    let (urls, ids) = number_urls(snapshot);
    let mut list = wire::MirrorList {
        time: u64::try_from(now.0).unwrap_or(0),
        hc_url: urls,
        file_details: snapshot.directories.iter().filter_map(files).collect(),
        ..wire::MirrorList::default()
    };
    tables(snapshot, &mut list);
    hosts(snapshot, &mut list);
    repositories(snapshot, &mut list);
    let mut out = prost::Message::encode_to_vec(&list);
    drop(list);
    // Encoded one by one: all of them at once would take many times the memory of the file.
    let mut host_categories: Vec<Vec<u32>> = vec![Vec::new(); snapshot.directories.len()];
    for (position, host_category) in (0_u32..).zip(&snapshot.host_categories) {
        for ordinal in &host_category.listed {
            if let Some(list) = usize::try_from(ordinal).ok().and_then(|n| host_categories.get_mut(n)) {
                list.push(position);
            }
        }
    }
    for (d, host_categories) in snapshot.directories.iter().zip(host_categories) {
        let message = directory(snapshot, d, &host_categories, &ids);
        prost::encoding::message::encode(DIRECTORIES, &message, &mut out);
    }
    out
}

fn at<T>(list: &[T], n: u32) -> Option<&T> {
    list.get(usize::try_from(n).ok()?)
}

/// Returns all URLs with new IDs, and the IDs of the URLs of each host category.
fn number_urls(s: &Snapshot) -> (Vec<wire::StringByInt>, Vec<Vec<i64>>) {
    let mut all = Vec::new();
    let mut next = 0_i64;
    let ids = s.host_categories.iter().map(|host_category| {
        let own = host_category.urls.iter().map(|url| {
            next += 1;
            all.push(wire::StringByInt(next, url.as_str().to_owned()));
            next
        });
        own.collect()
    });
    let ids = ids.collect();
    (all, ids)
}

fn tables(s: &Snapshot, list: &mut wire::MirrorList) {
    let pair = |key: &dyn ToString, value: &str| wire::StringByString(key.to_string(), value.to_owned());
    let countries = s.netblock_countries.iter();
    list.netblock_country = countries.map(|(net, country)| pair(net, country.as_str())).collect();
    let continents = s.country_continents.iter();
    list.country_continent_redirect = continents
        .map(|(country, continent)| pair(country, continent))
        .collect();
    list.repository_redirect = s.redirects.iter().map(|r| pair(&r.from, &r.to)).collect();
}

fn hosts(s: &Snapshot, list: &mut wire::MirrorList) {
    let mut netblocks: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut asns: BTreeMap<u32, BTreeSet<i64>> = BTreeMap::new();
    for h in &s.hosts {
        list.host_bandwidth.push(wire::IntByInt(h.id, h.bandwidth.into()));
        list.host_max_connections
            .push(wire::IntByInt(h.id, h.max_connections.into()));
        let country = h.country.as_ref().map(|c| wire::StringByInt(h.id, c.to_string()));
        list.host_country.extend(country);
        let allowed = allowed_countries(h);
        if !allowed.is_empty() {
            list.host_country_allowed.push(wire::StringsByInt(h.id, allowed));
        }
        for net in &h.netblocks {
            netblocks.entry(net.to_string()).or_default().push(h.id);
        }
        for asn in h.client_asns() {
            asns.entry(asn).or_default().insert(h.id);
        }
    }
    let netblocks = netblocks.into_iter();
    list.host_netblock = netblocks.map(|(net, ids)| wire::IntsByString(net, ids)).collect();
    let asns = asns.into_iter();
    list.host_asn = asns
        .map(|(asn, ids)| wire::IntsByInt(asn.into(), ids.into_iter().collect()))
        .collect();
}

/// Returns the countries whose clients a host accepts; empty = all.
fn allowed_countries(h: &SnapshotHost) -> Vec<String> {
    if h.allowed.is_empty() && h.denied.is_empty() {
        return Vec::new();
    }
    let mut accepted: Vec<String> = if h.allowed.is_empty() {
        built_in_continents().iter().map(|(code, _)| code.to_string()).collect()
    } else {
        h.allowed.iter().map(ToString::to_string).collect()
    };
    accepted.retain(|code| !h.denied.iter().any(|d| d.as_str() == code));
    if accepted.is_empty() {
        // No client is accepted: ZZ is not assigned to a country.
        accepted.push("ZZ".to_owned());
    }
    accepted
}

fn repositories(s: &Snapshot, list: &mut wire::MirrorList) {
    let repositories = s.repositories.iter();
    let in_use: BTreeSet<&str> = repositories.filter(|r| !r.disabled).map(|r| &*r.prefix).collect();
    let mut disabled: BTreeSet<&str> = BTreeSet::new();
    for r in &s.repositories {
        if r.disabled && in_use.contains(&*r.prefix) {
            continue;
        }
        if r.disabled {
            disabled.insert(&r.prefix);
        }
        if let Some(d) = r.directory.and_then(|o| at(&s.directories, o)) {
            let key = format!("{}+{}", r.prefix, r.arch);
            list.repo_arch_to_directory
                .push(wire::StringByString(key, d.name.clone()));
        }
    }
    let disabled = disabled.into_iter();
    list.disabled_repository = disabled
        .map(|prefix| wire::BoolByString(prefix.to_owned(), true))
        .collect();
}

fn files(d: &SnapshotDirectory) -> Option<wire::DirectoryFiles> {
    let files = d.files.iter().map(|f| wire::WireFile {
        filename: f.name.clone(),
        details: f.versions.iter().map(FileVersion::from).collect(),
    });
    (!d.files.is_empty()).then(|| wire::DirectoryFiles {
        directory: d.name.clone(),
        files: files.collect(),
    })
}

/// `host_categories`: positions of categories of hosts.
fn directory(s: &Snapshot, d: &SnapshotDirectory, host_categories: &[u32], ids: &[Vec<i64>]) -> wire::WireDirectory {
    let mut by_country: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let mut out = wire::WireDirectory {
        name: d.name.clone(),
        subpath: s.subpath(d).to_owned(),
        ..wire::WireDirectory::default()
    };
    let host_category = |position: &u32| -> Option<(&SnapshotHost, &Vec<i64>)> {
        let host_category = at(&s.host_categories, *position)?;
        Some((at(&s.hosts, host_category.host)?, at(ids, *position)?))
    };
    for (host, urls) in host_categories.iter().filter_map(host_category) {
        if !urls.is_empty() {
            out.by_host_id.push(wire::IntsByInt(host.id, urls.clone()));
        }
        if !host.private {
            out.global.push(host.id);
            if let Some(country) = &host.country {
                by_country.entry(country.as_str()).or_default().push(host.id);
            }
        }
    }
    let by_country = by_country.into_iter();
    out.by_country = by_country
        .map(|(country, ids)| wire::IntsByString(country.to_owned(), ids))
        .collect();
    out
}
