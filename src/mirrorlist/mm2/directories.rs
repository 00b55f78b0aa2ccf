//! The directories of a cache: most of it, decoded one after the other.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use prost::Message as _;
use prost::encoding::decode_varint;

use crate::mirrorlist::country::Code;
use crate::mirrorlist::index::{Builder, Carrier, NewDirectory, Url, Version};

use super::{Hosts, Mm2Error, wire};

/// Who carries a directory, with the rows of `by_host_id` as they are written: almost all of them are known from the directories
/// before, and need not be decoded.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Directory {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(int64, repeated, packed = "false", tag = "2")]
    global: Vec<i64>,
    #[prost(string, optional, tag = "3")]
    subpath: Option<String>,
    #[prost(message, repeated, tag = "4")]
    by_country: Vec<wire::NumbersByText>,
    #[prost(bytes = "bytes", repeated, tag = "6")]
    by_host_id: Vec<Bytes>,
}

/// The host that a row of `by_host_id` is about.
fn host_of(row: &Bytes) -> Result<i64, Mm2Error> {
    // The first field, as everybody writes it.
    let mut rest = row.strip_prefix(&[0x08]).unwrap_or_default();
    match decode_varint(&mut rest) {
        Ok(number) => Ok(number.cast_signed()),
        Err(_) => Ok(wire::NumbersByNumber::decode(row.clone())?.key()),
    }
}

/// What a directory says of a host.
#[derive(Debug, Clone, Copy, Default)]
struct Said<'a> {
    /// Its row, with the ids of its URLs.
    row: Option<&'a Bytes>,
    public: bool,
    country: Option<Code>,
    /// Whether anything was said.
    is_there: bool,
}

/// What was said of a host before, and its carrier.
#[derive(Debug)]
struct Known {
    row: Option<Bytes>,
    public: bool,
    country: Option<Code>,
    place: usize,
}

/// The hosts of one directory, by their places.
#[derive(Debug, Default)]
struct Table<'a> {
    said: Vec<Said<'a>>,
    there: Vec<u32>,
}

/// For each host, by its place, what was said of it so far: most directories say the same as one of the last.
type AllKnown = Vec<Vec<Known>>;

impl<'a> Table<'a> {
    /// Notes something of a host.
    fn note(&mut self, host: u32, note: impl FnOnce(&mut Said<'a>)) {
        let Ok(place) = usize::try_from(host) else { return };
        if self.said.len() <= place {
            self.said.resize(place + 1, Said::default());
        }
        if let Some(said) = self.said.get_mut(place) {
            note(said);
            if !said.is_there {
                said.is_there = true;
                self.there.push(host);
            }
        }
    }
}

/// Adds all directories; returns their names.
pub(super) fn read(cache: &wire::MirrorList, b: &mut Builder, hosts: &mut Hosts) -> Result<HashSet<String>, Mm2Error> {
    let urls: HashMap<i64, Url> = (cache.hc_url.iter())
        .map(|u| (u.key(), Url::new(u.value().trim_end_matches('/'))))
        .collect();
    let mut details: HashMap<&str, &wire::DirectoryFiles> =
        cache.file_details.iter().map(|d| (d.directory(), d)).collect();
    let group = b.group();
    let mut known = AllKnown::new();
    let mut names = HashSet::new();
    for encoded in &cache.directories {
        let d = Directory::decode(encoded.clone())?;
        let mut carriers = Vec::with_capacity(d.by_host_id.len());
        let table = table(&d, b, hosts)?;
        for host in &table.there {
            let place = usize::try_from(*host).unwrap_or(usize::MAX);
            let Some(said) = table.said.get(place) else { continue };
            carriers.push(carrier((*host, *said), b, &mut known, &urls, group)?);
        }
        b.directory(NewDirectory {
            name: d.name().to_owned(),
            below: d.subpath().trim_matches('/').to_owned(),
            group,
            carriers,
            files: details.remove(d.name()).map(files).unwrap_or_default(),
            known: None,
        });
        names.insert(d.name.unwrap_or_default());
    }
    Ok(names)
}

/// The hosts of a directory: those with URLs, and those that only stand in its lists.
fn table<'d>(d: &'d Directory, b: &mut Builder, hosts: &mut Hosts) -> Result<Table<'d>, Mm2Error> {
    let mut table = Table::default();
    for row in &d.by_host_id {
        table.note(hosts.place(host_of(row)?, b), |said| said.row = Some(row));
    }
    for id in &d.global {
        table.note(hosts.place(*id, b), |said| said.public = true);
    }
    for row in &d.by_country {
        let country = Code::parse(row.key());
        for id in &row.value {
            table.note(hosts.place(*id, b), |said| said.country = country);
        }
    }
    table.there.sort_unstable();
    Ok(table)
}

/// The place of the carrier of which this is said.
fn carrier(
    (host, said): (u32, Said<'_>),
    b: &mut Builder,
    known: &mut AllKnown,
    urls: &HashMap<i64, Url>,
    group: usize,
) -> Result<usize, Mm2Error> {
    let place = usize::try_from(host).unwrap_or(usize::MAX);
    if known.len() <= place {
        known.resize_with(place + 1, Vec::new);
    }
    let before = known.get_mut(place);
    let same = |k: &Known| k.public == said.public && k.country == said.country && k.row.as_ref() == said.row;
    if let Some(found) = before.as_ref().and_then(|b| b.iter().rev().find(|k| same(k))) {
        return Ok(found.place);
    }
    let row = said
        .row
        .map(|row| wire::NumbersByNumber::decode(row.clone()))
        .transpose()?;
    let ids = row.map_or_else(Vec::new, |row| row.value);
    let place = b.carrier(
        group,
        Carrier {
            host,
            public: said.public,
            country: said.country,
            urls: ids.iter().filter_map(|id| urls.get(id)).cloned().collect(),
        },
    );
    if let Some(before) = before {
        before.push(Known {
            // A copy, which does not keep the whole cache in memory.
            row: said.row.map(|row| Bytes::copy_from_slice(row)),
            public: said.public,
            country: said.country,
            place,
        });
    }
    Ok(place)
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
