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

pub mod certificate;
pub mod classify;
pub mod hook;
mod host_crawl;
pub mod host_log;
pub mod master_files;
pub mod merge;
pub mod outage;
pub mod probe;
pub mod propagation;
pub mod report;
pub mod run;
pub mod scope;
pub mod tree;
pub mod url_test;
mod worker_pool;
