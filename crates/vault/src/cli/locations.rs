//! Where things are: the options that every command of this binary has.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

/// The store of fnox, unless another one is named.
pub(super) const FNOX_STORE: &str = "/var/lib/remo-vault/fnox.toml";

/// The embedded store, unless another one is named.
pub(super) const EMBEDDED_STORE: &str = "/var/lib/remo-vault/store.age";

pub(super) use crate::key::USUAL_KEY_FILE as KEY_FILE;

/// Where things are. Each can be given before or behind the command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where things are")]
pub struct Locations {
    /// The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]
    #[arg(long, global = true, value_name = "FILE", env = "REMO_VAULT_STORE", hide_env_values = true)]
    pub store: Option<PathBuf>,
    /// The vault key: an age X25519 identity, as age-keygen writes it
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "REMO_VAULT_KEY_FILE",
        hide_env_values = true,
        default_value = KEY_FILE
    )]
    pub key_file: PathBuf,
    /// The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]
    #[arg(
        long,
        global = true,
        value_name = "KIND",
        value_enum,
        env = "REMO_VAULT_SOURCE",
        hide_env_values = true,
        hide_possible_values = false
    )]
    pub source: Option<SourceKind>,
    /// The fnox program [default: fnox on the path]
    #[arg(long, global = true, value_name = "FILE", env = "REMO_VAULT_FNOX", hide_env_values = true)]
    pub fnox: Option<PathBuf>,
    /// The broker's admin socket
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "REMO_BROKER_ADMIN_SOCKET",
        hide_env_values = true,
        default_value = "/run/remo-broker/admin.sock"
    )]
    pub admin_socket: PathBuf,
}

/// The kinds of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceKind {
    /// A fnox configuration, whose secrets are encrypted one by one
    Fnox,
    /// One age-encrypted file, written by this program
    Embedded,
}

impl Locations {
    /// The kind of store: as named, or as the store's name says.
    pub fn source_kind(&self) -> SourceKind {
        self.source.unwrap_or_else(|| match &self.store {
            Some(store) if store.extension().is_none_or(|extension| extension != "toml") => {
                SourceKind::Embedded
            }
            _ => SourceKind::Fnox,
        })
    }

    /// The store: as named, or the place that its kind has.
    pub fn store_path(&self) -> &Path {
        self.store.as_deref().unwrap_or_else(|| {
            Path::new(match self.source_kind() {
                SourceKind::Fnox => FNOX_STORE,
                SourceKind::Embedded => EMBEDDED_STORE,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(store: Option<&str>, source: Option<SourceKind>) -> (SourceKind, String) {
        let locations = Locations {
            store: store.map(PathBuf::from),
            key_file: PathBuf::from(KEY_FILE),
            source,
            fnox: None,
            admin_socket: PathBuf::from("admin.sock"),
        };
        (locations.source_kind(), locations.store_path().display().to_string())
    }

    #[test]
    fn the_kind_follows_the_name_of_the_store() {
        assert_eq!(kind(None, None), (SourceKind::Fnox, FNOX_STORE.to_owned()));
        let embedded = Some(SourceKind::Embedded);
        assert_eq!(kind(None, embedded), (SourceKind::Embedded, EMBEDDED_STORE.to_owned()));
        assert_eq!(kind(Some("a/store.age"), None), (SourceKind::Embedded, "a/store.age".to_owned()));
        assert_eq!(kind(Some("a/fnox.toml"), None), (SourceKind::Fnox, "a/fnox.toml".to_owned()));
        assert_eq!(kind(Some("a/fnox.toml"), embedded).0, SourceKind::Embedded);
    }
}
