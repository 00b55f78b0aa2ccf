//! Behavior of a server that decides which requests are useful, and how far its responses can be relied on.

use crate::crawl::classify::ProbeResult;

/// Consecutive directory indexes without a useful entry, after which no more are fetched.
const MAX_USELESS_INDEXES: u32 = 3;
/// Consecutive files without a length in any response, after which lengths are no longer requested separately.
const MAX_UNKNOWN_LENGTHS: u32 = 3;

/// The response of a server to requests for directories that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DirectoryBehavior {
    Success,
    /// Status 403; a directory with status 404 does not exist.
    Forbidden,
    /// The same response as for directories that do not exist.
    LooksMissing,
}

#[derive(Debug, Default)]
pub(super) struct ServerTraits {
    /// By URL: true if the server returns 200 for a name that no mirror has; `None` if not tested yet.
    soft_404: Vec<Option<bool>>,
    /// The URL that was tested last returns 404 or 410 for a name that no mirror has.
    pub(super) has_real_404: bool,
    pub(super) directories: Option<DirectoryBehavior>,
    /// Consecutive files without a length in any response.
    unknown_lengths: u32,
    /// Consecutive directory indexes without a useful entry.
    useless_indexes: u32,
    useful_indexes: u64,
    head_requests: u64,
}

impl ServerTraits {
    pub(super) fn new(urls: usize) -> Self {
        Self {
            soft_404: vec![None; urls],
            ..Self::default()
        }
    }

    pub(super) fn needs_soft_404_test(&self, url: usize) -> bool {
        self.soft_404.get(url) == Some(&None)
    }

    pub(super) fn record_soft_404_test(&mut self, url: usize, seen: Option<&ProbeResult>) {
        self.has_real_404 = seen.is_some_and(ProbeResult::is_gone);
        if let Some(is_soft_404) = self.soft_404.get_mut(url) {
            *is_soft_404 = Some(matches!(seen, Some(ProbeResult::Present(_))));
        }
    }

    pub(super) fn is_soft_404(&self, url: usize) -> bool {
        self.soft_404.get(url) == Some(&Some(true))
    }

    pub(super) const fn reports_lengths(&self) -> bool {
        self.unknown_lengths < MAX_UNKNOWN_LENGTHS
    }

    pub(super) const fn record_length(&mut self, is_known: bool) {
        self.unknown_lengths = if is_known { 0 } else { self.unknown_lengths + 1 };
    }

    pub(super) const fn uses_indexes(&self) -> bool {
        self.useless_indexes < MAX_USELESS_INDEXES
    }

    pub(super) const fn disable_indexes(&mut self) {
        (self.useless_indexes, self.useful_indexes, self.head_requests) = (MAX_USELESS_INDEXES, 0, 0);
    }

    pub(super) const fn record_useful_index(&mut self) {
        (self.useless_indexes, self.useful_indexes) = (0, self.useful_indexes + 1);
    }

    pub(super) const fn record_useless_index(&mut self) {
        self.useless_indexes += 1;
    }

    pub(super) const fn record_head(&mut self) {
        self.head_requests += 1;
    }

    /// The method that most results come from: `index` or `head`.
    pub(super) const fn main_method(&self) -> &'static str {
        if self.useful_indexes > self.head_requests / 4 {
            "index"
        } else {
            "head"
        }
    }
}
