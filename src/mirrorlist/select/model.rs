//! The slow model.
