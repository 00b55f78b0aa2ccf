//! Certificates. Only the built-in issuers are trusted.

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// Serves TLS with a self-signed certificate for this name that expires at the end of this year.
fn tls(name: &str, last_year: i32) -> String {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(last_year, 12, 31);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // Clients that reject the certificate send no request.
            drop(std::io::copy(&mut stream, &mut std::io::sink()));
        }
    });
    url
}

#[test]
fn invalid_certificates() {
    let (net, good) = net(QUICK);
    let rows = [
        silent("wrong-host.org", tls("other.example.org", 2099), &["tls"], 0),
        silent("expired.org", tls("localhost", 2020), &["tls"], 0),
        silent("unknown.org", tls("localhost", 2099), &["tls"], 0),
    ];
    crawl_and_compare(&net, &good, &rows);
    for (host, expected) in [
        (
            "wrong-host.org",
            "TLS: unknown certificate issuer; the chain may be incomplete",
        ),
        ("expired.org", "TLS: certificate expired at 2020-12-31T00:00:00Z"),
        (
            "unknown.org",
            "TLS: unknown certificate issuer; the chain may be incomplete",
        ),
    ] {
        assert_eq!(finding_evidence(&net, host, "tls"), [expected], "{host}");
    }
}
