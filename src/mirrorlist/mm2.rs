//! MirrorManager2's `mirrorlist_cache.proto`: the file that its generator writes and its server reads.
//!
//! Rows that cannot be used (a netblock that is none, a URL without an id) become warnings; a file that is cut off or no such
//! message is refused. The format has no checksum, so a flipped bit inside a text goes unnoticed, as it does there.

use std::collections::{BTreeMap, HashMap, HashSet};

use prost::Message;
use thiserror::Error;

use crate::model::Epoch;
use crate::model::names::Netblock;

use super::country::Code;
use super::index::{Builder, Carrier, Host, Index, NewDirectory, Source, Url, Version};

mod wire;
mod write;

pub use write::write;

/// A cache larger than this is refused unread.
pub const MAX_BYTES: u64 = 2 << 30;

/// Why a cache is refused.
#[derive(Debug, Error)]
pub enum Mm2Error {
    /// It is no such message, or was cut off.
    #[error("it is no MirrorManager2 cache, or was cut off: {0}")]
    Decode(#[from] prost::DecodeError),
    /// It holds nothing to answer with.
    #[error("it names no {0}; the file was cut off or its generator failed")]
    Empty(&'static str),
    /// Most of what its repositories stand for is not in it.
    #[error("{missing} of its {all} repositories lie in directories that it does not tell of; the file was cut off")]
    Cut {
        /// Repositories without their directory.
        missing: usize,
        /// All repositories.
        all: usize,
    },
}

/// Reads a cache: what it says, and when it was generated.
pub fn read(bytes: &[u8]) -> Result<(Index, Epoch), Mm2Error> {
    let cache = wire::MirrorList::decode(bytes)?;
    if cache.directories.is_empty() {
        return Err(Mm2Error::Empty("directory"));
    }
    if cache.hc_url.is_empty() {
        return Err(Mm2Error::Empty("URL"));
    }
    if cache.repo_arch_to_directory.is_empty() {
        return Err(Mm2Error::Empty("repository"));
    }
    let told = missing_directories(&cache)?;
    let created = Epoch(i64::try_from(cache.time.unwrap_or(0)).unwrap_or(0));
    let mut b = Builder::default();
    b.warnings.extend(told);
    let hosts = hosts(&mut b, &cache);
    tables(&mut b, &cache, &hosts);
    directories(&mut b, &cache, &hosts);
    repositories(&mut b, &cache);
    Ok((b.finish(Source::Mm2Cache), created))
}

/// Directories are written last, each as a part of its own: a file that was cut between two of them can be read. It is known by
/// repositories that lie nowhere. A few of these come from the generator's own rows and are told of.
fn missing_directories(cache: &wire::MirrorList) -> Result<Option<String>, Mm2Error> {
    let known: HashSet<&str> = cache.directories.iter().map(wire::Directory::name).collect();
    let all = cache.repo_arch_to_directory.len();
    let mut lost = cache
        .repo_arch_to_directory
        .iter()
        .filter(|r| !known.contains(r.value()));
    let Some(first) = lost.next() else { return Ok(None) };
    let missing = 1 + lost.count();
    if missing * 2 > all {
        return Err(Mm2Error::Cut { missing, all });
    }
    Ok(Some(format!(
        "{missing} of {all} repositories lie in directories that the cache does not tell of, such as {} in {}; was it cut off?",
        first.key(),
        first.value()
    )))
}

/// Every host that is named anywhere, by its id, with its place in the index.
fn hosts(b: &mut Builder, cache: &wire::MirrorList) -> HashMap<i64, u32> {
    let mut known: BTreeMap<i64, Host> = BTreeMap::new();
    let blank = || Host {
        name: Box::default(),
        private: false,
        location: "".into(),
        weight: 1,
        allowed: Vec::new(),
        denied: Vec::new(),
    };
    for d in &cache.directories {
        let by_country = d.by_country.iter().flat_map(|c| &c.value);
        let ids = d.by_host_id.iter().filter_map(|h| h.key.as_ref()).chain(&d.global);
        for id in ids.chain(by_country) {
            known.entry(*id).or_insert_with(blank);
        }
    }
    for row in &cache.host_country {
        known.entry(row.key()).or_insert_with(blank).location = row.value().into();
    }
    for row in &cache.host_bandwidth {
        let weight = u32::try_from(row.value().max(1)).unwrap_or(u32::MAX);
        known.entry(row.key()).or_insert_with(blank).weight = weight;
    }
    for row in &cache.host_country_allowed {
        let host = known.entry(row.key()).or_insert_with(blank);
        host.allowed = row.value.iter().filter_map(|c| Code::parse(c)).collect();
    }
    known.into_iter().map(|(id, host)| (id, b.host(host))).collect()
}

fn tables(b: &mut Builder, cache: &wire::MirrorList, hosts: &HashMap<i64, u32>) {
    for row in &cache.host_netblock {
        match row.key().parse::<Netblock>() {
            Ok(net) => {
                for host in row.value.iter().filter_map(|id| hosts.get(id)) {
                    b.netblock(net.net(), *host);
                }
            }
            Err(why) => b.warnings.push(format!("a host's netblock is left out: {why}")),
        }
    }
    for row in &cache.host_asn {
        let Ok(asn) = u32::try_from(row.key()) else {
            b.warnings.push(format!("{} is no AS number; left out", row.key()));
            continue;
        };
        for host in row.value.iter().filter_map(|id| hosts.get(id)) {
            b.asn(asn, *host);
        }
    }
    for row in &cache.netblock_country {
        match (row.key().parse::<Netblock>(), Code::parse(row.value())) {
            (Ok(net), Some(country)) => b.netblock_country(net.net(), country),
            _ => b.warnings.push(format!(
                "the country {:?} of netblock {:?} is left out",
                row.value(),
                row.key()
            )),
        }
    }
    for row in &cache.country_continent_redirect {
        match (Code::parse(row.key()), Code::parse(row.value())) {
            (Some(country), Some(continent)) => b.continent(country, continent),
            _ => b.warnings.push(format!(
                "the continent {:?} of country {:?} is left out",
                row.value(),
                row.key()
            )),
        }
    }
}

fn directories(b: &mut Builder, cache: &wire::MirrorList, hosts: &HashMap<i64, u32>) {
    let urls: HashMap<i64, Url> = cache
        .hc_url
        .iter()
        .map(|u| (u.key(), Url::new(u.value().trim_end_matches('/'))))
        .collect();
    let mut details: HashMap<&str, &wire::DirectoryFiles> =
        cache.file_details.iter().map(|d| (d.directory(), d)).collect();
    let group = b.group();
    for d in &cache.directories {
        let files = details.remove(d.name()).map(files).unwrap_or_default();
        let carriers = carriers(d, hosts, &urls);
        let carriers = carriers.into_iter().map(|c| b.carrier(group, c)).collect();
        b.directory(NewDirectory {
            name: d.name().to_owned(),
            below: d.subpath().trim_matches('/').to_owned(),
            group,
            carriers,
            files,
            known: None,
        });
    }
}

/// The hosts of a directory: those with URLs, and those that only stand in its lists.
fn carriers(d: &wire::Directory, hosts: &HashMap<i64, u32>, urls: &HashMap<i64, Url>) -> Vec<Carrier> {
    let mut out: BTreeMap<u32, Carrier> = BTreeMap::new();
    let blank = |host: u32| Carrier {
        host,
        public: false,
        country: None,
        urls: Vec::new(),
    };
    for row in &d.by_host_id {
        if let Some(host) = hosts.get(&row.key()) {
            let carrier = out.entry(*host).or_insert_with(|| blank(*host));
            carrier.urls = row.value.iter().filter_map(|id| urls.get(id)).cloned().collect();
        }
    }
    for host in d.global.iter().filter_map(|id| hosts.get(id)) {
        out.entry(*host).or_insert_with(|| blank(*host)).public = true;
    }
    for row in &d.by_country {
        for host in row.value.iter().filter_map(|id| hosts.get(id)) {
            out.entry(*host).or_insert_with(|| blank(*host)).country = Code::parse(row.key());
        }
    }
    out.into_values().collect()
}

fn files(d: &wire::DirectoryFiles) -> Vec<(String, Vec<Version>)> {
    let version = |v: &wire::FileDetail| Version {
        timestamp: v.timestamp(),
        size: v.size(),
        md5: v.md5().to_owned(),
        sha1: v.sha1().to_owned(),
        sha256: v.sha256().to_owned(),
        sha512: v.sha512().to_owned(),
    };
    let file = |f: &wire::File| (f.filename().to_owned(), f.details.iter().map(version).collect());
    d.files.iter().map(file).collect()
}

fn repositories(b: &mut Builder, cache: &wire::MirrorList) {
    for row in &cache.repo_arch_to_directory {
        // The key is `prefix+arch`; an architecture holds no plus.
        let (prefix, arch) = row.key().rsplit_once('+').unwrap_or((row.key(), ""));
        b.repository(prefix, arch, row.value(), false);
    }
    for row in cache.disabled_repository.iter().filter(|r| r.value()) {
        b.disable(row.key().to_owned());
    }
    for row in &cache.repository_redirect {
        b.redirect(row.key().to_owned(), row.value().to_owned());
    }
}

#[cfg(test)]
mod tests;
