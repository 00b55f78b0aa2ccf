//! What went out when.

use serde::Serialize;

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::RunId;

/// A row of `published`: a generation that became the current one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedGeneration {
    /// The generation's ID.
    pub generation: String,
    /// When it became the current one.
    pub published_at: Timestamp,
    /// By which run.
    pub run: Option<RunId>,
    /// How many hosts it lists.
    pub hosts: u64,
    /// How many repositories it knows.
    pub repositories: u64,
    /// How many directories it knows.
    pub directories: u64,
}

/// Records that a generation became the current one.
pub fn record(tx: &Tx<'_>, p: &PublishedGeneration) -> Result<(), DbError> {
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
    )?;
    Ok(())
}

/// The last `limit`, newest first.
pub fn latest(tx: &Tx<'_>, limit: u32) -> Result<Vec<PublishedGeneration>, DbError> {
    tx.all(
        "SELECT generation, published_at, run_id, hosts, repositories, directories FROM published_generation ORDER BY id DESC \
         LIMIT $1",
        params![limit],
        |r| {
            Ok(PublishedGeneration {
                generation: r.get(0)?,
                published_at: Timestamp(r.get(1)?),
                run: r.get::<Option<i64>>(2)?.map(RunId),
                hosts: r.int("published_generation", 3)?,
                repositories: r.int("published_generation", 4)?,
                directories: r.int("published_generation", 5)?,
            })
        },
    )
}
