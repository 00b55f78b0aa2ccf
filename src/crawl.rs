//! Crawls mirrors: finds out which content each of them has.
//!
//! [`crate::db::crawl`] reads the plan in one short transaction, and [`tree`] prepares each category once for all hosts. [`run`]
//! crawls the hosts on worker threads, the slowest first. A host crawl probes one category after the other ([`probe`]), classifies
//! each directory ([`classify`], pure) and merges the results with the previous inventory ([`merge`], pure). The thread that owns
//! the database connection commits each host as soon as its results are reliable ([`outage`]).
//!
//! The database gets facts: what was found, when, and for which scan. Publishing decides what is listed. An unreachable mirror is
//! a result, not an error. An inconclusive result never removes a directory from an inventory, and a negative result is dropped
//! at commit if a scan changed the directory since the plan was read.

pub(crate) mod certificate;
pub mod classify;
pub(crate) mod hook;
mod host_crawl;
pub(crate) mod host_log;
pub(crate) mod master_files;
pub(crate) mod merge;
pub(crate) mod opened;
pub(crate) mod outage;
pub mod probe;
pub(crate) mod propagation;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod scope;
pub mod tree;
pub(crate) mod url_test;
mod worker_pool;
