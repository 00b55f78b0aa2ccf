//! The expected share of responses that list a host, by tier and group of clients.

use std::cmp::Ordering;

use serde::Serialize;

use crate::answer::index::{ContinentIndex, Index, IndexedDirectory};
use crate::answer::select::SelectionData;
use crate::answer::traffic_share::{ClientGroup, Share, ShareParams, client_groups, shares};
use crate::model::Timestamp;
use crate::model::continents::Continents;
use crate::model::memory_budget::{MemoryBudget, OverBudget};
use crate::model::names::{HostName, Name, RepoPrefix};
use crate::snapshot::generation::Manifest;
use crate::snapshot::publication::{REPODATA, REPOMD};
use crate::snapshot::{self, Snapshot, SnapshotRepository};

#[derive(Debug)]
pub(crate) struct ShareQuery<'a> {
    pub(crate) host: &'a HostName,
    /// The row ID, which stays the same if the host is renamed.
    pub(crate) host_id: Option<i64>,
    /// Limits the query to one prefix, and to one architecture of it.
    pub(crate) repository: Option<&'a (RepoPrefix, Option<Name>)>,
    /// The number of nearby mirrors below which those of the tier `global` are added.
    pub(crate) min_mirrors: u32,
    pub(crate) places: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct ShareReport {
    pub(crate) host: HostName,
    pub(crate) country: Option<String>,
    /// Mbit/s; `None` for a host that is not part of the generation.
    pub(crate) bandwidth: Option<u32>,
    pub(crate) private: bool,
    pub(crate) generation: String,
    pub(crate) as_of: Timestamp,
    min_mirrors: u32,
    pub(crate) places: u32,
    /// The number of repositories that the query selects and clients can request.
    pub(crate) repositories: usize,
    /// The number of these that the host is listed for: shares are means over them.
    pub(crate) listed_for: usize,
    /// By tier, the largest shares first.
    pub(crate) shares: Vec<ShareRow>,
    /// The groups of clients that never get the host.
    pub(crate) never_listed_for: Vec<String>,
}

/// The share for one group of clients, in one tier.
#[derive(Debug, Serialize)]
pub(crate) struct ShareRow {
    pub(crate) clients: String,
    #[serde(flatten)]
    pub(crate) share: Share,
}

impl ShareReport {
    /// Estimates the shares in the responses that the generation gives.
    pub(crate) fn new(
        query: &ShareQuery<'_>,
        manifest: &Manifest,
        snapshot: &Snapshot,
        continents: &Continents,
    ) -> Result<Self, OverBudget> {
        let index = Index::from_snapshot(snapshot, manifest.id.to_string(), MemoryBudget::default())?;
        let selection_data = SelectionData {
            index: &index,
            continents: &ContinentIndex::new(&index, continents),
            min_mirrors: usize::try_from(query.min_mirrors).unwrap_or(usize::MAX),
        };
        let params = ShareParams {
            selection_data,
            places: usize::try_from(query.places).unwrap_or(usize::MAX),
        };
        let found = (0_u32..)
            .zip(&snapshot.hosts)
            .find(|(_, h)| Some(h.id) == query.host_id);
        let directories = select_directories(query, snapshot, &index);
        let mut report = Self {
            host: query.host.clone(),
            country: found.and_then(|(_, h)| h.country.as_ref().map(ToString::to_string)),
            bandwidth: found.map(|(_, h)| h.bandwidth),
            private: found.is_some_and(|(_, h)| h.private),
            generation: manifest.id.to_string(),
            as_of: manifest.as_of,
            min_mirrors: query.min_mirrors,
            places: query.places,
            repositories: directories.len(),
            listed_for: 0,
            shares: Vec::new(),
            never_listed_for: Vec::new(),
        };
        let Some((place, host)) = found else {
            return Ok(report);
        };
        let listed: Vec<&IndexedDirectory> = (directories.into_iter())
            .filter(|d| index.mirrors(d).any(|c| c.host == place))
            .collect();
        report.listed_for = listed.len();
        for (group, client) in client_groups(selection_data, snapshot, host) {
            let found = shares(params, &listed, place, client);
            if found.is_empty() {
                report.never_listed_for.push(describe_group(group));
            }
            let clients = describe_group(group);
            report.shares.extend(found.into_iter().map(|share| ShareRow {
                clients: clients.clone(),
                share,
            }));
        }
        report.shares.sort_by(|a, b| {
            let key = |r: &ShareRow| (r.share.first, r.share.in_first_n);
            let larger_first = key(b).partial_cmp(&key(a)).unwrap_or(Ordering::Equal);
            let order = a.share.tier.cmp(&b.share.tier).then(larger_first);
            order.then_with(|| a.clients.cmp(&b.clients))
        });
        Ok(report)
    }
}

/// The directories that decide which mirrors clients of the repositories get.
fn select_directories<'i>(query: &ShareQuery<'_>, snapshot: &Snapshot, index: &'i Index) -> Vec<&'i IndexedDirectory> {
    let is_wanted = |r: &&SnapshotRepository| {
        let matches = |(prefix, arch): &(RepoPrefix, Option<Name>)| {
            r.prefix == prefix.as_str() && arch.as_ref().is_none_or(|a| r.arch == a.as_str())
        };
        !r.disabled && query.repository.is_none_or(matches)
    };
    (snapshot.repositories.iter().filter(is_wanted))
        .filter_map(|r| {
            let directory = snapshot.directories.get(usize::try_from(r.directory?).ok()?)?;
            let repodata = index.directory(&snapshot::full_name(&directory.name, REPODATA));
            repodata
                .filter(|d| d.file(REPOMD).is_some())
                .or_else(|| index.directory(&directory.name))
        })
        .collect()
}

fn describe_group(group: ClientGroup) -> String {
    match group {
        ClientGroup::Netblock(netblock) => netblock.to_string(),
        ClientGroup::Asn(asn) => format!("AS{asn}"),
        ClientGroup::Country(code) => code.to_string(),
        ClientGroup::CountriesWithoutMirror(continent) => format!("other countries of {continent}"),
        ClientGroup::UnknownCountry => "unknown country".to_owned(),
    }
}
