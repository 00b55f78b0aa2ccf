//! The integration tests: real programs with real servers and clients on loopback.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, which clippy does not take for tests"
)]

mod support;

mod admin;
mod completion;
mod compliance;
mod conventions;
mod crawl;
mod detect;
mod end_to_end;
mod faults;
mod indexes;
mod jobs;
mod locks;
mod mail;
mod nothing_done;
mod publish;
mod scan;
mod server;
mod storage;
mod sync;
