//! The configuration of all programs: one TOML file, one schema, one list of defaults.
//!
//! The file is given by `--config` or `MM_CONFIG`; the default is [`DEFAULT_PATH`]. An unknown key is an error that names file, line and
//! key. Paths are relative to the file. `examples/mirrormanager.toml` has every key with its default. Products, sites and hosts are in
//! the registry, in the database.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

mod category;
mod crawl;
pub(crate) mod detect;
pub(crate) mod geo_check;
pub(crate) mod human_duration;
mod limits;
mod publish;
mod rule_set;
mod server;
mod spans;
mod sync;
pub(crate) mod target_address;

pub(crate) use category::{CategoryConfig, PathFilter, SourceKind};
pub(crate) use crawl::CrawlConfig;
pub(crate) use detect::{DetectConfig, RuleConfig};
pub(crate) use geo_check::GeoCheck;
pub(crate) use human_duration::HumanDuration;
pub(crate) use limits::LimitsConfig;
pub(crate) use publish::PublishConfig;
pub(crate) use rule_set::{RuleSet, rule_sets};
pub(crate) use server::{ListenAddress, ServerConfig};
pub(crate) use sync::{ProxyConfig, SyncConfig, TargetConfig};

/// The default path of the config file.
pub const DEFAULT_PATH: &str = "/etc/mirrormanager/mirrormanager.toml";

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `sqlite:` and a path.
    pub database: String,
    /// The user that programs started as root switch to; empty = `mirrormanager` if that user exists.
    pub user: String,
    /// The directory of generations; `current` in it is the published one.
    pub generations_dir: PathBuf,
    /// The directory of lock and status files.
    pub lock_dir: PathBuf,
    /// The directory of log files: one per job, and one per host in `crawl`; empty = none.
    pub log_dir: PathBuf,
    /// Contact address of the operators, sent as part of the User-Agent.
    pub contact: String,
    /// Retention of state for a directory that disappeared from the master.
    pub vanished_retention: HumanDuration,
    /// The directory of MirrorManager2's lock files, for `mm-locks`; empty = none.
    pub legacy_lock_dir: PathBuf,
    /// Time limits of jobs.
    pub limits: LimitsConfig,
    /// How the mirrors are asked.
    pub crawl: CrawlConfig,
    /// How releases are recognised.
    pub detect: DetectConfig,
    /// How generations are made.
    pub publish: PublishConfig,
    /// How generations go live.
    pub sync: SyncConfig,
    /// How clients are answered.
    pub server: ServerConfig,
    /// Where each category's master tree lies.
    pub category: Vec<CategoryConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: "sqlite:/var/lib/mirrormanager/mirrormanager.db".to_owned(),
            user: String::new(),
            generations_dir: "/var/lib/mirrormanager/generations".into(),
            lock_dir: "/run/mirrormanager".into(),
            log_dir: "/var/log/mirrormanager".into(),
            contact: String::new(),
            vanished_retention: HumanDuration::days(7),
            limits: LimitsConfig::default(),
            legacy_lock_dir: PathBuf::new(),
            crawl: CrawlConfig::default(),
            detect: DetectConfig::default(),
            publish: PublishConfig::default(),
            sync: SyncConfig::default(),
            server: ServerConfig::default(),
            category: Vec::new(),
        }
    }
}

/// The reason why the config cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the config {path}: {why}; name another with --config FILE or MM_CONFIG")]
    Read {
        /// The config file.
        path: PathBuf,
        /// The error of the system call.
        why: std::io::Error,
    },
    /// Invalid TOML, an unknown key, or an invalid value.
    #[error("in the config {path}:\n{why}")]
    Parse {
        /// The file with the error.
        path: PathBuf,
        /// The error with its line.
        why: String,
    },
    /// An invalid file with detection rules.
    #[error("in the rule file {path}: {why}")]
    Rules {
        /// The file with the error.
        path: PathBuf,
        /// The error with its line.
        why: String,
    },
    /// A value that is out of range, or contradicts others.
    #[error("in the config {path}: {why}")]
    Value {
        /// The config file.
        path: PathBuf,
        /// The key, the error, and what is expected.
        why: String,
    },
}

impl Config {
    /// Reads and checks the file `path`.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|why| ConfigError::Read {
            path: path.to_owned(),
            why,
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, base).map_err(|e| match e {
            ParseError::Toml(why) => ConfigError::Parse {
                path: path.to_owned(),
                why,
            },
            ParseError::Value(why) => ConfigError::Value {
                path: path.to_owned(),
                why,
            },
        })
    }

    fn parse(text: &str, base: &Path) -> Result<Self, ParseError> {
        let mut config: Self = toml::from_str(text).map_err(|e| ParseError::Toml(e.to_string()))?;
        config.resolve(base);
        config
            .detect
            .check()
            .map_err(|flaw| ParseError::Value(flaw.render(text)))?;
        config.check().map_err(ParseError::Value)?;
        Ok(config)
    }

    /// The path of the SQLite database.
    pub(crate) fn database_path(&self) -> PathBuf {
        PathBuf::from(self.database.strip_prefix("sqlite:").unwrap_or(&self.database))
    }

    /// The settings of a category by its name in the registry.
    pub(crate) fn category(&self, name: &str) -> Option<&CategoryConfig> {
        self.category.iter().find(|c| c.name == name)
    }

    /// The User-Agent of all requests.
    pub(crate) fn user_agent(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        if self.contact.is_empty() {
            format!("mirrormanager/{version}")
        } else {
            format!("mirrormanager/{version} (+{})", self.contact)
        }
    }

    /// Resolves relative paths in the directory of the file.
    fn resolve(&mut self, base: &Path) {
        let join = |p: &mut PathBuf| {
            if p.is_relative() && !p.as_os_str().is_empty() {
                *p = base.join(&*p);
            }
        };
        self.database = format!("sqlite:{}", base.join(self.database_path()).display());
        join(&mut self.generations_dir);
        join(&mut self.lock_dir);
        join(&mut self.log_dir);
        join(&mut self.legacy_lock_dir);
        self.crawl.resolve(&join);
        self.publish.resolve(&join);
        self.server.resolve(&join);
        self.sync.resolve(&join);
        for c in &mut self.category {
            c.resolve(&join);
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.contact.chars().any(|c| !c.is_ascii_graphic()) {
            return Err(format!(
                "invalid contact {:?}; expected a URL or e-mail address without spaces",
                self.contact
            ));
        }
        for (i, c) in self.category.iter().enumerate() {
            if self.category.iter().skip(i + 1).any(|o| o.name == c.name) {
                return Err(format!("duplicate category {:?}; keep one", c.name));
            }
            c.check()?;
        }
        self.limits.check()?;
        self.crawl.check()?;
        self.sync.check()?;
        self.publish.check()?;
        self.server.check()
    }
}

enum ParseError {
    Toml(String),
    Value(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        match Config::parse(text, Path::new("/etc/mm")) {
            Err(ParseError::Toml(e) | ParseError::Value(e)) => e,
            Ok(_) => panic!("accepted: {text}"),
        }
    }

    #[test]
    fn errors_name_unknown_keys_with_their_line() {
        let e = error("user = \"x\"\nlokc_dir = \"/run\"\n");
        assert!(e.contains("line 2") && e.contains("lokc_dir"), "{e}");
        let e = error("[crawl]\nlane = 3\n");
        assert!(e.contains("line 2") && e.contains("lane"), "{e}");
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        let c = Config::parse(
            "database = \"sqlite:mm.db\"\nlock_dir = \"locks\"\n",
            Path::new("/etc/mm"),
        );
        let Ok(c) = c else { panic!("refused") };
        assert_eq!(c.database_path(), Path::new("/etc/mm/mm.db"));
        assert_eq!(c.lock_dir, Path::new("/etc/mm/locks"));
    }

    #[test]
    fn error_of_a_regex_names_its_rule() {
        let e = error("[[detect.rule]]\nregex = 'a('\nprefix = 'x'\n");
        assert!(e.contains("line 2: detect.rule number 1, regex \"a(\""), "{e}");
    }

    #[test]
    fn invalid_crawl_settings_are_rejected() {
        for (line, words) in [
            ("max_connections_per_server = 0", "crawl.max_connections_per_server"),
            ("mass_loss_percent = 101", "crawl.mass_loss_percent is 101"),
            (
                "max_inconclusive_percent = 101",
                "crawl.max_inconclusive_percent is 101",
            ),
            ("host_log_max_bytes = 0", "crawl.host_log_max_bytes"),
            (
                "uplink_check_urls = [\"www.example.org\"]",
                "invalid URL in crawl.uplink_check_urls: \"www.example.org\"",
            ),
            ("uplink_check_urls = [\"ftp://example.org/\"]", "invalid URL"),
            ("hook = [\"\"]", "crawl.hook has no command"),
            ("full_every = \"weekly\"", "line 2"),
        ] {
            let e = error(&format!("[crawl]\n{line}\n"));
            assert!(e.contains(words), "{line}: {e}");
        }
    }

    #[test]
    fn hook_with_a_slash_is_a_path() {
        for (text, command) in [
            ("bin/told", "/etc/mm/bin/told"),
            ("/bin/told", "/bin/told"),
            ("told", "told"),
        ] {
            let text = format!("[crawl]\nhook = [\"{text}\", \"a/b\"]\n");
            let Ok(c) = Config::parse(&text, Path::new("/etc/mm")) else {
                panic!("refused: {text}")
            };
            assert_eq!(c.crawl.hook, [command, "a/b"]);
        }
    }

    #[test]
    fn invalid_targets_are_rejected() {
        let target = |to: &str, healthz: &str| {
            format!("[[sync.target]]\nname = \"app\"\naddress = \"{to}\"\nhealthz = \"{healthz}\"\n")
        };
        for (to, healthz, words) in [
            ("rsync://host/x", "", "rsync+ssh://user@host/path"),
            ("rsync+ssh://host", "", "no path"),
            ("app", "htp:/nonsense", "http://host:port/healthz"),
            ("app", "127.0.0.1:3000/healthz", "http://host:port/healthz"),
        ] {
            let e = error(&target(to, healthz));
            assert!(e.contains("sync.target app") && e.contains(words), "{e}");
        }
        let good = target("rsync+ssh://mm@host:22/srv/mm", "https://host/healthz");
        assert!(Config::parse(&good, Path::new("/")).is_ok());
    }

    #[test]
    fn default_survives_a_round_trip() {
        let text = toml::to_string(&Config::default()).unwrap();
        let Ok(back) = Config::parse(&text, Path::new("/")) else {
            panic!("refused:\n{text}")
        };
        assert_eq!(back, Config::default());
    }
}
