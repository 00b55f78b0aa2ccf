//! The control sample of a category probe, and when the mirror last served something correct or something wrong.

use std::time::Instant;

use super::ProbeSession;
use crate::crawl::outage::control_sample::{ControlSample, ExpectedContent};

impl ProbeSession<'_> {
    /// The answer that came last was right. What counts is when it was asked for: an answer may have been under way when the network
    /// went.
    pub(super) fn record_control(&mut self, shows: ExpectedContent) {
        let url = || self.url.clone();
        match (&self.out.control, &shows) {
            // A length costs less to ask for again.
            (
                Some(ControlSample {
                    shows: ExpectedContent::Length(_),
                    ..
                }),
                ExpectedContent::Hash(_),
            ) => {}
            _ => self.out.control = Some(ControlSample { url: url(), shows }),
        }
        self.mark_verified();
    }

    /// As [`ProbeSession::record_control`], of what cannot be asked for again so easily.
    pub(super) fn mark_verified(&mut self) {
        self.out.last_verified = self.out.last_verified.max(self.asked_at);
    }

    /// Something bad was found, or nothing was.
    pub(super) fn mark_negative(&mut self) {
        self.out.last_negative = Some(Instant::now());
    }
}
