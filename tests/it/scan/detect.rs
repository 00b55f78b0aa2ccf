//! Release detection.
