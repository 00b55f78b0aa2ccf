use super::*;

const HOUR: i64 = 3600;

/// Runs the crawls at the given hours, and returns the hours of the mails with their events.
fn simulate(crawls: &[(i64, HostCondition, bool)]) -> Vec<(i64, OwnerEvent)> {
    let mut notice = None;
    let mut mails = Vec::new();
    for (hour, condition, is_crawled) in crawls {
        let (mut next, event) = decide(notice, *condition, *is_crawled, Timestamp(hour * HOUR));
        if let Some(event) = event {
            next.is_owner_notified = true;
            mails.push((*hour, event));
        }
        notice = Some(next);
    }
    mails
}

/// A crawl every 12 hours with one condition after the other, each for a number of crawls.
fn every_12_hours(conditions: &[(HostCondition, i64)]) -> Vec<(i64, HostCondition, bool)> {
    let all = conditions.iter().flat_map(|(c, n)| (0..*n).map(|_| *c));
    all.zip(0..).map(|(c, n)| (n * 12, c, true)).collect()
}

#[test]
fn mails_follow_conditions_that_last() {
    use HostCondition::{Disabled, Failing, Good};
    use OwnerEvent::Reminder;
    let at = |crawl: i64| crawl * 12;
    for (what, conditions, mails) in [
        ("always good", vec![(Good, 100)], vec![]),
        ("failing for a day", vec![(Good, 2), (Failing, 2), (Good, 20)], vec![]),
        (
            "failing, then good",
            vec![(Good, 2), (Failing, 3), (Good, 20)],
            vec![(at(4), OwnerEvent::Failing), (at(7), OwnerEvent::Enabled)],
        ),
        (
            "failing, disabled, enabled",
            vec![(Good, 2), (Failing, 4), (Disabled, 4), (Good, 20)],
            vec![
                (at(4), OwnerEvent::Failing),
                (at(8), OwnerEvent::Disabled),
                (at(12), OwnerEvent::Enabled),
            ],
        ),
        (
            "disabled before the first mail",
            vec![(Good, 2), (Failing, 2), (Disabled, 3)],
            vec![(at(6), OwnerEvent::Disabled)],
        ),
        (
            "flapping",
            vec![
                (Disabled, 1),
                (Good, 1),
                (Disabled, 2),
                (Good, 2),
                (Disabled, 1),
                (Good, 1),
            ],
            vec![],
        ),
        (
            "flapping after the mail",
            vec![(Disabled, 3), (Good, 2), (Disabled, 2), (Good, 1), (Disabled, 4)],
            vec![(at(2), OwnerEvent::Disabled)],
        ),
        (
            "disabled for long",
            vec![(Disabled, 200)],
            vec![(at(2), OwnerEvent::Disabled), (7 * 24, Reminder), (30 * 24, Reminder)],
        ),
    ] {
        assert_eq!(simulate(&every_12_hours(&conditions)), mails, "{what}");
    }
}

#[test]
fn time_alone_and_crawls_alone_do_not_suffice() {
    use HostCondition::Disabled;
    let daily_but_not_crawled = [(0, Disabled, true), (24, Disabled, false), (48, Disabled, false)];
    assert_eq!(simulate(&daily_but_not_crawled), []);
    let many_crawls_in_a_day: Vec<_> = (0..24).map(|hour| (hour, Disabled, true)).collect();
    assert_eq!(simulate(&many_crawls_in_a_day), []);
    let second_crawl_later = [(0, Disabled, true), (30, Disabled, false), (40, Disabled, true)];
    assert_eq!(simulate(&second_crawl_later), [(40, OwnerEvent::Disabled)]);
}

fn host(id: i64, email: Option<&str>) -> OwnerHost {
    OwnerHost {
        id: HostId(id),
        name: format!("m{id}.example.org"),
        robot_email: email.map(str::to_owned),
        is_wanted: true,
        is_disabled_by_crawler: true,
        crawl_failures: 4,
        disable_reason: Some("no response".to_owned()),
        is_crawled: true,
    }
}

/// Notices of hosts that have been disabled for a day and one crawl.
fn day_old(hosts: &[OwnerHost]) -> BTreeMap<HostId, OwnerNotice> {
    let notice = OwnerNotice {
        condition: HostCondition::Disabled,
        since: Timestamp(0),
        crawls: 1,
        reported: None,
        is_owner_notified: false,
        reminders: 0,
    };
    hosts.iter().map(|h| (h.id, notice)).collect()
}

#[test]
fn hosts_of_one_owner_are_one_mail() {
    let mut hosts = vec![
        host(1, Some("a@example.org")),
        host(2, Some("a@example.org")),
        host(3, Some("b@example.org")),
        host(4, None),
        host(5, Some("no address")),
        host(6, Some("a@example.org")),
    ];
    hosts[5].is_wanted = false;
    let plan = plan(&hosts, &day_old(&hosts), 2, 20, Timestamp(24 * HOUR));
    let mails: Vec<(String, Vec<&str>)> = plan
        .mails
        .iter()
        .map(|((to, event), hosts)| {
            let event: &str = event.into();
            let names = hosts.iter().map(|h| h.name.as_str()).collect();
            (format!("{to} {event}"), names)
        })
        .collect();
    assert_eq!(
        mails,
        [
            (
                "a@example.org disabled".to_owned(),
                vec!["m1.example.org", "m2.example.org"]
            ),
            ("b@example.org disabled".to_owned(), vec!["m3.example.org"]),
        ]
    );
    let notified: Vec<(i64, bool)> = plan.notices.iter().map(|(id, n)| (id.0, n.is_owner_notified)).collect();
    assert_eq!(notified, [(1, true), (2, true), (3, true), (4, false), (5, false)]);
    assert!(plan.left.is_empty());
}

#[test]
fn too_many_mails_are_left_to_the_administrators_once() {
    let hosts: Vec<OwnerHost> = (1..=21).map(|n| host(n, Some("a@example.org"))).collect();
    let first = plan(&hosts, &day_old(&hosts), 2, 20, Timestamp(24 * HOUR));
    assert_eq!((first.mails.len(), first.left.len()), (0, 21));
    let next = plan(
        &hosts,
        &first.notices.iter().copied().collect(),
        2,
        20,
        Timestamp(36 * HOUR),
    );
    assert_eq!((next.mails.len(), next.left.len()), (0, 0));
    // Their owners know of nothing, and are neither reminded nor notified of the end.
    let later = plan(
        &hosts,
        &next.notices.into_iter().collect(),
        2,
        20,
        Timestamp(24 * 40 * HOUR),
    );
    assert_eq!(later.mails.len(), 0);
    let few = plan(&hosts[..20], &day_old(&hosts), 2, 20, Timestamp(24 * HOUR));
    assert_eq!((few.mails.len(), few.left.len()), (1, 0));
}

#[test]
fn condition_follows_from_the_crawler() {
    let mut h = host(1, None);
    assert_eq!(condition(&h, 2), HostCondition::Disabled);
    h.is_disabled_by_crawler = false;
    assert_eq!(condition(&h, 2), HostCondition::Failing);
    assert_eq!(condition(&h, 0), HostCondition::Good);
    h.crawl_failures = 1;
    assert_eq!(condition(&h, 2), HostCondition::Good);
}
