//! Generations that were published before.

use crate::publish::retained;
use std::path::Path;

use anyhow::{Context as _, Error};

use crate::publish::guard::{PreviousGeneration, RetainedSince};
use crate::snapshot::Snapshot;
use crate::snapshot::generation::{self, GenerationId, Manifest};
use crate::sys::errors::format_chain;

/// A generation that was published.
pub(super) struct BaseGeneration {
    pub(super) id: GenerationId,
    pub(super) snapshot: Snapshot,
    carried: RetainedSince,
}

impl BaseGeneration {
    pub(super) fn last(&self) -> PreviousGeneration<'_> {
        PreviousGeneration {
            snapshot: &self.snapshot,
            retained: &self.carried,
        }
    }

    fn read(place: &Path, manifest: &Manifest) -> Result<Self, Error> {
        let bytes = generation::read_file(place, manifest, generation::SNAPSHOT)?;
        let carried = match manifest.file(generation::RETAINED_HOSTS) {
            Some(_) => {
                let bytes = generation::read_file(place, manifest, generation::RETAINED_HOSTS)?;
                let path = place.join(generation::RETAINED_HOSTS);
                let read = retained::from_bytes(&bytes).map_err(Error::msg);
                read.with_context(|| format!("reading {}", path.display()))?
            }
            None => RetainedSince::new(),
        };
        Ok(Self {
            id: manifest.id.clone(),
            snapshot: Snapshot::decode(&bytes)?,
            carried,
        })
    }
}

/// The published generation. One that cannot be read is a warning: the new generation takes its place.
pub(super) fn published(dir: &Path) -> (Option<BaseGeneration>, Option<String>) {
    let read = || -> Result<Option<BaseGeneration>, Error> {
        let Some((place, manifest)) = generation::current(dir)? else {
            return Ok(None);
        };
        BaseGeneration::read(&place, &manifest).map(Some)
    };
    match read() {
        Ok(earlier) => (earlier, None),
        Err(e) => (
            None,
            Some(format!(
                "cannot compare with the published generation: {}",
                format_chain(e.as_ref())
            )),
        ),
    }
}

/// The generation that `--diff` names.
pub(super) fn other(dir: &Path, id: &GenerationId) -> Result<BaseGeneration, Error> {
    let (place, manifest) = generation::find(dir, id).with_context(|| {
        let mut kept: Vec<Manifest> = generation::list(dir).unwrap_or_default();
        kept.sort_by_key(|m| std::cmp::Reverse(m.as_of));
        let kept: Vec<String> = kept.iter().map(|m| format!("{} as of {}", m.id, m.as_of)).collect();
        format!("reading generation {id}; those that are kept: {}", kept.join(", "))
    })?;
    BaseGeneration::read(&place, &manifest)
}
