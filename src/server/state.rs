//! State shared by all requests.

use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use hyper::header::HeaderValue;

use crate::answer::geo::GeoData;
use crate::model::continents::built_in_continents;
use crate::model::names::Netblock;

use super::Options;
use super::access_log::AccessLog;
use super::connections::Connections;
use super::live_data::LiveData;
use super::metrics::Metrics;

#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) options: Options,
    /// `Cache-Control` of responses with mirrors.
    pub(super) cache_control: Option<HeaderValue>,
    /// `Content-Security-Policy` of pages.
    pub(super) content_security_policy: Option<HeaderValue>,
    pub(super) live: ArcSwap<LiveData>,
    pub(super) metrics: Metrics,
    pub(super) access_log: Option<AccessLog>,
    pub(super) connections: Arc<Connections>,
}

fn contains(networks: &[Netblock], address: IpAddr) -> bool {
    networks.iter().any(|netblock| netblock.net().contains(&address))
}

impl ServerState {
    pub(super) fn new(options: Options, access_log: Option<AccessLog>, metrics: Metrics) -> Arc<Self> {
        let header = |value: &str| HeaderValue::from_str(value).ok().filter(|value| !value.is_empty());
        Arc::new(Self {
            cache_control: header(&options.config.cache_control),
            content_security_policy: header(&options.config.content_security_policy),
            connections: Connections::new(options.config.max_connections_per_address),
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
        contains(&self.options.config.trusted_proxies, peer)
    }

    /// Returns true if a client may see metrics, details of the state, and explanations.
    pub(super) fn is_monitor(&self, client: IpAddr) -> bool {
        contains(&self.options.config.monitor_from, client)
    }
}
