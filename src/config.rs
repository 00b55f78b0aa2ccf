//! The configuration of all programs: one TOML file, one schema, one list of defaults.
//!
//! The file is given by `--config` or `MM_CONFIG`; the default is [`DEFAULT_PATH`]. An unknown key is an error that names file, line and
//! key. Paths are relative to the file. `examples/mirrormanager.toml` has every key with its default. Products, sites and hosts are in
//! the registry, in the database.

use std::path::{Path, PathBuf};

use itertools::Itertools;
use serde::{Deserialize, Serialize};
use smart_default::SmartDefault;
use thiserror::Error;

use crate::sys::regular_file;

mod backup;
mod category;
mod clock_witness;
mod crawl;
pub(crate) mod detect;
pub(crate) mod geo_check;
pub(crate) mod human_duration;
mod limits;
mod mail;
mod publish;
mod rule_set;
mod server;
mod spans;
mod sync;
pub(crate) mod target_address;

pub(crate) use backup::BackupConfig;
pub(crate) use category::{CategoryConfig, PathFilter, SourceKind};
pub(crate) use crawl::CrawlConfig;
pub(crate) use detect::{DetectConfig, RuleConfig};
pub(crate) use geo_check::GeoCheck;
pub(crate) use human_duration::HumanDuration;
pub(crate) use limits::LimitsConfig;
pub(crate) use mail::{MailConfig, MailTls};
pub(crate) use publish::PublishConfig;
pub(crate) use rule_set::{RuleSet, rule_sets};
pub(crate) use server::{ListenAddress, ServerConfig};
pub(crate) use sync::{ProxyConfig, SyncConfig, TargetConfig};

/// The default path of the config file.
pub const DEFAULT_PATH: &str = "/etc/mirrormanager/mirrormanager.toml";

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `sqlite:` and a path.
    #[default = "sqlite:/var/lib/mirrormanager/mirrormanager.db"]
    pub database: String,
    /// The user that programs started as root switch to; empty = `mirrormanager` if that user exists.
    pub user: String,
    /// The directory of generations; `current` in it is the published one.
    #[default = "/var/lib/mirrormanager/generations"]
    pub generations_dir: PathBuf,
    /// The directory of lock and status files.
    #[default = "/run/mirrormanager"]
    pub lock_dir: PathBuf,
    /// The directory of log files: one per job, and one per host in `crawl`; empty = none.
    #[default = "/var/log/mirrormanager"]
    pub log_dir: PathBuf,
    /// Contact address of the operators, sent as part of the User-Agent.
    pub contact: String,
    /// Retention of state for a directory that disappeared from the master.
    #[default(HumanDuration::days(7))]
    pub vanished_retention: HumanDuration,
    /// The directory of MirrorManager2's lock files, for `mm-locks`; empty = none.
    pub legacy_lock_dir: PathBuf,
    /// Time limits of jobs.
    pub limits: LimitsConfig,
    /// The crawler.
    pub crawl: CrawlConfig,
    /// Rules that derive versions and repositories from paths.
    pub detect: DetectConfig,
    /// Generations and their pages.
    pub publish: PublishConfig,
    /// Backups of the database.
    pub backup: BackupConfig,
    /// Deployment of generations to targets.
    pub sync: SyncConfig,
    /// The server.
    pub server: ServerConfig,
    /// Mail by SMTP.
    pub mail: MailConfig,
    /// The master tree of each category.
    pub category: Vec<CategoryConfig>,
}

/// The reason why the config cannot be used: the file cannot be read, has invalid TOML, an unknown key or an invalid value, or the
/// same applies to one of its rule files. Names the file, and the line or the key.
#[derive(Debug, Clone, Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Config {
    /// Reads and checks the file `path`.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display();
        let text = regular_file::read_to_string(path, regular_file::MAX_TEXT).map_err(|e| {
            ConfigError(format!(
                "cannot read the config {name}: {e}; name another with --config FILE or MM_CONFIG"
            ))
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, base).map_err(|why| ConfigError(format!("in the config {name}:{why}")))
    }

    /// Returns `lock_dir` of a file that may be invalid elsewhere; without one the default.
    pub(crate) fn find_lock_dir(path: &Path) -> PathBuf {
        let text = regular_file::read_to_string(path, regular_file::MAX_TEXT).unwrap_or_default();
        let base = path.parent().unwrap_or(Path::new("."));
        // The key is at the top of the file, before the first table.
        let top = text.lines().take_while(|line| !line.trim_start().starts_with('['));
        let found = top.filter_map(|line| toml::from_str::<toml::Table>(line).ok()?.remove("lock_dir"));
        let mut found = found.filter_map(|value| Some(base.join(value.as_str()?)));
        found.next().unwrap_or_else(|| Self::default().lock_dir)
    }

    /// An error begins with a blank, or with a line feed before an excerpt of `text`.
    fn parse(text: &str, base: &Path) -> Result<Self, String> {
        let mut config: Self = toml::from_str(text).map_err(|e| format!("\n{e}"))?;
        config.resolve(base);
        let rules = config.detect.check().map_err(|problem| problem.render(text));
        rules.and_then(|()| config.check()).map_err(|why| format!(" {why}"))?;
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
            if !p.as_os_str().is_empty() {
                *p = base.join(&*p);
            }
        };
        self.database = format!("sqlite:{}", base.join(self.database_path()).display());
        join(&mut self.generations_dir);
        join(&mut self.lock_dir);
        join(&mut self.log_dir);
        join(&mut self.legacy_lock_dir);
        self.backup.resolve(&join);
        self.crawl.resolve(&join);
        self.publish.resolve(&join);
        self.server.resolve(&join);
        self.sync.resolve(&join);
        self.mail.resolve(&join);
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
        if let Some(name) = self.category.iter().map(|c| &c.name).duplicates().next() {
            return Err(format!("duplicate category {name:?}; keep one"));
        }
        self.category.iter().try_for_each(CategoryConfig::check)?;
        self.backup.check()?;
        self.limits.check()?;
        self.crawl.check()?;
        self.sync.check()?;
        self.publish.check()?;
        self.server.check()?;
        self.mail.check()
    }
}

/// Resolves a path in a key that also accepts other text.
fn resolve_text(text: &mut String, join: &impl Fn(&mut PathBuf)) {
    let mut path = PathBuf::from(&*text);
    join(&mut path);
    *text = path.to_string_lossy().into_owned();
}

/// True for an HTTP(S) URL with a host.
fn is_http_url(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Config::parse(text, Path::new("/etc/mm")).unwrap_err()
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
        let text = "database = \"sqlite:mm.db\"\nlock_dir = \"locks\"\n";
        let c = Config::parse(text, Path::new("/etc/mm")).unwrap();
        assert_eq!(c.database_path(), Path::new("/etc/mm/mm.db"));
        assert_eq!(c.lock_dir, Path::new("/etc/mm/locks"));
    }

    #[test]
    fn lock_dir_of_an_invalid_file_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mm.toml");
        let found = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Config::find_lock_dir(&path)
        };
        let locks = dir.path().join("locks");
        assert_eq!(found("user = \"x\nlock_dir = \"locks\" # here\n[crawl\n"), locks);
        assert_eq!(found("lock_dir = 'locks'\nlokc_dir = 3\n"), locks);
        let default = Config::default().lock_dir;
        assert_eq!(found("lock_dir = \"locks\nuser = \"\"\n"), default);
        assert_eq!(found("[sync]\nlock_dir = \"locks\"\n"), default);
        assert_eq!(Config::find_lock_dir(&dir.path().join("none")), default);
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
            ("bin/notify", "/etc/mm/bin/notify"),
            ("/bin/notify", "/bin/notify"),
            ("notify", "notify"),
        ] {
            let text = format!("[crawl]\nhook = [\"{text}\", \"a/b\"]\n");
            let c = Config::parse(&text, Path::new("/etc/mm")).unwrap();
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
        assert_eq!(Config::parse(&text, Path::new("/")).unwrap(), Config::default());
    }
}
