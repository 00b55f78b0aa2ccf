//! mirrormanager: the programs that run a Linux distribution's mirror network.
//!
//! Read it in this order:
//!
//! 1. [`model`]: the types that the stages hand to each other, and nothing else.
//! 2. [`config`] says how programs run; [`db`] keeps what the network is and what was found out.
//! 3. The way of the data, one room a stage: [`master`] records what mirrors should have, [`release`] makes
//!    versions and repositories of it, [`crawl`] finds out what mirrors do have, [`mirrorlist`] turns that into a
//!    generation and answers from it, [`publiclist`] draws its pages, [`sync`] gets it live, [`server`] serves it.
//! 4. [`cli`]: one file a program, and what all programs share.
//!
//! [`formats`] parses what the world writes, [`locks`] keeps two runs apart, [`sys`] is the rim: files, child
//! processes, HTTP, clock, signals. Who may use whom is in `docs/ARCHITECTURE.md`, and a test holds the code to it.

pub mod cli;
pub mod config;
pub mod crawl;
pub mod db;
pub mod formats;
pub mod locks;
pub mod master;
pub mod mirrorlist;
pub mod model;
pub mod publiclist;
pub mod release;
pub mod server;
pub mod sync;
pub mod sys;
