//! `[mail]`: mail by SMTP to administrators and owners.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use crate::config::HumanDuration;
use crate::model::names::EmailAddress;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// Name of the SMTP server; empty = no mail by SMTP, and cron mails what jobs print.
    pub server: String,
    /// Port of the server; 0 = 587 with `starttls`, 465 with `tls`, 25 with `none`.
    pub port: u16,
    /// Encryption of the connection.
    pub tls: MailTls,
    /// PEM file with the certificates that are trusted besides the public ones; empty = none.
    pub ca_file: PathBuf,
    /// User for the login; empty = no login.
    pub user: String,
    /// File whose first line is the password of the user.
    pub password_file: PathBuf,
    /// Sender.
    pub from: String,
    /// Addresses of the administrators.
    pub admins: Vec<EmailAddress>,
    /// Time limit for one delivery of the queue.
    #[default(HumanDuration::secs(30))]
    pub timeout: HumanDuration,
    /// Directory of templates that replace the built-in ones; empty = none.
    pub templates_dir: PathBuf,
    /// Mails to the `robot_email` of hosts.
    pub owners: bool,
    /// If mails about more hosts than this are due at once, the administrators get them instead.
    #[default = 20]
    pub max_owner_hosts: usize,
}

/// The encryption of the connection to the SMTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// The connection is encrypted by STARTTLS, or not used (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the start (RFC 8314).
    Tls,
    /// Not encrypted; for a mail server on this machine.
    None,
}

impl MailConfig {
    /// True if mail is sent by SMTP.
    pub(crate) fn is_enabled(&self) -> bool {
        !self.server.is_empty()
    }

    /// The port of the server.
    pub(crate) fn port(&self) -> u16 {
        match (self.port, self.tls) {
            (0, MailTls::Starttls) => 587,
            (0, MailTls::Tls) => 465,
            (0, MailTls::None) => 25,
            (port, _) => port,
        }
    }

    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.ca_file);
        join(&mut self.password_file);
        join(&mut self.templates_dir);
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !self.is_enabled() {
            return Ok(());
        }
        let is_host = |c: char| c.is_ascii_alphanumeric() || ".-:_".contains(c);
        if !self.server.chars().all(is_host) {
            return Err(format!(
                "invalid mail.server {:?}; expected a host name such as mail.example.org; the port is mail.port",
                self.server
            ));
        }
        self.from
            .parse::<EmailAddress>()
            .map_err(|e| format!("mail.from: {e}"))?;
        if self.admins.is_empty() {
            return Err("mail.admins is empty; expected the addresses of the administrators".to_owned());
        }
        if self.user.is_empty() != self.password_file.as_os_str().is_empty() {
            return Err("mail.user and mail.password_file need each other".to_owned());
        }
        let is_local = matches!(self.server.as_str(), "localhost" | "127.0.0.1" | "::1");
        if self.tls == MailTls::None && !self.user.is_empty() && !is_local {
            return Err("mail.tls is none: the password would be sent unencrypted; write starttls or tls".to_owned());
        }
        if self.timeout.get().is_zero() {
            return Err("mail.timeout is 0; expected a duration such as 30s".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Config;

    #[test]
    fn invalid_settings_are_rejected() {
        let valid = "server = \"mail.example.org\"\nfrom = \"mm@example.org\"\nadmins = [\"root@example.org\"]\n";
        let parse = |more: &str| Config::parse(&format!("[mail]\n{valid}{more}"), Path::new("/etc/mm"));
        let config = parse("user = \"mm\"\npassword_file = \"secret\"\n").unwrap().mail;
        assert_eq!((config.port(), config.password_file), (587, "/etc/mm/secret".into()));
        assert_eq!(parse("tls = \"tls\"").unwrap().mail.port(), 465);
        assert_eq!(parse("tls = \"none\"\nport = 2525").unwrap().mail.port(), 2525);
        for (more, words) in [
            ("user = \"mm\"", "need each other"),
            ("password_file = \"secret\"", "need each other"),
            (
                "user = \"mm\"\npassword_file = \"secret\"\ntls = \"none\"",
                "unencrypted",
            ),
            ("timeout = \"0s\"", "mail.timeout"),
            ("tls = \"ssl\"", "tls"),
            ("owner = true", "owner"),
        ] {
            let e = parse(more).unwrap_err();
            assert!(e.contains(words), "{more}: {e}");
        }
        for (text, words) in [
            ("server = \"mail:25/x\"", "mail.server"),
            ("server = \"m\"\nfrom = \"Me <me@example.org>\"", "mail.from"),
            ("server = \"m\"\nfrom = \"me@example.org\"", "mail.admins"),
            ("admins = [\"root\\nBcc: x@example.org\"]", "invalid e-mail address"),
        ] {
            let e = Config::parse(&format!("[mail]\n{text}\n"), Path::new("/")).unwrap_err();
            assert!(e.contains(words), "{text}: {e}");
        }
    }
}
