//! Valid, expired, foreign and self-signed certificates.

use std::io::Read;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ALL_VERSIONS, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use super::*;
use crate::model::Timestamp;

/// A test issuer, and the config with which an agent trusts it.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self {
            issuer: Issuer::new(params, key),
            der,
        }
    }

    fn believed(&self) -> Agent {
        let issuer = ureq::tls::Certificate::from_der(&self.der).to_owned();
        let limits = HttpLimits {
            user_agent: "test/1".to_owned(),
            connections: 2,
            connect: Duration::from_secs(10),
            total: Duration::from_secs(10),
            allow_private: true,
        };
        Agent::with_roots(&limits, ureq::tls::RootCerts::new_with_certs(&[issuer]))
    }

    /// Serves 200 over TLS with a certificate for these names that ends with this year; returns the port.
    fn serve(&self, names: &[&str], last_year: i32, versions: &[&'static SupportedProtocolVersion]) -> u16 {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                // A client that rejects the certificate sends no request.
                let mut some = [0; 4096];
                if stream.read(&mut some).is_ok_and(|n| n > 0) {
                    drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
                }
            }
        });
        port
    }
}

/// A server that leads from http to https at the same address.
#[test]
fn a_step_up_to_tls_is_followed() {
    let authority = Authority::new();
    let inner = authority.serve(&["localhost"], 2099, ALL_VERSIONS);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut first = [0];
            if stream.peek(&mut first).is_ok_and(|n| n == 1 && first != [22]) {
                assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
                let to = format!("Location: https://localhost:{port}/pub\r\nConnection: close");
                say(
                    &mut stream,
                    &format!("HTTP/1.1 301 Moved\r\n{to}\r\nContent-Length: 0\r\n\r\n"),
                );
                continue;
            }
            let mut there = TcpStream::connect(("127.0.0.1", inner)).unwrap();
            let (mut back, mut out) = (there.try_clone().unwrap(), stream.try_clone().unwrap());
            std::thread::spawn(move || drop(std::io::copy(&mut back, &mut out)));
            std::thread::spawn(move || drop(std::io::copy(&mut stream, &mut there)));
        }
    });
    let url = format!("http://localhost:{port}/pub");
    let got = authority.believed().head(&url, None).unwrap();
    let moved_to = Some(format!("https://localhost:{port}/pub"));
    assert_eq!((got.status, got.moved_to, got.hops), (200, moved_to, 1));
    assert!(
        matches!(agent(true).head(&url, None), Err(FetchError::Tls(_))),
        "not believed is not believed there"
    );
}

fn last_day(year: i32) -> Timestamp {
    format!("{year}-12-31T00:00:00Z").parse().unwrap()
}

#[test]
fn valid_certificate_is_accepted_and_its_expiry_is_read() {
    let authority = Authority::new();
    let agent = authority.believed();
    for versions in [&[&rustls::version::TLS12][..], &[&rustls::version::TLS13]] {
        let port = authority.serve(&["localhost", "127.0.0.1"], 2099, versions);
        for host in ["localhost", "127.0.0.1"] {
            assert_eq!(
                agent.head(&format!("https://{host}:{port}/"), None).unwrap().status,
                200
            );
            assert_eq!(agent.certificate_expiry(host, port, None), Ok(last_day(2099)));
        }
    }
}

#[test]
fn expiry_of_an_untrusted_certificate_is_read() {
    let authority = Authority::new();
    let agent = agent(true);
    let unknown = authority.serve(&["localhost"], 2098, ALL_VERSIONS);
    assert_eq!(agent.certificate_expiry("localhost", unknown, None), Ok(last_day(2098)));
    let expired = authority.serve(&["localhost"], 2020, ALL_VERSIONS);
    assert_eq!(agent.certificate_expiry("localhost", expired, None), Ok(last_day(2020)));
    let others = authority.serve(&["other.example.org"], 2097, ALL_VERSIONS);
    assert_eq!(agent.certificate_expiry("127.0.0.1", others, None), Ok(last_day(2097)));
}

#[test]
fn certificate_errors_are_described() {
    let authority = Authority::new();
    let ask = |agent: &Agent, names: &[&str], year: i32| {
        let port = authority.serve(names, year, ALL_VERSIONS);
        agent.head(&format!("https://localhost:{port}/"), None).unwrap_err()
    };
    let believes = authority.believed();
    let tls = |text: &str| FetchError::Tls(text.to_owned());
    assert_eq!(
        ask(&believes, &["localhost"], 2020),
        tls("certificate expired at 2020-12-31T00:00:00Z")
    );
    assert_eq!(
        ask(&believes, &["other.example.org", "*.example.net"], 2099),
        tls("certificate is for other.example.org, *.example.net, not for localhost")
    );
    let many = ["a.org", "b.org", "c.org", "d.org", "e.org", "f.org", "g.org"];
    assert_eq!(
        ask(&believes, &many, 2099),
        tls("certificate is for a.org, b.org, c.org, d.org, e.org, ..., not for localhost")
    );
    assert_eq!(
        ask(&agent(true), &["localhost"], 2099),
        tls("unknown certificate issuer; the chain may be incomplete")
    );
}

#[test]
fn a_look_at_a_certificate_fails_as_a_request_does() {
    let look =
        |agent: &Agent, port: u16, deadline: Option<Instant>| agent.certificate_expiry("127.0.0.1", port, deadline);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(matches!(look(&agent(true), closed, None), Err(FetchError::Refused(_))));
    assert_eq!(
        look(&agent(false), closed, None),
        Err(FetchError::PrivateAddress("127.0.0.1".to_owned()))
    );
    let got = agent(true).certificate_expiry("no-such-name.invalid", 443, None);
    assert!(
        matches!(got, Err(FetchError::Dns(_) | FetchError::Timeout(_))),
        "{got:?}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            say(&mut stream, "HTTP/1.1 400 Bad Request\r\n\r\n");
            std::thread::sleep(Duration::from_secs(1));
        }
    });
    let got = look(&agent(true), plain, None);
    assert!(
        matches!(&got, Err(FetchError::Tls(why)) if why.starts_with("the server does not speak TLS")),
        "{got:?}"
    );
}

#[test]
fn a_handshake_that_drips_ends_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                // The header of a record of 16,000 bytes, and its bytes one by one.
                drop(stream.write_all(&[22, 3, 3, 0x3e, 0x80]));
                while stream.write_all(&[2]).is_ok() {
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
        }
    });
    let begun = Instant::now();
    let got = agent(true).certificate_expiry("127.0.0.1", port, None);
    assert!(matches!(got, Err(FetchError::Timeout(_))), "{got:?}");
    let got = agent(true).certificate_expiry("127.0.0.1", port, Some(Instant::now() + Duration::from_millis(200)));
    assert!(matches!(got, Err(FetchError::Timeout(_))), "{got:?}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}
