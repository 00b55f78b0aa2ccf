//! What is pushed: a generation that lies here and is whole, and what a server of it has to answer.

use std::path::PathBuf;

use anyhow::{Context as _, Error, anyhow, bail};

use crate::cli::run::Context;
use crate::snapshot::generation::{self, GenerationId, Manifest};
use crate::snapshot::publication::REPODATA;
use crate::snapshot::{Snapshot, SnapshotRepository, full_name};
use crate::sync::verify::MetalinkCheck;

/// A generation here.
#[derive(Debug)]
pub(super) struct SourceGeneration {
    pub(super) place: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) probe: Option<MetalinkCheck>,
}

/// The current one.
pub(super) fn newest(ctx: &Context) -> Result<SourceGeneration, Error> {
    let dir = &ctx.config.generations_dir;
    let (place, _) = generation::current(dir)
        .context("reading the current generation; nothing was pushed, make it anew with: mm-update-mirrorlist")?
        .ok_or_else(|| {
            anyhow!(
                "there is no generation in {} yet; make one with: mm-update-mirrorlist",
                dir.display()
            )
        })?;
    let manifest = generation::verify(&place)
        .context("checking the current generation before it is pushed; nothing was pushed, make it anew with: mm-update-mirrorlist")?;
    source(place, manifest)
}

/// One that is kept, else the youngest but the current one.
pub(super) fn older(ctx: &Context, id: Option<&GenerationId>) -> Result<SourceGeneration, Error> {
    let dir = &ctx.config.generations_dir;
    let mut kept = generation::list(dir)?;
    kept.sort_by_key(|m| std::cmp::Reverse((m.as_of, m.id.clone())));
    let id = match (id, generation::current_id(dir)) {
        (Some(id), _) => id.clone(),
        (None, Some(current)) => {
            let before = kept.iter().find(|m| m.id != current).map(|m| m.id.clone());
            before.ok_or_else(|| {
                anyhow!(
                    "{} keeps no generation but the current one; there is none to go back to",
                    dir.display()
                )
            })?
        }
        (None, None) => bail!(
            "no generation is current in {}; name the one to go back to",
            dir.display()
        ),
    };
    let (place, _) = generation::find(dir, &id).with_context(|| {
        let ids: Vec<String> = kept.iter().map(|m| format!("{} of {}", m.id, m.as_of)).collect();
        format!(
            "generation {id} is not kept any more; nothing was changed; there are: {}",
            ids.join(", ")
        )
    })?;
    let manifest = generation::verify(&place).context("checking the generation to go back to; nothing was changed")?;
    source(place, manifest)
}

fn source(place: PathBuf, manifest: Manifest) -> Result<SourceGeneration, Error> {
    let bytes = generation::read_file(&place, &manifest, generation::SNAPSHOT)?;
    let probe = probe(&Snapshot::decode(&bytes)?);
    Ok(SourceGeneration { place, manifest, probe })
}

/// The repository with the newest metadata of all that clients can ask for by this very name: under a name that is redirected they get
/// another, and under one of sources the architecture is always `source`.
fn probe(snapshot: &Snapshot) -> Option<MetalinkCheck> {
    let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let by_name = |name: &str| {
        let found = snapshot.directories.binary_search_by(|d| d.name.as_str().cmp(name));
        found.ok().and_then(|place| snapshot.directories.get(place))
    };
    let is_itself = |r: &&SnapshotRepository| {
        let is_alias = snapshot.redirects.iter().any(|other| other.from == r.prefix);
        !r.disabled && !is_alias && (r.arch == "source" || !r.prefix.contains("source"))
    };
    let newest = snapshot.repositories.iter().filter(is_itself).filter_map(|r| {
        let directory = snapshot.directories.get(at(r.directory?))?;
        let repodata = by_name(&full_name(&directory.name, REPODATA))?;
        let file = repodata.files.iter().find(|f| f.name == "repomd.xml")?;
        let version = file.versions.first().filter(|v| !v.sha256.is_empty())?;
        Some((version.timestamp, r, hex::encode(&version.sha256)))
    });
    let (_, repository, sha256) = newest.max_by_key(|(timestamp, ..)| *timestamp)?;
    Some(MetalinkCheck {
        repository: (repository.prefix.clone(), repository.arch.clone()),
        sha256,
    })
}
