//! `cargo xtask package`: what is shipped, below `target/package`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use content::Sources;

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{cargo, console, static_helper};

mod content;
mod debian;
mod feature;
mod layout;
mod programs;
mod tree;
mod vault_image;

pub(crate) use programs::path_flags;

/// Arguments of `cargo xtask package`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Make this one only; without it, everything that there is
    #[arg(long, value_enum)]
    only: Option<Part>,

    /// Take the programs of the Debian packages from this folder, instead of building them for release
    ///
    /// For tests of what becomes of them: the packages are the same but for what their programs were built with.
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,

    /// Where to put it [default: target/package]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Take the debug build of the vault's program: quick, for tests
    #[arg(long)]
    debug: bool,

    /// Bring this fnox along in the vault's context, so that building the image does not fetch one
    #[arg(long, value_name = "FILE")]
    fnox: Option<PathBuf>,
}

/// What can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The dev container feature: a tarball and an OCI layout
    Feature,
    /// Debian packages of the broker, the host tools and the feature
    Debian,
    /// One archive of all that is installed, for `remo install`
    Tree,
    /// The folder that the vault's image is built from
    VaultImage,
}

/// Makes it, and prints the folder of each part on standard output.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<(), Failure> {
    let out = arguments.out.clone().unwrap_or_else(|| workspace.target().join("package"));
    let wants = |part| arguments.only.is_none_or(|only| only == part);
    let context = out.join("vault-image");
    if arguments.only == Some(Part::VaultImage) {
        return vault_image(workspace, arguments, &context);
    }
    let feature = out.join("feature");
    let helper = static_helper::build(workspace)?;
    feature::make(&workspace.root().join("features/secrets"), &helper, &feature)?;
    if wants(Part::Feature) {
        console::pass_on(&feature.display().to_string());
    }
    if wants(Part::Debian) || wants(Part::Tree) {
        let programs = match &arguments.programs {
            Some(folder) => folder.clone(),
            None => programs::build(workspace)?,
        };
        let program = &programs.join("remo-vault");
        let fnox = arguments.fnox.as_deref();
        vault_image::make(&vault_image::Sources { root: workspace.root(), program, fnox }, &context)?;
        if wants(Part::VaultImage) {
            console::pass_on(&context.display().to_string());
        }
        let sources =
            Sources { root: workspace.root(), programs: &programs, feature: &feature, vault_image: &context };
        if wants(Part::Tree) {
            let archive = tree::make(&sources, &out.join("tree"))?;
            console::pass_on(&archive.display().to_string());
        }
        if wants(Part::Debian) {
            for package in debian::make(&sources, &out.join("debian"))? {
                console::pass_on(&package.display().to_string());
            }
        }
    }
    Ok(())
}

/// The context of the vault's image, with the program as it is built here.
fn vault_image(workspace: &Workspace, arguments: &Arguments, folder: &Path) -> Result<(), Failure> {
    let profile = if arguments.debug { "dev" } else { "release" };
    let words = ["build", "--quiet", "--package", "remo-vault", "--profile", profile];
    cargo::run(cargo::command(workspace.root()).args(words))?;
    let built = workspace.target().join(if arguments.debug { "debug" } else { "release" });
    let sources = vault_image::Sources {
        root: workspace.root(),
        program: &built.join("remo-vault"),
        fnox: arguments.fnox.as_deref(),
    };
    vault_image::make(&sources, folder)?;
    console::pass_on(&folder.display().to_string());
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
