//! `/healthz` (the process is running), `/readyz` (data of any age is loaded) and `/freshz` (the data is recent).

use std::time::Duration;

use hyper::StatusCode;
use serde::Serialize;
use strum::EnumString;

use crate::answer::index::IndexSource;
use crate::model::Timestamp;

use super::live_data::LiveData;
use super::reply::{Reply, reply};

/// Maximum age of data for `/freshz`: publishing runs every hour, and three runs may fail before an alert.
const MAX_DATA_AGE: Duration = Duration::from_hours(4);

#[derive(Debug, Serialize)]
struct HealthReport<'a> {
    status: &'static str,
    version: &'static str,
    generation: Option<&'a str>,
    as_of: Option<i64>,
    loaded_at: Option<i64>,
    source: Option<&'static str>,
    /// Age of the data in seconds.
    age: Option<u64>,
    /// Seconds since the data was loaded.
    loaded_age: Option<u64>,
    geoip: bool,
    asn: bool,
}

/// A probe by the path of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString)]
pub(super) enum HealthProbe {
    #[strum(serialize = "/healthz")]
    Alive,
    #[strum(serialize = "/readyz")]
    Ready,
    #[strum(serialize = "/freshz")]
    Fresh,
}

/// Builds the response to a probe; the body is the same for all of them.
pub(super) fn health_response(probe: HealthProbe, live: &LiveData, now: Timestamp) -> Reply {
    let generation = live.generation.as_ref();
    let age = generation.map(|c| now.since(c.as_of));
    let good = match probe {
        HealthProbe::Alive => true,
        HealthProbe::Ready => generation.is_some(),
        HealthProbe::Fresh => age.is_some_and(|a| a <= MAX_DATA_AGE),
    };
    let source = generation.map(|c| &c.index.source);
    let body = HealthReport {
        status: match (good, probe) {
            (true, _) => "ok",
            (false, HealthProbe::Fresh) => "stale",
            (false, HealthProbe::Alive | HealthProbe::Ready) => "no-data",
        },
        version: env!("CARGO_PKG_VERSION"),
        generation: source.and_then(IndexSource::generation),
        as_of: generation.map(|c| c.as_of.0),
        loaded_at: generation.map(|c| c.loaded_at.0),
        source: source.map(|s| match s {
            IndexSource::Generation(_) => "generation",
            IndexSource::Mm2Cache => "mm2-cache",
        }),
        age: age.map(|a| a.as_secs()),
        loaded_age: generation.map(|c| now.since(c.loaded_at).as_secs()),
        geoip: live.geo.geoip.is_some(),
        asn: live.geo.asns.is_some(),
    };
    let status = if good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut text = serde_json::to_vec(&body).unwrap_or_default();
    text.push(b'\n');
    reply(status, "application/json", text.into())
}
