//! `/metrics` in the text format of OpenMetrics 1.0. The counters used while answering are atomics that are created at
//! the start, so that counting never waits.

use std::fmt;
use std::time::Duration;

use hyper::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::answer::select::Tier;
use crate::model::Timestamp;

mod latency;

use latency::Latency;

/// Label `handler` of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handler {
    Mirrorlist,
    Metalink,
    /// Pages of the public list.
    Page,
    /// `/healthz`, `/readyz`, `/freshz` or `/metrics`.
    Health,
    Other,
}

const HANDLERS: [(Handler, &str); 5] = [
    (Handler::Mirrorlist, "mirrorlist"),
    (Handler::Metalink, "metalink"),
    (Handler::Page, "page"),
    (Handler::Health, "health"),
    (Handler::Other, "other"),
];

/// Statuses of responses, and `other` for all others.
const STATUSES: [&str; 13] = [
    "200", "206", "301", "302", "304", "308", "404", "405", "414", "416", "500", "503", "other",
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    handler: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HandlerLabels {
    handler: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InputLabels {
    input: &'static str,
}

const TIERS: [Tier; 6] = [
    Tier::Netblock,
    Tier::Asn,
    Tier::RequestedCountry,
    Tier::Country,
    Tier::Continent,
    Tier::Global,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TierLabels {
    tier: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct GenerationLabels {
    id: String,
}

#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: [[Counter; STATUSES.len()]; HANDLERS.len()],
    latencies: [Latency; HANDLERS.len()],
    tiers: [Counter; TIERS.len()],
    generation: Family<GenerationLabels, Gauge>,
    /// Successful loads of data and tables.
    pub(super) loads: Counter,
    /// Rejected loads of data and tables.
    pub(super) load_failures: Counter,
    /// 1 while the newest data is rejected, otherwise 0.
    pub(super) data_rejected: Gauge,
    pub(super) connections: Counter,
    pub(super) open_connections: Gauge,
    /// Failures to accept a connection.
    pub(super) accept_errors: Counter,
    /// Dropped lines of the access log.
    pub(super) dropped_lines: Counter,
    as_of: Gauge,
    loaded_at: Gauge,
    geoip: Gauge,
    asns: Gauge,
    inputs_built: [Gauge; 2],
}

/// State of the served data when `/metrics` is requested.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServedData<'a> {
    /// None for a cache of MirrorManager2.
    pub(super) generation: Option<&'a str>,
    pub(super) as_of: Option<Timestamp>,
    pub(super) loaded_at: Option<Timestamp>,
    /// True if a country database is loaded.
    pub(super) geoip: bool,
    /// True if an ASN table is loaded.
    pub(super) asns: bool,
    /// Build time of the country database and modification time of the ASN table; none if unknown.
    pub(super) inputs_built: [Option<Timestamp>; 2],
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let family = Family::<Labels, Counter>::default();
        let requests =
            HANDLERS.map(|(_, handler)| STATUSES.map(|status| family.get_or_create_owned(&Labels { handler, status })));
        registry.register("mm_requests", "Responses by handler and status", family);
        let family = Family::<HandlerLabels, Latency>::default();
        let latencies = HANDLERS.map(|(_, handler)| family.get_or_create_owned(&HandlerLabels { handler }));
        registry.register(
            "mm_request_duration_seconds",
            "Time from the request head to the response, by handler",
            family,
        );
        let family = Family::<TierLabels, Counter>::default();
        let tiers = TIERS.map(|tier| family.get_or_create_owned(&TierLabels { tier: tier.as_str() }));
        registry.register(
            "mm_mirror_responses",
            "Responses with mirrors, by the tier of the first mirror",
            family,
        );
        let generation = Family::<GenerationLabels, Gauge>::default();
        registry.register(
            "mm_generation_info",
            "1 for the generation being served",
            generation.clone(),
        );
        let family = Family::<InputLabels, Gauge>::default();
        let inputs_built = ["geoip", "asn"].map(|input| family.get_or_create_owned(&InputLabels { input }));
        registry.register(
            "mm_input_built_timestamp_seconds",
            "Build time of an input; 0 = none or unknown",
            family,
        );
        Self {
            inputs_built,
            requests,
            latencies,
            tiers,
            generation,
            loads: counter(&mut registry, "mm_loads", "Successful loads of data and tables"),
            load_failures: counter(&mut registry, "mm_load_failures", "Rejected loads of data and tables"),
            data_rejected: gauge(&mut registry, "mm_data_rejected", "1 while the newest data is rejected"),
            connections: counter(&mut registry, "mm_connections", "Accepted connections"),
            open_connections: gauge(&mut registry, "mm_open_connections", "Open connections"),
            accept_errors: counter(&mut registry, "mm_accept_errors", "Failures to accept a connection"),
            dropped_lines: counter(
                &mut registry,
                "mm_access_log_dropped",
                "Dropped lines of the access log",
            ),
            as_of: gauge(
                &mut registry,
                "mm_data_as_of_timestamp_seconds",
                "Timestamp of the data",
            ),
            loaded_at: gauge(
                &mut registry,
                "mm_data_loaded_timestamp_seconds",
                "When the data was loaded",
            ),
            geoip: gauge(&mut registry, "mm_geoip_loaded", "1 if a GeoIP database is loaded"),
            asns: gauge(&mut registry, "mm_asn_loaded", "1 if an ASN table is loaded"),
            registry,
        }
    }
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

impl Metrics {
    pub(super) fn count_response(&self, handler: Handler, status: StatusCode, duration: Duration) {
        let Some(place) = HANDLERS.iter().position(|(k, _)| *k == handler) else {
            return;
        };
        let status = STATUSES.iter().position(|s| *s == status.as_str());
        let counters = self.requests.get(place);
        if let Some(counter) = counters.and_then(|c| c.get(status.unwrap_or(STATUSES.len() - 1))) {
            counter.inc();
        }
        if let Some(latency) = self.latencies.get(place) {
            latency.observe(duration);
        }
    }

    pub(super) fn count_tier(&self, tier: Option<Tier>) {
        let place = tier.and_then(|tier| TIERS.iter().position(|t| *t == tier));
        if let Some(counter) = place.and_then(|p| self.tiers.get(p)) {
            counter.inc();
        }
    }

    pub(super) fn render(&self, served: ServedData<'_>) -> Result<String, fmt::Error> {
        let stamp = |at: Option<Timestamp>| at.map_or(0, |at| at.0);
        self.as_of.set(stamp(served.as_of));
        self.loaded_at.set(stamp(served.loaded_at));
        self.geoip.set(i64::from(served.geoip));
        self.asns.set(i64::from(served.asns));
        for (gauge, at) in self.inputs_built.iter().zip(served.inputs_built) {
            gauge.set(stamp(at));
        }
        self.generation.clear();
        if let Some(id) = served.generation {
            self.generation
                .get_or_create(&GenerationLabels { id: id.to_owned() })
                .set(1);
        }
        let mut out = String::new();
        encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_names_are_stable() {
        let metrics = Metrics::default();
        metrics.count_response(Handler::Metalink, StatusCode::OK, Duration::from_micros(7));
        metrics.count_response(Handler::Metalink, StatusCode::OK, Duration::from_millis(3));
        metrics.count_response(Handler::Page, StatusCode::IM_A_TEAPOT, Duration::from_secs(9));
        metrics.open_connections.inc();
        metrics.count_tier(Some(Tier::Country));
        metrics.count_tier(None);
        let served = ServedData {
            generation: Some("abc"),
            as_of: Some(Timestamp(7)),
            loaded_at: None,
            geoip: true,
            asns: false,
            inputs_built: [Some(Timestamp(5)), None],
        };
        let text = metrics.render(served).unwrap();
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
