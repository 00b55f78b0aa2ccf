//! `mm-admin`.
