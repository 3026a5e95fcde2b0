//! What the keys lead to, carried out in the background.

use std::fmt;

use remo_secret::Secret;
use remo_wire::admin::{AdminRequest, ManifestResponse, ReloadResponse};
use remo_wire::client::{Client, ClientError};
use remo_wire::error::ErrorCode;
use remo_wire::names::{ProjectName, SecretName};

use super::background::BROKER_PATIENCE;
use super::change;
use super::state::Trouble;
use crate::cli::Locations;
use crate::failure::Failure;

/// One thing to do.
#[derive(PartialEq, Eq)]
pub enum Job {
    /// Store a value.
    Set(SecretName, Secret),
    /// Remove a secret from the store.
    Remove(SecretName),
    /// Hand the whole store to the broker.
    Push {
        /// The generation of the clear that this may undo; `None` undoes none.
        undoes: Option<u64>,
    },
    /// Ask how a project's manifest compares with its pin.
    Compare(ProjectName),
    /// Approve the manifest that has this digest, and no other.
    Approve {
        /// The project.
        project: ProjectName,
        /// SHA-256 of the file that was shown.
        sha256: String,
    },
}

impl fmt::Debug for Job {
    /// The words of [`Job::in_words`].
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.in_words())
    }
}

/// How a job ended.
#[derive(Debug)]
pub enum Done {
    /// It is done, in one line.
    Note(String),
    /// It is not done.
    Failed(Trouble),
    /// Nothing was pushed: the broker was cleared on purpose, at this generation.
    Cleared {
        /// The generation that the clear made.
        generation: u64,
    },
    /// How the manifest compares.
    Compared(ProjectName, Box<ManifestResponse>),
}

impl Job {
    /// What is going on while it runs.
    pub fn in_words(&self) -> String {
        match self {
            Self::Set(name, _) => format!("storing {name}"),
            Self::Remove(name) => format!("removing {name}"),
            Self::Push { .. } => "pushing".to_owned(),
            Self::Compare(project) => format!("reading the manifest of {project}"),
            Self::Approve { project, .. } => format!("approving {project}"),
        }
    }

    /// Whether it changes nothing, and so may be cut off.
    pub fn is_a_look(&self) -> bool {
        matches!(self, Self::Compare(_))
    }

    /// Does it. Takes as long as it takes: a minute where another writer holds the store.
    pub(super) fn run(self, locations: &Locations) -> Done {
        let ended = match self {
            Self::Set(name, value) => change::set(locations, &name, value).map(Done::Note),
            Self::Remove(name) => change::remove(locations, &name).map(Done::Note),
            Self::Push { undoes } => change::push(locations, undoes),
            Self::Compare(project) => compare(locations, &project)
                .map(|manifest| Done::Compared(project, Box::new(manifest)))
                .map_err(Failure::from),
            Self::Approve { project, sha256 } => approve(locations, &project, sha256).map(Done::Note),
        };
        ended.unwrap_or_else(|failure| Done::Failed(failure.into()))
    }
}

/// A connection whose every answer has a time limit that a person can wait for.
fn client(locations: &Locations) -> Result<Client, ClientError> {
    let mut client = Client::connect_within(&locations.admin_socket, BROKER_PATIENCE)?;
    // The first answer says which version the broker speaks.
    client.status()?;
    Ok(client)
}

fn compare(locations: &Locations, project: &ProjectName) -> Result<ManifestResponse, ClientError> {
    client(locations)?.request(&AdminRequest::Manifest { name: project.clone() })
}

fn approve(locations: &Locations, project: &ProjectName, sha256: String) -> Result<String, Failure> {
    let request = AdminRequest::Reload { name: project.clone(), expect_sha256: Some(sha256) };
    let approved: Result<ReloadResponse, ClientError> =
        client(locations).and_then(|mut client| client.request(&request));
    match approved {
        Ok(approved) => {
            let count = approved.allowlist.len();
            Ok(format!("approved {project}; it may have {count} secret{}", if count == 1 { "" } else { "s" }))
        }
        Err(ClientError::Refused(answer)) if answer.code == ErrorCode::ManifestChanged => Err(Failure::new(
            format!("the manifest of {project} has changed since it was shown; nothing was approved"),
        )
        .hint("press a again and look at what it asks for now")),
        Err(error) => Err(error.into()),
    }
}
