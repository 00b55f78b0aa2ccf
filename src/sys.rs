//! The I/O boundary: files, child processes, HTTP, clock, signals, users and threads.

pub(crate) mod activity;
pub mod atomic;
pub(crate) mod child;
pub mod clock;
pub(crate) mod command;
pub(crate) mod errors;
pub mod file_error;
pub mod http;
pub(crate) mod lines;
pub(crate) mod origin;
pub(crate) mod override_file;
pub(crate) mod parallel;
pub(crate) mod permissions;
pub mod process;
pub(crate) mod rate_limit;
pub(crate) mod regular_file;
pub(crate) mod rsync;
pub(crate) mod shell;
pub mod signals;
pub(crate) mod stable_read;
pub(crate) mod stderr;
pub(crate) mod terminate;
pub(crate) mod user;
pub(crate) mod watchdog;
