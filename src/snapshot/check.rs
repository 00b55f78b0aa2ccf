//! Consistency checks of a snapshot, made before it is written and after it is read.

use std::fmt::Display;

use roaring::RoaringBitmap;

use super::{FileVersion, HostCategory, Snapshot, SnapshotDirectory, SnapshotHost, SnapshotRepository};

/// The maximum length of the name of a directory or file, in bytes.
pub(super) const MAX_NAME: usize = 8_192;

/// The maximum number of entries in one list.
const MAX_ENTRIES: usize = 50_000_000;

/// An inconsistency in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SnapshotInvalid(String);

impl SnapshotInvalid {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Snapshot {
    /// Checks that lists are sorted, references resolve, and names and digests are well-formed.
    pub(super) fn check(&self) -> Result<(), SnapshotInvalid> {
        sorted("categories", &self.categories, |a, b| a.name < b.name)?;
        sorted("directories", &self.directories, |a, b| a.name < b.name)?;
        sorted("repositories", &self.repositories, |a, b| {
            (&a.prefix, &a.arch) < (&b.prefix, &b.arch)
        })?;
        sorted("redirects", &self.redirects, |a, b| a.from < b.from)?;
        sorted("hosts", &self.hosts, |a, b| a.id < b.id)?;
        sorted("host categories", &self.host_categories, |a, b| {
            (a.host, a.category) < (b.host, b.category)
        })?;
        sorted("netblock countries", &self.netblock_countries, |a, b| a.0 < b.0)?;
        sorted("continents", &self.country_continents, |a, b| a.0 < b.0)?;
        sorted("embargoed countries", &self.embargoed, |a, b| a < b)?;
        for directory in &self.directories {
            self.check_directory(directory)?;
        }
        for repository in &self.repositories {
            self.check_repository(repository)?;
        }
        for host in &self.hosts {
            check_host(host)?;
        }
        let mut members = vec![RoaringBitmap::new(); self.categories.len()];
        for (ordinal, directory) in (0..).zip(&self.directories) {
            if let Some(set) = members.get_mut(usize::try_from(directory.category).unwrap_or(usize::MAX)) {
                set.insert(ordinal);
            }
        }
        for hc in &self.host_categories {
            self.check_host_category(hc, &members)?;
        }
        for (country, continent) in &self.country_continents {
            if continent.len() != 2 || !continent.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(invalid("the continent of", country, "is not two capital letters"));
            }
        }
        Ok(())
    }

    fn check_directory(&self, d: &SnapshotDirectory) -> Result<(), SnapshotInvalid> {
        let fail = |what| Err(invalid("directory", &d.name, what));
        let Some(category) = get(&self.categories, d.category) else {
            return fail("refers to a category that does not exist");
        };
        let below = d.name.strip_prefix(category.topdir.as_str());
        let fits = below.is_some_and(|b| category.topdir.is_empty() || b.is_empty() || b.starts_with('/'));
        if !fits {
            return fail("is not below the topdir of its category");
        }
        if d.name.len() > MAX_NAME {
            return fail("has a name that is too long");
        }
        sorted("files", &d.files, |a, b| a.name < b.name)?;
        sorted("known files", &d.known, |a, b| a < b)?;
        let bad_name = |n: &String| n.is_empty() || n.contains('/') || n.len() > MAX_NAME;
        if d.known.iter().any(bad_name) || d.files.iter().any(|f| bad_name(&f.name)) {
            return fail("has a file with an invalid name");
        }
        if d.files.iter().any(|f| d.known.binary_search(&f.name).is_err()) {
            return fail("has hashes of a file that is not one of its known files");
        }
        if d.files.iter().any(|f| f.versions.is_empty()) {
            return fail("has a file without versions");
        }
        let bad = |v: &FileVersion| {
            let wrong = |digest: &[u8], length| !digest.is_empty() && digest.len() != length;
            wrong(&v.md5, 16) || wrong(&v.sha1, 20) || wrong(&v.sha256, 32) || wrong(&v.sha512, 64) || v.timestamp < 0
        };
        if d.files.iter().flat_map(|f| &f.versions).any(bad) {
            return fail("has a file with a digest of the wrong length or a negative timestamp");
        }
        Ok(())
    }

    fn check_repository(&self, r: &SnapshotRepository) -> Result<(), SnapshotInvalid> {
        let fail = |what| Err(invalid("repository", &r.prefix, what));
        match r.directory {
            Some(ordinal) if get(&self.directories, ordinal).is_none() => {
                fail("refers to a directory that does not exist")
            }
            None if !r.disabled => fail("is not disabled and has no directory"),
            Some(_) | None => Ok(()),
        }
    }

    /// Checks a host category; `members` are the directories of each category.
    fn check_host_category(&self, hc: &HostCategory, members: &[RoaringBitmap]) -> Result<(), SnapshotInvalid> {
        let Some(host) = get(&self.hosts, hc.host) else {
            return Err(SnapshotInvalid::new(
                "a host category refers to a host that does not exist",
            ));
        };
        let fail = |what| Err(invalid("host", &host.name, what));
        let Some(members) = get(members, hc.category) else {
            return fail("carries a category that does not exist");
        };
        if !hc.urls.is_sorted_by_key(crate::model::names::MirrorUrl::protocol) {
            return fail("has URLs that are not sorted by protocol");
        }
        if !hc.listed.is_subset(members) {
            return fail("is listed for a directory that does not exist or is in another category");
        }
        Ok(())
    }
}

fn check_host(host: &SnapshotHost) -> Result<(), SnapshotInvalid> {
    sorted("peer ASNs", &host.peer_asns, |a, b| a < b)?;
    sorted("netblocks", &host.netblocks, |a, b| a < b)?;
    sorted("allowed countries", &host.allowed, |a, b| a < b)?;
    sorted("denied countries", &host.denied, |a, b| a < b)
}

fn get<T>(list: &[T], ordinal: u32) -> Option<&T> {
    list.get(usize::try_from(ordinal).ok()?)
}

fn invalid(kind: &str, name: impl Display, what: &str) -> SnapshotInvalid {
    SnapshotInvalid(format!("{kind} {name} {what}"))
}

fn sorted<T>(what: &str, list: &[T], less: impl Fn(&T, &T) -> bool) -> Result<(), SnapshotInvalid> {
    if list.len() > MAX_ENTRIES {
        return Err(SnapshotInvalid(format!("too many {what}")));
    }
    if !list.is_sorted_by(less) {
        return Err(SnapshotInvalid(format!(
            "the {what} are not sorted or contain duplicates"
        )));
    }
    Ok(())
}
