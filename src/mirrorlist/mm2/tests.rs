use proptest::prelude::*;

use super::*;

const CACHE: &[u8] = include_bytes!("../../../tests/data/mirrorlist/mirrorlist_cache.proto");

#[test]
fn the_small_world_is_read() {
    let (index, created) = read(CACHE).unwrap();
    assert_eq!(created, Epoch(1_770_000_000));
    assert!(index.repository("fedora-43", "x86_64").is_some());
    assert!(index.is_disabled("epel-7", "x86_64"));
    assert_eq!(index.redirected("fedora-latest"), "fedora-43");
    let directory = index
        .directory("pub/fedora/linux/releases/43/Everything/x86_64/os")
        .unwrap();
    assert_eq!(directory.below(), "releases/43/Everything/x86_64/os");
    assert!(index.carriers(directory).count() > 20);
}

#[test]
fn a_cache_without_its_last_part_is_refused() {
    assert!(read(&[]).is_err());
    // The directories who carries what stand last: a file cut off before them names none.
    let half = CACHE.len() / 2 - 3;
    assert!(read(&CACHE[..half]).is_err());
}

proptest! {
    #[test]
    fn a_damaged_cache_is_read_or_refused_but_never_fatal(cut in 0..CACHE.len(), at in 0..CACHE.len(), bit in 0_u8..8) {
        drop(read(&CACHE[..cut]));
        let mut bytes = CACHE.to_vec();
        bytes[at] ^= 1 << bit;
        drop(read(&bytes));
    }
}
