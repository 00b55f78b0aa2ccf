//! Writes a snapshot as MirrorManager2's cache.
//!
//! Features without a counterpart in the cache: hosts with denied countries allow all other ISO countries; a
//! repository that is disabled for some architectures only is left out for these (the cache disables whole prefixes);
//! embargoed countries and lists of all files are left out. Lists that its server does not use (Internet2, locations)
//! are not written.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Timestamp;
use crate::model::continents::built_in_continents;
use crate::snapshot::{HostCategory, Snapshot, SnapshotDirectory, SnapshotHost};

use super::wire;

/// Tag of the directories in [`wire::MirrorList`].
const DIRECTORIES: u32 = 16;

/// Encodes a cache that gives the same responses as the snapshot. `now` is the time of its generation.
pub(crate) fn write(snapshot: &Snapshot, now: Timestamp) -> Vec<u8> {
    let (urls, ids) = number_urls(snapshot);
    let mut list = wire::MirrorList {
        time: u64::try_from(now.0).ok(),
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
        for ordinal in &host_category.held {
            if let Some(list) = at_mut(&mut host_categories, ordinal) {
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

fn at_mut<T>(list: &mut [T], n: u32) -> Option<&mut T> {
    list.get_mut(usize::try_from(n).ok()?)
}

/// Returns all URLs with new IDs, and the IDs of the URLs of each host category.
fn number_urls(s: &Snapshot) -> (Vec<wire::StringByInt>, Vec<Vec<i64>>) {
    let mut all = Vec::new();
    let mut next = 0_i64;
    let ids = s.host_categories.iter().map(|host_category| {
        let own = host_category.urls.iter().map(|url| {
            next += 1;
            all.push(wire::StringByInt {
                key: Some(next),
                value: Some(url.as_str().to_owned()),
            });
            next
        });
        own.collect()
    });
    let ids = ids.collect();
    (all, ids)
}

fn tables(s: &Snapshot, list: &mut wire::MirrorList) {
    let pair = |key: String, value: &str| wire::StringByString {
        key: Some(key),
        value: Some(value.to_owned()),
    };
    list.netblock_country = (s.netblock_countries.iter())
        .map(|(net, country)| pair(net.net().to_string(), country.as_str()))
        .collect();
    list.country_continent_redirect = (s.country_continents.iter())
        .map(|(country, continent)| pair(country.to_string(), continent))
        .collect();
    list.repository_redirect = s.redirects.iter().map(|r| pair(r.from.clone(), &r.to)).collect();
}

fn hosts(s: &Snapshot, list: &mut wire::MirrorList) {
    let mut netblocks: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut asns: BTreeMap<u32, BTreeSet<i64>> = BTreeMap::new();
    for h in &s.hosts {
        let number = |value: u32| wire::IntByInt {
            key: Some(h.id),
            value: Some(i64::from(value)),
        };
        list.host_bandwidth.push(number(h.bandwidth));
        list.host_max_connections.push(number(h.max_connections));
        list.host_country.extend(h.country.as_ref().map(|c| wire::StringByInt {
            key: Some(h.id),
            value: Some(c.to_string()),
        }));
        let allowed = allowed_countries(h);
        if !allowed.is_empty() {
            list.host_country_allowed.push(wire::StringsByInt {
                key: Some(h.id),
                value: allowed,
            });
        }
        for net in &h.netblocks {
            netblocks.entry(net.net().to_string()).or_default().push(h.id);
        }
        for asn in h.asn.filter(|_| h.asn_clients).iter().chain(&h.peer_asns) {
            asns.entry(*asn).or_default().insert(h.id);
        }
    }
    list.host_netblock = netblocks
        .into_iter()
        .map(|(net, ids)| wire::IntsByString {
            key: Some(net),
            value: ids,
        })
        .collect();
    list.host_asn = asns
        .into_iter()
        .map(|(asn, ids)| wire::IntsByInt {
            key: Some(i64::from(asn)),
            value: ids.into_iter().collect(),
        })
        .collect();
}

/// Returns the countries whose clients a host accepts; empty = all.
fn allowed_countries(h: &SnapshotHost) -> Vec<String> {
    let denied = |code: &str| h.denied.iter().any(|d| d.as_str() == code);
    if !h.allowed.is_empty() {
        let left: Vec<String> = (h.allowed.iter().map(ToString::to_string))
            .filter(|c| !denied(c))
            .collect();
        // No client is accepted: ZZ is not assigned to a country.
        return if left.is_empty() { vec!["ZZ".to_owned()] } else { left };
    }
    if h.denied.is_empty() {
        return Vec::new();
    }
    let all = built_in_continents();
    (all.iter().map(|(code, _)| code.to_string()))
        .filter(|c| !denied(c))
        .collect()
}

fn repositories(s: &Snapshot, list: &mut wire::MirrorList) {
    let in_use: BTreeSet<&str> = (s.repositories.iter())
        .filter(|r| !r.disabled)
        .map(|r| r.prefix.as_str())
        .collect();
    let mut disabled: BTreeSet<&str> = BTreeSet::new();
    for r in &s.repositories {
        if r.disabled && in_use.contains(r.prefix.as_str()) {
            continue;
        }
        if r.disabled {
            disabled.insert(&r.prefix);
        }
        if let Some(d) = r.directory.and_then(|o| at(&s.directories, o)) {
            list.repo_arch_to_directory.push(wire::StringByString {
                key: Some(format!("{}+{}", r.prefix, r.arch)),
                value: Some(d.name.clone()),
            });
        }
    }
    list.disabled_repository = disabled
        .into_iter()
        .map(|prefix| wire::BoolByString {
            key: Some(prefix.to_owned()),
            value: Some(true),
        })
        .collect();
}

fn files(d: &SnapshotDirectory) -> Option<wire::DirectoryFiles> {
    let digest = |bytes: &[u8]| (!bytes.is_empty()).then(|| hex::encode(bytes));
    let files = d.files.iter().map(|f| wire::WireFile {
        filename: Some(f.name.clone()),
        details: (f.versions.iter())
            .map(|v| wire::FileDetail {
                timestamp: u64::try_from(v.timestamp).ok(),
                size: Some(v.size),
                sha1: digest(&v.sha1),
                md5: digest(&v.md5),
                sha256: digest(&v.sha256),
                sha512: digest(&v.sha512),
            })
            .collect(),
    });
    (!d.files.is_empty()).then(|| wire::DirectoryFiles {
        directory: Some(d.name.clone()),
        files: files.collect(),
    })
}

/// `host_categories`: places of categories of hosts.
fn directory(s: &Snapshot, d: &SnapshotDirectory, host_categories: &[u32], ids: &[Vec<i64>]) -> wire::WireDirectory {
    let topdir = at(&s.categories, d.category).map_or("", |c| c.topdir.as_str());
    let subpath = d.name.strip_prefix(topdir).unwrap_or(&d.name).trim_start_matches('/');
    let mut by_country: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let mut out = wire::WireDirectory {
        name: Some(d.name.clone()),
        subpath: Some(subpath.to_owned()),
        ..wire::WireDirectory::default()
    };
    let host_category = |position: &u32| -> Option<(&HostCategory, &SnapshotHost, &Vec<i64>)> {
        let host_category = at(&s.host_categories, *position)?;
        Some((host_category, at(&s.hosts, host_category.host)?, at(ids, *position)?))
    };
    for (_, host, urls) in host_categories.iter().filter_map(host_category) {
        if !urls.is_empty() {
            out.by_host_id.push(wire::IntsByInt {
                key: Some(host.id),
                value: urls.clone(),
            });
        }
        if !host.private {
            out.global.push(host.id);
            if let Some(country) = &host.country {
                by_country.entry(country.as_str()).or_default().push(host.id);
            }
        }
    }
    out.by_country = by_country
        .into_iter()
        .map(|(country, ids)| wire::IntsByString {
            key: Some(country.to_owned()),
            value: ids,
        })
        .collect();
    out
}
