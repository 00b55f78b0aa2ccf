//! `mm-detect-release`.
