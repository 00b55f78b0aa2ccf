//! Protection against outages of the local network: local failures never count against a mirror.
//!
//! - [`uplink_monitor`] probes known URLs during a crawl and records when the uplink was up.
//! - [`commit_guard`] buffers negative results until the uplink is known to have been up, and detects mass losses. Pure.
//! - [`control_sample`] remembers a file that a mirror served correctly; [`control_check`] fetches it again when the uplink is in
//!   doubt.

pub(crate) mod commit_guard;
pub(crate) mod control_check;
pub(crate) mod control_sample;
pub mod uplink_monitor;
