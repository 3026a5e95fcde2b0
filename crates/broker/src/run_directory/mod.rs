//! The run directory: where sockets are, and how they stay right.
//!
//! What lies in a project's own folder may have been written by its container: Compose drops `readonly` from
//! a mount. So nothing is read back from there. Sockets and the pin's copy are made in a private
//! folder that no container sees and renamed into place; a project's folder itself is never removed, because
//! containers have it mounted.

mod place;
mod project;

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

pub use project::{ProjectSocket, SocketIdentity};

/// Modes of.
const SOCKET_DIRECTORY_MODE: u32 = 0o755;
const PROJECTS_MODE: u32 = 0o750;
const PROJECT_MODE: u32 = 0o755;
const PRIVATE_MODE: u32 = 0o700;
const ADMIN_SOCKET_MODE: u32 = 0o660;
const ADMIN_MODE: u32 = 0o750;

/// The admin socket lies in a folder of its own, so that the vault can have that one mounted and nothing else.
const ADMIN: &str = "admin";
const ADMIN_SOCKET: &str = "admin.sock";
const PROJECT_SOCKET_MODE: u32 = 0o666;
const PIN_COPY_MODE: u32 = 0o644;

/// How long a lock may still be held by a broker that was just killed: the kernel releases it when it has taken
/// the process apart.
const LOCK_PATIENCE: Duration = Duration::from_millis(500);

/// How often the lock is tried in that time.
const LOCK_RETRY_INTERVAL: Duration = Duration::from_millis(2);

/// The directory of all sockets.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    admin_group: Option<u32>,
    /// Held while the broker runs: a second one on the same directory does not start.
    _lock: fs::File,
}

/// Why the run directory cannot be used.
#[derive(Debug)]
pub struct RunDirectoryError {
    attempted: String,
    source: io::Error,
}

impl std::fmt::Display for RunDirectoryError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "cannot {}", self.attempted)
    }
}

impl std::error::Error for RunDirectoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

pub(crate) fn attempt<T>(what: impl Into<String>, result: io::Result<T>) -> Result<T, RunDirectoryError> {
    result.map_err(|source| RunDirectoryError { attempted: what.into(), source })
}

impl RunDirectory {
    /// Opens the directory and takes it over; makes it when it is not there.
    pub fn open(path: &Path, admin_group: &str) -> Result<Self, RunDirectoryError> {
        let shown = path.display();
        attempt(format!("make the socket directory {shown}"), make_directory(path, SOCKET_DIRECTORY_MODE))?;
        let lock = attempt(format!("lock the socket directory {shown}"), take_lock(&path.join(".lock")))?;
        let admin_group = remo_sys::group_id(admin_group);
        let directory = Self { path: path.to_owned(), admin_group, _lock: lock };
        attempt(format!("prepare the socket directory {shown}"), directory.prepare())?;
        Ok(directory)
    }

    /// Binds the admin socket, in place of a stale one but never of a live one, and makes the link to it.
    pub fn bind_admin(&self) -> Result<UnixListener, RunDirectoryError> {
        let link = self.path.join(ADMIN_SOCKET);
        let path = self.path.join(ADMIN).join(ADMIN_SOCKET);
        // The lock keeps out a broker of our own; this keeps out anything else that answers there.
        for socket in [&link, &path] {
            if UnixStream::connect(socket).is_ok() {
                let live = io::Error::new(io::ErrorKind::AddrInUse, "another process answers there");
                return attempt(format!("take over the admin socket {}", socket.display()), Err(live));
            }
        }
        let bound = self.bind_private().and_then(|(temporary, listener)| {
            fs::set_permissions(&temporary, fs::Permissions::from_mode(ADMIN_SOCKET_MODE))?;
            self.give_to_admin_group(&temporary)?;
            fs::rename(&temporary, &path)?;
            // Made anew each time: who watches the folder of the link hears of the broker's return.
            self.make_link(&Path::new(ADMIN).join(ADMIN_SOCKET), &link)?;
            Ok(listener)
        });
        attempt(format!("bind the admin socket {}", path.display()), bound)
    }

    /// Puts a symbolic link to `target` at `link`, in one step.
    fn make_link(&self, target: &Path, link: &Path) -> io::Result<()> {
        let temporary = self.private().join("l");
        place::remove_if_there(&temporary)?;
        std::os::unix::fs::symlink(target, &temporary)?;
        fs::rename(&temporary, link)
    }

    /// The link to a project's socket, short enough for any client.
    pub fn socket_path(&self, project: &str) -> PathBuf {
        self.path.join(format!("{project}.sock"))
    }

    fn prepare(&self) -> io::Result<()> {
        for (folder, mode) in [(self.projects(), PROJECTS_MODE), (self.path.join(ADMIN), ADMIN_MODE)] {
            make_directory(&folder, mode)?;
            self.give_to_admin_group(&folder)?;
        }
        let private = self.private();
        make_directory(&private, PRIVATE_MODE)?;
        // Left over by a crash between making and renaming.
        for entry in fs::read_dir(&private)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(())
    }

    fn projects(&self) -> PathBuf {
        self.path.join("projects")
    }

    fn private(&self) -> PathBuf {
        self.path.join(".new")
    }

    /// Binds a listening socket in the private folder.
    fn bind_private(&self) -> io::Result<(PathBuf, UnixListener)> {
        let temporary = self.private().join("s");
        place::remove_if_there(&temporary)?;
        let listener = UnixListener::bind(&temporary)?;
        listener.set_nonblocking(true)?;
        Ok((temporary, listener))
    }

    fn give_to_admin_group(&self, path: &Path) -> io::Result<()> {
        match self.admin_group {
            Some(group) if fs::symlink_metadata(path)?.gid() == group => Ok(()),
            // Only root and members of the group may do this; others keep their own group.
            Some(group) => match std::os::unix::fs::lchown(path, None, Some(group)) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    log::warn!("{} keeps the broker's own group: {error}", path.display());
                    Ok(())
                }
                result => result,
            },
            None => Ok(()),
        }
    }
}

fn make_directory(path: &Path, mode: u32) -> io::Result<()> {
    match DirBuilder::new().mode(mode).create(path) {
        // Made by us: exactly this mode, whatever the umask.
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(mode)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = fs::symlink_metadata(path)?;
            if !found.is_dir() {
                return Err(io::Error::new(io::ErrorKind::NotADirectory, "is there and not a directory"));
            }
            // A service manager may have made it for us; its mode is then its decision if it is not ours.
            match fs::set_permissions(path, fs::Permissions::from_mode(mode)) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
                result => result,
            }
        }
        Err(error) => Err(error),
    }
}

/// Takes the lock file or says who else has it.
pub(crate) fn take_lock(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    let file = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let deadline = Instant::now() + LOCK_PATIENCE;
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < deadline => {
                std::thread::park_timeout(LOCK_RETRY_INTERVAL);
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "another broker runs there"));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
