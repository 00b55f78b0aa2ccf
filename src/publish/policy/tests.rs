use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::model::ids::{FileDetailId, HostCategoryId};
use crate::publish::tests::{ARCH, CATEGORY, Sample, exception};
use crate::snapshot::Snapshot;
use crate::snapshot::publication::RepositoryMirrors;

const DAY: i64 = 86_400;

/// A repository with two versions: the first found by scan 1 at time 0, superseded by scan 5 at day 10.
struct Repo {
    s: Sample,
    top: DirectoryId,
    repodata: DirectoryId,
    old: FileDetailId,
    new: FileDetailId,
}

fn repo_with_push() -> Repo {
    let mut s = Sample::new();
    let top = s.directory("releases/43/Everything/x86_64/os");
    let repodata = s.directory("releases/43/Everything/x86_64/os/repodata");
    let old = s.repomd(repodata, 1, 0, Some((5, 10 * DAY)));
    let new = s.repomd(repodata, 5, 10 * DAY, None);
    Repo {
        s,
        top,
        repodata,
        old,
        new,
    }
}

impl Repo {
    fn both(&self) -> [DirectoryId; 2] {
        [self.top, self.repodata]
    }

    /// Returns true for each of (top directory, repodata) that the host is listed for at `now`.
    fn listed(&self, hc: HostCategoryId, now: i64) -> (bool, bool) {
        let publication = Publication::from_registry(&self.s.registry, &self.s.policy(), Timestamp(now));
        let has = |d: DirectoryId| publication.mirrors_for(d).any(|h| h == hc);
        (has(self.top), has(self.repodata))
    }
}

const YES: (bool, bool) = (true, true);
const NO: (bool, bool) = (false, false);

#[test]
fn a_push_unlists_no_mirror() {
    let mut r = repo_with_push();
    let hc = r.s.host("a.example.org", "DE");
    // Verified before the push, not crawled since.
    let both = r.both();
    r.s.set_inventory(hc, 4, &both);
    assert_eq!(r.listed(hc, 10 * DAY + 1), YES);
    // Unlisted without another crawl once its version is no longer offered.
    assert_eq!(r.listed(hc, 13 * DAY), NO);
    r.s.set_inventory(hc, 5, &both);
    assert_eq!(r.listed(hc, 13 * DAY), YES);
}

#[test]
fn a_downtime_takes_its_host_off_from_start_to_end() {
    let mut r = repo_with_push();
    let both = r.both();
    let [down, vouched, other] = ["a", "b", "c"].map(|n| r.s.host(&format!("{n}.example.org"), "DE"));
    for hc in [down, vouched, other] {
        r.s.set_inventory(hc, 5, &both);
    }
    r.s.registry.host_categories.get_mut(&vouched).unwrap().always_current = true;
    let downtime = |from: i64, until: i64, keep_listed| HostDowntime {
        starts_at: Timestamp(10 * DAY + from),
        ends_at: Timestamp(10 * DAY + until),
        reason: None,
        keep_listed,
    };
    let host = |r: &Repo, hc| r.s.registry.host_categories[&hc].host;
    let (a, b) = (host(&r, down), host(&r, vouched));
    let now = 10 * DAY;
    for (downtimes, at, listed) in [
        (vec![downtime(10, 20, false)], 9, YES),
        (vec![downtime(10, 20, false)], 10, NO),
        (vec![downtime(10, 20, false)], 19, NO),
        (vec![downtime(10, 20, false)], 20, YES),
        (vec![downtime(10, 20, true)], 15, YES),
        (vec![downtime(10, 20, false), downtime(12, 14, true)], 13, YES),
        (vec![downtime(10, 20, false), downtime(12, 14, true)], 15, NO),
    ] {
        r.s.registry.downtimes = [(a, downtimes.clone()), (b, downtimes)].into();
        assert_eq!(r.listed(down, now + at), listed, "at {at}");
        assert_eq!(r.listed(vouched, now + at), listed, "always-current, at {at}");
        assert_eq!(r.listed(other, now + at), YES);
    }
}

#[test]
fn newest_only_lists_mirrors_with_the_newest_version_and_offers_no_other() {
    let mut r = repo_with_push();
    let (both, old, new, top, repodata) = (r.both(), r.old, r.new, r.top, r.repodata);
    let version = r.s.version("43");
    r.s.repository("fedora-43", version, ARCH, top);
    let hosts =
        ["lags", "verified-before", "current", "came-back"].map(|n| r.s.host(&format!("{n}.example.org"), "DE"));
    let lagging = exception(ExceptionState::OutdatedAllowed, Some(old));
    r.s.set_inventory(hosts[0], 5, &both)
        .exceptions
        .insert(repodata, lagging);
    r.s.set_inventory(hosts[1], 4, &both);
    r.s.set_inventory(hosts[2], 5, &both);
    let answers_no_more = exception(ExceptionState::Inconclusive, Some(new));
    r.s.set_inventory(hosts[3], 5, &both)
        .exceptions
        .insert(repodata, answers_no_more);
    let other = r.s.directory("releases/42/Everything/x86_64/os");
    let other_repodata = r.s.directory("releases/42/Everything/x86_64/os/repodata");
    r.s.repomd(other_repodata, 1, 0, Some((5, 10 * DAY)));
    r.s.repomd(other_repodata, 5, 10 * DAY, None);
    r.s.repository("fedora-42", version, ARCH, other);
    r.s.registry
        .inventories
        .get_mut(&hosts[1])
        .unwrap()
        .present
        .extend([other.0, other_repodata.0]);

    let seen = |r: &Repo, now: i64| {
        let publication = Publication::from_registry(&r.s.registry, &r.s.policy(), Timestamp(now));
        let holders = RepositoryMirrors::new(&publication);
        let counts = (
            holders.hosts_for(top).len(),
            publication.mirrors_for(top).count(),
            holders.hosts_for(other).len(),
        );
        let versions = |d: DirectoryId| publication.offered[&d][REPOMD].iter().map(|v| v.id).collect::<Vec<_>>();
        assert_eq!(versions(other_repodata).len(), 2, "another repository is unchanged");
        (counts, versions(repodata))
    };
    let now = 10 * DAY + 60;
    assert_eq!(seen(&r, now), ((4, 4, 1), vec![new, old]));
    r.s.registry.repositories[0].newest_only_until = Some(Timestamp(now + 60));
    assert_eq!(seen(&r, now), ((2, 2, 1), vec![new]));
    // The setting ends at its time.
    assert_eq!(seen(&r, now + 59), ((2, 2, 1), vec![new]));
    assert_eq!(seen(&r, now + 60), ((4, 4, 1), vec![new, old]));
}

#[test]
fn an_outdated_host_is_listed_while_its_version_is_offered() {
    let mut r = repo_with_push();
    let hc = r.s.host("a.example.org", "DE");
    let (both, old, repodata) = (r.both(), r.old, r.repodata);
    let lagging = exception(ExceptionState::OutdatedAllowed, Some(old));
    r.s.set_inventory(hc, 5, &both).exceptions.insert(repodata, lagging);
    assert_eq!(r.listed(hc, 12 * DAY), YES);
    assert_eq!(r.listed(hc, 13 * DAY), NO);
    // An unknown version is never offered.
    let unknown = exception(ExceptionState::OutdatedAllowed, Some(FileDetailId(7)));
    r.s.set_inventory(hc, 5, &both).exceptions.insert(repodata, unknown);
    assert_eq!(r.listed(hc, 12 * DAY), NO);
}

#[test]
fn a_host_ahead_is_listed_after_the_next_scan() {
    let mut r = repo_with_push();
    let hc = r.s.host("a.example.org", "DE");
    let (both, new, repodata) = (r.both(), r.new, r.repodata);
    let sha256_of = |r: &Repo, id| {
        let versions = &r.s.registry.details[&repodata];
        versions.iter().find(|v| v.id == id).unwrap().file.hashes.sha256.clone()
    };
    for state in [ExceptionState::Ahead, ExceptionState::Inconclusive] {
        let mut ahead = exception(state, None);
        ahead.sha256 = Some("not scanned yet".to_owned());
        r.s.set_inventory(hc, 5, &both)
            .exceptions
            .insert(repodata, ahead.clone());
        assert_eq!(r.listed(hc, 10 * DAY), NO);
        ahead.sha256 = sha256_of(&r, new);
        r.s.set_inventory(hc, 4, &both).exceptions.insert(repodata, ahead);
        assert_eq!(r.listed(hc, 10 * DAY), YES);
        // Unlike a host that was verified against scan 4 and had the version of that time.
        assert_eq!(r.listed(hc, 13 * DAY), YES);
    }
}

#[test]
fn a_host_with_an_unknown_hash_is_unlisted_immediately() {
    let mut r = repo_with_push();
    let hc = r.s.host("a.example.org", "DE");
    let (top, repodata) = (r.top, r.repodata);
    let foreign = exception(ExceptionState::UnknownHash, None);
    r.s.set_inventory(hc, 5, &[top])
        .exceptions
        .insert(repodata, foreign.clone());
    assert_eq!(r.listed(hc, 10 * DAY), NO);
    // Even if the directory is present by mistake.
    r.s.set_inventory(hc, 5, &[top, repodata])
        .exceptions
        .insert(repodata, foreign);
    assert_eq!(r.listed(hc, 10 * DAY), NO);
    // Packages without repodata are not a repository.
    r.s.set_inventory(hc, 5, &[top]);
    assert_eq!(r.listed(hc, 10 * DAY), NO);
}

#[test]
fn a_host_verified_before_the_first_repomd_is_not_listed() {
    let mut s = Sample::new();
    let top = s.directory("os");
    let repodata = s.directory("os/repodata");
    let new = s.repomd(repodata, 5, 10 * DAY, None);
    let hc = s.host("a.example.org", "DE");
    s.set_inventory(hc, 4, &[top, repodata]);
    let r = Repo {
        s,
        top,
        repodata,
        old: new,
        new,
    };
    assert_eq!(r.listed(hc, 10 * DAY), NO);
}

#[test]
fn inconclusive_states_expire_after_three_attempts_and_the_limit() {
    let mut r = repo_with_push();
    let hc = r.s.host("a.example.org", "DE");
    let (both, repodata, new) = (r.both(), r.repodata, r.new);
    let since = Timestamp(11 * DAY);
    for (tries, now, want) in [
        (2, 100 * DAY, YES),
        (3, 14 * DAY, YES),
        (3, 14 * DAY + 1, NO),
        (9, 11 * DAY, YES),
    ] {
        let inventory = r.s.set_inventory(hc, 5, &both);
        (inventory.inconclusive_since, inventory.inconclusive_tries) = (Some(since), tries);
        assert_eq!(r.listed(hc, now), want, "category, {tries} tries, {now}");
        let mut silent = exception(ExceptionState::Inconclusive, Some(new));
        (silent.since, silent.tries) = (since, tries);
        r.s.set_inventory(hc, 5, &both).exceptions.insert(repodata, silent);
        assert_eq!(r.listed(hc, now), want, "directory, {tries} tries, {now}");
    }
    // Without crawls for a year, nothing expires.
    r.s.set_inventory(hc, 5, &both);
    assert_eq!(r.listed(hc, 400 * DAY), YES);
}

#[test]
fn unreadable_or_vanished_directories_are_not_published() {
    let mut r = repo_with_push();
    let hc = r.s.host("a.example.org", "DE");
    let version = r.s.version("43");
    let (both, top, repodata) = (r.both(), r.top, r.repodata);
    r.s.repository("fedora-43", version, ARCH, top);
    r.s.set_inventory(hc, 5, &both);
    let names = |r: &Repo| {
        let publication = Publication::from_registry(&r.s.registry, &r.s.policy(), Timestamp(10 * DAY));
        let s = snapshot(&publication);
        (s.directories.len(), s.repositories.len(), s.hosts.len())
    };
    assert_eq!(names(&r), (2, 1, 1));
    for id in both {
        r.s.registry.directories.get_mut(&id).unwrap().readable = false;
    }
    assert_eq!(r.listed(hc, 10 * DAY), NO);
    assert_eq!(names(&r), (0, 0, 0));
    // A disabled repository does not reveal the name of a hidden release.
    r.s.registry.repositories[0].disabled = true;
    assert_eq!(names(&r), (0, 0, 0));
    r.s.registry.directories.remove(&top);
    r.s.registry.directories.remove(&repodata);
    r.s.registry.repositories[0].directory = None;
    assert_eq!(names(&r), (0, 1, 0));
}

#[test]
fn disabled_or_embargoed_hosts_are_not_listed() {
    let changes: [fn(&mut Sample, HostCategoryId); 5] = [
        |s, hc| s.host_of(hc).admin_active = false,
        |s, hc| s.host_of(hc).user_active = false,
        |s, hc| {
            let site = s.host_of(hc).site;
            s.registry.sites.get_mut(&site).unwrap().admin_active = false;
        },
        |s, hc| {
            let site = s.host_of(hc).site;
            s.registry.sites.get_mut(&site).unwrap().user_active = false;
        },
        |s, _| {
            s.registry.embargoed.insert("DE".parse().unwrap());
        },
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut r = repo_with_push();
        let hc = r.s.host("a.example.org", "DE");
        let both = r.both();
        r.s.set_inventory(hc, 5, &both);
        r.s.registry.host_categories.get_mut(&hc).unwrap().always_current = n % 2 == 0;
        assert_eq!(r.listed(hc, 10 * DAY), YES);
        change(&mut r.s, hc);
        assert_eq!(r.listed(hc, 10 * DAY), NO, "change {n}");
    }
}

#[test]
fn always_current_hosts_are_listed_without_a_crawl() {
    let mut r = repo_with_push();
    let hc = r.s.host("a.example.org", "DE");
    r.s.registry.host_categories.get_mut(&hc).unwrap().always_current = true;
    let hidden = r.s.directory("releases/44");
    r.s.registry.directories.get_mut(&hidden).unwrap().readable = false;
    assert_eq!(r.listed(hc, 10 * DAY), YES);
    let publication = Publication::from_registry(&r.s.registry, &r.s.policy(), Timestamp(10 * DAY));
    assert_eq!(publication.mirrors_for(hidden).count(), 0);
}

/// Returns the snapshot after decoding it again.
fn snapshot(publication: &Publication<'_>) -> Snapshot {
    let mut warnings = Vec::new();
    let snapshot = publication.snapshot(&mut warnings);
    assert_eq!(warnings, [""; 0]);
    let bytes = snapshot.encode().unwrap();
    assert_eq!(Snapshot::decode(&bytes).unwrap(), snapshot);
    snapshot
}

#[test]
fn private_hosts_are_marked_and_private_urls_omitted() {
    let mut r = repo_with_push();
    let both = r.both();
    let (a, b, c) = (
        r.s.host("a.example.org", "DE"),
        r.s.host("b.example.org", "DE"),
        r.s.host("c.example.org", "DE"),
    );
    for hc in [a, b, c] {
        r.s.set_inventory(hc, 5, &both);
    }
    r.s.host_of(b).private = true;
    let site = r.s.host_of(c).site;
    r.s.registry.sites.get_mut(&site).unwrap().private = true;
    r.s.url(a, "rsync://a.example.org/linux", false);
    r.s.url(a, "http://a.example.org/linux", false);
    r.s.url(a, "https://internal.example.org/linux", true);
    let publication = Publication::from_registry(&r.s.registry, &r.s.policy(), Timestamp(10 * DAY));
    let got = snapshot(&publication);
    let private: Vec<bool> = got.hosts.iter().map(|h| h.private).collect();
    assert_eq!(private, [false, true, true]);
    let urls: Vec<&str> = got.host_categories[0]
        .urls
        .iter()
        .map(crate::model::names::MirrorUrl::as_str)
        .collect();
    assert_eq!(
        urls,
        [
            "https://a.example.org/linux",
            "http://a.example.org/linux",
            "rsync://a.example.org/linux"
        ]
    );
    // A host with only private URLs cannot be named.
    for u in &mut r.s.registry.urls {
        u.private = u.private || u.host_category == b;
    }
    let publication = Publication::from_registry(&r.s.registry, &r.s.policy(), Timestamp(10 * DAY));
    assert_eq!(snapshot(&publication).hosts.len(), 2);
}

#[test]
fn overlapping_categories_and_invalid_digests_are_warnings() {
    let mut r = repo_with_push();
    let mut outer = r.s.registry.categories[&CATEGORY].clone();
    outer.id = CategoryId(2);
    outer.name = "Everything".parse().unwrap();
    outer.topdir = "pub/fedora".parse().unwrap();
    r.s.registry.categories.insert(outer.id, outer);
    let twin = r.s.directory("linux/releases/43/Everything/x86_64/os");
    r.s.registry.directories.get_mut(&twin).unwrap().category = CategoryId(2);
    let repodata = r.repodata;
    r.s.registry.details.get_mut(&repodata).unwrap()[1].file.hashes.md5 = Some("zz".into());
    let publication = Publication::from_registry(&r.s.registry, &r.s.policy(), Timestamp(10 * DAY));
    let mut warnings = Vec::new();
    let got = publication.snapshot(&mut warnings);
    assert_eq!(got.directories.len(), 2);
    assert!(got.encode().is_ok());
    assert_eq!(warnings.len(), 2);
    assert!(
        warnings[0].contains("category Fedora Linux and category Everything"),
        "{warnings:?}"
    );
    assert!(
        warnings[1].contains("MD5") && warnings[1].contains("repomd.xml"),
        "{warnings:?}"
    );
}

/// The state of one repodata directory in an inventory.
#[derive(Debug, Clone)]
struct RepodataState {
    present: bool,
    state: Option<(ExceptionState, Option<usize>)>,
    generation: i64,
    tries: u32,
    since: i64,
}

fn repodata_state() -> impl Strategy<Value = RepodataState> {
    let state = prop_oneof![
        Just(ExceptionState::Inconclusive),
        Just(ExceptionState::OutdatedAllowed),
        Just(ExceptionState::Ahead),
        Just(ExceptionState::UnknownHash),
        Just(ExceptionState::Staged),
    ];
    let exception = proptest::option::of((state, proptest::option::of(0_usize..6)));
    (any::<bool>(), exception, 0_i64..8, 0_u32..5, 0_i64..20).prop_map(|(present, state, generation, tries, since)| {
        RepodataState {
            present,
            state,
            generation,
            tries,
            since: since * DAY,
        }
    })
}

proptest! {
    /// Invariant 1: the last verified version of a listed host is one that the metalink offers.
    #[test]
    fn every_listed_host_has_an_offered_version(
        pushes in proptest::collection::vec(1_i64..6, 0..5),
        hosts in proptest::collection::vec(repodata_state(), 1..12),
        now in 0_i64..40,
        newest_only in any::<bool>(),
    ) {
        let mut s = Sample::new();
        let top = s.directory("os");
        let repodata = s.directory("os/repodata");
        let (mut at, mut details) = (0, Vec::new());
        for (generation, wait) in (1..).zip(&pushes) {
            let next = at + wait * DAY;
            details.push(s.repomd(repodata, generation, at, Some((generation + 1, next))));
            at = next;
        }
        let last = i64::try_from(pushes.len()).unwrap() + 1;
        details.push(s.repomd(repodata, last, at, None));
        for (n, seen) in hosts.iter().enumerate() {
            let hc = s.host(&format!("h{n}.example.org"), "DE");
            let present = if seen.present { vec![top, repodata] } else { vec![top] };
            let inventory = s.set_inventory(hc, seen.generation, &present);
            if let Some((state, detail)) = seen.state {
                let mut e = exception(state, detail.map(|d| details.get(d).copied().unwrap_or(FileDetailId(1))));
                (e.tries, e.since) = (seen.tries, Timestamp(seen.since));
                inventory.exceptions.insert(repodata, e);
            }
        }
        let now = Timestamp(at + now * DAY);
        let version = s.version("43");
        s.repository("fedora-43", version, ARCH, top);
        s.registry.repositories[0].newest_only_until = newest_only.then_some(Timestamp(now.0 + 1));
        let publication = Publication::from_registry(&s.registry, &s.policy(), now);
        prop_assert!(!newest_only || publication.offered[&repodata][REPOMD].len() == 1);
        let got = snapshot(&publication);
        let offered: BTreeSet<&[u8]> = got
            .directories
            .iter()
            .flat_map(|d| &d.files)
            .flat_map(|f| &f.versions)
            .map(|v| v.sha256.as_slice())
            .collect();
        for hc in publication.mirrors_for(repodata) {
            let inventory = &s.registry.inventories[&hc];
            prop_assert!(inventory.present.contains(repodata.0));
            let exception = inventory.exceptions.get(&repodata);
            prop_assert!(!matches!(exception, Some(e) if matches!(e.state, ExceptionState::UnknownHash | ExceptionState::Staged)));
            let versions = &s.registry.details[&repodata];
            let verified = versions.iter().find(|v| match exception.and_then(|e| e.detail) {
                Some(id) => v.id == id,
                None => v.is_newest_at(inventory.scan_seq),
            });
            let sha256 = verified.and_then(|v| v.file.hashes.sha256.clone()).unwrap_or_default();
            prop_assert!(offered.contains(hex::decode(sha256).unwrap().as_slice()));
        }
        // Mirrorlist and metalink agree.
        for hc in publication.mirrors_for(top) {
            prop_assert!(publication.mirrors_for(repodata).any(|h| h == hc));
        }
    }
}
