//! Builds an index from the rows of a snapshot or a cache.

use std::collections::{BTreeSet, HashMap, HashSet};

use ipnet::IpNet;
use itertools::Itertools as _;

use crate::answer::encode::comment_text;
use crate::answer::prefix::PrefixMap;
use crate::model::continents::Continents;
use crate::model::memory_budget::{MemoryBudget, OverBudget};
use crate::model::packed_country::PackedCountry;

use super::names::NameIndex;
use super::{CategoryMirrors, Index, IndexSource, IndexedDirectory, IndexedHost, IndexedRepository, MirrorEntry};

/// The memory of a repository in addition to its texts, in bytes.
const REPOSITORY: usize = 512;

/// The memory of a set in addition to its words, in bytes.
const SET: usize = 64;

/// Most countries and continents: codes of two letters.
const MAX_CODES: usize = 26 * 26;

/// An index under construction. Unusable rows become warnings; building fails only if the index would take too much memory. Callers
/// take the memory of what is proportional to the size of their input from the budget; the builder takes that of sets and tables.
#[derive(Debug, Default)]
pub(crate) struct IndexBuilder {
    pub(crate) budget: MemoryBudget,
    pub(crate) directories: Vec<IndexedDirectory>,
    categories: Vec<CategoryMirrors>,
    mirror_positions: Vec<HashMap<MirrorEntry, usize>>,
    sets: Vec<Box<[u64]>>,
    set_numbers: HashMap<Box<[u64]>, u32>,
    hosts: Vec<IndexedHost>,
    repositories: Vec<NewRepository>,
    pub(crate) disabled_prefixes: HashSet<String>,
    pub(crate) redirects: HashMap<String, String>,
    pub(crate) netblocks: Vec<(IpNet, u32)>,
    asns: HashMap<u32, Vec<u32>>,
    pub(crate) netblock_countries: Vec<(IpNet, PackedCountry)>,
    pub(crate) continents: Continents,
    pub(crate) embargoed: Vec<PackedCountry>,
    pub(crate) warnings: Vec<String>,
}

/// Input row of a repository.
#[derive(Debug)]
struct NewRepository {
    prefix: String,
    arch: String,
    /// Full path of its directory.
    directory: String,
    disabled: bool,
}

impl IndexBuilder {
    pub(crate) fn new(budget: MemoryBudget) -> Self {
        Self {
            budget,
            ..Self::default()
        }
    }

    /// Adds a category; returns its position.
    pub(crate) fn add_category(&mut self) -> u32 {
        self.categories.push(CategoryMirrors::default());
        self.mirror_positions.push(HashMap::new());
        u32::try_from(self.categories.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds a host; returns its number.
    pub(crate) fn add_host(&mut self, host: IndexedHost) -> u32 {
        self.hosts.push(host);
        u32::try_from(self.hosts.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds a mirror to a category unless an equal one exists; returns its position. Its URLs are sorted.
    pub(crate) fn add_mirror(&mut self, category: u32, mut mirror: MirrorEntry) -> usize {
        mirror.urls.sort_by_key(|url| url.scheme_rank);
        let category = usize::try_from(category).unwrap_or(usize::MAX);
        let positions = self.mirror_positions.get_mut(category);
        let Some((positions, category)) = positions.zip(self.categories.get_mut(category)) else {
            return usize::MAX;
        };
        *positions.entry(mirror).or_insert_with_key(|m| {
            category.mirrors.push(m.clone());
            category.mirrors.len() - 1
        })
    }

    /// Returns the number of a set of mirrors; equal sets have the same number.
    pub(crate) fn intern_set(&mut self, words: &[u64]) -> Result<u32, OverBudget> {
        // Equal sets must have equal words.
        let end = words.iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        let words = words.get(..end).unwrap_or_default();
        if let Some(number) = self.set_numbers.get(words) {
            return Ok(*number);
        }
        // In the list and as a key.
        self.budget.take_items(2, size_of_val(words) + SET)?;
        let words: Box<[u64]> = words.into();
        let number = u32::try_from(self.sets.len()).unwrap_or(u32::MAX);
        self.sets.push(words.clone());
        self.set_numbers.insert(words, number);
        Ok(number)
    }

    pub(crate) fn add_repository(
        &mut self,
        prefix: &str,
        arch: &str,
        directory: &str,
        disabled: bool,
    ) -> Result<(), OverBudget> {
        // Rendered twice, and escaped.
        let texts = (prefix.len() + arch.len()) * 12 + directory.len() * 2;
        self.budget.take(texts + REPOSITORY)?;
        self.repositories.push(NewRepository {
            prefix: prefix.to_owned(),
            arch: arch.to_owned(),
            directory: directory.to_owned(),
            disabled,
        });
        Ok(())
    }

    /// Prefers a host for the clients in an ASN.
    pub(crate) fn add_asn(&mut self, asn: u32, host: u32) {
        self.asns.entry(asn).or_default().push(host);
    }

    pub(crate) fn build(mut self, source: IndexSource) -> Result<Index, OverBudget> {
        self.directories.sort_by(|a, b| a.name.cmp(&b.name));
        let names = NameIndex::new(&self.directories);
        let repositories = self.repositories.iter();
        let lines = repositories.map(|r| format!("# repo={}&arch={}", r.prefix, r.arch));
        let known_repositories = lines.sorted_unstable().join("\n");
        let hosts = self.asns.into_iter().map(|(asn, mut hosts)| {
            hosts.sort_unstable();
            hosts.dedup();
            (asn, hosts)
        });
        let mirrors = self.categories.iter().flat_map(|c| &c.mirrors);
        let countries: BTreeSet<PackedCountry> = mirrors.filter_map(|m| m.country).collect();
        let countries: Vec<PackedCountry> = countries.into_iter().collect();
        for category in &mut self.categories {
            // One set for each country, and one for each continent.
            let set = category.width() * size_of::<u64>() + SET;
            self.budget.take_items(countries.len() + MAX_CODES, set)?;
            category.build_tables(&countries, &self.hosts);
        }
        Ok(Index {
            repositories: index_repositories(self.repositories, |name| names.find(&self.directories, name)),
            names,
            source,
            countries,
            warnings: self.warnings,
            asns: hosts.collect(),
            directories: self.directories,
            categories: self.categories,
            no_category: CategoryMirrors::default(),
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
        })
    }
}

/// Groups repositories by prefix. Of two with the same prefix and architecture the last counts. `find_directory`
/// returns the position of a directory.
fn index_repositories(
    all: Vec<NewRepository>,
    find_directory: impl Fn(&str) -> Option<u32>,
) -> HashMap<String, Vec<IndexedRepository>> {
    let mut out: HashMap<String, Vec<IndexedRepository>> = HashMap::new();
    for new in all {
        let same = out.entry(new.prefix).or_default();
        same.retain(|r| *r.arch != *new.arch);
        same.push(IndexedRepository {
            directory: find_directory(&new.directory),
            repodata: find_directory(&[&new.directory, "/repodata"].concat()),
            arch: new.arch.into(),
            disabled: new.disabled,
        });
    }
    out
}
