//! Certificates: until when one is valid, and why one is not believed, in plain words.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ALL_VERSIONS, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::{Agent, Failure, FetchError, classify_io};
use crate::model::Timestamp;

/// How many of the names of a wrong certificate are told.
const MAX_NAMES: usize = 5;

impl Agent {
    /// Until when the certificate of the server at `host` (a name, or an address; one of IPv6 in brackets) and `port` is valid, by
    /// one TLS handshake. Whether anybody should trust it is not asked: an expired one has an end too. The addresses that may be
    /// asked are those of the agent. It takes no longer than looking up the name, and then connecting, may take, and ends at
    /// `deadline` if that is earlier.
    pub fn certificate_expiry(
        &self,
        host: &str,
        port: u16,
        deadline: Option<Instant>,
    ) -> Result<Timestamp, FetchError> {
        let addresses = self.names.addresses(host, port)?;
        let end = Instant::now() + self.connect;
        let end = deadline.map_or(end, |d| d.min(end));
        let mut stream = DeadlineStream::connect(&addresses, end).map_err(|e| classify_io(&e).into_error())?;
        let der = certificate_of(&mut stream, host)?;
        let unreadable = |why: String| FetchError::Tls(format!("the certificate cannot be read: {why}"));
        let certificate = Certificate::from_der(&der).map_err(|e| unreadable(e.to_string()))?;
        let not_after = certificate.tbs_certificate().validity().not_after;
        let seconds = not_after.to_unix_duration().as_secs();
        Ok(Timestamp(i64::try_from(seconds).unwrap_or(i64::MAX)))
    }
}

/// Shakes hands and returns the server's own certificate, in DER.
fn certificate_of(stream: &mut DeadlineStream, host: &str) -> Result<Vec<u8>, FetchError> {
    let tls = |e: rustls::Error| FetchError::Tls(explain(&e));
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let name = ServerName::try_from(bare.to_owned()).map_err(|e| FetchError::Tls(format!("{host}: {e}")))?;
    let looker = Arc::new(CertificateRecorder {
        provider: ring::default_provider(),
        seen: OnceLock::new(),
    });
    let config = ClientConfig::builder_with_provider(Arc::new(looker.provider.clone()))
        .with_protocol_versions(ALL_VERSIONS)
        .map_err(tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::<CertificateRecorder>::clone(&looker))
        .with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(tls)?;
    let ended = connection.complete_io(stream);
    let Some(der) = looker.seen.get() else {
        let e = ended.err().unwrap_or_else(|| io::Error::other("no certificate"));
        return Err(classify_io(&e).into_error());
    };
    // What was to be seen was seen: the rest is courtesy.
    connection.send_close_notify();
    drop(connection.write_tls(stream));
    Ok(der.clone())
}

/// Why TLS failed, in words for whoever keeps the mirror.
pub(super) fn explain(e: &rustls::Error) -> String {
    if matches!(e, rustls::Error::InvalidMessage(_)) {
        return format!("what came is no TLS ({e})");
    }
    let rustls::Error::InvalidCertificate(why) = e else {
        return e.to_string();
    };
    let at = |t: &UnixTime| Timestamp(i64::try_from(t.as_secs()).unwrap_or(i64::MAX));
    if let CertificateError::ExpiredContext { not_after, .. } = why {
        format!("the certificate ended at {}", at(not_after))
    } else if let CertificateError::NotValidYetContext { not_before, .. } = why {
        format!("the certificate begins at {}", at(not_before))
    } else if let CertificateError::NotValidForNameContext { expected, presented } = why {
        let mut names: Vec<&str> = presented.iter().map(|n| inner(n)).collect();
        let more = if names.len() > MAX_NAMES { ", ..." } else { "" };
        names.truncate(MAX_NAMES);
        let names = if names.is_empty() {
            "no name at all".to_owned()
        } else {
            names.join(", ")
        };
        format!("the certificate is for {names}{more}, not for {}", expected.to_str())
    } else if *why == CertificateError::UnknownIssuer {
        "the certificate's issuer is not known; is the chain complete?".to_owned()
    } else {
        e.to_string()
    }
}

/// The name itself in `DnsName("m.org")`.
fn inner(name: &str) -> &str {
    name.split('"').nth(1).unwrap_or(name)
}

/// Believes everything, and remembers the server's own certificate.
#[derive(Debug)]
struct CertificateRecorder {
    provider: CryptoProvider,
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
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A connection on which everything together ends in time, however slowly the other side drips.
struct DeadlineStream {
    stream: TcpStream,
    end: Instant,
}

impl DeadlineStream {
    /// To the first address that answers; each has its share of the time.
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

/// The time until `end`; an error when there is none.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    // Nanoseconds are no time for a socket, and zero would mean forever.
    if left < Duration::from_millis(1) {
        return Err(late());
    }
    Ok(left)
}

fn late() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the TLS handshake was not done in time")
}

/// A socket whose time is up says that it would block, which rustls takes for a reason to come back later.
fn in_time<T>(done: io::Result<T>) -> io::Result<T> {
    done.map_err(|e| {
        if e.kind() == io::ErrorKind::WouldBlock {
            late()
        } else {
            e
        }
    })
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

/// As [`FetchError::Tls`], where rustls failed.
pub(super) fn failure_of(io: &io::Error) -> Option<Failure> {
    let inner = io.get_ref()?.downcast_ref::<rustls::Error>()?;
    Some(Failure::Final(FetchError::Tls(explain(inner))))
}
