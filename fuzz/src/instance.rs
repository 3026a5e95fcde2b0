//! A real broker in a thread of this process, with two projects and a snapshot.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use remo_broker::config::{AuditConfig, Config, LimitsConfig, PathsConfig};
use remo_broker::lifecycle::{InheritedSockets, start};
use remo_wire::admin::{
    AdminRequest, DoneResponse, ManifestState, PushPayload, PushResponse, Register, RegisterResponse,
    StatusResponse,
};
use remo_wire::client::Client;
use remo_wire::names::ProjectName;

use crate::conversation::PATIENCE;
use crate::private_directory::PrivateDirectory;

/// The project that is approved. The committed messages and manifests use this name.
pub const APPROVED: &str = "project-a";

/// The project that never is: it has no manifest to approve.
pub const UNAPPROVED: &str = "project-b";

/// The pin of [`APPROVED`]; it names what [`crate::tripwire`] says.
const MANIFEST: &str = include_str!("project-a.toml");

/// Size at which the audit log is rotated, in bytes; one older log is kept.
pub const ROTATE_BYTES: u64 = 1024 * 1024;

/// Denied requests, at once and a second: the most that can be configured.
const DENIED_MAX: u32 = 1_000_000;

/// A running broker.
#[derive(Debug)]
pub struct Instance {
    directory: PrivateDirectory,
    /// Kept open, for changes and for looking.
    admin: Client,
}

impl Instance {
    /// Starts a broker with two registered projects, one of them approved, and an empty store.
    pub fn start() -> Self {
        let directory = PrivateDirectory::new();
        for project in [APPROVED, UNAPPROVED] {
            fs::create_dir_all(directory.path().join("projects").join(project)).expect("a project directory");
        }
        let config = config(directory.path());
        let (ready, started) = mpsc::channel();
        std::thread::Builder::new()
            .name("broker".to_owned())
            .spawn(move || serve(config, &ready))
            .expect("a thread for the broker");
        started.recv().expect("the broker starts");
        let admin = Client::connect_within(&directory.path().join("run/admin.sock"), PATIENCE);
        let mut instance = Self { directory, admin: admin.expect("a connection to the admin socket") };
        instance.write_manifest(MANIFEST.as_bytes());
        instance.register(APPROVED, true);
        instance.register(UNAPPROVED, false);
        instance
    }

    /// Everything of the instance lies below.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The directory of the projects, as text.
    pub fn projects_root(&self) -> String {
        self.directory.path().join("projects").into_os_string().into_string().expect("a path in UTF-8")
    }

    /// The admin socket.
    pub fn admin_socket(&self) -> PathBuf {
        self.directory.path().join("run/admin.sock")
    }

    /// A project's socket.
    pub fn project_socket(&self, project: &str) -> PathBuf {
        self.directory.path().join(format!("run/{project}.sock"))
    }

    /// The copy of a project's pin that its container reads.
    pub fn pin_copy(&self) -> PathBuf {
        self.directory.path().join(format!("run/projects/{APPROVED}/manifest.toml"))
    }

    /// The kept connection to the admin socket.
    pub fn admin(&mut self) -> &mut Client {
        &mut self.admin
    }

    /// A new connection to a project's socket.
    pub fn project(&self, project: &str) -> Client {
        Client::connect_within(&self.project_socket(project), PATIENCE)
            .expect("a connection to a project's socket")
    }

    /// Writes the manifest of [`APPROVED`], as its container could.
    pub fn write_manifest(&self, bytes: &[u8]) {
        let folder = self.directory.path().join("projects").join(APPROVED).join(".remo");
        fs::create_dir_all(&folder).expect("a .remo directory");
        fs::write(folder.join("manifest.toml"), bytes).expect("a manifest");
    }

    /// Registers a project for the user that runs the fuzzer.
    pub fn register(&mut self, project: &str, approve: bool) -> RegisterResponse {
        let request = AdminRequest::Register(Register {
            name: name(project),
            project_path: format!("{}/{project}", self.projects_root()),
            allowed_uids: Some(vec![rustix::process::getuid().as_raw()]),
            approve,
        });
        self.admin.request(&request).expect("a registration")
    }

    /// Takes a project's registration away.
    pub fn unregister(&mut self, project: &str) {
        let done: Result<DoneResponse, _> =
            self.admin.request(&AdminRequest::Unregister { name: name(project) });
        done.expect("the end of a registration");
    }

    /// Replaces the snapshot.
    pub fn push(&mut self, payload: PushPayload) -> PushResponse {
        self.admin.request(&AdminRequest::PushCreds(payload)).expect("a push")
    }

    /// Brings back both projects, their users and the snapshot, whatever an input has made of them.
    pub fn restore(&mut self, payload: PushPayload) {
        self.register(APPROVED, true);
        self.register(UNAPPROVED, false);
        self.push(payload);
        let projects = self.status().projects;
        let states: Vec<_> =
            projects.iter().map(|project| (project.name.as_str(), project.manifest)).collect();
        let expected = [(APPROVED, ManifestState::Pinned), (UNAPPROVED, ManifestState::Missing)];
        assert_eq!(states, expected, "an input has changed what it cannot");
    }

    /// The state of everything; shows that the broker answers.
    pub fn status(&mut self) -> StatusResponse {
        self.admin.status().expect("the broker says how it is")
    }
}

/// Checks the name of a project.
pub fn name(project: &str) -> ProjectName {
    ProjectName::new(project).expect("a project name")
}

fn serve(config: Config, ready: &mpsc::Sender<()>) {
    let again = config.clone();
    let read_config = Box::new(move || Ok(again.clone()));
    let server = start(config, InheritedSockets::default(), read_config).expect("a broker");
    ready.send(()).expect("the fuzzer waits for its broker");
    let ended = server.run();
    panic!("the broker ended: {ended:?}");
}

/// Limits against flooding are lifted: they would hide what is behind them.
fn config(directory: &Path) -> Config {
    Config {
        paths: PathsConfig {
            socket_dir: directory.join("run"),
            state_dir: directory.join("state"),
            projects_root: directory.join("projects"),
            ..PathsConfig::default()
        },
        audit: AuditConfig {
            path: directory.join("audit.log"),
            rotate_bytes: ROTATE_BYTES,
            keep_files: 1,
            ..AuditConfig::default()
        },
        limits: LimitsConfig {
            denied_burst: DENIED_MAX,
            denied_per_second: DENIED_MAX,
            audit_bytes_per_hour: u64::MAX,
            unsent_bytes: u64::MAX,
            ..LimitsConfig::default()
        },
        ..Config::default()
    }
}
