//! `/metrics` in the text format of OpenMetrics 1.0. The counters used while answering are atomics that are created at
//! the start, so that counting never waits.

use std::fmt;
use std::time::Duration;

use hyper::StatusCode;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Metric, Registry};
use strum::{IntoStaticStr, VariantArray};

use crate::answer::select::Tier;
use crate::model::Timestamp;

use super::live_data::LiveData;

mod latency;

use latency::Latency;

/// Label `handler` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Handler {
    Mirrorlist,
    Metalink,
    /// Pages of the public list.
    Page,
    /// `/healthz`, `/readyz`, `/freshz` or `/metrics`.
    Health,
    Other,
}

/// Statuses of responses, and `other` for all others.
const STATUSES: [&str; 15] = [
    "200", "206", "301", "302", "304", "308", "400", "403", "404", "405", "414", "416", "500", "503", "other",
];

/// Names and values of labels.
type Labels<const N: usize> = [(&'static str, &'static str); N];

#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    handlers: Vec<HandlerMetrics>,
    tiers: Vec<(Tier, Counter)>,
    generation: Family<[(&'static str, String); 1], Gauge>,
    /// Successful loads of data and tables.
    pub(super) loads: Counter,
    /// Rejected loads of data and tables.
    pub(super) load_failures: Counter,
    /// 1 while the newest data is rejected, otherwise 0.
    pub(super) data_rejected: Gauge,
    pub(super) connections: Counter,
    pub(super) open_connections: Gauge,
    /// Idle connections that were closed to make room for new ones.
    pub(super) idle_closed: Counter,
    /// Connections of addresses that had too many.
    pub(super) rejected_connections: Counter,
    /// Failures to accept a connection.
    pub(super) accept_errors: Counter,
    /// Dropped lines of the access log.
    pub(super) dropped_lines: Counter,
    as_of: Gauge,
    loaded_at: Gauge,
    geoip: Gauge,
    asns: Gauge,
    geoip_built: Gauge,
    asns_built: Gauge,
}

#[derive(Debug)]
struct HandlerMetrics {
    handler: Handler,
    /// Responses by status, in the order of [`STATUSES`].
    responses: [Counter; STATUSES.len()],
    latency: Latency,
}

/// Adds a metric to the registry.
fn register<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let r = &mut registry;
        let responses: Family<Labels<2>, Counter> = register(r, "mm_requests", "Responses by handler and status");
        let latencies: Family<Labels<1>, Latency> = register(
            r,
            "mm_request_duration_seconds",
            "Time from the request head to the response, by handler",
        );
        let tiers: Family<Labels<1>, Counter> = register(
            r,
            "mm_mirror_responses",
            "Responses with mirrors, by the tier of the first mirror",
        );
        let generation = register(r, "mm_generation_info", "1 for the generation being served");
        let built: Family<Labels<1>, Gauge> = register(
            r,
            "mm_input_built_timestamp_seconds",
            "Build time of an input; 0 = none or unknown",
        );
        let handler_metrics = |handler: &Handler| {
            let label = ("handler", handler.into());
            HandlerMetrics {
                handler: *handler,
                responses: STATUSES.map(|status| responses.get_or_create_owned(&[label, ("status", status)])),
                latency: latencies.get_or_create_owned(&[label]),
            }
        };
        let tier_counter = |tier: &Tier| (*tier, tiers.get_or_create_owned(&[("tier", tier.into())]));
        Self {
            handlers: Handler::VARIANTS.iter().map(handler_metrics).collect(),
            tiers: Tier::VARIANTS.iter().map(tier_counter).collect(),
            generation,
            geoip_built: built.get_or_create_owned(&[("input", "geoip")]),
            asns_built: built.get_or_create_owned(&[("input", "asn")]),
            loads: register(r, "mm_loads", "Successful loads of data and tables"),
            load_failures: register(r, "mm_load_failures", "Rejected loads of data and tables"),
            data_rejected: register(r, "mm_data_rejected", "1 while the newest data is rejected"),
            connections: register(r, "mm_connections", "Accepted connections"),
            open_connections: register(r, "mm_open_connections", "Open connections"),
            idle_closed: register(
                r,
                "mm_idle_connections_closed",
                "Idle connections closed because all slots were in use",
            ),
            rejected_connections: register(
                r,
                "mm_connections_rejected",
                "Connections rejected by server.max_connections_per_address",
            ),
            accept_errors: register(r, "mm_accept_errors", "Failures to accept a connection"),
            dropped_lines: register(r, "mm_access_log_dropped", "Dropped lines of the access log"),
            as_of: register(r, "mm_data_as_of_timestamp_seconds", "Timestamp of the data"),
            loaded_at: register(r, "mm_data_loaded_timestamp_seconds", "When the data was loaded"),
            geoip: register(r, "mm_geoip_loaded", "1 if a GeoIP database is loaded"),
            asns: register(r, "mm_asn_loaded", "1 if an ASN table is loaded"),
            registry,
        }
    }
}

impl Metrics {
    pub(super) fn count_response(&self, handler: Handler, status: StatusCode, duration: Duration) {
        let Some(metrics) = self.handlers.iter().find(|m| m.handler == handler) else {
            return;
        };
        let status = STATUSES.iter().position(|s| *s == status.as_str());
        if let Some(counter) = metrics.responses.get(status.unwrap_or(STATUSES.len() - 1)) {
            counter.inc();
        }
        metrics.latency.observe(duration);
    }

    pub(super) fn count_tier(&self, tier: Option<Tier>) {
        if let Some((_, counter)) = self.tiers.iter().find(|(t, _)| Some(*t) == tier) {
            counter.inc();
        }
    }

    /// Returns all metrics as text, those of the data for what is served now.
    pub(super) fn render(&self, live: &LiveData) -> Result<String, fmt::Error> {
        let set = |gauge: &Gauge, time: Option<Timestamp>| gauge.set(time.map_or(0, |t| t.0));
        let (data, geo) = (live.generation.as_ref(), &live.geo);
        set(&self.as_of, data.map(|d| d.as_of));
        set(&self.loaded_at, data.map(|d| d.loaded_at));
        set(&self.geoip_built, geo.geoip.as_ref().map(|g| g.built_at()));
        set(&self.asns_built, geo.asns_built);
        self.geoip.set(geo.geoip.is_some().into());
        self.asns.set(geo.asns.is_some().into());
        self.generation.clear();
        if let Some(id) = data.and_then(|d| d.index.source.generation()) {
            self.generation.get_or_create(&[("id", id.to_owned())]).set(1);
        }
        let mut out = String::new();
        encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::super::live_data::GenerationData;
    use super::*;
    use crate::answer::geo::tests::mmdb::{Mmdb, MmdbValue};
    use crate::answer::geo::{GeoData, GeoIp};
    use crate::answer::index::{IndexBuilder, IndexSource};

    #[test]
    fn metric_names_are_stable() {
        let metrics = Metrics::default();
        metrics.count_response(Handler::Metalink, StatusCode::OK, Duration::from_micros(7));
        metrics.count_response(Handler::Metalink, StatusCode::OK, Duration::from_millis(3));
        metrics.count_response(Handler::Page, StatusCode::IM_A_TEAPOT, Duration::from_secs(9));
        metrics.open_connections.inc();
        metrics.count_tier(Some(Tier::Country));
        metrics.count_tier(None);
        let mut geoip = Mmdb::new("Test-Country", 5);
        geoip.insert("10.0.0.0/8", &MmdbValue::country("DE"));
        let live = LiveData {
            generation: Some(Arc::new(GenerationData {
                index: Arc::new(
                    IndexBuilder::default()
                        .build(IndexSource::Generation("abc".into()))
                        .unwrap(),
                ),
                pages: Arc::default(),
                as_of: Timestamp(7),
                loaded_at: Timestamp(0),
                loaded: Instant::now(),
            })),
            geo: Arc::new(GeoData {
                geoip: Some(Arc::new(GeoIp::new(geoip.bytes()).unwrap())),
                ..GeoData::default()
            }),
            ..LiveData::default()
        };
        let text = metrics.render(&live).unwrap();
        for line in [
            "# TYPE mm_requests counter",
            "mm_requests_total{handler=\"metalink\",status=\"200\"} 2",
            "mm_requests_total{handler=\"page\",status=\"500\"} 0",
            "mm_requests_total{handler=\"page\",status=\"other\"} 1",
            "# TYPE mm_request_duration_seconds histogram",
            "mm_request_duration_seconds_bucket{le=\"0.00001\",handler=\"metalink\"} 1",
            "mm_request_duration_seconds_count{handler=\"metalink\"} 2",
            "mm_request_duration_seconds_sum{handler=\"metalink\"} 0.003007",
            "mm_request_duration_seconds_bucket{le=\"+Inf\",handler=\"page\"} 1",
            "mm_input_built_timestamp_seconds{input=\"geoip\"} 5",
            "mm_input_built_timestamp_seconds{input=\"asn\"} 0",
            "mm_mirror_responses_total{tier=\"country\"} 1",
            "mm_mirror_responses_total{tier=\"global\"} 0",
            "mm_generation_info{id=\"abc\"} 1",
            "mm_loads_total 0",
            "mm_load_failures_total 0",
            "mm_connections_total 0",
            "mm_accept_errors_total 0",
            "mm_idle_connections_closed_total 0",
            "mm_connections_rejected_total 0",
            "mm_access_log_dropped_total 0",
            "mm_open_connections 1",
            "mm_data_rejected 0",
            "mm_data_as_of_timestamp_seconds 7",
            "mm_data_loaded_timestamp_seconds 0",
            "mm_geoip_loaded 1",
            "mm_asn_loaded 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "no {line:?} in\n{text}");
        }
    }
}
