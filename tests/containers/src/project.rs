//! A project with a dev container configuration that has the feature.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use remo_testkit::{Project, registration};

use crate::Stage;

/// A variable and a file, both required.
pub const BINDINGS: &str = r#"
[secrets.gh]
env_var = "GH_TOKEN"

[secrets.aws]
fetch_as = "file"
file_path = "~/.aws/credentials"
file_mode = "0600"
"#;

/// Where the feature lies in a project that has it committed.
const FEATURE: &str = ".devcontainer/secrets";

/// A project directory.
#[derive(Debug, Clone)]
pub struct ContainerProject {
    project: Project,
}

impl ContainerProject {
    /// A project with `bindings`, registered for the user number `user` of its containers, but not approved. Its
    /// directory belongs to `owner`.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn unapproved(stage: &Stage, name: &str, bindings: &str, user: u32, owner: u32) -> Self {
        let unregistered = Self::unregistered(stage, name, bindings, owner);
        let mut register = registration(&unregistered.project, false);
        register.allowed_uids = Some(vec![user]);
        stage.broker.register_as(register).expect("the project is registered");
        unregistered
    }

    /// A project that the broker does not know.
    pub fn unregistered(stage: &Stage, name: &str, bindings: &str, owner: u32) -> Self {
        let project = Project::without_manifest(&stage.directory, name).owned_by(owner);
        project.write_manifest(&format!("schema_version = 1\nproject = \"{name}\"\n{bindings}"));
        remo_testbed::feature::unpack(&project.path().join(FEATURE));
        Self { project }
    }

    /// The same, approved.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn new(stage: &Stage, name: &str, user: u32, owner: u32) -> Self {
        let project = Self::unapproved(stage, name, BINDINGS, user, owner);
        project.approve(stage);
        project
    }

    /// Approves the manifest as it is.
    ///
    /// # Panics
    /// When the broker refuses.
    pub fn approve(&self, stage: &Stage) {
        stage.broker.reload(&self.project, None).expect("the manifest is approved");
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.project.name()
    }

    /// Its directory.
    pub fn path(&self) -> &Path {
        self.project.path()
    }

    /// A file of the project.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file of the project, with its folders.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &str) {
        let file = self.file(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("the folder of a file");
        fs::write(file, text).expect("a file of the project");
    }

    /// Writes the configuration: `fields` are JSON members.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn configure(&self, fields: &str) {
        self.write(".devcontainer/devcontainer.json", &format!("{{\n{fields}\n}}\n"));
    }

    /// Gives everything in it to `owner`.
    ///
    /// # Panics
    /// When that does not work.
    pub fn give(&self, owner: u32) {
        let mut waiting = vec![self.path().to_owned()];
        while let Some(path) = waiting.pop() {
            chown(&path, Some(owner), Some(owner)).expect("another owner");
            if path.is_dir() {
                waiting.extend(fs::read_dir(&path).expect("a folder").flatten().map(|entry| entry.path()));
            }
        }
    }
}
