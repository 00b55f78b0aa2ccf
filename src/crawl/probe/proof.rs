//! What shows that a mirror itself answered: it served what the master has. A portal that answers for everybody, or a resolver that leads
//! everybody to the same place, cannot do so.

use std::time::Instant;

use super::Session;

/// A file that a mirror served as the master has it. It is asked for again when there is doubt whether our own network is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// Where.
    pub url: String,
    /// What was right about it.
    pub shows: Shows,
}

/// What was right about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// Its length, which HEAD told.
    Length(u64),
    /// Its SHA-256, in lower-case hexadecimal.
    Hash(String),
}

impl Session<'_> {
    /// The answer that came last was right. What counts is when it was asked for: an answer may have been under way when the network
    /// went.
    pub(super) fn proves(&mut self, shows: Shows) {
        let url = || self.url.clone();
        match (&self.out.witness, &shows) {
            // A length costs less to ask for again.
            (
                Some(Witness {
                    shows: Shows::Length(_),
                    ..
                }),
                Shows::Hash(_),
            ) => {}
            _ => self.out.witness = Some(Witness { url: url(), shows }),
        }
        self.proved();
    }

    /// As [`Session::proves`], of what cannot be asked for again so easily.
    pub(super) fn proved(&mut self) {
        self.out.proved = self.out.proved.max(self.asked_at);
    }

    /// Something bad was found, or nothing was.
    pub(super) fn doubts(&mut self) {
        self.out.doubted = Some(Instant::now());
    }
}
