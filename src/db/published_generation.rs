//! History of published generations.

use serde::{Deserialize, Serialize};

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::RunId;

/// A generation that became current: a row of `published_generation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedGeneration {
    /// The ID of the generation.
    pub generation: String,
    /// The time when it became current.
    pub published_at: Timestamp,
    /// The ID of the run.
    pub run: Option<RunId>,
    /// Number of listed hosts.
    pub hosts: u64,
    /// Number of repositories in it.
    pub repositories: u64,
    /// Number of directories in it.
    pub directories: u64,
}

/// Records that a generation became current.
pub(crate) fn record(tx: &Tx<'_>, p: &PublishedGeneration) -> Result<(), DbError> {
    tx.execute(
        "INSERT INTO published_generation (generation, published_at, run_id, hosts, repositories, directories) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            &p.generation,
            p.published_at,
            p.run,
            p.hosts,
            p.repositories,
            p.directories
        ],
    )
}

/// Returns the last `limit` generations, newest first.
pub fn latest(tx: &Tx<'_>, limit: u32) -> Result<Vec<PublishedGeneration>, DbError> {
    tx.rows(
        "SELECT generation, published_at, run_id, hosts, repositories, directories FROM published_generation ORDER BY id DESC \
         LIMIT $1",
        params![limit],
    )
}

/// Returns the generations that were current at some time since `start`, newest first.
pub(crate) fn current_since(tx: &Tx<'_>, start: Timestamp) -> Result<Vec<PublishedGeneration>, DbError> {
    tx.rows(
        "SELECT generation, published_at, run_id, hosts, repositories, directories FROM published_generation \
         WHERE id >= (SELECT coalesce(max(id), 0) FROM published_generation WHERE published_at <= $1) ORDER BY id DESC",
        params![start],
    )
}
