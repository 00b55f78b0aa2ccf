//! Data from which requests are answered: a generation and the GeoIP and ASN tables.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use crate::answer::geo::GeoData;
use crate::answer::index::{ContinentIndex, Index};
use crate::model::Timestamp;

use super::pages::Pages;

/// Data from which requests are answered; replaced atomically.
#[derive(Debug, Clone, Default)]
pub(super) struct LiveData {
    /// None until the first generation is published.
    pub(super) generation: Option<Arc<GenerationData>>,
    pub(super) geo: Arc<GeoData>,
    /// Derived from `generation` and `geo`.
    pub(super) continents: Arc<ContinentIndex>,
    /// The config keys of inputs whose present files are rejected; what was loaded before stays in use.
    pub(super) rejected: BTreeSet<&'static str>,
}

impl LiveData {
    /// Recomputes `continents`, after the data or the tables have changed.
    pub(super) fn rebuild_continents(&mut self) {
        let index = self.generation.as_ref().map(|generation| &generation.index);
        self.continents = Arc::new(index.map_or_else(ContinentIndex::default, |index| {
            ContinentIndex::new(index, &self.geo.continents)
        }));
    }
}

/// Content of a generation, or of a MirrorManager2 cache.
#[derive(Debug)]
pub(super) struct GenerationData {
    pub(super) index: Arc<Index>,
    pub(super) pages: Arc<Pages>,
    pub(super) as_of: Timestamp,
    pub(super) loaded_at: Timestamp,
    /// The same moment by the monotonic clock.
    pub(super) loaded: Instant,
}
