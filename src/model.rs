//! The types that the steps exchange.
//!
//! Pure: no I/O, no clock, no SQL, no command line. Input becomes one of the newtypes of
//! [`names`] at the I/O boundary, and only the newtype is passed on. Decisions that several steps share (which versions
//! of a file are still offered, which version a mirror had at a scan sequence) are functions here.

pub(crate) mod alert;
pub(crate) mod clock;
pub(crate) mod continents;
pub(crate) mod count;
pub(crate) mod country;
pub(crate) mod crawl_prefs;
pub mod file;
pub(crate) mod history;
pub mod ids;
pub mod inventory;
pub(crate) mod listing;
pub mod memory_budget;
pub mod names;
pub(crate) mod owner_notice;
pub(crate) mod packed_country;
pub(crate) mod pause;
pub mod plan;
pub(crate) mod printable;
pub(crate) mod propagation;
pub(crate) mod refused;
pub(crate) mod registry;
pub(crate) mod registry_data;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod suggest;
pub(crate) mod timestamp;

pub use timestamp::Timestamp;
