//! Everything that publishing decides from, read in one transaction.
