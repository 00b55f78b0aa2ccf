//! Child processes with a deadline, in groups of their own.
