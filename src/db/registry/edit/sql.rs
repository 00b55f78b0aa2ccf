//! The statements of each entity. Columns and parameters stand in the order of [`Entity::fields`]; SELECT has the row's id in
//! front, UPDATE has it as its last parameter, DELETE as its only one.

use crate::registry::entity::Entity;

/// The statements of an entity.
#[derive(Debug)]
pub(super) struct Sql {
    pub(super) select: &'static str,
    pub(super) insert: &'static str,
    pub(super) update: &'static str,
    pub(super) delete: &'static str,
    /// Gives a row another id: $1 = the new one, $2 = the one it has.
    pub(super) set_id: &'static str,
}

pub(super) const fn of(entity: Entity) -> &'static Sql {
    match entity {
        Entity::Product => &PRODUCT,
        Entity::Version => &VERSION,
        Entity::Arch => &ARCH,
        Entity::Category => &CATEGORY,
        Entity::Site => &SITE,
        Entity::Host => &HOST,
        Entity::HostCategory => &HOST_CATEGORY,
        Entity::Url => &URL,
        Entity::Netblock => &NETBLOCK,
        Entity::PeerAsn => &PEER_ASN,
        Entity::CountryAllowed => &COUNTRY_ALLOWED,
        Entity::CountryDenied => &COUNTRY_DENIED,
        Entity::Repository => &REPOSITORY,
        Entity::Redirect => &REDIRECT,
        Entity::NetblockCountry => &NETBLOCK_COUNTRY,
        Entity::CountryContinent => &COUNTRY_CONTINENT,
        Entity::Embargo => &EMBARGO,
        Entity::Downtime => &DOWNTIME,
    }
}

const PRODUCT: Sql = Sql {
    select: "SELECT id, name, publiclist FROM product ORDER BY id",
    insert: "INSERT INTO product (name, publiclist) VALUES ($1, $2) RETURNING id",
    update: "UPDATE product SET name = $1, publiclist = $2 WHERE id = $3",
    delete: "DELETE FROM product WHERE id = $1",
    set_id: "UPDATE product SET id = $1 WHERE id = $2",
};

const VERSION: Sql = Sql {
    select: "SELECT v.id, p.name, v.name, v.codename, v.display_name, v.is_test, v.display, v.sortorder, v.first_seen \
             FROM version v JOIN product p ON p.id = v.product_id ORDER BY v.id",
    insert: "INSERT INTO version (product_id, name, codename, display_name, is_test, display, sortorder, first_seen) \
             VALUES ((SELECT id FROM product WHERE name = $1), $2, $3, $4, $5, $6, $7, $8) RETURNING id",
    update: "UPDATE version SET product_id = (SELECT id FROM product WHERE name = $1), name = $2, codename = $3, \
             display_name = $4, is_test = $5, display = $6, sortorder = $7 WHERE id = $8",
    delete: "DELETE FROM version WHERE id = $1",
    set_id: "UPDATE version SET id = $1 WHERE id = $2",
};

const ARCH: Sql = Sql {
    select: "SELECT id, name, primary_arch, publiclist FROM arch ORDER BY id",
    insert: "INSERT INTO arch (name, primary_arch, publiclist) VALUES ($1, $2, $3) RETURNING id",
    update: "UPDATE arch SET name = $1, primary_arch = $2, publiclist = $3 WHERE id = $4",
    delete: "DELETE FROM arch WHERE id = $1",
    set_id: "UPDATE arch SET id = $1 WHERE id = $2",
};

const CATEGORY: Sql = Sql {
    select: "SELECT c.id, c.name, p.name, c.topdir, c.canonicalhost, c.publiclist, c.admin_only, c.scan_seq, \
             c.scanned_at FROM category c JOIN product p ON p.id = c.product_id ORDER BY c.id",
    insert: "INSERT INTO category (name, product_id, topdir, canonicalhost, publiclist, admin_only) \
             VALUES ($1, (SELECT id FROM product WHERE name = $2), $3, $4, $5, $6) RETURNING id",
    update: "UPDATE category SET name = $1, product_id = (SELECT id FROM product WHERE name = $2), topdir = $3, \
             canonicalhost = $4, publiclist = $5, admin_only = $6 WHERE id = $7",
    delete: "DELETE FROM category WHERE id = $1",
    set_id: "UPDATE category SET id = $1 WHERE id = $2",
};

const SITE: Sql = Sql {
    select: "SELECT id, name, org_url, private, admin_active, user_active, comment FROM site ORDER BY id",
    insert: "INSERT INTO site (name, org_url, private, admin_active, user_active, comment) \
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
    update: "UPDATE site SET name = $1, org_url = $2, private = $3, admin_active = $4, user_active = $5, comment = $6 \
             WHERE id = $7",
    delete: "DELETE FROM site WHERE id = $1",
    set_id: "UPDATE site SET id = $1 WHERE id = $2",
};

const HOST: Sql = Sql {
    select: "SELECT h.id, h.name, s.name, h.country, h.bandwidth, h.private, h.admin_active, h.user_active, \
             h.disabled_by, h.disable_reason, h.internet2, h.internet2_clients, h.asn, h.asn_clients, \
             h.max_connections, h.crawl_connections, h.crawl_rate, h.crawl_budget, h.crawl_window, h.crawl_probe, \
             h.robot_email, h.comment, h.last_crawled, h.last_crawl_duration, h.crawl_failures \
             FROM host h JOIN site s ON s.id = h.site_id ORDER BY h.id",
    insert: "INSERT INTO host (name, site_id, country, bandwidth, private, admin_active, user_active, disabled_by, \
             disable_reason, internet2, internet2_clients, asn, asn_clients, max_connections, \
             crawl_connections, crawl_rate, crawl_budget, crawl_window, crawl_probe, robot_email, comment) \
             VALUES ($1, (SELECT id FROM site WHERE name = $2), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
             $15, $16, $17, $18, $19, $20, $21) RETURNING id",
    update: "UPDATE host SET name = $1, site_id = (SELECT id FROM site WHERE name = $2), country = $3, \
             bandwidth = $4, private = $5, admin_active = $6, user_active = $7, disabled_by = $8, \
             disable_reason = $9, internet2 = $10, internet2_clients = $11, asn = $12, asn_clients = $13, \
             max_connections = $14, crawl_connections = $15, crawl_rate = $16, crawl_budget = $17, crawl_window = $18, \
             crawl_probe = $19, robot_email = $20, comment = $21, \
             crawl_failures = CASE WHEN $7 AND NOT user_active THEN 0 ELSE crawl_failures END WHERE id = $22",
    delete: "DELETE FROM host WHERE id = $1",
    set_id: "UPDATE host SET id = $1 WHERE id = $2",
};

const HOST_CATEGORY: Sql = Sql {
    select: "SELECT hc.id, h.name, c.name, hc.always_up2date FROM host_category hc \
             JOIN host h ON h.id = hc.host_id JOIN category c ON c.id = hc.category_id ORDER BY hc.id",
    insert: "INSERT INTO host_category (host_id, category_id, always_up2date) VALUES \
             ((SELECT id FROM host WHERE name = $1), (SELECT id FROM category WHERE name = $2), $3) RETURNING id",
    update: "UPDATE host_category SET host_id = (SELECT id FROM host WHERE name = $1), \
             category_id = (SELECT id FROM category WHERE name = $2), always_up2date = $3 WHERE id = $4",
    delete: "DELETE FROM host_category WHERE id = $1",
    set_id: "UPDATE host_category SET id = $1 WHERE id = $2",
};

const URL: Sql = Sql {
    select: "SELECT u.id, u.url, h.name, c.name, u.private FROM host_category_url u \
             JOIN host_category hc ON hc.id = u.host_category_id JOIN host h ON h.id = hc.host_id \
             JOIN category c ON c.id = hc.category_id ORDER BY u.id",
    insert: "INSERT INTO host_category_url (url, host_category_id, private) VALUES ($1, \
             (SELECT hc.id FROM host_category hc JOIN host h ON h.id = hc.host_id \
             JOIN category c ON c.id = hc.category_id WHERE h.name = $2 AND c.name = $3), $4) RETURNING id",
    update: "UPDATE host_category_url SET url = $1, host_category_id = \
             (SELECT hc.id FROM host_category hc JOIN host h ON h.id = hc.host_id \
             JOIN category c ON c.id = hc.category_id WHERE h.name = $2 AND c.name = $3), private = $4 WHERE id = $5",
    delete: "DELETE FROM host_category_url WHERE id = $1",
    set_id: "UPDATE host_category_url SET id = $1 WHERE id = $2",
};

const NETBLOCK: Sql = Sql {
    select: "SELECT n.id, h.name, n.netblock, n.name FROM host_netblock n JOIN host h ON h.id = n.host_id \
             ORDER BY n.id",
    insert: "INSERT INTO host_netblock (host_id, netblock, name) VALUES \
             ((SELECT id FROM host WHERE name = $1), $2, $3) RETURNING id",
    update: "UPDATE host_netblock SET host_id = (SELECT id FROM host WHERE name = $1), netblock = $2, name = $3 \
             WHERE id = $4",
    delete: "DELETE FROM host_netblock WHERE id = $1",
    set_id: "UPDATE host_netblock SET id = $1 WHERE id = $2",
};

const PEER_ASN: Sql = Sql {
    select: "SELECT a.id, h.name, a.asn, a.name FROM host_peer_asn a JOIN host h ON h.id = a.host_id ORDER BY a.id",
    insert: "INSERT INTO host_peer_asn (host_id, asn, name) VALUES \
             ((SELECT id FROM host WHERE name = $1), $2, $3) RETURNING id",
    update: "UPDATE host_peer_asn SET host_id = (SELECT id FROM host WHERE name = $1), asn = $2, name = $3 \
             WHERE id = $4",
    delete: "DELETE FROM host_peer_asn WHERE id = $1",
    set_id: "UPDATE host_peer_asn SET id = $1 WHERE id = $2",
};

const COUNTRY_ALLOWED: Sql = Sql {
    select: "SELECT a.id, h.name, a.country FROM host_country_allowed a JOIN host h ON h.id = a.host_id ORDER BY a.id",
    insert: "INSERT INTO host_country_allowed (host_id, country) VALUES \
             ((SELECT id FROM host WHERE name = $1), $2) RETURNING id",
    update: "UPDATE host_country_allowed SET host_id = (SELECT id FROM host WHERE name = $1), country = $2 \
             WHERE id = $3",
    delete: "DELETE FROM host_country_allowed WHERE id = $1",
    set_id: "UPDATE host_country_allowed SET id = $1 WHERE id = $2",
};

const COUNTRY_DENIED: Sql = Sql {
    select: "SELECT d.id, h.name, d.country FROM host_country_denied d JOIN host h ON h.id = d.host_id ORDER BY d.id",
    insert: "INSERT INTO host_country_denied (host_id, country) VALUES \
             ((SELECT id FROM host WHERE name = $1), $2) RETURNING id",
    update: "UPDATE host_country_denied SET host_id = (SELECT id FROM host WHERE name = $1), country = $2 \
             WHERE id = $3",
    delete: "DELETE FROM host_country_denied WHERE id = $1",
    set_id: "UPDATE host_country_denied SET id = $1 WHERE id = $2",
};

/// Release detection makes them; a row is added here only to bring one back. What keeps its category and path keeps its directory,
/// whichever category that lies in.
const REPOSITORY: Sql = Sql {
    select: "SELECT r.id, coalesce(r.prefix, r.name), a.name, r.disabled, r.newest_only_until, c.name, p.name, v.name, \
             r.name, d.path, r.prefix, CASE WHEN r.directory_id IS NULL THEN 0 ELSE 1 END, r.first_seen \
             FROM repository r JOIN arch a ON a.id = r.arch_id JOIN category c ON c.id = r.category_id \
             JOIN version v ON v.id = r.version_id JOIN product p ON p.id = v.product_id \
             LEFT JOIN directory d ON d.id = r.directory_id ORDER BY r.id",
    insert: "INSERT INTO repository (arch_id, disabled, newest_only_until, category_id, version_id, name, directory_id, \
             prefix, first_seen) VALUES ((SELECT id FROM arch WHERE name = $1), $2, $3, \
             (SELECT id FROM category WHERE name = $4), \
             (SELECT v.id FROM version v JOIN product p ON p.id = v.product_id WHERE p.name = $5 AND v.name = $6), $7, \
             (SELECT d.id FROM directory d JOIN category c ON c.id = d.category_id WHERE c.name = $4 AND d.path = $8), \
             $9, $10) RETURNING id",
    update: "UPDATE repository SET disabled = $1, newest_only_until = $2, \
             category_id = (SELECT id FROM category WHERE name = $3), name = $4, \
             directory_id = CASE WHEN category_id = (SELECT id FROM category WHERE name = $3) \
             AND (SELECT path FROM directory WHERE id = directory_id) = $5 THEN directory_id \
             ELSE (SELECT d.id FROM directory d JOIN category c ON c.id = d.category_id WHERE c.name = $3 AND d.path = $5) \
             END WHERE id = $6",
    delete: "DELETE FROM repository WHERE id = $1",
    set_id: "UPDATE repository SET id = $1 WHERE id = $2",
};

const REDIRECT: Sql = Sql {
    select: "SELECT id, from_repo, to_repo FROM repository_redirect ORDER BY id",
    insert: "INSERT INTO repository_redirect (from_repo, to_repo) VALUES ($1, $2) RETURNING id",
    update: "UPDATE repository_redirect SET from_repo = $1, to_repo = $2 WHERE id = $3",
    delete: "DELETE FROM repository_redirect WHERE id = $1",
    set_id: "UPDATE repository_redirect SET id = $1 WHERE id = $2",
};

const NETBLOCK_COUNTRY: Sql = Sql {
    select: "SELECT id, netblock, country FROM netblock_country ORDER BY id",
    insert: "INSERT INTO netblock_country (netblock, country) VALUES ($1, $2) RETURNING id",
    update: "UPDATE netblock_country SET netblock = $1, country = $2 WHERE id = $3",
    delete: "DELETE FROM netblock_country WHERE id = $1",
    set_id: "UPDATE netblock_country SET id = $1 WHERE id = $2",
};

const COUNTRY_CONTINENT: Sql = Sql {
    select: "SELECT id, country, continent FROM country_continent_redirect ORDER BY id",
    insert: "INSERT INTO country_continent_redirect (country, continent) VALUES ($1, $2) RETURNING id",
    update: "UPDATE country_continent_redirect SET country = $1, continent = $2 WHERE id = $3",
    delete: "DELETE FROM country_continent_redirect WHERE id = $1",
    set_id: "UPDATE country_continent_redirect SET id = $1 WHERE id = $2",
};

const EMBARGO: Sql = Sql {
    select: "SELECT id, country_code FROM embargoed_country ORDER BY id",
    insert: "INSERT INTO embargoed_country (country_code) VALUES ($1) RETURNING id",
    update: "UPDATE embargoed_country SET country_code = $1 WHERE id = $2",
    delete: "DELETE FROM embargoed_country WHERE id = $1",
    set_id: "UPDATE embargoed_country SET id = $1 WHERE id = $2",
};

const DOWNTIME: Sql = Sql {
    select: "SELECT d.id, h.name, d.starts_at, d.ends_at, d.reason FROM host_downtime d \
             JOIN host h ON h.id = d.host_id ORDER BY d.id",
    insert: "INSERT INTO host_downtime (host_id, starts_at, ends_at, reason) VALUES \
             ((SELECT id FROM host WHERE name = $1), $2, $3, $4) RETURNING id",
    update: "UPDATE host_downtime SET host_id = (SELECT id FROM host WHERE name = $1), starts_at = $2, \
             ends_at = $3, reason = $4 WHERE id = $5",
    delete: "DELETE FROM host_downtime WHERE id = $1",
    set_id: "UPDATE host_downtime SET id = $1 WHERE id = $2",
};
