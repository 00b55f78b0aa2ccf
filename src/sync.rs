//! Stage 5: gets a generation live.
