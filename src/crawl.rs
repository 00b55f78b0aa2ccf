//! Stage 3: finds out which mirrors hold what.
//!
//! In the order of the way: [`crate::db::crawl`] reads the plan in one short transaction; [`tree`] prepares each category once for
//! all hosts; [`run`] gives every host a turn on one of the lanes (the slowest first); a turn asks one category after the other
//! ([`probe`]), judges each directory ([`verdict`], pure) and puts it together with what was known ([`merge`], pure); and the one
//! thread that owns the connection commits each host the moment it is done.
//!
//! What is stored are facts: what was seen, when, and against which scan. Who is listed is decided by publishing. A dead
//! mirror is a result, not a failure. What could not be found out never takes a bit away; negatives about directories that the
//! master changed since the plan are dropped at commit; and what is bad is written only when a mirror has shown since that it is not
//! our own network that fails (`gate.rs`).

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
