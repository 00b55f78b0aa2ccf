//! Conversion between a snapshot and the protobuf message of `proto/snapshot.proto`.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use prost::Message;
use roaring::RoaringBitmap;

use crate::formats::protobuf::{FieldError, take_message};
use crate::model::memory_budget::MemoryBudget;

use super::check::SnapshotInvalid;
use super::memory;
use super::names::StringTable;
use super::{
    FileVersion, HostCategory, Redirect, Snapshot, SnapshotCategory, SnapshotDirectory, SnapshotError, SnapshotFile,
    SnapshotHost, SnapshotRepository,
};

/// The memory of one name of a file in addition to its length, in bytes.
const FILE_NAME: usize = 80;

#[derive(Clone, PartialEq, prost::Message)]
struct WireSnapshot {
    #[prost(message, repeated, tag = "1")]
    categories: Vec<WirePair>,
    #[prost(message, optional, tag = "2")]
    directories: Option<StringTable>,
    #[prost(uint32, repeated, tag = "3")]
    directory_category: Vec<u32>,
    #[prost(message, optional, tag = "4")]
    file_names: Option<StringTable>,
    #[prost(message, repeated, tag = "5")]
    known_files: Vec<WireKnownFiles>,
    #[prost(message, repeated, tag = "6")]
    repositories: Vec<SnapshotRepository>,
    #[prost(message, repeated, tag = "7")]
    redirects: Vec<Redirect>,
    #[prost(message, repeated, tag = "8")]
    hosts: Vec<WireHost>,
    #[prost(message, repeated, tag = "9")]
    host_categories: Vec<WireHostCategory>,
    #[prost(message, repeated, tag = "10")]
    netblock_countries: Vec<WirePair>,
    #[prost(message, repeated, tag = "11")]
    country_continents: Vec<WirePair>,
    #[prost(string, repeated, tag = "12")]
    embargoed: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct WireKnownFiles {
    #[prost(uint32, tag = "1")]
    directory: u32,
    #[prost(uint32, repeated, tag = "2")]
    names: Vec<u32>,
    #[prost(bool, tag = "3")]
    complete: bool,
    #[prost(message, repeated, tag = "4")]
    files: Vec<WireFile>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct WireFile {
    #[prost(uint32, tag = "1")]
    name: u32,
    #[prost(message, repeated, tag = "2")]
    versions: Vec<FileVersion>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct WireHost {
    #[prost(sint64, tag = "1")]
    id: i64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    country: String,
    #[prost(uint32, tag = "4")]
    bandwidth: u32,
    #[prost(bool, tag = "5")]
    private: bool,
    #[prost(bool, tag = "6")]
    internet2: bool,
    #[prost(uint32, tag = "7")]
    max_connections: u32,
    #[prost(uint32, optional, tag = "8")]
    asn: Option<u32>,
    #[prost(bool, tag = "9")]
    asn_clients: bool,
    #[prost(uint32, repeated, tag = "10")]
    peer_asns: Vec<u32>,
    #[prost(string, repeated, tag = "11")]
    netblocks: Vec<String>,
    #[prost(string, repeated, tag = "12")]
    allowed: Vec<String>,
    #[prost(string, repeated, tag = "13")]
    denied: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct WireHostCategory {
    #[prost(uint32, tag = "1")]
    host: u32,
    #[prost(uint32, tag = "2")]
    category: u32,
    #[prost(string, repeated, tag = "3")]
    urls: Vec<String>,
    #[prost(bytes = "vec", tag = "4")]
    listed: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct WirePair(#[prost(string, tag = "1")] String, #[prost(string, tag = "2")] String);

/// Encodes a checked snapshot as a message.
pub(super) fn encode(s: &Snapshot) -> Result<Vec<u8>, SnapshotInvalid> {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    for name in s.directories.iter().flat_map(|d| &d.known) {
        numbers.insert(name, 0);
    }
    for (number, place) in (0..).zip(numbers.values_mut()) {
        *place = number;
    }
    let known_files = (0..)
        .zip(&s.directories)
        .filter(|(_, d)| d.complete || !d.known.is_empty())
        .map(|(ordinal, d)| known_files(ordinal, d, &numbers))
        .collect();
    let host_categories = s.host_categories.iter().map(host_category).collect::<Result<_, _>>()?;
    let message = WireSnapshot {
        categories: s.categories.iter().map(|c| pair(&c.name, &c.topdir)).collect(),
        directories: Some(StringTable::encode(s.directories.iter().map(|d| d.name.as_str()))),
        directory_category: s.directories.iter().map(|d| d.category).collect(),
        file_names: Some(StringTable::encode(numbers.keys().copied())),
        known_files,
        repositories: s.repositories.clone(),
        redirects: s.redirects.clone(),
        hosts: s.hosts.iter().map(host).collect(),
        host_categories,
        netblock_countries: s.netblock_countries.iter().map(|(k, v)| pair(k, v)).collect(),
        country_continents: s.country_continents.iter().map(|(k, v)| pair(k, v)).collect(),
        embargoed: texts(&s.embargoed),
    };
    Ok(message.encode_to_vec())
}

fn pair(first: &impl ToString, second: &impl ToString) -> WirePair {
    WirePair(first.to_string(), second.to_string())
}

fn texts<T: ToString>(list: &[T]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

fn known_files(directory: u32, d: &SnapshotDirectory, numbers: &BTreeMap<&str, u32>) -> WireKnownFiles {
    let number = |name: &String| numbers.get(name.as_str()).copied().unwrap_or(0);
    let mut last = 0;
    let names = d.known.iter().map(|name| {
        let this = number(name);
        let step = this - last;
        last = this;
        step
    });
    WireKnownFiles {
        directory,
        names: names.collect(),
        complete: d.complete,
        files: d
            .files
            .iter()
            .map(|f| WireFile {
                name: number(&f.name),
                versions: f.versions.clone(),
            })
            .collect(),
    }
}

fn host(h: &SnapshotHost) -> WireHost {
    WireHost {
        id: h.id,
        name: h.name.to_string(),
        country: h.country.as_ref().map(ToString::to_string).unwrap_or_default(),
        bandwidth: h.bandwidth,
        private: h.private,
        internet2: h.internet2,
        max_connections: h.max_connections,
        asn: h.asn,
        asn_clients: h.asn_clients,
        peer_asns: h.peer_asns.clone(),
        netblocks: texts(&h.netblocks),
        allowed: texts(&h.allowed),
        denied: texts(&h.denied),
    }
}

fn host_category(h: &HostCategory) -> Result<WireHostCategory, SnapshotInvalid> {
    let mut bits = h.listed.clone();
    bits.optimize();
    let mut listed = Vec::new();
    bits.serialize_into(&mut listed)
        .map_err(|e| SnapshotInvalid::new(format!("cannot encode a bitmap: {e}")))?;
    Ok(WireHostCategory {
        host: h.host,
        category: h.category,
        urls: texts(&h.urls),
        listed,
    })
}

/// Decodes a message. The caller checks the result.
pub(super) fn decode(body: &[u8], budget: &mut MemoryBudget) -> Result<Snapshot, SnapshotError> {
    take_message(body, &memory::SNAPSHOT, budget)?;
    let mut m = WireSnapshot::decode(body).map_err(FieldError::Decode)?;
    let category = |WirePair(name, topdir)| {
        Ok::<_, SnapshotInvalid>(SnapshotCategory {
            name: parse(&name)?,
            topdir,
        })
    };
    let netblock_country = |WirePair(net, country)| Ok::<_, SnapshotInvalid>((parse(&net)?, parse(&country)?));
    let continent = |WirePair(country, continent)| Ok::<_, SnapshotInvalid>((parse(&country)?, continent));
    Ok(Snapshot {
        directories: directories(&mut m, budget)?,
        categories: m.categories.into_iter().map(category).try_collect()?,
        repositories: m.repositories,
        redirects: m.redirects,
        hosts: m.hosts.into_iter().map(read_host).try_collect()?,
        host_categories: m.host_categories.iter().map(read_host_category).try_collect()?,
        netblock_countries: m.netblock_countries.into_iter().map(netblock_country).try_collect()?,
        country_continents: m.country_continents.into_iter().map(continent).try_collect()?,
        embargoed: parse_all(&m.embargoed)?,
    })
}

fn directories(m: &mut WireSnapshot, budget: &mut MemoryBudget) -> Result<Vec<SnapshotDirectory>, SnapshotError> {
    let names = m.directories.take().unwrap_or_default();
    // The index has the name, too, and the encoded path.
    let names = names.decode(5, budget)?;
    let files = m.file_names.take().unwrap_or_default().decode(1, budget)?;
    if names.len() != m.directory_category.len() {
        let why = "the numbers of directories and of their categories differ";
        return Err(SnapshotInvalid::new(why).into());
    }
    let mut out: Vec<SnapshotDirectory> = names
        .into_iter()
        .zip(&m.directory_category)
        .map(|(name, category)| SnapshotDirectory::new(*category, name))
        .collect();
    let mut file = |number: u32| {
        let name = usize::try_from(number).ok().and_then(|n| files.get(n));
        let name = name.ok_or_else(|| SnapshotInvalid::new("a directory refers to a file name that does not exist"))?;
        // Here and in the index: the name, and its place in a list.
        budget.take_items(2, name.len() + FILE_NAME)?;
        Ok::<_, SnapshotError>(name.clone())
    };
    for known in std::mem::take(&mut m.known_files) {
        let place = usize::try_from(known.directory).ok();
        let Some(directory) = place.and_then(|p| out.get_mut(p)) else {
            let why = "known files refer to a directory that does not exist";
            return Err(SnapshotInvalid::new(why).into());
        };
        let mut number = 0_u32;
        for step in known.names {
            number = number.saturating_add(step);
            directory.known.push(file(number)?);
        }
        directory.complete = known.complete;
        for WireFile { name, versions } in known.files {
            let name = file(name)?;
            directory.files.push(SnapshotFile { name, versions });
        }
    }
    Ok(out)
}

fn read_host(h: WireHost) -> Result<SnapshotHost, SnapshotInvalid> {
    Ok(SnapshotHost {
        id: h.id,
        name: parse(&h.name)?,
        country: (!h.country.is_empty()).then(|| parse(&h.country)).transpose()?,
        bandwidth: h.bandwidth,
        private: h.private,
        internet2: h.internet2,
        max_connections: h.max_connections,
        asn: h.asn,
        asn_clients: h.asn_clients,
        peer_asns: h.peer_asns,
        netblocks: parse_all(&h.netblocks)?,
        allowed: parse_all(&h.allowed)?,
        denied: parse_all(&h.denied)?,
    })
}

fn read_host_category(h: &WireHostCategory) -> Result<HostCategory, SnapshotInvalid> {
    let mut rest = h.listed.as_slice();
    let listed = RoaringBitmap::deserialize_from(&mut rest)
        .map_err(|e| SnapshotInvalid::new(format!("cannot decode a bitmap: {e}")))?;
    if !rest.is_empty() {
        return Err(SnapshotInvalid::new("a bitmap is followed by other bytes"));
    }
    Ok(HostCategory {
        host: h.host,
        category: h.category,
        urls: parse_all(&h.urls)?,
        listed,
    })
}

fn parse<T: std::str::FromStr<Err = String>>(text: &str) -> Result<T, SnapshotInvalid> {
    text.parse().map_err(|e: String| SnapshotInvalid::new(e))
}

fn parse_all<T: std::str::FromStr<Err = String>>(texts: &[String]) -> Result<Vec<T>, SnapshotInvalid> {
    texts.iter().map(|t| parse(t)).collect()
}
