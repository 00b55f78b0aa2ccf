//! Stage 3: finds out what the mirrors hold.
