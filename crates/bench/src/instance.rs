//! A broker of our own in a private directory, with projects and secrets made up for the bench.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use remo_secret::Secret;
use remo_wire::admin::{AdminRequest, PushPayload, PushResponse, PushedSecret, Register, RegisterResponse};
use remo_wire::client::Client;
use remo_wire::names::{ProjectName, SecretName};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::process::{Process, wait_until};

pub use audit::AuditLog;

mod audit;

/// The audit budget of a project, in bytes an hour: out of reach, since a load of minutes writes what the
/// shipped limit allows in an hour.
const LIFTED_AUDIT_BUDGET: u64 = 1 << 50;

/// What the configuration of a measured broker changes, for the notes of the report.
pub const CONFIGURATION_NOTE: &str = "audit on, log on an ordinary disk; [limits] audit_bytes_per_hour is lifted \
     for the bench, every other setting is the shipped one";

/// The programs under measurement.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `remo-broker`.
    pub broker: PathBuf,
    /// `remo-vault`.
    pub vault: PathBuf,
    /// `remo-fetch-secrets`, static.
    pub helper: PathBuf,
    /// `remo-null-echo`.
    pub null_echo: PathBuf,
}

/// The directories of one broker, and the broker while it runs.
#[derive(Debug)]
pub struct Instance {
    programs: Programs,
    broker: Option<Process>,
    disk: TempDir,
    sockets: TempDir,
}

impl Instance {
    /// Makes the directories and the configuration; nothing runs yet.
    ///
    /// Sockets go to the system's directory for temporary files: a socket's path has at most 107 bytes, and
    /// `work_dir` may be deep. State, projects and the audit log go below `work_dir`.
    pub fn new(programs: &Programs, work_dir: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(work_dir)
            .map_err(Failure::because(format!("cannot make {}", work_dir.display())))?;
        let made = "cannot make a private directory";
        let work_dir = work_dir.canonicalize().map_err(Failure::because(made))?;
        let disk = tempfile::Builder::new()
            .prefix("instance-")
            .tempdir_in(work_dir)
            .map_err(Failure::because(made))?;
        let sockets = tempfile::tempdir().map_err(Failure::because(made))?;
        for directory in ["state", "projects", "log", "vault"] {
            fs::create_dir(disk.path().join(directory)).map_err(Failure::because(made))?;
        }
        fs::write(
            disk.path().join("config.toml"),
            format!("[limits]\naudit_bytes_per_hour = {LIFTED_AUDIT_BUDGET}\n"),
        )
        .map_err(Failure::because("cannot write the configuration"))?;
        Ok(Self { programs: programs.clone(), broker: None, disk, sockets })
    }

    /// Makes the directories and starts a broker in them.
    pub fn started(programs: &Programs, work_dir: &Path) -> Result<Self, Failure> {
        let mut instance = Self::new(programs, work_dir)?;
        instance.start()?;
        Ok(instance)
    }

    /// The command that starts the broker.
    pub fn broker_command(&self) -> Command {
        let mut command = Command::new(&self.programs.broker);
        command.arg("run");
        command.arg("--config").arg(self.disk.path().join("config.toml"));
        command.arg("--socket-dir").arg(self.socket_dir());
        command.arg("--state-dir").arg(self.disk.path().join("state"));
        command.arg("--audit-log-path").arg(self.audit_log_path());
        command.arg("--projects-root").arg(self.disk.path().join("projects"));
        // What a broker says on standard error in a bench is that it was killed, over and over.
        command.stderr(std::process::Stdio::null());
        command
    }

    /// Starts the broker and waits until it answers.
    pub fn start(&mut self) -> Result<(), Failure> {
        self.broker = Some(Process::start(&mut self.broker_command())?);
        let admin = self.admin_socket();
        wait_until("the broker does not come up", || {
            Client::connect(&admin).and_then(|mut client| client.status()).is_ok()
        })
    }

    /// Takes over a broker that was started with [`Self::broker_command`].
    pub fn adopt(&mut self, broker: Process) {
        self.broker = Some(broker);
    }

    /// The broker that runs.
    pub fn broker(&self) -> Result<&Process, Failure> {
        self.broker.as_ref().ok_or_else(|| Failure::new("no broker runs"))
    }

    /// The broker that runs, out of this instance's hands.
    pub fn take_broker(&mut self) -> Result<Process, Failure> {
        self.broker.take().ok_or_else(|| Failure::new("no broker runs"))
    }

    /// A connection to the admin socket.
    pub fn admin(&self) -> Result<Client, Failure> {
        Ok(Client::connect(&self.admin_socket())?)
    }

    /// Where the sockets are.
    pub fn socket_dir(&self) -> &Path {
        self.sockets.path()
    }

    /// The admin socket.
    pub fn admin_socket(&self) -> PathBuf {
        self.sockets.path().join("admin.sock")
    }

    /// Directory for the files of a vault.
    pub fn vault_dir(&self) -> PathBuf {
        self.disk.path().join("vault")
    }

    /// Counts audit lines from now on.
    pub fn audit_log(&self) -> Result<AuditLog, Failure> {
        AuditLog::from_now(self.audit_log_path())
    }

    fn audit_log_path(&self) -> PathBuf {
        self.disk.path().join("log/audit.log")
    }

    /// Makes a project whose manifest names `secrets`, registers and approves it; returns its socket.
    pub fn add_project(
        &self,
        admin: &mut Client,
        name: &str,
        secrets: &[String],
    ) -> Result<PathBuf, Failure> {
        let directory = self.disk.path().join("projects").join(name);
        let mut manifest = format!("schema_version = 1\nproject = \"{name}\"\n");
        for secret in secrets {
            let _ = writeln!(manifest, "[secrets.{secret}]");
        }
        fs::create_dir_all(directory.join(".remo"))
            .and_then(|()| fs::write(directory.join(".remo/manifest.toml"), manifest))
            .map_err(Failure::because(format!("cannot make the project {name}")))?;
        let response: RegisterResponse = admin.request(&AdminRequest::Register(Register {
            name: project_name(name)?,
            project_path: directory.to_string_lossy().into_owned(),
            allowed_uids: None,
            approve: true,
        }))?;
        if !response.approved {
            return Err(Failure::new(format!("the broker did not approve the project {name}")));
        }
        Ok(response.socket_path.into())
    }
}

/// Pushes a whole snapshot.
pub fn push(admin: &mut Client, secrets: &[(String, String)]) -> Result<PushResponse, Failure> {
    Ok(admin.request(&push_request(secrets)?)?)
}

/// The request that pushes a whole snapshot.
pub fn push_request(secrets: &[(String, String)]) -> Result<AdminRequest, Failure> {
    let mut payload = PushPayload::default();
    for (name, value) in secrets {
        let name = SecretName::new(name).map_err(Failure::because("not a secret name"))?;
        payload.secrets.insert(name, PushedSecret::Scalar(Secret::from_text(value.clone())));
    }
    Ok(AdminRequest::PushCreds(payload))
}

fn project_name(name: &str) -> Result<ProjectName, Failure> {
    ProjectName::new(name).map_err(Failure::because("not a project name"))
}
