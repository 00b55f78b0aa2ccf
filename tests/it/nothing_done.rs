//! The exit status of commands that find nothing to do, of all programs: one table, and every row runs the real program.
//!
//! - 3: the command was asked for something that could not be done, although nothing failed. It says why, and its man page lists the
//!   case.
//! - 0: a regular run that finds nothing new, one that removes what is left over and finds nothing, and a command that describes a
//!   state which is in effect already.
//! - 1, 2: what is named does not exist.
//!
//! `mm-mirrorlist-server` has no row: it serves, or fails.

use std::collections::BTreeMap;

use crate::publish::TestBackend;
use crate::support::{Env, RunOutput};

const CRAWL: &str = "mm-crawl";
const SCAN: &str = "mm-scan-master";
const DETECT: &str = "mm-detect-release";
const UPDATE: &str = "mm-update-mirrorlist";
const SYNC: &str = "mm-sync-out";
const LOCKS: &str = "mm-locks";
const ADMIN: &str = "mm-admin";

/// What the `--help` of a program says about a status of 3, by a part of the messages.
const DOCUMENTED: [(&str, &[(&str, &str)]); 6] = [
    (
        CRAWL,
        &[
            ("host", "a named host is not crawled, or no host has what is selected"),
            ("paused", "are paused"),
            ("run", "RUN has no pending results, or no result that can be reverted"),
        ],
    ),
    (
        SCAN,
        &[
            ("paused", "are paused"),
            (
                "held back",
                "--confirm-removals, and the last scan held no removal back",
            ),
        ],
    ),
    (
        DETECT,
        &[
            ("move", "no proposed move is applied"),
            ("acknowledge", "nothing is unresolved at a path to acknowledge"),
        ],
    ),
    (UPDATE, &[("loss", "there is no loss that --accept-loss names")]),
    (
        SYNC,
        &[
            ("is pinned to", "are pinned or paused"),
            ("paused", "are pinned or paused"),
            ("nothing is pinned", "--unpin, and none of the targets is pinned"),
        ],
    ),
    (LOCKS, &[("--kill", "no job that --kill names is running")]),
];
/// The same of `mm-admin`.
const DOCUMENTED_OF_ADMIN: [(&str, &str); 11] = [
    ("no host has", "--where matches no row"),
    ("got the category", "no host gets a category"),
    ("is not paused", "what is to end is not there: a pause"),
    ("downtime", "a downtime"),
    ("newest-only", "newest-only"),
    ("no removal", "an announced removal"),
    ("is pending", "what is to be confirmed or rejected is not pending"),
    ("undone", "the change is already undone"),
    ("move", "no repository can be moved"),
    ("directory outside", "no repository can be moved"),
    ("does not have", "the address is not stored"),
];

/// Runs the rows of a table in their order: exit status and command, `|`, and a part of what it says. `#` begins a comment.
#[track_caller]
fn check(env: &Env, table: &str) {
    let programs = assert_cmd::cargo::cargo_bin(ADMIN);
    let path = format!("{}:/usr/bin:/bin", programs.parent().unwrap().display());
    let mut help: BTreeMap<&str, String> = BTreeMap::new();
    let mut failed = Vec::new();
    let rows = table
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'));
    for row in rows {
        let (status, rest) = row.split_once(' ').unwrap();
        let (command, text) = rest.split_once('|').unwrap();
        let (command, text) = (command.trim(), text.trim());
        let program = command.split(' ').next().unwrap();
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", command]).env("PATH", &path).env_remove("NO_COLOR");
        let output = shell
            .current_dir(env.path(""))
            .env("MM_CONFIG", env.path("mm.toml"))
            .output()
            .unwrap();
        let ran = RunOutput::new("sh -c", &[command], &output);
        let is_done = status == "0";
        let said = if is_done {
            [ran.stdout.as_str(), &ran.stderr].concat()
        } else {
            ran.stderr.clone()
        };
        if ran.status.to_string() != status || !said.contains(text) || said.contains("panicked") {
            failed.push(format!("expected {status} and {text:?}: {ran:?}"));
            continue;
        }
        let reason = format!("{program}: not done: ");
        let is_given = ran.stderr.lines().any(|line| line.starts_with(&reason));
        if (status == "3") != is_given {
            failed.push(format!("a reason is to be given with 3 only: {ran:?}"));
        }
        let help = help.entry(program).or_insert_with(|| env.ok(program, &["--help"]));
        if status == "3" && !is_documented(program, text, help) {
            failed.push(format!("{program} --help does not document {text:?}: {help}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Returns true if the help has the case to which a message belongs.
fn is_documented(program: &str, text: &str, help: &str) -> bool {
    let of_program = DOCUMENTED.iter().find(|(p, _)| *p == program);
    let cases = of_program.map_or(DOCUMENTED_OF_ADMIN.as_slice(), |(_, cases)| cases);
    let case = cases.iter().find(|(part, _)| text.contains(part));
    case.is_some_and(|(_, documented)| help.contains(documented)) && help.contains("or not done:")
}

/// Six hosts, one without hindrance, and a published generation.
fn network() -> TestBackend {
    let backend = TestBackend::new(6, "[[sync.target]]\nname = \"app\"\naddress = \"app\"\n");
    backend.sql(
        "INSERT INTO category (id, name, product_id, topdir, scan_seq) VALUES (3, 'Fedora Archive', 1, 'pub/archive', 0);
         UPDATE host SET user_active = 0, disabled_by = 'admin' WHERE id = 2;
         INSERT INTO host_downtime (host_id, starts_at, ends_at) VALUES (3, 1, 4000000000);
         UPDATE host SET private = 1 WHERE id = 4;
         UPDATE host_category SET always_up2date = 1 WHERE host_id = 5;
         DELETE FROM host_category_url WHERE host_category_id % 1000 = 6;
         INSERT INTO run (id, job, scope, started_at, ended_at, exit, pid, \"user\")
           SELECT 7, 'crawl', '', now - 9, now - 5, 0, 1, 'mm' FROM (SELECT CAST(strftime('%s', 'now') AS INTEGER) AS now);",
    );
    backend.env.ok(UPDATE, &[]);
    backend
}

#[test]
fn crawls_of_what_is_not_crawled() {
    let backend = network();
    check(
        &backend.env,
        "
        3 mm-crawl --host mirror01.example.org | host mirror01.example.org is not crawled: disabled; use --include-disabled
        3 mm-crawl --host mirror02.example.org | host mirror02.example.org is not crawled: in a downtime
        3 mm-crawl --host mirror03.example.org | host mirror03.example.org is not crawled: private
        3 mm-crawl --host mirror04.example.org | host mirror04.example.org is not crawled: always current
        3 mm-crawl --host mirror05.example.org | host mirror05.example.org is not crawled: no URL
        3 mm-crawl --host mirror01.example.org --dry-run | host mirror01.example.org is not crawled
        3 mm-crawl --host mirror00.example.org --min-age 99999h | host mirror00.example.org is not crawled: crawled recently
        3 mm-crawl --host mirror00.example.org --category 'Fedora Archive' | host mirror00.example.org is not crawled: it has none of the categories
        3 mm-crawl --category 'Fedora Archive' | no selected host is crawled (1 host: disabled, 1 host: in a downtime, 3 hosts: it has none of the categories, 1 host: private)
        3 mm-crawl --country FI | no host is selected
        3 mm-crawl --continent AN | no host is selected
        3 mm-crawl --apply-pending 7 | run 7 has no pending results
        3 mm-crawl --reject-pending 7 | run 7 has no pending results
        3 mm-crawl --revert 7 | no result of run 7 is in effect
        # Names that do not exist.
        2 mm-crawl --host miror00.example.org | did you mean mirror00.example.org
        2 mm-crawl --category Fedora | unknown category
        2 mm-crawl --repo fedora-99 | unknown repo
        2 mm-crawl --path releases/99 | unknown path
        2 mm-crawl --path 10/Everything/x86_64 --category 'Fedora Linux' | unknown path
        2 mm-crawl --revert 99 | run 99 is not a crawl
        # A regular crawl with nothing due, of all hosts or of a category.
        0 mm-crawl --min-age 99999h |
        0 mm-crawl --category 'Fedora Linux' --min-age 99999h |
        # Cron does what it is to do during a pause; a person or a script does not.
        0 mm-admin pause crawl |
        0 mm-crawl | crawl is paused by
        3 mm-crawl -v | crawl is paused by
        0 mm-admin resume crawl |
        0 mm-crawl --min-age 99999h | resolved
        0 mm-admin pause crawl |
        3 mm-crawl --host mirror00.example.org | crawl is paused by
        ",
    );
    // None of these runs is a failure or a success of the job.
    let doctor = backend.env.run(ADMIN, &["doctor"]).stdout;
    let line = doctor.lines().find(|l| l.contains("crawl") && l.contains("run"));
    assert!(
        line.is_some_and(|l| l.contains("last successful run") && !l.contains("partially")),
        "{doctor}"
    );
}

#[test]
fn updates_and_deployments_without_a_subject() {
    let backend = network();
    let id = backend.published_generation().1.id.to_string();
    check(
        &backend.env,
        "
        0 mm-update-mirrorlist |
        3 mm-update-mirrorlist --accept-loss repo=fedora-43/x86_64 | repository fedora-43/x86_64 has no loss
        3 mm-update-mirrorlist --accept-loss host=mirror00.example.org | host mirror00.example.org is not part of a loss
        3 mm-update-mirrorlist --accept-loss repo=fedora-99/x86_64 --dry-run | repository fedora-99/x86_64 has no loss
        0 mm-sync-out -v | updated
        # The target has all that is to be sent.
        0 mm-sync-out -v | current
        0 mm-sync-out --only app |
        0 mm-sync-out --prune |
        2 mm-sync-out --only ap | unknown target
        3 mm-sync-out --unpin | nothing is pinned: app
        3 mm-sync-out --unpin --only app | nothing is pinned: app
        ",
    );
    backend.env.ok(SYNC, &["--rollback", &id, "--reason", "a look at it"]);
    check(&backend.env, "0 mm-sync-out | target app is pinned to");
    // The alert is open: what follows is the reason of this run.
    for args in [&["--only", "app"][..], &["-v"]] {
        let ran = backend.env.run(SYNC, args);
        assert!(
            ran.status == 3
                && ran.stderr.contains("not done: target app is pinned to")
                && ran.stderr.contains("mm-sync-out --unpin --only app"),
            "{ran:?}"
        );
    }
    check(
        &backend.env,
        "
        0 mm-sync-out --unpin --only app |
        0 mm-admin pause publish |
        3 mm-sync-out --only app | publish is paused by
        0 mm-admin resume publish |
        ",
    );
}

#[test]
fn scans_and_detection_without_a_subject() {
    let env = Env::new(
        "[[category]]\nname = \"A\"\npath = \"a\"\nwatch = [\"README\"]\n[[category]]\nname = \"B\"\npath = \"b\"\n",
    );
    env.write("a/README", "hello");
    env.write("b/README", "hello");
    env.ok(ADMIN, &["init"]);
    env.ok(ADMIN, &["product", "add", "P"]);
    for name in ["A", "B"] {
        let topdir = format!("topdir=pub/{name}");
        env.ok(ADMIN, &["category", "add", name, "--product", "P", &topdir]);
    }
    check(
        &env,
        "
        0 mm-scan-master |
        # Nothing changed since.
        0 mm-scan-master |
        0 mm-scan-master --category A --if-changed |
        3 mm-scan-master --confirm-removals | no removal from A, B was held back
        3 mm-scan-master --confirm-removals=5 --category A | no removal from A was held back
        3 mm-scan-master --confirm-removals --category A --dry-run | no removal from A was held back
        2 mm-scan-master --category C | unknown category
        2 mm-scan-master --path pub/A/nothing | no directory
        0 mm-admin pause scan --category B |
        3 mm-scan-master --category B | scan of B is paused by
        3 mm-scan-master --path pub/B -v | scan of B is paused by
        # The other category is scanned.
        0 mm-scan-master | scan of B is paused by
        0 mm-admin resume scan |
        0 mm-admin pause scan |
        3 mm-scan-master -v | scan is paused by
        0 mm-scan-master -v --dry-run |
        0 mm-admin resume scan |
        0 mm-detect-release |
        3 mm-detect-release --apply-moves | no move is proposed
        3 mm-detect-release --apply-moves --dry-run | no move is proposed
        3 mm-detect-release --apply-moves=fedora-43 | no proposed move of fedora-43
        3 mm-detect-release --acknowledge pub/A/odd | nothing to acknowledge at pub/A/odd
        ",
    );
}

#[test]
fn locks_of_jobs_that_do_not_run() {
    let env = Env::new("");
    check(
        &env,
        "
        3 mm-locks --kill crawl | no job that --kill names is running
        3 mm-locks --kill crawl/EPEL --clean | no job that --kill names is running
        3 mm-locks --kill crawl --dry-run | no job that --kill names is running
        # What is to be removed or terminated, if there is any, is not there.
        0 mm-locks --clean | no stale lock to remove
        0 mm-locks --kill-hung | no job to terminate
        0 mm-locks --wait crawl |
        2 mm-locks --kill crowl | unknown job
        ",
    );
}

#[test]
fn edits_without_a_subject() {
    let backend = network();
    let env = &backend.env;
    env.ok(ADMIN, &["version", "add", "99", "--product", "Fedora"]);
    let last = env.ok(ADMIN, &["changes", "-n", "1", "--format", "json"]);
    let last: serde_json::Value = serde_json::from_str(&last).unwrap();
    assert_eq!(last[0]["id"], 1, "the change that is undone below");
    env.ok(ADMIN, &["undo", "1"]);
    env.ok(ADMIN, &["version", "add", "98", "--product", "Fedora"]);
    env.ok(ADMIN, &["export", "registry.toml"]);
    check(
        env,
        "
        # A filter without a match.
        3 mm-admin host set --where country=FI comment=x | no host has country=FI
        3 mm-admin host downtime --where country=FI --until 4h | no host has country=FI
        3 mm-admin host-category add 'Fedora Archive' --where country=FI --url-from 'Fedora Linux' | no host has country=FI
        3 mm-admin host-category add 'Fedora EPEL' --where country=FR --url-from 'Fedora Linux' | no host got the category
        # An end of what is not there.
        3 mm-admin host downtime mirror00.example.org --off | host mirror00.example.org is not in a downtime
        3 mm-admin host downtime --where country=DE --off | host mirror00.example.org is not in a downtime
        3 mm-admin host downtime mirror00.example.org --off --dry-run | host mirror00.example.org is not in a downtime
        3 mm-admin resume scan | scan is not paused
        3 mm-admin resume crawl --category 'Fedora Linux' --dry-run | crawl of Fedora Linux is not paused
        3 mm-admin repo newest-only fedora-43 --off | newest-only is not set for fedora-43
        3 mm-admin expect-removal pub/fedora/linux/releases/42 --off | no removal of pub/fedora/linux/releases/42 is announced
        3 mm-admin contact forget nobody@example.org | the database does not have nobody@example.org
        # A decision about what is not pending.
        3 mm-admin pending confirm removal-1 | nothing with the ID removal-1 is pending
        3 mm-admin pending reject crawl-7 | nothing with the ID crawl-7 is pending
        3 mm-admin undo 1 | change 1 is already undone by change 2
        # Repositories that cannot move.
        3 mm-admin repo move-devel-to-release 43 | nothing to move
        3 mm-admin repo move-devel-to-release 43 --dry-run | nothing to move
        3 mm-admin version eol 98 --product Fedora | no repository of this version has a directory outside of the archive
        # What is described is so already.
        0 mm-admin host set mirror00.example.org country=DE -v | nothing to change
        0 mm-admin host set --where country=DE country=DE -v | nothing to change
        0 mm-admin repo enable fedora-43 -v | nothing to change
        0 mm-admin apply registry.toml -v | nothing to change
        0 mm-admin migrate | already has schema
        # Names that do not exist, or that exist already.
        1 mm-admin host remove miror00.example.org | did you mean mirror00.example.org
        1 mm-admin host downtime miror00.example.org --off | did you mean mirror00.example.org
        1 mm-admin product add Fedora | already exists
        1 mm-admin undo 4711 | the change does not exist
        2 mm-admin pending show removal-1 | nothing with the ID removal-1 is pending
        1 mm-admin init | already
        ",
    );
}
