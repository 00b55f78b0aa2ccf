//! The one integration crate: real programs against real parts on loopback.

mod support;

mod admin;
mod compliance;
mod crawl;
mod detect;
mod end_to_end;
mod house;
mod jobs;
mod locks;
mod publish;
mod scan;
mod server;
mod sync;
