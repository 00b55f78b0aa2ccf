//! Which mirrors a client gets, and in which order.
//!
//! In this order, each host at its first place only:
//!
//! 1. hosts that have a netblock with the client in it, the longest block first;
//! 2. hosts that want the clients of the client's system (its ASN);
//! 3. with `country=`: hosts of these countries (or of the world), else of the other countries of their continents;
//! 4. otherwise: hosts of the client's country, then of the other countries of its continent;
//! 5. when there are fewer than the minimum: hosts of the whole world.
//!
//! `country=` switches 1 and 2 off, and when it found anything, 4 and 5 too. Countries that a host is only for, or not for,
//! hold everywhere; the countries of `exclude_country=` are looked at as if nobody there held anything. Within 1 (of one length) and
//! 2 the order is a shuffle, elsewhere a draw without replacement, weighted by bandwidth. Pure: the random generator is handed in.

use std::borrow::Cow;
use std::net::IpAddr;

use rand::{Rng, RngExt};
use serde::Serialize;

use super::country::Code;
use super::index::{Carrier, Directory, Glance, Holders, Index, Url};
use super::inputs::Continents;

use draw::Draw;

pub(super) mod draw;
pub mod explain;
#[cfg(test)]
mod model;
#[cfg(test)]
mod rules;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address.
    pub ip: IpAddr,
    /// Its country, where that is known.
    pub country: Option<Code>,
    /// Its system, where that is known.
    pub asn: Option<u32>,
    /// Whether private hosts may be named to it, if its netblock or system is theirs.
    pub sees_private: bool,
}

/// What it asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// `country=`: as written, sorted; empty when absent.
    pub countries: &'a [String],
    /// `exclude_country=`: no mirrors there.
    pub excluded: &'a [Code],
    /// Whether netblocks and systems count.
    pub netblock: bool,
    /// `protocol=`: the schemes that count.
    pub protocols: Option<&'a [String]>,
    /// Fewer mirrors than this, and those of the world are added.
    pub minimum: usize,
}

/// What brings a host and a client together: the tier it is chosen in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Near {
    /// The client is in a netblock of the host.
    Netblock,
    /// The host wants the clients of the client's system.
    System,
    /// The client named the country of the host, or its continent.
    Named,
    /// Both are in one country.
    Country,
    /// Both are on one continent.
    Continent,
    /// Nothing: too few are near.
    World,
}

impl Near {
    /// As it is shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Netblock => "netblock",
            Self::System => "system",
            Self::Named => "named",
            Self::Country => "country",
            Self::Continent => "continent",
            Self::World => "world",
        }
    }

    /// Whether the order within the tier is drawn by bandwidth; else every order has the same chance.
    pub fn is_weighted(self) -> bool {
        !matches!(self, Self::Netblock | Self::System)
    }
}

/// The mirrors, in order, and what they were chosen by.
#[derive(Debug, Default)]
pub struct Selection<'a> {
    /// In order; none twice.
    pub carriers: Vec<&'a Carrier>,
    /// How many of them belong to each tier, and what the tier is; tiers without hosts are left out.
    pub tiers: Vec<(Near, usize)>,
    /// Netblocks found somebody.
    pub by_netblock: bool,
    /// Somebody wants the clients of the client's system: its number.
    pub by_asn: Option<u32>,
    /// The countries that found somebody, as the client or the table wrote them, sorted.
    pub countries: Vec<Cow<'a, str>>,
    /// The world was asked.
    pub global: bool,
}

/// What a selection goes by.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// Who holds what.
    pub index: &'a Index,
    /// Continents, under those of the index.
    pub continents: &'a Continents,
}

impl Tables<'_> {
    pub(super) fn continent(&self, country: Code) -> Option<Code> {
        self.index.continent(country).or_else(|| self.continents.get(country))
    }
}

/// The URLs of a host that a wish leaves: of the schemes it names at most as many as it names, in order.
pub fn wanted_urls<'a>(urls: &'a [Url], protocols: Option<&[String]>) -> impl Iterator<Item = &'a Url> {
    let named = move |u: &&Url| protocols.is_none_or(|all| all.iter().any(|s| **s == *u.scheme));
    urls.iter().filter(named).take(protocols.map_or(usize::MAX, <[_]>::len))
}

/// Whether a wish leaves any.
fn serves(urls: &[Url], protocols: Option<&[String]>) -> bool {
    let named = |u: &Url| protocols.is_none_or(|all| all.iter().any(|s| **s == *u.scheme));
    urls.iter().any(named)
}

/// What stands for a country (and, behind the last of [`Index::countries`], for none) with one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kin {
    /// The first tier of those that are looked for.
    First,
    /// The second.
    Second,
    /// Neither.
    Other,
    /// As if nobody there held anything.
    Excluded,
}

/// Carriers by their places in the category.
type Places = Vec<u32>;

/// The holders, told apart by country.
#[derive(Debug, Default)]
struct Sorted {
    first: Places,
    second: Places,
    /// Only public ones.
    other: Places,
    /// Which countries have any in the first two, as [`Index::countries`] counts them.
    present: Vec<bool>,
}

/// One choice in the making.
struct Choice<'a, 'w> {
    tables: Tables<'a>,
    holders: Holders<'a>,
    client: Client,
    wish: Wish<'w>,
    /// The hosts in the tiers before those by country.
    early: Vec<u32>,
    out: Selection<'a>,
}

/// Chooses for one client.
pub fn select<'a>(
    tables: Tables<'a>,
    directory: &Directory,
    client: Client,
    wish: Wish<'_>,
    rng: &mut impl Rng,
) -> Selection<'a> {
    let mut choice = Choice {
        tables,
        holders: tables.index.holders(directory),
        client,
        wish,
        early: Vec::new(),
        out: Selection::default(),
    };
    if client.country.is_some_and(|c| tables.index.is_embargoed(c)) {
        return choice.out;
    }
    if wish.countries.is_empty() && wish.netblock {
        choice.by_netblock(rng);
        choice.by_asn(rng);
    }
    let named = choice.by_name();
    if named.is_empty() {
        choice.by_place(rng);
    } else {
        choice.add_drawn(Near::Named, &named, rng);
    }
    choice.out
}

impl Choice<'_, '_> {
    /// Hosts with a netblock around the client: a tier for each length, the longest first.
    fn by_netblock(&mut self, rng: &mut impl Rng) {
        let index = self.tables.index;
        let mut tiers: Vec<(u8, Places)> = Vec::new();
        for (length, host) in index.netblock_hosts(self.client.ip) {
            let mut found = None;
            self.holders.each(|place, glance| {
                if glance.host == host && self.may_be_early(glance) {
                    found = Some(place);
                }
            });
            let Some(place) = found else { continue };
            self.out.by_netblock = true;
            match tiers.last_mut() {
                Some((last, tier)) if *last == length => tier.push(place),
                _ => tiers.push((length, vec![place])),
            }
        }
        for (_, tier) in tiers {
            self.add_shuffled(Near::Netblock, tier, rng);
        }
    }

    /// Hosts that want the clients of the client's system.
    fn by_asn(&mut self, rng: &mut impl Rng) {
        let Some(asn) = self.client.asn else { return };
        let wanting = self.tables.index.asn_hosts(asn);
        if wanting.is_empty() {
            return;
        }
        // MirrorManager says so as soon as anybody wants this system's clients, even if nobody of them holds the directory.
        self.out.by_asn = Some(asn);
        let mut tier = Places::new();
        self.holders.each(|place, glance| {
            if self.may_be_early(glance) && wanting.binary_search(&glance.host).is_ok() {
                tier.push(place);
            }
        });
        self.add_shuffled(Near::System, tier, rng);
    }

    fn may_be_early(&self, glance: &Glance) -> bool {
        let country = || self.tables.index.countries().get(usize::from(glance.country));
        let is_excluded = || country().is_some_and(|c| self.wish.excluded.contains(c));
        glance.serves && (glance.public || self.client.sees_private) && !is_excluded()
    }

    /// Hosts of the countries that the client named, else of the other countries of their continents.
    fn by_name(&mut self) -> Places {
        let countries = self.wish.countries;
        if countries.is_empty() {
            return Places::new();
        }
        let named: Vec<Code> = countries.iter().filter_map(|c| Code::parse(c)).collect();
        let first = |is_first: bool| if is_first { Kin::First } else { Kin::Other };
        let sorted = self.sorted(|c| first(named.contains(&c)));
        let all = self.tables.index.countries();
        let is_present = |name: &&String| {
            let place = Code::parse(name).and_then(|c| all.binary_search(&c).ok());
            place.and_then(|p| sorted.present.get(p)).copied().unwrap_or(false)
        };
        let written = countries.iter().filter(is_present).cloned();
        self.out.countries.extend(written.map(Cow::Owned));
        let mut tier = sorted.first;
        if countries.iter().any(|name| name.eq_ignore_ascii_case("global")) {
            self.out.global = true;
            tier.extend(sorted.other);
        }
        if tier.is_empty() {
            let continents: Vec<Code> = named.iter().filter_map(|c| self.tables.continent(*c)).collect();
            let is_near = |c| self.tables.continent(c).is_some_and(|c| continents.contains(&c));
            let sorted = self.sorted(|c| first(!named.contains(&c) && is_near(c)));
            self.name(&sorted.present);
            tier = sorted.first;
        }
        tier
    }

    /// Hosts of the client's country, then those of the rest of its continent; where these are too few, those of the world.
    fn by_place(&mut self, rng: &mut impl Rng) {
        let country = self.client.country;
        let continent = country.and_then(|c| self.tables.continent(c));
        let sorted = self.sorted(|c| {
            if Some(c) == country {
                Kin::First
            } else if continent.is_some() && self.tables.continent(c) == continent {
                Kin::Second
            } else {
                Kin::Other
            }
        });
        self.name(&sorted.present);
        // Of the tiers before, `out` has only hosts that are for the client's country.
        let protocols = self.wish.protocols;
        let early = (self.out.carriers.iter()).filter(|c| serves(&c.urls, protocols));
        let near = sorted.first.iter().chain(&sorted.second).filter(|place| {
            let (glance, carrier) = (self.holders.glance(**place), self.holders.carrier(**place));
            glance.is_some_and(|g| self.is_new(g)) && carrier.is_some_and(|c| serves(&c.urls, protocols))
        });
        let minimum = self.wish.minimum;
        let is_enough = early.count() + near.take(minimum).count() >= minimum;
        self.add_drawn(Near::Country, &sorted.first, rng);
        self.add_drawn(Near::Continent, &sorted.second, rng);
        if !is_enough {
            self.out.global = true;
            self.add_drawn(Near::World, &sorted.other, rng);
        }
    }

    /// Tells the holders apart by what their countries are to the client.
    fn sorted(&self, kin: impl Fn(Code) -> Kin) -> Sorted {
        let countries = self.tables.index.countries();
        let of = |c: &Code| {
            if self.wish.excluded.contains(c) {
                Kin::Excluded
            } else {
                kin(*c)
            }
        };
        let mut kins: Vec<Kin> = countries.iter().map(of).collect();
        kins.push(Kin::Other);
        let mut out = Sorted {
            present: vec![false; kins.len()],
            ..Sorted::default()
        };
        self.holders.each(|place, glance| {
            let country = usize::from(glance.country);
            let tier = match kins.get(country) {
                Some(Kin::First) => &mut out.first,
                Some(Kin::Second) => &mut out.second,
                Some(Kin::Other) if glance.public => return out.other.push(place),
                _ => return,
            };
            tier.push(place);
            if let Some(present) = out.present.get_mut(country) {
                *present = true;
            }
        });
        out
    }

    /// Says that these countries, as [`Index::countries`] counts them, found somebody.
    fn name(&mut self, present: &[bool]) {
        let countries = self.tables.index.countries().iter().zip(present);
        let found = countries.filter(|(_, is_present)| **is_present);
        self.out.countries.extend(found.map(|(c, _)| Cow::Borrowed(c.as_str())));
    }

    /// Whether a host is for the client's country, and in no tier before.
    fn is_new(&self, glance: &Glance) -> bool {
        let admits = || {
            self.tables
                .index
                .host(glance.host)
                .is_some_and(|h| h.admits(self.client.country))
        };
        (!glance.choosy || admits()) && !self.early.contains(&glance.host)
    }

    /// Adds a tier in which every order has the same chance.
    fn add_shuffled(&mut self, near: Near, mut tier: Places, rng: &mut impl Rng) {
        for last in (1..tier.len()).rev() {
            tier.swap(rng.random_range(0..=last), last);
        }
        let mut hosts = Vec::new();
        tier.retain(|place| {
            let new = self.holders.glance(*place).filter(|g| self.is_new(g));
            hosts.extend(new.map(|g| g.host));
            new.is_some()
        });
        self.early.extend(hosts);
        self.add(near, tier);
    }

    /// Adds a tier in which bandwidth tells who comes first.
    fn add_drawn(&mut self, near: Near, tier: &[u32], rng: &mut impl Rng) {
        let mut draw = Draw::of(tier.len());
        for place in tier {
            if let Some(glance) = self.holders.glance(*place)
                && self.is_new(glance)
            {
                draw.enter(*place, glance.pace, rng);
            }
        }
        self.add(near, draw.order());
    }

    fn add(&mut self, near: Near, tier: impl IntoIterator<Item = u32>) {
        let before = self.out.carriers.len();
        let carriers = tier.into_iter().filter_map(|place| self.holders.carrier(place));
        self.out.carriers.extend(carriers);
        let count = self.out.carriers.len() - before;
        if count > 0 {
            self.out.tiers.push((near, count));
        }
    }
}
