//! `cargo xtask package`: what is shipped, below `target/package`.

use std::fs;
use std::path::Path;

use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{console, static_helper};

mod feature;
mod layout;

/// Arguments of `cargo xtask package`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Make this one only; without it, everything that there is
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// What can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The dev container feature: a tarball and an OCI layout
    Feature,
}

/// Makes it, and prints the folder of each part on standard output.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Failure> {
    match arguments.only {
        None | Some(Part::Feature) => {
            let helper = static_helper::build(workspace)?;
            let folder = workspace.target().join("package/feature");
            feature::make(&workspace.root().join("features/secrets"), &helper, &folder)?;
            console::pass_on(&folder.display().to_string());
        }
    }
    Ok(())
}

/// Writes a file under another name first: whoever reads it sees the old or the new one.
fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let new = path.with_added_extension("new");
    fs::write(&new, content)
        .and_then(|()| fs::rename(&new, path))
        .map_err(Failure::because(format!("cannot write {}", path.display())))
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(Failure::because(format!("cannot make {}", path.display())))
}
