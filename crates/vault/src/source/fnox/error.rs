//! Why a fnox store cannot be read, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use remo_secret::Secret;

use crate::key::KeyError;
use crate::private_file::PrivateFileError;
use crate::store::has_traces;

/// Why a fnox store cannot be read.
#[derive(Debug)]
pub enum FnoxError {
    /// There is no fnox on the path.
    NotFound,
    /// The program that was named cannot be run.
    NotThere {
        /// As it was named.
        program: PathBuf,
    },
    /// The vault key cannot be had.
    Key(KeyError),
    /// The configuration cannot be read.
    File(PrivateFileError),
    /// The configuration is not one that the vault can read.
    Configuration {
        /// The configuration.
        store: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Not a single entry opens.
    WrongKey {
        /// The configuration.
        store: PathBuf,
        /// The key that was tried.
        key_file: PathBuf,
        /// How many entries there are.
        count: usize,
        /// The public half of that key.
        recipient: String,
    },
    /// No provider of the configuration seals for the vault key.
    NoProvider {
        /// The configuration.
        store: PathBuf,
        /// The public half of the vault key.
        recipient: String,
    },
    /// What fnox wrote is not what it was asked to write.
    Unlike {
        /// The configuration.
        store: PathBuf,
    },
    /// The copy for fnox cannot be written.
    Copy(toml::ser::Error),
    /// The system does not run it.
    Run {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It was stopped.
    TooSlow {
        /// The program.
        program: PathBuf,
        /// After this time.
        limit: Duration,
    },
    /// It prints more than can be a store.
    TooMuch {
        /// The program.
        program: PathBuf,
        /// More than this, in bytes.
        limit: usize,
    },
    /// It ended with a failure.
    Failed {
        /// The program.
        program: PathBuf,
        /// As far as that can be told without repeating what it said.
        reason: Reason,
        /// How it ended.
        status: ExitStatus,
    },
    /// What it prints is not what fnox prints.
    Answer {
        /// The program.
        program: PathBuf,
    },
}

/// What fnox failed at, as far as its own words can be trusted with it. Those may hold values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its command line or configuration is not understood: another version of fnox.
    Version,
    /// A value holds what cannot be in an environment.
    Value,
    /// The disk is full, or may not be written.
    Disk,
    /// Anything else.
    Other,
}

impl Reason {
    /// Sorts what was `said` on standard error.
    pub(crate) fn of(said: &Secret) -> Self {
        let said = String::from_utf8_lossy(said.expose());
        let has = |words: &str| said.contains(words);
        if has("failed to set environment variable") {
            Self::Value
        } else if has("unexpected argument") || has("unknown field") || has("unrecognized subcommand") {
            Self::Version
        } else if has("No space left") || has("Read-only file system") || has("Disk quota") {
            Self::Disk
        } else {
            Self::Other
        }
    }
}

impl FnoxError {
    /// Whether the configuration itself is what is wrong, not the key, the program or the machine.
    pub(crate) fn is_about_content(&self) -> bool {
        matches!(
            self,
            Self::File(_)
                | Self::Configuration { .. }
                | Self::WrongKey { .. }
                | Self::NoProvider { .. }
                | Self::Unlike { .. }
                | Self::Copy(_)
        )
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound => Some(
                "install fnox and see that it is on the path (command -v fnox), or name it with --fnox FILE; a \
                 store without fnox: --source embedded"
                    .to_owned(),
            ),
            Self::NotThere { .. } => Some("name an executable file: --fnox FILE".to_owned()),
            Self::Key(error) => error.hint(),
            Self::File(error) if error.is_missing() => Some(if has_traces(error.path()) {
                "it was there; take the last good copy back with: remo-vault restore".to_owned()
            } else {
                "store a first secret with: remo-vault set NAME".to_owned()
            }),
            Self::File(error) => error.hint(),
            Self::Configuration { .. } => Some("take the last good copy back with: remo-vault restore; or mend the file".to_owned()),
            Self::WrongKey { recipient, .. } => Some(format!(
                "the key given is {recipient}; name the key that the store was made with: --key-file FILE"
            )),
            Self::NoProvider { recipient, .. } => Some(format!(
                "add the vault key to the file; what is there already stays as it is:\n      \
                 [providers.vault]\n      type = \"age\"\n      recipients = [\"{recipient}\"]"
            )),
            Self::Unlike { .. } => {
                Some("see which version of fnox it is: fnox --version; 1.31 is known to work".to_owned())
            }
            Self::Failed { reason: Reason::Version, .. } => {
                Some("see which version it is: fnox --version; 1.31 is known to work".to_owned())
            }
            Self::Failed { reason: Reason::Value, .. } => {
                Some("store a value with a NUL byte with: remo-vault set NAME".to_owned())
            }
            Self::Failed { reason: Reason::Disk, .. } => Some("see: df -h, findmnt".to_owned()),
            Self::Failed { .. } => Some(
                "see what it says itself: eval \"$(remo-vault env)\" and then: fnox doctor".to_owned(),
            ),
            Self::Answer { .. } | Self::TooMuch { .. } => {
                Some("see whether it is the real one: fnox --version".to_owned())
            }
            Self::TooSlow { .. } => Some("see what keeps the machine busy: uptime".to_owned()),
            Self::Run { .. } | Self::Copy(_) => None,
        }
    }
}

impl fmt::Display for FnoxError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => formatter.write_str("there is no fnox on the path, and the store is fnox's"),
            Self::NotThere { program } => {
                write!(formatter, "there is no program {} to run as fnox", program.display())
            }
            Self::Key(error) => error.fmt(formatter),
            Self::File(_) => formatter.write_str("cannot use the store"),
            Self::Configuration { store, problem } => {
                write!(formatter, "cannot read the store {}: {problem}", store.display())
            }
            Self::WrongKey { store, key_file, count, .. } => write!(
                formatter,
                "cannot open the store {}: {} with the key {}",
                store.display(),
                match count {
                    1 => "its one secret does not open".to_owned(),
                    count => format!("none of its {count} secrets opens"),
                },
                key_file.display()
            ),
            Self::NoProvider { store, .. } => {
                write!(formatter, "no provider in {} encrypts for the vault key", store.display())
            }
            Self::Unlike { store } => write!(
                formatter,
                "what fnox wrote for {} is not what it was given; the store is as it was before",
                store.display()
            ),
            Self::Copy(_) => formatter.write_str("cannot write the configuration anew"),
            Self::Run { program, .. } => write!(formatter, "cannot run {}", program.display()),
            Self::TooSlow { program, limit } => {
                write!(formatter, "{} did not end within {} s", program.display(), limit.as_secs())
            }
            Self::TooMuch { program, limit } => {
                write!(formatter, "{} prints more than {limit} bytes", program.display())
            }
            Self::Failed { program, reason, status } => write!(
                formatter,
                "{} failed ({status}): {}",
                program.display(),
                match reason {
                    Reason::Version => "it does not understand the request",
                    Reason::Value => "a value has a NUL byte, at which it stops",
                    Reason::Disk => "the disk is full or read-only",
                    Reason::Other => "what it said is not repeated, since it may hold values",
                }
            ),
            Self::Answer { program } => {
                write!(formatter, "what {} prints is not what fnox prints", program.display())
            }
        }
    }
}

impl std::error::Error for FnoxError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Key(error) => error.source(),
            Self::File(error) => Some(error),
            Self::Run { source, .. } => Some(source),
            Self::Copy(error) => Some(error),
            _ => None,
        }
    }
}
