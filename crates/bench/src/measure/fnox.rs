//! From the end of `fnox set` until the new value is served, and what of it is fnox's own time.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::vault::{self, Vault};
use super::{Bench, fresh, median, nanoseconds, token};
use crate::failure::Failure;
use crate::instance::Instance;
use crate::report::{Bar, Line, Report, Unit};
use crate::statistics::p95;

const ROUNDS: usize = 50;
/// As many as the other measures have in a project.
const SECRETS: usize = 10;

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let Some(fnox) = &bench.fnox else {
        return Ok(Report {
            skipped: vec!["fnox set until served: there is no fnox (name one with REMO_FNOX)".to_owned()],
            ..Report::default()
        });
    };
    let instance = Instance::started(&bench.programs, &bench.work_dir)?;
    let vault = Vault::of_fnox(&instance, bench.programs.vault.clone(), fnox.clone())?;
    let secrets: Vec<String> = (0..SECRETS).map(|index| format!("bench_token_{index}")).collect();
    for (index, secret) in secrets.iter().enumerate() {
        vault.set(secret, &token(index))?;
    }
    let socket = instance.add_project(&mut instance.admin()?, "fnox", &secrets)?;
    let _watcher = vault.watch(&instance, SECRETS as u64)?;

    let secret = &secrets[0];
    let count = bench.rounds(ROUNDS);
    let served = fresh::rounds(&socket, secret, count, |value| {
        vault::finish(command(fnox, &vault, ["set", secret.as_str()]), value)
    })?;
    let mut exports = Vec::new();
    for _ in 0..count {
        let begin = Instant::now();
        vault::finish(command(fnox, &vault, ["export", "--format", "json"]), "")?;
        exports.push(nanoseconds(begin.elapsed()));
    }
    let bar = Some(Bar::AtMost(fresh::SERVED_MAX));
    let slow = p95(&served).ok_or_else(|| Failure::new("no round was run"))?;
    let mut line =
        Line::new("fnox set finished until served, median", Unit::Nanoseconds, median(&served)?, bar);
    line.rounds = served;
    Ok(Report {
        lines: vec![
            line,
            Line::new("fnox set finished until served, p95", Unit::Nanoseconds, slow, bar),
            Line::new("… of it one fnox export, median", Unit::Nanoseconds, median(&exports)?, None),
        ],
        notes: vec![format!(
            "fnox set: {count} rounds on a store of {SECRETS} secrets; the watcher waits until the store is quiet, \
             then runs fnox export, which was timed by itself"
        )],
        ..Report::default()
    })
}

/// The ordinary fnox, as a person in the vault calls it.
fn command<const COUNT: usize>(fnox: &Path, vault: &Vault, arguments: [&str; COUNT]) -> Command {
    let mut command = Command::new(fnox);
    command.arg("--config").arg(vault.store()).args(arguments.map(OsStr::new));
    command.env("FNOX_AGE_KEY_FILE", vault.key()).env("FNOX_NON_INTERACTIVE", "true");
    command
}
