use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;
use crate::model::Timestamp;
use crate::model::ids::{HostId, RunId};
use crate::model::names::HostName;
use crate::model::plan::{CategoryOutcome, Finding};
use crate::model::printable::is_printable;

const MAX_LOG: u64 = 512 << 10;

fn category(findings: &[Finding]) -> CategoryResult {
    CategoryResult {
        outcome: CategoryOutcome::Complete,
        findings: findings.to_vec(),
        counts: StatusCounts {
            current: 480,
            outdated: 20,
            ..StatusCounts::default()
        },
        requests: 1,
        probed_directories: 500,
        probe_method: "index".into(),
        ..CategoryResult::default()
    }
}

fn host_result(categories: Vec<CategoryResult>) -> HostResult {
    HostResult {
        host: HostId(1),
        run: RunId(7),
        started_at: Timestamp(1_700_000_000),
        ended_at: Timestamp(1_700_000_004),
        requests: 321,
        categories,
        needs_scan: BTreeMap::new(),
        is_complete: true,
    }
}

fn entry(result: &HostResult) -> HostCrawlEntry<'_> {
    let categories = result.categories.iter().map(|c| CategoryEntry {
        name: if c.requests > 0 { "Fedora Linux" } else { "EPEL" },
        status: c.outcome.into(),
        result: c,
    });
    HostCrawlEntry {
        result,
        duration_seconds: 4.25,
        note: "",
        categories: categories.collect(),
    }
}

#[test]
fn entry_is_a_few_readable_lines() {
    let findings = [
        Finding::new("https://m.org/a/b.rpm", "size", "5", "7"),
        Finding::new("https://m.org", "timeout", "", "timed out: connect"),
    ];
    let first = CategoryResult {
        omitted_findings: 3,
        ..category(&findings)
    };
    let second = CategoryResult {
        outcome: CategoryOutcome::Inconclusive,
        probe_method: "".into(),
        probed_directories: 1,
        requests: 0,
        counts: StatusCounts::default(),
        ..category(&[])
    };
    let result = host_result(vec![first, second]);
    let entry = HostCrawlEntry {
        note: "deadline reached",
        ..entry(&result)
    };
    assert_eq!(
        entry.format(),
        "2023-11-14T22:13:20Z run 7: 321 requests in 4.2 s; deadline reached\n\
         \x20 Fedora Linux: complete via index, 500 directories probed with 1 request: 480 current, 20 outdated\n\
         \x20   https://m.org/a/b.rpm: size, expected 5, seen 7\n\
         \x20   https://m.org: timeout, seen timed out: connect\n\
         \x20   and 3 more findings\n\
         \x20 EPEL: inconclusive, 1 directory probed with 0 requests: no result\n"
    );
}

#[test]
fn long_lists_are_truncated() {
    let findings = vec![Finding::new("https://m.org", "size", "", ""); MAX_FINDINGS + 1];
    let text = entry(&host_result(vec![category(&findings)])).format();
    assert!(text.contains("    and 1 more finding\n"), "{text}");
    assert_eq!(text.lines().count(), 2 + MAX_FINDINGS + 1);
}

proptest! {
    #[test]
    fn quoted_server_text_is_one_line_of_limited_length(output in any::<String>(), long in 1..200_usize) {
        let output = output.repeat(long);
        let findings = [Finding::new(&output, &output, &output, &output)];
        let text = entry(&host_result(vec![category(&findings)])).format();
        prop_assert_eq!(text.lines().count(), 3);
        prop_assert!(text.chars().all(|c| c == '\n' || is_printable(c)));
        prop_assert!(text.len() < 80_000);
    }

    #[test]
    fn every_host_has_a_file_of_its_own(one in "[a-z0-9_]{1,63}(\\.[a-z0-9_]{1,63}){0,3}", two in "[a-z0-9_.]{1,250}") {
        for host in [&one, &two] {
            let name = log_file_stem(host);
            prop_assert!(name.len() <= MAX_FILE_STEM_BYTES && !name.contains('/') && !name.starts_with('.'), "{name}");
        }
        prop_assert_eq!(log_file_stem(&one) == log_file_stem(&two), one == two);
    }
}

#[test]
fn host_names_are_file_names() {
    let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
    for host in ["m.example.org", "MIRROR_1.Example.org", longest.as_str()] {
        let host: HostName = host.parse().unwrap();
        let name = log_file_stem(host.as_str());
        assert_eq!(
            name == host.as_str(),
            host.as_str().len() <= MAX_FILE_STEM_BYTES,
            "{name}"
        );
    }
    let other = format!("{0}.{0}.{0}.{1}c", "a".repeat(63), "b".repeat(60));
    assert_ne!(log_file_stem(&longest), log_file_stem(&other));
    assert!(!log_file_stem("../../etc/passwd").contains('/'));
}

#[test]
fn logs_grow_and_are_rotated() {
    let dir = tempfile::tempdir().unwrap();
    let logs = HostLogs::new(dir.path(), 1000);
    let read = |name: &str| fs::read_to_string(dir.path().join("crawl").join(name)).unwrap_or_default();
    let result = host_result(vec![category(&[])]);
    let one = entry(&result).format();
    let fit = 1000 / one.len();
    assert!(fit >= 2);
    for _ in 0..fit {
        logs.append_entry("m.org", &entry(&result));
    }
    assert_eq!((read("m.org.log"), read("m.org.log.1").as_str()), (one.repeat(fit), ""));
    logs.append_entry("m.org", &entry(&result));
    assert_eq!((read("m.org.log"), read("m.org.log.1")), (one.clone(), one.repeat(fit)));
    for _ in 0..fit {
        logs.append_entry("m.org", &entry(&result));
    }
    assert_eq!((read("m.org.log"), read("m.org.log.1")), (one.clone(), one.repeat(fit)));
    logs.append_entry("other.org", &entry(&result));
    assert_eq!(read("other.org.log"), one);
    assert_eq!(fs::read_dir(dir.path().join("crawl")).unwrap().count(), 3);

    // An entry that exceeds the limit is written anyway, in a log of its own.
    HostLogs::new(dir.path(), 10).append_entry("m.org", &entry(&result));
    assert_eq!(read("m.org.log"), one);
    assert_eq!(logs.failure(), None);
    // As the log of a job is made.
    let job = dir.path().join("crawl.log");
    OpenOptions::new().create(true).append(true).open(&job).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&dir.path().join("crawl/m.org.log")), mode(&job));
}

#[test]
fn unwritable_log_is_reported_once_and_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let result = host_result(Vec::new());
    let nowhere = HostLogs::new(&dir.path().join("not-there"), MAX_LOG);
    nowhere.append_entry("m.org", &entry(&result));
    assert!(nowhere.failure().unwrap().contains("not-there"));
    nowhere.append_entry("m.org", &entry(&result));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

    // One log that cannot be written keeps no other from being written.
    let logs = HostLogs::new(dir.path(), MAX_LOG);
    fs::create_dir_all(dir.path().join("crawl/bad.org.log")).unwrap();
    logs.append_entry("bad.org", &entry(&result));
    assert!(logs.failure().unwrap().contains("bad.org.log"));
    logs.append_entry("good.org", &entry(&result));
    assert!(dir.path().join("crawl/good.org.log").exists());

    HostLogs::new(Path::new(""), MAX_LOG).append_entry("m.org", &entry(&result));
}

#[test]
fn concurrent_entries_are_not_mixed() {
    let dir = tempfile::tempdir().unwrap();
    let logs = HostLogs::new(dir.path(), MAX_LOG);
    let result = host_result(vec![category(&[])]);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    logs.append_entry("m.org", &entry(&result));
                }
            });
        }
    });
    let text = fs::read_to_string(dir.path().join("crawl/m.org.log")).unwrap();
    assert_eq!(text, entry(&result).format().repeat(160));
}
