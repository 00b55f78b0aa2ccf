//! Certificates: their expiry, and messages for TLS errors.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use itertools::Itertools as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ALL_VERSIONS, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::{Agent, FetchError, classify_io};
use crate::model::Timestamp;

/// Limit for the names of a certificate in a message.
const MAX_NAMES: usize = 5;

impl Agent {
    /// Returns the expiry of the certificate of a server by a TLS handshake, without verifying the certificate. `host` is a name or an
    /// address (IPv6 in brackets). The connection timeout and the address policy of the agent apply, and `deadline` if that is
    /// earlier.
    pub fn certificate_expiry(
        &self,
        host: &str,
        port: u16,
        deadline: Option<Instant>,
    ) -> Result<Timestamp, FetchError> {
        let addresses = self.names.addresses(host, port)?;
        let end = Instant::now() + self.connect;
        let end = deadline.map_or(end, |d| d.min(end));
        let mut stream = DeadlineStream::connect(&addresses, end).map_err(|e| classify_io(&e).error)?;
        let der = fetch_certificate(&mut stream, host)?;
        let unreadable = |why: String| FetchError::Tls(format!("unreadable certificate: {why}"));
        let certificate = Certificate::from_der(&der).map_err(|e| unreadable(e.to_string()))?;
        let not_after = certificate.tbs_certificate().validity().not_after;
        let seconds = not_after.to_unix_duration().as_secs();
        Ok(Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }
}

/// Performs a handshake, and returns the certificate of the server in DER.
fn fetch_certificate(stream: &mut DeadlineStream, host: &str) -> Result<Vec<u8>, FetchError> {
    let tls = |e: rustls::Error| FetchError::Tls(explain(&e));
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(bare.to_owned()).map_err(|e| FetchError::Tls(format!("{host}: {e}")))?;
    let recorder = Arc::new(CertificateRecorder::default());
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(ALL_VERSIONS)
        .map_err(tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<CertificateRecorder>::clone(&recorder))
        .with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(tls)?;
    let ended = connection.complete_io(stream);
    let Some(der) = recorder.seen.get() else {
        let e = ended.err().unwrap_or_else(|| io::Error::other("no certificate"));
        return Err(classify_io(&e).error);
    };
    // The certificate was received; a failed close does not matter.
    connection.send_close_notify();
    drop(connection.write_tls(stream));
    Ok(der.clone())
}

/// Describes a TLS error for the administrator of the mirror.
pub(super) fn explain(e: &rustls::Error) -> String {
    if matches!(e, rustls::Error::InvalidMessage(_)) {
        return format!("the server does not speak TLS ({e})");
    }
    let rustls::Error::InvalidCertificate(why) = e else {
        return e.to_string();
    };
    let at = |t: &UnixTime| Timestamp(i64::try_from(t.as_secs()).unwrap_or(i64::MAX));
    if let CertificateError::ExpiredContext { not_after, .. } = why {
        format!("certificate expired at {}", at(not_after))
    } else if let CertificateError::NotValidYetContext { not_before, .. } = why {
        format!("certificate is not valid before {}", at(not_before))
    } else if let CertificateError::NotValidForNameContext { expected, presented } = why {
        let none = if presented.is_empty() { "no name" } else { "" };
        let more = if presented.len() > MAX_NAMES { ", ..." } else { "" };
        // The name in `DnsName("m.org")`.
        let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
        let names = presented.iter().take(MAX_NAMES).map(bare).join(", ");
        format!("certificate is for {none}{names}{more}, not for {}", expected.to_str())
    } else if *why == CertificateError::UnknownIssuer {
        "unknown certificate issuer; the chain may be incomplete".to_owned()
    } else {
        e.to_string()
    }
}

/// A verifier that accepts all certificates, and records the one of the server.
#[derive(Debug, Default)]
struct CertificateRecorder {
    seen: OnceLock<Vec<u8>>,
}

impl ServerCertVerifier for CertificateRecorder {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.seen.get_or_init(|| own.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A connection with one deadline for all operations, however slowly the other side sends.
struct DeadlineStream {
    stream: TcpStream,
    end: Instant,
}

impl DeadlineStream {
    /// Connects to the first address that accepts; each has its share of the time.
    fn connect(addresses: &[SocketAddr], end: Instant) -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::TimedOut);
        for (n, address) in addresses.iter().enumerate() {
            let others = u32::try_from(addresses.len() - n).unwrap_or(u32::MAX);
            match TcpStream::connect_timeout(address, left(end)? / others) {
                Ok(stream) => return Ok(Self { stream, end }),
                Err(e) => last = e,
            }
        }
        Err(last)
    }
}

/// Returns the time until `end`; an error if there is none.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    // Too short for a socket, and zero would mean no timeout.
    if left < Duration::from_millis(1) {
        return Err(late());
    }
    Ok(left)
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "TLS handshake timed out")
}

/// Turns `WouldBlock`, the error of a socket after its timeout, into `TimedOut`: rustls would retry it.
fn in_time<T>(done: io::Result<T>) -> io::Result<T> {
    match done {
        Err(e) if e.kind() == io::ErrorKind::WouldBlock => Err(late()),
        other => other,
    }
}

impl Read for DeadlineStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(left(self.end)?))?;
        in_time(self.stream.read(buffer))
    }
}

impl Write for DeadlineStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(left(self.end)?))?;
        in_time(self.stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
