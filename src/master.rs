//! Stage 1: what the master tree holds, as directories and details of files.
//!
//! [`walk`] lists a category's local tree; [`diff`] compares the listing with what the database knows and makes the
//! [`ScanPlan`](crate::model::listing::ScanPlan) that [`crate::db::scan`] writes. A listing that did not end cleanly is an error and
//! is never compared: half a listing would look like a mass removal.

pub mod diff;
pub mod walk;
