//! The programs as they are shipped: for release, without a path of the machine that built them.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::cargo;
use crate::failure::Failure;
use crate::workspace::Workspace;

/// The packages whose programs are installed on a host.
const PACKAGES: [&str; 4] = ["remo-broker", "remo-gate", "remo-host", "remo-vault"];

/// Their programs.
const PROGRAMS: [&str; 4] = ["remo-broker", "remo-docker", "remo", "remo-vault"];

/// Builds the programs and returns their folder. It is one of its own: other flags than those of `cargo build` would
/// make each of the two build everything anew.
pub(super) fn build(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let target = workspace.target().join("shipped");
    let mut command = cargo::command(workspace.root());
    command.args(["build", "--release"]).env("CARGO_TARGET_DIR", &target);
    for package in PACKAGES {
        command.args(["--package", package]);
    }
    command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", path_flags(workspace)?.join("\u{1f}"));
    cargo::run(&mut command)?;
    let folder = target.join("release");
    for program in PROGRAMS {
        judge(&folder.join(program), &own_folders(workspace)?)?;
    }
    Ok(folder)
}

/// Refuses a program that names one of these folders.
fn judge(program: &Path, folders: &[PathBuf]) -> Result<(), Failure> {
    let shown = program.display();
    let content = fs::read(program).map_err(Failure::because(format!("cannot read {shown}")))?;
    for folder in folders {
        let name = folder.as_os_str().as_bytes();
        if content.windows(name.len()).any(|part| part == name) {
            return Err(Failure::new(format!("{shown} says that it was built with {}", folder.display())));
        }
    }
    Ok(())
}

/// Compiler flags that put names in the place of this machine's folders: the same program comes out wherever it is
/// built, and says nothing about where that was.
pub(crate) fn path_flags(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let [home, root] = own_folders(workspace)?;
    let flag = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    Ok(vec![flag(&home, "/cargo"), flag(&root, "/remo")])
}

/// Where Cargo keeps sources of others, and where ours are.
fn own_folders(workspace: &Workspace) -> Result<[PathBuf; 2], Failure> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir()
            .ok_or_else(|| Failure::new("neither CARGO_HOME nor HOME says where Cargo keeps its sources"))?
            .join(".cargo"),
    };
    Ok([home, workspace.root().to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_names_a_folder_of_this_machine_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, b"\0/remo/crates/x.rs\0").unwrap();
        let folders = ["/home/builder/.cargo".into(), "/home/builder/remo".into()];
        assert!(judge(&program, &folders).is_ok());
        fs::write(&program, b"\0/home/builder/.cargo/registry/x.rs\0").unwrap();
        assert!(judge(&program, &folders).is_err());
    }
}
