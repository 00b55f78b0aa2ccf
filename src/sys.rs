//! The I/O boundary: files, child processes, HTTP, clock, signals, users and threads.

pub mod atomic;
pub mod child;
pub mod clock;
pub mod errors;
pub mod http;
pub mod lines;
pub mod origin;
pub mod parallel;
pub mod process;
pub mod rate_limit;
pub mod rsync;
pub mod signals;
pub mod stable_read;
pub mod terminate;
pub mod user;
pub mod watchdog;
