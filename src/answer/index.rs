//! The index from which requests are answered: a snapshot (or MirrorManager2's cache) prepared for lookups, immutable.
//!
//! A mirror is a host with the URLs of a category. Directories of a category share its mirrors, and each directory has
//! a set of bits over them. Equal sets are stored once.

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

pub(crate) use builder::IndexBuilder;
pub(crate) use category::{CategoryMirrors, DirectoryMirrors, MirrorFacts};
pub(crate) use continents::ContinentIndex;
pub(crate) use file::{FileVersion, IndexedFile};
use names::NameIndex;
pub(crate) use rendered::RenderedUrls;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IndexSource {
    /// A generation, by its ID.
    Generation(String),
    Mm2Cache,
}

impl IndexSource {
    /// Returns the ID of the generation; none for a cache.
    pub(crate) fn generation(&self) -> Option<&str> {
        match self {
            Self::Generation(id) => Some(id),
            Self::Mm2Cache => None,
        }
    }
}

/// Data of a generation or cache, prepared for lookups.
#[derive(Debug)]
pub struct Index {
    pub(crate) source: IndexSource,
    /// Messages about rows that are ignored.
    pub warnings: Vec<String>,
    directories: Vec<IndexedDirectory>,
    names: NameIndex,
    categories: Vec<CategoryMirrors>,
    /// Stands for a category that does not exist.
    no_category: CategoryMirrors,
    sets: Vec<Box<[u64]>>,
    pub(crate) hosts: Vec<IndexedHost>,
    repositories: HashMap<String, Vec<IndexedRepository>>,
    pub(crate) disabled_prefixes: HashSet<String>,
    redirects: HashMap<String, String>,
    /// One line `# repo=…&arch=…` per repository, sorted, for the response to an unknown one.
    pub(crate) known_repositories: String,
    /// `known_repositories`, escaped for an XML comment.
    pub(crate) commented_repositories: String,
    netblocks: PrefixMap<u32>,
    asns: HashMap<u32, Vec<u32>>,
    netblock_countries: PrefixMap<PackedCountry>,
    /// Overrides of the continent table.
    continents: Continents,
    /// Countries of all mirrors, sorted.
    pub(crate) countries: Vec<PackedCountry>,
    pub(crate) embargoed: Vec<PackedCountry>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct IndexedHost {
    /// Name; empty if read from a cache.
    pub(crate) name: Box<str>,
    /// True if it is only for clients in its netblocks and ASNs; false if read from a cache.
    pub(crate) private: bool,
    /// Country, as `location` in metalinks; may be empty.
    pub(crate) location: Box<str>,
    /// Weight in the shuffle, at least 1.
    pub(crate) weight: u32,
    /// If not empty: only clients in these countries are accepted.
    pub(crate) allowed: Vec<PackedCountry>,
    /// Clients in these countries are not accepted.
    pub(crate) denied: Vec<PackedCountry>,
}

impl IndexedHost {
    /// Returns true if clients in a country are accepted. A client in an unknown country is not accepted by a host
    /// that is only for some countries.
    pub(crate) fn accepts_country(&self, client: Option<PackedCountry>) -> bool {
        let contains_client = |list: &[PackedCountry]| client.is_some_and(|c| list.contains(&c));
        (self.allowed.is_empty() || contains_client(&self.allowed)) && !contains_client(&self.denied)
    }
}

/// A host with its URLs of a category.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct MirrorEntry {
    /// Position of the host in the index.
    pub(crate) host: u32,
    /// True if it is named to all clients, not only to those in its netblocks and ASNs.
    pub(crate) public: bool,
    /// Country of the tiers `requested-country`, `country` and `continent`.
    pub(crate) country: Option<PackedCountry>,
    /// URLs in the order in which they are offered.
    pub(crate) urls: Vec<Url>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Url {
    pub(crate) scheme: Box<str>,
    /// Without a slash at the end.
    pub(crate) base: Box<str>,
    /// Order within a host: https before http before ftp before rsync before others.
    scheme_rank: u8,
}

impl Url {
    pub(crate) fn new(base: &str) -> Self {
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

    /// Returns true if package managers can use the URL: https, http or ftp.
    pub(crate) const fn is_web(&self) -> bool {
        self.scheme_rank < 3
    }
}

#[derive(Debug, Default)]
pub(crate) struct IndexedDirectory {
    /// Full path.
    pub(crate) name: Box<str>,
    /// Percent-encoded path below the URL of a mirror; empty for a topdir.
    pub(crate) subpath: Box<str>,
    /// Position of the category.
    pub(crate) category: u32,
    /// Number of the set of its mirrors.
    pub(crate) set: u32,
    pub(crate) files: Box<[IndexedFile]>,
    /// Names of all files, sorted, if known.
    pub(crate) all_files: Option<Box<[Box<str>]>>,
}

impl IndexedDirectory {
    pub(crate) fn file(&self, name: &str) -> Option<&IndexedFile> {
        self.files.iter().find(|f| &*f.name == name)
    }

    /// Returns true if the directory is known not to contain a file.
    pub(crate) fn is_known_missing(&self, name: &str) -> bool {
        let files = self.all_files.as_ref();
        files.is_some_and(|files| files.binary_search_by(|f| (**f).cmp(name)).is_err())
    }
}

#[derive(Debug)]
pub(crate) struct IndexedRepository {
    arch: Box<str>,
    /// Positions of its directory, and of that directory's `repodata`.
    pub(crate) directory: Option<u32>,
    pub(crate) repodata: Option<u32>,
    /// True if responses only say that it is disabled.
    pub(crate) disabled: bool,
}

impl Index {
    pub(crate) fn directory(&self, name: &str) -> Option<&IndexedDirectory> {
        self.directory_at(self.names.find(&self.directories, name))
    }

    pub(crate) fn directory_at(&self, position: Option<u32>) -> Option<&IndexedDirectory> {
        self.directories.get(usize::try_from(position?).ok()?)
    }

    /// Returns the prefix that a prefix redirects to, or the prefix itself. Redirects are not followed further.
    pub(crate) fn redirected<'a>(&'a self, prefix: &'a str) -> &'a str {
        self.redirects.get(prefix).map_or(prefix, String::as_str)
    }

    /// Returns true if a repository is disabled, for this architecture or for all.
    pub(crate) fn is_disabled(&self, prefix: &str, arch: &str) -> bool {
        self.disabled_prefixes.contains(prefix) || self.repository(prefix, arch).is_some_and(|r| r.disabled)
    }

    pub(crate) fn repository(&self, prefix: &str, arch: &str) -> Option<&IndexedRepository> {
        self.repositories.get(prefix)?.iter().find(|r| *r.arch == *arch)
    }

    pub(crate) fn host(&self, position: u32) -> Option<&IndexedHost> {
        self.hosts.get(usize::try_from(position).ok()?)
    }

    pub(crate) fn mirrors<'a>(
        &'a self,
        directory: &IndexedDirectory,
    ) -> impl Iterator<Item = &'a MirrorEntry> + use<'a> {
        self.directory_mirrors(directory).iter()
    }

    pub(crate) fn directory_mirrors(&self, directory: &IndexedDirectory) -> DirectoryMirrors<'_> {
        let position = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let category = self.categories.get(position(directory.category));
        DirectoryMirrors {
            words: self.sets.get(position(directory.set)).map_or(&[], |s| s),
            category_position: directory.category,
            category: category.unwrap_or(&self.no_category),
        }
    }

    /// Returns the hosts that have a netblock that contains `ip`, with the prefix length of each netblock, the longest
    /// first.
    pub(crate) fn netblock_hosts(&self, ip: IpAddr) -> impl Iterator<Item = (u8, u32)> + '_ {
        self.netblocks
            .matches(ip)
            .flat_map(|(length, hosts)| hosts.iter().map(move |h| (length, *h)))
    }

    /// Returns the hosts that prefer the clients in an ASN, sorted.
    pub(crate) fn asn_hosts(&self, asn: u32) -> &[u32] {
        self.asns.get(&asn).map_or(&[], Vec::as_slice)
    }

    /// Returns the country of an address according to the registry.
    pub fn netblock_country(&self, ip: IpAddr) -> Option<PackedCountry> {
        self.netblock_countries
            .matches(ip)
            .find_map(|(_, countries)| countries.last().copied())
    }

    pub(crate) fn is_embargoed(&self, country: PackedCountry) -> bool {
        self.embargoed.contains(&country)
    }

    /// Returns the numbers of directories, hosts and repositories.
    pub fn counts(&self) -> (usize, usize, usize) {
        let repositories = self.repositories.values().map(Vec::len).sum();
        (self.directories.len(), self.hosts.len(), repositories)
    }
}
