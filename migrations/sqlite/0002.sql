-- Listings that name every file on every scan, removals that wait for a person, and what --if-changed compares.

-- A number made of all that a listing says of the entries of a directory; NULL where the directory was walked.
ALTER TABLE directory ADD COLUMN fingerprint INTEGER;

-- Missing directories whose removal waits for a person, as of the last scan.
CREATE TABLE pending_removal (
    directory_id INTEGER PRIMARY KEY REFERENCES directory (id) ON DELETE CASCADE,
    since INTEGER NOT NULL
) STRICT;

-- How the watched files of a category looked when its last whole scan began.
CREATE TABLE scan_watch (
    category_id INTEGER PRIMARY KEY REFERENCES category (id) ON DELETE CASCADE,
    -- A JSON object: name -> the time that was seen, as text.
    seen TEXT NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;
