//! What all requests share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use hyper::header::HeaderValue;

use crate::answer::geo::GeoData;
use crate::answer::index::{ContinentIndex, Index};
use crate::model::Timestamp;

use super::Options;
use super::access_log::AccessLog;
use super::metrics::Metrics;
use super::pages::Pages;

/// What answers are made from, swapped whole.
#[derive(Debug, Clone, Default)]
pub(super) struct LiveData {
    /// The data; none before the first generation came.
    pub(super) content: Option<Arc<GenerationData>>,
    /// The tables beside it.
    pub(super) inputs: Arc<GeoData>,
    /// What follows from both.
    pub(super) atlas: Arc<ContinentIndex>,
}

impl LiveData {
    /// Reckons anew what follows from the data and the tables.
    pub(super) fn rebuild_continents(&mut self) {
        let index = self.content.as_ref().map(|content| &content.index);
        self.atlas = Arc::new(index.map_or_else(ContinentIndex::default, |index| {
            ContinentIndex::of(index, &self.inputs.continents)
        }));
    }
}

/// One generation, or one cache.
#[derive(Debug)]
pub(super) struct GenerationData {
    pub(super) index: Arc<Index>,
    pub(super) pages: Arc<Pages>,
    /// When the data was true.
    pub(super) as_of: Timestamp,
    /// When it was loaded.
    pub(super) loaded_at: Timestamp,
}

/// The server's state.
#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) options: Options,
    /// What answers with mirrors say of how long they may be kept.
    pub(super) cache_control: Option<HeaderValue>,
    pub(super) serving: ArcSwap<LiveData>,
    pub(super) metrics: Metrics,
    pub(super) access_log: Option<AccessLog>,
}

impl ServerState {
    pub(super) fn new(options: Options, access_log: Option<AccessLog>, metrics: Metrics) -> Arc<Self> {
        let cache_control = HeaderValue::from_str(&options.cache_control);
        Arc::new(Self {
            cache_control: cache_control.ok().filter(|value| !value.is_empty()),
            options,
            serving: ArcSwap::default(),
            metrics,
            access_log,
        })
    }

    /// Goes on with the access log in a new file, if there is one at its path no more.
    pub(super) fn reopen_log(&self) {
        if let Some(log) = &self.access_log {
            log.reopen();
        }
    }

    /// Waits until the last lines are in the access log.
    pub(super) fn finish_log(&self) {
        if let Some(log) = &self.access_log {
            log.finish();
        }
    }
}
