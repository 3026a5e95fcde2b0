//! The Dev Containers CLI: which programs a start takes, and its command line.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use super::progress;
use crate::failure::Failure;
use crate::places::Places;
use crate::project::Project;

/// The CLI.
const CLI: &str = "devcontainer";

/// The launch gate, as `docker` and as `docker-compose`.
const GATE: [&str; 2] = ["remo-docker", "remo-docker-compose"];

/// Where the gate is looked for, after the folder of this program.
const FOLDERS: &[&str] = &["/usr/bin", "/usr/local/bin", "/usr/lib/remo"];

/// The programs of a start.
#[derive(Debug, Clone)]
pub struct Tooling {
    /// The Dev Containers CLI.
    pub cli: PathBuf,
    /// The gate in the place of `docker`.
    pub docker: PathBuf,
    /// The gate in the place of `docker-compose`.
    pub compose: PathBuf,
}

/// What one start is.
#[derive(Debug)]
pub struct Start<'a> {
    /// The project.
    pub project: &'a Project,
    /// The file that relative paths of the configuration are taken from.
    pub configuration: &'a Path,
    /// The frozen copy.
    pub frozen: &'a Path,
    /// What the CLI has to ask for to get the feature.
    pub feature: Option<&'a str>,
    /// Throw the container away that is there, and make it again.
    pub rebuild: bool,
}

impl Tooling {
    /// Finds everything; without the gate there is no start.
    pub fn find(places: &Places) -> Result<Self, Failure> {
        let cli = places.program(CLI).ok_or_else(|| {
            Failure::new("the Dev Containers CLI is not installed")
                .hint("install it: npm install --global @devcontainers/cli")
        })?;
        let [docker, compose] = GATE.map(|name| gate(places, name));
        Ok(Self { cli, docker: docker?, compose: compose? })
    }
}

/// One name of the gate: beside this program, or where packages put it.
pub fn gate(places: &Places, name: &str) -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
    own.into_iter()
        .chain(FOLDERS.iter().map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|path| path.is_file() && !places.is_of_a_project(path))
        .ok_or_else(|| {
            Failure::new(format!("the launch gate {name} is not installed; nothing is started without it"))
                .hint("install remo-docker beside remo, and remo-docker-compose as a link to it")
        })
}

impl Start<'_> {
    /// The arguments of the CLI.
    pub fn arguments(&self, tooling: &Tooling) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["up".into()];
        let mut pair = |flag: &str, value: &OsStr| words.extend([OsString::from(flag), value.to_owned()]);
        pair("--workspace-folder", self.project.path.as_os_str());
        pair("--docker-path", tooling.docker.as_os_str());
        pair("--docker-compose-path", tooling.compose.as_os_str());
        pair("--config", self.configuration.as_os_str());
        pair("--override-config", self.frozen.as_os_str());
        pair("--log-format", OsStr::new("text"));
        if let Some(feature) = self.feature {
            let mut features = serde_json::Map::new();
            features.insert(feature.to_owned(), serde_json::json!({}));
            pair("--additional-features", OsStr::new(&serde_json::Value::from(features).to_string()));
        }
        words.push("--mount-workspace-git-root=false".into());
        if self.rebuild {
            words.push("--remove-existing-container".into());
        }
        words
    }
}

/// The environment of the CLI. Should it ever start git in a project, git obeys nothing of that project.
pub fn environment(places: &Places, project: &str, temporary: &Path) -> Vec<(OsString, OsString)> {
    let mut environment: Vec<_> = places.environment();
    environment.retain(|(name, _)| name != "NO_PROXY" && name != "no_proxy" && name != "TMPDIR");
    let mut set = |name: &str, value: OsString| environment.push((name.into(), value));
    set("REMO_PROJECT", project.into());
    set("TMPDIR", temporary.into());
    // The feature comes from this machine, past every proxy.
    let mut no_proxy = OsString::from("localhost,127.0.0.1");
    if let Some(given) = places.variable("NO_PROXY").or_else(|| places.variable("no_proxy")) {
        no_proxy.push(",");
        no_proxy.push(given);
    }
    set("NO_PROXY", no_proxy);
    for (number, (key, value)) in
        [("core.fsmonitor", "false"), ("core.hooksPath", "/dev/null"), ("core.sshCommand", "false")]
            .into_iter()
            .enumerate()
    {
        set(&format!("GIT_CONFIG_KEY_{number}"), key.into());
        set(&format!("GIT_CONFIG_VALUE_{number}"), value.into());
    }
    set("GIT_CONFIG_COUNT", "3".into());
    environment
}

/// How the CLI ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status.
    pub status: ExitStatus,
    /// Standard output.
    pub output: String,
    /// The last lines on standard error.
    pub last: Vec<String>,
}

/// Runs the CLI from `/`; what it says meanwhile is shown and goes to the log.
pub fn run(places: &Places, tooling: &Tooling, start: &Start<'_>, log: &Path) -> Result<Ended, Failure> {
    let name = &start.project.name;
    // The CLI names what it prepares by the millisecond: a folder for each project keeps two starts apart.
    let temporary = places.home.join(".cache/remo/start").join(name);
    // What an earlier start has left there; the caller holds the project's claim, so that none goes on.
    match fs::remove_dir_all(&temporary) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::at("empty", &temporary, &error));
        }
        _ => {}
    }
    crate::containers::make_private(&temporary).map_err(|error| Failure::at("use", &temporary, &error))?;
    let mut log = progress::open_log(log).map_err(|error| Failure::at("open the log", log, &error))?;
    let failed = |error: std::io::Error| Failure::at("run", &tooling.cli, &error);
    let mut child = Command::new(&tooling.cli)
        .args(start.arguments(tooling))
        .env_clear()
        .envs(environment(places, name, &temporary))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reader = std::thread::spawn(move || {
        let mut output = Vec::new();
        if let Some(stdout) = stdout {
            // What was read until then is judged.
            let _ = stdout.take(1 << 20).read_to_end(&mut output);
        }
        String::from_utf8_lossy(&output).into_owned()
    });
    let last = match stderr {
        Some(stderr) => progress::follow(stderr, &format!("starting {name}"), &mut log),
        None => Vec::new(),
    };
    let status = child.wait().map_err(failed)?;
    let output = reader.join().unwrap_or_default();
    Ok(Ended { status, output, last })
}

/// Writes the frozen configuration to the launcher's state.
pub fn freeze(places: &Places, project: &str, content: &str) -> Result<PathBuf, Failure> {
    let folder = places.state.join("configurations").join(project);
    let path = folder.join("devcontainer.json");
    crate::containers::make_private(&folder)
        .and_then(|()| fs::write(&path, content))
        .map_err(|error| Failure::at("write", &path, &error))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_start_goes_through_the_gate_with_the_frozen_configuration() {
        let project = Project { name: "a".to_owned(), path: "/p/a".into(), vended: None };
        let tooling =
            Tooling { cli: "/cli".into(), docker: "/gate/docker".into(), compose: "/gate/compose".into() };
        let start = Start {
            project: &project,
            configuration: Path::new("/p/a/.devcontainer.json"),
            frozen: Path::new("/state/a.json"),
            feature: Some("localhost:1/remo/secrets@sha256:ab"),
            rebuild: false,
        };
        let words: Vec<String> =
            start.arguments(&tooling).into_iter().map(|word| word.into_string().unwrap()).collect();
        assert_eq!(
            words.join(" "),
            "up --workspace-folder /p/a --docker-path /gate/docker --docker-compose-path /gate/compose \
             --config /p/a/.devcontainer.json --override-config /state/a.json --log-format text \
             --additional-features {\"localhost:1/remo/secrets@sha256:ab\":{}} \
             --mount-workspace-git-root=false"
        );
    }
}
