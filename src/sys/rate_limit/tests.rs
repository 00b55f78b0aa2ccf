use std::sync::atomic::{AtomicU32, Ordering};

use proptest::prelude::*;

use super::*;

const fn rate(n: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(n)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

#[test]
fn a_rate_is_kept_and_a_pause_is_caught_up_in_part() {
    let pace = RateLimiter::new(rate(10));
    let begun = Instant::now();
    let at = |ms: u64| begun + Duration::from_millis(ms);
    // Wanted at, due at: milliseconds.
    for (n, (wanted, due)) in [
        (0, 0),
        (0, 100),
        (0, 200),
        (210, 300),
        (1000, 1000),
        (1000, 1000),
        (1000, 1000),
        (1000, 1050),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(pace.reserve(at(wanted)), at(due), "request {n}");
    }
    let unlimited = RateLimiter::new(None);
    assert!((0..1000).all(|_| unlimited.reserve(at(5)) == at(5)));
}

proptest! {
    #[test]
    fn no_second_has_more_than_the_rate_and_a_quarter(rate in 1..200_u32, pauses in prop::collection::vec(0..400_u64, 1..300)) {
        let pace = RateLimiter::new(NonZeroU32::new(rate));
        let mut now = Instant::now();
        let mut sent = Vec::new();
        for pause in pauses {
            now += Duration::from_millis(pause);
            now = pace.reserve(now);
            sent.push(now);
        }
        for (n, first) in sent.iter().enumerate() {
            let within = sent[n..].iter().take_while(|at| **at - *first < Duration::from_secs(1)).count();
            prop_assert!(within <= usize::try_from(rate + rate / 4).unwrap() + 2, "{within} at {rate}/s");
        }
    }
}

#[test]
fn threads_that_share_a_limiter_keep_its_rate() {
    let pace = RateLimiter::new(rate(100));
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert!(pace.wait(soon(), &ShutdownFlag::default()));
                }
            });
        }
    });
    // 40 requests are 39 gaps of 10 ms. How much longer it took is the machine's business.
    assert!(begun.elapsed() >= Duration::from_millis(390), "{:?}", begun.elapsed());
}

#[test]
fn wait_ends_at_the_deadline_or_on_shutdown() {
    let pace = RateLimiter::new(rate(1));
    let begun = Instant::now();
    assert!(pace.wait(soon(), &ShutdownFlag::default()));
    assert!(!pace.wait(begun + Duration::from_millis(100), &ShutdownFlag::default()));
    assert!(begun.elapsed() < Duration::from_millis(900), "it is said at once");
    let held = RateLimiter::new(None);
    held.pause(Instant::now() + Duration::from_mins(10));
    let stop = ShutdownFlag::default();
    thread::scope(|scope| {
        let waits = scope.spawn(|| held.wait(Instant::now() + Duration::from_mins(20), &stop));
        thread::sleep(Duration::from_millis(100));
        stop.request();
        assert!(!waits.join().unwrap());
    });
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn server_with_a_long_retry_after_is_not_requested() {
    let pace = RateLimiter::new(None);
    let begun = Instant::now();
    pace.pause(begun + Duration::from_millis(300));
    pace.pause(begun + Duration::from_millis(10));
    assert!(pace.wait(soon(), &ShutdownFlag::default()));
    assert!(begun.elapsed() >= Duration::from_millis(300), "{:?}", begun.elapsed());
}

#[test]
fn pauses_grow_and_have_an_end() {
    let s = Duration::from_secs;
    let cap = s(60);
    for (attempt, retry_after, random, want) in [
        (0, None, 1.0, s(1)),
        (1, None, 1.0, s(2)),
        (3, None, 1.0, s(8)),
        (3, None, 0.5, s(4)),
        (3, None, 0.0, s(0)),
        (6, None, 1.0, cap),
        (40, None, 1.0, cap),
        (0, Some(s(7)), 0.5, s(7) + s(1) / 2),
        (0, Some(s(7)), 0.0, s(7)),
        (9, Some(s(0)), 1.0, s(1)),
        (0, Some(s(86_400)), 0.3, cap),
        (2, None, 7.0, s(4)),
        (2, None, -1.0, s(0)),
        (2, None, f64::NAN, s(4)),
    ] {
        assert_eq!(
            backoff(attempt, retry_after, random, cap),
            want,
            "{attempt} {retry_after:?} {random}"
        );
    }
}

#[test]
fn concurrency_is_limited_and_every_waiter_is_served() {
    let slots = ConnectionLimiter::default();
    let (now, most) = (AtomicU32::new(0), AtomicU32::new(0));
    let two = NonZeroU32::new(2).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let slot = slots.take("m.org:80", two, soon(), &ShutdownFlag::default()).unwrap();
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(2));
                    now.fetch_sub(1, Ordering::SeqCst);
                    drop(slot);
                }
            });
        }
    });
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[test]
fn servers_do_not_wait_for_each_other() {
    let slots = ConnectionLimiter::default();
    let one = NonZeroU32::MIN;
    let stop = ShutdownFlag::default();
    let _a = slots.take("a.org:443", one, soon(), &stop).unwrap();
    let _b = slots.clone().take("b.org:443", one, soon(), &stop).unwrap();
    assert!(
        slots
            .take("a.org:443", one, Instant::now() + Duration::from_millis(20), &stop)
            .is_none()
    );
}

#[test]
fn waiters_are_served_in_order() {
    let slots = ConnectionLimiter::default();
    let one = NonZeroU32::MIN;
    let order = Mutex::new(Vec::new());
    let first = slots.take("a.org:80", one, soon(), &ShutdownFlag::default()).unwrap();
    thread::scope(|scope| {
        for n in 0..5_usize {
            let (slots, order) = (&slots, &order);
            scope.spawn(move || {
                let _slot = slots.take("a.org:80", one, soon(), &ShutdownFlag::default()).unwrap();
                lock(order).push(n);
            });
            let waiting = || lock(&lock(&slots.servers)["a.org:80"].queue).waiting.len();
            while waiting() <= n {
                thread::sleep(Duration::from_millis(1));
            }
        }
        drop(first);
    });
    assert_eq!(*lock(&order), [0, 1, 2, 3, 4]);
}

#[test]
fn canceled_waiter_does_not_block_others() {
    let slots = ConnectionLimiter::default();
    let one = NonZeroU32::MIN;
    let stop = ShutdownFlag::default();
    let first = slots.take("a.org:80", one, soon(), &stop).unwrap();
    thread::scope(|scope| {
        let gives_up = scope.spawn(|| slots.take("a.org:80", one, soon(), &stop));
        while lock(&lock(&slots.servers)["a.org:80"].queue).waiting.is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        let patient = scope.spawn(|| slots.take("a.org:80", one, soon(), &ShutdownFlag::default()));
        stop.request();
        assert!(gives_up.join().unwrap().is_none());
        drop(first);
        assert!(patient.join().unwrap().is_some());
    });
}
