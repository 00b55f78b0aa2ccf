//! Reads and writes that fail with EIO, as on a faulty disk: the program names the file and the disk, publishes nothing that is broken,
//! and advises no restore of a backup.

use super::killed::CHANGES;
use super::{Case, Lab, spread, tests_of_cases, trace};

mod server;

const FEW: usize = 4;
const MANY: usize = 40;

/// The calls that read files, for strace.
const READS: &str = "read,pread64,openat,getdents64,readlink,copy_file_range";

fn check(case: &Case, errors: usize) {
    let lab = Lab::new(case, &format!("{CHANGES},{READS}"));
    let home = lab.env().path(".").canonicalize().unwrap();
    // Without a config there is nothing to do; the other file is a note for the next run.
    let is_other = |call: &&trace::Call| call.path.ends_with("mm.toml") || call.path.ends_with("config.problem");
    let calls: Vec<_> = (lab.calls.iter())
        .filter(|c| c.path.starts_with(&home) && !is_other(c))
        .collect();
    assert!(calls.len() >= errors, "{} calls are too few", calls.len());
    let mut reported = 0;
    for call in spread(calls.len(), errors).map(|n| calls[n]) {
        lab.restore();
        // What a faulty disk does not return once, it does not return again.
        let is_read = READS.split(',').any(|name| name == call.name);
        let fault = if is_read {
            trace::Fault::Unreadable
        } else {
            trace::Fault::IoError
        };
        let (output, failed) = trace::fail(lab.env(), case, call, fault);
        let what = format!("{}, EIO at {call}, {failed:?}", case.program);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        // strace has messages of its own.
        let lines = stderr.lines().filter(|line| !line.contains("strace: "));
        let stderr = lines.collect::<Vec<_>>().join("\n");
        let code = output.status.code();
        // An input file that cannot be read is a usage error.
        assert!(matches!(code, Some(0..=3)), "{what}: {code:?} {stderr}");
        let below = failed.iter().filter_map(|path| path.strip_prefix(&home).ok());
        let tops: Vec<&str> = below
            .filter_map(|path| path.components().next()?.as_os_str().to_str())
            .collect();
        if !stderr.is_empty() && !tops.is_empty() {
            // Calls of several threads may have failed, of which the first error ends the program.
            assert!(tops.iter().any(|top| is_named(top, &stderr)), "{what}: {stderr}");
            // Only a file beside the database cannot be created, which happens on no disk.
            let is_new = call.name == "openat" && tops.iter().any(|top| top.starts_with("mm.db-"));
            let is_open_error = is_new && stderr.contains("cannot open the database");
            assert!(stderr.contains("faulty") || is_open_error, "{what}: {stderr}");
            assert!(
                !stderr.contains("restore") && !stderr.contains("os error"),
                "{what}: {stderr}"
            );
            reported += 1;
        }
        let is_new = lab.check(&what);
        // A lock file that cannot be read is listed as such.
        let is_shown = String::from_utf8_lossy(&output.stdout).contains("unreadable");
        let is_failure = (code != Some(0) && !stderr.is_empty()) || is_shown;
        assert!(is_failure || is_new, "{what}: the old result without an error");
    }
    assert!(reported > 0 || errors < MANY, "no error was reported");
}

/// True if an error names what is directly in the home. A log of the database is named by the database, and an unfinished copy by what
/// it is a copy for.
fn is_named(top: &str, stderr: &str) -> bool {
    let suffixes = ["-wal", "-shm", "-journal"];
    let file = suffixes.iter().fold(top, |name, suffix| name.trim_end_matches(suffix));
    file.starts_with('.') || stderr.contains(file)
}

tests_of_cases!(super::check, super::FEW, super::MANY);
