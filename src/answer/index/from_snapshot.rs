//! Builds an index from a snapshot.

use crate::answer::encode::encode_path;
use crate::model::memory_budget::{MemoryBudget, OverBudget};
use crate::model::names::CountryCode;
use crate::model::packed_country::PackedCountry;
use crate::snapshot::{Snapshot, SnapshotDirectory, SnapshotFile};

use super::mirror_sets::{self, CategoryMirror};
use super::{
    FileVersion, Index, IndexBuilder, IndexSource, IndexedDirectory, IndexedFile, IndexedHost, MirrorEntry, Url,
};

impl Index {
    /// Builds an index; `generation` is the ID of the generation of the snapshot. The snapshot was decoded within the same budget,
    /// which includes the memory of what it contains.
    pub fn from_snapshot(snapshot: &Snapshot, generation: String, budget: MemoryBudget) -> Result<Self, OverBudget> {
        let mut b = IndexBuilder::new(budget);
        let codes = |list: &[CountryCode]| list.iter().map(PackedCountry::from).collect();
        for h in &snapshot.hosts {
            let number = b.add_host(IndexedHost {
                name: h.name.as_str().into(),
                private: h.private,
                location: h.country.as_ref().map_or("", |c| c.as_str()).into(),
                weight: h.bandwidth.max(1),
                allowed: codes(&h.allowed),
                denied: codes(&h.denied),
            });
            b.netblocks.extend(h.netblocks.iter().map(|n| (n.net(), number)));
            for asn in h.client_asns() {
                b.add_asn(asn, number);
            }
        }
        add_directories(&mut b, snapshot)?;
        for r in &snapshot.repositories {
            let directory = r.directory.and_then(|o| usize::try_from(o).ok());
            let directory = directory.and_then(|o| snapshot.directories.get(o));
            b.add_repository(&r.prefix, &r.arch, directory.map_or("", |d| &d.name), r.disabled)?;
        }
        let redirects = snapshot.redirects.iter();
        b.redirects = redirects.map(|r| (r.from.clone(), r.to.clone())).collect();
        let countries = snapshot.netblock_countries.iter();
        b.netblock_countries = countries.map(|(net, country)| (net.net(), country.into())).collect();
        let continents = snapshot.country_continents.iter();
        b.continents = continents
            .filter_map(|(country, continent)| Some((country.into(), PackedCountry::parse(continent)?)))
            .collect();
        b.embargoed = codes(&snapshot.embargoed);
        b.build(IndexSource::Generation(generation))
    }
}

fn add_directories(b: &mut IndexBuilder, s: &Snapshot) -> Result<(), OverBudget> {
    for _ in &s.categories {
        b.add_category();
    }
    let mut mirrors = Vec::with_capacity(s.host_categories.len());
    for host_category in &s.host_categories {
        let host = usize::try_from(host_category.host).ok().and_then(|n| s.hosts.get(n));
        let Some(host) = host else { continue };
        let mirror = MirrorEntry {
            host: host_category.host,
            public: !host.private,
            country: host.country.as_ref().filter(|_| !host.private).map(PackedCountry::from),
            urls: host_category.urls.iter().map(|u| Url::new(u.as_str())).collect(),
        };
        mirrors.push(CategoryMirror {
            category: host_category.category,
            position: b.add_mirror(host_category.category, mirror),
            listed: &host_category.listed,
        });
    }
    mirror_sets::for_each_directory(b, s, &mirrors, |b, d, set| b.directories.push(directory(s, d, set)))
}

fn directory(s: &Snapshot, d: &SnapshotDirectory, set: u32) -> IndexedDirectory {
    let file = |f: &SnapshotFile| IndexedFile::new(&f.name, f.versions.iter().map(FileVersion::from));
    IndexedDirectory {
        name: d.name.as_str().into(),
        subpath: encode_path(s.subpath(d)).into(),
        category: d.category,
        set,
        files: d.files.iter().filter_map(file).collect(),
        all_files: d
            .complete
            .then(|| d.known.iter().map(|name| name.as_str().into()).collect()),
    }
}
