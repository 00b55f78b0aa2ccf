use super::*;
use crate::crawl::report::UnknownHashAlarm;
use crate::model::ids::RunId;
use crate::model::plan::StatusCounts;

fn line(host: &str, outcome: CategoryStatus, unanswered: u64) -> CategoryReport {
    CategoryReport {
        host: host.to_owned(),
        category: "T".to_owned(),
        outcome,
        directories: StatusCounts {
            inconclusive: unanswered,
            ..StatusCounts::default()
        },
        asked: 0,
        method: String::new(),
        requests: 1,
        seconds: 0.1,
        reason: String::new(),
    }
}

fn crawl(hosts_named: bool) -> CrawlOutput {
    let mut result = CrawlReport {
        lines: vec![
            line("good", CategoryStatus::Checked, 0),
            line("slow", CategoryStatus::Checked, 1),
            line("silent", CategoryStatus::Unanswered, 9),
            line("busy", CategoryStatus::Locked, 0),
            line("missed", CategoryStatus::Skipped, 0),
            line("bad", CategoryStatus::Checked, 0),
        ],
        ..CrawlReport::default()
    };
    result.foreign.push(UnknownHashAlarm {
        host: "bad".to_owned(),
        url: "u".to_owned(),
        expected: String::new(),
        seen: String::new(),
    });
    CrawlOutput {
        dry_run: false,
        plan: Vec::new(),
        skipped: vec![("off".to_owned(), "disabled")],
        result: Some(result),
        propagation: None,
        tried: None,
        to_confirm: Vec::new(),
        confirmed: None,
        reverted: None,
        waiting: None,
        is_partial: hosts_named,
        max_inconclusive_percent: 30,
    }
}

#[test]
fn an_alarm_is_over_only_after_a_clear_look() {
    for (host, clear) in [
        ("good", true),
        ("slow", false),
        ("silent", false),
        ("busy", false),
        ("missed", false),
        ("bad", false),
        ("off", false),
    ] {
        for named in [false, true] {
            assert_eq!(crawl(named).judged(&format!("foreign {host} u")), clear, "{host}");
        }
    }
    // A host that is no more has no alarm; one that was not asked for has.
    assert!(crawl(false).judged("foreign removed u"));
    assert!(!crawl(true).judged("foreign elsewhere u"));
}

fn waiting(run: i64, counts: serde_json::Value) -> PendingRun {
    PendingRun {
        run: RunId(run),
        scope: String::new(),
        hosts: 3,
        counts,
    }
}

/// The words stay the same while something waits, so that cron hears of it once a day.
#[test]
fn what_waits_is_told_by_the_run_that_saw_it_first() {
    let mut output = crawl(false);
    let counts = serde_json::json!({"kept": 4, "held_because": "8 of 25 mirrors lost"});
    output.waiting = Some(vec![waiting(7, counts.clone()), waiting(8, serde_json::Value::Null)]);
    let problems = output.problems();
    assert_eq!(
        problems["pending 7"],
        "8 of 25 mirrors lost: what run 7 would take from 4 mirrors waits. See mm-admin why HOST, then mm-crawl --apply-pending 7 or \
         mm-crawl --revert 7"
    );
    assert!(problems["pending 8"].starts_with("too many mirrors lost too much: what run 8 would take from 3 mirrors"));
    // In the run itself its row has no numbers yet.
    let r = output.result.as_mut().unwrap();
    (r.run, r.kept, r.held_because) = (RunId(8), 4, "8 of 25 mirrors lost".to_owned());
    assert_eq!(
        output.problems()["pending 8"].replace('8', "7"),
        problems["pending 7"].replace('8', "7")
    );
    // Whoever knows what waits can say what waits no more: after a decision, too.
    assert!(output.judged("pending 6"));
    (output.result, output.waiting) = (None, Some(Vec::new()));
    assert!(output.judged("pending 7") && output.problems().is_empty());
    output.waiting = None;
    assert!(!output.judged("pending 7"), "a dry run knows nothing");
}

#[test]
fn what_is_about_the_whole_crawl_is_over_after_a_whole_crawl() {
    for key in ["foreign", "hosts-locked", "unanswered", "stopped"] {
        assert!(crawl(false).judged(key), "{key}");
        assert!(!crawl(true).judged(key), "{key}");
    }
    assert!(!crawl(false).judged("uplink"), "nobody answered");
    assert!(crawl(false).judged("failed silent") && !crawl(false).judged("failed missed"));
}
