//! Directories that the master lacks: few vanish at once, many wait for an operator.

use super::{Master, OS, numbered};

#[test]
fn removals_from_a_small_tree_need_confirmation() {
    let master = Master::with_repository();
    master.scan();
    master.remove("releases");
    let output = master.run(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(master.stored().vanished().is_empty());
    assert_eq!(master.run(&["--confirm-removals"]).status, 0);
    assert_eq!(master.stored().vanished().len(), 7);
}

#[test]
fn mass_removals_need_confirmation_and_additions_do_not() {
    let master = Master::with_repository();
    numbered(&master, 0..300);
    master.scan();
    for n in 0..95 {
        master.remove(&format!("n{n}"));
    }
    master.repomd(OS, 1_700_000_999);
    let output = master.run(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stderr.contains("95 of 308") && output.stderr.contains("mm-admin pending confirm removal-1 --count 95"),
        "{output:?}"
    );
    let held = master.stored();
    assert!(held.vanished().is_empty());
    assert_eq!(held.timestamps().last(), Some(&(1_700_000_999, true)));
    // What is confirmed is what was reported.
    for (confirmed, status) in [("94", 1), ("96", 1), ("95", 0)] {
        let output = master.run(&[&format!("--confirm-removals={confirmed}")]);
        assert_eq!(output.status, status, "{output:?}");
    }
    assert_eq!(master.stored().vanished().len(), 95);
    assert_eq!(master.run(&[]).status, 0);
}

#[test]
fn an_empty_tree_removes_nothing() {
    let master = Master::with_repository();
    numbered(&master, 0..60);
    master.scan();
    std::fs::rename(master.env.path("tree"), master.env.path("elsewhere")).unwrap();
    std::fs::create_dir(master.env.path("tree")).unwrap();
    master.write("new/file", "1");
    // Nothing was held back yet that could be confirmed: the tree is not even listed.
    let output = master.run(&["--confirm-removals"]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(output.stderr.contains("was held back"), "{output:?}");
    assert!(!master.stored().directories.contains_key("new"));
    let output = master.run(&[]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(output.stderr.contains("67 of 68"), "{output:?}");
    let after = master.stored();
    assert!(after.vanished().is_empty() && after.directories.contains_key("new"));
    // More than half of a category is confirmed by number only.
    let output = master.run(&["--confirm-removals"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("--confirm-removals=67"), "{output:?}");
    assert!(master.stored().vanished().is_empty());
    // The tree is mounted again.
    std::fs::remove_dir_all(master.env.path("tree")).unwrap();
    std::fs::rename(master.env.path("elsewhere"), master.env.path("tree")).unwrap();
    assert_eq!(master.run(&[]).status, 0);
    assert_eq!(master.stored().vanished(), ["new"]);
}
