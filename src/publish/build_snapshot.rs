//! Converts a publication to a snapshot.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use itertools::Itertools;

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
        let by_name = registry.categories.values().sorted_by(|a, b| a.name.cmp(&b.name));
        let by_name: Vec<&registry::Category> = by_name.collect();
        let categories: BTreeMap<CategoryId, u32> = by_name.iter().map(|c| c.id).zip(0..).collect();
        let (directories, ordinals) = self.numbered_directories(&categories, warnings);
        let urls = self.public_urls();
        let named = self.named_host_categories();
        let hosts: BTreeMap<HostId, u32> = named.values().copied().sorted().dedup().zip(0..).collect();
        let mut listed = RenumberedSets::new(&ordinals, directories.len());
        let mut host_categories: Vec<HostCategory> = named
            .iter()
            .filter_map(|(id, host)| {
                let category = registry.host_categories.get(id)?.category;
                Some(HostCategory {
                    host: *hosts.get(host)?,
                    category: *categories.get(&category)?,
                    urls: urls.get(id)?.clone(),
                    listed: listed.renumber(category, self.listed.get(id)?),
                })
            })
            .collect();
        host_categories.sort_by_key(|hc| (hc.host, hc.category));
        let netblock_countries = registry.netblock_countries.iter();
        let country_continents = registry.country_continents.iter();
        Snapshot {
            categories: by_name.into_iter().map(category).collect(),
            repositories: self.repositories(&ordinals),
            directories,
            redirects: self.redirects(),
            hosts: hosts.keys().filter_map(|id| self.host(*id)).collect(),
            host_categories,
            netblock_countries: sorted_unique(netblock_countries.map(|n| (n.netblock, n.country.clone()))),
            country_continents: sorted_unique(country_continents.map(|c| (c.country.clone(), c.continent.clone()))),
            embargoed: registry.embargoed.iter().cloned().collect(),
        }
    }

    /// Collects all world-readable directories, sorted by full name. A name in two categories belongs to the
    /// category with the longer topdir.
    fn numbered_directories(
        &self,
        categories: &BTreeMap<CategoryId, u32>,
        warnings: &mut Vec<String>,
    ) -> (Vec<SnapshotDirectory>, Ordinals) {
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
        let (mut list, mut ordinals) = (Vec::with_capacity(named.len()), Ordinals::default());
        for ((name, d, category), ordinal) in named.into_iter().zip(0..) {
            ordinals.add(d, ordinal);
            let hashed = self.offered.get(&d.id).map(|f| files(&name, f, warnings));
            let hashed = hashed.unwrap_or_default();
            let hashed_names = hashed.iter().map(|f| f.name.clone());
            list.push(SnapshotDirectory {
                category: categories.get(&category.id).copied().unwrap_or_default(),
                complete: d.files.is_some(),
                known: d
                    .files
                    .iter()
                    .flatten()
                    .cloned()
                    .chain(hashed_names)
                    .sorted()
                    .dedup()
                    .collect(),
                files: hashed,
                name,
            });
        }
        ordinals.sort();
        (list, ordinals)
    }

    fn repositories(&self, ordinals: &Ordinals) -> Vec<SnapshotRepository> {
        let ordinal = |id: DirectoryId| ordinals.get(self.registry.directories.get(&id)?.category, id);
        let repositories = self.registry.repositories.iter().filter_map(|r| {
            let directory = r.directory.and_then(ordinal);
            // A disabled repository is published without its directory, but not while the master hides that.
            let is_published = directory.is_some() || (r.disabled && r.directory.is_none());
            is_published.then_some(SnapshotRepository {
                prefix: r.prefix.as_ref()?.to_string(),
                arch: self.registry.arches.get(&r.arch)?.name.to_string(),
                directory,
                disabled: r.disabled,
            })
        });
        repositories
            .sorted_by(|a, b| (&a.prefix, &a.arch).cmp(&(&b.prefix, &b.arch)))
            .dedup_by(|a, b| (&a.prefix, &a.arch) == (&b.prefix, &b.arch))
            .collect()
    }

    fn redirects(&self) -> Vec<Redirect> {
        let redirects = self.registry.redirects.iter().filter_map(|r| {
            Some(Redirect {
                from: r.from_repo.to_string(),
                to: r.to_repo.as_ref()?.to_string(),
            })
        });
        redirects
            .sorted_by(|a, b| a.from.cmp(&b.from))
            .dedup_by(|a, b| a.from == b.from)
            .collect()
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
    items.sorted().dedup().collect()
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
