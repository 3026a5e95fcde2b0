//! The reference tooling for dev containers, run against one engine.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::Value;

use crate::command::{Ended, run_within};
use crate::engine::Engine;
use crate::{bootstrap, programs};

/// How long one call may take on a busy machine: building an image is part of it.
const CALL: Duration = Duration::from_mins(5);

/// The tooling.
#[derive(Debug)]
pub struct DevContainers<'a> {
    engine: &'a Engine,
    program: PathBuf,
    home: PathBuf,
    user: Option<u32>,
}

impl<'a> DevContainers<'a> {
    /// The tooling of root.
    ///
    /// # Panics
    /// When it cannot be installed.
    pub fn new(engine: &'a Engine) -> Self {
        Self::of(engine, None)
    }

    /// The tooling of another user of the host: what it starts has that user's number as a remote user's.
    ///
    /// # Panics
    /// When it cannot be installed.
    pub fn of_user(engine: &'a Engine, user: u32) -> Self {
        Self::of(engine, Some(user))
    }

    fn of(engine: &'a Engine, user: Option<u32>) -> Self {
        let home = engine.folder().join(format!("home-{}", user.unwrap_or_default()));
        fs::create_dir_all(&home).expect("a home for the tooling");
        fs::set_permissions(&home, Permissions::from_mode(0o755)).expect("the mode of a home");
        std::os::unix::fs::chown(&home, user, user).expect("the owner of a home");
        Self { engine, program: bootstrap::tooling(), home, user }
    }

    /// `devcontainer up` with further arguments; one at a time in one engine.
    pub fn up(&self, project: &Path, further: &[&str]) -> Ended {
        let _building = self.engine.building.lock().unwrap_or_else(PoisonError::into_inner);
        self.call("up", project, &[&UP, further].concat(), &[])
    }

    /// The container that a successful `up` has named.
    ///
    /// # Panics
    /// When it did not succeed.
    pub fn container(up: Ended) -> String {
        let up = up.succeeded();
        let last = up.stdout.lines().last().expect("an outcome");
        let outcome: Value = serde_json::from_str(last).expect("an outcome in JSON");
        outcome["containerId"].as_str().expect("the container").to_owned()
    }

    /// `devcontainer exec` of one command.
    pub fn exec(&self, project: &Path, further: &[&str], command: &[&str]) -> Ended {
        self.call("exec", project, further, command)
    }

    /// `devcontainer read-configuration`.
    pub fn read_configuration(&self, project: &Path, further: &[&str]) -> Ended {
        self.call("read-configuration", project, further, &[])
    }

    /// The users of this machine and the tooling's.
    fn user_list(&self) -> PathBuf {
        let list = self.home.join("passwd");
        let user = self.user.unwrap_or_default();
        let listed = fs::read_to_string("/etc/passwd").expect("the users of this machine");
        let own = format!("remo-testbed:x:{user}:{user}::{}:/bin/sh\n", self.home.display());
        fs::write(&list, listed + &own).expect("a list of users");
        list
    }

    fn call(&self, task: &str, project: &Path, further: &[&str], command: &[&str]) -> Ended {
        // A folder for each project: the tooling names what it prepares for a build by the millisecond, and two of
        // them at once would take each other's.
        let own = self.home.join(project.file_name().unwrap_or_default());
        fs::create_dir_all(&own).expect("a folder for the tooling");
        std::os::unix::fs::chown(&own, self.user, self.user).expect("the owner of a folder");
        let docker = bootstrap::docker();
        let mut call = match self.user {
            None => Command::new(bootstrap::node()),
            Some(user) => {
                let mut call = Command::new(programs::expect("unshare"));
                let user = user.to_string();
                call.args(["--mount", "/bin/sh", "-c", LISTED, "sh"]).arg(self.user_list());
                call.arg(programs::expect("setpriv"));
                call.args(["--reuid", &user, "--regid", &user, "--clear-groups"]).arg(bootstrap::node());
                call
            }
        };
        call.arg(&self.program)
            .arg(task)
            .arg("--workspace-folder")
            .arg(project)
            .arg("--docker-path")
            .arg(&docker)
            .arg("--docker-compose-path")
            .arg(programs::expect("docker-compose"))
            .arg("--mount-workspace-git-root=false")
            .arg("--user-data-folder")
            .arg(own.join("data"))
            .args(further)
            .args(command)
            .current_dir("/")
            .env_clear()
            .env("PATH", programs::search_path(&bootstrap::node()))
            .env("HOME", &self.home)
            .env("TMPDIR", &own)
            .env("DOCKER_HOST", format!("unix://{}", self.engine.socket().display()));
        run_within(CALL, &mut call)
    }
}

/// The tooling asks for the name of its user, which this machine need not have: it sees a list of its own.
const LISTED: &str = r#"mount --bind "$1" /etc/passwd && shift && exec "$@""#;

/// Builds without what the Debian engine does not have.
const UP: [&str; 2] = ["--buildkit", "never"];
