//! Reports for administrators: the mirrors of a directory, the crawls of a host, the readiness of a version, the effect of moves and
//! emergency settings on clients, the expected traffic of a host, the checks of an installation.
//!
//! The functions evaluate data that the pipeline has collected, and store nothing; `mm-admin` prints the results. Most take the
//! registry, the config and `now`. Only [`checks`], [`host`], [`pending`] and [`permissions`] read more: files, locks, servers and
//! the database.

pub(crate) mod carriers;
pub(crate) mod checks;
pub(crate) mod host;
pub(crate) mod mirrors;
pub(crate) mod moves;
pub(crate) mod newest_only;
pub(crate) mod pending;
pub(crate) mod permissions;
pub(crate) mod readiness;
pub(crate) mod schedule;
pub(crate) mod share;
