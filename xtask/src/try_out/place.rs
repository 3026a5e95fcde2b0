//! The private directory in which everything of a try-out lies.
//!
//! All of it is memory-backed, the vault included: the user's own secrets may be in there, and a key beside
//! its store on a disk would be as good as plaintext.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::statfs;
use tempfile::TempDir;

use crate::failure::Failure;

/// File systems that live in memory, by the number that `statfs` gives (statfs(2)).
const MEMORY_BACKED: [u64; 2] = [0x0102_1994, 0x8584_58f6];

/// The longest path of a Unix socket (unix(7): 108 bytes, the last one a NUL).
const SOCKET_PATH_MAX: usize = 107;

/// What the longest path of a socket has behind the directory, with room for names that the broker uses for
/// a moment.
const BEHIND: usize = "/run/projects/demo/demo.sock".len() + 24;

/// Every Linux has it in memory.
const SHARED_MEMORY: &str = "/dev/shm";

/// Every Linux has it; a short path, whatever `TMPDIR` says.
const TEMPORARY: &str = "/tmp";

/// Of every folder that is made here.
const FOLDER_MODE: u32 = 0o700;

const PREFIX: &str = "remo-try.";
const RANDOM: usize = 6;

/// Where everything is.
#[derive(Debug)]
pub(super) struct Place {
    root: TempDir,
}

impl Place {
    /// Makes the directory, mode 0700, in the first place that will do, and these folders of `projects` in it.
    pub(super) fn make(runtime_dir: Option<PathBuf>, projects: &[&str]) -> Result<Self, Failure> {
        let candidates: Vec<PathBuf> = runtime_dir.into_iter().chain([SHARED_MEMORY.into()]).collect();
        Self::with_folders(private_directory(&candidates)?, projects)
    }

    /// The same for projects that get containers, on the disk: the launch gate lets no project be below `/dev`, and an
    /// engine has a `/run` of its own. No secret of a person comes here.
    pub(super) fn make_for_containers(projects: &[&str]) -> Result<Self, Failure> {
        let root = tempfile::Builder::new()
            .permissions(Permissions::from_mode(FOLDER_MODE))
            .prefix(PREFIX)
            .rand_bytes(RANDOM)
            .tempdir_in(TEMPORARY)
            .map_err(Failure::because(format!("cannot make a directory in {TEMPORARY}")))?;
        Self::with_folders(root, projects)
    }

    fn with_folders(root: TempDir, projects: &[&str]) -> Result<Self, Failure> {
        let place = Self { root };
        let projects = projects.iter().map(|project| place.path(&format!("projects/{project}/.remo")));
        for folder in projects.chain([place.home(), place.logs(), place.programs()]) {
            // Whatever the mask of the caller: the helper refuses a home that others can write to.
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(&folder)
                .map_err(Failure::because(format!("cannot make {}", folder.display())))?;
        }
        Ok(place)
    }

    /// The directory itself.
    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    /// Something in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// The project's directory.
    pub(super) fn project(&self) -> PathBuf {
        self.path("projects/demo")
    }

    /// What the project asks for.
    pub(super) fn manifest(&self) -> PathBuf {
        self.path("projects/demo/.remo/manifest.toml")
    }

    /// What `~` stands for in the project.
    pub(super) fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// What the daemons say.
    pub(super) fn logs(&self) -> PathBuf {
        self.path("log")
    }

    /// Further names of programs.
    pub(super) fn programs(&self) -> PathBuf {
        self.path("bin")
    }

    /// The control plane.
    pub(super) fn admin_socket(&self) -> PathBuf {
        self.path("run/admin.sock")
    }

    /// The data plane of the project.
    pub(super) fn project_socket(&self) -> PathBuf {
        self.path("run/demo.sock")
    }

    /// Removes it, and makes sure that it is gone.
    pub(super) fn remove(self) -> Result<(), Failure> {
        let path = self.root().to_owned();
        let removed = self.root.close();
        if path.symlink_metadata().is_ok() {
            let reason = removed.err().map_or_else(String::new, |error| format!(": {error}"));
            return Err(Failure::new(format!("{} could not be removed{reason}", path.display()))
                .hint(format!("rm -r {}", path.display())));
        }
        Ok(())
    }
}

/// A new directory in the first of `candidates` that is memory-backed, writable and short enough.
fn private_directory(candidates: &[PathBuf]) -> Result<TempDir, Failure> {
    let mut reasons = Vec::new();
    for candidate in candidates {
        match usable(candidate) {
            Ok(directory) => return Ok(directory),
            Err(reason) => reasons.push(format!("{} {reason}", candidate.display())),
        }
    }
    Err(Failure::new(format!(
        "secrets are kept in memory only, and no place of this machine will do: {}",
        reasons.join("; ")
    ))
    .hint("name a directory of yours on a tmpfs: XDG_RUNTIME_DIR=/run/user/1000 cargo xtask try"))
}

fn usable(candidate: &Path) -> Result<TempDir, String> {
    if !candidate.is_absolute() {
        return Err("is not an absolute path".to_owned());
    }
    if candidate.as_os_str().len() + 1 + PREFIX.len() + RANDOM + BEHIND > SOCKET_PATH_MAX {
        return Err("is too long a path for sockets below it".to_owned());
    }
    let file_system = statfs(candidate).map_err(|error| format!("cannot be examined ({error})"))?;
    // The field is signed on some platforms; the numbers fit either way.
    if !u64::try_from(file_system.f_type).is_ok_and(|kind| MEMORY_BACKED.contains(&kind)) {
        return Err("is not memory-backed".to_owned());
    }
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(FOLDER_MODE))
        .prefix(PREFIX)
        .rand_bytes(RANDOM)
        .tempdir_in(candidate)
        .map_err(|error| format!("cannot be written ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_private_and_gone_afterwards() {
        let place = Place::make(None, &["demo"]).unwrap();
        let root = place.root().to_owned();
        assert_eq!(root.metadata().unwrap().permissions().mode() & 0o7777, 0o700);
        place.remove().unwrap();
        assert!(!root.exists());
    }

    #[test]
    fn the_runtime_directory_is_passed_over_where_it_will_not_do() {
        let disk = Path::new(env!("CARGO_MANIFEST_DIR")).to_owned();
        let place = Place::make(Some(disk), &["demo"]).unwrap();
        assert!(place.root().starts_with(SHARED_MEMORY), "{}", place.root().display());
    }

    #[test]
    fn without_a_place_in_memory_there_is_no_try_out_and_every_reason_is_given() {
        let long = PathBuf::from(format!("/dev/shm/{}", "x".repeat(60)));
        let candidates = ["run".into(), "/proc".into(), "/dev/shm/not-there".into(), long];
        let said = private_directory(&candidates).unwrap_err().to_string();
        for reason in [
            "run is not an absolute",
            "/proc is not memory-backed",
            "not-there cannot be examined",
            "too long",
        ] {
            assert!(said.contains(reason), "{said}");
        }
        assert!(said.contains("\nhint: "), "{said}");
    }
}
