//! A snapshot as an index.

use crate::model::packed_country::PackedCountry;
use crate::snapshot::{self, Snapshot, SnapshotDirectory};

use super::mirror_sets::{self, Holder};
use super::{FileVersion, Index, IndexBuilder, IndexSource, IndexedHost, MirrorEntry, NewDirectory, Url};

impl Index {
    /// Makes a snapshot ready to answer. `generation` stands in the manifest it came with.
    pub fn from_snapshot(snapshot: &Snapshot, generation: String) -> Self {
        let mut b = IndexBuilder::default();
        let codes = |list: &[crate::model::names::CountryCode]| list.iter().map(PackedCountry::from).collect();
        for h in &snapshot.hosts {
            let place = b.host(IndexedHost {
                name: h.name.as_str().into(),
                private: h.private,
                location: h.country.as_ref().map_or("", |c| c.as_str()).into(),
                weight: h.bandwidth.max(1),
                allowed: codes(&h.allowed),
                denied: codes(&h.denied),
            });
            for net in &h.netblocks {
                b.netblock(net.net(), place);
            }
            for asn in h.asn.filter(|_| h.asn_clients).iter().chain(&h.peer_asns) {
                b.asn(*asn, place);
            }
        }
        directories(&mut b, snapshot);
        repositories(&mut b, snapshot);
        for (net, country) in &snapshot.netblock_countries {
            b.netblock_country(net.net(), country.into());
        }
        for (country, continent) in &snapshot.country_continents {
            if let Some(continent) = PackedCountry::parse(continent) {
                b.continent(country.into(), continent);
            }
        }
        for country in &snapshot.embargoed {
            b.embargo(country.into());
        }
        b.finish(IndexSource::Generation(generation))
    }
}

fn directories(b: &mut IndexBuilder, s: &Snapshot) {
    let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    for _ in &s.categories {
        b.group();
    }
    let mut all = Vec::with_capacity(s.host_categories.len());
    for carried in &s.host_categories {
        let Some(host) = s.hosts.get(at(carried.host)) else {
            continue;
        };
        let carrier = MirrorEntry {
            host: carried.host,
            public: !host.private,
            country: host.country.as_ref().filter(|_| !host.private).map(PackedCountry::from),
            urls: carried.urls.iter().map(|u| Url::new(u.as_str())).collect(),
        };
        all.push(Holder {
            category: at(carried.category),
            place: b.carrier(at(carried.category), carrier),
            held: &carried.held,
        });
    }
    mirror_sets::for_each_directory(b, s, &all, |b, ordinal, set| {
        if let Some(d) = s.directories.get(ordinal) {
            b.directory(directory(s, d), set);
        }
    });
}

fn directory(s: &Snapshot, d: &SnapshotDirectory) -> NewDirectory {
    let group = usize::try_from(d.category).unwrap_or(usize::MAX);
    let topdir = s.categories.get(group).map_or("", |c| c.topdir.as_str());
    let below = d.name.strip_prefix(topdir).unwrap_or(&d.name).trim_start_matches('/');
    let files = d.files.iter();
    NewDirectory {
        name: d.name.clone(),
        below: below.to_owned(),
        group,
        files: files
            .map(|f| (f.name.clone(), f.versions.iter().map(version).collect()))
            .collect(),
        known: d.complete.then(|| d.known.clone()),
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

fn repositories(b: &mut IndexBuilder, s: &Snapshot) {
    for r in &s.repositories {
        let directory = r.directory.and_then(|o| s.directories.get(usize::try_from(o).ok()?));
        b.repository(&r.prefix, &r.arch, directory.map_or("", |d| &d.name), r.disabled);
    }
    for r in &s.redirects {
        b.redirect(r.from.clone(), r.to.clone());
    }
}
