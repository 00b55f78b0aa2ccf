//! `mm-update-mirrorlist`.
