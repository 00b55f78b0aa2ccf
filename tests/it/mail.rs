//! Mails: what cron mails, and mail by SMTP.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use crate::support::smtp_sink::{ReceivedMail, SmtpBehavior, SmtpSink};
use crate::support::{Env, RunOutput};

mod commands;
mod forget;
mod once;
mod simulation;

/// A home with one vouched-for mirror, and a target whose directory can be made unusable.
fn site(extra: &str) -> Env {
    let env = Env::new("");
    configure(&env, extra);
    env.ok("mm-admin", &["init"]);
    env.write("master/releases/README", "hello");
    env.write(
        "registry.toml",
        "[[product]]\nname = \"P\"\n[[category]]\nname = \"T\"\nproduct = \"P\"\ntopdir = \"pub/t\"\n[[site]]\nname = \"S\"\n\
         [[site.host]]\nname = \"m.example.org\"\ncountry = \"DE\"\n[[site.host.category]]\nname = \"T\"\nalways_up2date = true\n\
         urls = [\"https://m.example.org/t\"]\n",
    );
    env.ok("mm-admin", &["apply", "registry.toml"]);
    env.ok("mm-scan-master", &[]);
    env.ok("mm-update-mirrorlist", &[]);
    std::fs::create_dir(env.path("app")).unwrap();
    env
}

fn configure(env: &Env, extra: &str) {
    env.configure(&format!(
        "{extra}\n[[category]]\nname = \"T\"\npath = \"master\"\n[[sync.target]]\nname = \"app\"\naddress = \"app\"\n"
    ));
}

/// Makes the target unusable, or usable again.
fn break_target(env: &Env, is_broken: bool) {
    drop(std::fs::remove_dir_all(env.path("app")));
    drop(std::fs::remove_file(env.path("app")));
    if is_broken {
        env.write("app", "not a directory");
    } else {
        std::fs::create_dir(env.path("app")).unwrap();
    }
}

fn sql(env: &Env, statement: &str) {
    rusqlite::Connection::open(env.path("mm.db"))
        .unwrap()
        .execute_batch(statement)
        .unwrap();
}

fn count(env: &Env, query: &str) -> i64 {
    rusqlite::Connection::open(env.path("mm.db"))
        .unwrap()
        .query_row(query, [], |r| r.get(0))
        .unwrap()
}

fn subjects(mails: &[ReceivedMail]) -> Vec<(&str, &str)> {
    mails.iter().map(|m| (m.to.as_str(), m.subject())).collect()
}

#[test]
fn a_problem_is_one_mail_and_its_end_another() {
    let sink = SmtpSink::start();
    let env = site(&sink.config());
    break_target(&env, true);
    let silent = |status: i32| {
        let output = env.run("mm-sync-out", &[]);
        let expected = (status, "", "");
        assert_eq!(
            (output.status, output.stdout.as_str(), output.stderr.as_str()),
            expected,
            "{output:?}"
        );
    };
    silent(1);
    let mails = sink.take();
    let expected = ("root@example.org", "mirrormanager: targets are not current");
    assert_eq!(subjects(&mails), [expected]);
    assert!(mails[0].body.starts_with("target app ("), "{}", mails[0].body);
    assert!(
        mails[0].body.contains("Reported by mm-sync-out at "),
        "{}",
        mails[0].body
    );
    for (name, value) in [
        ("From", "mm@example.org"),
        ("To", "root@example.org"),
        ("Auto-Submitted", "auto-generated"),
        ("Content-Type", "text/plain; charset=utf-8"),
    ] {
        assert_eq!(mails[0].header(name), value);
    }
    let id = mails[0].header("Message-ID");
    assert!(id.starts_with('<') && id.ends_with("@example.org>"), "{id}");
    silent(1);
    // A problem that persists is part of the digest.
    sql(&env, "UPDATE alert SET notified_at = notified_at - 90000");
    silent(1);
    assert_eq!(sink.take(), []);
    break_target(&env, false);
    silent(0);
    let mails = sink.take();
    let expected = ("root@example.org", "mirrormanager: resolved: targets are not current");
    assert_eq!(subjects(&mails), [expected]);
    assert!(mails[0].body.starts_with("resolved, open since "), "{}", mails[0].body);
    assert_eq!(mails[0].body.lines().count(), 1, "{}", mails[0].body);
    silent(0);
    assert_eq!(sink.take(), []);
}

/// An operator who watches a run sees its problems, and the others get the mail.
#[test]
fn an_operator_sees_what_is_mailed() {
    let sink = SmtpSink::start();
    let env = site(&sink.config());
    break_target(&env, true);
    let output = env.run("mm-sync-out", &["-v"]);
    assert!(output.stderr.contains("mm-sync-out: target app"), "{output:?}");
    assert_eq!(sink.take().len(), 1);
}

#[test]
fn a_server_that_is_down_loses_no_mail() {
    let sink = SmtpSink::start();
    let port = sink.port;
    let env = site(&sink.config());
    drop(sink);
    break_target(&env, true);
    let failed = |expected: &str| {
        let output = env.run("mm-sync-out", &[]);
        assert_eq!((output.status, output.stderr.as_str()), (1, expected), "{output:?}");
    };
    failed("");
    let queue = env.ok("mm-admin", &["mail", "queue"]);
    assert!(
        queue.contains("targets are not current") && queue.contains("refused"),
        "{queue}"
    );
    failed("");
    assert_eq!(
        count(&env, "SELECT attempts FROM mail_queue"),
        1,
        "not tried again at once"
    );

    // Cron is notified if no mail can tell.
    sql(
        &env,
        "UPDATE mail_queue SET queued_at = queued_at - 7200, next_attempt_at = 0",
    );
    let output = env.run("mm-sync-out", &[]);
    assert!(output.stderr.contains("have not been delivered since"), "{output:?}");
    assert!(
        output.stderr.contains("mm-admin mail queue") && output.stderr.lines().count() == 1,
        "{output:?}"
    );
    sql(&env, "UPDATE mail_queue SET next_attempt_at = 0");
    failed("");

    let sink = SmtpSink::start_on(port, None);
    sql(&env, "UPDATE mail_queue SET next_attempt_at = 0");
    let output = env.run("mm-sync-out", &[]);
    assert!(output.stderr.contains("resolved, open since"), "{output:?}");
    assert_eq!(
        subjects(&sink.take()),
        [("root@example.org", "mirrormanager: targets are not current")]
    );
    assert_eq!(count(&env, "SELECT count(*) FROM mail_queue"), 0);
}

/// A job waits at most for `mail.timeout`, whatever the server does.
#[test]
fn a_hanging_server_does_not_hold_up_a_job() {
    let sink = SmtpSink::start();
    for behavior in [SmtpBehavior::Silent, SmtpBehavior::Slow] {
        let env = site(&format!("{}timeout = \"2s\"\n", sink.config()));
        break_target(&env, true);
        sink.behave(behavior.clone());
        let started = Instant::now();
        let output = env.run("mm-sync-out", &[]);
        assert_eq!((output.status, output.stderr.as_str()), (1, ""), "{output:?}");
        // The slow server would take 20 s.
        assert!(
            started.elapsed() < Duration::from_secs(15),
            "{behavior:?}: {:?}",
            started.elapsed()
        );
        let queue = env.ok("mm-admin", &["mail", "queue"]);
        assert!(queue.contains("targets are not current"), "{behavior:?}: {queue}");
        sink.behave(SmtpBehavior::Accept);
        env.ok("mm-admin", &["mail", "queue", "--deliver"]);
        assert_eq!(sink.take().len(), 1, "{behavior:?}");
    }
}

#[test]
fn one_bad_recipient_does_not_hold_up_the_others() {
    let sink = SmtpSink::start();
    let admins = sink
        .config()
        .replace("[\"root@example.org\"]", "[\"gone@example.org\", \"root@example.org\"]");
    let env = site(&admins);
    sink.behave(SmtpBehavior::Reject("gone@example.org"));
    break_target(&env, true);
    // Cron is notified, as the administrator is not.
    let output = env.run("mm-sync-out", &[]);
    assert!(
        output.stderr.contains("gone@example.org") && output.stderr.contains("mail.admins"),
        "{output:?}"
    );
    assert_eq!(
        subjects(&sink.take()),
        [("root@example.org", "mirrormanager: targets are not current")]
    );
    let queue = env.ok("mm-admin", &["mail", "queue"]);
    assert!(queue.contains("given up") && queue.contains("no such user"), "{queue}");
    // The digest names it.
    env.ok("mm-admin", &["mail", "digest"]);
    let digest = sink.take();
    assert_eq!(digest.len(), 1);
    assert!(
        digest[0].body.contains("gone@example.org: 127.0.0.1:"),
        "{}",
        digest[0].body
    );

    // A server that defers all mails is tried for each.
    sink.behave(SmtpBehavior::Defer);
    break_target(&env, false);
    assert_eq!(env.run("mm-sync-out", &[]).status, 0);
    assert_eq!(
        count(
            &env,
            "SELECT count(*) FROM mail_queue WHERE failed_at IS NULL AND attempts = 1"
        ),
        2
    );
}

/// Mails of a process that was killed meanwhile are delivered by a later one.
#[test]
fn claimed_mails_are_delivered_after_the_claim_expired() {
    let sink = SmtpSink::start();
    let env = site(&sink.config());
    let mail = "INSERT INTO mail_queue (recipient, subject, body, queued_at, next_attempt_at, claimed_until) VALUES \
                ('root@example.org', 's', 'b', 1, 1, ";
    sql(&env, &format!("{mail}4000000000)"));
    env.ok("mm-sync-out", &[]);
    assert_eq!(sink.take(), []);
    sql(&env, "UPDATE mail_queue SET claimed_until = 1");
    env.ok("mm-sync-out", &[]);
    assert_eq!(subjects(&sink.take()), [("root@example.org", "s")]);
}

#[test]
fn text_from_outside_cannot_forge_headers_or_lines() {
    let sink = SmtpSink::start();
    let env = site("");
    let target =
        "[[sync.target]]\nname = \"app\\r\\nBcc: x@example.org\\r\\n\\r\\nforged\\u001b[2J\"\naddress = \"app\"\n";
    env.configure(&format!(
        "{}\n[[category]]\nname = \"T\"\npath = \"master\"\n{target}",
        sink.config()
    ));
    break_target(&env, true);
    assert_eq!(env.run("mm-sync-out", &[]).status, 1);
    let mails = sink.take();
    assert_eq!(mails.len(), 1);
    let names: Vec<&str> = mails[0].headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(!names.contains(&"Bcc"), "{names:?}");
    assert!(
        mails[0]
            .body
            .contains("app\\r\\nBcc: x@example.org\\r\\n\\r\\nforged\\u{1b}[2J"),
        "{}",
        mails[0].body
    );
}
