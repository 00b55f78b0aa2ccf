//! Putting an index together from what a snapshot or a cache says.

use std::collections::{HashMap, HashSet};

use ipnet::IpNet;

use crate::answer::encode::{comment_text, encode_path};
use crate::answer::prefix::PrefixMap;
use crate::model::continents::Continents;
use crate::model::packed_country::PackedCountry;

use super::file::{FileVersion, IndexedFile, render_versions};
use super::names::NameIndex;
use super::{CategoryMirrors, Index, IndexSource, IndexedDirectory, IndexedHost, IndexedRepository, MirrorEntry, Url};

/// An index in the making. Nothing in it fails: what does not fit becomes a warning.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    directories: Vec<IndexedDirectory>,
    groups: Vec<CategoryMirrors>,
    carriers: Vec<HashMap<MirrorEntry, usize>>,
    sets: Vec<Box<[u64]>>,
    set_places: HashMap<Box<[u64]>, u32>,
    hosts: Vec<IndexedHost>,
    repositories: Vec<NewRepository>,
    disabled_prefixes: HashSet<String>,
    redirects: HashMap<String, String>,
    netblocks: Vec<(IpNet, u32)>,
    asns: HashMap<u32, Vec<u32>>,
    netblock_countries: Vec<(IpNet, PackedCountry)>,
    continents: Continents,
    embargoed: Vec<PackedCountry>,
    pub(crate) warnings: Vec<String>,
}

/// A repository as a source tells it.
#[derive(Debug)]
struct NewRepository {
    prefix: String,
    arch: String,
    /// The full name of its directory.
    directory: String,
    disabled: bool,
}

/// A directory as a source tells it.
#[derive(Debug, Default)]
pub(crate) struct NewDirectory {
    /// Its full name.
    pub(crate) name: String,
    /// The part of it that follows a mirror's URL.
    pub(crate) below: String,
    /// In which group.
    pub(crate) group: usize,
    /// Files with their versions, the newest first.
    pub(crate) files: Vec<(String, Vec<FileVersion>)>,
    /// All names in it, where they are known.
    pub(crate) known: Option<Vec<String>>,
}

impl IndexBuilder {
    /// Adds a group of carriers; returns its place.
    pub(crate) fn group(&mut self) -> usize {
        self.groups.push(CategoryMirrors::default());
        self.carriers.push(HashMap::new());
        self.groups.len() - 1
    }

    /// Adds a host; returns its place.
    pub(crate) fn host(&mut self, host: IndexedHost) -> u32 {
        self.hosts.push(host);
        u32::try_from(self.hosts.len() - 1).unwrap_or(u32::MAX)
    }

    /// The place of a carrier in a group; equal ones have one place. Its URLs are put in order.
    pub(crate) fn carrier(&mut self, group: usize, mut carrier: MirrorEntry) -> usize {
        carrier.urls.sort_by_key(Url::scheme_rank);
        let (Some(places), Some(group)) = (self.carriers.get_mut(group), self.groups.get_mut(group)) else {
            return usize::MAX;
        };
        *places.entry(carrier).or_insert_with_key(|c| {
            group.carriers.push(c.clone());
            group.carriers.len() - 1
        })
    }

    /// Adds a directory; `set` is the number of the set of its carriers.
    pub(crate) fn directory(&mut self, new: NewDirectory, set: u32) {
        let files = new.files.into_iter().filter(|(_, versions)| !versions.is_empty());
        self.directories.push(IndexedDirectory {
            name: new.name.into(),
            below: encode_path(&new.below).into(),
            group: u32::try_from(new.group).unwrap_or(u32::MAX),
            set,
            files: files
                .map(|(name, versions)| IndexedFile {
                    xml: render_versions(&versions).into(),
                    name: name.into(),
                    versions: versions.into(),
                })
                .collect(),
            known: new.known.map(|k| k.into_iter().map(Into::into).collect()),
        });
    }

    /// The number of a set of carriers, which has a bit for each place in the group.
    pub(crate) fn set(&mut self, words: &[u64]) -> u32 {
        // Equal sets are to look the same.
        let end = words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        let words = words.get(..end).unwrap_or_default();
        if let Some(place) = self.set_places.get(words) {
            return *place;
        }
        let words: Box<[u64]> = words.into();
        let place = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        self.sets.push(words.clone());
        self.set_places.insert(words, place);
        place
    }

    /// Adds a repository.
    pub(crate) fn repository(&mut self, prefix: &str, arch: &str, directory: &str, disabled: bool) {
        self.repositories.push(NewRepository {
            prefix: prefix.to_owned(),
            arch: arch.to_owned(),
            directory: directory.to_owned(),
            disabled,
        });
    }

    /// Switches a prefix off for all architectures.
    pub(crate) fn disable(&mut self, prefix: String) {
        self.disabled_prefixes.insert(prefix);
    }

    /// Adds an alias.
    pub(crate) fn redirect(&mut self, from: String, to: String) {
        self.redirects.insert(from, to);
    }

    /// Gives a host a netblock.
    pub(crate) fn netblock(&mut self, net: IpNet, host: u32) {
        self.netblocks.push((net, host));
    }

    /// Sends the clients of a system to a host.
    pub(crate) fn asn(&mut self, asn: u32, host: u32) {
        self.asns.entry(asn).or_default().push(host);
    }

    /// Gives an address block a country.
    pub(crate) fn netblock_country(&mut self, net: IpNet, country: PackedCountry) {
        self.netblock_countries.push((net, country));
    }

    /// Gives a country a continent.
    pub(crate) fn continent(&mut self, country: PackedCountry, continent: PackedCountry) {
        self.continents.insert(country, continent);
    }

    /// Serves nothing to clients of a country.
    pub(crate) fn embargo(&mut self, country: PackedCountry) {
        self.embargoed.push(country);
    }

    /// The index.
    pub(crate) fn finish(mut self, source: IndexSource) -> Index {
        self.directories.sort_by(|a, b| a.name.cmp(&b.name));
        let names = NameIndex::of(&self.directories);
        let lines = self
            .repositories
            .iter()
            .map(|r| format!("# repo={}&arch={}", r.prefix, r.arch));
        let mut lines: Vec<String> = lines.collect();
        lines.sort_unstable();
        let known_repositories = lines.join("\n");
        let hosts = self.asns.into_iter().map(|(asn, mut hosts)| {
            hosts.sort_unstable();
            hosts.dedup();
            (asn, hosts)
        });
        let mut countries: Vec<PackedCountry> = (self.groups.iter())
            .flat_map(|g| g.carriers.iter().filter_map(|c| c.country))
            .collect();
        countries.sort_unstable();
        countries.dedup();
        for group in &mut self.groups {
            group.build_tables(&countries, &self.hosts);
        }
        Index {
            repositories: repositories(self.repositories, |name| names.find(&self.directories, name)),
            names,
            source,
            countries,
            warnings: self.warnings,
            asns: hosts.collect(),
            directories: self.directories,
            groups: self.groups,
            sets: self.sets,
            hosts: self.hosts,
            disabled_prefixes: self.disabled_prefixes,
            redirects: self.redirects,
            commented_repositories: comment_text(&[&known_repositories, "\n"].concat()),
            known_repositories,
            netblocks: PrefixMap::new(self.netblocks),
            netblock_countries: PrefixMap::new(self.netblock_countries),
            continents: self.continents,
            embargoed: self.embargoed,
        }
    }
}

/// By prefix. Of two with the same prefix and architecture the last counts. `place` finds a directory.
fn repositories(
    all: Vec<NewRepository>,
    place: impl Fn(&str) -> Option<u32>,
) -> HashMap<String, Vec<IndexedRepository>> {
    let mut out: HashMap<String, Vec<IndexedRepository>> = HashMap::new();
    for new in all {
        let same = out.entry(new.prefix).or_default();
        same.retain(|r| *r.arch != *new.arch);
        same.push(IndexedRepository {
            directory: place(&new.directory),
            repodata: place(&[&new.directory, "/repodata"].concat()),
            arch: new.arch.into(),
            disabled: new.disabled,
        });
    }
    out
}
