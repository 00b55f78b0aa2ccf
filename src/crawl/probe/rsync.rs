//! The decision to probe a mirror with rsync, and the use of its listing. What a listing leaves open is probed over HTTP if the mirror
//! has that, and so is every `repomd.xml`: a listing does not show content.

use std::time::{Duration, Instant};

use super::listing::{self, ListingError, ListingTimeouts, MirrorListing, NO_RSYNC};
use super::{CategoryProber, Interruption};
use crate::crawl::classify::{ChildProbes, Evidence, ProbeError, ProbeResult, RepomdProbe};
use crate::crawl::scope::Scope;
use crate::crawl::tree::Tree;
use crate::model::crawl_prefs::ProbeKind;
use crate::model::names::MirrorUrl;
use crate::model::plan::HostCategoryPlan;

/// The listing, or the error of the mirror, unless the probe is interrupted.
type Listed = Result<Result<MirrorListing, ListingError>, Interruption>;

/// The longest time without output: disks that were asleep need some minutes.
const IDLE_TIMEOUT: Duration = Duration::from_mins(5);
/// The longest time without output, as a divisor of the host timeout.
const IDLE_TIMEOUT_DIVISOR: u32 = 4;
/// The code for a mirror without a usable URL.
const NO_USABLE_URL: &str = "no-usable-url";
const NO_USABLE_URL_MESSAGE: &str = "no URL that can be probed";
/// The minimum share of all directories that must be probed to make a listing worthwhile, as a divisor.
const MIN_SHARE_DIVISOR: u64 = 4;

/// Returns true if the mirror should be listed: it prefers that, has no other URL, or most of it must be probed.
pub(super) fn is_wanted(tree: &Tree, plan: &HostCategoryPlan, scope: &Scope, preferred: Option<ProbeKind>) -> bool {
    if plan.rsync.is_empty() {
        return false;
    }
    let is_large = !scope.wanted.is_empty() && scope.wanted.len() * MIN_SHARE_DIVISOR >= tree.size();
    plan.urls.is_empty()
        || match preferred {
            Some(ProbeKind::Rsync) => !scope.wanted.is_empty(),
            None => is_large,
            Some(ProbeKind::Index | ProbeKind::Head) => false,
        }
}

impl CategoryProber<'_> {
    /// Lists a mirror that has only rsync. An absent or empty category must be seen twice.
    pub(super) fn list_rsync_only_mirror(&mut self) -> Result<Option<ProbeResult>, Interruption> {
        let mut is_retry = false;
        loop {
            match self.list(self.context.deadline)? {
                // Clients find nothing there either. A disk that is being mounted is given a moment.
                Ok(listing) if is_retry || !listing.is_bare(self.tree) => {
                    self.listing = Some(listing);
                    return Ok(Some(ProbeResult::Present(None)));
                }
                Err(why) if !why.is_absent => return Err(Interruption::Silent(why.error)),
                Err(_) if is_retry => return Ok(None),
                Ok(_) | Err(_) => self.transport.pause()?,
            }
            is_retry = true;
        }
    }

    /// Adds a listing to a probe over HTTP, within half of the remaining time. Without one, or with an empty one, HTTP is used alone.
    pub(super) fn add_rsync_listing(&mut self) -> Result<(), Interruption> {
        let now = Instant::now();
        let until = now + self.context.deadline.saturating_duration_since(now) / 2;
        self.listing = match self.list(until) {
            Ok(listed) => listed.ok().filter(|listing| !listing.is_bare(self.tree)),
            // HTTP works without the missing program.
            Err(Interruption::LocalError(error)) => {
                tracing::warn!(error, "cannot list a mirror with rsync");
                None
            }
            Err(end) => return Err(end),
        };
        Ok(())
    }

    /// Returns the first listing that is not empty by `until`, or else the most significant error.
    fn list(&mut self, until: Instant) -> Listed {
        let mut last = Err(ListingError::new(NO_USABLE_URL, NO_USABLE_URL_MESSAGE, false));
        for url in self.rsync_urls {
            match self.list_url(url, until)? {
                Ok(listing) if !listing.is_bare(self.tree) => return Ok(Ok(listing)),
                Ok(bare) => last = Ok(bare),
                // A URL without a response may have what another one lacks.
                Err(why) => {
                    let is_weaker = |known: &ListingError| known.is_absent || known.error.code == NO_USABLE_URL;
                    if last.as_ref().is_err_and(is_weaker) {
                        last = Err(why);
                    }
                }
            }
        }
        Ok(last)
    }

    fn list_url(&mut self, url: &MirrorUrl, until: Instant) -> Listed {
        self.transport.check_limits()?;
        let (context, deadline) = (self.context, self.context.deadline.min(until));
        let Some(_permit) = self.transport.take_connection(url.as_str(), deadline) else {
            self.transport.check_limits()?;
            let message = "no connection was free in time";
            return Ok(Err(ListingError::new("server-busy", message, false)));
        };
        self.transport.count_request();
        let began = Instant::now();
        let timeouts = ListingTimeouts {
            deadline,
            shutdown: context.shutdown,
            connect_timeout: context.config.connect_timeout.get(),
            idle_timeout: IDLE_TIMEOUT.min(context.config.host_deadline.get() / IDLE_TIMEOUT_DIVISOR),
            allow_private: context.config.allow_private_addresses,
        };
        let listed = listing::list(self.tree, url, &timeouts);
        let (has_response, error) = match &listed {
            // An empty directory, or a disk that is not mounted.
            Ok(listing) if listing.is_bare(self.tree) => (
                true,
                Some(ProbeError::new("rsync", "nothing of the category is listed")),
            ),
            Ok(_) => (true, None),
            Err(why) if why.error.code == NO_RSYNC => return Err(Interruption::LocalError(why.error.message.clone())),
            Err(why) => {
                // A listing that was aborted locally proves nothing, unless it took most of the time of the host.
                if context.shutdown.is_requested() || began.elapsed() * 2 < context.config.host_deadline.get() {
                    self.transport.check_limits()?;
                }
                (why.has_response, Some(why.error.clone()))
            }
        };
        if has_response {
            self.transport.record_response();
        }
        match error {
            Some(error) => self.transport.record_url_error(url.as_str(), &error),
            None => self.mark_verified(),
        }
        if listed.is_err() {
            self.transport.check_limits()?;
        }
        Ok(listed)
    }

    /// Returns the evidence of the listing for a directory. If that leaves something open that HTTP can show, it is limited to the
    /// files with a clear result, without an index; the others must be probed.
    pub(super) fn rsync_evidence(&self, at: usize) -> Option<Evidence> {
        let listing = self.listing.as_ref()?;
        let has_http = !self.transport.urls.is_empty();
        let mut seen = listing.evidence(self.tree, at);
        if seen.repomd.is_none()
            && !has_http
            && let Some((size, timestamp)) = listing.repomd(at)
        {
            seen.repomd = Some(RepomdProbe::Metadata { size, timestamp });
        }
        let is_unclear = |result: &ProbeResult| result.error().is_some();
        let is_open = seen.index.as_ref().is_some_and(is_unclear)
            || seen.files.iter().any(|(_, f)| is_unclear(f))
            || matches!(seen.repomd, Some(RepomdProbe::Unclear(_)))
            || matches!(&seen.below, ChildProbes::Probed(all) if all.iter().any(is_unclear));
        if !is_open || !has_http {
            return Some(seen);
        }
        seen.files.retain(|(_, f)| !is_unclear(f));
        Some(Evidence {
            files: seen.files,
            ..Evidence::default()
        })
    }
}

impl ProbeError {
    pub(super) fn no_usable_url() -> Self {
        Self::new(NO_USABLE_URL, NO_USABLE_URL_MESSAGE)
    }
}
