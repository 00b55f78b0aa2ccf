//! MirrorManager2's `mirrorlist_cache.proto`: the file that its generator writes and its server reads.
//!
//! Unusable rows (an invalid netblock, a URL without an ID) become warnings; a truncated file or another kind of file
//! is rejected. The format has no checksum, so a flipped bit inside a text is not detected.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use prost::Message;
use thiserror::Error;

use crate::formats::protobuf::{FieldError, take_message};
use crate::model::Timestamp;
use crate::model::count::format_count;
use crate::model::memory_budget::{MemoryBudget, OverBudget};
use crate::model::names::Netblock;

use crate::answer::index::{Index, IndexBuilder, IndexSource, IndexedHost};
use crate::model::packed_country::PackedCountry;

mod directories;
mod memory;
mod wire;
mod write;

pub(crate) use write::write;

/// Size limit of a cache in bytes.
pub(crate) const MAX_BYTES: u64 = 1 << 30;

/// Reason why a cache is rejected.
#[derive(Debug, Error)]
pub enum Mm2Error {
    /// The protobuf message is invalid or truncated.
    #[error("not a MirrorManager2 cache, or truncated: {0}")]
    Decode(#[from] prost::DecodeError),
    /// A field is malformed, or the cache would take too much memory.
    #[error("the cache cannot be decoded: {0}")]
    Field(#[from] FieldError),
    /// There are no rows of a required kind.
    #[error("the cache contains no {0}; it is truncated, or its generator failed")]
    Empty(&'static str),
    /// The directories of most repositories are missing.
    #[error("the directories of {missing} of {} are missing; the cache is truncated", format_count(*.all, "repository"))]
    Truncated {
        /// Repositories without their directory.
        missing: usize,
        /// Number of all repositories.
        all: usize,
    },
}

impl From<OverBudget> for Mm2Error {
    fn from(over: OverBudget) -> Self {
        Self::Field(over.into())
    }
}

/// Reads a cache; returns its index and the time of its generation.
pub fn read(bytes: Bytes) -> Result<(Index, Timestamp), Mm2Error> {
    let mut budget = MemoryBudget::for_file(bytes.len());
    take_message(&bytes, &memory::CACHE, &mut budget)?;
    let cache = wire::MirrorList::decode(bytes)?;
    for (rows, is_empty) in [
        ("directory", cache.directories.is_empty()),
        ("URL", cache.hc_url.is_empty()),
        ("repository", cache.repo_arch_to_directory.is_empty()),
    ] {
        if is_empty {
            return Err(Mm2Error::Empty(rows));
        }
    }
    let created = Timestamp(i64::try_from(cache.time).unwrap_or(0));
    let mut b = IndexBuilder::new(budget);
    let mut hosts = Hosts::new(&cache, &mut b);
    let known = directories::read(&cache, &mut b, &mut hosts)?;
    let warning = missing_directories(&cache, &known)?;
    b.warnings.extend(warning);
    add_tables(&mut b, &cache, &hosts);
    add_repositories(&mut b, &cache)?;
    Ok((b.build(IndexSource::Mm2Cache)?, created))
}

/// Detects truncation by repositories whose directory is missing: directories are written last, each as a separate
/// field, so that a file truncated between two of them can be decoded. A few such repositories come from the generator
/// itself, and only cause a warning.
fn missing_directories(cache: &wire::MirrorList, known: &HashSet<&str>) -> Result<Option<String>, Mm2Error> {
    let all = cache.repo_arch_to_directory.len();
    let mut lost = (cache.repo_arch_to_directory.iter()).filter(|r| !known.contains(&*r.1));
    let Some(wire::StringByString(repository, directory)) = lost.next() else {
        return Ok(None);
    };
    let missing = 1 + lost.count();
    if missing * 2 > all {
        return Err(Mm2Error::Truncated { missing, all });
    }
    Ok(Some(format!(
        "the directories of {missing} of {} are missing, such as {repository} in {directory}; is the cache truncated?",
        format_count(all, "repository")
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
        for wire::StringByInt(id, country) in &cache.host_country {
            known.entry(*id).or_insert_with(new_host).location = country.as_str().into();
        }
        for wire::IntByInt(id, bandwidth) in &cache.host_bandwidth {
            let weight = u32::try_from((*bandwidth).max(1)).unwrap_or(u32::MAX);
            known.entry(*id).or_insert_with(new_host).weight = weight;
        }
        for wire::StringsByInt(id, countries) in &cache.host_country_allowed {
            let allowed = countries.iter().filter_map(|c| PackedCountry::parse(c)).collect();
            known.entry(*id).or_insert_with(new_host).allowed = allowed;
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
    fn get_or_add(&mut self, id: i64, b: &mut IndexBuilder) -> Result<u32, OverBudget> {
        if let Some(number) = self.get(id) {
            return Ok(number);
        }
        b.budget.take(memory::HOST)?;
        let number = b.add_host(new_host());
        self.insert(id, number);
        Ok(number)
    }
}

/// A host without attributes.
fn new_host() -> IndexedHost {
    IndexedHost {
        weight: 1,
        ..IndexedHost::default()
    }
}

fn add_tables(b: &mut IndexBuilder, cache: &wire::MirrorList, hosts: &Hosts) {
    for wire::IntsByString(block, ids) in &cache.host_netblock {
        match block.parse::<Netblock>() {
            Ok(block) => {
                let hosts = ids.iter().filter_map(|id| hosts.get(*id));
                b.netblocks.extend(hosts.map(|host| (block.net(), host)));
            }
            Err(why) => b.warnings.push(format!("ignored a host's netblock: {why}")),
        }
    }
    for wire::IntsByInt(asn, ids) in &cache.host_asn {
        let Ok(asn) = u32::try_from(*asn) else {
            b.warnings.push(format!("ignored an invalid AS number: {asn}"));
            continue;
        };
        for host in ids.iter().filter_map(|id| hosts.get(*id)) {
            b.add_asn(asn, host);
        }
    }
    for wire::StringByString(block, country) in &cache.netblock_country {
        match (block.parse::<Netblock>(), PackedCountry::parse(country)) {
            (Ok(block), Some(country)) => b.netblock_countries.push((block.net(), country)),
            _ => b
                .warnings
                .push(format!("ignored the country {country:?} of netblock {block:?}")),
        }
    }
    for wire::StringByString(country, continent) in &cache.country_continent_redirect {
        match (PackedCountry::parse(country), PackedCountry::parse(continent)) {
            (Some(country), Some(continent)) => drop(b.continents.insert(country, continent)),
            _ => b
                .warnings
                .push(format!("ignored the continent {continent:?} of country {country:?}")),
        }
    }
}

fn add_repositories(b: &mut IndexBuilder, cache: &wire::MirrorList) -> Result<(), OverBudget> {
    for wire::StringByString(key, directory) in &cache.repo_arch_to_directory {
        // The key is `prefix+arch`; an architecture contains no plus sign.
        let (prefix, arch) = key.rsplit_once('+').unwrap_or((key, ""));
        b.add_repository(prefix, arch, directory, false)?;
    }
    let disabled = cache.disabled_repository.iter().filter(|r| r.1);
    b.disabled_prefixes.extend(disabled.map(|r| r.0.clone()));
    let redirects = cache.repository_redirect.iter();
    b.redirects.extend(redirects.map(|r| (r.0.clone(), r.1.clone())));
    Ok(())
}

#[cfg(test)]
mod tests;
