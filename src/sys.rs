//! The rim of the world: files, child processes, HTTP, the clock, signals, users.

pub mod atomic;
pub mod beneath;
pub mod child;
pub mod clock;
pub mod http;
pub mod signals;
pub mod user;
pub mod watchdog;
