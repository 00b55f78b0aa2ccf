use proptest::prelude::*;

use super::*;
use crate::model::ids::FileDetailId;
use crate::model::inventory::DirectoryException;
use crate::publish::fixture::{ARCH, Sample, exception};
use crate::publish::policy::Policy;

const DAY: i64 = 86_400;
/// When the world was published.
const THEN: i64 = 10 * DAY;
/// When the next run looks at it.
const NOW: Timestamp = Timestamp(THEN + 3_600);

const GUARD: LossGuardConfig = LossGuardConfig {
    percent: 50,
    retention: Duration::from_hours(24),
};

/// A repository that six hosts were published with; hosts of 1,000 Mbit/s each.
struct Town {
    s: Sample,
    top: DirectoryId,
    repodata: DirectoryId,
    first: FileDetailId,
    hosts: Vec<HostCategoryId>,
    published: Snapshot,
    retained: RetainedSince,
}

impl Town {
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
        let published = Publication::from_registry(&s.world, &s.policy(), Timestamp(THEN)).snapshot(&mut Vec::new());
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

    /// These hosts (by their places) are found not to have it any more.
    fn gone(&mut self, places: impl IntoIterator<Item = usize>) {
        for n in places {
            self.s.set_inventory(self.hosts[n], 1, &[]);
        }
    }

    /// A version that replaces the first one; nobody has it yet, and the first one is offered no longer.
    fn pushed(&mut self) -> FileDetailId {
        let old = &mut self.s.world.details.get_mut(&self.repodata).unwrap()[0];
        (old.superseded_seq, old.superseded_at) = (Some(crate::model::ids::ScanSeq(5)), Some(Timestamp(0)));
        self.s.repomd(self.repodata, 5, 0, None)
    }

    /// What is found lost, and places of the hosts that are listed in the end for the directory and for its repodata.
    fn run(&self, accepted: &AcceptedLosses, now: Timestamp) -> (Vec<Loss>, Vec<usize>, Vec<FileDetailId>) {
        let policy: Policy = self.s.policy();
        let mut listing = Publication::from_registry(&self.s.world, &policy, now);
        let last = PreviousGeneration {
            snapshot: &self.published,
            retained: &self.retained,
        };
        let losses = listing.retain_mass_losses(last, GUARD, accepted, now);
        let places = |d: DirectoryId| -> Vec<usize> {
            listing
                .mirrors_for(d)
                .map(|hc| self.hosts.iter().position(|h| *h == hc).unwrap())
                .collect()
        };
        let listed = places(self.repodata);
        assert_eq!(places(self.top), listed, "mirrorlist and metalink agree");
        let offered = listing.offered.get(&self.repodata).and_then(|f| f.get(REPOMD));
        let offered = offered.into_iter().flatten().map(|d| d.id).collect();
        // What goes out is sound.
        listing.snapshot(&mut Vec::new()).encode().unwrap();
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
fn more_than_the_share_is_kept_and_less_goes() {
    for (gone, kept) in [(0, 0), (1, 0), (3, 0), (4, 4), (6, 6)] {
        let mut t = Town::new();
        t.gone(0..gone);
        let (listed, carried) = t.outcome();
        assert_eq!(carried.len(), kept, "{gone} gone");
        assert_eq!(listed.len(), 6 - gone + kept, "{gone} gone");
    }
}

#[test]
fn bandwidth_counts_as_hosts_do() {
    let mut t = Town::new();
    t.published.hosts[0].bandwidth = 10_000;
    t.gone([0]);
    assert_eq!(t.outcome(), (vec![0, 1, 2, 3, 4, 5], vec![0]));
}

#[test]
fn four_hosts_are_not_guarded() {
    let mut t = Town::new();
    for carried in &mut t.published.host_categories[..2] {
        carried.held.clear();
    }
    t.gone(0..6);
    assert_eq!(t.outcome(), (vec![], vec![]));
}

#[test]
fn it_lasts_a_day_from_when_it_began() {
    let mut t = Town::new();
    t.gone(0..6);
    let (losses, listed, _) = t.run(&AcceptedLosses::default(), NOW);
    assert_eq!((listed.len(), losses[0].mirrors, losses[0].before), (6, 0, 6));
    assert_eq!((losses[0].since, losses[0].until), (NOW, NOW.plus(GUARD.retention)));
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
fn what_a_person_did_is_no_loss() {
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
        let mut t = Town::new();
        t.gone(0..6);
        let mut accepted = AcceptedLosses::default();
        match name {
            "repo" => drop(accepted.repositories.insert("fedora-43/x86_64".to_owned())),
            "host" => accepted
                .hosts
                .extend((0..6).map(|n| format!("m{n}.example.org").parse().unwrap())),
            "off" => t.s.world.hosts.values_mut().for_each(|h| h.admin_active = false),
            "gone" => t.s.world.host_categories.clear(),
            "embargo" => drop(t.s.world.embargoed.insert("DE".parse().unwrap())),
            "emergency" => t.s.world.repositories[0].newest_only_until = Some(Timestamp(NOW.0 + 60)),
            "disabled" => t.s.world.repositories[0].disabled = true,
            _ => {
                let elsewhere = t.s.directory("releases/43b/os");
                t.s.world.repositories[0].directory = Some(elsewhere);
            }
        }
        let (losses, listed, _) = t.run(&accepted, NOW);
        assert_eq!((losses, listed), (vec![], vec![]), "{name}");
    }
    // Only that host.
    let mut t = Town::new();
    t.gone(0..6);
    let accepted = AcceptedLosses {
        hosts: BTreeSet::from(["m2.example.org".parse().unwrap()]),
        ..AcceptedLosses::default()
    };
    assert_eq!(t.run(&accepted, NOW).1, [0, 1, 3, 4, 5]);
}

#[test]
fn nobody_is_kept_for_a_version_that_is_not_offered_or_is_foreign() {
    let mut t = Town::new();
    t.gone(0..6);
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
    // All of them foreign: nobody is kept, and that is told.
    for hc in &hosts {
        let foreign = exception(ExceptionState::UnknownHash, None);
        t.s.set_inventory(*hc, 1, &[top]).exceptions.insert(repodata, foreign);
    }
    let (losses, listed, _) = t.run(&AcceptedLosses::default(), NOW);
    assert_eq!((losses.len(), losses[0].lost.len(), listed.len()), (1, 6, 0));
}

#[test]
fn the_versions_that_kept_hosts_hold_are_offered_with_them_and_the_newest_stays_first() {
    let mut t = Town::new();
    let second = t.pushed();
    let (top, repodata, first) = (t.top, t.repodata, t.first);
    // One has followed; the others were seen to hold what is no longer offered.
    t.s.set_inventory(t.hosts[0], 5, &[top, repodata]);
    let (losses, listed, offered) = t.run(&AcceptedLosses::default(), NOW);
    assert_eq!((losses.len(), listed.len()), (1, 6));
    assert_eq!(offered, [second, first]);
    // What was published is not there to be offered again: then nobody can be kept.
    t.s.world.details.get_mut(&repodata).unwrap().remove(0);
    let (_, listed, offered) = t.run(&AcceptedLosses::default(), NOW);
    assert_eq!((listed, offered), (vec![0], vec![second]));
    // The master has no metadata at all any more.
    let mut t = Town::new();
    let only = &mut t.s.world.details.get_mut(&t.repodata).unwrap()[0];
    (only.superseded_seq, only.superseded_at) = (Some(crate::model::ids::ScanSeq(2)), Some(Timestamp(0)));
    t.gone(0..6);
    assert_eq!(t.outcome(), (vec![], vec![]));
}

#[test]
fn newcomers_are_listed_beside_those_that_are_kept() {
    let mut t = Town::new();
    t.gone(0..6);
    let (top, repodata) = (t.top, t.repodata);
    let newcomer = t.s.host("m6.example.org", "FR");
    t.s.set_inventory(newcomer, 1, &[top, repodata]);
    t.hosts.push(newcomer);
    assert_eq!(t.outcome(), (vec![0, 1, 2, 3, 4, 5, 6], vec![0, 1, 2, 3, 4, 5]));
}

proptest! {
    /// Whatever is kept: nobody foreign is listed, and what a listed host was last seen to hold is among what is offered.
    #[test]
    fn every_listed_host_holds_what_is_offered(
        states in proptest::collection::vec((0_u8..8, prop_oneof![Just(1_i64), Just(5)]), 6),
        pushed in any::<bool>(),
        later in any::<bool>(),
    ) {
        let mut t = Town::new();
        let (top, repodata, first) = (t.top, t.repodata, t.first);
        let second = pushed.then(|| t.pushed());
        for (hc, (state, generation)) in t.hosts.clone().into_iter().zip(states) {
            let held: &[DirectoryId] = if state == 1 { &[] } else { &[top, repodata] };
            let holding = t.s.set_inventory(hc, generation, held);
            let found = match state {
                0 | 1 => None,
                2 => Some(exception(ExceptionState::OutdatedAllowed, Some(first))),
                3 => Some(exception(ExceptionState::UnknownHash, None)),
                4 => Some(DirectoryException { sha256: Some("ab".repeat(32)), ..exception(ExceptionState::Ahead, None) }),
                5 => Some(exception(ExceptionState::Inconclusive, second)),
                6 => Some(exception(ExceptionState::Inconclusive, None)),
                _ => Some(exception(ExceptionState::Staged, None)),
            };
            holding.exceptions.extend(found.map(|e| (repodata, e)));
        }
        let now = if later { Timestamp(NOW.0 + DAY) } else { NOW };
        t.retained.insert("fedora-43/x86_64".to_owned(), NOW);
        let (_, listed, offered) = t.run(&AcceptedLosses::default(), now);
        let details = &t.s.world.details[&repodata];
        let offered: Vec<&str> = (details.iter().filter(|d| offered.contains(&d.id))).filter_map(sha256).collect();
        for place in listed {
            let holding = &t.s.world.inventories[&t.hosts[place]];
            let exception = holding.exceptions.get(&repodata);
            let state = exception.map(|e| e.state);
            prop_assert!(!matches!(state, Some(ExceptionState::UnknownHash | ExceptionState::Staged)), "host {place}");
            let by_detail = exception.and_then(|e| details.iter().find(|d| Some(d.id) == e.detail)).and_then(sha256);
            let newest = || details.iter().find(|d| d.is_newest_at(holding.scan_seq)).and_then(sha256);
            let seen = (exception.and_then(|e| e.sha256.as_deref())).or(by_detail).or_else(newest);
            if holding.present.contains(repodata.0) {
                prop_assert!(seen.is_some_and(|s| offered.contains(&s)), "host {place} holds {seen:?}");
            } else {
                let published = details.iter().find(|d| d.id == first).and_then(sha256).unwrap();
                prop_assert!(offered.contains(&published), "host {place} held what was published");
            }
        }
    }
}
