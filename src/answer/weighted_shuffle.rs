//! A random order without replacement in which each host's chance to come next is in proportion to its weight.
//!
//! Each gets a clock, an exponential variate divided by its weight, and the first that rings comes first (Efraimidis and Spirakis
//! 2006). This is done for every answer, so it is done in a few nanoseconds a host: what is sorted is one number for each, the bits
//! of its clock with its place below, in two passes over the digits that differ and a last one over neighbours.

use std::cell::RefCell;

use rand::Rng;
use rand_distr::{Distribution, Exp1};

/// The lower bits of a key are a place: no category has more mirrors.
const PLACE_BITS: u32 = 20;
const INDEX_MASK: u64 = (1 << PLACE_BITS) - 1;

/// Clocks are made so small that all are below two, so that the lower eight bits of the exponent tell their order.
const MIN_UNIFORM: f32 = 1.0 / 65_536.0;

/// What the sorting begins with: eight bits of the fraction, then those of the exponent.
const RADIX_SHIFTS: [u32; 2] = [44, 52];

/// Fewer than this are sorted faster by comparison.
const INSERTION_SORT_MAX: usize = 48;

/// The mean of the clock of a host of this weight.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a chance that is off by a ten-millionth of itself"
)]
pub(crate) fn exponential_mean(weight: u32) -> f32 {
    MIN_UNIFORM / weight.max(1) as f32
}

thread_local! {
    /// The memory of the last draw, for the next.
    static SCRATCH: RefCell<WeightedShuffle> = const {
        RefCell::new(WeightedShuffle {
            keys: Vec::new(),
            spare: Vec::new(),
        })
    };
}

/// Clocks, and whose they are; used for one tier after the other.
#[derive(Debug, Default)]
pub(super) struct WeightedShuffle {
    keys: Vec<u64>,
    /// What sorting needs beside them.
    spare: Vec<u64>,
}

impl WeightedShuffle {
    /// With the memory of the last one of this thread.
    pub(super) fn begin() -> Self {
        SCRATCH.take()
    }

    /// Gives its memory back.
    pub(super) fn end(mut self) {
        self.keys.clear();
        SCRATCH.set(self);
    }

    /// Gives one a clock. Its place is below 2^20.
    #[inline]
    pub(super) fn push(&mut self, place: u32, mean: f32, rng: &mut impl Rng) {
        let variate: f64 = Exp1.sample(rng);
        // Floating-point numbers that are not negative are ordered as their bits are.
        self.keys
            .push((variate * f64::from(mean)).to_bits() & !INDEX_MASK | u64::from(place));
    }

    /// The places, in the order in which the clocks ring; nobody has one any more.
    pub(super) fn order(&mut self) -> impl Iterator<Item = u32> {
        sort(&mut self.keys, &mut self.spare);
        let places = self.keys.drain(..);
        places.map(|key| u32::try_from(key & INDEX_MASK).unwrap_or(u32::MAX))
    }
}

fn sort(keys: &mut Vec<u64>, spare: &mut Vec<u64>) {
    if keys.len() < INSERTION_SORT_MAX {
        keys.sort_unstable();
        return;
    }
    spare.clear();
    spare.resize(keys.len(), 0);
    for shift in RADIX_SHIFTS {
        by_digit(keys, spare, shift);
        std::mem::swap(keys, spare);
    }
    // What is left is in the wrong order only among near neighbours.
    for end in 1..keys.len() {
        let mut at = end;
        while at > 0 && keys.get(at - 1) > keys.get(at) {
            keys.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Puts keys in the order of one byte of theirs; those with equal ones stay as they were.
fn by_digit(from: &[u64], to: &mut [u64], shift: u32) {
    let digit = |key: u64| usize::try_from(key >> shift & 0xff).unwrap_or(0);
    let mut next = [0_usize; 256];
    for key in from {
        if let Some(count) = next.get_mut(digit(*key)) {
            *count += 1;
        }
    }
    let mut before = 0;
    for count in &mut next {
        before += std::mem::replace(count, before);
    }
    for key in from {
        if let Some(place) = next.get_mut(digit(*key)) {
            if let Some(slot) = to.get_mut(*place) {
                *slot = *key;
            }
            *place += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    #[test]
    fn the_second_place_too_is_by_weight() {
        let weights = [1_u32, 10, 100, 1_000, 100_000];
        let mut rng = SmallRng::seed_from_u64(5);
        let mut second = [0_u32; 5];
        for _ in 0..50_000 {
            let mut draw = WeightedShuffle::begin();
            for (place, weight) in (0..).zip(weights) {
                draw.push(place, exponential_mean(weight), &mut rng);
            }
            let place = draw.order().nth(1).unwrap();
            second[usize::try_from(place).unwrap()] += 1;
        }
        let all: f64 = weights.map(f64::from).iter().sum();
        for (n, count) in second.into_iter().enumerate() {
            let own = f64::from(weights[n]);
            let others = weights.iter().enumerate().filter(|(m, _)| *m != n);
            let chance: f64 = others
                .map(|(_, w)| f64::from(*w) / all * own / (all - f64::from(*w)))
                .sum();
            let sigma = (50_000.0 * chance * (1.0 - chance)).sqrt();
            assert!(
                (f64::from(count) - 50_000.0 * chance).abs() < 4.0 * sigma + 1.0,
                "{n}: {second:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn clocks_of_all_weights_are_put_in_order(
            weights in proptest::collection::vec(prop_oneof![1_u32..4, Just(1_000), Just(u32::MAX)], 0..400),
            seed in any::<u64>(),
        ) {
            let mut rng = SmallRng::seed_from_u64(seed);
            let mut draw = WeightedShuffle::begin();
            for (place, weight) in (0..).zip(&weights) {
                draw.push(place, exponential_mean(*weight), &mut rng);
            }
            let mut sorted = draw.keys.clone();
            sorted.sort_unstable();
            let expected: Vec<u32> = sorted.iter().map(|k| u32::try_from(k & INDEX_MASK).unwrap()).collect();
            prop_assert_eq!(draw.order().collect::<Vec<_>>(), expected);
        }

        #[test]
        fn any_numbers_are_put_in_order(mut keys in proptest::collection::vec(any::<u64>(), 0..300)) {
            let mut expected = keys.clone();
            expected.sort_unstable();
            sort(&mut keys, &mut Vec::new());
            prop_assert_eq!(keys, expected);
        }
    }
}
