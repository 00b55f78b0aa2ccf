//! Stage 6: answers clients.
