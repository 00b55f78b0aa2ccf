//! `--verify-master`: whether the newest `repomd.xml` of each repository is what the master holds now.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cli::run::Context;
use crate::formats::repomd;
use crate::model::ids::CategoryId;
use crate::model::registry::Repository;
use crate::snapshot::publication::{Publication, REPOMD, RepositoryMirrors};
use crate::sys::http::{Agent, HttpLimits};
use crate::sys::origin::{MasterSource, ReadOutcome};
use crate::sys::signals::ShutdownFlag;

/// The longest one file of a distant master may take.
const TOTAL: Duration = Duration::from_mins(1);
/// The longest a connection to it may take.
const CONNECT: Duration = Duration::from_secs(15);

/// What the master holds of each repository.
#[derive(Debug, Default, Serialize)]
pub(super) struct MasterReport {
    /// Repositories whose newest `repomd.xml` the master holds.
    pub(super) same: usize,
    /// Repositories whose metadata the master changed or removed since the last scan, each with what was found.
    pub(super) differs: BTreeMap<String, String>,
    /// Repositories of which it could not be found out, each with the reason.
    pub(super) unknown: BTreeMap<String, String>,
    /// Repositories without a `repomd.xml` of which nothing can be said.
    pub(super) without: usize,
}

impl MasterReport {
    /// Whether everything could be looked at and is the same.
    pub(super) fn is_good(&self) -> bool {
        self.differs.is_empty() && self.unknown.is_empty()
    }

    /// What a person should hear of, by a stable key.
    pub(super) fn problems(&self) -> impl Iterator<Item = (String, String)> + '_ {
        let differs = self.differs.iter().map(|(name, what)| {
            let text = format!("repository {name}: {what}; record what the master holds with: mm-scan-master");
            (format!("master: {name}"), text)
        });
        let unknown = self
            .unknown
            .iter()
            .map(|(name, why)| (format!("master: {name}"), format!("repository {name}: {why}")));
        differs.chain(unknown)
    }

    /// The numbers.
    pub(super) fn summary(&self) -> String {
        format!(
            "master: {} repositories are as published, {} differ, {} could not be looked at, {} have no {REPOMD}",
            self.same,
            self.differs.len(),
            self.unknown.len(),
            self.without
        )
    }
}

/// Looks at the master's own files, one repository after the other; stops when asked to.
pub(super) fn verify(ctx: &Context, listing: &Publication<'_>, stop: &ShutdownFlag) -> Result<MasterReport, io::Error> {
    let agent = Agent::new(&HttpLimits {
        user_agent: ctx.config.user_agent(),
        connections: 1,
        connect: CONNECT,
        total: TOTAL,
        // The addresses are the admin's own.
        allow_private: true,
    });
    let origins: BTreeMap<CategoryId, MasterSource> = (listing.registry.categories.values())
        .filter_map(|c| {
            let own = ctx.config.category(c.name.as_str())?;
            Some((c.id, MasterSource::of(&own.path, &own.files_url, &agent)?))
        })
        .collect();
    let holders = RepositoryMirrors::new(listing);
    let mut out = MasterReport::default();
    for r in listing.registry.repositories.iter().filter(|r| !r.disabled) {
        if stop.is_requested() {
            return Err(io::Error::other("asked to stop while the master was looked at"));
        }
        let name = listing.registry.repository_name(r);
        match look(listing, &holders, &origins, r) {
            Found::Same => out.same += 1,
            Found::Without => out.without += 1,
            Found::Differs(what) => drop(out.differs.insert(name, what)),
            Found::Unknown(why) => drop(out.unknown.insert(name, why)),
        }
    }
    Ok(out)
}

enum Found {
    Same,
    Differs(String),
    Unknown(String),
    Without,
}

fn look(
    listing: &Publication<'_>,
    holders: &RepositoryMirrors<'_, '_>,
    origins: &BTreeMap<CategoryId, MasterSource>,
    r: &Repository,
) -> Found {
    let Some(newest) = r.directory.and_then(|d| holders.newest(d)) else {
        return Found::Without;
    };
    let Some(directory) = listing
        .registry
        .directories
        .get(&newest.directory)
        .filter(|d| d.readable)
    else {
        return Found::Without;
    };
    let Some(origin) = origins.get(&directory.category) else {
        return Found::Unknown("its category has neither path nor files in the config".to_owned());
    };
    let path = &directory.path;
    match origin.read(path, REPOMD.as_bytes(), repomd::MAX_BYTES, None) {
        Ok(ReadOutcome::Read { bytes, .. }) => {
            let now = hex::encode(Sha256::digest(&bytes));
            if newest.file.hashes.sha256.as_deref() == Some(now.as_str()) {
                return Found::Same;
            }
            Found::Differs(format!(
                "the master's {path}/{REPOMD} has SHA-256 {now} now, which is not the newest version"
            ))
        }
        Ok(ReadOutcome::Absent) => Found::Differs(format!("the master has no {path}/{REPOMD} any more")),
        Ok(ReadOutcome::Unusable(why)) => Found::Unknown(format!("the master's {path}/{REPOMD} cannot be used: {why}")),
        Err(why) => Found::Unknown(why.to_string()),
    }
}
