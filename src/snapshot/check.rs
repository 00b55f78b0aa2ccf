//! What must hold inside a snapshot, checked before it is written and after it is read.

use std::fmt::Display;

use roaring::RoaringBitmap;

use super::{FileVersion, HostCategory, Snapshot, SnapshotDirectory, SnapshotHost, SnapshotRepository};

/// The longest name of a directory or file, in bytes.
pub(super) const MAX_NAME: usize = 8_192;

/// The largest number of entries in one list.
const MAX_ENTRIES: usize = 50_000_000;

/// Something in a snapshot that does not fit the rest of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SnapshotInvalid(String);

impl SnapshotInvalid {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl Snapshot {
    /// Whether lists are sorted and ordinals point at something.
    pub(super) fn check(&self) -> Result<(), SnapshotInvalid> {
        sorted("categories", &self.categories, |a, b| a.name < b.name)?;
        sorted("directories", &self.directories, |a, b| a.name < b.name)?;
        sorted("repositories", &self.repositories, |a, b| {
            (&a.prefix, &a.arch) < (&b.prefix, &b.arch)
        })?;
        sorted("redirects", &self.redirects, |a, b| a.from < b.from)?;
        sorted("hosts", &self.hosts, |a, b| a.id < b.id)?;
        sorted("categories of hosts", &self.host_categories, |a, b| {
            (a.host, a.category) < (b.host, b.category)
        })?;
        sorted("countries of netblocks", &self.netblock_countries, |a, b| a.0 < b.0)?;
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
            if let Some(set) = at_mut(&mut members, directory.category) {
                set.insert(ordinal);
            }
        }
        for carried in &self.host_categories {
            self.check_host_category(carried, &members)?;
        }
        for (country, continent) in &self.country_continents {
            if continent.len() != 2 || !continent.bytes().all(|b| b.is_ascii_uppercase()) {
                return Err(flaw("the continent of", country, "is not two capital letters"));
            }
        }
        Ok(())
    }

    fn check_directory(&self, d: &SnapshotDirectory) -> Result<(), SnapshotInvalid> {
        let named = |what| Err(flaw("directory", &d.name, what));
        let Some(category) = at(&self.categories, d.category) else {
            return named("belongs to no category");
        };
        let below = d.name.strip_prefix(category.topdir.as_str());
        let fits = below.is_some_and(|b| category.topdir.is_empty() || b.is_empty() || b.starts_with('/'));
        if !fits {
            return named("does not lie below its category's topdir");
        }
        if d.name.len() > MAX_NAME {
            return named("has too long a name");
        }
        sorted("files", &d.files, |a, b| a.name < b.name)?;
        sorted("known files", &d.known, |a, b| a < b)?;
        let bad_name = |n: &String| n.is_empty() || n.contains('/') || n.len() > MAX_NAME;
        if d.known.iter().any(bad_name) || d.files.iter().any(|f| bad_name(&f.name)) {
            return named("has a file whose name is no file name");
        }
        if d.files.iter().any(|f| d.known.binary_search(&f.name).is_err()) {
            return named("has hashes of a file that is not among its known files");
        }
        if d.files.iter().any(|f| f.versions.is_empty()) {
            return named("has a file without any version");
        }
        let bad = |v: &FileVersion| {
            let wrong = |digest: &[u8], length| !digest.is_empty() && digest.len() != length;
            wrong(&v.md5, 16) || wrong(&v.sha1, 20) || wrong(&v.sha256, 32) || wrong(&v.sha512, 64) || v.timestamp < 0
        };
        if d.files.iter().flat_map(|f| &f.versions).any(bad) {
            return named("has a file with a digest of the wrong length or a negative time");
        }
        Ok(())
    }

    fn check_repository(&self, r: &SnapshotRepository) -> Result<(), SnapshotInvalid> {
        match r.directory {
            Some(ordinal) if at(&self.directories, ordinal).is_some() => Ok(()),
            Some(_) => Err(flaw("repository", &r.prefix, "points at no directory")),
            None if r.disabled => Ok(()),
            None => Err(flaw("repository", &r.prefix, "is not disabled and has no directory")),
        }
    }

    /// `members`: which directories belong to each category.
    fn check_host_category(&self, carried: &HostCategory, members: &[RoaringBitmap]) -> Result<(), SnapshotInvalid> {
        let Some(host) = at(&self.hosts, carried.host) else {
            return Err(SnapshotInvalid::new(
                "a category is carried by a host that is not there",
            ));
        };
        let named = |what| Err(flaw("host", &host.name, what));
        let Some(members) = at(members, carried.category) else {
            return named("carries a category that is not there");
        };
        if !carried.urls.is_sorted_by_key(crate::model::names::MirrorUrl::protocol) {
            return named("has URLs that are not in order of their protocols");
        }
        if !carried.held.is_subset(members) {
            return named("holds a directory that is not there, or is of another category");
        }
        Ok(())
    }
}

fn check_host(host: &SnapshotHost) -> Result<(), SnapshotInvalid> {
    sorted("peer systems", &host.peer_asns, |a, b| a < b)?;
    sorted("netblocks", &host.netblocks, |a, b| a < b)?;
    sorted("allowed countries", &host.allowed, |a, b| a < b)?;
    sorted("denied countries", &host.denied, |a, b| a < b)
}

fn at<T>(list: &[T], ordinal: u32) -> Option<&T> {
    list.get(usize::try_from(ordinal).ok()?)
}

fn at_mut<T>(list: &mut [T], ordinal: u32) -> Option<&mut T> {
    list.get_mut(usize::try_from(ordinal).ok()?)
}

fn flaw(kind: &str, name: impl Display, what: &str) -> SnapshotInvalid {
    SnapshotInvalid(format!("{kind} {name} {what}"))
}

fn sorted<T>(what: &str, list: &[T], less: impl Fn(&T, &T) -> bool) -> Result<(), SnapshotInvalid> {
    if list.len() > MAX_ENTRIES {
        return Err(SnapshotInvalid::new(format!("too many {what}")));
    }
    if list.iter().zip(list.iter().skip(1)).all(|(a, b)| less(a, b)) {
        Ok(())
    } else {
        Err(SnapshotInvalid::new(format!(
            "the {what} are not sorted, or one stands there twice"
        )))
    }
}
