//! Protection against outages of the local network: local failures never count against a mirror.
//!
//! A crawler cannot see whether a mirror or its own network failed. So a negative result (content lost, or no response) is
//! committed only when something proves that the local network worked after it was found:
//!
//! - [`uplink_monitor`] probes the URLs of `crawl.uplink_check_urls` before and during a run. Results from a period in which all
//!   of them failed are discarded.
//! - [`commit_guard`] buffers negative results until a mirror serves correct content to a later request, and makes them pending
//!   if too many mirrors lost content (mass-loss protection). Pure.
//! - [`control_check`] fetches files again that mirrors served correctly, at the end of a run, if negative results are still
//!   buffered.

pub(crate) mod commit_guard;
pub(crate) mod control_check;
pub(crate) mod uplink_monitor;
