//! A project's folder: its socket and the readable copy of its pin.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use super::place::{place, remove_if_there};
use super::{PIN_COPY_MODE, PROJECT_MODE, PROJECT_SOCKET_MODE, RunDirectory, make_directory};

/// Which file a bound socket is, to notice when its name leads to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketIdentity {
    /// The device that it is on.
    pub device: u64,
    /// Its number there, which no other file has as long as the socket is open.
    pub inode: u64,
}

/// A bound project socket.
#[derive(Debug)]
pub struct ProjectSocket {
    /// Listening, not blocking.
    pub listener: UnixListener,
    /// Which file it is.
    pub identity: SocketIdentity,
}

impl RunDirectory {
    /// Binds a project's socket at its name, whatever is there now, and makes the link to it.
    pub fn bind_project(&self, project: &str) -> io::Result<ProjectSocket> {
        make_directory(&self.project_directory(project), PROJECT_MODE)?;
        let (temporary, listener) = self.bind_private()?;
        fs::set_permissions(&temporary, fs::Permissions::from_mode(PROJECT_SOCKET_MODE))?;
        let identity = identity_of(&temporary)?;
        place(&temporary, &self.project_socket(project))?;
        self.link(project)?;
        Ok(ProjectSocket { listener, identity })
    }

    /// Takes over the one of these sockets, bound before the start, to which the project's name still leads.
    pub fn adopt_project(
        &self,
        project: &str,
        sockets: Vec<ProjectSocket>,
    ) -> io::Result<Option<ProjectSocket>> {
        let Some(socket) = sockets.into_iter().find(|socket| self.is_intact(project, socket.identity)) else {
            return Ok(None);
        };
        self.link(project)?;
        Ok(Some(socket))
    }

    /// Whether a project's name still leads to the socket that was bound.
    pub fn is_intact(&self, project: &str, identity: SocketIdentity) -> bool {
        identity_of(&self.project_socket(project)).is_ok_and(|found| found == identity)
    }

    /// Writes the copy of a pin that containers and people read, or takes it away.
    pub fn publish_pin(&self, project: &str, manifest: Option<&str>) -> io::Result<()> {
        let target = self.project_directory(project).join("manifest.toml");
        let Some(manifest) = manifest else { return remove_if_there(&target) };
        let temporary = self.private().join("m");
        remove_if_there(&temporary)?;
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(PIN_COPY_MODE).open(&temporary)?;
        file.write_all(manifest.as_bytes())?;
        file.set_permissions(fs::Permissions::from_mode(PIN_COPY_MODE))?;
        place(&temporary, &target)
    }

    /// Takes a project's socket and link away. The folder stays: containers may have it mounted.
    pub fn remove_project(&self, project: &str) -> io::Result<()> {
        remove_if_there(&self.socket_path(project))?;
        remove_if_there(&self.project_socket(project))
    }

    fn link(&self, project: &str) -> io::Result<()> {
        let target = Path::new("projects").join(project).join(format!("{project}.sock"));
        let link = self.socket_path(project);
        if fs::read_link(&link).is_ok_and(|found| found == target) {
            return Ok(());
        }
        self.make_link(&target, &link)
    }

    fn project_directory(&self, project: &str) -> PathBuf {
        self.projects().join(project)
    }

    fn project_socket(&self, project: &str) -> PathBuf {
        self.project_directory(project).join(format!("{project}.sock"))
    }
}

/// Device and inode of what stands at a path, itself and not what it links to.
fn identity_of(path: &Path) -> io::Result<SocketIdentity> {
    let metadata = fs::symlink_metadata(path)?;
    Ok(SocketIdentity { device: metadata.dev(), inode: metadata.ino() })
}
