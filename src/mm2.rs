//! MirrorManager2's `mirrorlist_cache.proto`: the file that its generator writes and its server reads.
//!
//! Unusable rows (an invalid netblock, a URL without an ID) become warnings; a truncated file or another kind of file
//! is rejected. The format has no checksum, so a flipped bit inside a text is not detected.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use prost::Message;
use thiserror::Error;

use crate::model::Timestamp;
use crate::model::names::Netblock;

use crate::answer::index::{Index, IndexBuilder, IndexSource, IndexedHost};
use crate::model::packed_country::PackedCountry;

mod directories;
mod fields;
mod wire;
mod write;

pub(crate) use write::write;

/// Size limit of a cache in bytes.
pub(crate) const MAX_BYTES: u64 = 2 << 30;

/// Reason why a cache is rejected.
#[derive(Debug, Error)]
pub enum Mm2Error {
    /// The protobuf message is invalid or truncated.
    #[error("not a MirrorManager2 cache, or truncated: {0}")]
    Decode(#[from] prost::DecodeError),
    /// A field is longer than the directory that contains it.
    #[error("a directory ends too early: the cache is truncated or corrupt")]
    Short,
    /// A field of a directory has the wrong type, or is not UTF-8.
    #[error("a directory contains an invalid field: the cache is corrupt")]
    Kind,
    /// There are no rows of a required kind.
    #[error("the cache contains no {0}; it is truncated, or its generator failed")]
    Empty(&'static str),
    /// The directories of most repositories are missing.
    #[error("the directories of {missing} of {all} repositories are missing; the cache is truncated")]
    Truncated {
        /// Repositories without their directory.
        missing: usize,
        /// Number of all repositories.
        all: usize,
    },
}

/// Reads a cache; returns its index and the time of its generation.
pub fn read(bytes: Bytes) -> Result<(Index, Timestamp), Mm2Error> {
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
    let created = Timestamp(i64::try_from(cache.time.unwrap_or(0)).unwrap_or(0));
    let mut b = IndexBuilder::default();
    let mut hosts = Hosts::new(&cache, &mut b);
    let known = directories::read(&cache, &mut b, &mut hosts)?;
    let warning = missing_directories(&cache, &known)?;
    b.warnings.extend(warning);
    add_tables(&mut b, &cache, &hosts);
    add_repositories(&mut b, &cache);
    Ok((b.build(IndexSource::Mm2Cache), created))
}

/// Detects truncation by repositories whose directory is missing: directories are written last, each as a separate
/// field, so that a file truncated between two of them can be decoded. A few such repositories come from the generator
/// itself, and only cause a warning.
fn missing_directories(cache: &wire::MirrorList, known: &HashSet<&str>) -> Result<Option<String>, Mm2Error> {
    let all = cache.repo_arch_to_directory.len();
    let mut lost = cache
        .repo_arch_to_directory
        .iter()
        .filter(|r| !known.contains(r.value()));
    let Some(first) = lost.next() else { return Ok(None) };
    let missing = 1 + lost.count();
    if missing * 2 > all {
        return Err(Mm2Error::Truncated { missing, all });
    }
    Ok(Some(format!(
        "the directories of {missing} of {all} repositories are missing, such as {} in {}; is the cache truncated?",
        first.key(),
        first.value()
    )))
}

/// Numbers of hosts in the index by their ID. IDs in databases are small numbers, which are found without hashing.
#[derive(Debug, Default)]
struct Hosts {
    small: Vec<Option<u32>>,
    others: HashMap<i64, u32>,
}

/// IDs below this are stored in `small`.
const SMALL_IDS: usize = 1 << 16;

impl Hosts {
    /// Adds the hosts that have attributes to the index.
    fn new(cache: &wire::MirrorList, b: &mut IndexBuilder) -> Self {
        let mut known: BTreeMap<i64, IndexedHost> = BTreeMap::new();
        for row in &cache.host_country {
            known.entry(row.key()).or_insert_with(new_host).location = row.value().into();
        }
        for row in &cache.host_bandwidth {
            let weight = u32::try_from(row.value().max(1)).unwrap_or(u32::MAX);
            known.entry(row.key()).or_insert_with(new_host).weight = weight;
        }
        for row in &cache.host_country_allowed {
            let host = known.entry(row.key()).or_insert_with(new_host);
            host.allowed = row.value.iter().filter_map(|c| PackedCountry::parse(c)).collect();
        }
        let mut out = Self {
            small: vec![None; SMALL_IDS],
            others: HashMap::new(),
        };
        for (id, host) in known {
            let number = b.add_host(host);
            out.insert(id, number);
        }
        out
    }

    fn insert(&mut self, id: i64, number: u32) {
        let small = usize::try_from(id).ok().and_then(|id| self.small.get_mut(id));
        match small {
            Some(slot) => *slot = Some(number),
            None => drop(self.others.insert(id, number)),
        }
    }

    fn get(&self, id: i64) -> Option<u32> {
        let small = usize::try_from(id).ok().and_then(|id| self.small.get(id));
        small.map_or_else(|| self.others.get(&id).copied(), |number| *number)
    }

    /// Returns the number of a host, which is added if it is unknown.
    fn get_or_add(&mut self, id: i64, b: &mut IndexBuilder) -> u32 {
        self.get(id).unwrap_or_else(|| {
            let number = b.add_host(new_host());
            self.insert(id, number);
            number
        })
    }
}

/// A host without attributes.
fn new_host() -> IndexedHost {
    IndexedHost {
        name: Box::default(),
        private: false,
        location: "".into(),
        weight: 1,
        allowed: Vec::new(),
        denied: Vec::new(),
    }
}

fn add_tables(b: &mut IndexBuilder, cache: &wire::MirrorList, hosts: &Hosts) {
    for row in &cache.host_netblock {
        match row.key().parse::<Netblock>() {
            Ok(net) => {
                for host in row.value.iter().filter_map(|id| hosts.get(*id)) {
                    b.add_netblock(net.net(), host);
                }
            }
            Err(why) => b.warnings.push(format!("ignored a host's netblock: {why}")),
        }
    }
    for row in &cache.host_asn {
        let Ok(asn) = u32::try_from(row.key()) else {
            b.warnings.push(format!("ignored an invalid AS number: {}", row.key()));
            continue;
        };
        for host in row.value.iter().filter_map(|id| hosts.get(*id)) {
            b.add_asn(asn, host);
        }
    }
    for row in &cache.netblock_country {
        match (row.key().parse::<Netblock>(), PackedCountry::parse(row.value())) {
            (Ok(net), Some(country)) => b.add_netblock_country(net.net(), country),
            _ => b.warnings.push(format!(
                "ignored the country {:?} of netblock {:?}",
                row.value(),
                row.key()
            )),
        }
    }
    for row in &cache.country_continent_redirect {
        match (PackedCountry::parse(row.key()), PackedCountry::parse(row.value())) {
            (Some(country), Some(continent)) => b.set_continent(country, continent),
            _ => b.warnings.push(format!(
                "ignored the continent {:?} of country {:?}",
                row.value(),
                row.key()
            )),
        }
    }
}

fn add_repositories(b: &mut IndexBuilder, cache: &wire::MirrorList) {
    for row in &cache.repo_arch_to_directory {
        // The key is `prefix+arch`; an architecture contains no plus sign.
        let (prefix, arch) = row.key().rsplit_once('+').unwrap_or((row.key(), ""));
        b.add_repository(prefix, arch, row.value(), false);
    }
    for row in cache.disabled_repository.iter().filter(|r| r.value()) {
        b.disable_prefix(row.key().to_owned());
    }
    for row in &cache.repository_redirect {
        b.add_redirect(row.key().to_owned(), row.value().to_owned());
    }
}

#[cfg(test)]
mod tests;
