//! The rim of the world: files, child processes, HTTP, the clock, signals, users, and errors in words.

pub mod atomic;
pub mod child;
pub mod clock;
pub mod errors;
pub mod http;
pub mod lines;
pub mod origin;
pub mod process;
pub mod rate_limit;
pub mod rsync;
pub mod signals;
pub mod stable_read;
pub mod terminate;
pub mod user;
pub mod watchdog;
