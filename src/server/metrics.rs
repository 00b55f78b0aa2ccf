//! `/metrics`, in the text format of OpenMetrics 1.0. What is counted while answering is an atomic that was made at the start, so
//! that counting never waits.

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

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handler {
    /// A mirrorlist.
    Mirrorlist,
    /// A metalink.
    Metalink,
    /// A page of the public list.
    Page,
    /// One of the endpoints for monitoring.
    Health,
    /// None of these.
    Other,
}

const KINDS: [(Handler, &str); 5] = [
    (Handler::Mirrorlist, "mirrorlist"),
    (Handler::Metalink, "metalink"),
    (Handler::Page, "page"),
    (Handler::Health, "health"),
    (Handler::Other, "other"),
];

/// What we answer with, and anything else.
const STATUSES: [&str; 13] = [
    "200", "206", "301", "302", "304", "308", "404", "405", "414", "416", "500", "503", "other",
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
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

/// All that is counted and measured.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: [[Counter; STATUSES.len()]; KINDS.len()],
    latencies: [Latency; KINDS.len()],
    tiers: [Counter; TIERS.len()],
    generation: Family<GenerationLabels, Gauge>,
    /// Loads of data or a table that succeeded.
    pub(super) loads: Counter,
    /// Those that were refused.
    pub(super) failed_loads: Counter,
    /// Whether the last load of the data itself was refused.
    pub(super) stale: Gauge,
    /// Connections accepted.
    pub(super) connections: Counter,
    /// Connections open now.
    pub(super) open: Gauge,
    /// Failures to accept one.
    pub(super) accept_errors: Counter,
    /// Access log lines that were dropped.
    pub(super) dropped_lines: Counter,
    as_of: Gauge,
    loaded_at: Gauge,
    geoip: Gauge,
    asns: Gauge,
    built: [Gauge; 2],
}

/// What is served at the moment of asking.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServedData<'a> {
    /// The id of the generation; none for a cache of `MirrorManager2`.
    pub(super) generation: Option<&'a str>,
    /// When the data was true.
    pub(super) as_of: Option<Timestamp>,
    /// When it was loaded.
    pub(super) loaded_at: Option<Timestamp>,
    /// With a country database.
    pub(super) geoip: bool,
    /// With AS numbers.
    pub(super) asns: bool,
    /// When the country database was built, and when the AS numbers were, where that is known.
    pub(super) built: [Option<Timestamp>; 2],
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let family = Family::<Labels, Counter>::default();
        let requests =
            KINDS.map(|(_, kind)| STATUSES.map(|status| family.get_or_create_owned(&Labels { kind, status })));
        registry.register("mm_requests", "Answers by kind and status", family);
        let family = Family::<KindLabels, Latency>::default();
        let latencies = KINDS.map(|(_, kind)| family.get_or_create_owned(&KindLabels { kind }));
        registry.register(
            "mm_request_duration_seconds",
            "From a request's head to its answer, by kind",
            family,
        );
        let family = Family::<TierLabels, Counter>::default();
        let tiers = TIERS.map(|near| family.get_or_create_owned(&TierLabels { tier: near.as_str() }));
        registry.register("mm_answers", "Answers with mirrors by the tier of the first", family);
        let generation = Family::<GenerationLabels, Gauge>::default();
        registry.register(
            "mm_generation",
            "1 for the generation that is served",
            generation.clone(),
        );
        let family = Family::<InputLabels, Gauge>::default();
        let built = ["geoip", "asn"].map(|input| family.get_or_create_owned(&InputLabels { input }));
        registry.register(
            "mm_input_built_seconds",
            "When an input was built; 0 = not known",
            family,
        );
        Self {
            built,
            requests,
            latencies,
            tiers,
            generation,
            loads: counter(&mut registry, "mm_loads", "Data and tables loaded"),
            failed_loads: counter(&mut registry, "mm_failed_loads", "Data and tables refused"),
            stale: gauge(
                &mut registry,
                "mm_data_refused",
                "1 while newer data was refused and older is served",
            ),
            connections: counter(&mut registry, "mm_connections", "Connections accepted"),
            open: gauge(&mut registry, "mm_open_connections", "Connections open now"),
            accept_errors: counter(&mut registry, "mm_accept_errors", "Failures to accept a connection"),
            dropped_lines: counter(&mut registry, "mm_access_log_dropped", "Access log lines dropped"),
            as_of: gauge(&mut registry, "mm_data_as_of_seconds", "When the data was true"),
            loaded_at: gauge(&mut registry, "mm_data_loaded_seconds", "When it was loaded"),
            geoip: gauge(&mut registry, "mm_geoip_loaded", "1 with GeoIP data"),
            asns: gauge(&mut registry, "mm_asn_loaded", "1 with AS numbers"),
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
    /// Counts an answer, and how long it took.
    pub(super) fn answered(&self, kind: Handler, status: StatusCode, took: Duration) {
        let Some(place) = KINDS.iter().position(|(k, _)| *k == kind) else {
            return;
        };
        let status = STATUSES.iter().position(|s| *s == status.as_str());
        let counters = self.requests.get(place);
        if let Some(counter) = counters.and_then(|c| c.get(status.unwrap_or(STATUSES.len() - 1))) {
            counter.inc();
        }
        if let Some(latency) = self.latencies.get(place) {
            latency.observe(took);
        }
    }

    /// Counts an answer by the tier of its first mirror; none when it has no mirrors.
    pub(super) fn tier(&self, near: Option<Tier>) {
        let place = near.and_then(|near| TIERS.iter().position(|t| *t == near));
        if let Some(counter) = place.and_then(|p| self.tiers.get(p)) {
            counter.inc();
        }
    }

    /// The text of `/metrics`.
    pub(super) fn render(&self, served: ServedData<'_>) -> Result<String, fmt::Error> {
        let stamp = |at: Option<Timestamp>| at.map_or(0, |at| at.0);
        self.as_of.set(stamp(served.as_of));
        self.loaded_at.set(stamp(served.loaded_at));
        self.geoip.set(i64::from(served.geoip));
        self.asns.set(i64::from(served.asns));
        for (gauge, at) in self.built.iter().zip(served.built) {
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
    fn the_names_are_those_that_are_promised() {
        let metrics = Metrics::default();
        metrics.answered(Handler::Metalink, StatusCode::OK, Duration::from_micros(7));
        metrics.answered(Handler::Metalink, StatusCode::OK, Duration::from_millis(3));
        metrics.answered(Handler::Page, StatusCode::IM_A_TEAPOT, Duration::from_secs(9));
        metrics.open.inc();
        metrics.tier(Some(Tier::Country));
        metrics.tier(None);
        let served = ServedData {
            generation: Some("abc"),
            as_of: Some(Timestamp(7)),
            loaded_at: None,
            geoip: true,
            asns: false,
            built: [Some(Timestamp(5)), None],
        };
        let text = metrics.render(served).unwrap();
        for line in [
            "# TYPE mm_requests counter",
            "mm_requests_total{kind=\"metalink\",status=\"200\"} 2",
            "mm_requests_total{kind=\"page\",status=\"500\"} 0",
            "mm_requests_total{kind=\"page\",status=\"other\"} 1",
            "# TYPE mm_request_duration_seconds histogram",
            "mm_request_duration_seconds_bucket{le=\"0.00001\",kind=\"metalink\"} 1",
            "mm_request_duration_seconds_count{kind=\"metalink\"} 2",
            "mm_request_duration_seconds_sum{kind=\"metalink\"} 0.003007",
            "mm_request_duration_seconds_bucket{le=\"+Inf\",kind=\"page\"} 1",
            "mm_input_built_seconds{input=\"geoip\"} 5",
            "mm_input_built_seconds{input=\"asn\"} 0",
            "mm_answers_total{tier=\"country\"} 1",
            "mm_answers_total{tier=\"world\"} 0",
            "mm_generation{id=\"abc\"} 1",
            "mm_loads_total 0",
            "mm_failed_loads_total 0",
            "mm_connections_total 0",
            "mm_accept_errors_total 0",
            "mm_access_log_dropped_total 0",
            "mm_open_connections 1",
            "mm_data_refused 0",
            "mm_data_as_of_seconds 7",
            "mm_data_loaded_seconds 0",
            "mm_geoip_loaded 1",
            "mm_asn_loaded 0",
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "no {line:?} in\n{text}");
        }
    }
}
