//! What time it is. The only place that asks; everything else is handed `now`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Timestamp;

/// Now, in whole seconds.
#[expect(clippy::disallowed_methods, reason = "this is the one place that asks the clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
