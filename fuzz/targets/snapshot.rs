//! Decodes arbitrary bytes as a snapshot, with and without a valid envelope: no panic; a decoded snapshot can be encoded to the same
//! content and indexed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mirrormanager::answer::index::Index;
use mirrormanager::model::memory_budget::MemoryBudget;
use mirrormanager::snapshot::{FORMAT, Snapshot};
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    drop(Snapshot::decode(bytes));
    let mut file = b"MMSNAPSH".to_vec();
    file.extend_from_slice(&FORMAT.to_be_bytes());
    file.extend_from_slice(&u64::try_from(bytes.len()).unwrap_or(0).to_be_bytes());
    let sum = Sha256::new().chain_update(&file).chain_update(bytes).finalize();
    file.extend_from_slice(&sum);
    file.extend_from_slice(bytes);
    if let Ok(snapshot) = Snapshot::decode(&file) {
        let again = snapshot.encode().expect("a decoded snapshot can be encoded");
        assert_eq!(Snapshot::decode(&again).expect("and decoded again"), snapshot);
        drop(Index::from_snapshot(&snapshot, "0123456789abcdef".to_owned(), MemoryBudget::default()));
    }
});
