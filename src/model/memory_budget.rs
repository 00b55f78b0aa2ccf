//! The memory that loading one file may take.
//!
//! A small file can decode to large structures. A decoder takes the memory of a structure from the budget before it allocates it, and
//! fails when the budget is used up, so that a crafted or corrupt file does not end the program.

use thiserror::Error;

/// Bytes that every file may take, whatever its size.
const BASE: u64 = 512 << 20;

/// Bytes that a file may take for each of its own bytes, in addition.
const PER_BYTE: u64 = 64;

/// Bytes that no file may exceed.
const MAX: u64 = 4 << 30;

/// The overhead of one allocation in bytes.
const ALLOCATION: usize = 32;

/// Bytes that may still be allocated while a file is loaded. Memory that is freed meanwhile is not returned, so that the budget is an
/// upper bound of the peak.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryBudget {
    left: u64,
    limit: u64,
}

/// A file would take more memory than its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("loading it would take more than {} MiB of memory; the file is corrupt, or far larger than expected", limit >> 20)]
pub struct OverBudget {
    limit: u64,
}

impl Default for MemoryBudget {
    /// The budget of the largest files.
    fn default() -> Self {
        Self::new(MAX)
    }
}

impl MemoryBudget {
    /// Creates a budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { left: limit, limit }
    }

    /// Returns the budget of a file of this size in bytes.
    pub fn for_file(size: usize) -> Self {
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        Self::new(size.saturating_mul(PER_BYTE).saturating_add(BASE).min(MAX))
    }

    /// Takes bytes from the budget.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), OverBudget> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(bytes).ok_or(OverBudget { limit: self.limit })?;
        Ok(())
    }

    /// Takes the memory of `count` items of `size` bytes each.
    pub(crate) fn take_items(&mut self, count: usize, size: usize) -> Result<(), OverBudget> {
        self.take(count.saturating_mul(size))
    }

    /// Takes the memory of a string of `length` bytes on the heap.
    pub(crate) fn take_text(&mut self, length: usize) -> Result<(), OverBudget> {
        self.take(length.saturating_add(ALLOCATION))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_grows_with_the_file_up_to_a_limit() {
        let limit = |size| MemoryBudget::for_file(size).limit >> 20;
        assert_eq!([limit(0), limit(1 << 20), limit(1 << 30)], [512, 576, 4_096]);
        assert_eq!(MemoryBudget::for_file(usize::MAX), MemoryBudget::default());
    }

    #[test]
    fn no_more_than_the_limit_can_be_taken() {
        let mut budget = MemoryBudget::new(100);
        assert_eq!(budget.take(60), Ok(()));
        assert_eq!(budget.take_items(2, 20), Ok(()));
        assert_eq!(budget.take(1), Err(OverBudget { limit: 100 }));
        assert!(budget.take_items(usize::MAX, 2).is_err() && budget.take_text(usize::MAX).is_err());
    }
}
