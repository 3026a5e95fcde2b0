//! The configuration: defaults, then the file, then flags.

mod file;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use file::{DEFAULT_PATH, EXAMPLE};

/// The key of the only path that may be empty.
const METRICS_PATH: &str = "metrics.path";

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where things are.
    pub paths: PathsConfig,
    /// The audit log.
    pub audit: AuditConfig,
    /// Leases.
    pub cache: CacheConfig,
    /// Limits against flooding.
    pub limits: LimitsConfig,
    /// Memory protection.
    pub memory: MemoryConfig,
    /// Counts for monitoring.
    pub metrics: MetricsConfig,
}

/// Where things are.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PathsConfig {
    /// Directory of the sockets.
    pub socket_dir: PathBuf,
    /// Directory of the state.
    pub state_dir: PathBuf,
    /// Directory whose direct children are the projects.
    pub projects_root: PathBuf,
    /// Group that may use the admin socket.
    pub admin_group: String,
}

/// The audit log.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// The file.
    pub path: PathBuf,
    /// What happens while it cannot be written.
    pub on_failure: AuditFailure,
    /// Size at which a new file begins, in bytes.
    pub rotate_bytes: u64,
    /// How many earlier files are kept.
    pub keep_files: u32,
    /// Least time between two flushes to the disk, in seconds.
    pub sync_interval_seconds: u32,
}

/// What happens while the audit log cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditFailure {
    /// Secrets are vended; events wait in memory as far as there is room.
    Serve,
    /// No record, no secret.
    Refuse,
}

/// Leases.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// How long a lease runs, in seconds.
    pub default_ttl_seconds: u32,
    /// How many leases a project holds.
    pub default_max_entries: u32,
}

/// Limits against flooding.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Open connections on one project socket.
    pub project_connections: u32,
    /// Open connections on the admin socket.
    pub admin_connections: u32,
    /// Denied requests of one project at once.
    pub denied_burst: u32,
    /// Denied requests of one project a second after that.
    pub denied_per_second: u32,
    /// Audit lines of one project an hour, in bytes.
    pub audit_bytes_per_hour: u64,
    /// Answers of one project that wait for their readers, in bytes.
    pub unsent_bytes: u64,
}

/// Memory protection.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryConfig {
    /// What happens when the kernel refuses it.
    pub on_failure: MemoryFailure,
}

/// Counts for monitoring.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// The file, in the Prometheus text format; empty for none.
    pub path: PathBuf,
    /// Time between two writes, in seconds.
    pub interval_seconds: u32,
    /// Whether names of projects are in it.
    pub project_names: bool,
}

/// What happens when the kernel refuses memory protection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryFailure {
    /// A warning in the log.
    Warn,
    /// The broker does not start; a push that cannot be protected is refused.
    Fatal,
}

impl Default for PathsConfig {
    fn default() -> Self {
        Self {
            socket_dir: "/run/remo-broker".into(),
            state_dir: "/var/lib/remo-broker".into(),
            projects_root: "~/projects".into(),
            admin_group: "remo-vault".into(),
        }
    }
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            path: "/var/log/remo-broker/audit.log".into(),
            on_failure: AuditFailure::Serve,
            rotate_bytes: 64 * 1024 * 1024,
            keep_files: 8,
            sync_interval_seconds: 1,
        }
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { default_ttl_seconds: 900, default_max_entries: 50 }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            project_connections: 128,
            admin_connections: 64,
            denied_burst: 20,
            denied_per_second: 5,
            audit_bytes_per_hour: 64 * 1024 * 1024,
            unsent_bytes: 8 * 1024 * 1024,
        }
    }
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self { on_failure: MemoryFailure::Warn }
    }
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self { path: PathBuf::new(), interval_seconds: 15, project_names: false }
    }
}

/// Values of flags, which override the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--socket-dir`
    pub socket_dir: Option<PathBuf>,
    /// `--state-dir`
    pub state_dir: Option<PathBuf>,
    /// `--audit-log-path`
    pub audit_log_path: Option<PathBuf>,
    /// `--projects-root`
    pub projects_root: Option<PathBuf>,
}

/// Why a configuration cannot be used: the file, the key and what to do.
#[derive(Debug)]
pub struct ConfigError {
    file: PathBuf,
    problem: String,
}

impl ConfigError {
    /// The file that the problem is in, or would have been.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.file.display(), self.problem)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads the file, applies `overrides` and checks the whole. Without `path` the default file is read when
    /// it is there. `home` is what a leading `~` stands for.
    pub fn load(
        path: Option<&Path>,
        overrides: &Overrides,
        home: Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let file = path.unwrap_or(Path::new(DEFAULT_PATH));
        let mut config = file::read(file, path.is_some())?;
        overrides.apply(&mut config);
        config
            .check()
            .and_then(|()| config.expand_home(home))
            .map_err(|problem| ConfigError { file: file.to_owned(), problem })?;
        Ok(config)
    }

    /// Where the audit log is, for a reader that needs nothing else of the configuration.
    pub fn audit_log_path(path: Option<&Path>, home: Option<OsString>) -> Result<PathBuf, ConfigError> {
        let file = path.unwrap_or(Path::new(DEFAULT_PATH));
        let mut config = file::read(file, path.is_some())?;
        config.paths = PathsConfig { projects_root: "/".into(), ..PathsConfig::default() };
        config.expand_home(home).map_err(|problem| ConfigError { file: file.to_owned(), problem })?;
        Ok(config.audit.path)
    }

    fn check(&self) -> Result<(), String> {
        let ranges = [
            ("audit.sync_interval_seconds", u64::from(self.audit.sync_interval_seconds), 1, 3600),
            ("audit.rotate_bytes", self.audit.rotate_bytes, 4096, u64::MAX),
            ("audit.keep_files", u64::from(self.audit.keep_files), 0, 1000),
            ("cache.default_ttl_seconds", u64::from(self.cache.default_ttl_seconds), 1, 86_400),
            ("cache.default_max_entries", u64::from(self.cache.default_max_entries), 1, 1024),
            ("limits.project_connections", u64::from(self.limits.project_connections), 1, 65_535),
            ("limits.admin_connections", u64::from(self.limits.admin_connections), 1, 65_535),
            ("limits.denied_burst", u64::from(self.limits.denied_burst), 1, 1_000_000),
            ("limits.denied_per_second", u64::from(self.limits.denied_per_second), 1, 1_000_000),
            ("limits.audit_bytes_per_hour", self.limits.audit_bytes_per_hour, 4096, u64::MAX),
            ("limits.unsent_bytes", self.limits.unsent_bytes, 4096, u64::MAX),
            ("metrics.interval_seconds", u64::from(self.metrics.interval_seconds), 1, 3600),
        ];
        for (key, value, least, most) in ranges {
            if value < least {
                return Err(format!("{key} is {value}; the least is {least}"));
            }
            if value > most {
                return Err(format!("{key} is {value}; the most is {most}"));
            }
        }
        for (key, path) in self.named_paths() {
            let is_off = key == METRICS_PATH && path.as_os_str().is_empty();
            if !path.is_absolute() && !path.starts_with("~") && !is_off {
                return Err(format!("{key} is not an absolute path"));
            }
        }
        Ok(())
    }

    fn named_paths(&self) -> [(&'static str, &PathBuf); 5] {
        [
            ("paths.socket_dir", &self.paths.socket_dir),
            ("paths.state_dir", &self.paths.state_dir),
            ("paths.projects_root", &self.paths.projects_root),
            ("audit.path", &self.audit.path),
            (METRICS_PATH, &self.metrics.path),
        ]
    }

    fn expand_home(&mut self, home: Option<OsString>) -> Result<(), String> {
        let home = home.map(PathBuf::from).filter(|home| home.is_absolute());
        let paths = [
            ("paths.socket_dir", &mut self.paths.socket_dir),
            ("paths.state_dir", &mut self.paths.state_dir),
            ("paths.projects_root", &mut self.paths.projects_root),
            ("audit.path", &mut self.audit.path),
            (METRICS_PATH, &mut self.metrics.path),
        ];
        for (key, path) in paths {
            if let Ok(rest) = path.strip_prefix("~") {
                let Some(home) = &home else {
                    return Err(format!("{key} begins with ~, but HOME is not set; write an absolute path"));
                };
                *path = home.join(rest);
            }
        }
        Ok(())
    }
}

impl Overrides {
    fn apply(&self, config: &mut Config) {
        let pairs = [
            (&self.socket_dir, &mut config.paths.socket_dir),
            (&self.state_dir, &mut config.paths.state_dir),
            (&self.audit_log_path, &mut config.audit.path),
            (&self.projects_root, &mut config.paths.projects_root),
        ];
        for (flag, target) in pairs {
            if let Some(path) = flag {
                // A flag is relative to where the command was typed, as everywhere.
                *target = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_example_states_every_default() {
        let example: Config = toml::from_str(EXAMPLE).unwrap();
        assert_eq!(example, Config::default());
    }

    #[test]
    fn the_shipped_example_documents_every_key() {
        let without_lines =
            |key: &str| EXAMPLE.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
        let example: toml::Table = toml::from_str(EXAMPLE).unwrap();
        let keys: usize = example.values().map(|section| section.as_table().unwrap().len()).sum();
        assert_eq!(keys, 21, "a key was added: state it in the example, in its order, and count it here");
        assert!(toml::from_str::<Config>(&without_lines("on_failure")).is_ok(), "every key has a default");
    }

    #[test]
    fn a_home_is_needed_only_for_a_tilde() {
        let mut config = Config::default();
        assert!(config.clone().expand_home(None).is_err());
        config.paths.projects_root = "/srv/projects".into();
        assert!(config.expand_home(None).is_ok());
        let mut config = Config::default();
        config.expand_home(Some("/home/me".into())).unwrap();
        assert_eq!(config.paths.projects_root, Path::new("/home/me/projects"));
    }
}
