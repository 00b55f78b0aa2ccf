//! The types that the stages hand to each other.
//!
//! Pure: no I/O, no clock, no SQL, no command line. Whatever comes from outside becomes one of the newtypes of
//! [`names`] at the rim, and only the newtype travels. Decisions that several stages must take alike (which versions
//! of a file are still offered, which version a mirror held at a scan generation) are functions here.

pub mod country;
pub mod crawl_prefs;
pub mod entity;
pub mod epoch;
pub mod field_value;
pub mod file;
pub mod geo_check;
pub mod history;
pub mod ids;
pub mod inventory;
pub mod listing;
pub mod names;
pub mod pause;
pub mod plan;
pub mod propagation;
pub mod record;
pub mod registry;
pub mod registry_data;
pub mod registry_file;
pub mod run;
pub mod span;
pub mod target_address;
pub mod time_arg;

pub use crawl_prefs::{CrawlWindow, ProbeKind};
pub use epoch::Epoch;
pub use geo_check::GeoCheck;
pub use span::HumanDuration;
pub use time_arg::TimeArg;
