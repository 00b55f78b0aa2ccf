//! How far pushes had come, and when: the rows of `propagation_stat`.

use super::engine::{DbError, Tx, params};
use crate::model::Epoch;
use crate::model::ids::{DirectoryId, HostCategoryId, RepositoryId};

/// Numbers of mirrors for one repository: newest, one and two pushes behind, older, no answer.
pub type Numbers = [u32; 5];

/// Records the numbers of one repository. What was recorded at the same second is replaced.
pub fn put(tx: &Tx<'_>, repository: RepositoryId, taken_at: Epoch, numbers: Numbers) -> Result<(), DbError> {
    let [newest, one, two, older, none] = numbers;
    tx.execute(
        "INSERT INTO propagation_stat (repository_id, taken_at, newest, one_behind, two_behind, older, no_info) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (repository_id, taken_at) DO UPDATE SET newest = excluded.newest, \
         one_behind = excluded.one_behind, two_behind = excluded.two_behind, older = excluded.older, \
         no_info = excluded.no_info",
        params![repository, taken_at, newest, one, two, older, none],
    )?;
    Ok(())
}

/// Directories in which the last crawl of a category of a host saw a `repomd.xml` that is no longer offered.
pub fn outdated(tx: &Tx<'_>) -> Result<Vec<(HostCategoryId, DirectoryId)>, DbError> {
    tx.all(
        "SELECT host_category_id, directory_id FROM finding WHERE reason = 'repomd-old' AND directory_id IS NOT NULL",
        params![],
        |r| Ok((HostCategoryId(r.get(0)?), r.int("finding", 1).map(DirectoryId)?)),
    )
}
