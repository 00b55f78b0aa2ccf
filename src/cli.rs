//! The programs: one file each, with options, run and report.
//!
//! Shared: [`args`] (common options), [`run`] (config, user, logging, errors), [`output`] (text or JSON, color, tables) and
//! [`progress`] (progress bars). The life of a batch run and the exit statuses are in [`crate::job`].

pub(crate) mod args;
mod logging;
pub(crate) mod output;
pub(crate) mod progress;
pub mod run;

pub mod admin;
pub mod crawl;
pub mod detect_release;
pub mod locks;
pub mod mirrorlist_server;
pub mod scan_master;
pub mod sync_out;
pub(crate) mod time_arg;
pub mod update_mirrorlist;
