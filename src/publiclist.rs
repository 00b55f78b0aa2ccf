//! Stage 4b: the public pages.
