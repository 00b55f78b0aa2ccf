//! The programs: one file each, with options, run and report.
//!
//! Shared by all: [`args`] (common options), [`run`] (config, user, logging, errors), [`exit`] (help on exit statuses), [`output`]
//! (text or JSON, color, tables) and [`progress`] (progress bars).

pub(crate) mod args;
pub(crate) mod exit;
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
