//! A short run of every fuzz target: enough to find what a change has just broken.

use std::path::PathBuf;
use std::process::Command;

use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::tool::{self, Tool};
use crate::workspace::Workspace;
use crate::{cargo, console};

/// Seconds for each target. A long run is started by hand; fuzz/README.md says how.
const SECONDS_EACH: u32 = 20;

/// Limits of one input in time and of the process in memory, far above what any takes on a busy machine (a second,
/// and 800 MiB with the address sanitizer).
const LIMITS: [&str; 2] = ["-timeout=30", "-rss_limit_mb=1536"];

/// libFuzzer needs flags that only a nightly compiler takes.
const TOOLCHAIN: &str = "nightly";

/// Pinned, like every tool.
const CARGO_FUZZ: Tool = Tool { package: "cargo-fuzz", program: "cargo-fuzz", version: "0.13.2" };

/// Runs every target for [`SECONDS_EACH`].
pub(super) fn run(workspace: &Workspace) -> Result<Outcome, Failure> {
    if !workspace.root().join("fuzz/Cargo.toml").is_file() {
        return Ok(Outcome::Skipped("this checkout has no fuzz targets yet".to_owned()));
    }
    let toolchain =
        Command::new("rustup").args(["run", TOOLCHAIN, "rustc", "--version"]).env_remove("CARGO").output();
    if !toolchain.is_ok_and(|output| output.status.success()) {
        return Ok(Outcome::Skipped(format!(
            "no {TOOLCHAIN} toolchain (rustup toolchain install {TOOLCHAIN})"
        )));
    }
    let program = tool::ensure(workspace, &CARGO_FUZZ)?;
    let fuzz = |operation: &str| {
        let mut command = Command::new("rustup");
        command.args(["run", TOOLCHAIN]).arg(&program).args(["fuzz", operation]);
        // Set by the Cargo that runs this task, and they would pick its compiler.
        command.env_remove("CARGO").env_remove("RUSTC").env_remove("RUSTDOC");
        command.current_dir(workspace.root());
        command
    };
    let targets = cargo::output(&mut fuzz("list"))?;
    let mut broken = Vec::new();
    for target in targets.lines().filter(|line| !line.is_empty()) {
        console::say(&format!("-- {target}, {SECONDS_EACH} s"));
        let corpus = PathBuf::from("fuzz/corpus").join(target);
        std::fs::create_dir_all(workspace.root().join(&corpus))
            .map_err(Failure::because(format!("cannot make {}", corpus.display())))?;
        let mut command = fuzz("run");
        command.arg(target).arg(&corpus);
        let seeds = PathBuf::from("fuzz/seeds").join(target);
        if workspace.root().join(&seeds).is_dir() {
            command.arg(&seeds);
        }
        command.arg("--").args(LIMITS).arg(format!("-max_total_time={SECONDS_EACH}"));
        let dictionary = format!("fuzz/dictionaries/{target}.dict");
        if workspace.root().join(&dictionary).is_file() {
            command.arg(format!("-dict={dictionary}"));
        }
        if let Err(failure) = cargo::run(&mut command) {
            console::say(&failure.to_string());
            broken.push(target);
        }
    }
    if broken.is_empty() {
        return Ok(Outcome::Passed);
    }
    Err(Failure::new(format!("findings, or a target that does not build: {}", broken.join(", ")))
        .hint("the input of a finding is in fuzz/artifacts"))
}
