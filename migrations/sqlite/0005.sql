-- Targets that a person put back to an older generation: mm-sync-out leaves them alone.

CREATE TABLE pin (
    target TEXT PRIMARY KEY,
    generation TEXT NOT NULL,
    -- NULL = until somebody resumes.
    pinned_until INTEGER,
    reason TEXT NOT NULL,
    pinned_by TEXT NOT NULL,
    pinned_at INTEGER NOT NULL
) STRICT;
