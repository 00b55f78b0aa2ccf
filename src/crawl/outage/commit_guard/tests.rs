use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::model::Timestamp;
use crate::model::ids::{HostId, RunId};
use crate::model::plan::HostResult;

const LIMITS: MassLossThresholds = MassLossThresholds {
    after: 20,
    share: 20,
    planned: 100,
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

fn result(clock: &mut Clock, host: usize, heard: bool, change: ResultDelta) -> BufferedResult {
    let began = clock.tick();
    let at = clock.tick();
    BufferedResult {
        host,
        asked: HostCrawl {
            result: HostResult {
                host: HostId(1),
                run: RunId(1),
                started_at: Timestamp(0),
                ended_at: Timestamp(0),
                requests: 1,
                categories: Vec::new(),
                needs_scan: BTreeMap::new(),
                is_complete: true,
            },
            began,
            ended: if heard { clock.tick() } else { at },
            last_heard: heard.then_some(at),
            last_verified_request: None,
            last_negative: change.is_bad.then_some(at),
            is_soft_404: false,
            witness: None,
            stopped: false,
            budget_exhausted: false,
            cut_short: false,
            local_error: None,
        },
        change,
    }
}

fn change(before: u64, after: u64) -> ResultDelta {
    ResultDelta {
        before,
        after,
        is_bad: after < before,
        loses: after < before,
        is_foreign: false,
    }
}

fn passes(gate: &mut CommitGuard) -> Vec<(usize, CommitDecision)> {
    let ready = gate.ready(&mut |_| UplinkStatus::Up);
    ready.into_iter().map(|(w, pass)| (w.host, pass)).collect()
}

fn dead() -> ResultDelta {
    ResultDelta {
        before: 10,
        after: 10,
        is_bad: true,
        loses: false,
        is_foreign: false,
    }
}

#[test]
fn good_news_pass_at_once() {
    let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
    gate.add(result(&mut clock, 0, true, change(10, 10)));
    let ready = gate.ready(&mut |_| UplinkStatus::Down);
    assert_eq!(ready[0].1, CommitDecision::Whole);
}

/// Nobody has served anything yet that the master has: who answers all the same may be a portal.
#[test]
fn before_the_first_proof_who_gives_no_answer_waits_and_what_is_lost_goes_by_the_brakes() {
    for heard in [true, false] {
        let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
        gate.add(result(&mut clock, 0, true, change(10, 10)));
        gate.add(result(&mut clock, 1, heard, dead()));
        gate.add(result(&mut clock, 2, true, change(10, 9)));
        let mut yes = result(&mut clock, 3, true, change(10, 9));
        yes.asked.is_soft_404 = true;
        gate.add(yes);
        assert_eq!(
            passes(&mut gate),
            [(0, CommitDecision::Whole), (2, CommitDecision::Whole)]
        );
        assert!(gate.has_open());
        gate.add(proof(&mut clock, 4));
        assert_eq!(
            passes(&mut gate),
            [
                (1, CommitDecision::Whole),
                (3, CommitDecision::Whole),
                (4, CommitDecision::Whole)
            ]
        );
        assert!(!gate.has_open());
    }
}

#[test]
fn without_a_witness_many_that_give_no_answer_are_not_believed() {
    for (silent, pass) in [(2, CommitDecision::Whole), (3, CommitDecision::PositiveOnly)] {
        let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
        gate.add(result(&mut clock, 0, true, change(10, 10)));
        for host in 1..=silent {
            gate.add(result(&mut clock, host, false, dead()));
        }
        assert_eq!(passes(&mut gate).len(), 1);
        let rest = gate.drain(2, &mut |_| UplinkStatus::Up);
        assert!(rest.len() == silent && rest.iter().all(|(_, p)| *p == pass), "{silent}");
    }
    let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
    for host in 0..9 {
        gate.add(result(&mut clock, host, false, dead()));
    }
    gate.confirm_uplink();
    assert_eq!(passes(&mut gate).len(), 9);
}

#[test]
fn nothing_bad_passes_while_our_own_network_fails() {
    let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
    gate.add(result(&mut clock, 0, true, change(10, 9)));
    assert!(gate.ready(&mut |_| UplinkStatus::Unknown).is_empty());
    let ready = gate.ready(&mut |_| UplinkStatus::Down);
    assert_eq!(ready[0].1, CommitDecision::PositiveOnly);
    gate.add(result(&mut clock, 1, true, change(10, 9)));
    let rest = gate.drain(2, &mut |_| UplinkStatus::Unknown);
    assert_eq!(rest[0].1, CommitDecision::PositiveOnly);
}

#[test]
fn who_lost_half_waits_until_the_share_can_be_told() {
    let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
    gate.add(result(&mut clock, 0, true, change(10, 4)));
    for host in 1..19 {
        gate.add(result(&mut clock, host, true, change(10, 5)));
    }
    let early = passes(&mut gate);
    assert!(
        early.len() == 18 && early.iter().all(|(host, _)| *host != 0),
        "{early:?}"
    );
    gate.add(result(&mut clock, 19, true, change(10, 10)));
    assert_eq!(
        passes(&mut gate),
        [(0, CommitDecision::Whole), (19, CommitDecision::Whole)]
    );
    assert!(!gate.mass_loss_detected);
}

#[test]
fn when_too_many_lost_half_all_that_is_bad_waits_for_a_person() {
    let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
    for host in 0..20 {
        gate.add(result(
            &mut clock,
            host,
            true,
            change(10, if host < 5 { 1 } else { 10 }),
        ));
    }
    assert!(gate.mass_loss_detected);
    let ready = passes(&mut gate);
    for (host, pass) in &ready {
        assert_eq!(
            *pass,
            if *host < 5 {
                CommitDecision::Pending
            } else {
                CommitDecision::Whole
            }
        );
    }
    assert_eq!(gate.reason(), "5 of 20 mirrors lost half of what they held or more");
    // From then on smaller losses, too; what is good goes through.
    gate.add(result(&mut clock, 20, true, change(10, 9)));
    gate.add(result(&mut clock, 21, true, change(10, 10)));
    assert_eq!(
        passes(&mut gate),
        [(20, CommitDecision::Pending), (21, CommitDecision::Whole)]
    );
}

#[test]
fn a_run_of_few_hosts_has_no_share() {
    let few = MassLossThresholds { planned: 3, ..LIMITS };
    let (mut gate, mut clock) = (CommitGuard::new(few), Clock::new());
    gate.add(result(&mut clock, 0, true, change(10, 0)));
    assert_eq!(passes(&mut gate), [(0, CommitDecision::Whole)]);
}

/// One that served, to a request made at a moment of the clock, what the master has.
fn proof(clock: &mut Clock, host: usize) -> BufferedResult {
    let asked_at = clock.tick();
    let mut proof = result(clock, host, true, change(10, 10));
    proof.asked.last_verified_request = Some(asked_at);
    proof
}

/// A portal answers for everybody: that somebody answers shows nothing, once a mirror has served what the master has.
#[test]
fn what_is_bad_waits_for_a_mirror_that_serves_what_the_master_has() {
    for bad in [change(10, 9), change(10, 0), dead()] {
        for heard in [true, false] {
            let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
            gate.add(result(&mut clock, 0, true, change(20, 19)));
            assert_eq!(
                passes(&mut gate),
                [(0, CommitDecision::Whole)],
                "nobody has proved anything yet"
            );
            gate.add(proof(&mut clock, 1));
            gate.add(result(&mut clock, 2, heard, bad));
            gate.add(result(&mut clock, 3, true, change(10, 10)));
            assert_eq!(
                passes(&mut gate),
                [(1, CommitDecision::Whole), (3, CommitDecision::Whole)]
            );
            assert!(gate.has_open());
            let later = proof(&mut clock, 4);
            gate.add(later);
            let lost_half = bad.lost_half();
            let want: &[_] = if lost_half {
                &[(4, CommitDecision::Whole)]
            } else {
                &[(2, CommitDecision::Whole), (4, CommitDecision::Whole)]
            };
            assert_eq!(passes(&mut gate), want, "{bad:?}");
            assert!(!gate.has_open(), "what lost half waits for others only");
        }
    }
}

/// The answer to what was asked before may come after.
#[test]
fn a_proof_is_as_old_as_its_question() {
    let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
    let mut slow = proof(&mut clock, 0);
    gate.add(result(&mut clock, 1, false, dead()));
    slow.asked.ended = clock.tick();
    gate.add(slow);
    assert_eq!(passes(&mut gate), [(0, CommitDecision::Whole)]);
    assert!(gate.has_open());
    // Its own last word is proof enough of what it said before.
    let mut lossy = result(&mut clock, 2, true, change(10, 9));
    lossy.asked.last_verified_request = Some(clock.tick());
    gate.add(lossy);
    assert_eq!(
        passes(&mut gate),
        [(1, CommitDecision::Whole), (2, CommitDecision::Whole)]
    );
}

#[test]
fn what_is_open_at_the_end_is_believed_only_where_nobody_can_be_asked() {
    for (credible, pass) in [
        (2, CommitDecision::Whole),
        (1, CommitDecision::PositiveOnly),
        (0, CommitDecision::PositiveOnly),
    ] {
        let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
        gate.add(proof(&mut clock, 0));
        gate.add(result(&mut clock, 1, true, change(10, 9)));
        gate.add(result(&mut clock, 2, false, dead()));
        assert_eq!(passes(&mut gate).len(), 1);
        let rest = gate.drain(credible, &mut |_| UplinkStatus::Up);
        assert!(rest.len() == 2 && rest.iter().all(|(_, p)| *p == pass), "{credible}");
    }
}

#[test]
fn who_is_foreign_waits_for_nobody_unless_too_many_are() {
    let foreign = ResultDelta {
        is_foreign: true,
        ..change(10, 9)
    };
    let (mut gate, mut clock) = (CommitGuard::new(LIMITS), Clock::new());
    gate.add(result(&mut clock, 0, true, foreign));
    assert_eq!(passes(&mut gate), [(0, CommitDecision::Whole)]);
    for host in 1..25 {
        let change = if host < 6 { foreign } else { change(10, 10) };
        gate.add(result(&mut clock, host, true, change));
    }
    assert!(gate.foreign_waits() && !gate.mass_loss_detected);
    assert_eq!(
        gate.reason(),
        "6 of 25 mirrors serve a repomd.xml that the master never had"
    );
    let passed = passes(&mut gate);
    assert!(
        passed
            .iter()
            .all(|(host, p)| (*p == CommitDecision::Pending) == (*host < 6)),
        "{passed:?}"
    );
    gate.add(result(&mut clock, 30, true, change(10, 9)));
    assert_eq!(
        passes(&mut gate),
        [(30, CommitDecision::Whole)],
        "a small loss is none of that"
    );
}
