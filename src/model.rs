//! The types that the stages hand to each other.
//!
//! Pure: no I/O, no clock, no SQL, no command line. Whatever comes from outside becomes one of the newtypes of
//! [`names`] at the rim, and only the newtype travels. Decisions that several stages must take alike (which versions
//! of a file are still offered, which version a mirror held at a scan generation) are functions here.

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
