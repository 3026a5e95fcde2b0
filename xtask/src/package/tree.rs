//! Everything that is installed as one archive, whose folder looks like the root of a host: `remo install` takes it from
//! there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::content::{Content, Sources};
use super::make_folder;
use crate::cargo;
use crate::failure::Failure;

/// Makes the archive in `folder`, in place of earlier ones. The same files give the same bytes.
pub(super) fn make(sources: &Sources<'_>, folder: &Path) -> Result<PathBuf, Failure> {
    let failed = |path: &Path| format!("cannot make {}", path.display());
    if folder.is_dir() {
        fs::remove_dir_all(folder).map_err(Failure::because(failed(folder)))?;
    }
    make_folder(folder)?;
    let name = format!("remo-{}-{}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    Content::read(sources.root)?.lay_out_together(sources, &folder.join(&name), SystemTime::UNIX_EPOCH)?;
    let archive = folder.join(format!("{name}.tar.gz"));
    cargo::run(
        Command::new("tar")
            .args(["--create", "--sort=name", "--format=ustar", "--owner=root:0", "--group=root:0"])
            .args(["--mtime=@0", "--use-compress-program=gzip --no-name"])
            .arg("--file")
            .arg(&archive)
            .arg("--directory")
            .arg(folder)
            .arg(&name),
    )?;
    Ok(archive)
}
