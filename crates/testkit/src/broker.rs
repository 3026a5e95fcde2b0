//! The real broker in a private directory.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use remo_secret::Secret;
use remo_wire::admin::{
    AdminRequest, DoneResponse, ListResponse, ManifestResponse, PushPayload, PushResponse, PushedSecret,
    Register, RegisterResponse, ReloadResponse, StatusResponse,
};
use remo_wire::client::{Client, ClientError};
use remo_wire::names::{FieldName, ProjectName, SecretName};
use rustix::process::{Pid, Signal, kill_process};

use crate::directory::PrivateDirectory;
use crate::project::Project;
use crate::wait::{self, PATIENCE};
use crate::{RawConnection, binaries};

/// How a broker is started.
#[derive(Debug, Clone, Default)]
pub struct BrokerOptions {
    /// The binary; by default `remo-broker` of the running test's profile, built when need be.
    pub binary: Option<PathBuf>,
    /// The content of its configuration file.
    pub config: String,
    /// Further arguments behind those that place it in the private directory.
    pub arguments: Vec<OsString>,
    /// Its environment, which is otherwise empty.
    pub environment: Vec<(OsString, OsString)>,
}

/// A broker that ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub status: ExitStatus,
    /// What it wrote on standard error.
    pub stderr: String,
}

/// A running broker. Dropping it kills it.
#[derive(Debug)]
pub struct Broker {
    child: Child,
    command_line: CommandLine,
}

/// Everything that a restart needs again.
#[derive(Debug, Clone)]
struct CommandLine {
    binary: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    admin_socket: PathBuf,
    socket_dir: PathBuf,
    audit_log: PathBuf,
    stderr: PathBuf,
}

impl Broker {
    /// Starts a broker in `directory` and waits until it answers.
    ///
    /// # Panics
    /// When it ends, or does not answer within [`PATIENCE`].
    pub fn start(directory: &PrivateDirectory, options: &BrokerOptions) -> Self {
        Self::try_start(directory, options)
            .unwrap_or_else(|ended| panic!("the broker ended ({}): {}", ended.status, ended.stderr))
    }

    /// Starts a broker in `directory`; an error when it ends instead of answering.
    ///
    /// # Errors
    /// How it ended.
    ///
    /// # Panics
    /// When it neither answers nor ends within [`PATIENCE`].
    pub fn try_start(directory: &PrivateDirectory, options: &BrokerOptions) -> Result<Self, Ended> {
        fs::write(directory.config_file(), &options.config).expect("a configuration file");
        CommandLine::new(directory, options).start()
    }

    /// Its process number.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote on standard error so far.
    ///
    /// # Panics
    /// When that cannot be read.
    pub fn stderr(&self) -> String {
        self.command_line.stderr_text()
    }

    /// Its audit log.
    pub fn audit_log(&self) -> &Path {
        &self.command_line.audit_log
    }

    /// Kills it at once, as a crash would.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("the broker is killed");
        self.child.wait().expect("the broker ended");
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.process()).ok().and_then(Pid::from_raw).expect("a process number");
        kill_process(pid, signal).expect("the signal is delivered");
    }

    /// Asks it to end and waits for that within `limit`.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn terminate(&mut self, limit: Duration) -> Ended {
        self.signal(Signal::TERM);
        self.wait(limit)
    }

    /// Waits for its end within `limit`.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn wait(&mut self, limit: Duration) -> Ended {
        let status =
            wait::until(limit, "the broker's end", || self.child.try_wait().expect("a look at the broker"));
        Ended { status, stderr: self.stderr() }
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// When the system cannot tell.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a look at the broker").is_none()
    }

    /// Starts it again, with the same command line, after it ended.
    ///
    /// # Panics
    /// When it ends, or does not answer within [`PATIENCE`].
    pub fn restart(&mut self) {
        let command_line = self.command_line.clone();
        *self = command_line
            .start()
            .unwrap_or_else(|ended| panic!("the broker ended ({}): {}", ended.status, ended.stderr));
    }

    /// A client on the admin socket.
    ///
    /// # Panics
    /// When nobody answers there.
    pub fn admin(&self) -> Client {
        Client::connect_within(&self.command_line.admin_socket, PATIENCE).expect("the admin socket")
    }

    /// A raw connection to the admin socket.
    ///
    /// # Panics
    /// When nobody answers there.
    pub fn raw_admin(&self) -> RawConnection {
        RawConnection::open(&self.command_line.admin_socket)
    }

    /// The socket of a project, by its short link.
    pub fn socket(&self, project: &str) -> PathBuf {
        self.command_line.socket_dir.join(format!("{project}.sock"))
    }

    /// A client on the socket of a project.
    ///
    /// # Panics
    /// When nobody answers there.
    pub fn client(&self, project: &str) -> Client {
        Client::connect_within(&self.socket(project), PATIENCE).expect("a project socket")
    }

    /// A raw connection to the socket of a project.
    ///
    /// # Panics
    /// When nobody answers there.
    pub fn raw(&self, project: &str) -> RawConnection {
        RawConnection::open(&self.socket(project))
    }

    /// `register` without approving.
    ///
    /// # Errors
    /// What the broker said.
    pub fn register(&self, project: &Project) -> Result<RegisterResponse, ClientError> {
        self.admin().request(&AdminRequest::Register(registration(project, false)))
    }

    /// `register` with any fields.
    ///
    /// # Errors
    /// What the broker said.
    pub fn register_as(&self, register: Register) -> Result<RegisterResponse, ClientError> {
        self.admin().request(&AdminRequest::Register(register))
    }

    /// `register` and approve the manifest as it is.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn approve(&self, project: &Project) {
        let answer: RegisterResponse = self
            .admin()
            .request(&AdminRequest::Register(registration(project, true)))
            .expect("the project is registered and approved");
        assert!(answer.approved, "the project is approved");
    }

    /// `unregister`.
    ///
    /// # Errors
    /// What the broker said.
    pub fn unregister(&self, project: &Project) -> Result<DoneResponse, ClientError> {
        self.admin().request(&AdminRequest::Unregister { name: name_of(project) })
    }

    /// `manifest`.
    ///
    /// # Errors
    /// What the broker said.
    pub fn manifest(&self, project: &Project) -> Result<ManifestResponse, ClientError> {
        self.admin().request(&AdminRequest::Manifest { name: name_of(project) })
    }

    /// `reload`.
    ///
    /// # Errors
    /// What the broker said.
    pub fn reload(
        &self,
        project: &Project,
        expect_sha256: Option<&str>,
    ) -> Result<ReloadResponse, ClientError> {
        let expect_sha256 = expect_sha256.map(str::to_owned);
        self.admin().request(&AdminRequest::Reload { name: name_of(project), expect_sha256 })
    }

    /// `push-creds` with scalars.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn push(&self, secrets: &[(&str, &str)]) -> PushResponse {
        self.push_payload(payload(secrets)).expect("the push is accepted")
    }

    /// `push-creds` with anything.
    ///
    /// # Errors
    /// What the broker said.
    pub fn push_payload(&self, payload: PushPayload) -> Result<PushResponse, ClientError> {
        self.admin().request(&AdminRequest::PushCreds(payload))
    }

    /// `clear-creds`.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn clear(&self) {
        let _: DoneResponse = self.admin().request(&AdminRequest::ClearCreds).expect("the store is cleared");
    }

    /// `list`.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn list(&self) -> ListResponse {
        self.admin().request(&AdminRequest::List).expect("the list")
    }

    /// `status`.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn status(&self) -> StatusResponse {
        self.admin().status().expect("the status")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Already ended is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl CommandLine {
    fn new(directory: &PrivateDirectory, options: &BrokerOptions) -> Self {
        let mut arguments: Vec<OsString> = vec!["run".into()];
        for (flag, value) in [
            ("--config", directory.config_file()),
            ("--socket-dir", directory.socket_dir()),
            ("--state-dir", directory.state_dir()),
            ("--audit-log-path", directory.audit_log()),
            ("--projects-root", directory.projects_root()),
        ] {
            arguments.extend([flag.into(), value.into_os_string()]);
        }
        arguments.extend(options.arguments.iter().cloned());
        Self {
            binary: options.binary.clone().unwrap_or_else(|| binaries::path("remo-broker")),
            arguments,
            environment: options.environment.clone(),
            admin_socket: directory.admin_socket(),
            socket_dir: directory.socket_dir(),
            audit_log: directory.audit_log(),
            stderr: directory.path().join("broker.stderr"),
        }
    }

    fn start(self) -> Result<Broker, Ended> {
        let stderr =
            File::options().create(true).append(true).open(&self.stderr).expect("a file for messages");
        let mut child = Command::new(&self.binary)
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.binary.display()));
        let outcome = wait::until(PATIENCE, "the broker's first answer", || {
            if let Some(status) = child.try_wait().expect("a look at the broker") {
                return Some(Err(status));
            }
            // The broker of this child, not one that was there before.
            let mut client = Client::connect_within(&self.admin_socket, PATIENCE).ok()?;
            let child_answers = server_process(&client) == Some(child.id());
            (child_answers && client.status().is_ok()).then_some(Ok(()))
        });
        match outcome {
            Ok(()) => Ok(Broker { child, command_line: self }),
            Err(status) => Err(Ended { status, stderr: self.stderr_text() }),
        }
    }

    fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.stderr).expect("the broker's messages")).into_owned()
    }
}

impl Ended {
    /// The exit code, when it ended by itself.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended it.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }
}

fn server_process(client: &Client) -> Option<u32> {
    let credentials = rustix::net::sockopt::socket_peercred(client.stream()).ok()?;
    u32::try_from(credentials.pid.as_raw_nonzero().get()).ok()
}

/// The fields of a registration of `project`.
///
/// # Panics
/// When its name is not one that the protocol allows.
pub fn registration(project: &Project, approve: bool) -> Register {
    Register {
        name: name_of(project),
        project_path: project.path().to_str().expect("a path in UTF-8").to_owned(),
        allowed_uids: None,
        approve,
    }
}

fn name_of(project: &Project) -> ProjectName {
    ProjectName::new(project.name()).expect("a project name")
}

/// A payload of scalars.
///
/// # Panics
/// When a name is not one that the protocol allows.
pub fn payload(secrets: &[(&str, &str)]) -> PushPayload {
    let mut payload = PushPayload::default();
    for (name, value) in secrets {
        let value = PushedSecret::Scalar(Secret::from_text((*value).to_owned()));
        payload.secrets.insert(secret_name(name), value);
    }
    payload
}

/// A bundle.
///
/// # Panics
/// When a field's name is not one that the protocol allows.
pub fn bundle(fields: &[(&str, &str)]) -> PushedSecret {
    let field = |(name, value): &(&str, &str)| {
        (FieldName::new(name).expect("a field name"), Secret::from_text((*value).to_owned()))
    };
    PushedSecret::Bundle(fields.iter().map(field).collect())
}

/// The name of a secret.
///
/// # Panics
/// When it is not one that the protocol allows.
pub fn secret_name(name: &str) -> SecretName {
    SecretName::new(name).expect("a secret name")
}
