//! The programs' doors: one file per program (its options, its run, its report), and what all of them share.
//!
//! - [`exit`]: what an exit status means. - [`args`]: options every program has. - [`run`]: config, user, logging, and how
//!   an error reaches the person. - [`job`]: locks, the `run` row, the watchdog and problems of a program that changes
//!   something. - [`output`]: text or JSON, colour, tables. - [`progress`]: bars on a terminal.

pub mod args;
pub mod exit;
pub mod job;
mod logging;
mod metrics;
pub mod output;
pub mod progress;
pub mod run;

pub mod admin;
pub mod crawl;
pub mod detect_release;
pub mod locks;
pub mod mirrorlist_server;
pub mod scan_master;
pub mod sync_out;
pub mod time_arg;
pub mod update_mirrorlist;
