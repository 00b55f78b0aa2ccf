//! Converts a publication to a snapshot.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::ordinals::{Ordinals, RenumberedSets};
use crate::model::file::FileDetail;
use crate::model::ids::{CategoryId, DirectoryId, HostId};
use crate::model::names::CountryCode;
use crate::model::registry::{self, HostCountry};
use crate::model::registry_data::PublishedDirectory;
use crate::snapshot::publication::{OfferedFiles, Publication};
use crate::snapshot::{
    FileVersion, HostCategory, Redirect, Snapshot, SnapshotCategory, SnapshotDirectory, SnapshotFile, SnapshotHost,
    SnapshotRepository, full_name,
};

impl Publication<'_> {
    /// Builds the snapshot. Data that it cannot represent is omitted and named in `warnings`.
    pub(crate) fn snapshot(&self, warnings: &mut Vec<String>) -> Snapshot {
        let registry = self.registry;
        let categories = self.numbered_categories();
        let directories = self.numbered_directories(&categories, warnings);
        let urls = self.public_urls();
        let named = self.named_host_categories();
        let hosts: BTreeMap<HostId, u32> = (named.values().copied().collect::<BTreeSet<_>>())
            .into_iter()
            .zip(0..)
            .collect();
        let mut listed = RenumberedSets::new(&directories.ordinals, directories.list.len());
        let mut host_categories: Vec<HostCategory> = named
            .iter()
            .filter_map(|(id, host)| {
                let category = registry.host_categories.get(id)?.category;
                Some(HostCategory {
                    host: *hosts.get(host)?,
                    category: *categories.get(&category)?,
                    urls: urls.get(id)?.clone(),
                    held: listed.renumber(category, self.listed.get(id)?),
                })
            })
            .collect();
        host_categories.sort_by_key(|hc| (hc.host, hc.category));
        let mut sorted: Vec<&registry::Category> = registry.categories.values().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        Snapshot {
            categories: sorted.into_iter().map(category).collect(),
            repositories: self.repositories(&directories.ordinals),
            directories: directories.list,
            redirects: self.redirects(),
            hosts: hosts.keys().filter_map(|id| self.host(*id)).collect(),
            host_categories,
            netblock_countries: sorted_unique(
                registry
                    .netblock_countries
                    .iter()
                    .map(|n| (n.netblock, n.country.clone())),
            ),
            country_continents: sorted_unique(
                registry
                    .country_continents
                    .iter()
                    .map(|c| (c.country.clone(), c.continent.clone())),
            ),
            embargoed: registry.embargoed.iter().cloned().collect(),
        }
    }

    fn numbered_categories(&self) -> BTreeMap<CategoryId, u32> {
        let mut sorted: Vec<_> = self.registry.categories.values().map(|c| (&c.name, c.id)).collect();
        sorted.sort();
        sorted.into_iter().map(|(_, id)| id).zip(0..).collect()
    }

    /// Collects all world-readable directories, sorted by full name. A name in two categories belongs to the
    /// category with the longer topdir.
    fn numbered_directories(&self, categories: &BTreeMap<CategoryId, u32>, warnings: &mut Vec<String>) -> Directories {
        let mut named: Vec<(String, &PublishedDirectory, &registry::Category)> = (self.registry.directories.values())
            .filter(|d| d.readable)
            .filter_map(|d| {
                let category = self.registry.categories.get(&d.category)?;
                Some((full_name(category.topdir.as_str(), d.path.as_str()), d, category))
            })
            .collect();
        let top = |c: &registry::Category| Reverse(c.topdir.as_str().len());
        named.sort_by(|a, b| (&a.0, top(a.2)).cmp(&(&b.0, top(b.2))));
        let mut overlaps: BTreeSet<(&str, &str)> = BTreeSet::new();
        named.dedup_by(|dropped, kept| {
            let same = dropped.0 == kept.0;
            if same {
                overlaps.insert((kept.2.name.as_str(), dropped.2.name.as_str()));
            }
            same
        });
        for (kept, dropped) in overlaps {
            warnings.push(format!(
                "directories in both category {kept} and category {dropped} are published for {kept} only; exclude them \
                 from the scan of {dropped}"
            ));
        }
        let mut out = Directories {
            list: Vec::with_capacity(named.len()),
            ordinals: Ordinals::default(),
        };
        for ((name, d, category), ordinal) in named.into_iter().zip(0..) {
            out.ordinals.add(d, ordinal);
            let hashed = self
                .offered
                .get(&d.id)
                .map(|f| files(&name, f, warnings))
                .unwrap_or_default();
            let mut known: Vec<String> = (d.files.iter().flatten().cloned())
                .chain(hashed.iter().map(|f| f.name.clone()))
                .collect();
            known.sort();
            known.dedup();
            out.list.push(SnapshotDirectory {
                category: categories.get(&category.id).copied().unwrap_or_default(),
                files: hashed,
                complete: d.files.is_some(),
                known,
                name,
            });
        }
        out.ordinals.sort();
        out
    }

    fn repositories(&self, ordinals: &Ordinals) -> Vec<SnapshotRepository> {
        let mut out = Vec::new();
        for r in &self.registry.repositories {
            let (Some(prefix), Some(arch)) = (&r.prefix, self.registry.arches.get(&r.arch)) else {
                continue;
            };
            let directory = r.directory.and_then(|d| self.ordinal(d, ordinals));
            // A disabled repository is published without its directory, but not while the master hides that.
            if directory.is_some() || (r.disabled && r.directory.is_none()) {
                out.push(SnapshotRepository {
                    prefix: prefix.to_string(),
                    arch: arch.name.to_string(),
                    directory,
                    disabled: r.disabled,
                });
            }
        }
        out.sort_by(|a, b| (&a.prefix, &a.arch).cmp(&(&b.prefix, &b.arch)));
        out.dedup_by(|a, b| (&a.prefix, &a.arch) == (&b.prefix, &b.arch));
        out
    }

    fn ordinal(&self, id: DirectoryId, ordinals: &Ordinals) -> Option<u32> {
        ordinals.get(self.registry.directories.get(&id)?.category, id)
    }

    fn redirects(&self) -> Vec<Redirect> {
        let rows = self.registry.redirects.iter().filter_map(|r| {
            Some(Redirect {
                from: r.from_repo.to_string(),
                to: r.to_repo.as_ref()?.to_string(),
            })
        });
        let mut out: Vec<Redirect> = rows.collect();
        out.sort_by(|a, b| a.from.cmp(&b.from));
        out.dedup_by(|a, b| a.from == b.from);
        out
    }

    fn host(&self, id: HostId) -> Option<SnapshotHost> {
        let registry = self.registry;
        let host = registry.hosts.get(&id)?;
        let site = registry.sites.get(&host.site)?;
        Some(SnapshotHost {
            id: id.0,
            name: host.name.clone(),
            country: host.country.clone(),
            bandwidth: host.bandwidth,
            private: host.is_private(site),
            internet2: host.internet2,
            max_connections: host.max_connections,
            asn: host.asn,
            asn_clients: host.asn_clients,
            peer_asns: sorted_unique(registry.peer_asns.iter().filter(|p| p.host == id).map(|p| p.asn)),
            netblocks: sorted_unique(registry.netblocks.iter().filter(|n| n.host == id).map(|n| n.netblock)),
            allowed: countries(&registry.allowed_countries, id),
            denied: countries(&registry.denied_countries, id),
        })
    }
}

/// The directories of a snapshot, and their ordinals.
struct Directories {
    list: Vec<SnapshotDirectory>,
    ordinals: Ordinals,
}

fn category(c: &registry::Category) -> SnapshotCategory {
    SnapshotCategory {
        name: c.name.clone(),
        topdir: c.topdir.as_str().to_owned(),
    }
}

fn countries(rows: &[HostCountry], host: HostId) -> Vec<CountryCode> {
    sorted_unique(rows.iter().filter(|c| c.host == host).map(|c| c.country.clone()))
}

fn sorted_unique<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.collect::<BTreeSet<T>>().into_iter().collect()
}

fn files(directory: &str, offered: &OfferedFiles<'_>, warnings: &mut Vec<String>) -> Vec<SnapshotFile> {
    offered
        .iter()
        .map(|(name, versions)| SnapshotFile {
            name: (*name).to_owned(),
            versions: versions.iter().map(|v| version(directory, v, warnings)).collect(),
        })
        .collect()
}

fn version(directory: &str, detail: &FileDetail, warnings: &mut Vec<String>) -> FileVersion {
    let mut digest = |kind: &str, text: &Option<String>, length: usize| {
        let Some(text) = text else { return Vec::new() };
        match hex::decode(text) {
            Ok(bytes) if bytes.len() == length => bytes,
            Ok(_) | Err(_) => {
                warnings.push(format!(
                    "omitted the {kind} of {directory}/{} (file_detail {}): {text:?} is not {} hexadecimal digits",
                    detail.file.filename,
                    detail.id,
                    length * 2
                ));
                Vec::new()
            }
        }
    };
    let hashes = &detail.file.hashes;
    FileVersion {
        timestamp: detail.file.timestamp.max(0),
        size: detail.file.size,
        md5: digest("MD5", &hashes.md5, 16),
        sha1: digest("SHA-1", &hashes.sha1, 20),
        sha256: digest("SHA-256", &hashes.sha256, 32),
        sha512: digest("SHA-512", &hashes.sha512, 64),
    }
}
