//! Versions, repositories and unmatched paths, as release detection writes them.
