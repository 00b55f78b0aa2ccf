//! `mm-admin mail`, templates, login and TLS.

use std::sync::Arc;

use super::*;
use crate::support::free_port;
use crate::support::smtp_sink::SmtpLogin;

#[test]
fn without_a_mail_server_the_digest_is_printed_for_cron() {
    let env = site("");
    env.ok("mm-sync-out", &[]);
    env.ok("mm-detect-release", &[]);
    let digest = env.ok("mm-admin", &["mail", "digest"]);
    assert!(digest.starts_with("mirrormanager: "), "{digest}");
    assert!(
        digest.contains("Mirrors: 1 hosts, 1 active, 1 listed; 0 did not answer"),
        "{digest}"
    );
    assert!(
        digest.contains("- scan: 1 run\n") && digest.contains("Published: 1 generation\n"),
        "{digest}"
    );
    // The next one begins where this one ended.
    let digest = env.ok("mm-admin", &["mail", "digest"]);
    assert!(!digest.contains("- scan: "), "{digest}");
    let json = env.ok("mm-admin", &["mail", "digest", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["mirrors"]["hosts"], 1, "{json}");
    // Other commands name what is missing.
    for args in [["mail", "test"].as_slice(), &["mail", "queue", "--deliver"]] {
        let output = env.run("mm-admin", args);
        assert_eq!(output.status, 2, "{output:?}");
        assert!(
            output.stderr.contains("set server, from and admins in [mail] of"),
            "{output:?}"
        );
    }
    assert_eq!(env.ok("mm-admin", &["mail", "queue"]), "no mail is waiting\n");
}

#[test]
fn digest_is_sent_and_prints_nothing() {
    let sink = SmtpSink::start();
    let env = site(&sink.config());
    assert_eq!(env.ok("mm-admin", &["mail", "digest"]), "");
    let mails = sink.take();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].subject().starts_with("mirrormanager: "), "{mails:?}");
    drop(sink);
    let output = env.run("mm-admin", &["mail", "digest"]);
    assert_eq!(output.status, 3, "{output:?}");
    assert!(
        output.stderr.contains("mm-admin mail queue") && output.stderr.contains("mm-admin mail test"),
        "{output:?}"
    );
    assert_eq!(count(&env, "SELECT count(*) FROM mail_queue"), 1);
}

#[test]
fn test_mail_shows_the_response_of_the_server() {
    let sink = SmtpSink::start();
    let env = site(&sink.config());
    assert_eq!(
        env.ok("mm-admin", &["mail", "test"]),
        "root@example.org: accepted by the server\n"
    );
    env.ok("mm-admin", &["mail", "test", "me@example.org"]);
    let mails = sink.take();
    let subject = "mirrormanager: test mail";
    assert_eq!(
        subjects(&mails),
        [("root@example.org", subject), ("me@example.org", subject)]
    );
    sink.behave(SmtpBehavior::Reject("me@example.org"));
    let output = env.run("mm-admin", &["mail", "test", "me@example.org"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("no such user"), "{output:?}");
    assert_eq!(
        env.run("mm-admin", &["mail", "test", "me@example.org\nBcc: x@y"])
            .status,
        2
    );
    drop(sink);
    let output = env.run("mm-admin", &["mail", "test"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("127.0.0.1:"), "{output:?}");
}

#[test]
fn templates_are_previewed_and_can_be_replaced() {
    let env = site("");
    for (name, words) in [
        ("alert", "Subject: mirrormanager: unknown metadata on mirrors"),
        ("digest", "Subject: mirrormanager: "),
        ("owner", "Subject: mirror.example.org: no longer listed"),
        ("test", "Subject: mirrormanager: test mail"),
    ] {
        let shown = env.ok("mm-admin", &["mail", "preview", name]);
        assert!(shown.contains(words) && shown.contains("To: root@localhost"), "{shown}");
        assert!(!shown.contains("cannot be rendered"), "{shown}");
    }
    let output = env.run("mm-admin", &["mail", "preview", "nothing"]);
    assert_eq!(output.status, 2, "{output:?}");
    assert!(output.stderr.contains("alert, digest, owner, test"), "{output:?}");

    let sink = SmtpSink::start();
    configure(&env, &format!("{}templates_dir = \"mails\"\n", sink.config()));
    env.write(
        "mails/alert.txt",
        "Subject: [MM] {{ title }}\n\n{{ messages | length }} of {{ program }}\n",
    );
    break_target(&env, true);
    assert_eq!(env.run("mm-sync-out", &[]).status, 1);
    let mails = sink.take();
    assert_eq!(subjects(&mails), [("root@example.org", "[MM] targets are not current")]);
    assert_eq!(mails[0].body, "1 of mm-sync-out\n");
    // A mistake in a template delays no alarm.
    env.write("mails/alert.txt", "Subject: {{ titel }}\n\nx\n");
    break_target(&env, false);
    env.ok("mm-sync-out", &[]);
    let mails = sink.take();
    assert_eq!(
        subjects(&mails),
        [("root@example.org", "mirrormanager: resolved: targets are not current")]
    );
    assert!(
        mails[0].body.contains("invalid template alert.txt"),
        "{}",
        mails[0].body
    );
}

#[test]
fn login_is_encrypted_and_the_password_stays_in_its_file() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certified.cert.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap(),
        )
        .unwrap();
    let login = SmtpLogin {
        tls: Arc::new(tls),
        // printf '\0mm\0s3cret' | base64
        plain: "AG1tAHMzY3JldA==".to_owned(),
    };
    let sink = SmtpSink::start_on(free_port(), Some(login));
    let config = sink
        .config()
        .replace("127.0.0.1", "localhost")
        .replace("tls = \"none\"", "tls = \"starttls\"")
        + "user = \"mm\"\npassword_file = \"secret\"\nca_file = \"ca.pem\"\n";
    let env = site(&config);
    env.write("ca.pem", certified.cert.pem());
    let secret = env.write("secret", "s3cret\nanother line\n");
    let mode = |mode: u32| std::fs::set_permissions(&secret, PermissionsExt::from_mode(mode)).unwrap();
    let failed = || {
        let output = env.run("mm-admin", &["mail", "test", "-vv"]);
        assert_eq!(output.status, 1, "{output:?}");
        assert!(!format!("{output:?}").contains("s3cret"), "{output:?}");
        output.stderr
    };
    mode(0o604);
    let advice = failed();
    assert!(advice.contains("chmod o= "), "{advice}");
    mode(0o600);
    let output = env.run("mm-admin", &["mail", "test", "-vv"]);
    assert_eq!(output.status, 0, "{output:?}");
    assert!(!format!("{output:?}").contains("s3cret"), "{output:?}");
    assert_eq!(sink.take().len(), 1);

    env.write("secret", "wrong\n");
    assert!(failed().contains("535"));
    env.write("secret", "\n");
    assert!(failed().contains("is empty"));
    env.write("secret", "s3cret\n");
    // Without the certificate, nothing is sent.
    configure(&env, &config.replace("ca_file = \"ca.pem\"\n", ""));
    let untrusted = failed();
    assert!(
        untrusted.contains("localhost:") && untrusted.contains("certificate"),
        "{untrusted}"
    );
    assert_eq!(sink.take(), []);
}

/// A server without STARTTLS gets nothing in the clear.
#[test]
fn missing_starttls_is_an_error() {
    let sink = SmtpSink::start();
    let env = site(&sink.config().replace("tls = \"none\"", "tls = \"starttls\""));
    let output = env.run("mm-admin", &["mail", "test"]);
    assert_eq!(output.status, 1, "{output:?}");
    assert_eq!(sink.take(), []);
}
