//! The real Docker, asked about containers by their ids.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use remo_gate::core::policy::PROJECT_LABEL;
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::containers::is_container_id;
use crate::failure::Failure;
use crate::launch::remote_environment;
use crate::places::Places;

/// Where the real client is looked for; never on the caller's path.
const FOLDERS: &[&str] = &["/usr/bin", "/usr/local/bin", "/bin"];

/// Where the tooling keeps the configuration that a container was made with.
const METADATA_LABEL: &str = "devcontainer.metadata";

/// The engine's client.
#[derive(Debug)]
pub struct Engine<'a> {
    places: &'a Places,
    docker: PathBuf,
}

/// What the engine says about a container.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Inspected {
    /// Its whole id.
    pub id: String,
    /// The id of its image; empty when the engine does not say it.
    #[serde(default)]
    pub image: String,
    /// How it is.
    pub state: State,
    config: Config,
    #[serde(default)]
    network_settings: NetworkSettings,
}

/// Whether a container runs, and since when.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct State {
    /// Whether it runs.
    pub running: bool,
    /// When it was started last.
    pub started_at: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    labels: Option<BTreeMap<String, String>>,
    #[serde(default)]
    env: Option<Vec<String>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    networks: Option<BTreeMap<String, serde_json::Value>>,
}

impl Inspected {
    /// The names of the networks that it is on; those on which nobody reaches anybody are left out.
    pub fn networks(&self) -> impl Iterator<Item = &str> {
        self.network_settings
            .networks
            .iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .filter(|name| *name != "none")
    }

    /// What the configuration gives to shells and commands.
    pub fn remote_environment(&self) -> Vec<(String, String)> {
        let label = self.config.labels.as_ref().and_then(|labels| labels.get(METADATA_LABEL));
        let environment = self.config.env.as_deref().unwrap_or_default();
        label.map(|label| remote_environment::read(label, environment)).unwrap_or_default()
    }

    /// The project that the launch gate made it for. An image cannot say this: the gate sets it on every container.
    pub fn project(&self) -> Option<&str> {
        self.label(PROJECT_LABEL)
    }

    /// The value of one of its labels.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.config.labels.as_ref()?.get(name).map(String::as_str)
    }
}

impl<'a> Engine<'a> {
    /// Finds the client.
    pub fn new(places: &'a Places) -> Result<Self, Failure> {
        let named = places.variable("REMO_DOCKER").map(PathBuf::from).filter(|path| path.is_absolute());
        let usual =
            || FOLDERS.iter().map(|folder| Path::new(folder).join("docker")).find(|path| path.is_file());
        let found = match named {
            Some(path) => Some(path).filter(|path| path.is_file()),
            None => usual(),
        };
        let docker = found.ok_or_else(|| {
            Failure::new("docker is not installed").hint("install Docker, then see: remo doctor")
        })?;
        Ok(Self { places, docker })
    }

    /// The client.
    pub fn program(&self) -> &Path {
        &self.docker
    }

    /// A call of the client from `/`, with a clean environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.docker);
        command.env_clear().envs(self.places.docker_environment()).current_dir("/");
        command
    }

    /// Standard output of a call, or the last line of what it complained about.
    pub fn ask(&self, words: &[&str]) -> Result<String, String> {
        let output = self
            .command()
            .args(words)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", self.docker.display()))?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(complaint.trim().lines().last().unwrap_or("docker failed").to_owned());
        }
        String::from_utf8(output.stdout).map_err(|_| "docker answered with what is not UTF-8".to_owned())
    }

    /// The container with this id; `None` when there is none any more.
    pub fn inspect(&self, id: &str) -> Result<Option<Inspected>, Failure> {
        if !is_container_id(id) {
            return Err(Failure::new("what is remembered is no id of a container"));
        }
        match self.ask(&["container", "inspect", "--format", "{{json .}}", "--", id]) {
            Ok(answer) => {
                let found: Inspected = serde_json::from_str(&answer)
                    .map_err(|error| Failure::new(format!("what docker says is not understood: {error}")))?;
                // Docker takes names too; what was asked for is this id.
                Ok(Some(found).filter(|found| found.id == id))
            }
            Err(complaint) if complaint.to_lowercase().contains("no such container") => Ok(None),
            Err(complaint) => Err(Failure::new(format!("docker: {complaint}"))
                .hint("see whether Docker runs and whether you may talk to it: remo doctor")),
        }
    }
}
