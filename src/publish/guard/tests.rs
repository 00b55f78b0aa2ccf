use proptest::prelude::*;

use super::*;
use crate::model::history::HostDowntime;
use crate::model::ids::FileDetailId;
use crate::model::inventory::DirectoryException;
use crate::publish::policy::Policy;
use crate::publish::tests::{ARCH, Sample, exception};

const DAY: i64 = 86_400;
/// The time of the previous generation.
const THEN: i64 = 10 * DAY;
/// The time of the next run.
const NOW: Timestamp = Timestamp(THEN + 3_600);

/// A repository with six published mirrors of 1,000 Mbit/s each.
struct GuardTest {
    s: Sample,
    top: DirectoryId,
    repodata: DirectoryId,
    first: FileDetailId,
    hosts: Vec<HostCategoryId>,
    published: Snapshot,
    retained: RetainedSince,
}

impl GuardTest {
    fn new() -> Self {
        let mut s = Sample::new();
        let top = s.directory("releases/43/os");
        let repodata = s.directory("releases/43/os/repodata");
        let first = s.repomd(repodata, 1, 0, None);
        let version = s.version("43");
        s.repository("fedora-43", version, ARCH, top);
        let hosts: Vec<HostCategoryId> = (0..6).map(|n| s.host(&format!("m{n}.example.org"), "DE")).collect();
        for hc in &hosts {
            s.set_inventory(*hc, 1, &[top, repodata]);
        }
        let published = Publication::from_registry(&s.registry, &s.policy(), Timestamp(THEN)).snapshot(&mut Vec::new());
        Self {
            s,
            top,
            repodata,
            first,
            hosts,
            published,
            retained: RetainedSince::new(),
        }
    }

    /// Empties the inventories of hosts (by their indexes).
    fn lose(&mut self, indexes: impl IntoIterator<Item = usize>) {
        for n in indexes {
            self.s.set_inventory(self.hosts[n], 1, &[]);
        }
    }

    /// Adds a version that no mirror has yet; the first one is no longer offered.
    fn push(&mut self) -> FileDetailId {
        let old = &mut self.s.registry.details.get_mut(&self.repodata).unwrap()[0];
        (old.superseded_seq, old.superseded_at) = (Some(crate::model::ids::ScanSeq(5)), Some(Timestamp(0)));
        self.s.repomd(self.repodata, 5, 0, None)
    }

    /// Returns the losses, the indexes of the listed hosts, and the offered versions.
    fn run(&self, accepted: &AcceptedLosses, now: Timestamp) -> (Vec<Loss>, Vec<usize>, Vec<FileDetailId>) {
        let policy: Policy = self.s.policy();
        let mut publication = Publication::from_registry(&self.s.registry, &policy, now);
        // 50 percent, 24 hours.
        let config = PublishConfig::default();
        let losses = publication.retain_mass_losses(&self.published, &self.retained, &config, accepted, now);
        let indexes = |d: DirectoryId| -> Vec<usize> {
            publication
                .mirrors_for(d)
                .map(|hc| self.hosts.iter().position(|h| *h == hc).unwrap())
                .collect()
        };
        let listed = indexes(self.repodata);
        assert_eq!(indexes(self.top), listed, "mirrorlist and metalink agree");
        let offered = publication.offered.get(&self.repodata).and_then(|f| f.get(REPOMD));
        let offered = offered.into_iter().flatten().map(|d| d.id).collect();
        // The snapshot is valid.
        publication.snapshot(&mut Vec::new()).encode().unwrap();
        (losses, listed, offered)
    }

    fn outcome(&self) -> (Vec<usize>, Vec<usize>) {
        let (losses, listed, _) = self.run(&AcceptedLosses::default(), NOW);
        let kept = losses.iter().flat_map(|l| &l.retained);
        let place = |name: &HostName| -> usize {
            (name.as_str().split('.').next().unwrap().trim_start_matches('m').parse()).unwrap()
        };
        (listed, kept.map(place).collect())
    }
}

#[test]
fn only_losses_above_the_share_are_retained() {
    for (lost, kept) in [(0, 0), (1, 0), (3, 0), (4, 4), (6, 6)] {
        let mut t = GuardTest::new();
        t.lose(0..lost);
        let (listed, carried) = t.outcome();
        assert_eq!(carried.len(), kept, "{lost} lost");
        assert_eq!(listed.len(), 6 - lost + kept, "{lost} lost");
    }
}

#[test]
fn hosts_in_a_downtime_are_no_loss() {
    let mut t = GuardTest::new();
    let downtime = HostDowntime {
        starts_at: Timestamp(THEN),
        ends_at: Timestamp(THEN + DAY),
        reason: None,
        keep_listed: false,
    };
    for hc in &t.hosts[..5] {
        let host = t.s.registry.host_categories[hc].host;
        t.s.registry.downtimes.insert(host, vec![downtime.clone()]);
    }
    assert_eq!(t.outcome(), (vec![5], vec![]));
    // Nor are they retained with others.
    t.lose([5]);
    assert_eq!(t.outcome(), (vec![5], vec![5]));
}

#[test]
fn loss_of_bandwidth_is_guarded() {
    let mut t = GuardTest::new();
    t.published.hosts[0].bandwidth = 10_000;
    t.lose([0]);
    assert_eq!(t.outcome(), (vec![0, 1, 2, 3, 4, 5], vec![0]));
}

#[test]
fn four_hosts_are_not_guarded() {
    let mut t = GuardTest::new();
    for carried in &mut t.published.host_categories[..2] {
        carried.listed.clear();
    }
    t.lose(0..6);
    assert_eq!(t.outcome(), (vec![], vec![]));
}

#[test]
fn retention_ends_after_the_limit() {
    let mut t = GuardTest::new();
    t.lose(0..6);
    let (losses, listed, _) = t.run(&AcceptedLosses::default(), NOW);
    assert_eq!((listed.len(), losses[0].mirrors, losses[0].before), (6, 0, 6));
    assert_eq!(
        (losses[0].since, losses[0].until),
        (NOW, NOW.plus(std::time::Duration::from_hours(24)))
    );
    t.retained.insert("fedora-43/x86_64".to_owned(), NOW);
    let (losses, listed, _) = t.run(&AcceptedLosses::default(), Timestamp(NOW.0 + DAY - 1));
    assert_eq!((listed.len(), losses[0].since), (6, NOW));
    let (losses, listed, _) = t.run(&AcceptedLosses::default(), Timestamp(NOW.0 + DAY));
    assert_eq!(
        (listed.len(), losses[0].retained.len(), losses[0].lost.len()),
        (0, 0, 6)
    );
}

#[test]
fn changes_by_an_operator_are_not_losses() {
    let names = [
        "repo",
        "host",
        "off",
        "gone",
        "embargo",
        "emergency",
        "disabled",
        "moved",
    ];
    for name in names {
        let mut t = GuardTest::new();
        t.lose(0..6);
        let mut accepted = AcceptedLosses::default();
        match name {
            "repo" => drop(accepted.repositories.insert("fedora-43/x86_64".to_owned())),
            "host" => accepted
                .hosts
                .extend((0..6).map(|n| format!("m{n}.example.org").parse().unwrap())),
            "off" => t.s.registry.hosts.values_mut().for_each(|h| h.admin_active = false),
            "gone" => t.s.registry.host_categories.clear(),
            "embargo" => drop(t.s.registry.embargoed.insert("DE".parse().unwrap())),
            "emergency" => t.s.registry.repositories[0].newest_only_until = Some(Timestamp(NOW.0 + 60)),
            "disabled" => t.s.registry.repositories[0].disabled = true,
            _ => {
                let elsewhere = t.s.directory("releases/43b/os");
                t.s.registry.repositories[0].directory = Some(elsewhere);
            }
        }
        let (losses, listed, _) = t.run(&accepted, NOW);
        assert_eq!((losses, listed), (vec![], vec![]), "{name}");
    }
    // Accepted for one host.
    let mut t = GuardTest::new();
    t.lose(0..6);
    let accepted = AcceptedLosses {
        hosts: BTreeSet::from(["m2.example.org".parse().unwrap()]),
        ..AcceptedLosses::default()
    };
    assert_eq!(t.run(&accepted, NOW).1, [0, 1, 3, 4, 5]);
}

#[test]
fn mirrors_with_unoffered_or_unknown_versions_are_not_retained() {
    let mut t = GuardTest::new();
    t.lose(0..6);
    let (top, repodata, hosts) = (t.top, t.repodata, t.hosts.clone());
    let states = [
        exception(ExceptionState::UnknownHash, None),
        exception(ExceptionState::Staged, None),
        DirectoryException {
            sha256: Some("ab".repeat(32)),
            ..exception(ExceptionState::Ahead, None)
        },
    ];
    for (hc, state) in hosts.iter().zip(states) {
        t.s.set_inventory(*hc, 1, &[top]).exceptions.insert(repodata, state);
    }
    assert_eq!(t.outcome(), (vec![3, 4, 5], vec![3, 4, 5]));
    // All with unknown hashes: none is retained, but the loss is reported.
    for hc in &hosts {
        let foreign = exception(ExceptionState::UnknownHash, None);
        t.s.set_inventory(*hc, 1, &[top]).exceptions.insert(repodata, foreign);
    }
    let (losses, listed, _) = t.run(&AcceptedLosses::default(), NOW);
    assert_eq!((losses.len(), losses[0].lost.len(), listed.len()), (1, 6, 0));
}

#[test]
fn versions_of_retained_hosts_are_offered_and_the_newest_stays_first() {
    let mut t = GuardTest::new();
    let second = t.push();
    let (top, repodata, first) = (t.top, t.repodata, t.first);
    // One has the new version; the others have one that is no longer offered.
    t.s.set_inventory(t.hosts[0], 5, &[top, repodata]);
    let (losses, listed, offered) = t.run(&AcceptedLosses::default(), NOW);
    assert_eq!((losses.len(), listed.len()), (1, 6));
    assert_eq!(offered, [second, first]);
    // Without a row of the published version no host can be retained.
    t.s.registry.details.get_mut(&repodata).unwrap().remove(0);
    let (_, listed, offered) = t.run(&AcceptedLosses::default(), NOW);
    assert_eq!((listed, offered), (vec![0], vec![second]));
    // The master no longer has metadata.
    let mut t = GuardTest::new();
    let only = &mut t.s.registry.details.get_mut(&t.repodata).unwrap()[0];
    (only.superseded_seq, only.superseded_at) = (Some(crate::model::ids::ScanSeq(2)), Some(Timestamp(0)));
    t.lose(0..6);
    assert_eq!(t.outcome(), (vec![], vec![]));
}

#[test]
fn new_mirrors_are_listed_in_addition_to_retained_ones() {
    let mut t = GuardTest::new();
    t.lose(0..6);
    let (top, repodata) = (t.top, t.repodata);
    let new_host = t.s.host("m6.example.org", "FR");
    t.s.set_inventory(new_host, 1, &[top, repodata]);
    t.hosts.push(new_host);
    assert_eq!(t.outcome(), (vec![0, 1, 2, 3, 4, 5, 6], vec![0, 1, 2, 3, 4, 5]));
}

proptest! {
    /// Whatever is retained, no host with an unknown hash is listed, and the last verified version of a listed host is offered.
    #[test]
    fn every_listed_host_has_an_offered_version(
        states in proptest::collection::vec((0_u8..8, prop_oneof![Just(1_i64), Just(5)]), 6),
        pushed in any::<bool>(),
        later in any::<bool>(),
    ) {
        let mut t = GuardTest::new();
        let (top, repodata, first) = (t.top, t.repodata, t.first);
        let second = pushed.then(|| t.push());
        for (hc, (state, generation)) in t.hosts.clone().into_iter().zip(states) {
            let present: &[DirectoryId] = if state == 1 { &[] } else { &[top, repodata] };
            let inventory = t.s.set_inventory(hc, generation, present);
            let found = match state {
                0 | 1 => None,
                2 => Some(exception(ExceptionState::OutdatedAllowed, Some(first))),
                3 => Some(exception(ExceptionState::UnknownHash, None)),
                4 => Some(DirectoryException { sha256: Some("ab".repeat(32)), ..exception(ExceptionState::Ahead, None) }),
                5 => Some(exception(ExceptionState::Inconclusive, second)),
                6 => Some(exception(ExceptionState::Inconclusive, None)),
                _ => Some(exception(ExceptionState::Staged, None)),
            };
            inventory.exceptions.extend(found.map(|e| (repodata, e)));
        }
        let now = if later { Timestamp(NOW.0 + DAY) } else { NOW };
        t.retained.insert("fedora-43/x86_64".to_owned(), NOW);
        let (_, listed, offered) = t.run(&AcceptedLosses::default(), now);
        let details = &t.s.registry.details[&repodata];
        let offered: Vec<&str> = (details.iter().filter(|d| offered.contains(&d.id))).filter_map(sha256).collect();
        for place in listed {
            let inventory = &t.s.registry.inventories[&t.hosts[place]];
            let exception = inventory.exceptions.get(&repodata);
            let state = exception.map(|e| e.state);
            prop_assert!(!matches!(state, Some(ExceptionState::UnknownHash | ExceptionState::Staged)), "host {place}");
            let by_detail = exception.and_then(|e| details.iter().find(|d| Some(d.id) == e.detail)).and_then(sha256);
            let newest = || details.iter().find(|d| d.is_newest_at(inventory.scan_seq)).and_then(sha256);
            let seen = (exception.and_then(|e| e.sha256.as_deref())).or(by_detail).or_else(newest);
            if inventory.present.contains(repodata.0) {
                prop_assert!(seen.is_some_and(|s| offered.contains(&s)), "host {place} has {seen:?}");
            } else {
                let published = details.iter().find(|d| d.id == first).and_then(sha256).unwrap();
                prop_assert!(offered.contains(&published), "host {place} had what was published");
            }
        }
    }
}
