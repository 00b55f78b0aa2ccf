-- The crawler: looks at what may have changed, limits for each host, results that wait for a person.

-- How a host is asked; NULL = as the config says. At most so many connections at once, requests a second, requests in 24 hours.
ALTER TABLE host ADD COLUMN crawl_connections INTEGER CHECK (crawl_connections > 0);
ALTER TABLE host ADD COLUMN crawl_rate INTEGER CHECK (crawl_rate > 0);
ALTER TABLE host ADD COLUMN crawl_budget INTEGER CHECK (crawl_budget > 0);
-- When it may be asked: HH:MM-HH:MM in UTC; past midnight where the end is before the beginning.
ALTER TABLE host ADD COLUMN crawl_window TEXT;
ALTER TABLE host ADD COLUMN crawl_probe TEXT CHECK (crawl_probe IN ('rsync', 'index', 'head'));

-- A Roaring bitmap of directory ids that the next look must ask for: changed by the master and not asked since. NULL = none.
ALTER TABLE holding ADD COLUMN due BLOB;
-- When every directory was last asked for.
ALTER TABLE holding ADD COLUMN full_at INTEGER NOT NULL DEFAULT 0;
-- Which part of the rotating sample comes next.
ALTER TABLE holding ADD COLUMN turn INTEGER NOT NULL DEFAULT 0 CHECK (turn >= 0);

-- How the directories were asked for (rsync, index, head, list), and how many of them.
ALTER TABLE crawl_result ADD COLUMN probe TEXT NOT NULL DEFAULT '';
ALTER TABLE crawl_result ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;

-- Results that a run did not dare to put in force: one for each host, for mm-crawl --confirm or --revert.
CREATE TABLE pending_result (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    -- JSON.
    result TEXT NOT NULL,
    UNIQUE (host_id, run_id)
) STRICT;
CREATE INDEX pending_result_run ON pending_result (run_id);

-- Full time lists that the master had, by which mirrors can show that they are up to date.
CREATE TABLE known_list (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    -- The scan that read it.
    generation INTEGER NOT NULL,
    size INTEGER NOT NULL,
    "timestamp" INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    UNIQUE (category_id, size, "timestamp")
) STRICT;

-- Nothing was written there before. Pushes behind the newest, instead of days.
ALTER TABLE propagation_stat RENAME COLUMN same_day TO newest;
ALTER TABLE propagation_stat RENAME COLUMN one_day TO one_behind;
ALTER TABLE propagation_stat RENAME COLUMN two_day TO two_behind;
