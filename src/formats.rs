//! Pure parsers of what the world writes.
