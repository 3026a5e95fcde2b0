//! An instance: a home, programs, projects, broker and engine.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use remo_testbed::images::Image;
use remo_testbed::{Ended, bootstrap, feature, run_within};
use remo_testkit::{PrivateDirectory, Project, binaries};

use crate::Stage;

/// How long one command may take on a busy machine: building an image is part of it.
const LIMIT: Duration = Duration::from_mins(8);

/// The configuration of most tests.
pub const USUAL: &str = r#""image": "remo-testbed/debian:3", "remoteUser": "dev""#;

/// The instance. `/` of the person is a private directory.
#[derive(Debug)]
pub struct Instance {
    /// Broker and engine.
    pub stage: Stage,
    place: PrivateDirectory,
}

impl Instance {
    /// Starts everything; `None` after `test` was reported as skipped, when something is missing here.
    ///
    /// # Panics
    /// When one of the parts does not start.
    pub fn start(test: &str) -> Option<Self> {
        Self::with_broker(test, "")
    }

    /// The same, with a configuration of the broker.
    ///
    /// # Panics
    /// When one of the parts does not start.
    pub fn with_broker(test: &str, configuration: &str) -> Option<Self> {
        let stage = Stage::with_broker(test, &[Image::Debian], configuration)?;
        let place = PrivateDirectory::new();
        let bin = place.path().join("bin");
        fs::create_dir(&bin).expect("a file of the instance");
        for name in ["remo", "remo-docker"] {
            fs::copy(binaries::path(name), bin.join(name)).expect("a file of the instance");
        }
        for (name, program) in
            [("remo-docker-compose", "remo-docker"), ("project-menu", "remo"), ("project-launch", "remo")]
        {
            symlink(program, bin.join(name)).expect("a file of the instance");
        }
        let cli = format!(
            "#!/bin/sh\nexec {} {} \"$@\"\n",
            bootstrap::node().display(),
            bootstrap::tooling().display()
        );
        fs::write(bin.join("devcontainer"), cli).expect("a file of the instance");
        fs::set_permissions(bin.join("devcontainer"), fs::Permissions::from_mode(0o755))
            .expect("a file of the instance");
        fs::create_dir(place.path().join("home")).expect("a file of the instance");
        Some(Self { stage, place })
    }

    /// What the launcher remembers.
    pub fn state(&self) -> PathBuf {
        self.place.path().join("home/.local/state/remo")
    }

    /// A file of the instance that no container has.
    pub fn file(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// The home of the person.
    pub fn home(&self) -> PathBuf {
        self.file("home")
    }

    /// A project with a manifest for `gh` and a configuration of these members, that the broker does not know yet.
    ///
    /// # Panics
    /// When its files cannot be written.
    pub fn project(&self, name: &str, configuration: &str) -> Project {
        let project = Project::without_manifest(&self.stage.directory, name);
        project.write_manifest(&format!(
            "schema_version = 1\nproject = \"{name}\"\n[secrets.gh]\nenv_var = \"GH_TOKEN\"\n"
        ));
        configure(&project, configuration);
        project
    }

    /// Runs the launcher.
    ///
    /// # Panics
    /// When it does not end.
    pub fn remo(&self, words: &[&str]) -> Ended {
        run_within(LIMIT, self.command("remo").args(words))
    }

    /// A program of the product, with the environment that a person would have.
    pub fn command(&self, name: &str) -> Command {
        let bin = self.file("bin");
        let mut command = Command::new(bin.join(name));
        command
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("HOME", self.place.path().join("home"))
            .env("REMO_INSTANCE", "box")
            .env("REMO_PROJECTS_ROOT", self.stage.directory.projects_root())
            .env("REMO_BROKER_ADMIN_SOCKET", self.stage.directory.admin_socket())
            .env("REMO_DOCKER_HOST", format!("unix://{}", self.stage.engine.socket().display()))
            .env("REMO_DOCKER", bootstrap::docker())
            .env("REMO_FEATURE", feature::packaged().join("oci"))
            .env("DOCKER_BUILDKIT", "0")
            // What a configuration must not get at.
            .env("HOST_TOKEN", "of-the-host")
            .current_dir("/");
        command
    }

    /// Approves the manifest and starts the project; the id of its container.
    ///
    /// # Panics
    /// When it does not start.
    pub fn up(&self, name: &str) -> String {
        self.remo(&["up", name, "--yes"]).succeeded().stdout.trim().to_owned()
    }
}

/// Writes the configuration of a project: these members.
///
/// # Panics
/// When that does not work.
pub fn configure(project: &Project, configuration: &str) {
    let folder = project.path().join(".devcontainer");
    fs::create_dir_all(&folder).expect("a file of the instance");
    fs::write(folder.join("devcontainer.json"), format!("{{ {configuration} }}\n"))
        .expect("a file of the instance");
}
