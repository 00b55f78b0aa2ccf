//! How clients are answered.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::{GeoCheck, HumanDuration};
use crate::model::names::Netblock;

/// `[server]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address and port to listen on.
    pub listen: String,
    /// Further places to listen on: addresses with ports, and `unix:/path` for sockets.
    pub also_listen: Vec<String>,
    /// The directory whose `current` is served; empty = `generations_dir`.
    pub generations_dir: PathBuf,
    /// Fewer nearby mirrors than this, and mirrors of the whole world are added.
    pub minimum: u32,
    /// No answer names more mirrors than this; 0 = all.
    pub max_mirrors: u32,
    /// Country database (`GeoLite2-Country.mmdb`); empty = none.
    pub geoip: PathBuf,
    /// What a country database must say before it is used: `address=country`, such as `192.0.2.1=DE`.
    pub geo_check: Vec<GeoCheck>,
    /// Text file of `prefix asn` lines; empty = none.
    pub netblocks: PathBuf,
    /// CSV of `country,continent` lines over the built-in table; empty = none.
    pub country_continent: PathBuf,
    /// Peers whose X-Forwarded-For and `ip=` are believed.
    pub trusted_proxies: Vec<Netblock>,
    /// How often the link `current` is looked at.
    pub poll: HumanDuration,
    /// The `Cache-Control` of answers that name mirrors; empty = none is sent.
    pub cache_control: String,
    /// Worker threads; 0 = one per core.
    pub threads: u32,
    /// Connections at the same time.
    pub max_connections: u32,
    /// A connection without a request, or whose client does not read the answer, is closed after this.
    pub idle_timeout: HumanDuration,
    /// How long requests that were begun may take after SIGTERM.
    pub drain_limit: HumanDuration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let loopback = ["127.0.0.0/8", "::1/128"]
            .iter()
            .filter_map(|n| n.parse().ok())
            .collect();
        Self {
            listen: "127.0.0.1:3000".to_owned(),
            also_listen: Vec::new(),
            generations_dir: PathBuf::new(),
            minimum: 5,
            max_mirrors: 0,
            geoip: PathBuf::new(),
            geo_check: Vec::new(),
            netblocks: PathBuf::new(),
            country_continent: PathBuf::new(),
            trusted_proxies: loopback,
            poll: HumanDuration::secs(1),
            cache_control: String::new(),
            threads: 0,
            max_connections: 20_000,
            idle_timeout: HumanDuration::secs(60),
            drain_limit: HumanDuration::secs(10),
        }
    }
}

impl ServerConfig {
    pub(super) fn resolve(&mut self, join: &impl Fn(&mut PathBuf)) {
        for p in [
            &mut self.generations_dir,
            &mut self.geoip,
            &mut self.netblocks,
            &mut self.country_continent,
        ] {
            join(p);
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        for place in &self.also_listen {
            let is_path = place.strip_prefix("unix:").is_some_and(|path| path.starts_with('/'));
            if !is_path && place.parse::<std::net::SocketAddr>().is_err() {
                return Err(format!(
                    "server.also_listen {place:?} is no address and port, and no path; write [::1]:3000 or unix:/run/mirrorlist.sock"
                ));
            }
        }
        if self.cache_control.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
            return Err(format!(
                "server.cache_control {:?} is no value of a header; write no-store or max-age=60",
                self.cache_control
            ));
        }
        self.listen.parse::<std::net::SocketAddr>().map(drop).map_err(|_| {
            format!(
                "server.listen {:?} is no address and port; write 127.0.0.1:3000",
                self.listen
            )
        })
    }
}
