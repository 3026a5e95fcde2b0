//! `remo-vault get NAME`: what is stored under a name.

use std::io::{self, IsTerminal as _};

use super::table::Row;
use super::{read_all, secret_name};
use crate::cli::{GetArguments, Locations};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::value;

pub(super) fn run(locations: &Locations, arguments: &GetArguments) -> Result<ExitStatus, Failure> {
    let name = secret_name(&arguments.name)?;
    let reading = read_all(locations)?;
    let Some(entry) = reading.secrets.get(&name) else {
        return Err(match reading.faults.get(&name) {
            Some(fault) => Failure::new(format!("{name} is stored but cannot be read: {fault}"))
                .hint(format!("store it anew: remo-vault set {name}")),
            None => {
                Failure::new(format!("there is no secret {name}")).hint("see what is there: remo-vault list")
            }
        });
    };
    if arguments.reveal {
        let value = value::vended(&entry.value).map_err(|error| Failure::from_error(&error))?;
        output::data(value.expose())?;
        if io::stdout().is_terminal() && !value.expose().ends_with(b"\n") {
            output::data(b"\n")?;
        }
        return Ok(ExitStatus::Success);
    }
    let row = Row::new(&name, entry);
    if arguments.json {
        output::line(&serde_json::to_string_pretty(&row).map_err(|error| Failure::from_error(&error))?)?;
    } else {
        output::line(&format!("name:    {name}"))?;
        output::line(&format!("kind:    {}", row.kind))?;
        if !row.fields.is_empty() {
            output::line(&format!("fields:  {}", row.fields_text()))?;
        }
        output::line(&format!("changed: {}", row.changed_text()))?;
        output::note(&format!("hint: the value itself is shown by: remo-vault get {name} --reveal"));
    }
    Ok(ExitStatus::Success)
}
