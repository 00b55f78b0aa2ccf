//! The types that the steps exchange.
//!
//! Pure: no I/O, no clock, no SQL, no command line. Input becomes one of the newtypes of
//! [`names`] at the I/O boundary, and only the newtype is passed on. Decisions that several steps share (which versions
//! of a file are still offered, which version a mirror had at a scan sequence) are functions here.

pub mod continents;
pub mod country;
pub mod crawl_prefs;
pub mod file;
pub mod history;
pub mod ids;
pub mod inventory;
pub mod listing;
pub mod names;
pub mod packed_country;
pub mod pause;
pub mod plan;
pub mod propagation;
pub mod registry;
pub mod registry_data;
pub mod run;
pub mod status;
pub mod timestamp;

pub use crawl_prefs::{CrawlWindow, ProbeKind};
pub use timestamp::Timestamp;
