//! What was gathered, before anything is concluded from it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use remo_wire::admin::{ListedSecret, ManifestResponse, PushedSecret, StatusResponse};
use remo_wire::names::{FieldName, ProjectName, SecretName};
use remo_wire::value::Kind;

use super::key::KeyView;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::login::Login;
use crate::pushed::{Contents, Pushed};
use crate::source::Reading;
use crate::watch::report::Found;

/// Why a part cannot be had, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What is wrong, on one line.
    pub problem: String,
    /// What to type next, or what to look at.
    pub hint: Option<String>,
    /// How a command ends that cannot do without this part.
    pub status: ExitStatus,
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        let status = failure.exit_status();
        let (problem, hint) = failure.into_parts();
        Self { problem, hint, status }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let failure = Self::new(trouble.problem).status(trouble.status);
        match trouble.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// What the broker said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAnswers {
    /// Its answer to `status`.
    pub status: StatusResponse,
    /// Its answer to `list`.
    pub secrets: Vec<ListedSecret>,
    /// Its answer to `manifest`, for each project of the status.
    pub manifests: BTreeMap<ProjectName, Result<ManifestResponse, Trouble>>,
}

/// A secret of the store, without its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Scalar or bundle.
    pub kind: Kind,
    /// Field names of a bundle.
    pub fields: BTreeSet<FieldName>,
    /// When it was last changed, where the store knows.
    pub changed_at: Option<Timestamp>,
}

/// What the store holds, without values.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct StoreFacts {
    /// What could be read.
    pub secrets: BTreeMap<SecretName, Stored>,
    /// Entries that could not be read, with the reason.
    pub faults: BTreeMap<SecretName, String>,
    /// Names that are no secret names.
    pub unpushable: Vec<String>,
    /// What tells this content from another one.
    pub contents: Contents,
}

impl From<Reading> for StoreFacts {
    /// Drops the values.
    fn from(reading: Reading) -> Self {
        let stored = |(name, entry): (SecretName, crate::source::Entry)| {
            let (kind, fields) = match &entry.value {
                PushedSecret::Scalar(_) => (Kind::Scalar, BTreeSet::new()),
                PushedSecret::Bundle(fields) => (Kind::Bundle, fields.keys().cloned().collect()),
            };
            (name, Stored { kind, fields, changed_at: entry.changed_at })
        };
        let contents = Contents::of(&reading);
        Self {
            contents,
            secrets: reading.secrets.into_iter().map(stored).collect(),
            faults: reading.faults.into_iter().map(|(name, fault)| (name, fault.to_string())).collect(),
            unpushable: reading.unpushable,
        }
    }
}

/// Everything that was gathered.
#[derive(Debug, Clone)]
pub struct Facts {
    /// When.
    pub taken_at: Timestamp,
    /// The admin socket that was asked.
    pub admin_socket: PathBuf,
    /// What the broker said.
    pub broker: Result<BrokerAnswers, Trouble>,
    /// The store that was looked at, and the watcher's report beside it.
    pub store_file: PathBuf,
    /// What the store holds; `None` when it was not looked at.
    pub store: Option<Result<StoreFacts, Trouble>>,
    /// What was pushed last out of this store; `None` when that is not known.
    pub pushed: Option<Pushed>,
    /// What the watcher says of itself.
    pub watcher: Result<Found, Trouble>,
    /// The vault key.
    pub key: KeyView,
    /// What is known about logins.
    pub logins: Result<Vec<Login>, Trouble>,
}

impl Facts {
    /// The push that became what the broker has now; `None` when nobody vouches for that.
    pub(super) fn vouched(&self) -> Option<&Pushed> {
        let status = &self.broker.as_ref().ok()?.status;
        self.pushed.as_ref().filter(|it| is_of(it, status))
    }
}

/// Whether `pushed` became what the broker has at `status`.
pub(super) fn is_of(pushed: &Pushed, status: &StatusResponse) -> bool {
    pushed.instance_id == status.instance_id && pushed.generation == status.generation
}
