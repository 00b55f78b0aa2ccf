//! The generation to publish, and the metalink that its servers must return.

use std::path::PathBuf;

use anyhow::{Context as _, Error, bail};
use itertools::Itertools as _;

use crate::cli::run::Context;
use crate::snapshot::generation::{self, GenerationId, Manifest};
use crate::snapshot::publication::REPODATA;
use crate::snapshot::{Snapshot, SnapshotRepository, full_name};
use crate::sync::verify::MetalinkCheck;

/// A verified local generation.
#[derive(Debug)]
pub(super) struct SourceGeneration {
    pub(super) path: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) metalink_check: Option<MetalinkCheck>,
}

pub(super) fn current_generation(ctx: &Context) -> Result<SourceGeneration, Error> {
    let dir = &ctx.config.generations_dir;
    let (path, _) = generation::current(dir)
        .context("reading the current generation; nothing was published; create a new one with: mm-update-mirrorlist")?
        .with_context(|| {
            format!(
                "no generation in {}; create one with: mm-update-mirrorlist",
                dir.display()
            )
        })?;
    let manifest = generation::verify(&path).context(
        "verifying the current generation; nothing was published; create a new one with: mm-update-mirrorlist",
    )?;
    load(path, manifest)
}

/// Returns the generation `id`, or by default the newest one except the current.
pub(super) fn older_generation(ctx: &Context, id: Option<&GenerationId>) -> Result<SourceGeneration, Error> {
    let dir = &ctx.config.generations_dir;
    let mut kept = generation::list(dir)?;
    generation::sort_newest_first(&mut kept, ctx.now);
    let id = match (id, generation::current_id(dir)) {
        (Some(id), _) => id.clone(),
        (None, Some(current)) => {
            let before = kept.iter().find(|m| m.id != current).map(|m| m.id.clone());
            let dir = dir.display();
            before.with_context(|| format!("cannot roll back: {dir} has no generation except the current one"))?
        }
        (None, None) => bail!(
            "no generation is current in {}; name one: mm-sync-out --rollback GENERATION",
            dir.display()
        ),
    };
    let (path, _) = generation::find(dir, &id).with_context(|| {
        let kept = kept
            .iter()
            .format_with(", ", |m, f| f(&format_args!("{} of {}", m.id, m.as_of)));
        format!("generation {id} is not available; nothing was changed; available: {kept}")
    })?;
    let manifest =
        generation::verify(&path).context("verifying the generation to roll back to; nothing was changed")?;
    load(path, manifest)
}

fn load(path: PathBuf, manifest: Manifest) -> Result<SourceGeneration, Error> {
    let bytes = generation::read_file(&path, &manifest, generation::SNAPSHOT)?;
    let metalink_check = select_metalink_check(&Snapshot::decode(&bytes)?);
    Ok(SourceGeneration {
        path,
        manifest,
        metalink_check,
    })
}

/// Selects the repository with the newest metadata. Redirected names are left out, as they return another repository, and so are
/// source repositories of other architectures, as their names always return `source`.
fn select_metalink_check(snapshot: &Snapshot) -> Option<MetalinkCheck> {
    let index = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let by_name = |name: &str| {
        let found = snapshot.directories.binary_search_by(|d| d.name.as_str().cmp(name));
        found.ok().and_then(|n| snapshot.directories.get(n))
    };
    let is_requestable = |r: &&SnapshotRepository| {
        let is_redirected = snapshot.redirects.iter().any(|redirect| redirect.from == r.prefix);
        !r.disabled && !is_redirected && (r.arch == "source" || !r.prefix.contains("source"))
    };
    let newest = snapshot.repositories.iter().filter(is_requestable).filter_map(|r| {
        let directory = snapshot.directories.get(index(r.directory?))?;
        let repodata = by_name(&full_name(&directory.name, REPODATA))?;
        let file = repodata.files.iter().find(|f| f.name == "repomd.xml")?;
        let version = file.versions.first().filter(|v| !v.sha256.is_empty())?;
        Some((version.timestamp, r, hex::encode(&version.sha256)))
    });
    let (_, repository, sha256) = newest.max_by_key(|(timestamp, ..)| *timestamp)?;
    Some(MetalinkCheck {
        prefix: repository.prefix.clone(),
        arch: repository.arch.clone(),
        sha256,
    })
}
