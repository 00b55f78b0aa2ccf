//! The database: the only module with SQL.
//!
//! [`Db`] is the connection of a program. Reads go through [`Db::read`], writes through [`Db::write`]: the first is
//! one consistent snapshot, the second one IMMEDIATE transaction that is committed if the closure returns `Ok` and
//! rolled back otherwise. Both pass a [`Tx`] to the closure, which the functions of the submodules
//! take. Write transactions are short: listing, hashing, probing and parsing happen before them.
//!
//! The data is stored in the SQLite file that the config names, in WAL mode. Only `mm-admin init`, `migrate` and `restore`
//! create or change its schema.

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
