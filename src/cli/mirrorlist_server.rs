//! `mm-mirrorlist-server`: answers clients from a generation, or from a cache of MirrorManager2.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Error;
use clap::Parser;
use serde::Serialize;

use super::output::{Report, Style, TextOutput};
use super::run::{Context, Program};
use crate::config::{Config, ListenAddress};
use crate::job::exit::{ExitStatus, UsageError};
use crate::model::names::Netblock;
use crate::server::{self, LoadCheckReport, Options};
use crate::sys;

/// Default path of the country database in MirrorManager's server.
const GEOIP_DEFAULT: &str = "/usr/share/GeoIP/GeoLite2-Country.mmdb";

/// Port of `--listen ADDRESS` if neither the option nor the config has one.
const DEFAULT_PORT: u16 = 3000;

/// Serve mirrorlists, metalinks, redirects and the public list.
///
/// Serves the generation that `current` in the config's `generations_dir` points to, and each new one when it is published. With
/// --cache it serves a cache file of MirrorManager2 instead, needs no config, and accepts the options of the server it replaces.
///
/// Sockets passed by systemd replace all configured addresses. SIGHUP reloads all data and reopens the log, but does not read the
/// config again (restart for that); SIGUSR1 only reopens the log, SIGTERM drains connections and exits. Data that cannot be loaded is
/// reported, and the data loaded before stays in use.
#[derive(Debug, Parser)]
pub struct Args {
    /// Load and check all data, print a report and exit
    #[arg(long)]
    check: bool,
    /// Listen on this address instead of the first one in server.listen; the port is optional
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Port of this address; 0 = any free port
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Add mirrors from other continents if fewer than NUMBER are nearby
    #[arg(short, long, value_name = "NUMBER")]
    minimum: Option<u32>,
    /// Write the listen addresses to this file, one per line
    #[arg(long, value_name = "FILE")]
    address_file: Option<PathBuf>,
    /// Serve this cache file of MirrorManager2, and reload it when it changes
    #[arg(short, long, value_name = "FILE")]
    cache: Option<PathBuf>,
    /// ASN table: lines of a prefix and an AS number
    #[arg(short, long = "global_netblocks", value_name = "FILE")]
    global_netblocks: Option<PathBuf>,
    /// Ignored; accepted for compatibility
    #[arg(short, long = "internet2_netblocks", value_name = "FILE")]
    internet2_netblocks: Option<PathBuf>,
    /// Log requests for repositories to this file, in MirrorManager's format
    #[arg(short, long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Continents: lines of a country and a continent, instead of the built-in table
    #[arg(long, value_name = "FILE")]
    cccsv: Option<PathBuf>,
    /// Country database (mmdb)
    #[arg(long, value_name = "FILE")]
    geoip: Option<PathBuf>,
    /// Also accept X-Forwarded-For and ip= from this peer (repeatable)
    ///
    /// In addition to the trusted proxies of the config; without a config, to loopback.
    #[arg(long, value_name = "NETBLOCK", action = clap::ArgAction::Append)]
    trusted_proxy: Vec<Netblock>,
}

/// Result of `--check`; empty after serving.
#[derive(Debug, Serialize)]
struct ServerReport {
    check: Option<LoadCheckReport>,
}

impl Report for ServerReport {
    fn exit(&self) -> ExitStatus {
        match &self.check {
            Some(check) if !check.is_good() => ExitStatus::Failed,
            Some(_) | None => ExitStatus::Done,
        }
    }

    fn write_text(&self, out: &mut TextOutput<'_>) -> io::Result<()> {
        let Some(check) = &self.check else { return Ok(()) };
        for input in &check.inputs {
            let status = if input.ok {
                out.paint(Style::Good, "good")
            } else {
                out.paint(Style::Bad, "bad ")
            };
            let path = input.path.as_ref().map(|p| format!(" ({})", p.display()));
            out.line(format!(
                "{status}  {}{}: {}",
                input.input,
                path.unwrap_or_default(),
                input.message
            ))?;
            for warning in &input.warnings {
                out.line(format!("      {}: {warning}", out.paint(Style::Warn, "warning")))?;
            }
        }
        Ok(())
    }

    fn is_query(&self) -> bool {
        self.check.is_some()
    }
}

impl Args {
    fn options(&self, config: &Config) -> Result<Options, UsageError> {
        let mut server = config.server.clone();
        if self.cache.is_some() {
            // As many as the server that it replaces.
            server.max_mirrors = 0;
        }
        if server.generations_dir.as_os_str().is_empty() {
            server.generations_dir.clone_from(&config.generations_dir);
        }
        server.listen = self.listen_addresses(&server.listen)?;
        server.min_mirrors = self.minimum.unwrap_or(server.min_mirrors);
        server.trusted_proxies.extend(&self.trusted_proxy);
        if self.cache.is_some() && server.geoip.as_os_str().is_empty() && Path::new(GEOIP_DEFAULT).exists() {
            server.geoip = GEOIP_DEFAULT.into();
        }
        for (path, option) in [
            (&mut server.geoip, &self.geoip),
            (&mut server.asn_table, &self.global_netblocks),
            (&mut server.country_continent, &self.cccsv),
        ] {
            if let Some(option) = option {
                path.clone_from(option);
            }
        }
        Ok(Options {
            config: server,
            cache: self.cache.clone(),
            continents_replace: self.cccsv.is_some(),
            access_log: self.log.clone(),
            address_file: self.address_file.clone(),
        })
    }

    /// The configured addresses, the first TCP address of them changed by `--listen` and `--port`.
    fn listen_addresses(&self, configured: &[ListenAddress]) -> Result<Vec<ListenAddress>, UsageError> {
        let mut addresses = configured.to_vec();
        if self.listen.is_none() && self.port.is_none() {
            return Ok(addresses);
        }
        let first = configured
            .iter()
            .enumerate()
            .find_map(|(place, address)| match address {
                ListenAddress::Tcp(address) => Some((place, *address)),
                ListenAddress::Unix(_) => None,
            });
        let mut address = first.map_or_else(|| SocketAddr::from(([127, 0, 0, 1], DEFAULT_PORT)), |(_, a)| a);
        if let Some(text) = &self.listen {
            let bare = || text.trim_matches(['[', ']']).parse::<IpAddr>();
            address = text
                .parse()
                .or_else(|_| bare().map(|ip| SocketAddr::new(ip, address.port())))
                .map_err(|_| {
                    UsageError(format!(
                        "invalid --listen {text}; expected 127.0.0.1 or [::1], or with a port 127.0.0.1:3000"
                    ))
                })?;
        }
        if let Some(port) = self.port {
            address.set_port(port);
        }
        match first.and_then(|(place, _)| addresses.get_mut(place)) {
            Some(slot) => *slot = ListenAddress::Tcp(address),
            None => addresses.insert(0, ListenAddress::Tcp(address)),
        }
        Ok(addresses)
    }
}

impl Program for Args {
    const NAME: &'static str = "mm-mirrorlist-server";
    const DAEMON: bool = true;

    fn needs_config(&self) -> bool {
        self.cache.is_none()
    }

    fn run(self, ctx: &Context) -> Result<ExitStatus, Error> {
        let options = self.options(&ctx.config)?;
        // With a config, privileges are dropped before anything else, unless it names root.
        if ctx.configured && sys::user::is_root() {
            return Err(UsageError(format!(
                "{} does not run as root; set user in {} to another user, such as {}",
                ctx.program,
                ctx.config_path.display(),
                sys::user::DEFAULT_USER
            ))
            .into());
        }
        if self.check {
            sys::user::drop_privileges("", ctx.program).map_err(UsageError)?;
            let check = Some(server::check(&options));
            return ctx.print(&ServerReport { check });
        }
        let output = ctx.output.clone();
        // Without a config, the server may need root until here, for its port and its log.
        let drop_privileges = || sys::user::drop_privileges("", ctx.program).map_err(|why| UsageError(why).into());
        server::serve(options, drop_privileges, move |addresses| {
            if !output.quiet && output.is_interactive() {
                for address in addresses {
                    match address {
                        ListenAddress::Tcp(address) => {
                            sys::stderr::print_line(&format!("serving on http://{address}/"));
                        }
                        ListenAddress::Unix(_) => sys::stderr::print_line(&format!("serving on {address}")),
                    }
                }
            }
        })?;
        ctx.print(&ServerReport { check: None })
    }
}
