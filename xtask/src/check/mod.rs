//! `cargo xtask check`: everything that can be judged without running the product, fastest first.

use clap::Args;

use crate::failure::Failure;
use crate::outcome::{Outcome, Steps};
use crate::workspace::Workspace;
use crate::{cargo, console, generate};

mod deny;
pub(crate) mod dependencies;
mod file_length;
mod links;
mod sources;
mod unsafe_code;

/// The workspace of the fuzz targets.
const FUZZ: &str = "fuzz/Cargo.toml";

/// Arguments of `cargo xtask check`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {}

/// Runs all checks and fails when one failed.
pub(crate) fn run(workspace: &Workspace, _: &Arguments) -> Result<(), Failure> {
    let steps = steps(workspace);
    console::say(&format!("\n{}", steps.summary()));
    steps.verdict()
}

/// Runs all checks.
pub(crate) fn steps(workspace: &Workspace) -> Steps {
    let mut steps = Steps::default();
    let cargo = |arguments: &[&str]| {
        cargo::run(cargo::command(workspace.root()).args(arguments)).map(|()| Outcome::Passed)
    };
    steps.run("formatting", || {
        cargo(&["fmt", "--all", "--check"])?;
        // A workspace of its own, which the first does not reach.
        if workspace.root().join(FUZZ).is_file() {
            cargo(&["fmt", "--manifest-path", FUZZ, "--check"])?;
        }
        Ok(Outcome::Passed)
    });
    steps.run("length of files", || file_length::check(workspace.root()));
    steps.run("links and numbers of the pages", || links::check(workspace.root()));
    steps.run("unsafe code", || unsafe_code::check(workspace.root()));
    steps.run("broker dependencies", || dependencies::check(workspace));
    steps.run("clippy", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
    });
    steps.run("generated files", || generate::check(workspace));
    steps.run("documentation", || {
        cargo::run(
            cargo::command(workspace.root())
                .args(["doc", "--workspace", "--no-deps", "--document-private-items"])
                // Nothing is published: the readers of these pages see private items too.
                .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links"),
        )
        .map(|()| Outcome::Passed)
    });
    steps.run("libraries: bans, licenses, sources", || deny::rules(workspace));
    steps.run("libraries: advisories", || deny::advisories(workspace));
    steps
}
