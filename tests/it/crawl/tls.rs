//! Mirrors behind a real nginx with TLS.

use mirrormanager::model::Timestamp;
use mirrormanager::sys::http::{Agent, FetchError, HttpLimits};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::*;
use crate::support::free_port;

/// nginx that serves `root` with a self-signed certificate for `name` that expires at the end of this year; and its TLS port.
fn nginx_with_tls(net: &Net, root: &str, name: &str, last_year: i32) -> (Nginx, u16) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(last_year, 12, 31);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pem = net.env.write(&format!("{name}-{last_year}.pem"), certificate.pem());
    let key = net.env.write(&format!("{name}-{last_year}.key"), key.serialize_pem());
    let port = free_port();
    let more = format!(
        "listen 127.0.0.1:{port} ssl; ssl_certificate {}; ssl_certificate_key {};",
        pem.display(),
        key.display()
    );
    (Nginx::serve_with(&net.env.path(root), &more), port)
}

#[test]
fn expiry_of_a_certificate_is_found_for_trusted_and_untrusted_issuers() {
    let net = Net::new("");
    let agent = Agent::new(&HttpLimits {
        user_agent: "test/1".to_owned(),
        connections: 1,
        connect: Duration::from_secs(10),
        total: Duration::from_secs(10),
        allow_private: true,
    });
    for (name, year) in [("localhost", 2099), ("other.example.org", 2098), ("localhost", 2020)] {
        let (_nginx, port) = nginx_with_tls(&net, "tree", name, year);
        let last_day: Timestamp = format!("{year}-12-31T00:00:00Z").parse().unwrap();
        assert_eq!(agent.certificate_expiry("127.0.0.1", port, None), Ok(last_day));
        assert!(matches!(
            agent.head(&format!("https://localhost:{port}/"), None),
            Err(FetchError::Tls(_))
        ));
    }
}

#[test]
fn untrusted_certificate_is_a_finding_with_its_reason() {
    let net = Net::new("");
    net.copy_to("m");
    let (_nginx, port) = nginx_with_tls(&net, "m", "localhost", 2099);
    net.register(&[("tls.org", &format!("https://localhost:{port}"))]);
    let ran = net.env.run("mm-crawl", &[]);
    assert_eq!(ran.status, 3, "the only host gave no answer: {ran:?}");
    let output = net.sql_rows("SELECT reason || ': ' || seen FROM finding");
    assert!(
        output.contains(&"tls: TLS: unknown certificate issuer; the chain may be incomplete".to_owned()),
        "{output:?}"
    );
    assert!(net.inventory("tls.org").present.is_empty());
}
