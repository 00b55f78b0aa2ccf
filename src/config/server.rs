//! `[server]`: what `mm-mirrorlist-server` serves, and where it listens.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;

use crate::config::{GeoCheck, HumanDuration};
use crate::model::names::Netblock;

/// The built-in pages consist of text, a style sheet and inline SVG, and load nothing from other servers.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Addresses with ports, and `unix:/path` for sockets.
    #[default(vec![ListenAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], 3000)))])]
    pub listen: Vec<ListenAddress>,
    /// Directory whose link `current` is served; empty = `generations_dir`.
    pub generations_dir: PathBuf,
    /// If fewer mirrors than this are near a client, mirrors from all continents are added.
    #[default = 5]
    pub min_mirrors: u32,
    /// Most mirrors in a response; 0 = no limit.
    #[default = 30]
    pub max_mirrors: u32,
    /// Country database (`GeoLite2-Country.mmdb`); empty = none.
    pub geoip: PathBuf,
    /// Countries that a country database must return before it is used.
    pub geo_check: Vec<GeoCheck>,
    /// ASN table: a text file of `prefix asn` lines, or an mmdb database; empty = none.
    pub asn_table: PathBuf,
    /// CSV of `country,continent` lines that override the built-in table; empty = none.
    pub country_continent: PathBuf,
    /// Peers whose `X-Forwarded-For` and `ip=` are accepted.
    #[default(loopback_networks())]
    pub trusted_proxies: Vec<Netblock>,
    /// Networks of clients that get `/metrics`, details in `/healthz` and `explain=1`.
    #[default(loopback_networks())]
    pub monitor_from: Vec<Netblock>,
    /// How often files are checked for changes.
    #[default(HumanDuration::secs(1))]
    pub reload_interval: HumanDuration,
    /// `Cache-Control` of responses with mirrors; empty = not sent.
    pub cache_control: String,
    /// `Content-Security-Policy` of pages of the public list; empty = not sent.
    #[default(CONTENT_SECURITY_POLICY.to_owned())]
    pub content_security_policy: String,
    /// Worker threads; 0 = one per core.
    pub threads: u32,
    /// Most open connections; if all are in use, those that are idle for the longest time are closed.
    #[default = 20_000]
    pub max_connections: u32,
    /// Most open connections of one address (IPv6: of one /64), except trusted proxies; 0 = no limit.
    pub max_connections_per_address: u32,
    /// A connection is closed if no complete request arrives, or nothing of a response is read, for this long.
    #[default(HumanDuration::secs(60))]
    pub idle_timeout: HumanDuration,
    /// Time for open requests to finish after SIGTERM.
    #[default(HumanDuration::secs(10))]
    pub shutdown_timeout: HumanDuration,
}

/// An address to listen on: `127.0.0.1:3000`, `[::1]:3000` or `unix:/path`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ListenAddress {
    /// Port 0 selects a free one.
    Tcp(SocketAddr),
    /// Absolute path of a Unix socket.
    Unix(PathBuf),
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        match s.strip_prefix("unix:").filter(|path| path.starts_with('/')) {
            Some(path) => Ok(Self::Unix(path.into())),
            None => s.parse().map(Self::Tcp).map_err(|_| {
                format!(
                    "invalid listen address {s:?}; expected 127.0.0.1:3000, [::1]:3000 or unix:/run/mirrorlist/http.sock"
                )
            }),
        }
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        s.parse()
    }
}

impl From<ListenAddress> for String {
    fn from(address: ListenAddress) -> Self {
        address.to_string()
    }
}

fn loopback_networks() -> Vec<Netblock> {
    let networks = ["127.0.0.0/8", "::1/128"];
    networks.iter().filter_map(|n| n.parse().ok()).collect()
}

impl ServerConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        join(&mut self.generations_dir);
        join(&mut self.geoip);
        join(&mut self.asn_table);
        join(&mut self.country_continent);
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.listen.is_empty() {
            return Err("server.listen is empty; expected at least one address, such as 127.0.0.1:3000".to_owned());
        }
        for (key, value, example) in [
            ("cache_control", &self.cache_control, "no-store or max-age=60"),
            (
                "content_security_policy",
                &self.content_security_policy,
                "default-src 'self'",
            ),
        ] {
            if value.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
                return Err(format!(
                    "invalid server.{key} {value:?}; expected a header value, such as {example}"
                ));
            }
        }
        Ok(())
    }
}
