//! The directories of a cache: most of it, decoded one after the other.

use std::collections::{HashMap, HashSet};

use crate::answer::bitset::put_bit;
use crate::answer::index::{FileVersion, IndexBuilder, MirrorEntry, NewDirectory, Url};
use crate::model::packed_country::PackedCountry;

use super::fields::{FieldBytes, Fields};
use super::{Hosts, Mm2Error, wire};

/// What a directory says of a host.
#[derive(Debug, Clone, Copy, Default)]
struct HostFields<'a> {
    /// Its row, with the ids of its URLs, as it is written: almost all are known from the directories before, and need not be decoded.
    row: Option<&'a [u8]>,
    public: bool,
    country: Option<PackedCountry>,
    /// Whether anything was said.
    is_there: bool,
}

/// What was said of a host before, and its carrier.
#[derive(Debug)]
struct Known<'a> {
    said: HostFields<'a>,
    place: usize,
}

/// The hosts of one directory, by their places; its memory is used again for the next.
#[derive(Debug, Default)]
struct Table<'a> {
    said: Vec<HostFields<'a>>,
    there: Vec<u32>,
}

/// A directory, but for who carries it.
#[derive(Debug, Clone, Copy, Default)]
struct DirectoryHeader<'a> {
    name: &'a str,
    below: &'a str,
}

/// For each host, by its place, what was said of it so far: most directories say the same as one of the last.
type AllKnown<'a> = Vec<Vec<Known<'a>>>;

/// All directories in the making.
struct DirectoriesReader<'a, 'b> {
    b: &'b mut IndexBuilder,
    hosts: &'b mut Hosts,
    urls: HashMap<i64, Url>,
    group: usize,
    known: AllKnown<'a>,
    table: Table<'a>,
    /// The carriers of the directory that is read: a set.
    carriers: Vec<u64>,
}

/// Adds all directories; returns their names.
pub(super) fn read<'a>(
    cache: &'a wire::MirrorList,
    b: &mut IndexBuilder,
    hosts: &mut Hosts,
) -> Result<HashSet<&'a str>, Mm2Error> {
    let urls = (cache.hc_url.iter()).map(|u| (u.key(), Url::new(u.value().trim_end_matches('/'))));
    let mut details: HashMap<&str, &wire::DirectoryFiles> =
        cache.file_details.iter().map(|d| (d.directory(), d)).collect();
    let mut reader = DirectoriesReader {
        urls: urls.collect(),
        group: b.group(),
        b,
        hosts,
        known: Vec::new(),
        table: Table::default(),
        carriers: Vec::new(),
    };
    let mut names = HashSet::with_capacity(cache.directories.len());
    for encoded in &cache.directories {
        let head = reader.directory(encoded)?;
        let set = reader.b.set(&reader.carriers);
        let new = NewDirectory {
            name: head.name.to_owned(),
            below: head.below.trim_matches('/').to_owned(),
            group: reader.group,
            files: details.remove(head.name).map(files).unwrap_or_default(),
            ..NewDirectory::default()
        };
        reader.b.directory(new, set);
        names.insert(head.name);
    }
    Ok(names)
}

impl<'a> Table<'a> {
    /// Notes something of a host.
    #[inline]
    fn note(&mut self, host: u32, note: impl FnOnce(&mut HostFields<'a>)) {
        let Ok(place) = usize::try_from(host) else { return };
        if self.said.len() <= place {
            self.said.resize(place + 1, HostFields::default());
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

impl<'a> DirectoriesReader<'a, '_> {
    /// Reads a directory; `carriers` are those of it then.
    fn directory(&mut self, encoded: &'a [u8]) -> Result<DirectoryHeader<'a>, Mm2Error> {
        let mut head = DirectoryHeader::default();
        for field in Fields(encoded) {
            match field? {
                (wire::NAME, value) => head.name = value.text()?,
                (wire::GLOBAL, value) => self.note_all(value, |said| said.public = true)?,
                (wire::SUBPATH, value) => head.below = value.text()?,
                (wire::BY_COUNTRY, value) => self.country(value.bytes()?)?,
                (wire::BY_HOST_ID, value) => {
                    let row = value.bytes()?;
                    let host = self.hosts.place(host_of(row)?, self.b);
                    self.table.note(host, |said| said.row = Some(row));
                }
                _ => {}
            }
        }
        self.carriers.fill(0);
        let mut table = std::mem::take(&mut self.table);
        for host in table.there.drain(..) {
            let place = usize::try_from(host).unwrap_or(usize::MAX);
            if let Some(said) = table.said.get_mut(place).map(std::mem::take) {
                let place = self.carrier(host, said)?;
                put_bit(&mut self.carriers, place);
            }
        }
        self.table = table;
        Ok(head)
    }

    /// Notes something of each host of a list.
    fn note_all(&mut self, ids: FieldBytes<'_>, note: impl Fn(&mut HostFields<'a>)) -> Result<(), Mm2Error> {
        ids.each_number(|id| self.table.note(self.hosts.place(id, self.b), &note))
    }

    /// Reads a row of `by_country`.
    fn country(&mut self, row: &[u8]) -> Result<(), Mm2Error> {
        let mut country = None;
        for field in Fields(row) {
            if let (wire::KEY, key) = field? {
                country = PackedCountry::parse(key.text()?);
            }
        }
        for field in Fields(row) {
            if let (wire::VALUE, ids) = field? {
                self.note_all(ids, |said| said.country = country)?;
            }
        }
        Ok(())
    }

    /// The place of the carrier of which this is said.
    fn carrier(&mut self, host: u32, said: HostFields<'a>) -> Result<usize, Mm2Error> {
        let place = usize::try_from(host).unwrap_or(usize::MAX);
        if self.known.len() <= place {
            self.known.resize_with(place + 1, Vec::new);
        }
        let before = self.known.get_mut(place);
        let same =
            |k: &Known<'_>| k.said.public == said.public && k.said.country == said.country && k.said.row == said.row;
        if let Some(found) = before.as_ref().and_then(|b| b.iter().rev().find(|k| same(k))) {
            return Ok(found.place);
        }
        let mut ids = Vec::new();
        for field in Fields(said.row.unwrap_or_default()) {
            if let (wire::VALUE, value) = field? {
                value.each_number(|id| ids.push(id))?;
            }
        }
        let place = self.b.carrier(
            self.group,
            MirrorEntry {
                host,
                public: said.public,
                country: said.country,
                urls: ids.iter().filter_map(|id| self.urls.get(id)).cloned().collect(),
            },
        );
        if let Some(before) = before {
            before.push(Known { said, place });
        }
        Ok(place)
    }
}

/// The host that a row of `by_host_id` is about.
fn host_of(row: &[u8]) -> Result<i64, Mm2Error> {
    let mut host = 0;
    for field in Fields(row) {
        if let (wire::KEY, key) = field? {
            key.each_number(|id| host = id)?;
            // As everybody writes it: the key stands first.
            break;
        }
    }
    Ok(host)
}

fn files(d: &wire::DirectoryFiles) -> Vec<(String, Vec<FileVersion>)> {
    let version = |v: &wire::FileDetail| FileVersion {
        timestamp: v.timestamp(),
        size: v.size(),
        md5: v.md5().to_owned(),
        sha1: v.sha1().to_owned(),
        sha256: v.sha256().to_owned(),
        sha512: v.sha512().to_owned(),
    };
    let file = |f: &wire::WireFile| (f.filename().to_owned(), f.details.iter().map(version).collect());
    d.files.iter().map(file).collect()
}
