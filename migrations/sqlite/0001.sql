-- The whole schema. Integers are 64 bits; times are epoch seconds set by the programs; booleans are 0 and 1. IDs are never reused.
-- Names follow MirrorManager2 where the meaning is the same. The columns of registry tables are described in
-- src/registry/entity/fields.rs.

-- Registry: products, versions, architectures and categories.

-- A distribution or add-on collection with versions of its own.
CREATE TABLE product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    -- Shown on public pages.
    publiclist INTEGER NOT NULL DEFAULT 1 CHECK (publiclist IN (0, 1))
) STRICT;

-- A release of a product.
CREATE TABLE version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL REFERENCES product (id),
    name TEXT NOT NULL,
    codename TEXT,
    -- The name on pages, if not `name`.
    display_name TEXT,
    -- A test release.
    is_test INTEGER NOT NULL DEFAULT 0 CHECK (is_test IN (0, 1)),
    -- Shown on public pages.
    display INTEGER NOT NULL DEFAULT 1 CHECK (display IN (0, 1)),
    sortorder INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL,
    UNIQUE (product_id, name)
) STRICT;

-- An architecture.
CREATE TABLE arch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    -- Shown on public pages.
    publiclist INTEGER NOT NULL DEFAULT 1 CHECK (publiclist IN (0, 1)),
    -- Listed before the others.
    primary_arch INTEGER NOT NULL DEFAULT 0 CHECK (primary_arch IN (0, 1))
) STRICT;

-- A part of the master tree that a host carries as a unit.
CREATE TABLE category (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    product_id INTEGER NOT NULL REFERENCES product (id),
    -- The path of the tree as clients request it.
    topdir TEXT NOT NULL UNIQUE,
    canonicalhost TEXT,
    -- Shown on public pages.
    publiclist INTEGER NOT NULL DEFAULT 1 CHECK (publiclist IN (0, 1)),
    -- Only administrators may add hosts to it.
    admin_only INTEGER NOT NULL DEFAULT 0 CHECK (admin_only IN (0, 1)),
    -- The scan sequence: increased by every scan that finds changes; 0 = never scanned.
    scan_seq INTEGER NOT NULL DEFAULT 0,
    -- When the last scan was recorded.
    scanned_at INTEGER
) STRICT;

-- The master tree.

-- A directory of the master: category and path below its topdir. Bytes that are not UTF-8 are percent-encoded.
CREATE TABLE directory (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id <= 4294967295),
    category_id INTEGER NOT NULL REFERENCES category (id),
    path TEXT NOT NULL,
    -- World-readable, with all directories above it.
    readable INTEGER NOT NULL CHECK (readable IN (0, 1)),
    -- The later of change and modification time.
    ctime INTEGER NOT NULL,
    -- A hash of everything that a file list names in the directory; NULL where the tree was read instead.
    fingerprint INTEGER,
    -- The file sample: a JSON array of {name, size, timestamp}, sorted by name.
    files TEXT NOT NULL DEFAULT '[]',
    -- The scan sequence of its last change.
    changed_seq INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    -- When a scan first found it missing; its ID and what is known of mirrors are kept for a time.
    vanished_at INTEGER,
    -- The next scan must read its files: a crawl saw that the master changed it, or the last scan saw it being written.
    needs_scan INTEGER NOT NULL DEFAULT 0 CHECK (needs_scan IN (0, 1)),
    -- When a scan found it world-readable that had been staged: only the topmost directory of an opened tree.
    opened_at INTEGER,
    UNIQUE (category_id, path)
) STRICT;

-- Known versions of files, with digests. The newest is the one without superseded_seq.
CREATE TABLE file_detail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    directory_id INTEGER NOT NULL REFERENCES directory (id) ON DELETE CASCADE,
    filename TEXT NOT NULL,
    -- The timestamp inside of a repomd.xml, else the modification time.
    timestamp INTEGER NOT NULL,
    size INTEGER NOT NULL,
    -- Digests in lower-case hexadecimal.
    md5 TEXT,
    sha1 TEXT,
    sha256 TEXT,
    sha512 TEXT,
    -- The newest version from the first scan sequence up to, not including, the second.
    first_seq INTEGER NOT NULL,
    superseded_seq INTEGER,
    -- The same as times.
    first_seen INTEGER NOT NULL,
    superseded_at INTEGER
) STRICT;
CREATE UNIQUE INDEX file_detail_newest ON file_detail (directory_id, filename) WHERE superseded_seq IS NULL;
CREATE INDEX file_detail_directory ON file_detail (directory_id, filename);

-- Missing directories whose removal needs confirmation, and directories that lost the repomd.xml of a repository, as of the last
-- scan.
CREATE TABLE pending_removal (
    directory_id INTEGER PRIMARY KEY REFERENCES directory (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    -- An operator decided that the directory stays recorded; NULL = undecided.
    rejected_at INTEGER,
    rejected_by TEXT
) STRICT;

-- Versions of repomd.xml that the master has, or had, and that are not offered: the version before stays the newest.
CREATE TABLE refused_version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    directory_id INTEGER NOT NULL REFERENCES directory (id) ON DELETE CASCADE,
    reason TEXT NOT NULL CHECK (reason IN ('master-invalid', 'master-incomplete', 'blocked')),
    -- What is wrong with it.
    explanation TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    -- When a scan found that the master no longer has it, or that it is good; NULL = it is refused now.
    ended_at INTEGER,
    UNIQUE (directory_id, sha256)
) STRICT;

-- Decisions of operators about versions of repomd.xml, by digest.
CREATE TABLE version_decision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    directory_id INTEGER NOT NULL REFERENCES directory (id) ON DELETE CASCADE,
    sha256 TEXT NOT NULL,
    -- It is offered whatever a scan finds, or it is not offered.
    is_accepted INTEGER NOT NULL CHECK (is_accepted IN (0, 1)),
    reason TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL,
    -- NULL = without end.
    expires_at INTEGER,
    UNIQUE (directory_id, sha256)
) STRICT;

-- Removals that an operator announced, so that they need no confirmation.
CREATE TABLE expected_removal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    -- The directory, with everything below it; relative to the topdir.
    path TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    -- How many repositories that clients can request may lose their directory.
    repositories INTEGER NOT NULL,
    announced_by TEXT NOT NULL,
    announced_at INTEGER NOT NULL,
    UNIQUE (category_id, path)
) STRICT;

-- The watched files of a category when its last complete scan began, for --if-changed.
CREATE TABLE scan_watch (
    category_id INTEGER PRIMARY KEY REFERENCES category (id) ON DELETE CASCADE,
    -- A JSON object: name -> modification time, as text.
    seen TEXT NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

-- File lists that the master had. A mirror with the same list has followed the master up to that scan.
CREATE TABLE known_file_list (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    -- The scan sequence after the last scan that read it.
    scan_seq INTEGER NOT NULL,
    size INTEGER NOT NULL,
    "timestamp" INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    UNIQUE (category_id, size, "timestamp")
) STRICT;

-- Repositories.

-- A (prefix, architecture) pair and its directory.
CREATE TABLE repository (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The path of the directory, topdir included.
    name TEXT NOT NULL,
    -- The name that clients send as repo=; NULL = clients cannot request it.
    prefix TEXT,
    category_id INTEGER NOT NULL REFERENCES category (id),
    version_id INTEGER NOT NULL REFERENCES version (id),
    arch_id INTEGER NOT NULL REFERENCES arch (id),
    directory_id INTEGER REFERENCES directory (id) ON DELETE SET NULL,
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    first_seen INTEGER NOT NULL,
    -- Until then only mirrors of the newest metadata are listed, and no older version is offered.
    newest_only_until INTEGER,
    UNIQUE (prefix, arch_id)
) STRICT;
CREATE INDEX repository_directory ON repository (directory_id);

-- Moves of prefixes to other directories that the last release detection proposed.
CREATE TABLE proposed_move (
    repository_id INTEGER PRIMARY KEY REFERENCES repository (id) ON DELETE CASCADE,
    directory_id INTEGER NOT NULL REFERENCES directory (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    -- An operator decided that the repository stays where it is; NULL = undecided.
    rejected_at INTEGER,
    rejected_by TEXT
) STRICT;
CREATE INDEX proposed_move_directory ON proposed_move (directory_id);

-- A prefix that is answered as if another one had been requested; to_repo NULL = not found.
CREATE TABLE repository_redirect (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    from_repo TEXT NOT NULL UNIQUE,
    to_repo TEXT
) STRICT;

-- Repository directories that no detection rule matches, or whose own files contradict the rule.
CREATE TABLE unresolved_directory (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    -- The path, topdir included.
    path TEXT NOT NULL,
    reason TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    UNIQUE (category_id, path)
) STRICT;

-- Registry: sites and hosts.

-- An organization that runs hosts.
CREATE TABLE site (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    org_url TEXT,
    private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
    admin_active INTEGER NOT NULL DEFAULT 1 CHECK (admin_active IN (0, 1)),
    user_active INTEGER NOT NULL DEFAULT 1 CHECK (user_active IN (0, 1)),
    comment TEXT
) STRICT;

-- One registered mirror server.
CREATE TABLE host (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    site_id INTEGER NOT NULL REFERENCES site (id),
    name TEXT NOT NULL UNIQUE,
    country TEXT,
    -- In Mbit/s; the weight of the host in the order of responses.
    bandwidth INTEGER NOT NULL DEFAULT 100 CHECK (bandwidth > 0),
    -- Returned only to clients in its netblocks and ASNs.
    private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
    -- Set by administrators; by the owner or the crawler.
    admin_active INTEGER NOT NULL DEFAULT 1 CHECK (admin_active IN (0, 1)),
    user_active INTEGER NOT NULL DEFAULT 1 CHECK (user_active IN (0, 1)),
    disabled_by TEXT CHECK (disabled_by IN ('crawler', 'admin', 'owner')),
    disable_reason TEXT,
    internet2 INTEGER NOT NULL DEFAULT 0 CHECK (internet2 IN (0, 1)),
    internet2_clients INTEGER NOT NULL DEFAULT 0 CHECK (internet2_clients IN (0, 1)),
    asn INTEGER CHECK (asn BETWEEN 0 AND 4294967295),
    -- Clients of that ASN are sent to it first.
    asn_clients INTEGER NOT NULL DEFAULT 1 CHECK (asn_clients IN (0, 1)),
    -- How many connections a client may open.
    max_connections INTEGER NOT NULL DEFAULT 1 CHECK (max_connections > 0),
    -- Limits of the crawler; NULL = as configured: connections at once, requests per second, requests in 24 hours.
    crawl_connections INTEGER CHECK (crawl_connections > 0),
    crawl_rate INTEGER CHECK (crawl_rate > 0),
    crawl_budget INTEGER CHECK (crawl_budget > 0),
    -- When it may be crawled: HH:MM-HH:MM in UTC; past midnight where the end is before the start.
    crawl_window TEXT,
    -- The probe method; NULL = the crawler chooses.
    crawl_probe TEXT CHECK (crawl_probe IN ('rsync', 'index', 'head')),
    robot_email TEXT,
    comment TEXT,
    last_crawled INTEGER,
    -- In seconds.
    last_crawl_duration INTEGER,
    -- Consecutive crawls in which no category was reachable.
    crawl_failures INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX host_site ON host (site_id);

-- A period in which a host is not crawled.
CREATE TABLE host_downtime (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    reason TEXT,
    -- It is not crawled, but stays listed.
    keep_listed INTEGER NOT NULL DEFAULT 0 CHECK (keep_listed IN (0, 1)),
    CHECK (starts_at < ends_at)
) STRICT;
CREATE INDEX host_downtime_host ON host_downtime (host_id);

-- One category on one host.
CREATE TABLE host_category (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    category_id INTEGER NOT NULL REFERENCES category (id),
    -- An administrator vouches for it: not crawled, always listed.
    always_up2date INTEGER NOT NULL DEFAULT 0 CHECK (always_up2date IN (0, 1)),
    UNIQUE (host_id, category_id)
) STRICT;

-- A URL of a host category.
CREATE TABLE host_category_url (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_category_id INTEGER NOT NULL REFERENCES host_category (id) ON DELETE CASCADE,
    url TEXT NOT NULL UNIQUE,
    -- For other mirrors and the crawler only.
    private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1))
) STRICT;
CREATE INDEX host_category_url_host_category ON host_category_url (host_category_id);

-- A network whose clients are sent to a host first.
CREATE TABLE host_netblock (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    netblock TEXT NOT NULL,
    name TEXT,
    UNIQUE (host_id, netblock)
) STRICT;

-- An additional autonomous system whose clients are sent to a host first.
CREATE TABLE host_peer_asn (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    asn INTEGER NOT NULL CHECK (asn BETWEEN 0 AND 4294967295),
    name TEXT,
    UNIQUE (host_id, asn)
) STRICT;

-- The only countries whose clients a host serves; none = all countries.
CREATE TABLE host_country_allowed (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    country TEXT NOT NULL,
    UNIQUE (host_id, country)
) STRICT;

-- Countries whose clients a host does not serve.
CREATE TABLE host_country_denied (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    country TEXT NOT NULL,
    UNIQUE (host_id, country)
) STRICT;

-- The country of a network, instead of the one in the GeoIP database.
CREATE TABLE netblock_country (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    netblock TEXT NOT NULL UNIQUE,
    country TEXT NOT NULL
) STRICT;

-- The continent of a country, instead of the one in the built-in table.
CREATE TABLE country_continent_redirect (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    country TEXT NOT NULL UNIQUE,
    continent TEXT NOT NULL CHECK (continent IN ('AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'))
) STRICT;

-- A country whose hosts are never listed and whose clients are not served.
CREATE TABLE embargoed_country (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    country_code TEXT NOT NULL UNIQUE
) STRICT;

-- The audit log of the registry.
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    changed_at INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    program TEXT NOT NULL,
    -- The kind of row, as mm-admin names it, and the key of the row.
    entity TEXT NOT NULL,
    "key" TEXT NOT NULL,
    -- The row before and after the change, as JSON; NULL where it did not exist before, or does not exist after.
    old TEXT,
    new TEXT,
    -- The ID of the first entry of the same transaction; the entries of a transaction are undone together.
    group_id INTEGER,
    -- The group that this entry undoes.
    undoes INTEGER,
    -- The ID of the changed row, so that undoing a removal restores the same ID; NULL = unknown.
    row_id INTEGER
) STRICT;
CREATE INDEX audit_log_entity ON audit_log (entity, "key");
CREATE INDEX audit_log_group ON audit_log (group_id);

-- Runs and crawls.

-- One execution of a job.
CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    -- What the run was limited to, such as a category; empty = everything.
    scope TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    -- The exit status.
    exit INTEGER,
    pid INTEGER NOT NULL,
    "user" TEXT NOT NULL,
    -- Statistics of the run, as a JSON object.
    stats TEXT NOT NULL DEFAULT '{}',
    -- The last line that the run reported.
    message TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX run_job ON run (job, id);

-- What a host category was verified to have. The row with the highest seq is current; the last three are kept for --revert.
CREATE TABLE inventory (
    host_category_id INTEGER NOT NULL REFERENCES host_category (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    -- The scan sequence that it was compared with.
    scan_seq INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    -- Roaring bitmaps of directory IDs, in the portable serialization: directories that are present, and the topmost ones that are
    -- absent with everything below them.
    present BLOB NOT NULL,
    missing BLOB NOT NULL,
    -- A JSON object: directory ID -> {state, since, tries, detail, sha256}.
    exceptions TEXT NOT NULL DEFAULT '{}',
    -- Since when, and in how many consecutive crawls, the category as a whole gave no conclusive result.
    inconclusive_since INTEGER,
    inconclusive_tries INTEGER NOT NULL DEFAULT 0,
    -- The directory at which the next crawl starts: the first that the last one did not reach. It may have been removed since.
    resume_directory_id INTEGER,
    -- A Roaring bitmap of directory IDs that the next crawl must probe: changed by the master and not probed since. NULL = none.
    pending_probe BLOB,
    -- When every directory had last been probed.
    last_full_probe_at INTEGER NOT NULL DEFAULT 0,
    -- The next part of the rotating sample.
    sample_rotation INTEGER NOT NULL DEFAULT 0 CHECK (sample_rotation >= 0),
    PRIMARY KEY (host_category_id, seq)
) STRICT;
CREATE INDEX inventory_run ON inventory (run_id);

-- The result of a category probe: one row for each host, category and crawl run.
CREATE TABLE crawl_result (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    outcome TEXT NOT NULL CHECK (outcome IN ('complete', 'category-missing', 'inconclusive')),
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    -- The number of directories of each status.
    "current" INTEGER NOT NULL,
    outdated_allowed INTEGER NOT NULL,
    outdated INTEGER NOT NULL,
    unknown_hash INTEGER NOT NULL,
    staged INTEGER NOT NULL,
    inconclusive INTEGER NOT NULL,
    -- How most directories were probed (rsync, index, head, list; empty = none was), and how many of them.
    method TEXT NOT NULL DEFAULT '',
    probed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX crawl_result_host ON crawl_result (host_id, id);
CREATE INDEX crawl_result_run ON crawl_result (run_id);

-- Why a directory, or a category as a whole, is not current on a host, as of its last probe; capped per host category.
CREATE TABLE finding (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host_category_id INTEGER NOT NULL REFERENCES host_category (id) ON DELETE CASCADE,
    directory_id INTEGER REFERENCES directory (id) ON DELETE CASCADE,
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    seen_at INTEGER NOT NULL,
    url TEXT NOT NULL,
    -- The finding code.
    reason TEXT NOT NULL,
    -- On the master, and on the mirror.
    expected TEXT NOT NULL,
    seen TEXT NOT NULL
) STRICT;
CREATE INDEX finding_host_category ON finding (host_category_id);
-- Without these, removing a directory or a run would search the whole table.
CREATE INDEX finding_directory ON finding (directory_id);
CREATE INDEX finding_run ON finding (run_id);

-- Crawl results awaiting confirmation: one per host and run.
CREATE TABLE pending_result (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    -- The result, as JSON.
    result TEXT NOT NULL,
    stored_at INTEGER NOT NULL,
    -- The number of later runs that found the same, and the last of them.
    agreements INTEGER NOT NULL DEFAULT 0,
    agreed_run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    UNIQUE (host_id, run_id)
) STRICT;
CREATE INDEX pending_result_run ON pending_result (run_id);
CREATE INDEX pending_result_agreed_run ON pending_result (agreed_run_id);

-- How far the pushes of a repository had reached: numbers of mirrors by pushes behind the newest.
CREATE TABLE propagation_stat (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id INTEGER NOT NULL REFERENCES repository (id) ON DELETE CASCADE,
    taken_at INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    one_behind INTEGER NOT NULL,
    two_behind INTEGER NOT NULL,
    older INTEGER NOT NULL,
    inconclusive INTEGER NOT NULL,
    UNIQUE (repository_id, taken_at)
) STRICT;

-- Publishing and operation.

-- Generations that became current.
CREATE TABLE published_generation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The ID of the generation.
    generation TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    run_id INTEGER REFERENCES run (id) ON DELETE SET NULL,
    -- The numbers of listed hosts, repositories and directories in it.
    hosts INTEGER NOT NULL,
    repositories INTEGER NOT NULL,
    directories INTEGER NOT NULL
) STRICT;
CREATE INDEX published_generation_run ON published_generation (run_id);

-- Registry files that affect too many hosts to be applied without a decision.
CREATE TABLE refused_apply (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The absolute path.
    file TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL,
    prune INTEGER NOT NULL CHECK (prune IN (0, 1)),
    force INTEGER NOT NULL CHECK (force IN (0, 1)),
    affected INTEGER NOT NULL,
    hosts INTEGER NOT NULL,
    refused_at INTEGER NOT NULL,
    refused_by TEXT NOT NULL
) STRICT;

-- Targets that were rolled back: mm-sync-out does not update them.
CREATE TABLE pin (
    target TEXT PRIMARY KEY,
    -- The ID of the generation that the target keeps.
    generation TEXT NOT NULL,
    -- NULL = until it is unpinned.
    pinned_until INTEGER,
    reason TEXT NOT NULL,
    pinned_by TEXT NOT NULL,
    pinned_at INTEGER NOT NULL
) STRICT;

-- Paused jobs.
CREATE TABLE job_pause (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL CHECK (job IN ('scan', 'crawl', 'publish')),
    -- NULL = all categories.
    category_id INTEGER REFERENCES category (id) ON DELETE CASCADE,
    -- NULL = until it is resumed.
    paused_until INTEGER,
    reason TEXT NOT NULL,
    paused_by TEXT NOT NULL,
    paused_at INTEGER NOT NULL
) STRICT;

-- Open problems: a job reports each when it appears, changes or is resolved, and once a day.
CREATE TABLE alert (
    job TEXT NOT NULL,
    scope TEXT NOT NULL,
    "key" TEXT NOT NULL,
    message TEXT NOT NULL,
    since INTEGER NOT NULL,
    notified_at INTEGER NOT NULL,
    PRIMARY KEY (job, scope, "key")
) STRICT;

-- What happened to alerts, for the digest: a problem appeared or its message changed, or it was resolved.
CREATE TABLE alert_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    happened_at INTEGER NOT NULL,
    job TEXT NOT NULL,
    "key" TEXT NOT NULL,
    message TEXT NOT NULL,
    -- The start of the problem.
    since INTEGER NOT NULL,
    is_resolved INTEGER NOT NULL CHECK (is_resolved IN (0, 1))
) STRICT;
CREATE INDEX alert_event_happened ON alert_event (happened_at);

-- Mail.

-- Mails that the SMTP server did not accept yet; one row for each recipient.
CREATE TABLE mail_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    queued_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    -- A process is delivering it until then.
    claimed_until INTEGER,
    -- The result of the last attempt.
    last_error TEXT,
    -- When it was given up: the server rejected it, or it became too old. The row is kept for a time.
    failed_at INTEGER
) STRICT;

-- When the digests were made.
CREATE TABLE mail_digest (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at INTEGER NOT NULL
) STRICT;

-- What the owner of a host was notified of.
CREATE TABLE owner_notice (
    host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
    -- The condition after the last crawl, since when, and in how many crawls.
    condition TEXT NOT NULL CHECK (condition IN ('good', 'failing', 'disabled')),
    since INTEGER NOT NULL,
    crawls INTEGER NOT NULL,
    -- The condition that the last mail reported, or that was left to the administrators; NULL = none.
    reported TEXT CHECK (reported IN ('good', 'failing', 'disabled')),
    -- Whether that was a mail to the owner.
    is_owner_notified INTEGER NOT NULL DEFAULT 0 CHECK (is_owner_notified IN (0, 1)),
    -- How many reminders followed it.
    reminders INTEGER NOT NULL DEFAULT 0
) STRICT;
