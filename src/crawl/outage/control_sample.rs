//! Control samples: files that a mirror served as the master has them, fetched again when the local uplink is in doubt. A captive
//! portal, or a resolver that returns one address for every name, cannot serve them.

/// A file that a mirror is known to serve correctly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ControlSample {
    pub(crate) url: String,
    pub(crate) shows: ExpectedContent,
}

/// The content that the mirror served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExpectedContent {
    /// The length in bytes, from a HEAD response.
    Length(u64),
    /// The SHA-256, in lower-case hexadecimal.
    Hash(String),
}
