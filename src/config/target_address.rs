//! Where a target lies. Nothing of it can be taken for an option or for more than one word by a shell.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::model::names::HostName;

/// A directory that holds generations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetAddress {
    /// On this host.
    Local(PathBuf),
    /// On another host, reached by rsync over ssh.
    Ssh {
        /// `user@host` or `host`.
        login: String,
        /// The port, if it is not ssh's own.
        port: Option<u16>,
        /// The absolute path there: letters, digits and `._/-`.
        path: String,
    },
}

impl FromStr for TargetAddress {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let Some(rest) = s.strip_prefix("rsync+ssh://") else {
            return if s.contains("://") || s.is_empty() {
                Err(format!(
                    "{s:?} is no target; write a directory or rsync+ssh://user@host/path"
                ))
            } else {
                Ok(Self::Local(PathBuf::from(s)))
            };
        };
        let bad = |why: &str| format!("{s:?} is no target: {why}; write rsync+ssh://user@host/path");
        let (login, path) = rest.split_once('/').ok_or_else(|| bad("it has no path"))?;
        let (user, address) = match login.split_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, login),
        };
        let (host, port) = match address.split_once(':') {
            Some((host, port)) => (
                host,
                Some(port.parse::<u16>().map_err(|_| bad("its port is no number"))?),
            ),
            None => (address, None),
        };
        let host: HostName = host.parse().map_err(|e: String| bad(&e))?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
        if let Some(user) = user
            && (user.is_empty() || user.starts_with('-') || !user.chars().all(word))
        {
            return Err(bad("its user is no user name"));
        }
        let path = path.trim_end_matches('/');
        let component = |c: &str| !c.is_empty() && c != "." && c != ".." && c.chars().all(word);
        if !path.split('/').all(component) {
            return Err(bad("its path may hold letters, digits, '.', '_' and '-' only"));
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
            Self::Ssh {
                login,
                port: None,
                path,
            } => write!(f, "rsync+ssh://{login}{path}"),
            Self::Ssh {
                login,
                port: Some(port),
                path,
            } => write!(f, "rsync+ssh://{login}:{port}{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "/srv/mirrorlist",
            "rsync+ssh://mm@proxy1.example.org/srv/mm",
            "rsync+ssh://127.0.0.1:2222/srv/mm",
        ] {
            assert_eq!(text.parse::<TargetAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nothing_slips_into_a_command() {
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
