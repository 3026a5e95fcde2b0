//! `remo-vault key …`: one module for each command below it.

mod ensure;
mod plaintext;
mod reseal;
mod rotate;
mod status;
mod store_owner;
mod the_store;
mod unseal;

use super::with_hint;
use crate::cli::{KeyCommand, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::key::LadderError;

pub(super) fn run(locations: &Locations, command: KeyCommand) -> Result<ExitStatus, Failure> {
    match command {
        KeyCommand::Ensure(arguments) => ensure::run(locations, &arguments),
        KeyCommand::Unseal(arguments) => unseal::run(locations, &arguments),
        KeyCommand::Status(arguments) => status::run(locations, &arguments),
        KeyCommand::Rotate(arguments) => rotate::run(locations, &arguments),
        KeyCommand::Reseal { check } => reseal::run(locations, check),
    }
}

impl From<LadderError> for Failure {
    fn from(error: LadderError) -> Self {
        with_hint(Self::from_error(&error), error.hint())
    }
}
