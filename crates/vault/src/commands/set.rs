//! `remo-vault set NAME`: one secret into the store.

use std::io::{self, IsTerminal as _};

use remo_wire::admin::PushedSecret;
use remo_wire::names::SecretName;

use super::{secret_name, store_secret, stored};
use crate::cli::{LineEndArguments, Locations, SetArguments};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::input::{self, LineEnd};
use crate::output;
use crate::question;
use crate::store::Change;
use crate::value;

pub(super) fn run(locations: &Locations, arguments: &SetArguments) -> Result<ExitStatus, Failure> {
    if !arguments.surplus.is_empty() {
        return Err(Failure::usage(
            "set takes a name and nothing more: a value in an argument can be read by every user of this \
             machine and stays in the shell's history",
        )
        .hint(
            "type it at the prompt of `remo-vault set NAME`, or pipe it in: COMMAND | remo-vault set NAME",
        ));
    }
    let name = secret_name(&arguments.name)?;
    let line_end = match arguments.line_end {
        LineEndArguments { keep_newline: true, .. } => LineEnd::Keep,
        LineEndArguments { trim: true, .. } => LineEnd::Trim,
        LineEndArguments { .. } => LineEnd::Single,
    };
    if io::stdin().is_terminal() && !may_replace(locations, &name)? {
        output::note("nothing was changed");
        return Ok(ExitStatus::Failure);
    }
    let input = input::value(name.as_str(), line_end)?;
    if input.is_empty() && !arguments.allow_empty {
        return Err(Failure::new("the value is empty; nothing was stored")
            .hint("see whether the command before the pipe failed, or allow it with --allow-empty"));
    }
    let secret = if arguments.scalar {
        PushedSecret::Scalar(input)
    } else {
        value::interpret(input).map_err(|error| {
            Failure::new(format!("{error}; nothing was stored"))
                .hint(format!("rename the field, or store it as text: remo-vault set {name} --scalar"))
        })?
    };
    let change = store_secret(locations, &name, &secret)?;
    let what = describe(&secret);
    output::note(&match change {
        Change::Added => format!("stored {name} ({what})"),
        Change::Replaced => format!("replaced {name} ({what})"),
        Change::Unchanged => format!("{name} has this value already ({what})"),
    });
    Ok(ExitStatus::Success)
}

/// Whether a person wants to replace what is stored under `name`, if anything is.
fn may_replace(locations: &Locations, name: &SecretName) -> Result<bool, Failure> {
    let there = stored(locations)?;
    if !there.secrets.contains_key(name) && !there.faults.contains_key(name) {
        return Ok(true);
    }
    question::agreed(&format!("{name} is stored already. Replace it?"), || {
        Failure::usage("there is no terminal to ask on").hint(format!("COMMAND | remo-vault set {name}"))
    })
}

/// Kind and field names.
fn describe(secret: &PushedSecret) -> String {
    match secret {
        PushedSecret::Scalar(_) => "scalar".to_owned(),
        PushedSecret::Bundle(fields) => {
            let names: Vec<_> = fields.keys().map(AsRef::as_ref).collect();
            format!("bundle of {}", names.join(", "))
        }
    }
}
