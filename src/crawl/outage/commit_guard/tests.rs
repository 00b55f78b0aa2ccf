use std::time::Duration;

use super::*;

const THRESHOLDS: MassLossThresholds = MassLossThresholds {
    min_hosts: 20,
    max_percent: 20,
    planned_hosts: 100,
};

struct Clock(Instant, u64);

impl Clock {
    fn new() -> Self {
        Self(Instant::now(), 0)
    }

    fn tick(&mut self) -> Instant {
        self.1 += 1;
        self.0 + Duration::from_secs(self.1)
    }
}

fn result(clock: &mut Clock, host: usize, responds: bool, delta: ResultDelta) -> BufferedResult<usize> {
    let started = clock.tick();
    let at = clock.tick();
    BufferedResult {
        timeline: HostTimeline {
            ended: if responds { clock.tick() } else { at },
            last_response: responds.then_some(at),
            last_negative: delta.is_negative.then_some(at),
            ..HostTimeline::new(started)
        },
        delta,
        crawl: host,
    }
}

fn delta(before: u64, after: u64) -> ResultDelta {
    ResultDelta {
        before,
        after,
        is_negative: after < before,
        loses_content: after < before,
        has_new_unknown_hash: false,
    }
}

fn take(guard: &mut CommitGuard<usize>) -> Vec<(usize, CommitDecision)> {
    let ready = guard.take_ready(&mut |_| UplinkStatus::Up);
    ready.into_iter().map(|(r, decision)| (r.crawl, decision)).collect()
}

fn inconclusive() -> ResultDelta {
    ResultDelta {
        is_negative: true,
        ..delta(10, 10)
    }
}

#[test]
fn positive_results_are_committed_immediately() {
    let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
    guard.add(result(&mut clock, 0, true, delta(10, 10)));
    let ready = guard.take_ready(&mut |_| UplinkStatus::Down);
    assert_eq!(ready[0].1, CommitDecision::Complete);
}

/// Before any mirror served correct content, a response may come from a captive portal.
#[test]
fn without_proof_only_inconclusive_and_soft_404_results_are_unconfirmed() {
    for responds in [true, false] {
        let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
        guard.add(result(&mut clock, 0, true, delta(10, 10)));
        guard.add(result(&mut clock, 1, responds, inconclusive()));
        guard.add(result(&mut clock, 2, true, delta(10, 9)));
        let mut soft_404 = result(&mut clock, 3, true, delta(10, 9));
        soft_404.timeline.is_soft_404 = true;
        guard.add(soft_404);
        assert_eq!(
            take(&mut guard),
            [(0, CommitDecision::Complete), (2, CommitDecision::Complete)]
        );
        assert!(guard.has_unconfirmed());
        guard.add(proof(&mut clock, 4));
        assert_eq!(
            take(&mut guard),
            [
                (1, CommitDecision::Complete),
                (3, CommitDecision::Complete),
                (4, CommitDecision::Complete)
            ]
        );
        assert!(!guard.has_unconfirmed());
    }
}

#[test]
fn many_inconclusive_results_without_proof_are_discarded() {
    for (silent, decision) in [(2, CommitDecision::Complete), (3, CommitDecision::PositiveOnly)] {
        let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
        guard.add(result(&mut clock, 0, true, delta(10, 10)));
        for host in 1..=silent {
            guard.add(result(&mut clock, host, false, inconclusive()));
        }
        assert_eq!(take(&mut guard).len(), 1);
        let rest = guard.drain(2, &mut |_| UplinkStatus::Up);
        assert!(
            rest.len() == silent && rest.iter().all(|(_, d)| *d == decision),
            "{silent}"
        );
    }
    let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
    for host in 0..9 {
        guard.add(result(&mut clock, host, false, inconclusive()));
    }
    guard.uplink_confirmed = true;
    assert_eq!(take(&mut guard).len(), 9);
}

#[test]
fn negative_results_are_discarded_while_the_uplink_is_down() {
    let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
    guard.add(result(&mut clock, 0, true, delta(10, 9)));
    assert!(guard.take_ready(&mut |_| UplinkStatus::Unknown).is_empty());
    let ready = guard.take_ready(&mut |_| UplinkStatus::Down);
    assert_eq!(ready[0].1, CommitDecision::PositiveOnly);
    guard.add(result(&mut clock, 1, true, delta(10, 9)));
    let rest = guard.drain(2, &mut |_| UplinkStatus::Unknown);
    assert_eq!(rest[0].1, CommitDecision::PositiveOnly);
}

#[test]
fn large_losses_wait_until_the_share_can_be_computed() {
    let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
    guard.add(result(&mut clock, 0, true, delta(10, 4)));
    for host in 1..19 {
        guard.add(result(&mut clock, host, true, delta(10, 5)));
    }
    let early = take(&mut guard);
    assert!(
        early.len() == 18 && early.iter().all(|(host, _)| *host != 0),
        "{early:?}"
    );
    guard.add(result(&mut clock, 19, true, delta(10, 10)));
    assert_eq!(
        take(&mut guard),
        [(0, CommitDecision::Complete), (19, CommitDecision::Complete)]
    );
    assert!(!guard.mass_loss_detected);
}

#[test]
fn mass_loss_makes_all_negative_results_pending() {
    let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
    for host in 0..20 {
        guard.add(result(&mut clock, host, true, delta(10, if host < 5 { 1 } else { 10 })));
    }
    assert!(guard.mass_loss_detected);
    let ready = take(&mut guard);
    for (host, decision) in &ready {
        assert_eq!(
            *decision,
            if *host < 5 {
                CommitDecision::Pending
            } else {
                CommitDecision::Complete
            }
        );
    }
    assert_eq!(
        guard.pending_reason(),
        "5 of 20 mirrors lost half of their inventory or more"
    );
    // From then on smaller losses are pending, too; positive results are committed.
    guard.add(result(&mut clock, 20, true, delta(10, 9)));
    guard.add(result(&mut clock, 21, true, delta(10, 10)));
    assert_eq!(
        take(&mut guard),
        [(20, CommitDecision::Pending), (21, CommitDecision::Complete)]
    );
}

#[test]
fn small_run_has_no_mass_loss_protection() {
    let few = MassLossThresholds {
        planned_hosts: 3,
        ..THRESHOLDS
    };
    let (mut guard, mut clock) = (CommitGuard::new(few), Clock::new());
    guard.add(result(&mut clock, 0, true, delta(10, 0)));
    assert_eq!(take(&mut guard), [(0, CommitDecision::Complete)]);
}

/// A host that served correct content in response to a request made now.
fn proof(clock: &mut Clock, host: usize) -> BufferedResult<usize> {
    let requested_at = clock.tick();
    let mut proof = result(clock, host, true, delta(10, 10));
    proof.timeline.last_verified_request = Some(requested_at);
    proof
}

/// A captive portal responds for every host, so a response alone proves nothing.
#[test]
fn negative_results_wait_for_a_mirror_with_correct_content() {
    for negative in [delta(10, 9), delta(10, 0), inconclusive()] {
        for responds in [true, false] {
            let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
            guard.add(result(&mut clock, 0, true, delta(20, 19)));
            assert_eq!(take(&mut guard), [(0, CommitDecision::Complete)], "no proof yet");
            guard.add(proof(&mut clock, 1));
            guard.add(result(&mut clock, 2, responds, negative));
            guard.add(result(&mut clock, 3, true, delta(10, 10)));
            assert_eq!(
                take(&mut guard),
                [(1, CommitDecision::Complete), (3, CommitDecision::Complete)]
            );
            assert!(guard.has_unconfirmed());
            let later = proof(&mut clock, 4);
            guard.add(later);
            let lost_half = negative.lost_half();
            let expected: &[_] = if lost_half {
                &[(4, CommitDecision::Complete)]
            } else {
                &[(2, CommitDecision::Complete), (4, CommitDecision::Complete)]
            };
            assert_eq!(take(&mut guard), expected, "{negative:?}");
            assert!(!guard.has_unconfirmed(), "large losses only wait for more hosts");
        }
    }
}

/// A response may arrive after the network failed.
#[test]
fn evidence_is_dated_by_its_request() {
    let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
    let mut slow = proof(&mut clock, 0);
    guard.add(result(&mut clock, 1, false, inconclusive()));
    slow.timeline.ended = clock.tick();
    guard.add(slow);
    assert_eq!(take(&mut guard), [(0, CommitDecision::Complete)]);
    assert!(guard.has_unconfirmed());
    // A host can prove its own earlier result.
    let mut lossy = result(&mut clock, 2, true, delta(10, 9));
    lossy.timeline.last_verified_request = Some(clock.tick());
    guard.add(lossy);
    assert_eq!(
        take(&mut guard),
        [(1, CommitDecision::Complete), (2, CommitDecision::Complete)]
    );
}

#[test]
fn unconfirmed_results_at_the_end_are_limited() {
    for (max_unconfirmed, decision) in [
        (2, CommitDecision::Complete),
        (1, CommitDecision::PositiveOnly),
        (0, CommitDecision::PositiveOnly),
    ] {
        let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
        guard.add(proof(&mut clock, 0));
        guard.add(result(&mut clock, 1, true, delta(10, 9)));
        guard.add(result(&mut clock, 2, false, inconclusive()));
        assert_eq!(take(&mut guard).len(), 1);
        let rest = guard.drain(max_unconfirmed, &mut |_| UplinkStatus::Up);
        assert!(
            rest.len() == 2 && rest.iter().all(|(_, d)| *d == decision),
            "{max_unconfirmed}"
        );
    }
}

#[test]
fn unknown_hash_is_committed_immediately_unless_too_many_have_one() {
    let unknown_hash = ResultDelta {
        has_new_unknown_hash: true,
        ..delta(10, 9)
    };
    let (mut guard, mut clock) = (CommitGuard::new(THRESHOLDS), Clock::new());
    guard.add(result(&mut clock, 0, true, unknown_hash));
    assert_eq!(take(&mut guard), [(0, CommitDecision::Complete)]);
    for host in 1..25 {
        let delta = if host < 6 { unknown_hash } else { delta(10, 10) };
        guard.add(result(&mut clock, host, true, delta));
    }
    assert!(guard.mass_unknown_hash_detected && !guard.mass_loss_detected);
    assert_eq!(
        guard.pending_reason(),
        "6 of 25 mirrors serve a repomd.xml that the master never had"
    );
    let decisions = take(&mut guard);
    assert!(
        decisions
            .iter()
            .all(|(host, d)| (*d == CommitDecision::Pending) == (*host < 6)),
        "{decisions:?}"
    );
    guard.add(result(&mut clock, 30, true, delta(10, 9)));
    assert_eq!(
        take(&mut guard),
        [(30, CommitDecision::Complete)],
        "a small loss is not concerned"
    );
}
