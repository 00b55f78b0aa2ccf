//! All probe methods store the same result: one tree in many states, served by real nginx, Apache, lighttpd and
//! rsync daemons, and probed by directory index, by HEAD, by rsync listing, or by both.
//!
//! Differences that must exist are in the tables, by the kind of server ([`network::Way::is`]). A server that answers 404 to every
//! directory does not show which are missing entirely, nor which are unreadable; one that answers 403 to every existing directory
//! gives no information on empty trees. An index also shows files that the server cannot read.
//! A listing does not show the content of files: a `repomd.xml` of other size or time is `unverifiable`, and one of the same size and
//! time is trusted. Nor does it show targets of links, or the permissions of owner and group.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::symlink;

mod network;

use network::{MirrorNetwork, ODD, OS, SERVER, SERVER_OS, UPDATES, WAYS, chmod, copy};

/// The rows stored after a first crawl, by state. `*` is common to all kinds of server; `+` and `-` are changes to it for one kind of
/// server or for all.
const FIRST: &str = "
*
  + staged closed
  [store] - staged closed
current
lagging
  + lacks releases/43/Everything/os/Packages/p and below
  + lacks releases/43/Server/os/Packages/p and below
  + lacks updates/43/x86_64/Packages/p and below
  + outdated-allowed push 2 releases/43/Everything/os/repodata
  + outdated-allowed push 2 releases/43/Server/os/repodata
  + outdated-allowed push 2 updates/43/x86_64/repodata
  + why: outdated-allowed
  + why: missing
old
  + lacks releases/43/Everything/os/Packages/p and below
  + lacks releases/43/Everything/os/repodata and below
  + lacks releases/43/Server/os/Packages/p and below
  + lacks releases/43/Server/os/repodata and below
  + lacks updates/43/x86_64/Packages/p and below
  + lacks updates/43/x86_64/repodata and below
  + why: missing
  + why: repomd-outdated
half
  + lacks odd & names+%2541 #\u{fc}
  + lacks releases/43/Everything/os/Packages/p and below
  + lacks releases/43/Everything/os/images and below
  + lacks sizes and below
  + lacks updates/43/x86_64/repodata and below
  + lacks zero and below
  + why: missing
  + why: size
partial
  + lacks empty and below
  + lacks releases/43/Everything/os/images and below
  + lacks releases/43/Server and below
  + lacks structural and below
  + missing empty
  + missing releases/43/Everything/os/images
  + missing releases/43/Server
  + missing structural
  + why: missing
  [store] - lacks empty and below
  [store] - missing empty
  [store] - missing releases/43/Server
  [store] - missing structural
  [store] + missing releases/43/Server/os/Packages/p
  [store] + missing releases/43/Server/os/images
  [store] + missing releases/43/Server/os/repodata
  [store] + missing structural/deep/deeper
dropped
  - staged closed
  + lacks  and below
  + missing 
  + why: category-missing
  [rsync] + why: rsync
emptied
  - staged closed
  + lacks  and below
  + missing closed
  + missing empty
  + missing odd & names+%2541 #\u{fc}
  + missing releases
  + missing sizes
  + missing structural
  + missing updates
  + missing zero
  + why: missing
  [listed] + why: rsync
  [at store] - missing closed
  [at store] - missing empty
  [at store] - missing odd & names+%2541 #\u{fc}
  [at store] - missing releases
  [at store] - missing sizes
  [at store] - missing structural
  [at store] - missing updates
  [at store] - missing zero
  [at store] + missing 
  [at store] - why: missing
  [at store] + why: category-missing
  [forbids] - missing closed
  [forbids] - missing empty
  [forbids] - missing odd & names+%2541 #\u{fc}
  [forbids] - missing releases
  [forbids] - missing structural
  [forbids] - missing updates
  [forbids] + missing odd & names+%2541 #\u{fc}/below it
  [forbids] + missing releases/43/Everything/os/Packages/p
  [forbids] + missing releases/43/Everything/os/images
  [forbids] + missing releases/43/Everything/os/repodata
  [forbids] + missing releases/43/Server/os/Packages/p
  [forbids] + missing releases/43/Server/os/images
  [forbids] + missing releases/43/Server/os/repodata
  [forbids] + missing structural/deep/deeper
  [forbids] + missing updates/43/x86_64/Packages/p
  [forbids] + missing updates/43/x86_64/images
  [forbids] + missing updates/43/x86_64/repodata
exposed
  - staged closed
  + why: leaked
unstaged
  - staged closed
  + missing closed
  + why: missing
  [store] - missing closed
  [store] - why: missing
shut
  + lacks sizes and below
  + lacks structural and below
  + lacks zero and below
  + why: forbidden
  [at store] + why: missing
  [only nginx] - lacks sizes and below
  [only apache] - lacks sizes and below
  [rsync] - why: forbidden
  [rsync] + why: unreadable-directory
broken
  + lacks 
  + lacks releases/43/Server/os/repodata and below
  + lacks structural/deep/deeper and below
  + lacks updates/43/x86_64/images and below
  + missing structural/deep/deeper
  + why: missing
  [forbids] + why: forbidden
  [forbids] - lacks structural/deep/deeper and below
  [forbids] + lacks structural and below
  [store] - lacks structural/deep/deeper and below
  [store] + lacks structural and below
  [at store] + missing updates/43/x86_64/images
  [at apache] + why: forbidden
  [at lighttpd] - missing structural/deep/deeper
  [at lighttpd] + why: size
  [rsync] + lacks releases/43/Server/os/images and below
  [rsync] + why: symlink
tampered
  + unknown-hash releases/43/Everything/os/repodata
  + unknown-hash releases/43/Server/os/repodata
  + unknown-hash updates/43/x86_64/repodata
  + lacks releases/43/Everything/os/repodata and below
  + lacks releases/43/Server/os/repodata and below
  + lacks updates/43/x86_64/repodata and below
  + why: unknown-hash
  [rsync] - unknown-hash releases/43/Everything/os/repodata
  [rsync] - unknown-hash releases/43/Server/os/repodata
  [rsync] - unknown-hash updates/43/x86_64/repodata
  [rsync] - lacks releases/43/Everything/os/repodata and below
  [rsync] - why: unknown-hash
  [rsync] + why: unverifiable
";

/// The differences if the mirror was current before: inconclusive results remove nothing.
const AFTER_CURRENT: &str = "
shut
  [rsync] - lacks sizes and below
  [rsync] - lacks structural and below
  [rsync] - lacks zero and below
  [rsync] + inconclusive sizes
  [rsync] + inconclusive structural
  [rsync] + inconclusive structural/deep
  [rsync] + inconclusive structural/deep/deeper
  [rsync] + inconclusive structural/empty
  [rsync] + inconclusive zero
broken
  [rsync] - lacks releases/43/Server/os/images and below
  [rsync] - lacks updates/43/x86_64/images and below
  [rsync] + inconclusive releases/43/Server/os/images
  [rsync] + inconclusive updates/43/x86_64/images
tampered
  [rsync] - lacks releases/43/Server/os/repodata and below
  [rsync] - lacks updates/43/x86_64/repodata and below
  [rsync] + inconclusive push 3 releases/43/Server/os/repodata
  [rsync] + inconclusive push 3 updates/43/x86_64/repodata
emptied
  [forbids] + staged closed
";

/// The differences after a mirror in that state was fixed. Without directory indexes only a listing shows this for an unreadable
/// directory, and no listing is requested for a few directories.
const CAME_BACK: &str = "
exposed
  [at store] - staged closed
unstaged
  [at store] - staged closed
";

/// The rows stored by an incremental crawl after a push, the opening of a directory and a new directory on the master.
const AFTER_A_PUSH: &str = "
synced
behind
  + lacks closed and below
  + lacks fresh and below
  + lacks releases/43/Everything/os/Packages/p and below
  + lacks releases/43/Server/os/Packages/p and below
  + lacks updates/43/x86_64/Packages/p and below
  + outdated-allowed push 3 releases/43/Everything/os/repodata
  + outdated-allowed push 3 releases/43/Server/os/repodata
  + outdated-allowed push 3 updates/43/x86_64/repodata
  + missing fresh
  + staged closed
  + why: outdated-allowed
  + why: missing
  [store] - missing fresh
  [store] + missing fresh/deep
  [store] - staged closed
  [store] + why: forbidden
  [rsync] + why: unreadable-directory
half
  + lacks fresh/deep and below
  + lacks updates/43/x86_64/repodata and below
  + outdated-allowed push 3 releases/43/Server/os/repodata
  + why: outdated-allowed
  + why: missing
  + why: size
";

/// The states of a table.
fn states(table: &str) -> Vec<&str> {
    let is_state = |line: &&str| !line.is_empty() && !line.starts_with([' ', '*']);
    table.lines().filter(is_state).collect()
}

/// The expected rows of a state for a probe method: each table changes the ones before it.
fn expected(tables: &[&str], state: &str, way: network::Way) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for section in ["*", state] {
        for table in tables {
            let of_section = table.lines().skip_while(|line| *line != section).skip(1);
            for line in of_section.take_while(|line| line.starts_with(' ')) {
                let line = line.strip_prefix("  ").unwrap();
                let (about, change) = match line.strip_prefix('[').and_then(|l| l.split_once("] ")) {
                    Some((kind, change)) => (way.is(kind), change),
                    None => (true, line),
                };
                let (sign, fact) = change.split_at(2);
                match sign {
                    "+ " if about => _ = out.insert(fact.to_owned()),
                    "- " if about => _ = out.remove(fact),
                    "+ " | "- " => {}
                    other => panic!("{other:?} in {line}"),
                }
            }
        }
    }
    out
}

/// Compares the stored rows with the tables.
fn compare(network: &MirrorNetwork, what: &str, of: impl Fn(&str, network::Way) -> BTreeSet<String>) {
    let inventory = network.inventory();
    let mut differences = String::new();
    for state in network.states() {
        let mut reported: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for way in WAYS {
            let (wanted, seen) = (of(state, way), &inventory[&format!("{state}.{}.org", way.name)]);
            let missing_from = wanted
                .difference(seen)
                .map(|fact| format!("      should say: {fact}\n"));
            let more = seen
                .difference(&wanted)
                .map(|fact| format!("      should not say: {fact}\n"));
            let text: String = missing_from.chain(more).collect();
            reported.entry(text).or_default().push(way.name);
        }
        reported.remove("");
        for (text, ways) in reported {
            write!(differences, "  {state}, asked by {}:\n{text}", ways.join(", ")).unwrap();
        }
    }
    assert!(differences.is_empty(), "{what}:\n{differences}");
}

/// Puts the mirrors into their states.
fn change(network: &MirrorNetwork) {
    for state in network.states() {
        let from = match state {
            "lagging" => "push2",
            "old" => "push1",
            _ => "push3",
        };
        network.replace_mirror(state, from);
        chmod(&network.mirror_path(state, "closed"), 0o000);
    }
    half_synced(network);
    let partial = |below: &str| fs::remove_dir_all(network.mirror_path("partial", below)).unwrap();
    partial(SERVER);
    partial(&format!("{OS}/images"));
    partial("structural");
    partial("empty");
    for state in ["dropped", "emptied"] {
        chmod(&network.mirror_path(state, "closed"), 0o755);
        fs::remove_dir_all(network.mirror_path(state, "")).unwrap();
    }
    fs::create_dir(network.mirror_path("emptied", "")).unwrap();
    for state in ["exposed", "unstaged"] {
        chmod(&network.mirror_path(state, "closed"), 0o755);
    }
    fs::remove_dir_all(network.mirror_path("unstaged", "closed")).unwrap();
    shut_and_broken(network);
    tampered(network);
}

fn half_synced(network: &MirrorNetwork) {
    let half = |below: &str| network.mirror_path("half", below);
    fs::remove_file(half(&format!("{UPDATES}/repodata/3-primary.xml.gz"))).unwrap();
    fs::remove_file(half(&format!("{OS}/Packages/p/new-3.rpm"))).unwrap();
    fs::write(half(&format!("{OS}/images/boot.iso")), "").unwrap();
    fs::write(half("zero/nothing.txt"), "something").unwrap();
    // Shown with the same rounded size.
    let image = File::options().write(true).open(half("sizes/of-1048576")).unwrap();
    image.set_len(1_048_575).unwrap();
    fs::remove_file(half(&format!("{ODD}/100%.txt"))).unwrap();
}

fn shut_and_broken(network: &MirrorNetwork) {
    let shut = |below: &str, mode| chmod(&network.mirror_path("shut", below), mode);
    shut("sizes/of-1", 0o000);
    shut("zero", 0o000);
    shut("structural", 0o000);
    // A mirror that saves space by links, of which one is broken; it has none of the links of the master.
    let broken = |below: &str| network.mirror_path("broken", below);
    let image = broken(&format!("{SERVER_OS}/images/boot.iso"));
    fs::remove_file(&image).unwrap();
    symlink("../../../Everything/os/images/boot.iso", image).unwrap();
    let image = broken(&format!("{UPDATES}/images/boot.iso"));
    fs::remove_file(&image).unwrap();
    symlink("nowhere.iso", image).unwrap();
    fs::remove_file(broken("releases/current")).unwrap();
    fs::remove_file(broken(&format!("{SERVER_OS}/images/latest.iso"))).unwrap();
    // Directories in the place of files, and files in the place of directories.
    for file in ["README", &format!("{SERVER_OS}/repodata/repomd.xml")] {
        fs::remove_file(broken(file)).unwrap();
        fs::create_dir(broken(file)).unwrap();
    }
    fs::remove_dir_all(broken("structural/deep/deeper")).unwrap();
    fs::write(broken("structural/deep/deeper"), "a file").unwrap();
}

/// Another `repomd.xml` in each repository: of another time, of another size, and with the same size and time.
fn tampered(network: &MirrorNetwork) {
    for (repo, text, is_later) in [
        (UPDATES, "another", true),
        (SERVER_OS, "something", false),
        (OS, "another", false),
    ] {
        let repomd = network.mirror_path("tampered", &format!("{repo}/repodata/repomd.xml"));
        let good = fs::read_to_string(&repomd).unwrap();
        let time = fs::metadata(&repomd).unwrap().modified().unwrap();
        fs::write(&repomd, good.replace("primary", text)).unwrap();
        if !is_later {
            let file = File::options().write(true).open(repomd).unwrap();
            file.set_modified(time).unwrap();
        }
    }
}

/// The probe method of each host, where it is determined.
fn compare_probes(network: &MirrorNetwork, by: &BTreeMap<String, String>) {
    for way in WAYS.iter().filter(|w| !w.by.is_empty()) {
        assert_eq!(by[&format!("current.{}.org", way.name)], way.by, "{}", way.name);
    }
    assert_eq!(by.len(), network.states().count() * WAYS.len());
}

#[test]
fn all_probe_methods_give_the_same_result() {
    let network = MirrorNetwork::new(&states(FIRST));
    change(&network);
    compare_probes(&network, &network.crawl(&[]));
    compare(&network, "after a first crawl", |state, way| {
        expected(&[FIRST], state, way)
    });
    // Incremental crawls find that everything was fixed.
    for state in network.states() {
        network.replace_mirror(state, "push3");
        chmod(&network.mirror_path(state, "closed"), 0o000);
    }
    network.crawl(&[]);
    compare(&network, "after all came back", |state, way| {
        expected(&[FIRST.split_once("current").unwrap().0, CAME_BACK], state, way)
    });
    change(&network);
    network.crawl(&["--full"]);
    let tables = [FIRST, AFTER_CURRENT];
    compare(&network, "after all had been current", |state, way| {
        expected(&tables, state, way)
    });
}

#[test]
fn changes_of_the_master_give_the_same_result_for_all_probe_methods() {
    let mut network = MirrorNetwork::new(&states(AFTER_A_PUSH));
    for state in network.states() {
        network.replace_mirror(state, "push3");
        chmod(&network.mirror_path(state, "closed"), 0o000);
    }
    network.crawl(&[]);
    compare(&network, "before the push", |_, way| {
        expected(&[FIRST.split_once("current").unwrap().0], "", way)
    });
    network.write("fresh/deep/one.rpm", b"one");
    fs::create_dir(network.net.env.path("tree/fresh/empty")).unwrap();
    chmod(&network.net.env.path("tree/closed"), 0o755);
    network.push();
    network.replace_mirror("synced", "push4");
    network.replace_mirror("half", "push4");
    let half = |below: &str| network.mirror_path("half", below);
    fs::remove_file(half(&format!("{UPDATES}/repodata/4-primary.xml.gz"))).unwrap();
    fs::write(half("fresh/deep/one.rpm"), "").unwrap();
    let before = network.net.env.path(&format!("push3/{SERVER_OS}/repodata"));
    fs::remove_dir_all(half(&format!("{SERVER_OS}/repodata"))).unwrap();
    copy(&before, &half(&format!("{SERVER_OS}/repodata")));
    network.crawl(&[]);
    compare(&network, "after the push", |state, way| {
        expected(&[AFTER_A_PUSH], state, way)
    });
    for state in network.states() {
        network.replace_mirror(state, "push4");
    }
    network.crawl(&[]);
    compare(&network, "when all have it", |_, way| {
        expected(&[AFTER_A_PUSH], "synced", way)
    });
}
