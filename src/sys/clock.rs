//! The clock. All other modules get `now` as an argument, or call [`now`].

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// Returns the current time in whole seconds.
#[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
