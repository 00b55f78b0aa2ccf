//! The expected share of responses that list a mirror, and that list it first, estimated by repeating the selection.
//!
//! The random generator has a fixed seed, so the same input always gives the same result.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde::Serialize;

use super::index::{IndexedDirectory, MirrorEntry, Url};
use super::query::Query;
use super::select::{Client, SelectionData, Tier, select};

mod clients;

pub(crate) use clients::{ClientGroup, client_groups};

/// The number of selections for each client.
const DRAWS: u32 = 10_000;

/// The input of [`shares`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShareParams<'a> {
    pub(crate) selection_data: SelectionData<'a>,
    /// The number of places at the beginning of a response that [`Share::in_first_n`] counts.
    pub(crate) places: usize,
}

/// The share of one host in the responses to one client, within one tier. Shares are between 0 and 1, and means over all
/// directories, including those in which the host is not in this tier. Their standard error is at most 0.005: that of 10,000
/// draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Share {
    /// The tier of the host.
    pub(crate) tier: Tier,
    /// The number of directories in which the host is in this tier.
    #[serde(rename = "repositories")]
    pub(crate) directories: usize,
    /// The mean number of hosts in the tier in these directories, with this host.
    pub(crate) mirrors_in_tier: f64,
    /// The share of responses that list the host first.
    pub(crate) first: f64,
    /// The share of responses that list the host within the first [`ShareParams::places`].
    pub(crate) in_first_n: f64,
}

/// The position of the host in one selection.
#[derive(Debug, Clone, Copy)]
struct Placement {
    tier: Tier,
    mirrors_in_tier: usize,
    place: usize,
}

/// Estimates the shares of a host, given by its index, for a client that requests each of the directories equally often. The
/// result has one item for each tier that the host is selected in, and none if it is never listed.
pub(crate) fn shares(
    params: ShareParams<'_>,
    directories: &[&IndexedDirectory],
    host: u32,
    client: Client,
) -> Vec<Share> {
    // Directories with the same mirrors give the same selections.
    let mut distinct: BTreeMap<(u32, u32), (&IndexedDirectory, u32)> = BTreeMap::new();
    for directory in directories {
        let key = (directory.category, directory.set);
        distinct.entry(key).or_insert((directory, 0)).1 += 1;
    }
    let all: u32 = distinct.values().map(|(_, n)| *n).sum();
    let mut rng = SmallRng::seed_from_u64(0);
    let mut sums: BTreeMap<Tier, (u32, [f64; 3])> = BTreeMap::new();
    for (directory, count) in distinct.into_values() {
        let Some(example) = draw_placement(params, directory, host, client, &mut rng) else {
            continue;
        };
        let draws = DRAWS.saturating_mul(count).div_ceil(all);
        let (mut first, mut in_first_n) = (0, 0);
        for _ in 0..draws {
            let placement = draw_placement(params, directory, host, client, &mut rng);
            let place = placement.map_or(usize::MAX, |p| p.place);
            first += u32::from(place == 0);
            in_first_n += u32::from(place < params.places);
        }
        let (directories, sums) = sums.entry(example.tier).or_default();
        *directories += count;
        let mirrors_in_tier = u32::try_from(example.mirrors_in_tier).unwrap_or(u32::MAX);
        let shares = [first, in_first_n].map(|n| f64::from(n) / f64::from(draws));
        for (sum, value) in sums.iter_mut().zip([f64::from(mirrors_in_tier), shares[0], shares[1]]) {
            *sum += value * f64::from(count);
        }
    }
    sums.into_iter()
        .map(|(tier, (directories, [mirrors, first, in_first_n]))| Share {
            tier,
            directories: usize::try_from(directories).unwrap_or(usize::MAX),
            mirrors_in_tier: mirrors / f64::from(directories),
            first: first / f64::from(all),
            in_first_n: in_first_n / f64::from(all),
        })
        .collect()
}

/// Returns `None` if the host is not selected.
fn draw_placement(
    params: ShareParams<'_>,
    directory: &IndexedDirectory,
    host: u32,
    client: Client,
    rng: &mut impl Rng,
) -> Option<Placement> {
    let selection = select(params.selection_data, directory, client, &Query::parse(""), rng);
    let mut mirrors = selection.iter_mirrors();
    let mut before = 0;
    for (tier, count) in &selection.tiers {
        // Package managers do not use rsync.
        let is_used = |mirror: &&MirrorEntry| mirror.urls.iter().any(Url::is_web);
        let (mut own, mut mirrors_in_tier) = (None, 0);
        for mirror in mirrors.by_ref().take(*count).filter(is_used) {
            if mirror.host == host {
                own = Some(before + mirrors_in_tier);
            }
            mirrors_in_tier += 1;
        }
        if let Some(place) = own {
            return Some(Placement {
                tier: *tier,
                mirrors_in_tier,
                place,
            });
        }
        before += mirrors_in_tier;
    }
    None
}

#[cfg(test)]
mod tests;
