//! What is served from: a snapshot (or MirrorManager2's cache) made ready to answer, never changed afterwards.
//!
//! A *carrier* is a host with the URLs under which it carries a category; directories of the same category share their
//! carriers, and each directory has a set of bits over them. Equal sets are kept once.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use super::prefix::PrefixMap;
use crate::model::continents::Continents;
use crate::model::packed_country::PackedCountry;

mod builder;
mod category;
mod continents;
mod file;
mod from_snapshot;
mod mirror_sets;
mod names;
mod rendered;

pub(crate) use builder::{IndexBuilder, NewDirectory};
use category::CategoryMirrors;
pub(crate) use category::{DirectoryMirrors, MirrorFacts};
pub use continents::ContinentIndex;
pub(crate) use file::FileVersion;
pub use file::IndexedFile;
use names::NameIndex;
pub(crate) use rendered::RenderedUrls;

/// Where an index came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexSource {
    /// A generation, with its id.
    Generation(String),
    /// A cache file of MirrorManager2.
    Mm2Cache,
}

/// The whole.
#[derive(Debug)]
pub struct Index {
    /// Where it came from.
    pub source: IndexSource,
    /// Rows that could not be used, in words.
    pub warnings: Vec<String>,
    /// By full name.
    directories: Vec<IndexedDirectory>,
    names: NameIndex,
    groups: Vec<CategoryMirrors>,
    sets: Vec<Box<[u64]>>,
    pub(crate) hosts: Vec<IndexedHost>,
    /// By prefix.
    repositories: HashMap<String, Vec<IndexedRepository>>,
    disabled_prefixes: HashSet<String>,
    redirects: HashMap<String, String>,
    /// One line for each repository that can be asked for, as the answer to an unknown one shows them.
    known_repositories: String,
    /// The same so that it can stand in a comment.
    commented_repositories: String,
    netblocks: PrefixMap<u32>,
    asns: HashMap<u32, Vec<u32>>,
    netblock_countries: PrefixMap<PackedCountry>,
    /// What an admin said of countries.
    continents: Continents,
    /// Those of all carriers, sorted.
    countries: Vec<PackedCountry>,
    pub(crate) embargoed: Vec<PackedCountry>,
}

/// A mirror.
#[derive(Debug, Clone)]
pub struct IndexedHost {
    /// Its name; a cache does not tell it.
    pub name: Box<str>,
    /// Whether it is for its own networks only; a cache does not tell it.
    pub private: bool,
    /// What metalinks give as its location.
    pub location: Box<str>,
    /// Its weight in the draw, at least 1.
    pub weight: u32,
    /// If any: only clients of these countries.
    pub allowed: Vec<PackedCountry>,
    /// No clients of these countries.
    pub denied: Vec<PackedCountry>,
}

impl IndexedHost {
    /// Whether clients of that country are sent to it. A client of unknown country is not, if it is only for some.
    pub fn accepts_country(&self, client: Option<PackedCountry>) -> bool {
        let within = |list: &[PackedCountry]| client.is_some_and(|c| list.contains(&c));
        (self.allowed.is_empty() || within(&self.allowed)) && !within(&self.denied)
    }
}

/// A host with the URLs under which it carries some directories.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MirrorEntry {
    /// Its place among the hosts.
    pub host: u32,
    /// Whether everybody may be sent to it: else only its netblocks and systems.
    pub public: bool,
    /// For clients of which country it comes first.
    pub country: Option<PackedCountry>,
    /// In the order in which clients are given them.
    pub urls: Vec<Url>,
}

/// One address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Url {
    /// What stands before `://`.
    pub scheme: Box<str>,
    /// The whole, without a slash at the end.
    pub base: Box<str>,
    scheme_rank: u8,
}

impl Url {
    /// Splits the scheme off.
    pub fn new(base: &str) -> Self {
        let scheme = base.split_once(':').map_or("", |(scheme, _)| scheme);
        Self {
            scheme: scheme.into(),
            base: base.into(),
            scheme_rank: match scheme {
                "https" => 0,
                "http" => 1,
                "ftp" => 2,
                "rsync" => 3,
                _ => 4,
            },
        }
    }

    /// The order within a host: https before http before ftp before rsync before anything else.
    const fn scheme_rank(&self) -> u8 {
        self.scheme_rank
    }

    /// Whether package managers take it: https, http or ftp.
    pub const fn is_web(&self) -> bool {
        self.scheme_rank < 3
    }
}

/// A directory.
#[derive(Debug)]
pub struct IndexedDirectory {
    name: Box<str>,
    /// What is put behind a carrier's URL, percent-encoded.
    below: Box<str>,
    group: u32,
    set: u32,
    files: Box<[IndexedFile]>,
    /// Every file in it, sorted, where that is known.
    known: Option<Box<[Box<str>]>>,
}

impl IndexedDirectory {
    /// Its full name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is put behind a carrier's URL, percent-encoded; empty for a topdir.
    pub fn below(&self) -> &str {
        &self.below
    }

    /// The prepared details of a file.
    pub fn file(&self, name: &str) -> Option<&IndexedFile> {
        self.files.iter().find(|f| &*f.name == name)
    }

    /// Whether it is known that there is no such file in it.
    pub fn is_known_missing(&self, name: &str) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|k| k.binary_search_by(|f| (**f).cmp(name)).is_err())
    }
}

/// What a repository's prefix and architecture stand for.
#[derive(Debug)]
pub struct IndexedRepository {
    arch: Box<str>,
    /// The places of its directory, and of that directory's `repodata`.
    directory: Option<u32>,
    repodata: Option<u32>,
    /// Clients are told that it is disabled.
    pub disabled: bool,
}

impl Index {
    /// The directory with this full name.
    pub fn directory(&self, name: &str) -> Option<&IndexedDirectory> {
        let place = self.names.find(&self.directories, name)?;
        self.directories.get(usize::try_from(place).ok()?)
    }

    /// What a prefix is an alias of, or itself. One step only.
    pub fn redirected<'a>(&'a self, prefix: &'a str) -> &'a str {
        self.redirects.get(prefix).map_or(prefix, String::as_str)
    }

    /// Whether a prefix was switched off for all architectures.
    pub(crate) fn is_prefix_disabled(&self, prefix: &str) -> bool {
        self.disabled_prefixes.contains(prefix)
    }

    /// Whether a repository was switched off, for this architecture or for all.
    pub fn is_disabled(&self, prefix: &str, arch: &str) -> bool {
        self.is_prefix_disabled(prefix) || self.repository(prefix, arch).is_some_and(|r| r.disabled)
    }

    /// A repository by what clients call it.
    pub fn repository(&self, prefix: &str, arch: &str) -> Option<&IndexedRepository> {
        self.repositories.get(prefix)?.iter().find(|r| *r.arch == *arch)
    }

    /// Its directory, if there is one.
    pub fn directory_of(&self, repository: &IndexedRepository) -> Option<&IndexedDirectory> {
        self.directories.get(usize::try_from(repository.directory?).ok()?)
    }

    /// The directory of its metadata, if there is one.
    pub fn repodata_of(&self, repository: &IndexedRepository) -> Option<&IndexedDirectory> {
        self.directories.get(usize::try_from(repository.repodata?).ok()?)
    }

    /// One line `# repo=…&arch=…` for each repository, sorted.
    pub fn known_repositories(&self) -> &str {
        &self.known_repositories
    }

    /// The same so that they can stand in a comment of XML.
    pub(crate) fn commented_repositories(&self) -> &str {
        &self.commented_repositories
    }

    /// A host by its place.
    pub fn host(&self, place: u32) -> Option<&IndexedHost> {
        self.hosts.get(usize::try_from(place).ok()?)
    }

    /// Who carries a directory.
    pub fn carriers<'a>(&'a self, directory: &IndexedDirectory) -> impl Iterator<Item = &'a MirrorEntry> + use<'a> {
        self.holders(directory).all()
    }

    /// The same, for the selection.
    pub(crate) fn holders(&self, directory: &IndexedDirectory) -> DirectoryMirrors<'_> {
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let words = self.sets.get(at(directory.set)).map_or(&[][..], |s| s);
        let group = at(directory.group);
        DirectoryMirrors::new(words, group, self.groups.get(group))
    }

    /// The countries of all carriers, sorted.
    pub(crate) fn countries(&self) -> &[PackedCountry] {
        &self.countries
    }

    /// A number that directories with the same carriers share.
    pub fn carriers_of(&self, directory: &IndexedDirectory) -> (u32, u32) {
        (directory.group, directory.set)
    }

    /// Hosts that have a netblock with `ip` in it, with the length of each block, the longest first.
    pub fn netblock_hosts(&self, ip: IpAddr) -> impl Iterator<Item = (u8, u32)> + '_ {
        self.netblocks
            .matches(ip)
            .flat_map(|(length, hosts)| hosts.iter().map(move |h| (length, *h)))
    }

    /// Hosts that want the clients of a system; sorted.
    pub fn asn_hosts(&self, asn: u32) -> &[u32] {
        self.asns.get(&asn).map_or(&[], Vec::as_slice)
    }

    /// The country that an admin gave to an address block.
    pub fn netblock_country(&self, ip: IpAddr) -> Option<PackedCountry> {
        self.netblock_countries
            .matches(ip)
            .find_map(|(_, countries)| countries.last().copied())
    }

    /// Whether clients of a country get nothing.
    pub fn is_embargoed(&self, country: PackedCountry) -> bool {
        self.embargoed.contains(&country)
    }

    /// How many directories, hosts and repositories it knows.
    pub fn counts(&self) -> (usize, usize, usize) {
        let repositories = self.repositories.values().map(Vec::len).sum();
        (self.directories.len(), self.hosts.len(), repositories)
    }
}
