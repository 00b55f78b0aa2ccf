//! The database: the only module with SQL.
//!
//! [`Db`] is the connection of a program. Reads go through [`Db::read`], writes through [`Db::write`]: the first is
//! one consistent snapshot, the second one IMMEDIATE transaction that is committed if the closure returns `Ok` and
//! rolled back otherwise. Both pass a [`Tx`] to the closure, which the functions of the submodules
//! take. Write transactions are short: listing, hashing, probing and parsing happen before them.
//!
//! The data is stored in the SQLite file that the config names, in WAL mode. Only `mm-admin init`, `migrate` and `restore`
//! create or change its schema.

use std::path::{Path, PathBuf};

mod backup;
mod connection;
mod error;
mod migrate;
mod row;

pub(crate) mod alert;
pub(crate) mod audit_log;
pub(crate) mod check;
pub(crate) mod contact;
pub(crate) mod crawl;
pub(crate) mod crawl_history;
pub(crate) mod detect;
pub(crate) mod digest;
pub mod directory;
pub mod file_detail;
pub(crate) mod history;
pub mod inventory;
pub(crate) mod known_file_list;
pub(crate) mod mail;
pub(crate) mod pause;
pub(crate) mod pending;
pub(crate) mod pin;
pub(crate) mod propagation;
pub mod published_generation;
pub(crate) mod recorded_times;
pub(crate) mod refused_apply;
pub(crate) mod refused_version;
pub mod registry;
pub mod registry_data;
pub(crate) mod run;
pub(crate) mod scan;

pub(crate) use backup::{RegistrySize, backup, check_backup, registry_size, restore};
pub use connection::{Db, Tx};
pub use error::DbError;
pub use migrate::{SCHEMA_VERSION, init, migrate};

/// Returns the path with `suffix` appended to the file name.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
