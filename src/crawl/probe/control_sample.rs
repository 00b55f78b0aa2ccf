//! What shows that a mirror itself answered: it served what the master has. A portal that answers for everybody, or a resolver that leads
//! everybody to the same place, cannot do so.

use std::time::Instant;

use super::ProbeSession;

/// A file that a mirror served as the master has it. It is asked for again when there is doubt whether our own network is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlSample {
    /// Where.
    pub url: String,
    /// What was right about it.
    pub shows: ExpectedContent,
}

/// What was right about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedContent {
    /// Its length, which HEAD told.
    Length(u64),
    /// Its SHA-256, in lower-case hexadecimal.
    Hash(String),
}

impl ProbeSession<'_> {
    /// The answer that came last was right. What counts is when it was asked for: an answer may have been under way when the network
    /// went.
    pub(super) fn record_control(&mut self, shows: ExpectedContent) {
        let url = || self.url.clone();
        match (&self.out.witness, &shows) {
            // A length costs less to ask for again.
            (
                Some(ControlSample {
                    shows: ExpectedContent::Length(_),
                    ..
                }),
                ExpectedContent::Hash(_),
            ) => {}
            _ => self.out.witness = Some(ControlSample { url: url(), shows }),
        }
        self.mark_verified();
    }

    /// As [`ProbeSession::record_control`], of what cannot be asked for again so easily.
    pub(super) fn mark_verified(&mut self) {
        self.out.proved = self.out.proved.max(self.asked_at);
    }

    /// Something bad was found, or nothing was.
    pub(super) fn mark_negative(&mut self) {
        self.out.doubted = Some(Instant::now());
    }
}
