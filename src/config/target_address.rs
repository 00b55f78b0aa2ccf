//! The address of a target. No part of it can be mistaken for an option, or for several words by a shell.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::model::names::HostName;

/// The directory of generations on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TargetAddress {
    /// A directory on this host.
    Local(PathBuf),
    /// A directory on another host, by rsync over ssh.
    Ssh {
        login: String,
        /// The port; `None` = the default of ssh.
        port: Option<u16>,
        /// The absolute path: letters, digits and `._/-`.
        path: String,
    },
}

impl FromStr for TargetAddress {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let Some(rest) = s.strip_prefix("rsync+ssh://") else {
            return if s.contains("://") || s.is_empty() {
                Err(format!(
                    "invalid target address {s:?}; expected a directory or rsync+ssh://user@host/path"
                ))
            } else {
                Ok(Self::Local(PathBuf::from(s)))
            };
        };
        let invalid = |why: &str| format!("invalid target address {s:?}: {why}; expected rsync+ssh://user@host/path");
        let (login, path) = rest.split_once('/').ok_or_else(|| invalid("no path"))?;
        let (user, address) = match login.split_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, login),
        };
        let (host, port) = match address.split_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().map_err(|_| invalid("invalid port"))?)),
            None => (address, None),
        };
        let host: HostName = host.parse().map_err(|e: String| invalid(&e))?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
        if let Some(user) = user
            && (user.is_empty() || user.starts_with('-') || !user.chars().all(word))
        {
            return Err(invalid("invalid user name"));
        }
        let path = path.trim_end_matches('/');
        let component = |c: &str| !c.is_empty() && c != "." && c != ".." && c.chars().all(word);
        if !path.split('/').all(component) {
            return Err(invalid(
                "only letters, digits, '.', '_' and '-' are allowed in the path",
            ));
        }
        let login = user.map_or_else(|| host.to_string(), |u| format!("{u}@{host}"));
        Ok(Self::Ssh {
            login,
            port,
            path: format!("/{path}"),
        })
    }
}

impl fmt::Display for TargetAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(f),
            Self::Ssh { login, port, path } => {
                let port = port.map_or(String::new(), |port| format!(":{port}"));
                write!(f, "rsync+ssh://{login}{port}{path}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_and_parse_agree() {
        for text in [
            "/srv/mirrorlist",
            "rsync+ssh://mm@proxy1.example.org/srv/mm",
            "rsync+ssh://127.0.0.1:2222/srv/mm",
        ] {
            assert_eq!(text.parse::<TargetAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn addresses_unsafe_in_a_command_are_rejected() {
        for bad in [
            "",
            "ftp://host/x",
            "rsync+ssh://host",
            "rsync+ssh://-oProxyCommand=x/srv",
            "rsync+ssh://-u@host/srv",
            "rsync+ssh://host/srv/$(id)",
            "rsync+ssh://host/srv/a b",
            "rsync+ssh://host/srv/../etc",
            "rsync+ssh://host/;id",
            "rsync+ssh://host:ssh/srv",
            "rsync+ssh://host/",
        ] {
            assert!(bad.parse::<TargetAddress>().is_err(), "{bad}");
        }
    }
}
