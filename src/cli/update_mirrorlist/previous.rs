//! Generations that were published before.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Error};
use itertools::Itertools as _;

use crate::publish::guard::RetainedSince;
use crate::publish::retained;
use crate::snapshot::Snapshot;
use crate::snapshot::generation::{self, GenerationId, Manifest};
use crate::sys::errors::format_chain;

/// A generation that was published before.
pub(super) struct PreviousGenerationData {
    pub(super) id: GenerationId,
    pub(super) snapshot: Snapshot,
    pub(super) retained: RetainedSince,
}

impl PreviousGenerationData {
    /// Reads the published generation. One that cannot be read is only a warning, because the new one replaces it.
    pub(super) fn published(dir: &Path) -> (Option<Self>, Option<String>) {
        let current = generation::current(dir).map_err(Error::from);
        let read = |(place, manifest): (PathBuf, Manifest)| Self::read(&place, &manifest);
        match current.and_then(|found| found.map(read).transpose()) {
            Ok(previous) => (previous, None),
            Err(e) => {
                let why = format_chain(e.as_ref());
                let warning = format!("cannot compare with the published generation: {why}");
                (None, Some(warning))
            }
        }
    }

    /// Reads the generation that `--diff` names.
    pub(super) fn find(dir: &Path, id: &GenerationId) -> Result<Self, Error> {
        let (place, manifest) = generation::find(dir, id).with_context(|| {
            let mut kept: Vec<Manifest> = generation::list(dir).unwrap_or_default();
            kept.sort_by_key(|m| std::cmp::Reverse(m.as_of));
            let kept = kept
                .iter()
                .format_with(", ", |m, f| f(&format_args!("{} as of {}", m.id, m.as_of)));
            format!("reading generation {id}; available: {kept}")
        })?;
        Self::read(&place, &manifest)
    }

    fn read(place: &Path, manifest: &Manifest) -> Result<Self, Error> {
        let read = |name| generation::read_file(place, manifest, name);
        let retained = match manifest.file(generation::RETAINED_HOSTS) {
            Some(_) => {
                let parsed = retained::from_bytes(&read(generation::RETAINED_HOSTS)?).map_err(Error::msg);
                parsed.with_context(|| format!("reading {}", place.join(generation::RETAINED_HOSTS).display()))?
            }
            None => RetainedSince::new(),
        };
        Ok(Self {
            id: manifest.id.clone(),
            snapshot: Snapshot::decode(&read(generation::SNAPSHOT)?)?,
            retained,
        })
    }
}
