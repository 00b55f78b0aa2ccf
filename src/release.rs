//! Stage 2: versions and repositories from directories.
