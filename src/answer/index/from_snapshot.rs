//! Builds an index from a snapshot.

use crate::model::packed_country::PackedCountry;
use crate::snapshot::{self, Snapshot, SnapshotDirectory};

use super::mirror_sets::{self, PresentDirectories};
use super::{FileVersion, Index, IndexBuilder, IndexSource, IndexedHost, MirrorEntry, NewDirectory, Url};

impl Index {
    /// Builds an index; `generation` is the ID of the generation of the snapshot.
    pub fn from_snapshot(snapshot: &Snapshot, generation: String) -> Self {
        let mut b = IndexBuilder::default();
        let codes = |list: &[crate::model::names::CountryCode]| list.iter().map(PackedCountry::from).collect();
        for h in &snapshot.hosts {
            let number = b.add_host(IndexedHost {
                name: h.name.as_str().into(),
                private: h.private,
                location: h.country.as_ref().map_or("", |c| c.as_str()).into(),
                weight: h.bandwidth.max(1),
                allowed: codes(&h.allowed),
                denied: codes(&h.denied),
            });
            for net in &h.netblocks {
                b.add_netblock(net.net(), number);
            }
            for asn in h.asn.filter(|_| h.asn_clients).iter().chain(&h.peer_asns) {
                b.add_asn(*asn, number);
            }
        }
        add_directories(&mut b, snapshot);
        add_repositories(&mut b, snapshot);
        for (net, country) in &snapshot.netblock_countries {
            b.add_netblock_country(net.net(), country.into());
        }
        for (country, continent) in &snapshot.country_continents {
            if let Some(continent) = PackedCountry::parse(continent) {
                b.set_continent(country.into(), continent);
            }
        }
        for country in &snapshot.embargoed {
            b.add_embargo(country.into());
        }
        b.build(IndexSource::Generation(generation))
    }
}

fn add_directories(b: &mut IndexBuilder, s: &Snapshot) {
    let position = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    for _ in &s.categories {
        b.add_category();
    }
    let mut all = Vec::with_capacity(s.host_categories.len());
    for host_category in &s.host_categories {
        let Some(host) = s.hosts.get(position(host_category.host)) else {
            continue;
        };
        let mirror = MirrorEntry {
            host: host_category.host,
            public: !host.private,
            country: host.country.as_ref().filter(|_| !host.private).map(PackedCountry::from),
            urls: host_category.urls.iter().map(|u| Url::new(u.as_str())).collect(),
        };
        all.push(PresentDirectories {
            category: position(host_category.category),
            position: b.add_mirror(position(host_category.category), mirror),
            ordinals: &host_category.held,
        });
    }
    mirror_sets::for_each_directory(b, s, &all, |b, ordinal, set| {
        if let Some(d) = s.directories.get(ordinal) {
            b.add_directory(new_directory(s, d), set);
        }
    });
}

fn new_directory(s: &Snapshot, d: &SnapshotDirectory) -> NewDirectory {
    let category = usize::try_from(d.category).unwrap_or(usize::MAX);
    let topdir = s.categories.get(category).map_or("", |c| c.topdir.as_str());
    let subpath = d.name.strip_prefix(topdir).unwrap_or(&d.name).trim_start_matches('/');
    let files = d.files.iter();
    NewDirectory {
        name: d.name.clone(),
        subpath: subpath.to_owned(),
        category,
        files: files
            .map(|f| (f.name.clone(), f.versions.iter().map(version).collect()))
            .collect(),
        all_files: d.complete.then(|| d.known.clone()),
    }
}

fn version(v: &snapshot::FileVersion) -> FileVersion {
    FileVersion {
        timestamp: u64::try_from(v.timestamp).unwrap_or(0),
        size: v.size,
        md5: hex::encode(&v.md5),
        sha1: hex::encode(&v.sha1),
        sha256: hex::encode(&v.sha256),
        sha512: hex::encode(&v.sha512),
    }
}

fn add_repositories(b: &mut IndexBuilder, s: &Snapshot) {
    for r in &s.repositories {
        let directory = r.directory.and_then(|o| s.directories.get(usize::try_from(o).ok()?));
        b.add_repository(&r.prefix, &r.arch, directory.map_or("", |d| &d.name), r.disabled);
    }
    for r in &s.redirects {
        b.add_redirect(r.from.clone(), r.to.clone());
    }
}
