//! `--verify-master`: compares the newest `repomd.xml` of each repository with the master.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cli::run::Context;
use crate::formats::repomd;
use crate::model::count::format_count;
use crate::model::ids::CategoryId;
use crate::model::registry::Repository;
use crate::snapshot::publication::{Publication, REPOMD, RepositoryMirrors};
use crate::sys::origin::{MasterSource, ReadOutcome};
use crate::sys::signals::ShutdownFlag;

/// The timeout of one file of a remote master.
const TOTAL_TIMEOUT: Duration = Duration::from_mins(1);
/// The timeout of a connection to it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// The result of the comparison.
#[derive(Debug, Default, Serialize)]
pub(super) struct MasterReport {
    /// The number of repositories whose newest `repomd.xml` equals the master's.
    pub(super) same: usize,
    /// Repositories whose metadata the master changed or removed since the last scan, with the difference.
    pub(super) differs: BTreeMap<String, String>,
    /// Repositories that could not be compared, with the reason.
    pub(super) unknown: BTreeMap<String, String>,
    /// The number of repositories without a `repomd.xml`.
    pub(super) without: usize,
}

impl MasterReport {
    /// Returns true if everything could be compared and is equal.
    pub(super) fn is_equal(&self) -> bool {
        self.differs.is_empty() && self.unknown.is_empty()
    }

    /// Returns the alerts by a stable key.
    pub(super) fn alerts(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let alert = |(name, why): (&String, &String), advice| {
            (format!("master: {name}"), format!("repository {name}: {why}{advice}"))
        };
        let differs = self.differs.iter();
        let differs = differs.map(move |found| alert(found, "; record the change with: mm-scan-master"));
        differs.chain(self.unknown.iter().map(move |found| alert(found, "")))
    }

    pub(super) fn summary(&self) -> String {
        format!(
            "master: {} equal, {} different, {} not compared, {} without {REPOMD}",
            format_count(self.same, "repository"),
            self.differs.len(),
            self.unknown.len(),
            self.without
        )
    }
}

/// Compares one repository after the other; stops when requested.
pub(super) fn verify(
    ctx: &Context,
    publication: &Publication<'_>,
    stop: &ShutdownFlag,
) -> Result<MasterReport, io::Error> {
    let agent = ctx.agent(1, CONNECT_TIMEOUT, TOTAL_TIMEOUT);
    let categories = publication.registry.categories.values();
    let masters = ctx.masters(categories.map(|c| (c.id, &c.name)), &agent);
    let mirrors = RepositoryMirrors::new(publication);
    let mut out = MasterReport::default();
    for r in publication.registry.repositories.iter().filter(|r| !r.disabled) {
        if stop.is_requested() {
            return Err(io::Error::other("interrupted while comparing with the master"));
        }
        let name = publication.registry.repository_name(r);
        match compare(publication, &mirrors, &masters, r) {
            Comparison::Same => out.same += 1,
            Comparison::Without => out.without += 1,
            Comparison::Differs(what) => drop(out.differs.insert(name, what)),
            Comparison::Unknown(why) => drop(out.unknown.insert(name, why)),
        }
    }
    Ok(out)
}

enum Comparison {
    Same,
    Differs(String),
    Unknown(String),
    Without,
}

fn compare(
    publication: &Publication<'_>,
    mirrors: &RepositoryMirrors<'_, '_>,
    masters: &BTreeMap<CategoryId, MasterSource>,
    r: &Repository,
) -> Comparison {
    let Some(newest) = r.directory.and_then(|d| mirrors.newest(d)) else {
        return Comparison::Without;
    };
    let directory = publication.registry.directories.get(&newest.directory);
    let Some(directory) = directory.filter(|d| d.readable) else {
        return Comparison::Without;
    };
    let Some(master) = masters.get(&directory.category) else {
        return Comparison::Unknown("its category has neither path nor files_url in the config".to_owned());
    };
    let path = &directory.path;
    match master.read(path, REPOMD.as_bytes(), repomd::MAX_BYTES, None) {
        Ok(ReadOutcome::Read { bytes, .. }) => {
            let now = hex::encode(Sha256::digest(&bytes));
            if newest.file.hashes.sha256.as_deref() == Some(now.as_str()) {
                return Comparison::Same;
            }
            Comparison::Differs(format!(
                "the master's {path}/{REPOMD} now has SHA-256 {now}, which is not the newest version"
            ))
        }
        Ok(ReadOutcome::Absent) => Comparison::Differs(format!("the master no longer has {path}/{REPOMD}")),
        Ok(ReadOutcome::Unusable(why)) => {
            Comparison::Unknown(format!("the master's {path}/{REPOMD} is unusable: {why}"))
        }
        Err(why) => Comparison::Unknown(why.to_string()),
    }
}
