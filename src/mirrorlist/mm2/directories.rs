//! The directories of a cache: most of it, decoded one after the other.

use std::collections::{HashMap, HashSet};

use prost::Message as _;

use crate::mirrorlist::country::Code;
use crate::mirrorlist::index::{Builder, Carrier, NewDirectory, Url, Version};

use super::{Hosts, Mm2Error, wire};

/// What a directory says of a host.
#[derive(Debug, Clone, Copy, Default)]
struct Said<'a> {
    /// Ids of its URLs.
    urls: &'a [i64],
    public: bool,
    country: Option<Code>,
    /// Whether anything was said.
    is_there: bool,
}

/// The hosts of one directory, by their places.
#[derive(Debug, Default)]
struct Table<'a> {
    said: Vec<Said<'a>>,
    there: Vec<u32>,
}

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
    // By host, whether it is public, its country and the ids of its URLs: most directories are carried by the same.
    let mut known: HashMap<Box<[i64]>, usize> = HashMap::new();
    let mut names = HashSet::new();
    for encoded in &cache.directories {
        let d = wire::Directory::decode(encoded.clone())?;
        let carriers = carriers(
            &d,
            b,
            hosts,
            &mut known,
            |host, said| Carrier {
                host,
                public: said.public,
                country: said.country,
                urls: said.urls.iter().filter_map(|id| urls.get(id)).cloned().collect(),
            },
            group,
        );
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

/// The carriers of a directory: hosts with URLs, and those that only stand in its lists.
fn carriers(
    d: &wire::Directory,
    b: &mut Builder,
    hosts: &mut Hosts,
    known: &mut HashMap<Box<[i64]>, usize>,
    make: impl Fn(u32, Said<'_>) -> Carrier,
    group: usize,
) -> Vec<usize> {
    let mut table = Table::default();
    for row in &d.by_host_id {
        table.note(hosts.place(row.key(), b), |said| said.urls = &row.value);
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
    let mut key: Vec<i64> = Vec::new();
    let mut out = Vec::with_capacity(table.there.len());
    for host in &table.there {
        let Some(said) = usize::try_from(*host).ok().and_then(|h| table.said.get(h)) else {
            continue;
        };
        let country = said.country.and_then(|c| i64::try_from(c.place()).ok()).unwrap_or(-1);
        key.clear();
        key.extend([i64::from(*host), i64::from(said.public), country]);
        key.extend(said.urls);
        let place = known.get(key.as_slice()).copied().unwrap_or_else(|| {
            let place = b.carrier(group, make(*host, *said));
            known.insert(key.as_slice().into(), place);
            place
        });
        out.push(place);
    }
    out
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
