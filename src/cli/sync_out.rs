//! `mm-sync-out`.
