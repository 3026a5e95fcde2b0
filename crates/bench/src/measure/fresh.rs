//! From the end of `remo-vault set` until the new value is served.

use std::path::Path;
use std::time::{Duration, Instant};

use remo_wire::client::Client;

use super::vault::Vault;
use super::{Bench, median, nanoseconds, token};
use crate::failure::Failure;
use crate::instance::Instance;
use crate::process::PATIENCE;
use crate::report::{Bar, Line, Report, Unit};

const ROUNDS: usize = 21;
/// The bar.
pub(super) const SERVED_MAX: f64 = 250e6;
/// How long one wait for an event is, so that a value which came before the wait is seen too.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let instance = Instance::started(&bench.programs, &bench.work_dir)?;
    let secret = "bench_token".to_owned();
    let socket = instance.add_project(&mut instance.admin()?, "fresh", std::slice::from_ref(&secret))?;
    let vault = Vault::new(&instance, bench.programs.vault.clone())?;
    vault.set(&secret, &token(0))?;
    let _watcher = vault.watch(&instance, 1)?;

    let figures = rounds(&socket, &secret, bench.rounds(ROUNDS), |value| vault.set(&secret, value))?;
    let label = "remo-vault set finished until served, median";
    let mut line = Line::new(label, Unit::Nanoseconds, median(&figures)?, Some(Bar::AtMost(SERVED_MAX)));
    line.rounds = figures;
    Ok(Report { lines: vec![line], ..Report::default() })
}

/// For each round: from the return of `set`, which changes the value of `secret`, until a project gets the new one.
pub(super) fn rounds(
    socket: &Path,
    secret: &str,
    count: usize,
    set: impl Fn(&str) -> Result<(), Failure>,
) -> Result<Vec<f64>, Failure> {
    let mut reader = Client::connect(socket)?;
    let mut figures = Vec::new();
    for round in 1..=count {
        let value = token(round);
        let mut events = Client::connect(socket)?;
        events.watch(Some(reader.info()?.view))?;
        set(&value)?;
        let finished = Instant::now();
        while reader.get(secret)?.value.expose() != value.as_bytes() {
            if finished.elapsed() > PATIENCE {
                return Err(Failure::new("a value that was set is not served"));
            }
            events.next_event(LOOK_AGAIN)?;
        }
        figures.push(nanoseconds(finished.elapsed()));
    }
    Ok(figures)
}
