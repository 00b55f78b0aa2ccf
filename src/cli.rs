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

/// The commands of all programs, in the order in which data passes through them.
pub fn programs() -> Vec<clap::Command> {
    vec![
        run::command::<scan_master::Args>(),
        run::command::<detect_release::Args>(),
        run::command::<crawl::Args>(),
        run::command::<update_mirrorlist::Args>(),
        run::command::<sync_out::Args>(),
        run::command::<mirrorlist_server::Args>(),
        run::command::<locks::Args>(),
        run::command::<admin::Args>(),
    ]
}
