//! A directory of one test's own, with everything that a broker needs in it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Where private directories are made: a path of a socket has at most 107 bytes, so not below `TMPDIR`,
/// which may be long.
const SHORT_PARENT: &str = "/tmp";

/// Memory-backed on every Linux.
const MEMORY_BACKED: &str = "/dev/shm";

/// A private directory; removed when it is dropped.
#[derive(Debug)]
pub struct PrivateDirectory {
    root: TempDir,
    secrets: TempDir,
}

impl PrivateDirectory {
    /// Makes one with its folders.
    ///
    /// # Panics
    /// When a folder cannot be made.
    pub fn new() -> Self {
        let make = |parent| {
            tempfile::Builder::new()
                .prefix("remo-")
                .rand_bytes(5)
                .tempdir_in(parent)
                .expect("a private directory")
        };
        let directory = Self { root: make(SHORT_PARENT), secrets: make(MEMORY_BACKED) };
        for folder in
            [directory.socket_dir(), directory.state_dir(), directory.log_dir(), directory.projects_root()]
        {
            fs::create_dir(&folder).expect("a folder of the private directory");
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("the mode of a folder");
        }
        directory
    }

    /// Everything but the secrets lies below.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// `--socket-dir`
    pub fn socket_dir(&self) -> PathBuf {
        self.path().join("s")
    }

    /// `--state-dir`
    pub fn state_dir(&self) -> PathBuf {
        self.path().join("state")
    }

    /// The folder of the audit log.
    pub fn log_dir(&self) -> PathBuf {
        self.path().join("log")
    }

    /// `--audit-log-path`
    pub fn audit_log(&self) -> PathBuf {
        self.log_dir().join("audit.log")
    }

    /// `--projects-root`
    pub fn projects_root(&self) -> PathBuf {
        self.path().join("p")
    }

    /// `--config`
    pub fn config_file(&self) -> PathBuf {
        self.path().join("config.toml")
    }

    /// A memory-backed folder of mode 0700, as a project container has it for what was vended.
    pub fn secrets_dir(&self) -> &Path {
        self.secrets.path()
    }

    /// The admin socket.
    pub fn admin_socket(&self) -> PathBuf {
        self.socket_dir().join("admin.sock")
    }

    /// The run directory of a project: what its container has mounted.
    pub fn run_directory(&self, project: &str) -> PathBuf {
        self.socket_dir().join("projects").join(project)
    }

    /// A project's socket, through the short link.
    pub fn project_socket(&self, project: &str) -> PathBuf {
        self.socket_dir().join(format!("{project}.sock"))
    }
}

impl Default for PrivateDirectory {
    fn default() -> Self {
        Self::new()
    }
}
