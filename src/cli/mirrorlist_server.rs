//! `mm-mirrorlist-server`: answers clients from a generation, or from a cache of MirrorManager2.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Error;
use clap::Parser;
use serde::Serialize;

use super::args::CommonArgs;
use super::exit::{ExitStatus, UsageError};
use super::output::{Report, Style, TextOutput};
use super::run::{Context, Program};
use crate::config::ServerConfig;
use crate::model::names::Netblock;
use crate::server::{self, DataSource, InputFiles, Listen, LoadCheckReport, Options};
use crate::sys;

/// The files are not looked at more often than this, whatever the config says.
const SHORTEST_POLL: Duration = Duration::from_millis(100);

/// Where MirrorManager's server looked for the country database.
const GEOIP_DEFAULT: &str = "/usr/share/GeoIP/GeoLite2-Country.mmdb";

/// Answer clients: mirrorlists, metalinks, redirects, and the public list.
///
/// Serves the generation that `current` names in the config's `generations_dir`, and each new one as it comes. With --cache it
/// serves a cache file of MirrorManager2 instead, needs no config, and takes the options of the server it replaces.
///
/// Sockets that systemd hands over take the place of all addresses. SIGHUP loads everything anew and opens the log anew, SIGUSR1 only
/// the log, SIGTERM finishes what was begun. What cannot be loaded is reported, and what was served before
/// goes on being served.
#[derive(Debug, Parser)]
pub struct Args {
    /// Load and check everything, say what was found, and end.
    #[arg(long)]
    check: bool,
    /// Address to listen on, with or without a port.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Port to listen on; 0 = any free one.
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Fewer nearby mirrors than this, and mirrors of the whole world are added.
    #[arg(short, long, value_name = "NUMBER")]
    minimum: Option<u32>,
    /// Write the addresses listened on (host:port), and paths, into this file, one a line.
    #[arg(long, value_name = "FILE")]
    address_file: Option<PathBuf>,
    /// Serve this cache file of MirrorManager2; loaded anew when it changes.
    #[arg(short, long, value_name = "FILE")]
    cache: Option<PathBuf>,
    /// AS numbers: lines of a prefix and a number.
    #[arg(short, long = "global_netblocks", value_name = "FILE")]
    global_netblocks: Option<PathBuf>,
    /// Taken for the sake of old service files, and ignored.
    #[arg(short, long = "internet2_netblocks", value_name = "FILE")]
    internet2_netblocks: Option<PathBuf>,
    /// Log requests by repository into this file, in MirrorManager's lines.
    #[arg(short, long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Continents: lines of a country and a continent, instead of the built-in table.
    #[arg(long, value_name = "FILE")]
    cccsv: Option<PathBuf>,
    /// Country database (mmdb).
    #[arg(long, value_name = "FILE")]
    geoip: Option<PathBuf>,
    /// Believe the X-Forwarded-For and ip= of this peer too, beside those of the config (without one: loopback); may be given more
    /// than once.
    #[arg(long, value_name = "NETBLOCK", action = clap::ArgAction::Append)]
    trusted_proxy: Vec<Netblock>,
    #[command(flatten)]
    common: CommonArgs,
}

/// What the server has to say at its end.
#[derive(Debug, Serialize)]
pub struct ServerReport {
    /// With `--check`: what was found.
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
        for c in &check.checked {
            let word = if c.good {
                out.paint(Style::Good, "good")
            } else {
                out.paint(Style::Bad, "bad ")
            };
            let place = c
                .path
                .as_ref()
                .map(|p| format!(" ({})", p.display()))
                .unwrap_or_default();
            out.line(format!("{word}  {}{place}: {}", c.what, c.says))?;
            for warning in &c.warnings {
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
    fn options(&self, config: &crate::config::Config) -> Result<Options, UsageError> {
        let server = &config.server;
        let origin = match &self.cache {
            Some(cache) => DataSource::Mm2Cache(cache.clone()),
            None if server.generations_dir.as_os_str().is_empty() => {
                DataSource::Generations(config.generations_dir.clone())
            }
            None => DataSource::Generations(server.generations_dir.clone()),
        };
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        Ok(Options {
            listen: std::iter::once(Ok(Listen::Tcp(self.address(server)?)))
                .chain(server.also_listen.iter().map(|text| listen(text)))
                .collect::<Result<_, _>>()?,
            origin,
            inputs: self.inputs(server),
            minimum: at(self.minimum.unwrap_or(server.minimum)),
            max_mirrors: at(server.max_mirrors),
            trusted_proxies: server
                .trusted_proxies
                .iter()
                .chain(&self.trusted_proxy)
                .map(Netblock::net)
                .collect(),
            poll: server.poll.get().max(SHORTEST_POLL),
            cache_control: server.cache_control.clone(),
            threads: at(server.threads),
            max_connections: at(server.max_connections),
            idle_timeout: server.idle_timeout.get(),
            drain_limit: server.drain_limit.get(),
            access_log: self.log.clone(),
            address_file: self.address_file.clone(),
        })
    }

    fn address(&self, server: &ServerConfig) -> Result<SocketAddr, UsageError> {
        let text = self.listen.as_deref().unwrap_or(&server.listen);
        let configured = server.listen.parse::<SocketAddr>().map_or(3000, |a| a.port());
        let bare = || {
            text.trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .map(|ip| SocketAddr::new(ip, configured))
        };
        let mut address = text.parse::<SocketAddr>().or_else(|_| bare()).map_err(|_| {
            UsageError(format!(
                "--listen {text}: no address; write 127.0.0.1, [::1], or with a port 127.0.0.1:3000"
            ))
        })?;
        if let Some(port) = self.port {
            address.set_port(port);
        }
        Ok(address)
    }

    fn inputs(&self, server: &ServerConfig) -> InputFiles {
        let configured = |path: &Path| (!path.as_os_str().is_empty()).then(|| path.to_owned());
        let usual = || Some(PathBuf::from(GEOIP_DEFAULT)).filter(|p| self.cache.is_some() && p.exists());
        let geoip = self.geoip.clone().or_else(|| configured(&server.geoip));
        InputFiles {
            geoip: geoip.or_else(usual),
            geo_check: server.geo_check.clone(),
            netblocks: self.global_netblocks.clone().or_else(|| configured(&server.netblocks)),
            continents: self.cccsv.clone().or_else(|| configured(&server.country_continent)),
            continents_replace: self.cccsv.is_some(),
        }
    }
}

/// One of `also_listen`; the config has checked it.
fn listen(text: &str) -> Result<Listen, UsageError> {
    match text.strip_prefix("unix:") {
        Some(path) => Ok(Listen::Unix(path.into())),
        None => text
            .parse()
            .map(Listen::Tcp)
            .map_err(|_| UsageError(format!("server.also_listen {text:?} is no address and port"))),
    }
}

impl Program for Args {
    const NAME: &'static str = "mm-mirrorlist-server";
    const DAEMON: bool = true;
    type Report = ServerReport;

    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn needs_config(&self) -> bool {
        self.cache.is_none()
    }

    fn run(self, ctx: &Context) -> Result<ServerReport, Error> {
        let options = self.options(&ctx.config)?;
        if self.check {
            let check = Some(server::check(&options));
            return Ok(ServerReport { check });
        }
        let output = ctx.output.clone();
        let settle = || {
            // With a config this is done before anything else; a server that takes another's place may need root until here, for
            // its port and its log.
            if !ctx.configured
                && let Err(why) = sys::user::drop_privileges("", ctx.program)
            {
                tracing::warn!("answering the world as root: {why}");
            }
        };
        server::serve(options, settle, move |places| {
            if !output.quiet && (output.stderr_terminal || output.verbose > 0) {
                for place in places {
                    match place {
                        Listen::Tcp(address) => output.eprint(&format!("serving on http://{address}/")),
                        Listen::Unix(_) => output.eprint(&format!("serving on {place}")),
                    }
                }
            }
        })?;
        Ok(ServerReport { check: None })
    }
}

/// The program.
pub fn main() -> ExitCode {
    super::run::main::<Args>()
}
