//! State shared by all requests.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use hyper::header::HeaderValue;

use crate::answer::geo::GeoData;
use crate::model::continents::built_in_continents;

use super::Options;
use super::access_log::AccessLog;
use super::live_data::LiveData;
use super::metrics::Metrics;

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
