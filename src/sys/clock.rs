//! The clock. All other modules get `now` as an argument, or call [`now`].

use std::mem::MaybeUninit;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::libc;

use crate::model::Timestamp;

/// Returns the current time in whole seconds.
#[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// Returns true if the kernel reports that the clock is synchronized, see `adjtimex(2)`. A kernel that does not report it, as in some
/// sandboxes, counts as not synchronized.
#[expect(unsafe_code, reason = "no crate has a safe interface to adjtimex(2)")]
pub(crate) fn is_synchronized() -> bool {
    let mut state = MaybeUninit::<libc::timex>::zeroed();
    // SAFETY: `state` is a valid timex for the time of the call, and all bytes 0 are a valid value of it. `modes` is 0, so that the
    // call only reads.
    let (result, state) = unsafe { (libc::adjtimex(state.as_mut_ptr()), state.assume_init()) };
    result >= 0 && state.status & libc::STA_UNSYNC == 0
}
