use super::*;
use crate::crawl::report::UnknownHashAlarm;
use crate::model::ids::RunId;
use crate::model::plan::StatusCounts;

fn line(host: &str, outcome: CategoryStatus, inconclusive: u64) -> CategoryReport {
    CategoryReport {
        host: host.to_owned(),
        category: "T".to_owned(),
        outcome,
        directories: StatusCounts {
            inconclusive,
            ..StatusCounts::default()
        },
        probed: 0,
        method: String::new(),
        requests: 1,
        seconds: 0.1,
        reason: String::new(),
    }
}

fn crawl(is_partial: bool) -> CrawlOutput {
    let mut result = CrawlReport {
        lines: vec![
            line("good", CategoryStatus::Complete, 0),
            line("slow", CategoryStatus::Complete, 1),
            line("silent", CategoryStatus::Inconclusive, 9),
            line("busy", CategoryStatus::Locked, 0),
            line("missed", CategoryStatus::Skipped, 0),
            line("bad", CategoryStatus::Complete, 0),
        ],
        ..CrawlReport::default()
    };
    result.unknown_hash.push(UnknownHashAlarm {
        host: "bad".to_owned(),
        url: "u".to_owned(),
        expected: String::new(),
        received: String::new(),
    });
    CrawlOutput {
        left_owner_mails: Vec::new(),
        dry_run: false,
        plan: Vec::new(),
        skipped: vec![("off".to_owned(), "disabled")],
        result: Some(result),
        propagation: None,
        url_test: None,
        would_apply: Vec::new(),
        applied: None,
        rejected: None,
        reverted: None,
        applied_unconfirmed: BTreeMap::new(),
        pending_runs: None,
        no_release_probes: false,
        is_partial,
        is_release_probe: false,
        max_inconclusive_percent: 30,
    }
}

#[test]
fn hash_alert_is_resolved_only_by_a_conclusive_crawl_of_the_host() {
    for (host, resolved) in [
        ("good", true),
        ("slow", false),
        ("silent", false),
        ("busy", false),
        ("missed", false),
        ("bad", false),
        ("off", false),
    ] {
        for is_partial in [false, true] {
            let key = format!("unknown-hash {host} u");
            assert_eq!(
                crawl(is_partial).is_checked(&key, &Config::default()),
                resolved,
                "{host}"
            );
        }
    }
    assert!(crawl(false).is_checked("unknown-hash removed u", &Config::default()));
    assert!(!crawl(true).is_checked("unknown-hash not-selected u", &Config::default()));
}

fn pending(run: i64, counts: Value) -> PendingRun {
    PendingRun {
        run: RunId(run),
        scope: String::new(),
        hosts: 3,
        counts,
    }
}

/// The text must not change while results are pending, so that cron mails once a day.
#[test]
fn alert_about_pending_results_keeps_its_text() {
    let mut output = crawl(false);
    let counts = serde_json::json!({"newly_pending": 4, "pending_reason": "8 of 25 mirrors lost"});
    output.pending_runs = Some(vec![pending(7, counts.clone()), pending(8, Value::Null)]);
    let alerts = output.alerts();
    assert_eq!(
        alerts["pending 7"],
        "8 of 25 mirrors lost: negative results of run 7 for 4 mirrors are pending; check mm-admin pending show \
         crawl-7, then run mm-admin pending confirm crawl-7 or mm-admin pending reject crawl-7"
    );
    assert!(alerts["pending 8"].contains("of run 8 for 3 mirrors"));
    // During the run itself its row has no statistics yet.
    let r = output.result.as_mut().unwrap();
    (r.run, r.newly_pending, r.pending_reason) = (RunId(8), 4, "8 of 25 mirrors lost".to_owned());
    assert_eq!(
        output.alerts()["pending 8"].replace('8', "7"),
        alerts["pending 7"].replace('8', "7")
    );
    // A run that decides about pending results resolves the alert as well.
    assert!(output.is_checked("pending 6", &Config::default()));
    (output.result, output.pending_runs) = (None, Some(Vec::new()));
    assert!(output.is_checked("pending 7", &Config::default()) && output.alerts().is_empty());
    output.pending_runs = None;
    assert!(
        !output.is_checked("pending 7", &Config::default()),
        "unknown after a dry run"
    );
}

#[test]
fn alert_about_the_whole_run_is_resolved_by_a_complete_run() {
    for key in ["unknown-hash", "hosts-locked", "inconclusive", "interrupted"] {
        assert!(crawl(false).is_checked(key, &Config::default()), "{key}");
        assert!(!crawl(true).is_checked(key, &Config::default()), "{key}");
    }
    assert!(
        !crawl(false).is_checked("uplink", &Config::default()),
        "no host answered"
    );
    assert!(
        crawl(false).is_checked("error silent", &Config::default())
            && !crawl(false).is_checked("error missed", &Config::default())
    );
}
