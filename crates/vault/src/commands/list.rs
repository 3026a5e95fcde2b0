//! `remo-vault list`: everything that is stored, without values.

use std::collections::BTreeMap;

use remo_wire::names::SecretName;
use serde::Serialize;

use super::read_all;
use super::table::{Row, render};
use crate::cli::{ListArguments, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

#[derive(Serialize)]
struct Listing<'a> {
    secrets: Vec<Row<'a>>,
    /// Entries that cannot be read, with the reason.
    faults: BTreeMap<&'a SecretName, String>,
    /// Names that cannot be pushed.
    unpushable: &'a [String],
}

pub(super) fn run(locations: &Locations, arguments: &ListArguments) -> Result<ExitStatus, Failure> {
    let reading = read_all(locations)?;
    let listing = Listing {
        secrets: reading.secrets.iter().map(|(name, entry)| Row::new(name, entry)).collect(),
        faults: reading.faults.iter().map(|(name, fault)| (name, fault.to_string())).collect(),
        unpushable: &reading.unpushable,
    };
    if arguments.json {
        output::line(&serde_json::to_string_pretty(&listing).map_err(|error| Failure::from_error(&error))?)?;
        return Ok(ExitStatus::Success);
    }
    if listing.secrets.is_empty() {
        output::note("the store is empty\nhint: store a first secret with: remo-vault set NAME");
    } else {
        output::data(render(&listing.secrets).as_bytes())?;
    }
    for (name, fault) in &listing.faults {
        output::note(&format!("warning: {name} cannot be read: {fault}"));
    }
    for name in listing.unpushable {
        output::note(&format!("warning: {} is not a secret name and is never pushed", name.escape_debug()));
    }
    Ok(ExitStatus::Success)
}
