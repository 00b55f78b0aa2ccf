//! `/healthz` (the process is running), `/readyz` (data of any age is loaded) and `/freshz` (the data is recent, and the clock did not
//! go back).

use std::collections::BTreeSet;
use std::time::Duration;

use hyper::StatusCode;
use serde::Serialize;
use strum::{EnumString, IntoStaticStr};

use crate::answer::index::IndexSource;
use crate::model::Timestamp;
use crate::model::clock::MAX_CLOCK_DIFFERENCE;

use super::live_data::{GenerationData, LiveData};
use super::reply::{Reply, reply};

/// Maximum age of data for `/freshz`: publishing runs every hour, and three runs may fail before an alert.
const MAX_DATA_AGE: Duration = Duration::from_hours(4);

#[derive(Debug, Serialize)]
struct HealthReport<'a> {
    status: &'static str,
    generation: Option<&'a str>,
    as_of: Option<i64>,
    /// Age of the data in seconds.
    age: Option<u64>,
    #[serde(flatten)]
    details: Option<HealthDetails<'a>>,
}

/// For monitors only.
#[derive(Debug, Serialize)]
struct HealthDetails<'a> {
    version: &'static str,
    loaded_at: Option<i64>,
    source: Option<&'static str>,
    /// Seconds since the data was loaded.
    loaded_age: Option<u64>,
    geoip: bool,
    asn: bool,
    /// The config keys of inputs whose present files are rejected.
    rejected: &'a BTreeSet<&'static str>,
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

/// What the freshness of data is determined by.
#[derive(Debug, Clone, Copy)]
struct DataTimes {
    as_of: Timestamp,
    /// The clock when the data was loaded.
    loaded_at: Timestamp,
    /// The time that has passed since then, by the monotonic clock.
    since_load: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
enum Freshness {
    Ok,
    Stale,
    /// The clock is behind a time at which it has been already. The age of the data is computed too small, and could hide that it is
    /// stale.
    ClockWentBack,
}

impl DataTimes {
    fn new(data: &GenerationData) -> Self {
        Self {
            as_of: data.as_of,
            loaded_at: data.loaded_at,
            since_load: data.loaded.elapsed(),
        }
    }

    fn freshness(self, now: Timestamp) -> Freshness {
        let earliest = self.as_of.max(self.loaded_at.plus(self.since_load));
        if earliest.since(now) > MAX_CLOCK_DIFFERENCE {
            Freshness::ClockWentBack
        } else if now.since(self.as_of) > MAX_DATA_AGE {
            Freshness::Stale
        } else {
            Freshness::Ok
        }
    }
}

/// Builds the response to a probe; the body is the same for all of them. Details are for monitors: the public may know which data it
/// gets, but not the version of the program or what is missing.
pub(super) fn health_response(probe: HealthProbe, live: &LiveData, is_monitor: bool, now: Timestamp) -> Reply {
    let generation = live.generation.as_ref();
    let age = generation.map(|c| now.since(c.as_of));
    // Without data, nothing is fresh.
    let freshness = generation.map_or(Freshness::Stale, |c| DataTimes::new(c).freshness(now));
    let good = match probe {
        HealthProbe::Alive => true,
        HealthProbe::Ready => generation.is_some(),
        HealthProbe::Fresh => freshness == Freshness::Ok,
    };
    let source = generation.map(|c| &c.index.source);
    let details = is_monitor.then(|| HealthDetails {
        version: env!("CARGO_PKG_VERSION"),
        loaded_at: generation.map(|c| c.loaded_at.0),
        source: source.map(|s| match s {
            IndexSource::Generation(_) => "generation",
            IndexSource::Mm2Cache => "mm2-cache",
        }),
        loaded_age: generation.map(|c| now.since(c.loaded_at).as_secs()),
        geoip: live.geo.geoip.is_some(),
        asn: live.geo.asns.is_some(),
        rejected: &live.rejected,
    });
    let body = HealthReport {
        status: match (good, probe) {
            (true, _) => "ok",
            (false, HealthProbe::Fresh) => freshness.into_str(),
            (false, HealthProbe::Alive | HealthProbe::Ready) => "no-data",
        },
        generation: source.and_then(IndexSource::generation),
        as_of: generation.map(|c| c.as_of.0),
        age: age.map(|a| a.as_secs()),
        details,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_ends_with_the_age_and_when_the_clock_goes_back() {
        const HOUR: i64 = 3600;
        let hours = |n: i64| Duration::from_hours(n.unsigned_abs());
        let loaded_at = Timestamp(1_796_000_000);
        // Hours from the load: by the clock, and in truth; and the age of the data at the load.
        for (clock, passed, age, expected) in [
            (0, 0, 0, Freshness::Ok),
            (4, 4, 0, Freshness::Ok),
            (5, 5, 0, Freshness::Stale),
            (0, 0, 5, Freshness::Stale),
            // Before the data.
            (-3, 0, 0, Freshness::ClockWentBack),
            // Not before the data; but data of five hours would pass for recent.
            (0, 3, 2, Freshness::ClockWentBack),
            // A correction forward.
            (3, 0, 0, Freshness::Ok),
        ] {
            let times = DataTimes {
                as_of: loaded_at.minus(hours(age)),
                loaded_at,
                since_load: hours(passed),
            };
            let now = Timestamp(loaded_at.0 + clock * HOUR);
            assert_eq!(times.freshness(now), expected, "{clock} {passed} {age}");
        }
        let small = DataTimes {
            as_of: Timestamp(600),
            loaded_at: Timestamp(600),
            since_load: Duration::ZERO,
        };
        assert_eq!(small.freshness(Timestamp(0)), Freshness::Ok);
        assert_eq!(small.freshness(Timestamp(-1)), Freshness::ClockWentBack);
    }
}
