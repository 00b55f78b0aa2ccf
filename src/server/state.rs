//! State shared by all requests.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use hyper::header::HeaderValue;

use crate::answer::geo::GeoData;
use crate::answer::index::{ContinentIndex, Index};
use crate::model::Timestamp;
use crate::model::continents::built_in_continents;

use super::Options;
use super::access_log::AccessLog;
use super::metrics::Metrics;
use super::pages::Pages;

/// Data from which requests are answered; replaced atomically.
#[derive(Debug, Clone, Default)]
pub(super) struct LiveData {
    /// None until the first generation is published.
    pub(super) generation: Option<Arc<GenerationData>>,
    pub(super) geo: Arc<GeoData>,
    /// Derived from `generation` and `geo`.
    pub(super) continents: Arc<ContinentIndex>,
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
}

#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) options: Options,
    /// `Cache-Control` of responses with mirrors.
    pub(super) cache_control: Option<HeaderValue>,
    pub(super) live: ArcSwap<LiveData>,
    pub(super) metrics: Metrics,
    pub(super) access_log: Option<AccessLog>,
}

impl ServerState {
    pub(super) fn new(options: Options, access_log: Option<AccessLog>, metrics: Metrics) -> Arc<Self> {
        let cache_control = HeaderValue::from_str(&options.config.cache_control);
        Arc::new(Self {
            cache_control: cache_control.ok().filter(|value| !value.is_empty()),
            options,
            live: ArcSwap::from_pointee(LiveData {
                geo: Arc::new(GeoData {
                    continents: Arc::new(built_in_continents()),
                    ..GeoData::default()
                }),
                ..LiveData::default()
            }),
            metrics,
            access_log,
        })
    }

    pub(super) fn is_trusted(&self, peer: IpAddr) -> bool {
        let proxies = &self.options.config.trusted_proxies;
        proxies.iter().any(|netblock| netblock.net().contains(&peer))
    }
}
