//! Debian packages, by Debian's own tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::content::{Content, Sources};
use super::make_folder;
use crate::cargo;
use crate::failure::Failure;

/// Debian's part, from the top of the repository.
const DEBIAN: &str = "packaging/debian";

/// What has to be there to make packages.
const TOOLS: [(&str, &str); 3] =
    [("dpkg-buildpackage", "dpkg-dev"), ("dh", "debhelper"), ("dpkg-parsechangelog", "dpkg-dev")];

/// Makes the packages out of `sources`, and puts them into `folder` in place of earlier ones.
pub(super) fn make(sources: &Sources<'_>, folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    for (tool, package) in TOOLS {
        if Command::new(tool).arg("--version").output().is_err() {
            return Err(Failure::new(format!("there is no {tool}, which makes Debian packages"))
                .hint(format!("on a Debian system: apt-get install {package}")));
        }
    }
    make_folder(folder)?;
    let work = tempfile::Builder::new()
        .prefix(".making-")
        .tempdir_in(folder)
        .map_err(Failure::because(format!("cannot make a folder in {}", folder.display())))?;
    let source = work.path().join("remo");
    make_folder(&source)?;
    copy_folder(&sources.root.join(DEBIAN), &source.join("debian"))?;
    let time = judge_changelog(&source)?;
    Content::read(sources.root)?.lay_out(sources, &source.join("staged"), time)?;
    cargo::run(
        Command::new("dpkg-buildpackage")
            .args(["--build=binary", "--no-sign", "--no-check-builddeps"])
            .current_dir(&source)
            .env_remove("SOURCE_DATE_EPOCH")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC"),
    )?;
    for old in packages(folder)? {
        fs::remove_file(&old).map_err(Failure::because(format!("cannot remove {}", old.display())))?;
    }
    for new in packages(work.path())? {
        let target = folder.join(new.file_name().unwrap_or_default());
        fs::rename(&new, &target).map_err(Failure::because(format!("cannot make {}", target.display())))?;
    }
    packages(folder)
}

/// The time of the newest entry, which everything in the packages gets. Its version has to be Cargo's.
fn judge_changelog(source: &Path) -> Result<SystemTime, Failure> {
    let field = |name: &str| {
        let mut command = Command::new("dpkg-parsechangelog");
        command.args(["--show-field", name]).current_dir(source);
        cargo::output(&mut command).map(|text| text.trim().to_owned())
    };
    let (version, cargo) = (field("Version")?, env!("CARGO_PKG_VERSION"));
    if version != cargo {
        let problem = format!("{DEBIAN}/changelog is for {version}, and Cargo.toml says {cargo}");
        return Err(Failure::new(problem).hint("add an entry to the changelog"));
    }
    let seconds = field("Timestamp")?.parse().map_err(Failure::because("the changelog has no time"))?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

/// The packages in a folder, by name.
fn packages(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries =
        fs::read_dir(folder).map_err(Failure::because(format!("cannot read {}", folder.display())))?;
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .filter(|path| !path.to_string_lossy().contains("-dbgsym_"))
        .collect();
    found.sort();
    Ok(found)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    make_folder(to)?;
    let unreadable = || format!("cannot read {}", from.display());
    for entry in fs::read_dir(from).map_err(Failure::because(unreadable()))? {
        let entry = entry.map_err(Failure::because(unreadable()))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)
                .map_err(Failure::because(format!("cannot copy {}", entry.path().display())))?;
        }
    }
    Ok(())
}
