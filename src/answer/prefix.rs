//! Tables by address block: [`PrefixMap`] returns all of a few hundred blocks that contain an address, [`RangeTable`]
//! the longest of a million.

use std::collections::HashMap;
use std::iter::successors;
use std::net::IpAddr;

use ipnet::IpNet;
use itertools::Itertools as _;

use crate::model::memory_budget::{MemoryBudget, OverBudget};

/// Values by address block. Blocks may be nested, and a block may have several values.
#[derive(Debug, Clone)]
pub(crate) struct PrefixMap<T> {
    /// The number of the longest block that contains an address: its position in `blocks` plus one.
    longest: LongestPrefix,
    blocks: Vec<Block<T>>,
}

#[derive(Debug, Clone)]
struct Block<T> {
    length: u8,
    values: Vec<T>,
    /// The number of the longest block that contains this one, 0 = none.
    outer: u32,
}

#[derive(Debug, Clone, Default)]
struct LongestPrefix {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
}

impl LongestPrefix {
    fn number(&self, ip: IpAddr) -> u32 {
        let number = match ip {
            IpAddr::V4(a) => self.v4.get(a.to_bits()),
            IpAddr::V6(a) => self.v6.get(a.to_bits()),
        };
        number.unwrap_or(0)
    }
}

impl<T> PrefixMap<T> {
    /// Builds a map; values of the same block keep their order.
    pub(crate) fn new(all: impl IntoIterator<Item = (IpNet, T)>) -> Self {
        let nets = all.into_iter().map(|(net, value)| (net.trunc(), value));
        // Containing blocks come first.
        let nets = nets
            .sorted_by_key(|(net, _)| (net.prefix_len(), *net))
            .chunk_by(|(net, _)| *net);
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        let mut numbers: HashMap<IpNet, u32> = HashMap::new();
        let mut blocks = Vec::new();
        for (number, (net, values)) in (1..).zip(&nets) {
            let mut outer = successors(net.supernet(), IpNet::supernet);
            blocks.push(Block {
                length: net.prefix_len(),
                values: values.map(|(_, value)| value).collect(),
                outer: outer.find_map(|net| numbers.get(&net).copied()).unwrap_or(0),
            });
            numbers.insert(net, number);
            match net {
                IpNet::V4(net) => v4.push((net.network().to_bits(), net.prefix_len(), number)),
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.prefix_len(), number)),
            }
        }
        let longest = LongestPrefix {
            v4: Ranges::flatten(v4),
            v6: Ranges::flatten(v6),
        };
        Self { longest, blocks }
    }

    /// Returns the blocks that contain `ip`, the longest first, each with its prefix length and values.
    pub(crate) fn matches(&self, ip: IpAddr) -> impl Iterator<Item = (u8, &[T])> {
        let mut number = self.longest.number(ip);
        std::iter::from_fn(move || {
            let place = usize::try_from(number).ok()?.checked_sub(1)?;
            let block = self.blocks.get(place)?;
            number = block.outer;
            Some((block.length, block.values.as_slice()))
        })
    }
}

impl<T> Default for PrefixMap<T> {
    fn default() -> Self {
        Self::new([])
    }
}

/// Numbers by address block, where the longest block wins. Blocks are flattened into ranges that do not overlap, so
/// that a lookup is one binary search, for IPv4 among those with the same upper 16 bits. The number 0 stands for none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RangeTable {
    v4: Ranges<u32>,
    /// For each value of the upper 16 bits of an address: how many IPv4 ranges begin below it; followed by the number
    /// of all ranges.
    first_level: Vec<u32>,
    v6: Ranges<u128>,
}

const FIRST_LEVEL_SIZE: usize = 1 << 16;

/// The first address of each range, and its number, next to each other so that both are in one cache line; a range
/// ends where the next begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Ranges<A>(Vec<(A, u32)>);

trait Address: Copy + Ord {
    /// Returns the last address of the block of `length` bits that begins here.
    fn last(self, length: u8) -> Self;
    fn next(self) -> Option<Self>;
}

impl Address for u32 {
    fn last(self, length: u8) -> Self {
        self | Self::MAX.checked_shr(u32::from(length)).unwrap_or(0)
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Address for u128 {
    fn last(self, length: u8) -> Self {
        self | Self::MAX.checked_shr(u32::from(length)).unwrap_or(0)
    }

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

/// The memory of an IPv4 block and of an IPv6 block while a table is built, in bytes: the block in a list that grows and is sorted,
/// and two ranges.
const BLOCK_V4: usize = 64;
const BLOCK_V6: usize = 192;

/// Collects address blocks for a [`RangeTable`].
#[derive(Debug, Default)]
pub(crate) struct RangeTableBuilder {
    budget: MemoryBudget,
    v4: Vec<(u32, u8, u32)>,
    v6: Vec<(u128, u8, u32)>,
}

impl RangeTableBuilder {
    /// Creates an empty builder.
    pub(crate) fn new(budget: MemoryBudget) -> Self {
        Self {
            budget,
            ..Self::default()
        }
    }

    /// Allocates memory for IPv4 blocks, which are the most numerous.
    pub(crate) fn reserve_v4(&mut self, blocks: usize) -> Result<(), OverBudget> {
        self.budget.take_items(blocks, size_of::<(u32, u8, u32)>())?;
        self.v4.reserve(blocks);
        Ok(())
    }

    pub(crate) fn add(&mut self, net: IpNet, number: u32) -> Result<(), OverBudget> {
        match net {
            IpNet::V4(n) => self.add_v4(n.network().to_bits(), n.prefix_len(), number),
            IpNet::V6(n) => self.add_v6(n.network().to_bits(), n.prefix_len(), number),
        }
    }

    pub(crate) fn add_v4(&mut self, begin: u32, length: u8, number: u32) -> Result<(), OverBudget> {
        self.budget.take(BLOCK_V4)?;
        self.v4.push((begin, length, number));
        Ok(())
    }

    pub(crate) fn add_v6(&mut self, begin: u128, length: u8, number: u32) -> Result<(), OverBudget> {
        self.budget.take(BLOCK_V6)?;
        self.v6.push((begin, length, number));
        Ok(())
    }

    /// Builds the table; if a block was added twice, the last number counts.
    pub(crate) fn flatten(self) -> RangeTable {
        let v4 = Ranges::flatten(self.v4);
        let mut first_level = Vec::with_capacity(FIRST_LEVEL_SIZE + 1);
        let mut begins = (0_u32..).zip(v4.0.iter().map(|(begin, _)| *begin)).peekable();
        for head in 0..FIRST_LEVEL_SIZE {
            let below = |begin: u32| usize::try_from(begin >> 16).is_ok_and(|h| h < head);
            while begins.next_if(|(_, begin)| below(*begin)).is_some() {}
            first_level.push(begins.peek().map_or(v4.len(), |(place, _)| *place));
        }
        first_level.push(v4.len());
        RangeTable {
            v4,
            first_level,
            v6: Ranges::flatten(self.v6),
        }
    }
}

impl RangeTable {
    /// Returns the number of the longest block that contains `ip`.
    #[inline]
    pub(crate) fn get(&self, ip: IpAddr) -> Option<u32> {
        let number = match ip {
            IpAddr::V4(a) => self.get_v4(a.to_bits()),
            IpAddr::V6(a) => self.v6.get(a.to_bits()),
        };
        number.filter(|n| *n != 0)
    }

    fn get_v4(&self, address: u32) -> Option<u32> {
        let head = usize::try_from(address >> 16).ok()?;
        let at = |place: usize| self.first_level.get(place).and_then(|n| usize::try_from(*n).ok());
        let (from, to) = (at(head)?, at(head + 1)?);
        let within = self.v4.0.get(from..to)?;
        // The range may have begun at a lower value of the upper 16 bits.
        let place = from + within.partition_point(|(begin, _)| *begin <= address);
        self.v4.0.get(place.checked_sub(1)?).map(|(_, number)| *number)
    }

    pub(crate) fn len(&self) -> usize {
        self.v4.0.len() + self.v6.0.len()
    }
}

impl<A: Address> Ranges<A> {
    fn flatten(mut blocks: Vec<(A, u8, u32)>) -> Self {
        // Stable, so that the last of equal blocks comes last.
        blocks.sort_by_key(|(begin, length, _)| (*begin, *length));
        let mut out = Self(Vec::with_capacity(blocks.len()));
        let mut open: Vec<(A, u32)> = Vec::new();
        for (begin, length, number) in blocks {
            while let Some((last, _)) = open.pop_if(|(last, _)| *last < begin) {
                out.close_block(last, &open);
            }
            out.start_range(begin, number);
            open.push((begin.last(length), number));
        }
        while let Some((last, _)) = open.pop() {
            out.close_block(last, &open);
        }
        out.0.shrink_to_fit();
        out
    }

    /// Ends a block: after `last`, the innermost open block applies again.
    fn close_block(&mut self, last: A, open: &[(A, u32)]) {
        if let Some(after) = last.next() {
            self.start_range(after, open.last().map_or(0, |(_, number)| *number));
        }
    }

    fn start_range(&mut self, begin: A, number: u32) {
        match self.0.last_mut() {
            Some((last, current)) if *last == begin => *current = number,
            Some((_, current)) if *current == number => {}
            _ => self.0.push((begin, number)),
        }
    }

    fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    fn get(&self, address: A) -> Option<u32> {
        let place = self.0.partition_point(|(begin, _)| *begin <= address).checked_sub(1)?;
        self.0.get(place).map(|(_, number)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    fn table(blocks: impl IntoIterator<Item = (IpNet, u32)>) -> RangeTable {
        let mut builder = RangeTableBuilder::default();
        for (net, number) in blocks {
            builder.add(net, number).unwrap();
        }
        builder.flatten()
    }

    fn nets() -> impl Strategy<Value = Vec<(IpNet, u32)>> {
        let net = (0_u32..256, 24_u8..=32, 1_u32..9).prop_map(|(low, length, number)| {
            let net = IpNet::new(Ipv4Addr::from(0x0a00_0000 | low).into(), length).unwrap();
            (net.trunc(), number)
        });
        proptest::collection::vec(net, 0..30)
    }

    proptest! {
        #[test]
        fn the_longest_block_wins(nets in nets()) {
            let table = table(nets.clone());
            for low in 0..=256_u32 {
                let ip = IpAddr::from(Ipv4Addr::from(0x0a00_0000 + low));
                // The last of the longest.
                let want = nets.iter().filter(|(n, _)| n.contains(&ip)).max_by_key(|(n, _)| n.prefix_len()).map(|(_, a)| *a);
                prop_assert_eq!(table.get(ip), want, "{}", ip);
            }
        }

        #[test]
        fn all_containing_blocks_are_found(nets in nets()) {
            let map = PrefixMap::new(nets.clone());
            for low in 0..256_u32 {
                let ip = IpAddr::from(Ipv4Addr::from(0x0a00_0000 + low));
                let mut want: Vec<(u8, u32)> = nets.iter().filter(|(n, _)| n.contains(&ip)).map(|(n, v)| (n.prefix_len(), *v)).collect();
                let mut got: Vec<(u8, u32)> = map.matches(ip).flat_map(|(l, v)| v.iter().map(move |v| (l, *v))).collect();
                prop_assert!(got.is_sorted_by_key(|(l, _)| std::cmp::Reverse(*l)));
                want.sort_unstable();
                got.sort_unstable();
                prop_assert_eq!(got, want);
            }
        }
    }

    #[test]
    fn ranges_span_many_first_level_entries() {
        let table = table([
            ("10.0.0.0/8".parse().unwrap(), 1),
            ("10.7.0.0/16".parse().unwrap(), 2),
            ("10.7.9.0/24".parse().unwrap(), 3),
            ("10.9.0.128/25".parse().unwrap(), 4),
        ]);
        for (ip, number) in [
            ("9.255.255.255", None),
            ("10.0.0.0", Some(1)),
            ("10.6.255.255", Some(1)),
            ("10.7.0.0", Some(2)),
            ("10.7.9.255", Some(3)),
            ("10.7.10.0", Some(2)),
            ("10.8.0.0", Some(1)),
            ("10.9.0.127", Some(1)),
            ("10.9.0.200", Some(4)),
            ("10.255.255.255", Some(1)),
            ("11.0.0.0", None),
        ] {
            assert_eq!(table.get(ip.parse().unwrap()), number, "{ip}");
        }
    }

    #[test]
    fn first_and_last_addresses_are_covered() {
        let table = table([
            ("255.0.0.0/8".parse().unwrap(), 1),
            ("0.0.0.0/8".parse().unwrap(), 2),
            ("ffff::/16".parse().unwrap(), 3),
        ]);
        assert_eq!(table.get("255.255.255.255".parse().unwrap()), Some(1));
        assert_eq!(table.get("0.0.0.0".parse().unwrap()), Some(2));
        assert_eq!(table.get("1.0.0.0".parse().unwrap()), None);
        assert_eq!(
            table.get("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap()),
            Some(3)
        );
        assert_eq!(table.get("::".parse().unwrap()), None);
    }
}
