-- The whole schema. Integers are 64 bits; times are epoch seconds set by the programs; booleans are 0 and 1.
-- Names follow MirrorManager2 where the meaning is the same.

CREATE TABLE product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    publiclist INTEGER NOT NULL DEFAULT 1 CHECK (publiclist IN (0, 1))
) STRICT;

CREATE TABLE version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    name TEXT NOT NULL,
    codename TEXT,
    display_name TEXT,
    is_test INTEGER NOT NULL DEFAULT 0 CHECK (is_test IN (0, 1)),
    display INTEGER NOT NULL DEFAULT 1 CHECK (display IN (0, 1)),
    sortorder INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL,
    UNIQUE (product_id, name)
) STRICT;

CREATE TABLE arch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    publiclist INTEGER NOT NULL DEFAULT 1 CHECK (publiclist IN (0, 1)),
    primary_arch INTEGER NOT NULL DEFAULT 0 CHECK (primary_arch IN (0, 1))
) STRICT;

CREATE TABLE category (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    product_id INTEGER NOT NULL REFERENCES product (id),
    topdir TEXT NOT NULL UNIQUE,
    canonicalhost TEXT,
    publiclist INTEGER NOT NULL DEFAULT 1 CHECK (publiclist IN (0, 1)),
    admin_only INTEGER NOT NULL DEFAULT 0 CHECK (admin_only IN (0, 1)),
    -- Raised by every scan that changes something.
    generation INTEGER NOT NULL DEFAULT 0,
    scanned_at INTEGER
) STRICT;

-- A directory of the master: (category, path below its topdir). Bytes that are no UTF-8 stand percent-escaped.
CREATE TABLE directory (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id <= 4294967295),
    category_id INTEGER NOT NULL REFERENCES category (id),
    path TEXT NOT NULL,
    readable INTEGER NOT NULL CHECK (readable IN (0, 1)),
    ctime INTEGER NOT NULL,
    -- The short list: a JSON array of {name, size, timestamp}, sorted by name.
    files TEXT NOT NULL DEFAULT '[]',
    -- The generation in which it last changed.
    changed_gen INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    -- Missing from a clean listing since then; keeps its id and its facts.
    vanished_at INTEGER,
    -- Its content must be looked at: a crawl saw that the master changed it since the last scan, or the last scan saw it while it
    -- was being written.
    wants_scan INTEGER NOT NULL DEFAULT 0 CHECK (wants_scan IN (0, 1)),
    UNIQUE (category_id, path)
) STRICT;

-- Known good versions of files. The newest is the one that nothing superseded.
CREATE TABLE file_detail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    directory_id INTEGER NOT NULL REFERENCES directory (id) ON DELETE CASCADE,
    filename TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT,
    sha1 TEXT,
    sha256 TEXT,
    sha512 TEXT,
    first_gen INTEGER NOT NULL,
    superseded_gen INTEGER,
    first_seen INTEGER NOT NULL,
    superseded_at INTEGER
) STRICT;
CREATE UNIQUE INDEX file_detail_newest ON file_detail (directory_id, filename) WHERE superseded_gen IS NULL;
CREATE INDEX file_detail_directory ON file_detail (directory_id, filename);

CREATE TABLE repository (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    prefix TEXT,
    category_id INTEGER NOT NULL REFERENCES category (id),
    version_id INTEGER NOT NULL REFERENCES version (id),
    arch_id INTEGER NOT NULL REFERENCES arch (id),
    directory_id INTEGER REFERENCES directory (id) ON DELETE SET NULL,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    first_seen INTEGER NOT NULL,
    UNIQUE (prefix, arch_id)
) STRICT;
CREATE INDEX repository_directory ON repository (directory_id);

CREATE TABLE repository_redirect (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    from_repo TEXT NOT NULL UNIQUE,
    to_repo TEXT
) STRICT;

-- Repository directories that no rule knew.
CREATE TABLE unmatched (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    UNIQUE (category_id, path)
) STRICT;

CREATE TABLE site (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    org_url TEXT,
    private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
    admin_active INTEGER NOT NULL DEFAULT 1 CHECK (admin_active IN (0, 1)),
    user_active INTEGER NOT NULL DEFAULT 1 CHECK (user_active IN (0, 1)),
    comment TEXT
) STRICT;

CREATE TABLE host (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id INTEGER NOT NULL REFERENCES site (id),
    name TEXT NOT NULL UNIQUE,
    country TEXT,
    bandwidth INTEGER NOT NULL DEFAULT 100 CHECK (bandwidth > 0),
    private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
    admin_active INTEGER NOT NULL DEFAULT 1 CHECK (admin_active IN (0, 1)),
    user_active INTEGER NOT NULL DEFAULT 1 CHECK (user_active IN (0, 1)),
    disabled_by TEXT CHECK (disabled_by IN ('crawler', 'admin', 'owner')),
    disable_reason TEXT,
    internet2 INTEGER NOT NULL DEFAULT 0 CHECK (internet2 IN (0, 1)),
    internet2_clients INTEGER NOT NULL DEFAULT 0 CHECK (internet2_clients IN (0, 1)),
    asn INTEGER CHECK (asn BETWEEN 0 AND 4294967295),
    asn_clients INTEGER NOT NULL DEFAULT 1 CHECK (asn_clients IN (0, 1)),
    max_connections INTEGER NOT NULL DEFAULT 1 CHECK (max_connections > 0),
    robot_email TEXT,
    comment TEXT,
    last_crawled INTEGER,
    last_crawl_duration INTEGER,
    crawl_failures INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX host_site ON host (site_id);

CREATE TABLE host_downtime (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    reason TEXT,
    CHECK (starts_at < ends_at)
) STRICT;
CREATE INDEX host_downtime_host ON host_downtime (host_id);

CREATE TABLE host_category (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    category_id INTEGER NOT NULL REFERENCES category (id),
    always_up2date INTEGER NOT NULL DEFAULT 0 CHECK (always_up2date IN (0, 1)),
    UNIQUE (host_id, category_id)
) STRICT;

CREATE TABLE host_category_url (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_category_id INTEGER NOT NULL REFERENCES host_category (id) ON DELETE CASCADE,
    url TEXT NOT NULL UNIQUE,
    private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1))
) STRICT;
CREATE INDEX host_category_url_of ON host_category_url (host_category_id);

CREATE TABLE host_netblock (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    netblock TEXT NOT NULL,
    name TEXT,
    UNIQUE (host_id, netblock)
) STRICT;

CREATE TABLE host_peer_asn (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    asn INTEGER NOT NULL CHECK (asn BETWEEN 0 AND 4294967295),
    name TEXT,
    UNIQUE (host_id, asn)
) STRICT;

CREATE TABLE host_country_allowed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    country TEXT NOT NULL,
    UNIQUE (host_id, country)
) STRICT;

CREATE TABLE host_country_denied (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    country TEXT NOT NULL,
    UNIQUE (host_id, country)
) STRICT;

CREATE TABLE netblock_country (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    netblock TEXT NOT NULL UNIQUE,
    country TEXT NOT NULL
) STRICT;

CREATE TABLE country_continent_redirect (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    country TEXT NOT NULL UNIQUE,
    continent TEXT NOT NULL CHECK (continent IN ('AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'))
) STRICT;

CREATE TABLE embargoed_country (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    country_code TEXT NOT NULL UNIQUE
) STRICT;

-- Every run of every program that changes something.
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    scope TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    exit INTEGER,
    pid INTEGER NOT NULL,
    "user" TEXT NOT NULL,
    counts TEXT NOT NULL DEFAULT '{}',
    message TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX run_job ON run (job, id);

-- Who holds what: one state per (host, category) and crawl; the highest seq is in force, the last three are kept.
CREATE TABLE holding (
    host_category_id INTEGER NOT NULL REFERENCES host_category (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    -- The scan generation of the plan it was checked against.
    generation INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    -- Roaring bitmaps of directory ids, in the portable serialization.
    held BLOB NOT NULL,
    missing BLOB NOT NULL,
    -- A JSON object: directory id -> {state, since, tries, detail}.
    exceptions TEXT NOT NULL DEFAULT '{}',
    unanswered_since INTEGER,
    unanswered_tries INTEGER NOT NULL DEFAULT 0,
    -- The directory at which the next crawl begins: the first that the last one did not get to. It may be gone by then.
    resume_at INTEGER,
    PRIMARY KEY (host_category_id, seq)
) STRICT;
CREATE INDEX holding_run ON holding (run_id);

CREATE TABLE crawl_result (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    outcome TEXT NOT NULL CHECK (outcome IN ('complete', 'category-missing', 'inconclusive')),
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    "current" INTEGER NOT NULL,
    lagging INTEGER NOT NULL,
    not_current INTEGER NOT NULL,
    "foreign" INTEGER NOT NULL,
    staged INTEGER NOT NULL,
    unanswered INTEGER NOT NULL
) STRICT;
CREATE INDEX crawl_result_host ON crawl_result (host_id, id);
CREATE INDEX crawl_result_run ON crawl_result (run_id);

-- Why a directory of a host is not current, as of its last crawl; capped per host and category.
CREATE TABLE finding (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_category_id INTEGER NOT NULL REFERENCES host_category (id) ON DELETE CASCADE,
    directory_id INTEGER REFERENCES directory (id) ON DELETE CASCADE,
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    seen_at INTEGER NOT NULL,
    url TEXT NOT NULL,
    reason TEXT NOT NULL,
    expected TEXT NOT NULL,
    seen TEXT NOT NULL
) STRICT;
CREATE INDEX finding_of ON finding (host_category_id);
-- Without these, each directory or run that is removed would be looked for in the whole table.
CREATE INDEX finding_directory ON finding (directory_id);
CREATE INDEX finding_run ON finding (run_id);

CREATE TABLE propagation_stat (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    taken_at INTEGER NOT NULL,
    same_day INTEGER NOT NULL,
    one_day INTEGER NOT NULL,
    two_day INTEGER NOT NULL,
    older INTEGER NOT NULL,
    no_info INTEGER NOT NULL,
    UNIQUE (repository_id, taken_at)
) STRICT;

-- What went out when.
CREATE TABLE published (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    generation TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    hosts INTEGER NOT NULL,
    repositories INTEGER NOT NULL,
    directories INTEGER NOT NULL
) STRICT;
CREATE INDEX published_run ON published (run_id);

-- Jobs that a person stopped.
CREATE TABLE hold (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL CHECK (what IN ('scan', 'crawl', 'publish')),
    category_id INTEGER REFERENCES category (id) ON DELETE CASCADE,
    held_until INTEGER,
    reason TEXT NOT NULL,
    held_by TEXT NOT NULL,
    held_at INTEGER NOT NULL
) STRICT;

-- The audit log of the registry.
CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    program TEXT NOT NULL,
    noun TEXT NOT NULL,
    "key" TEXT NOT NULL,
    -- JSON; NULL where the row was not there before, or is not there after.
    old TEXT,
    new TEXT
) STRICT;
CREATE INDEX change_of ON change (noun, "key");

-- Problems that runs have reported and that last: a cron job says each when it begins, changes, ends, and once a day.
CREATE TABLE problem (
    job TEXT NOT NULL,
    scope TEXT NOT NULL,
    "key" TEXT NOT NULL,
    message TEXT NOT NULL,
    since INTEGER NOT NULL,
    said_at INTEGER NOT NULL,
    PRIMARY KEY (job, scope, "key")
) STRICT;
