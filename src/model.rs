//! The types that the stages hand to each other.
//!
//! Pure: no I/O, no clock, no SQL, no command line. Whatever comes from outside becomes one of the newtypes of
//! [`names`] at the rim, and only the newtype travels. Decisions that several stages must take alike (which versions
//! of a file are still offered, which version a mirror held at a scan generation) are functions here.

pub mod asking;
pub mod cell;
pub mod country;
pub mod epoch;
pub mod file;
pub mod geo_check;
pub mod history;
pub mod hold;
pub mod holding;
pub mod ids;
pub mod listing;
pub mod names;
pub mod noun;
pub mod place;
pub mod plan;
pub mod propagation;
pub mod record;
pub mod registry;
pub mod registry_file;
pub mod run;
pub mod span;
pub mod until;
pub mod world;

pub use asking::{CrawlWindow, ProbeKind};
pub use epoch::Epoch;
pub use geo_check::GeoCheck;
pub use span::Span;
pub use until::Until;
