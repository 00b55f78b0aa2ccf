//! Decodes the directories of a cache, the largest part of it, one after the other.

use std::collections::{HashMap, HashSet};

use crate::answer::bitset::put_bit;
use crate::answer::encode::encode_path;
use crate::answer::index::{IndexBuilder, IndexedDirectory, IndexedFile, MirrorEntry, Url};
use crate::formats::protobuf::{FieldBytes, Fields};
use crate::model::packed_country::PackedCountry;

use super::{Hosts, Mm2Error, memory, wire};

/// Fields of a directory about one host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct HostFields<'a> {
    public: bool,
    country: Option<PackedCountry>,
    /// True if the directory mentions the host.
    is_present: bool,
    /// Encoded row with the IDs of its URLs: almost all rows equal one of an earlier directory, and need not be
    /// decoded.
    row: Option<&'a [u8]>,
}

/// Hosts of one directory; the memory is reused for the next.
#[derive(Debug, Default)]
struct HostTable<'a> {
    fields: Vec<HostFields<'a>>,
    present: Vec<u32>,
}

struct DirectoriesReader<'a, 'b> {
    b: &'b mut IndexBuilder,
    hosts: &'b mut Hosts,
    urls: HashMap<i64, Url>,
    category: u32,
    /// By host: fields that occurred before, and the position of the mirror made of them. Most directories repeat the
    /// fields of an earlier one.
    known: Vec<Vec<(HostFields<'a>, usize)>>,
    table: HostTable<'a>,
    /// The set of mirrors of the current directory.
    mirrors: Vec<u64>,
}

/// Adds all directories to the index; returns their names.
pub(super) fn read<'a>(
    cache: &'a wire::MirrorList,
    b: &mut IndexBuilder,
    hosts: &mut Hosts,
) -> Result<HashSet<&'a str>, Mm2Error> {
    let urls = (cache.hc_url.iter()).map(|wire::StringByInt(id, url)| (*id, Url::new(url.trim_end_matches('/'))));
    let mut details: HashMap<&str, &wire::DirectoryFiles> =
        cache.file_details.iter().map(|d| (&*d.directory, d)).collect();
    let mut reader = DirectoriesReader {
        urls: urls.collect(),
        category: b.add_category(),
        b,
        hosts,
        known: Vec::new(),
        table: HostTable::default(),
        mirrors: Vec::new(),
    };
    let mut names = HashSet::with_capacity(cache.directories.len());
    for encoded in &cache.directories {
        let (name, subpath) = reader.read_directory(encoded)?;
        // A byte of the encoded path takes up to three.
        reader.b.budget.take(name.len() + subpath.len().saturating_mul(4))?;
        let new = IndexedDirectory {
            name: name.into(),
            subpath: encode_path(subpath.trim_matches('/')).into(),
            category: reader.category,
            set: reader.b.intern_set(&reader.mirrors)?,
            files: details.remove(name).map(files).unwrap_or_default(),
            all_files: None,
        };
        reader.b.directories.push(new);
        names.insert(name);
    }
    Ok(names)
}

impl<'a> HostTable<'a> {
    #[inline]
    fn update(&mut self, host: u32, change: impl FnOnce(&mut HostFields<'a>)) {
        let Ok(position) = usize::try_from(host) else { return };
        if self.fields.len() <= position {
            self.fields.resize(position + 1, HostFields::default());
        }
        if let Some(fields) = self.fields.get_mut(position) {
            change(fields);
            if !fields.is_present {
                fields.is_present = true;
                self.present.push(host);
            }
        }
    }
}

impl<'a> DirectoriesReader<'a, '_> {
    /// Returns the name and the subpath of a directory; afterwards `mirrors` is the set of its mirrors.
    fn read_directory(&mut self, encoded: &'a [u8]) -> Result<(&'a str, &'a str), Mm2Error> {
        let (mut name, mut subpath) = ("", "");
        for field in Fields(encoded) {
            match field? {
                (wire::NAME, value) => name = value.text()?,
                (wire::GLOBAL, value) => self.update_all(value, |fields| fields.public = true)?,
                (wire::SUBPATH, value) => subpath = value.text()?,
                (wire::BY_COUNTRY, value) => self.read_country(value.bytes()?)?,
                (wire::BY_HOST_ID, value) => {
                    let row = value.bytes()?;
                    let host = self.hosts.get_or_add(host_id(row)?, self.b)?;
                    self.table.update(host, |fields| fields.row = Some(row));
                }
                _ => {}
            }
        }
        self.mirrors.fill(0);
        let mut table = std::mem::take(&mut self.table);
        for host in table.present.drain(..) {
            let position = usize::try_from(host).unwrap_or(usize::MAX);
            if let Some(fields) = table.fields.get_mut(position).map(std::mem::take) {
                let position = self.find_or_add_mirror(host, fields)?;
                put_bit(&mut self.mirrors, position);
            }
        }
        self.table = table;
        Ok((name, subpath))
    }

    fn update_all(&mut self, ids: FieldBytes<'_>, change: impl Fn(&mut HostFields<'a>)) -> Result<(), Mm2Error> {
        ids.for_each_number(|id| {
            self.table.update(self.hosts.get_or_add(id, self.b)?, &change);
            Ok(())
        })
    }

    fn read_country(&mut self, row: &[u8]) -> Result<(), Mm2Error> {
        let mut country = None;
        for field in Fields(row) {
            if let (wire::KEY, key) = field? {
                country = PackedCountry::parse(key.text()?);
            }
        }
        for field in Fields(row) {
            if let (wire::VALUE, ids) = field? {
                self.update_all(ids, |fields| fields.country = country)?;
            }
        }
        Ok(())
    }

    /// Returns the position of the mirror with these fields.
    fn find_or_add_mirror(&mut self, host: u32, fields: HostFields<'a>) -> Result<usize, Mm2Error> {
        let position = usize::try_from(host).unwrap_or(usize::MAX);
        if self.known.len() <= position {
            self.known.resize_with(position + 1, Vec::new);
        }
        let before = self.known.get_mut(position);
        if let Some((_, found)) = before.iter().flat_map(|b| b.iter().rev()).find(|(f, _)| *f == fields) {
            return Ok(*found);
        }
        let budget = &mut self.b.budget;
        budget.take(memory::MIRROR)?;
        let mut urls = Vec::new();
        for field in Fields(fields.row.unwrap_or_default()) {
            if let (wire::VALUE, value) = field? {
                value.for_each_number(|id| {
                    if let Some(url) = self.urls.get(&id) {
                        let (each, factor) = memory::URL;
                        budget.take(each + url.base.len().saturating_mul(factor))?;
                        urls.push(url.clone());
                    }
                    Ok::<_, Mm2Error>(())
                })?;
            }
        }
        let position = self.b.add_mirror(
            self.category,
            MirrorEntry {
                host,
                public: fields.public,
                country: fields.country,
                urls,
            },
        );
        if let Some(before) = before {
            before.push((fields, position));
        }
        Ok(position)
    }
}

fn host_id(row: &[u8]) -> Result<i64, Mm2Error> {
    let mut host = 0;
    for field in Fields(row) {
        if let (wire::KEY, key) = field? {
            key.for_each_number(|id| {
                host = id;
                Ok::<_, Mm2Error>(())
            })?;
            // The key is always written first.
            break;
        }
    }
    Ok(host)
}

fn files(d: &wire::DirectoryFiles) -> Box<[IndexedFile]> {
    let file = |f: &wire::WireFile| IndexedFile::new(&f.filename, f.details.iter().cloned());
    d.files.iter().filter_map(file).collect()
}
