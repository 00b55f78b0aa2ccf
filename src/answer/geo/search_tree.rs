//! The search tree of a file in the `mmdb` format (format 2.0, <https://maxmind.github.io/MaxMind-DB/>), checked before it is traversed.
//!
//! Nodes can be below several others, as those of IPv4 are below several prefixes of IPv6. A hundred nodes of which each is twice below
//! the one before it would be visited 2^100 times.

use super::InputError;

/// How often a traversal may visit a node on average. In real files it is less than 8.
const MAX_VISITS_PER_NODE: u64 = 64;

/// Visits of nodes that have not been counted yet, and of those whose counting has begun.
const UNKNOWN: u64 = 0;
const OPEN: u64 = u64::MAX;

/// Checks that a traversal ends in reasonable time. `bytes` is the file, `record_size` is in bits.
pub(super) fn check(bytes: &[u8], node_count: u32, record_size: u16) -> Result<(), InputError> {
    let invalid = || InputError::new("not a valid MaxMind database: the search tree is incomplete");
    let count = usize::try_from(node_count).map_err(|_| invalid())?;
    let size = usize::from(record_size) / 4;
    let tree = bytes
        .get(..count.checked_mul(size).ok_or_else(invalid)?)
        .ok_or_else(invalid)?;
    let nodes: Vec<[u32; 2]> = tree.chunks_exact(size.max(1)).map_while(children).collect();
    if nodes.len() != count || count == 0 {
        return Err(invalid());
    }
    count_visits(&nodes)
}

/// Counts the visits of a traversal, including those of records that are no nodes.
fn count_visits(nodes: &[[u32; 2]]) -> Result<(), InputError> {
    let limit = u64::try_from(nodes.len())
        .unwrap_or(u64::MAX)
        .saturating_mul(MAX_VISITS_PER_NODE);
    let mut visits = vec![UNKNOWN; nodes.len()];
    let mut stack = vec![0_usize];
    while let Some(node) = stack.last().copied() {
        let (Some(records), Some(own)) = (nodes.get(node), visits.get(node).copied()) else {
            return Err(InputError::new("not a valid MaxMind database: a node is missing"));
        };
        if own != UNKNOWN && own != OPEN {
            stack.pop();
            continue;
        }
        let below = records.map(|record| usize::try_from(record).ok().filter(|record| *record < nodes.len()));
        let counted = below.map(|node| node.and_then(|node| visits.get(node).copied()).unwrap_or(1));
        let total = if own == UNKNOWN {
            stack.extend(below.into_iter().flatten());
            OPEN
        } else if counted.contains(&OPEN) {
            return Err(InputError::new("not a valid MaxMind database: a node is below itself"));
        } else {
            stack.pop();
            counted.iter().fold(1_u64, |sum, n| sum.saturating_add(*n))
        };
        if total > limit && total != OPEN {
            return Err(InputError::new(
                "not a valid MaxMind database: its nodes are below each other so often that a traversal would not end",
            ));
        }
        if let Some(own) = visits.get_mut(node) {
            *own = total;
        }
    }
    Ok(())
}

/// Reads the two records of a node. Those of 28 bits share the byte in the middle.
fn children(node: &[u8]) -> Option<[u32; 2]> {
    let number = |high: u8, bytes: &[u8]| bytes.iter().fold(u32::from(high), |n, byte| n << 8 | u32::from(*byte));
    let (left, right) = node.split_at_checked(node.len() / 2)?;
    match node.len() {
        6 | 8 => Some([number(0, left), number(0, right)]),
        7 => {
            let (both, right) = right.split_first()?;
            Some([number(both >> 4, left), number(both & 15, right)])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node whose records are 24 bits each.
    fn bytes(nodes: &[[u32; 2]]) -> Vec<u8> {
        let records = nodes.iter().flatten();
        records.flat_map(|record| record.to_be_bytes()[1..].to_vec()).collect()
    }

    fn count(nodes: &[[u32; 2]]) -> u32 {
        u32::try_from(nodes.len()).unwrap()
    }

    #[test]
    fn trees_and_shared_subtrees_are_accepted() {
        // A chain of 96 nodes, and IPv4 below it five times.
        let mut chain: Vec<[u32; 2]> = (1..96).map(|next| [next, 999]).collect();
        chain.push([96, 999]);
        chain.extend((97..120).map(|next| [next, next]).take(1));
        chain.extend([[999, 999]; 23]);
        for node in [3, 5, 7, 9] {
            chain[node][1] = 96;
        }
        assert!(check(&bytes(&chain), count(&chain), 24).is_ok());
    }

    #[test]
    fn exponential_trees_and_circles_are_rejected() {
        let mut shared: Vec<[u32; 2]> = (1..100).map(|next| [next; 2]).collect();
        shared.push([999; 2]);
        for (nodes, word) in [
            (shared, "would not end"),
            (vec![[0, 999]], "below itself"),
            (vec![[1, 999], [999, 0]], "below itself"),
        ] {
            let error = check(&bytes(&nodes), count(&nodes), 24).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }

    #[test]
    fn records_of_all_sizes_are_read() {
        assert_eq!(children(&[0, 0, 1, 0, 0, 2]), Some([1, 2]));
        assert_eq!(children(&[0, 0, 1, 0x34, 0, 0, 2]), Some([0x0300_0001, 0x0400_0002]));
        assert_eq!(children(&[1, 0, 0, 1, 2, 0, 0, 2]), Some([0x0100_0001, 0x0200_0002]));
        assert!(check(&[0; 5], 1, 24).is_err());
        assert!(check(&[], 0, 24).is_err());
        assert!(check(&[0; 64], 1, 8).is_err());
        assert!(check(&[0; 64], u32::MAX, 32).is_err());
    }
}
