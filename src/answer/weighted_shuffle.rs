//! Weighted random permutation: the probability of each host to come next is proportional to its weight.
//!
//! Each host gets a key, an exponential variate divided by its weight, and hosts are sorted by key (Efraimidis and
//! Spirakis 2006). As this is done for every response, it takes a few nanoseconds per host: only one number per host
//! is sorted, the bits of its key with its position in the lower bits, in two radix passes over the digits that differ
//! and an insertion sort.

use std::cell::RefCell;

use rand::Rng;
use rand_distr::{Distribution, Exp1};

/// Lower bits of a key that hold the position: no category has more mirrors.
const POSITION_BITS: u32 = 20;
const POSITION_MASK: u64 = (1 << POSITION_BITS) - 1;

/// Scale of the keys: they are so small that all are below two, and the lower eight bits of the exponent determine
/// their order.
const MIN_UNIFORM: f32 = 1.0 / 65_536.0;

/// Shifts of the radix passes: eight bits of the fraction, then those of the exponent.
const RADIX_SHIFTS: [u32; 2] = [44, 52];

/// Fewer keys are sorted faster by comparison.
const INSERTION_SORT_MAX: usize = 48;

/// Returns the mean of the exponential variate for a weight.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a relative error of one in ten million is acceptable"
)]
pub(crate) fn exponential_mean(weight: u32) -> f32 {
    MIN_UNIFORM / weight.max(1) as f32
}

thread_local! {
    /// Memory of the last shuffle, reused by the next.
    static SCRATCH: RefCell<WeightedShuffle> = const {
        RefCell::new(WeightedShuffle {
            keys: Vec::new(),
            spare: Vec::new(),
        })
    };
}

/// Keys of one tier; reused for one tier after the other.
#[derive(Debug, Default)]
pub(crate) struct WeightedShuffle {
    keys: Vec<u64>,
    /// Scratch space of the radix sort.
    spare: Vec<u64>,
}

impl WeightedShuffle {
    /// Takes the memory of this thread's last shuffle.
    pub(crate) fn acquire() -> Self {
        SCRATCH.take()
    }

    /// Returns the memory for the next shuffle.
    pub(crate) fn release(mut self) {
        self.keys.clear();
        SCRATCH.set(self);
    }

    /// Adds a host by its position, which is below 2^20.
    #[inline]
    pub(crate) fn push(&mut self, position: u32, mean: f32, rng: &mut impl Rng) {
        let variate: f64 = Exp1.sample(rng);
        // Non-negative floating-point numbers are ordered as their bits are.
        self.keys
            .push((variate * f64::from(mean)).to_bits() & !POSITION_MASK | u64::from(position));
    }

    /// Returns the positions in random order; the shuffle is empty afterwards.
    pub(crate) fn drain_shuffled(&mut self) -> impl Iterator<Item = u32> {
        sort_keys(&mut self.keys, &mut self.spare);
        let places = self.keys.drain(..);
        places.map(|key| u32::try_from(key & POSITION_MASK).unwrap_or(u32::MAX))
    }
}

fn sort_keys(keys: &mut Vec<u64>, spare: &mut Vec<u64>) {
    if keys.len() < INSERTION_SORT_MAX {
        keys.sort_unstable();
        return;
    }
    spare.clear();
    spare.resize(keys.len(), 0);
    for shift in RADIX_SHIFTS {
        counting_sort_pass(keys, spare, shift);
        std::mem::swap(keys, spare);
    }
    // The remaining bits are out of order only among near neighbors.
    for end in 1..keys.len() {
        let mut at = end;
        while at > 0 && keys.get(at - 1) > keys.get(at) {
            keys.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Sorts keys stably by one byte.
fn counting_sort_pass(from: &[u64], to: &mut [u64], shift: u32) {
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
        if let Some(position) = next.get_mut(digit(*key)) {
            if let Some(slot) = to.get_mut(*position) {
                *slot = *key;
            }
            *position += 1;
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
    fn second_places_follow_the_weights() {
        let weights = [1_u32, 10, 100, 1_000, 100_000];
        let mut rng = SmallRng::seed_from_u64(5);
        let mut second = [0_u32; 5];
        for _ in 0..50_000 {
            let mut shuffle = WeightedShuffle::acquire();
            for (position, weight) in (0..).zip(weights) {
                shuffle.push(position, exponential_mean(weight), &mut rng);
            }
            let position = shuffle.drain_shuffled().nth(1).unwrap();
            second[usize::try_from(position).unwrap()] += 1;
        }
        let all: f64 = weights.map(f64::from).iter().sum();
        for (n, count) in second.into_iter().enumerate() {
            let own = f64::from(weights[n]);
            let others = weights.iter().enumerate().filter(|(m, _)| *m != n);
            let probability: f64 = others
                .map(|(_, w)| f64::from(*w) / all * own / (all - f64::from(*w)))
                .sum();
            let sigma = (50_000.0 * probability * (1.0 - probability)).sqrt();
            assert!(
                (f64::from(count) - 50_000.0 * probability).abs() < 4.0 * sigma + 1.0,
                "{n}: {second:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn keys_of_all_weights_are_sorted(
            weights in proptest::collection::vec(prop_oneof![1_u32..4, Just(1_000), Just(u32::MAX)], 0..400),
            seed in any::<u64>(),
        ) {
            let mut rng = SmallRng::seed_from_u64(seed);
            let mut shuffle = WeightedShuffle::acquire();
            for (position, weight) in (0..).zip(&weights) {
                shuffle.push(position, exponential_mean(*weight), &mut rng);
            }
            let mut sorted = shuffle.keys.clone();
            sorted.sort_unstable();
            let expected: Vec<u32> = sorted.iter().map(|k| u32::try_from(k & POSITION_MASK).unwrap()).collect();
            prop_assert_eq!(shuffle.drain_shuffled().collect::<Vec<_>>(), expected);
        }

        #[test]
        fn any_numbers_are_sorted(mut keys in proptest::collection::vec(any::<u64>(), 0..300)) {
            let mut expected = keys.clone();
            expected.sort_unstable();
            sort_keys(&mut keys, &mut Vec::new());
            prop_assert_eq!(keys, expected);
        }
    }
}
