//! What the fetch helper adds to the start of a command, with ten secrets in its environment.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{Bench, median, nanoseconds, token};
use crate::failure::Failure;
use crate::instance::{Instance, push};
use crate::report::{Bar, Floor, Line, Report, Unit};
use crate::statistics::median_ratio;

const ROUNDS: usize = 101;
const SECRETS: usize = 10;
/// The bar, on what the helper adds.
const ADDED_MAX: f64 = 5e6;
/// The command that is started.
const COMMAND: &str = "/bin/true";
/// Where memory-backed storage is.
const SHARED_MEMORY: &str = "/dev/shm";

pub(super) fn measure(bench: &Bench) -> Result<Report, Failure> {
    let instance = Instance::started(&bench.programs, &bench.work_dir)?;
    let mut admin = instance.admin()?;
    let secrets: Vec<(String, String)> =
        (0..SECRETS).map(|index| (format!("secret_{index}"), token(index))).collect();
    let names: Vec<String> = secrets.iter().map(|(name, _)| name.clone()).collect();
    let socket = instance.add_project(&mut admin, "helper", &names)?;
    push(&mut admin, &secrets)?;
    let private = tempfile::Builder::new()
        .prefix("remo-bench-")
        .tempdir_in(SHARED_MEMORY)
        .map_err(Failure::because(format!("cannot make a directory in {SHARED_MEMORY}")))?;

    // A helper that starts the command without its secrets would be quick too.
    let check = format!("test \"$SECRET_{}\" = {}", SECRETS - 1, token(SECRETS - 1));
    run(&mut helper(&bench.programs.helper, &socket, private.path(), &["/bin/sh", "-c", &check]))?;

    let rounds = bench.rounds(ROUNDS);
    let mut with_helper = Vec::new();
    let mut alone = Vec::new();
    for round in 0..=rounds {
        let helped = run(&mut helper(&bench.programs.helper, &socket, private.path(), &[COMMAND]))?;
        let plain = run(&mut Command::new(COMMAND))?;
        // The first round brings both programs into the page cache.
        if round > 0 {
            with_helper.push(helped);
            alone.push(plain);
        }
    }
    let added: Vec<f64> = with_helper.iter().zip(&alone).map(|(helped, plain)| helped - plain).collect();
    let ratio = median_ratio(&with_helper, &alone).ok_or_else(|| Failure::new("the floor has no figure"))?;
    let mut whole =
        Line::new("helper exec, 10 secrets, whole", Unit::Nanoseconds, median(&with_helper)?, None);
    whole.floor = Some(Floor { name: COMMAND, value: median(&alone)?, ratio });
    let mut line = Line::new(
        "helper exec, 10 secrets, added to the command",
        Unit::Nanoseconds,
        median(&added)?,
        Some(Bar::AtMost(ADDED_MAX)),
    );
    line.rounds = added;
    Ok(Report { lines: vec![whole, line], ..Report::default() })
}

fn helper(program: &Path, socket: &Path, private: &Path, to_start: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.arg("exec").args(["--project", "helper"]);
    command.arg("--socket").arg(socket);
    command.arg("--secrets-dir").arg(private.join("secrets"));
    command.arg("--home").arg(private);
    command.arg("--").args(to_start);
    command
}

/// Nanoseconds from the start of a command to its end; an error unless it succeeds.
fn run(command: &mut Command) -> Result<f64, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let name = command.get_program().to_string_lossy().into_owned();
    let start = Instant::now();
    let status = command.status().map_err(Failure::because(format!("cannot start {name}")))?;
    let elapsed = nanoseconds(start.elapsed());
    if status.success() { Ok(elapsed) } else { Err(Failure::new(format!("{name} ended with {status}"))) }
}
