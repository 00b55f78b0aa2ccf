//! The SMTP client (RFC 5321), with lettre.
//!
//! Sending happens on a thread of its own, which is abandoned at the time limit: neither a name server nor a server that sends
//! a byte now and then can hold up a job.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use lettre::message::Mailbox;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Message, SmtpTransport, Transport as _};

use super::template::Content;
use crate::config::{MailConfig, MailTls};
use crate::model::Timestamp;
use crate::sys::errors::format_chain;
use crate::sys::regular_file;

/// A mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutgoingMail {
    /// A unique name; it makes the Message-ID, so that a mail that is sent twice can be recognized.
    pub id: String,
    pub recipient: String,
    pub content: Content,
    pub queued_at: Timestamp,
}

/// The reason why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SendError {
    /// The server does not accept this mail or its recipient.
    Rejected(String),
    /// The server does not accept this mail now.
    Deferred(String),
    /// The server cannot be used now.
    Unavailable(String),
}

impl SendError {
    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Rejected(why) | Self::Deferred(why) | Self::Unavailable(why) => why,
        }
    }
}

/// RFC 3834: automatic responses to the mail are not wanted.
#[derive(Debug, Clone, Copy)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Sends mails one after the other within `mail.timeout`, and passes each result to `on_result` with the index of the mail.
/// Without a result a mail was not sent completely, or not at all.
pub(super) fn send_all(
    config: &MailConfig,
    mails: Vec<OutgoingMail>,
    mut on_result: impl FnMut(usize, Result<(), SendError>),
) {
    let limit = config.timeout.get();
    let deadline = Instant::now() + limit;
    let (sender, results) = mpsc::channel();
    let config = config.clone();
    let thread = std::thread::Builder::new().name("smtp".to_owned());
    let started = thread.spawn(move || {
        let client = connect(&config, limit);
        for (n, mail) in mails.iter().enumerate() {
            let result = match &client {
                Ok(client) => send(client, &config, mail),
                Err(why) => Err(SendError::Unavailable(why.clone())),
            };
            let is_down = matches!(result, Err(SendError::Unavailable(_)));
            // The receiver is gone after the deadline.
            if sender.send((n, result)).is_err() || is_down {
                return;
            }
        }
    });
    if let Err(e) = started {
        on_result(0, Err(SendError::Unavailable(format!("cannot start a thread: {e}"))));
        return;
    }
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match results.recv_timeout(left) {
            Ok((n, result)) => on_result(n, result),
            Err(mpsc::RecvTimeoutError::Timeout | mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Sends one mail, within `mail.timeout`.
pub(crate) fn send_now(config: &MailConfig, mail: OutgoingMail) -> Result<(), SendError> {
    let mut last = None;
    send_all(config, vec![mail], |_, result| last = Some(result));
    last.unwrap_or_else(|| Err(SendError::Unavailable(no_response(config))))
}

/// Describes the time limit.
pub(super) fn no_response(config: &MailConfig) -> String {
    let (server, port) = (&config.server, config.port());
    format!("no response from {server}:{port} within {}", config.timeout)
}

fn connect(config: &MailConfig, limit: Duration) -> Result<SmtpTransport, String> {
    let tls = || -> Result<TlsParameters, String> {
        let mut parameters = TlsParameters::builder(config.server.clone());
        if !config.ca_file.as_os_str().is_empty() {
            let path = config.ca_file.display();
            let pem = regular_file::read(&config.ca_file, regular_file::MAX_TEXT)
                .map_err(|e| format!("cannot read mail.ca_file {path}: {e}"))?;
            let certificate = Certificate::from_pem(&pem).map_err(|e| format!("mail.ca_file {path}: {e}"))?;
            parameters = parameters.add_root_certificate(certificate);
        }
        parameters.build_rustls().map_err(|e| format!("TLS: {e}"))
    };
    let tls = match config.tls {
        MailTls::None => Tls::None,
        MailTls::Starttls => Tls::Required(tls()?),
        MailTls::Tls => Tls::Wrapper(tls()?),
    };
    let mut client = SmtpTransport::builder_dangerous(&config.server)
        .port(config.port())
        .tls(tls)
        .timeout(Some(limit))
        .hello_name(hello_name());
    if !config.user.is_empty() {
        let password = read_password(&config.password_file)?;
        client = client.credentials(Credentials::new(config.user.clone(), password));
    }
    Ok(client.build())
}

/// Returns the name of this machine for EHLO, or the address literal of lettre.
fn hello_name() -> ClientId {
    let system = rustix::system::uname();
    let name = system.nodename().to_str().unwrap_or_default();
    let is_name = name.contains('.') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    if is_name {
        ClientId::Domain(name.to_owned())
    } else {
        ClientId::default()
    }
}

/// Reads the first line of a file that others cannot read.
fn read_password(path: &Path) -> Result<String, String> {
    const MAX_BYTES: u64 = 4096;
    const OTHERS: u32 = 0o007;
    let name = path.display();
    let failed = |e: std::io::Error| format!("cannot read mail.password_file {name}: {e}");
    let (file, meta) = regular_file::open(path).map_err(failed)?;
    if meta.mode() & OTHERS != 0 {
        return Err(format!(
            "everyone can access mail.password_file {name}; run: chmod o= {name}"
        ));
    }
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    let password = text.lines().next().unwrap_or_default();
    if password.is_empty() {
        return Err(format!("the first line of mail.password_file {name} is empty"));
    }
    Ok(password.to_owned())
}

fn send(client: &SmtpTransport, config: &MailConfig, mail: &OutgoingMail) -> Result<(), SendError> {
    let message = message(config, mail).map_err(SendError::Rejected)?;
    client.send(&message).map(drop).map_err(|e| {
        let why = format!("{}:{}: {}", config.server, config.port(), format_chain(&e));
        // Codes of RFC 5321 that concern the mail or its recipient. Others, such as a failed login, concern the server.
        let code = e.status().map(|code| code.to_string());
        if e.is_permanent() && matches!(code.as_deref(), Some("501" | "550" | "551" | "552" | "553")) {
            SendError::Rejected(why)
        } else if e.is_transient() {
            SendError::Deferred(why)
        } else {
            SendError::Unavailable(why)
        }
    })
}

fn message(config: &MailConfig, mail: &OutgoingMail) -> Result<Message, String> {
    let mailbox = |text: &str| -> Result<Mailbox, String> {
        let address = text
            .parse()
            .map_err(|e| format!("invalid e-mail address {text:?}: {e}"))?;
        Ok(Mailbox::new(None, address))
    };
    let domain = config.from.rsplit('@').next().unwrap_or("localhost");
    let queued = Duration::from_secs(u64::try_from(mail.queued_at.0).unwrap_or(0));
    Message::builder()
        .from(mailbox(&config.from)?)
        .to(mailbox(&mail.recipient)?)
        .subject(&mail.content.subject)
        .date(SystemTime::UNIX_EPOCH + queued)
        .message_id(Some(format!("<{}.{}@{domain}>", mail.id, mail.queued_at.0)))
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        .body(mail.content.body.clone())
        .map_err(|e| format!("cannot build the mail: {e}"))
}

/// Returns the mail as it is sent, with its headers.
pub(crate) fn source(config: &MailConfig, mail: &OutgoingMail) -> Result<String, String> {
    let message = message(config, mail)?;
    Ok(String::from_utf8_lossy(&message.formatted()).replace("\r\n", "\n"))
}
