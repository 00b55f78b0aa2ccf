//! Sites, hosts, host categories with their URLs, and netblocks.

use rusqlite::{Transaction, params};

use super::Size;
use super::inputs;
use super::random::{COUNTRIES, Random};
use super::tree::{ARCHIVE, CATEGORIES, EPEL, LINUX, OTHER, SECONDARY, category_id};

/// (category, number of its host categories of 1,457)
const SHARES: [(usize, usize); 5] = [
    (LINUX, 480),
    (EPEL, 410),
    (ARCHIVE, 270),
    (SECONDARY, 147),
    (OTHER, 150),
];
/// (percent, Mbit/s)
const BANDWIDTHS: [(usize, u32); 8] = [
    (8, 100),
    (6, 300),
    (40, 1_000),
    (8, 2_000),
    (24, 10_000),
    (6, 20_000),
    (5, 40_000),
    (3, 100_000),
];
/// The percentage of private hosts.
const PRIVATE_PERCENT: usize = 20;

/// A host category.
#[derive(Debug)]
pub(super) struct Carried {
    pub(super) id: i64,
    pub(super) category: usize,
    /// True if it is always-current, and so not crawled.
    pub(super) always_current: bool,
}

pub(super) fn write(tx: &Transaction<'_>, size: Size) -> Vec<Carried> {
    let private = hosts(tx, size);
    let carried = categories(tx, size);
    urls(tx, size, &carried);
    networks(tx, size, &private);
    carried.into_iter().map(|(_, c)| c).collect()
}

fn name(host: usize) -> String {
    const ENDS: [&str; 6] = ["edu", "org", "net", "de", "com", "ac.uk"];
    const WORDS: [&str; 5] = ["mirror", "mirrors", "ftp", "fedora", "linux"];
    format!("{}.university{host:04}.{}", WORDS[host % 5], ENDS[host % 6])
}

/// Adds sites and hosts; returns the IDs of the private hosts.
fn hosts(tx: &Transaction<'_>, size: Size) -> Vec<i64> {
    let mut random = Random::from_seed(3);
    let mut private = Vec::new();
    for n in 0..size.hosts {
        let id = i64::try_from(n + 1).unwrap();
        let name = name(n);
        tx.execute(
            "INSERT INTO site (id, name, org_url) VALUES (?, ?, ?)",
            params![id, format!("University {n}"), format!("https://www.{name}/")],
        )
        .unwrap();
        let is_private = random.chance_percent(PRIVATE_PERCENT);
        if is_private {
            private.push(id);
        }
        let asn = random.chance_percent(70).then(|| inputs::random_asn(&mut random));
        tx.execute(
            "INSERT INTO host (id, site_id, name, country, bandwidth, private, internet2, asn, last_crawled) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
            params![
                id,
                id,
                name,
                random.weighted(&COUNTRIES),
                random.weighted(&BANDWIDTHS),
                is_private,
                random.chance_percent(25),
                asn
            ],
        )
        .unwrap();
        if random.chance_percent(2) {
            let country = random.weighted(&COUNTRIES);
            tx.execute(
                "INSERT INTO host_country_allowed (host_id, country) VALUES (?, ?)",
                params![id, country],
            )
            .unwrap();
        }
        if random.chance_percent(15) {
            let asn = inputs::random_asn(&mut random);
            tx.execute(
                "INSERT INTO host_peer_asn (host_id, asn) VALUES (?, ?)",
                params![id, asn],
            )
            .unwrap();
        }
    }
    private
}

fn categories(tx: &Transaction<'_>, size: Size) -> Vec<(usize, Carried)> {
    let mut random = Random::from_seed(4);
    let total: usize = SHARES.iter().map(|(_, share)| share).sum();
    let mut out = Vec::new();
    for (category, share) in SHARES {
        let mut order: Vec<usize> = (0..size.hosts).collect();
        random.shuffle(&mut order);
        for host in order.into_iter().take(share * size.host_categories / total) {
            out.push((
                host,
                Carried {
                    id: 0,
                    category,
                    always_current: random.chance_percent(4),
                },
            ));
        }
    }
    assert_eq!(out.len(), size.host_categories);
    // By host, as administrators add them.
    out.sort_by_key(|(host, c)| (*host, c.category));
    for (id, (host, carried)) in (1_i64..).zip(&mut out) {
        carried.id = id;
        tx.execute(
            "INSERT INTO host_category (id, host_id, category_id, always_up2date) VALUES (?, ?, ?, ?)",
            params![
                id,
                i64::try_from(*host + 1).unwrap(),
                category_id(carried.category),
                carried.always_current
            ],
        )
        .unwrap();
    }
    out
}

/// Adds two URLs for each host category, and a third for some.
fn urls(tx: &Transaction<'_>, size: Size, carried: &[(usize, Carried)]) {
    const TWO: [(usize, [&str; 2]); 3] = [
        (60, ["http", "https"]),
        (25, ["https", "rsync"]),
        (15, ["http", "rsync"]),
    ];
    let mut random = Random::from_seed(5);
    let mut order: Vec<usize> = (0..carried.len()).collect();
    random.shuffle(&mut order);
    let three = size.urls - 2 * carried.len();
    for (rank, place) in order.into_iter().enumerate() {
        let (host, c) = &carried[place];
        let schemes: Vec<&str> = if rank < three {
            vec!["http", "rsync", "https"]
        } else {
            random.weighted(&TWO).to_vec()
        };
        for scheme in schemes {
            let url = format!("{scheme}://{}/{}", name(*host), CATEGORIES[c.category].1);
            tx.execute(
                "INSERT INTO host_category_url (host_category_id, url) VALUES (?, ?)",
                params![c.id, url],
            )
            .unwrap();
        }
    }
}

/// Adds netblocks, most of them of private hosts.
fn networks(tx: &Transaction<'_>, size: Size, private: &[i64]) {
    let mut random = Random::from_seed(6);
    for n in 0..size.netblocks {
        let host = if random.chance_percent(70) {
            private[random.below(private.len())]
        } else {
            i64::try_from(1 + random.below(size.hosts)).unwrap()
        };
        let net = if n % 8 == 7 {
            format!("2a{:02x}:{n:x}::/32", random.below(256))
        } else {
            let length = [16, 18, 20, 22, 24][random.below(5)];
            let network = (inputs::random_ipv4(&mut random) >> (32 - length)) << (32 - length);
            format!("{}/{length}", std::net::Ipv4Addr::from(network))
        };
        tx.execute(
            "INSERT INTO host_netblock (host_id, netblock) VALUES (?, ?)",
            params![host, net],
        )
        .unwrap();
    }
}
