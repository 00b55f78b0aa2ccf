//! mirrormanager: the programs that run a Linux distribution's mirror network.
//!
//! Read it in this order:
//!
//! 1. [`model`]: the types that the pipeline steps hand to each other. Pure.
//! 2. [`config`]: the config file; [`registry`] and [`db`]: the registry and everything that was found out.
//! 3. The pipeline, one module a step: [`scan`] records the master tree, [`detect`] derives versions and repositories from it,
//!    [`crawl`] verifies which content mirrors have, [`publish`] turns that into a generation ([`snapshot`] is its format),
//!    [`publiclist`] renders its pages, [`sync`] deploys it, [`server`] serves it with [`answer`]. [`mail`] sends mails.
//! 4. [`inspect`]: reports for administrators. [`mod@cli`]: one file a program, and the parts that programs share, such as the life
//!    of a batch run.
//!
//! [`formats`] parses files of other projects, [`mm2`] reads and writes MirrorManager2's cache, [`locks`] keeps two runs apart, [`sys`]
//! wraps the operating system: files, child processes, HTTP, clock, signals. `docs/ARCHITECTURE.md` describes which module may use
//! which, and a test enforces it.

pub mod answer;
pub mod cli;
pub mod config;
pub mod crawl;
pub mod db;
pub(crate) mod detect;
pub mod formats;
pub(crate) mod inspect;
pub(crate) mod job;
pub mod locks;
pub(crate) mod mail;
pub mod mm2;
pub mod model;
pub(crate) mod publiclist;
pub mod publish;
pub(crate) mod registry;
pub(crate) mod scan;
pub(crate) mod server;
pub mod snapshot;
pub(crate) mod sync;
pub mod sys;
