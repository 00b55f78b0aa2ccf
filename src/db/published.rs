//! What went out when.
