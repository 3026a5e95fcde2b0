//! fnox as a source: the real program reads, this module decides what may be concluded from its answer.
//!
//! fnox answers a wrong key with success and an empty list, leaves out entries that do not open in the same way,
//! writes entries marked `as_file` to plaintext files, and repeats values in its own error messages. So:
//!
//! - the file is read and judged here first ([`configuration`]), and fnox gets a copy of what passed, in memory,
//!   on its standard input: it reads exactly the state that was judged, and nothing that would make it write or
//!   run something;
//! - what comes back is held against the names that went in;
//! - what fnox says of a failure is sorted into a few kinds and dropped ([`child`]).
//!
//! One call reads the whole store. Only when it fails as a whole (fnox stops at a value with a NUL byte) is it asked for
//! one half and the other, and so on where a half fails, so that one entry neither holds up the others nor costs a call
//! for each of them.

pub(crate) mod child;
pub(crate) mod configuration;
mod error;
mod export;
pub(crate) mod find;
mod quiet;
pub(crate) mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use remo_secret::Secret;
use remo_wire::names::SecretName;

use self::error::Reason;
pub use error::FnoxError;

use self::child::Task;
use self::configuration::Configuration;
use super::{Entry, Fault, Reading, Source, SourceError};
use crate::key::VaultKey;
use crate::private_file::PrivateFileError;

/// The largest configuration that is read, in bytes; what one push carries takes a tenth of it in ciphertext.
pub(crate) const CONFIGURATION_MAX: u64 = 16 * 1024 * 1024;

/// What an entry that fnox leaves out is reported with.
const CLOSED: &str = "it does not open with the vault key, or is damaged";

/// What an entry is reported with at which fnox stops.
const STOPPED: &str = "fnox stops at its value, as it does at a NUL byte; store it with remo-vault set";

/// What fnox made of a configuration.
#[derive(Default)]
struct Answer {
    values: BTreeMap<String, Secret>,
    /// Entries at which it stopped.
    stopped: BTreeSet<SecretName>,
}

/// A fnox configuration as a source.
#[derive(Debug, Clone)]
pub struct Fnox {
    pub(crate) store: PathBuf,
    pub(crate) key_file: PathBuf,
    pub(crate) program: Option<PathBuf>,
    /// How long a file that somebody is writing is read again.
    pub(crate) patience: Duration,
}

impl Fnox {
    /// Reads out of the configuration `store` with the key in `key_file`; `program` is the fnox to run, otherwise
    /// the one on the path.
    pub fn new(store: &Path, key_file: &Path, program: Option<&Path>) -> Self {
        Self {
            store: store.to_owned(),
            key_file: key_file.to_owned(),
            program: program.map(Path::to_owned),
            patience: Duration::ZERO,
        }
    }

    /// The same for a command that looks once: a file that looks as if somebody were in the midst of writing it is read
    /// again, for as long as that may take. The watcher hears of the end of a writing, and looks then.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { patience: quiet::PATIENCE, ..self }
    }

    /// The configuration as it is in the file.
    pub(crate) fn file(&self) -> Result<Secret, PrivateFileError> {
        quiet::read(&self.store, self.patience)
    }

    /// Reads everything that `configuration` names.
    pub(crate) fn read(&self, configuration: Configuration) -> Result<Reading, FnoxError> {
        let key = VaultKey::load_for(&self.store, &self.key_file).map_err(FnoxError::Key)?;
        let program = find::program(self.program.as_deref())?;
        let Answer { mut values, stopped } = if configuration.readable.is_empty() {
            Answer::default()
        } else {
            self.answer(&program, &configuration)?
        };
        let Configuration { readable, faults, unpushable, .. } = configuration;
        let answered = readable.keys().any(|name| values.contains_key(name.as_str()));
        if !answered && !readable.is_empty() && stopped.is_empty() {
            return Err(FnoxError::WrongKey {
                store: self.store.clone(),
                key_file: self.key_file.clone(),
                count: readable.len(),
                recipient: key.recipient(),
            });
        }
        let mut reading = Reading { faults, unpushable, ..Reading::default() };
        for name in readable.into_keys() {
            let Some(found) = values.remove(name.as_str()) else {
                let problem = if stopped.contains(&name) { STOPPED } else { CLOSED };
                reading.faults.insert(name, Fault::new(problem));
                continue;
            };
            match value::decode(found) {
                Ok(value) => {
                    reading.secrets.insert(name, Entry { value, changed_at: None });
                }
                Err(fault) => {
                    reading.faults.insert(name, fault);
                }
            }
        }
        Ok(reading)
    }

    /// Everything that fnox makes of `configuration`.
    fn answer(&self, program: &Path, configuration: &Configuration) -> Result<Answer, FnoxError> {
        match self.export(program, &configuration.copy(|_| true)?) {
            // With these, it would be the same for each entry.
            Err(failed @ FnoxError::Failed { reason: Reason::Version | Reason::Disk, .. }) => Err(failed),
            Err(failed @ FnoxError::Failed { .. }) if configuration.readable.len() > 1 => {
                let names: Vec<_> = configuration.readable.keys().collect();
                let mut answer = Answer::default();
                self.halves(program, configuration, &names, &mut answer)?;
                // Where not one of them goes well, it is no matter of a single entry.
                let none = answer.values.is_empty() && answer.stopped.is_empty();
                if none { Err(failed) } else { Ok(answer) }
            }
            outcome => Ok(Answer { values: outcome?, ..Answer::default() }),
        }
    }

    /// Adds to `answer` what fnox makes of each half of `names`, at which it has failed as a whole.
    fn halves(
        &self,
        program: &Path,
        configuration: &Configuration,
        names: &[&SecretName],
        answer: &mut Answer,
    ) -> Result<(), FnoxError> {
        let (first, second) = names.split_at(names.len() / 2);
        for half in [first, second] {
            // Names are sorted, like the map that they are out of.
            let wanted = configuration.copy(|name: &SecretName| half.binary_search(&name).is_ok())?;
            match (self.export(program, &wanted), half) {
                (Ok(values), _) => answer.values.extend(values),
                (Err(FnoxError::Failed { reason, .. }), [name]) => {
                    if reason == Reason::Value {
                        answer.stopped.insert((*name).clone());
                    }
                }
                (Err(FnoxError::Failed { .. }), _) => self.halves(program, configuration, half, answer)?,
                (Err(error), _) => return Err(error),
            }
        }
        Ok(())
    }

    fn export(&self, program: &Path, copy: &str) -> Result<BTreeMap<String, Secret>, FnoxError> {
        let answer = Task::new(program, &self.key_file)
            .arguments(["--config", child::STDIN, "export", "--format", "json", "--all"])
            .read_from(copy)?
            .run()?;
        export::decode(&answer).ok_or_else(|| FnoxError::Answer { program: program.to_owned() })
    }
}

impl Source for Fnox {
    fn read_all(&self) -> Result<Reading, SourceError> {
        let read = || {
            let content = self.file().map_err(FnoxError::File)?;
            let configuration = Configuration::parse(&content, &self.store)?;
            let marks = configuration.marks();
            Ok(Reading { sealed: content.expose().to_vec(), marks, ..self.read(configuration)? })
        };
        read().map_err(SourceError::Fnox)
    }

    fn watched_files(&self) -> Vec<PathBuf> {
        vec![self.store.clone(), self.key_file.clone()]
    }
}
