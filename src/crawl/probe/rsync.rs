//! When a mirror is asked by rsync, and what is made of its listing. What a listing leaves open is asked for over HTTP where the mirror
//! has that, and so is every `repomd.xml`: a listing does not tell what is in a file.

use std::time::{Duration, Instant};

use super::base::Base;
use super::listing::{self, ListingError, ListingTimeouts, MirrorListing, NO_RSYNC};
use super::request::server_of;
use super::{Interruption, ProbeSession};
use crate::crawl::classify::{ChildProbes, Evidence, ProbeError, ProbeResult, RepomdProbe};
use crate::crawl::scope::Scope;
use crate::crawl::tree::Tree;
use crate::model::crawl_prefs::ProbeKind;
use crate::model::names::MirrorUrl;
use crate::model::plan::HostCategoryPlan;

/// What a listing tells of a directory.
pub(super) enum RsyncListing {
    /// All that there is to know of it.
    All(Evidence),
    /// Some of its files. The others are asked for.
    Some(Evidence),
}

/// The longest that a listing may be silent: disks that were asleep want some minutes.
const SILENCE: Duration = Duration::from_mins(5);
/// The word for a mirror without an address.
const NO_URL: &str = "no-usable-url";
/// And no longer than this part of a host's turn.
const MAX_SILENT_FRACTION: u32 = 4;
/// A listing is worth it where this part of all directories, or more, is to be asked for.
const RSYNC_MIN_DIRECTORIES: u64 = 4;

/// Whether to list the mirror: it says so, it has nothing else, or most of it is to be asked for.
pub(super) fn is_wanted(tree: &Tree, plan: &HostCategoryPlan, scope: &Scope, probe: Option<ProbeKind>) -> bool {
    if plan.rsync.is_empty() {
        return false;
    }
    let much = !scope.wanted.is_empty() && scope.wanted.len() * RSYNC_MIN_DIRECTORIES >= tree.size();
    plan.urls.is_empty()
        || match probe {
            Some(ProbeKind::Rsync) => !scope.wanted.is_empty(),
            None => much,
            Some(ProbeKind::Index | ProbeKind::Head) => false,
        }
}

impl ProbeSession<'_> {
    /// The base of a mirror that has nothing but rsync. That it has nothing of the category, or is not there, it must say twice.
    pub(super) fn rsync_base(&mut self, tree: &Tree) -> Result<Base, Interruption> {
        let mut asked_before = false;
        loop {
            let said_before = std::mem::replace(&mut asked_before, true);
            match self.list(tree, self.means.deadline)? {
                // Clients find nothing there either. A disk that is being mounted is given a moment.
                Ok(listing) if said_before || !listing.is_bare(tree) => {
                    self.listing = Some(listing);
                    return Ok(Base::Answers(ProbeResult::Present(None)));
                }
                Err(why) if !why.is_absent => return Ok(Base::Silent(why.error)),
                Err(_) if said_before => return Ok(Base::Gone),
                Ok(_) | Err(_) => self.pause()?,
            }
        }
    }

    /// A listing beside HTTP, within half of the time that is left. Without one, or where nothing is in it, HTTP has to do.
    pub(super) fn add_rsync_listing(&mut self, tree: &Tree) -> Result<(), Interruption> {
        let now = Instant::now();
        let until = now + self.means.deadline.saturating_duration_since(now) / 2;
        self.listing = match self.list(tree, until) {
            Ok(listed) => listed.ok().filter(|listing| !listing.is_bare(tree)),
            // A missing program is no reason not to ask otherwise.
            Err(Interruption::LocalError(why)) => {
                tracing::warn!(why, "a mirror could not be listed");
                None
            }
            Err(end) => return Err(end),
        };
        Ok(())
    }

    /// By the first URL that gives one with something in it before `until`.
    fn list(&mut self, tree: &Tree, until: Instant) -> Result<Result<MirrorListing, ListingError>, Interruption> {
        let mut last = Err(no_url());
        for url in self.rsync {
            match self.list_at(tree, url, until)? {
                Ok(listing) if !listing.is_bare(tree) => return Ok(Ok(listing)),
                Ok(bare) => last = Ok(bare),
                // One that gave no answer may have what another says is not there.
                Err(why) => {
                    let is_less = |known: &ListingError| known.is_absent || known.error.code == NO_URL;
                    if last.as_ref().is_err_and(is_less) {
                        last = Err(why);
                    }
                }
            }
        }
        Ok(last)
    }

    fn list_at(
        &mut self,
        tree: &Tree,
        url: &MirrorUrl,
        until: Instant,
    ) -> Result<Result<MirrorListing, ListingError>, Interruption> {
        self.check_limits()?;
        let (means, deadline) = (self.means, self.means.deadline.min(until));
        let Some(_slot) =
            means
                .connection_limiter
                .take(server_of(url.as_str()), means.max_connections, deadline, means.shutdown)
        else {
            self.check_limits()?;
            return Ok(Err(busy()));
        };
        self.asked_at = Some(Instant::now());
        self.out.requests += 1;
        means.budget.set(means.budget.get().saturating_sub(1));
        let begun = Instant::now();
        let limits = ListingTimeouts {
            deadline,
            shutdown: means.shutdown,
            connect_timeout: means.connect_timeout,
            idle_timeout: SILENCE.min(means.host_timeout / MAX_SILENT_FRACTION),
            allow_private: means.allow_private,
        };
        let listed = listing::list(tree, url, &limits);
        let (heard, trouble) = match &listed {
            Ok(listing) => (true, listing.is_bare(tree).then(bare)),
            Err(why) if why.error.code == NO_RSYNC => return Err(Interruption::LocalError(why.error.message.clone())),
            Err(why) => {
                // A listing that we ended ourselves says nothing about the mirror, unless it had most of the host's time.
                if means.shutdown.is_requested() || begun.elapsed() * 2 < means.host_timeout {
                    self.check_limits()?;
                }
                (why.has_response, Some(why.error.clone()))
            }
        };
        if heard {
            self.out.last_response = Some(Instant::now());
        }
        if trouble.is_none() {
            self.mark_verified();
        }
        if let Some(trouble) = trouble
            && !self.out.url_errors.iter().any(|(known, _)| known == url.as_str())
        {
            self.out.url_errors.push((url.as_str().to_owned(), trouble));
        }
        if listed.is_err() {
            self.check_limits()?;
        }
        Ok(listed)
    }

    /// What the listing tells of a directory. Where it leaves something open that can be asked for over HTTP, it tells only what is
    /// clear of the files.
    pub(super) fn listed(&self, tree: &Tree, at: usize) -> Option<RsyncListing> {
        let listing = self.listing.as_ref()?;
        let mut seen = listing.evidence(tree, at);
        if seen.repomd.is_none()
            && self.urls.is_empty()
            && let Some((size, timestamp)) = listing.repomd(at)
        {
            seen.repomd = Some(RepomdProbe::Metadata { size, timestamp });
        }
        let unclear = |s: &ProbeResult| matches!(s, ProbeResult::Unclear(_));
        let is_open = seen.index.as_ref().is_some_and(unclear)
            || seen.files.iter().any(|(_, f)| unclear(f))
            || matches!(seen.repomd, Some(RepomdProbe::Unclear(_)))
            || matches!(&seen.below, ChildProbes::Probed(all) if all.iter().any(unclear));
        if !is_open || self.urls.is_empty() {
            return Some(RsyncListing::All(seen));
        }
        seen.files.retain(|(_, f)| !unclear(f));
        Some(RsyncListing::Some(Evidence {
            files: seen.files,
            ..Evidence::default()
        }))
    }
}

/// Others were asking it all the time.
fn busy() -> ListingError {
    ListingError {
        error: ProbeError {
            code: "server-busy",
            message: "no connection to it was free in time".to_owned(),
        },
        has_response: false,
        is_absent: false,
    }
}

fn no_url() -> ListingError {
    ListingError {
        error: ProbeError {
            code: NO_URL,
            message: "it has no URL that can be asked".to_owned(),
        },
        has_response: false,
        is_absent: false,
    }
}

/// Nothing but the top: an empty directory, or a disk that is not mounted.
fn bare() -> ProbeError {
    ProbeError {
        code: "rsync",
        message: "it lists nothing of the category".to_owned(),
    }
}
