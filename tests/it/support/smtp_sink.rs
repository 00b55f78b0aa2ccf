//! A mail server that keeps what it gets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::free_port;

/// A mail that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReceivedMail {
    /// The recipient of the envelope.
    pub(crate) to: String,
    /// Headers in order, unfolded.
    pub(crate) headers: Vec<(String, String)>,
    /// Decoded.
    pub(crate) body: String,
}

impl ReceivedMail {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.as_str())
    }

    pub(crate) fn subject(&self) -> &str {
        self.header("Subject")
    }
}

/// How the server behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SmtpBehavior {
    Accept,
    /// Accepts connections and sends nothing.
    Silent,
    /// Sends one byte of the greeting now and then.
    Slow,
    /// Refuses this recipient for good.
    Reject(&'static str),
    /// Refuses all mails for now.
    Defer,
}

/// Offers STARTTLS and requires a login.
#[derive(Debug, Clone)]
pub(crate) struct SmtpLogin {
    pub(crate) tls: Arc<rustls::ServerConfig>,
    /// `\0user\0password`, in base64.
    pub(crate) plain: String,
}

/// A mail server on 127.0.0.1, for one connection at a time.
pub(crate) struct SmtpSink {
    pub(crate) port: u16,
    state: Arc<SinkState>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct SinkState {
    mails: Mutex<Vec<ReceivedMail>>,
    behavior: Mutex<SmtpBehavior>,
    login: Option<SmtpLogin>,
    is_ended: AtomicBool,
}

impl SmtpSink {
    pub(crate) fn start() -> Self {
        Self::start_on(free_port(), None)
    }

    pub(crate) fn start_on(port: u16, login: Option<SmtpLogin>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let state = Arc::new(SinkState {
            mails: Mutex::default(),
            behavior: Mutex::new(SmtpBehavior::Accept),
            login,
            is_ended: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.is_ended.load(Ordering::SeqCst) {
                    return;
                }
                // A client may go away at any time.
                stream.and_then(|stream| shared.serve(stream)).unwrap_or_default();
            }
        });
        Self {
            port,
            state,
            thread: Some(thread),
        }
    }

    pub(crate) fn behave(&self, behavior: SmtpBehavior) {
        *self.state.behavior.lock().unwrap() = behavior;
    }

    /// The mails since the last time.
    pub(crate) fn take(&self) -> Vec<ReceivedMail> {
        std::mem::take(&mut self.state.mails.lock().unwrap())
    }

    /// The config of this server, below `[mail]`.
    pub(crate) fn config(&self) -> String {
        format!(
            "[mail]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"mm@example.org\"\nadmins = \
             [\"root@example.org\"]\n",
            self.port
        )
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        self.state.is_ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

trait Connection: Read + Write {}
impl<T: Read + Write> Connection for T {}

impl SinkState {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        match *self.behavior.lock().unwrap() {
            // Until the client gives up.
            SmtpBehavior::Silent => return stream.read(&mut [0]).map(drop),
            SmtpBehavior::Slow => {
                for byte in b"220-slow".iter().cycle().take(100) {
                    stream.write_all(&[*byte])?;
                    std::thread::sleep(Duration::from_millis(200));
                }
                return Ok(());
            }
            SmtpBehavior::Accept | SmtpBehavior::Reject(_) | SmtpBehavior::Defer => {}
        }
        stream.write_all(b"220 sink\r\n")?;
        let Some(login) = &self.login else {
            return self.talk(&mut stream, "250-sink\r\n250 8BITMIME\r\n", true);
        };
        // Nothing but STARTTLS is accepted in the clear.
        loop {
            let line = read_line(&mut stream)?;
            match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
                "EHLO" => stream.write_all(b"250-sink\r\n250 STARTTLS\r\n")?,
                "STAR" => break,
                _ => stream.write_all(b"530 STARTTLS first\r\n")?,
            }
        }
        stream.write_all(b"220 go ahead\r\n")?;
        let mut tls = rustls::ServerConnection::new(Arc::clone(&login.tls)).map_err(std::io::Error::other)?;
        let mut encrypted = rustls::Stream::new(&mut tls, &mut stream);
        self.talk(&mut encrypted, "250-sink\r\n250 AUTH PLAIN\r\n", false)
    }

    fn talk(&self, stream: &mut dyn Connection, features: &str, mut is_allowed: bool) -> std::io::Result<()> {
        let mut to = String::new();
        loop {
            let line = read_line(stream)?;
            let upper = line.to_ascii_uppercase();
            let behavior = self.behavior.lock().unwrap().clone();
            let response = if upper.starts_with("EHLO") {
                features.to_owned()
            } else if let Some(plain) = line.strip_prefix("AUTH PLAIN ") {
                is_allowed = self.login.as_ref().is_some_and(|l| l.plain == plain);
                if is_allowed { "235 welcome\r\n" } else { "535 no\r\n" }.to_owned()
            } else if upper.starts_with("QUIT") {
                return stream.write_all(b"221 bye\r\n");
            } else if !is_allowed {
                "530 log in first\r\n".to_owned()
            } else if upper.starts_with("RCPT") {
                line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                match behavior {
                    SmtpBehavior::Reject(address) if address == to => "550 no such user\r\n".to_owned(),
                    SmtpBehavior::Defer => "450 try later\r\n".to_owned(),
                    SmtpBehavior::Accept | SmtpBehavior::Silent | SmtpBehavior::Slow | SmtpBehavior::Reject(_) => {
                        "250 ok\r\n".to_owned()
                    }
                }
            } else if upper.starts_with("DATA") {
                stream.write_all(b"354 go\r\n")?;
                let mut text = String::new();
                loop {
                    let line = read_line(stream)?;
                    if line == "." {
                        break;
                    }
                    text.push_str(line.strip_prefix('.').unwrap_or(&line));
                    text.push('\n');
                }
                // The client ends the data with an empty line.
                self.mails
                    .lock()
                    .unwrap()
                    .push(parse(&to, text.strip_suffix('\n').unwrap()));
                "250 queued\r\n".to_owned()
            } else {
                "250 ok\r\n".to_owned()
            };
            stream.write_all(response.as_bytes())?;
            stream.flush()?;
        }
    }
}

/// Reads a line without its end. Byte by byte, as TLS begins right after a line.
fn read_line(stream: &mut dyn Connection) -> std::io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.last() != Some(&b'\n') {
        if stream.read(&mut byte)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn parse(to: &str, text: &str) -> ReceivedMail {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in BufReader::new(head.as_bytes()).lines() {
        let line = line.unwrap();
        if line.starts_with([' ', '\t']) {
            headers.last_mut().unwrap().1.push_str(&line);
        } else {
            let (name, value) = line.split_once(": ").unwrap();
            headers.push((name.to_owned(), value.to_owned()));
        }
    }
    let mut mail = ReceivedMail {
        to: to.to_owned(),
        headers,
        body: String::new(),
    };
    mail.body = match mail.header("Content-Transfer-Encoding") {
        "quoted-printable" => decode_quoted_printable(body),
        "7bit" | "8bit" => body.to_owned(),
        other => panic!("unexpected encoding {other:?}"),
    };
    mail
}

fn decode_quoted_printable(body: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = body.bytes();
    while let Some(b) = bytes.next() {
        if b != b'=' {
            out.push(b);
            continue;
        }
        let first = bytes.next().unwrap();
        if first != b'\n' {
            let hex = [first, bytes.next().unwrap()];
            let hex = std::str::from_utf8(&hex).unwrap();
            out.push(u8::from_str_radix(hex, 16).unwrap());
        }
    }
    String::from_utf8(out).unwrap()
}
