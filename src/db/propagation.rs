//! Propagation of pushes over time: rows of `propagation_stat`.

use super::connection::{DbError, Tx, params};
use crate::model::Timestamp;
use crate::model::ids::{DirectoryId, HostCategoryId, RepositoryId};
use crate::model::propagation::PropagationSample;

/// Stores the counts of one repository. Counts of the same second are replaced.
pub(crate) fn put(tx: &Tx<'_>, repository: RepositoryId, counted: PropagationSample) -> Result<(), DbError> {
    let [newest, one, two, older, none] = counted.counts.parts();
    tx.execute(
        "INSERT INTO propagation_stat (repository_id, taken_at, newest, one_behind, two_behind, older, inconclusive) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (repository_id, taken_at) DO UPDATE SET newest = excluded.newest, \
         one_behind = excluded.one_behind, two_behind = excluded.two_behind, older = excluded.older, \
         inconclusive = excluded.inconclusive",
        params![repository, counted.taken_at, newest, one, two, older, none],
    )
}

/// Returns all counts by repository, oldest first.
pub(crate) fn all(tx: &Tx<'_>) -> Result<Vec<(RepositoryId, PropagationSample)>, DbError> {
    tx.rows(
        "SELECT repository_id, taken_at, newest, one_behind, two_behind, older, inconclusive FROM propagation_stat \
         ORDER BY repository_id, taken_at",
        params![],
    )
}

/// Deletes counts from before `end` and returns their number.
pub(crate) fn expire(tx: &Tx<'_>, end: Timestamp) -> Result<u64, DbError> {
    tx.execute_counted("DELETE FROM propagation_stat WHERE taken_at < $1", params![end])
}

/// Returns the directories in which the last crawl of a host category found a `repomd.xml` that is no longer offered.
pub(crate) fn outdated(tx: &Tx<'_>) -> Result<Vec<(HostCategoryId, DirectoryId)>, DbError> {
    tx.rows(
        "SELECT host_category_id, directory_id FROM finding WHERE reason = 'repomd-outdated' AND directory_id IS NOT NULL",
        params![],
    )
}
