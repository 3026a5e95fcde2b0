//! Questions to the engine, through the real `docker`, and the world as the judgement sees it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::surroundings::Surroundings;
use super::{Stop, host};
use crate::core::inspected::{self, Inspected};
use crate::core::names::is_plain;
use crate::core::world::{ExistingContainer, ExistingNetwork, ExistingVolume, Place, World};

/// What the engine says about itself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    /// Where it keeps everything.
    pub(crate) root: PathBuf,
    /// Whether containers share the control group namespace by default.
    pub(crate) shared_cgroup_namespace: bool,
}

/// Which running containers can exchange a path while it is opened.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Exchange {
    /// All of them. One that is started again, too: it can do it as it ends.
    All,
    /// Nobody: the paths are mounted already.
    Nobody,
}

/// The engine.
#[derive(Debug)]
pub(crate) struct Engine {
    docker: PathBuf,
    environment: Vec<(std::ffi::OsString, std::ffi::OsString)>,
    exchange: Exchange,
    writable: OnceCell<Result<Vec<(String, PathBuf)>, String>>,
}

impl Engine {
    pub(crate) fn new(surroundings: &Surroundings, exchange: Exchange) -> Result<Self, Stop> {
        Ok(Self {
            docker: surroundings.docker()?,
            environment: surroundings.environment.clone(),
            exchange,
            writable: OnceCell::new(),
        })
    }

    /// Runs the real `docker`; its standard output, or the last line of what it complained about.
    fn ask(&self, words: &[&str]) -> Result<String, String> {
        let output = Command::new(&self.docker)
            .args(words)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{}: {error}", self.docker.display()))?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr);
            return Err(complaint.trim().lines().last().unwrap_or("docker failed").to_owned());
        }
        String::from_utf8(output.stdout).map_err(|_| "docker answered with what is not UTF-8".to_owned())
    }

    fn inspect<T: DeserializeOwned>(&self, kind: &str, name: &str) -> Result<Option<T>, String> {
        match self.ask(&[kind, "inspect", "--format", "{{json .}}", "--", name]) {
            Ok(answer) => serde_json::from_str(&answer)
                .map(Some)
                .map_err(|error| format!("what docker says about the {kind} is not understood: {error}")),
            Err(complaint) => {
                let lower = complaint.to_lowercase();
                let missing = lower.contains("no such") || lower.contains("not found");
                if missing { Ok(None) } else { Err(complaint) }
            }
        }
    }

    /// Fetches an image; how far it is goes to standard error, and so does why it failed.
    pub(crate) fn pull(&self, image: &str, platform: Option<&str>) -> Result<(), ()> {
        let status = Command::new(&self.docker)
            .arg("pull")
            .args(platform.map(|platform| format!("--platform={platform}")))
            .args(["--", image])
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status();
        if status.is_ok_and(|status| status.success()) { Ok(()) } else { Err(()) }
    }

    pub(crate) fn about(&self) -> Result<About, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Info {
            docker_root_dir: PathBuf,
            #[serde(default)]
            cgroup_version: String,
        }
        let answer = self.ask(&["info", "--format", "{{json .}}"])?;
        let info: Info =
            serde_json::from_str(&answer).map_err(|_| "the engine cannot be reached".to_owned())?;
        if !info.docker_root_dir.is_absolute() {
            return Err("the engine cannot be reached".to_owned());
        }
        Ok(About { root: info.docker_root_dir, shared_cgroup_namespace: info.cgroup_version == "1" })
    }

    /// A container with everything that it was made with.
    pub(crate) fn inspected(&self, name: &str) -> Result<Option<Inspected>, String> {
        if is_plain(name) {
            self.inspect("container", name)
        } else {
            Err("is no name of a container".to_owned())
        }
    }

    /// The identifiers of containers by a filter.
    pub(crate) fn list(&self, all: bool, filter: Option<&str>) -> Result<Vec<String>, String> {
        let mut words = vec!["ps", "--quiet", "--no-trunc"];
        if all {
            words.push("--all");
        }
        if let Some(filter) = filter {
            words.extend(["--filter", filter]);
        }
        Ok(self.ask(&words)?.split_whitespace().map(str::to_owned).collect())
    }

    fn running_writers(&self) -> Result<Vec<(String, PathBuf)>, String> {
        let mut writable = Vec::new();
        for id in self.list(false, None)? {
            // One that has ended in between writes nothing any more.
            let Some(container) = self.inspected(&id)? else { continue };
            let name = container.name.trim_start_matches('/').to_owned();
            for mount in container.mounts.iter().filter(|mount| mount.writable) {
                let mut source = PathBuf::from(&mount.source);
                if mount.kind == "volume" {
                    // A volume can be a directory of the host, too.
                    let options = self.volume(&mount.name)?.map(|volume| volume.options).unwrap_or_default();
                    match options.get("device") {
                        Some(device) => source = PathBuf::from(device),
                        None => continue,
                    }
                } else if mount.kind != "bind" {
                    continue;
                }
                let place = host::resolve(&source).map_or(source, |place| place.path);
                writable.push((name.clone(), place));
            }
        }
        Ok(writable)
    }
}

impl World for Engine {
    fn resolve(&self, path: &Path) -> Result<Place, String> {
        host::resolve(path)
    }

    fn volume(&self, name: &str) -> Result<Option<ExistingVolume>, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Volume {
            driver: String,
            options: Option<BTreeMap<String, String>>,
            labels: Option<BTreeMap<String, String>>,
        }
        let found: Option<Volume> = self.inspect("volume", name)?;
        Ok(found.map(|volume| ExistingVolume {
            driver: volume.driver,
            options: volume.options.unwrap_or_default(),
            labels: volume.labels.unwrap_or_default(),
        }))
    }

    fn network(&self, name: &str) -> Result<Option<ExistingNetwork>, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Network {
            name: String,
            driver: String,
            labels: Option<BTreeMap<String, String>>,
        }
        let found: Option<Network> = self.inspect("network", name)?;
        Ok(found.map(|network| ExistingNetwork {
            name: network.name,
            driver: network.driver,
            labels: network.labels.unwrap_or_default(),
        }))
    }

    fn container(&self, name: &str) -> Result<Option<ExistingContainer>, String> {
        Ok(self.inspected(name)?.map(|container| ExistingContainer {
            mounts: inspected::effective_mounts(&container),
            name: container.name.trim_start_matches('/').to_owned(),
            labels: container.config.labels.unwrap_or_default(),
        }))
    }

    fn writable_by_running(&self) -> Result<Vec<(String, PathBuf)>, String> {
        match &self.exchange {
            Exchange::Nobody => Ok(Vec::new()),
            Exchange::All => self.writable.get_or_init(|| self.running_writers()).clone(),
        }
    }

    fn image_labels(&self, image: &str) -> Result<Option<BTreeMap<String, String>>, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Image {
            config: Option<Config>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Config {
            labels: Option<BTreeMap<String, String>>,
        }
        let found: Option<Image> = self.inspect("image", image)?;
        Ok(found.map(|image| image.config.and_then(|config| config.labels).unwrap_or_default()))
    }
}
