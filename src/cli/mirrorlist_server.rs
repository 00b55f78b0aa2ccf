//! `mm-mirrorlist-server`.
