//! `/healthz` (alive), `/readyz` (data is loaded, of any age) and `/freshz` (it is young, for monitoring).

use std::time::Duration;

use hyper::StatusCode;
use serde::Serialize;

use crate::answer::index::IndexSource;
use crate::model::Timestamp;

use super::reply::{Reply, reply};
use super::state::LiveData;

/// Data older than this is not fresh: publishing runs every hour, and three runs may fail before somebody is woken.
const MAX_DATA_AGE: Duration = Duration::from_hours(4);

#[derive(Debug, Serialize)]
struct HealthReport<'a> {
    status: &'static str,
    version: &'static str,
    generation: Option<&'a str>,
    as_of: Option<i64>,
    loaded_at: Option<i64>,
    source: Option<&'static str>,
    /// Seconds since the data was true.
    age: Option<u64>,
    /// Seconds since it was loaded.
    loaded_age: Option<u64>,
    geoip: bool,
    asn: bool,
}

/// Which question was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HealthProbe {
    /// `/healthz`.
    Alive,
    /// `/readyz`.
    Ready,
    /// `/freshz`.
    Fresh,
}

/// Answers it; the body is the same for all three.
pub(super) fn answer(question: HealthProbe, serving: &LiveData, now: Timestamp) -> Reply {
    let content = serving.content.as_ref();
    let age = content.map(|c| now.since(c.as_of));
    let good = match question {
        HealthProbe::Alive => true,
        HealthProbe::Ready => content.is_some(),
        HealthProbe::Fresh => age.is_some_and(|a| a <= MAX_DATA_AGE),
    };
    let source = content.map(|c| &c.index.source);
    let body = HealthReport {
        status: match (good, question) {
            (true, _) => "ok",
            (false, HealthProbe::Fresh) => "stale",
            (false, HealthProbe::Alive | HealthProbe::Ready) => "no data",
        },
        version: env!("CARGO_PKG_VERSION"),
        generation: source.and_then(|s| match s {
            IndexSource::Generation(id) => Some(id.as_str()),
            IndexSource::Mm2Cache => None,
        }),
        as_of: content.map(|c| c.as_of.0),
        loaded_at: content.map(|c| c.loaded_at.0),
        source: source.map(|s| match s {
            IndexSource::Generation(_) => "generation",
            IndexSource::Mm2Cache => "mm2-cache",
        }),
        age: age.map(|a| a.as_secs()),
        loaded_age: content.map(|c| now.since(c.loaded_at).as_secs()),
        geoip: serving.inputs.geoip.is_some(),
        asn: serving.inputs.asns.is_some(),
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
