//! MirrorManager2's `mirrorlist_cache.proto`: the file that its generator writes and its server reads.
//!
//! Rows that cannot be used (a netblock that is none, a URL without an id) become warnings; a file that is cut off or no such
//! message is refused. The format has no checksum, so a flipped bit inside a text goes unnoticed, as it does there.

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

pub use write::write;

/// A cache larger than this is refused unread.
pub const MAX_BYTES: u64 = 2 << 30;

/// Why a cache is refused.
#[derive(Debug, Error)]
pub enum Mm2Error {
    /// It is no such message, or was cut off.
    #[error("it is no MirrorManager2 cache, or was cut off: {0}")]
    Decode(#[from] prost::DecodeError),
    /// A part of it says that it is longer than it is.
    #[error("a directory in it ends too early: it was cut off or damaged")]
    Short,
    /// A field of a directory is of another kind than it has to be, or no text.
    #[error("a directory in it holds what no directory holds: it was damaged")]
    Kind,
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
    let mut hosts = Hosts::of(&cache, &mut b);
    let known = directories::read(&cache, &mut b, &mut hosts)?;
    let told = missing_directories(&cache, &known)?;
    b.warnings.extend(told);
    tables(&mut b, &cache, &hosts);
    repositories(&mut b, &cache);
    Ok((b.finish(IndexSource::Mm2Cache), created))
}

/// Directories are written last, each as a part of its own: a file that was cut between two of them can be read. It is known by
/// repositories that lie nowhere. A few of these come from the generator's own rows and are told of.
fn missing_directories(cache: &wire::MirrorList, known: &HashSet<&str>) -> Result<Option<String>, Mm2Error> {
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

/// The places of hosts in the index, by their ids. Those of databases are small numbers: these are found without hashing.
#[derive(Debug, Default)]
struct Hosts {
    small: Vec<Option<u32>>,
    others: HashMap<i64, u32>,
}

/// Ids below this are small.
const SMALL: usize = 1 << 16;

impl Hosts {
    /// Those of which something is told beside what they hold.
    fn of(cache: &wire::MirrorList, b: &mut IndexBuilder) -> Self {
        let mut known: BTreeMap<i64, IndexedHost> = BTreeMap::new();
        for row in &cache.host_country {
            known.entry(row.key()).or_insert_with(blank).location = row.value().into();
        }
        for row in &cache.host_bandwidth {
            let weight = u32::try_from(row.value().max(1)).unwrap_or(u32::MAX);
            known.entry(row.key()).or_insert_with(blank).weight = weight;
        }
        for row in &cache.host_country_allowed {
            let host = known.entry(row.key()).or_insert_with(blank);
            host.allowed = row.value.iter().filter_map(|c| PackedCountry::parse(c)).collect();
        }
        let mut out = Self {
            small: vec![None; SMALL],
            others: HashMap::new(),
        };
        for (id, host) in known {
            let place = b.host(host);
            out.insert(id, place);
        }
        out
    }

    fn insert(&mut self, id: i64, place: u32) {
        let small = usize::try_from(id).ok().and_then(|id| self.small.get_mut(id));
        match small {
            Some(slot) => *slot = Some(place),
            None => drop(self.others.insert(id, place)),
        }
    }

    /// Where a host stands, if it is known.
    fn get(&self, id: i64) -> Option<u32> {
        let small = usize::try_from(id).ok().and_then(|id| self.small.get(id));
        small.map_or_else(|| self.others.get(&id).copied(), |place| *place)
    }

    /// Where a host stands; one that was not known is added.
    fn place(&mut self, id: i64, b: &mut IndexBuilder) -> u32 {
        self.get(id).unwrap_or_else(|| {
            let place = b.host(blank());
            self.insert(id, place);
            place
        })
    }
}

/// A host of which nothing is known.
fn blank() -> IndexedHost {
    IndexedHost {
        name: Box::default(),
        private: false,
        location: "".into(),
        weight: 1,
        allowed: Vec::new(),
        denied: Vec::new(),
    }
}

fn tables(b: &mut IndexBuilder, cache: &wire::MirrorList, hosts: &Hosts) {
    for row in &cache.host_netblock {
        match row.key().parse::<Netblock>() {
            Ok(net) => {
                for host in row.value.iter().filter_map(|id| hosts.get(*id)) {
                    b.netblock(net.net(), host);
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
        for host in row.value.iter().filter_map(|id| hosts.get(*id)) {
            b.asn(asn, host);
        }
    }
    for row in &cache.netblock_country {
        match (row.key().parse::<Netblock>(), PackedCountry::parse(row.value())) {
            (Ok(net), Some(country)) => b.netblock_country(net.net(), country),
            _ => b.warnings.push(format!(
                "the country {:?} of netblock {:?} is left out",
                row.value(),
                row.key()
            )),
        }
    }
    for row in &cache.country_continent_redirect {
        match (PackedCountry::parse(row.key()), PackedCountry::parse(row.value())) {
            (Some(country), Some(continent)) => b.continent(country, continent),
            _ => b.warnings.push(format!(
                "the continent {:?} of country {:?} is left out",
                row.value(),
                row.key()
            )),
        }
    }
}

fn repositories(b: &mut IndexBuilder, cache: &wire::MirrorList) {
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
