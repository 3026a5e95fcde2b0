//! A broker that is killed: until a new one serves every project from a refilled store.
//!
//! The new broker is started as soon as the old one is gone, as a service manager with no delay would.

use std::path::PathBuf;
use std::time::Instant;

use remo_wire::client::Client;

use super::vault::Vault;
use super::{Bench, median, nanoseconds, token};
use crate::failure::Failure;
use crate::instance::Instance;
use crate::process::{Process, wait_until};
use crate::report::{Bar, Line, Report, Unit};

const ROUNDS: usize = 11;
const PROJECTS: usize = 20;
const SECRETS: usize = 10;
/// The bar.
const RECOVERED_MAX: f64 = 2e9;

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let mut instance = Instance::started(&bench.programs, &bench.work_dir)?;
    let vault = Vault::new(&instance, bench.programs.vault.clone())?;
    let names: Vec<String> = (0..SECRETS).map(|index| format!("secret_{index}")).collect();
    for (index, name) in names.iter().enumerate() {
        vault.set(name, &token(index))?;
    }
    let mut admin = instance.admin()?;
    let sockets: Vec<PathBuf> = (0..PROJECTS)
        .map(|index| instance.add_project(&mut admin, &format!("project-{index}"), &names))
        .collect::<Result<_, _>>()?;
    let _watcher = vault.watch(&instance, u64::try_from(SECRETS).unwrap_or_default())?;

    let mut figures = Vec::new();
    for _ in 0..bench.rounds(ROUNDS) {
        let mut command = instance.broker_command();
        let broker = instance.take_broker()?;
        let start = Instant::now();
        broker.kill()?;
        instance.adopt(Process::start(&mut command)?);
        for socket in &sockets {
            wait_until("a project is not served again", || {
                Client::connect(socket)
                    .and_then(|mut client| client.fetch())
                    .is_ok_and(|fetched| fetched.missing.is_empty() && fetched.secrets.len() == SECRETS)
            })?;
        }
        figures.push(nanoseconds(start.elapsed()));
    }
    let label = format!("broker killed, {PROJECTS} projects served and refilled, median");
    let mut line = Line::new(label, Unit::Nanoseconds, median(&figures)?, Some(Bar::AtMost(RECOVERED_MAX)));
    line.rounds = figures;
    Ok(Report { lines: vec![line], ..Report::default() })
}
