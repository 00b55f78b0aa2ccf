//! How often a mirror is named, and how often it stands first: reckoned from the selection that answers clients.
//!
//! Who is in which tier, [`select`] says. The place within a tier is a matter of chance: in tiers that are shuffled every order
//! has the same, in the others the hosts are drawn without replacement, weighted by bandwidth. So the chance of the first place
//! is exact (the host's part in the sum of its tier); that of a place among the first few is reckoned numerically (`draw`). No
//! random numbers are part of it. Pure.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::rngs::SmallRng;

use super::index::{IndexedDirectory, MirrorEntry};
use super::select::{Client, SelectionData, SelectionParams, Tier, select};

mod clients;
mod draw;

pub use clients::{ClientGroup, clients};

/// What shares are reckoned by.
#[derive(Debug, Clone, Copy)]
pub struct ShareParams<'a> {
    /// Who holds what.
    pub tables: SelectionData<'a>,
    /// With fewer mirrors near a client than this, those of the world are added.
    pub minimum: usize,
    /// How many places at the beginning of an answer are looked at.
    pub places: usize,
}

/// What a host may expect of one kind of clients, in one tier. Shares are means over all directories that were looked at, each
/// counted alike, those too in which the host is not in this tier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// By what the host is chosen.
    pub near: Tier,
    /// In how many of the directories.
    pub directories: usize,
    /// How many hosts the tier has there, this one included: the mean.
    pub hosts: f64,
    /// The share of answers in which it stands first, 0 to 1.
    pub first: f64,
    /// The share of answers in which it is among the first [`ShareParams::places`], 0 to 1.
    pub in_first_n: f64,
}

/// The chances of one host with one client and one directory.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Chance {
    near: Tier,
    hosts: usize,
    first: f64,
    in_first_n: f64,
}

/// What a host (by its place in the index) may expect of a client that asks for each of these directories once: one share for each
/// tier that it is chosen in, the nearest first. Nothing = it is never named.
pub fn shares(setting: ShareParams<'_>, directories: &[&IndexedDirectory], host: u32, client: Client) -> Vec<Share> {
    let mut distinct: BTreeMap<(u32, u32), (&IndexedDirectory, u32)> = BTreeMap::new();
    for directory in directories {
        let key = setting.tables.index.carriers_of(directory);
        distinct.entry(key).or_insert((directory, 0)).1 += 1;
    }
    let all: u32 = distinct.values().map(|(_, n)| *n).sum();
    let mut sums: BTreeMap<Tier, (u32, [f64; 3])> = BTreeMap::new();
    for (directory, count) in distinct.into_values() {
        let Some(chance) = chance(setting, directory, host, client) else {
            continue;
        };
        let (directories, sums) = sums.entry(chance.near).or_default();
        *directories += count;
        for (sum, value) in sums
            .iter_mut()
            .zip([number(chance.hosts), chance.first, chance.in_first_n])
        {
            *sum += value * f64::from(count);
        }
    }
    sums.into_iter()
        .map(|(near, (directories, [hosts, first, among]))| Share {
            near,
            directories: usize::try_from(directories).unwrap_or(usize::MAX),
            hosts: hosts / f64::from(directories),
            first: first / f64::from(all),
            in_first_n: among / f64::from(all),
        })
        .collect()
}

/// `None` = the host is not named at all.
fn chance(setting: ShareParams<'_>, directory: &IndexedDirectory, host: u32, client: Client) -> Option<Chance> {
    let wish = SelectionParams {
        countries: &[],
        excluded: &[],
        netblock: true,
        protocols: None,
        minimum: setting.minimum,
    };
    // Which order it draws does not matter: only who is in which tier is asked for.
    let mut rng = SmallRng::seed_from_u64(0);
    let chosen = select(setting.tables, directory, client, wish, &mut rng);
    let mut carriers = chosen.carriers();
    let mut before = 0;
    for (near, count) in &chosen.tiers {
        // Of what package managers ask for; by rsync nobody installs anything.
        let tier: Vec<&MirrorEntry> = carriers.by_ref().take(*count).filter(|c| serves(c)).collect();
        let Some(own) = tier.iter().position(|c| c.host == host) else {
            before += tier.len();
            continue;
        };
        let weight = |c: &&MirrorEntry| -> f64 {
            let weight = setting.tables.index.host(c.host).map_or(1, |h| h.weight);
            f64::from(if near.is_weighted() { weight } else { 1 })
        };
        let others: Vec<f64> = (tier.iter().enumerate())
            .filter(|(n, _)| *n != own)
            .map(|(_, c)| weight(c))
            .collect();
        let own = tier.get(own).map_or(1.0, weight);
        let left = setting.places.saturating_sub(before);
        return Some(Chance {
            near: *near,
            hosts: tier.len(),
            first: if before == 0 {
                own / (own + others.iter().sum::<f64>())
            } else {
                0.0
            },
            in_first_n: draw::probability_in_first(own, &others, left),
        });
    }
    None
}

fn serves(carrier: &MirrorEntry) -> bool {
    carrier.urls.iter().any(super::index::Url::is_web)
}

/// Exact up to 2^32, and nobody has more mirrors.
fn number(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
