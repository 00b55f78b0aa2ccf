//! The only room that knows SQL.
//!
//! [`Db`] is the one connection of a program. Reads go through [`Db::read`], writes through [`Db::write`]: the first is
//! one consistent snapshot, the second one IMMEDIATE transaction that is committed when the closure returns `Ok` and
//! leaves nothing behind when it does not. Both hand out a [`Tx`], which the functions of the aggregates (one file each)
//! take. Keep write transactions short: listing, hashing, probing and parsing happen before they begin.
//!
//! The data lies in the SQLite file that the config names, in WAL mode. Only `mm-admin init`, `migrate` and `restore` make or
//! change its schema.

mod backup;
mod connection;
mod error;
mod migrate;

pub mod alert;
pub mod audit_log;
pub mod check;
pub mod crawl;
pub mod crawl_history;
pub mod detect;
pub mod directory;
pub mod file_detail;
pub mod history;
pub mod inventory;
pub mod known_file_list;
pub mod pause;
pub mod pin;
pub mod propagation;
pub mod published_generation;
pub mod registry;
pub mod registry_data;
pub mod run;
pub mod scan;

pub use backup::{backup, check_backup, restore};
pub use connection::{BadRow, Db, DbError, Tx};
pub use migrate::{SCHEMA_VERSION, init, migrate};
