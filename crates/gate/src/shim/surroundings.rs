//! What the gate takes from the environment and the host: the project, the real programs, what is protected.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Stop;
use super::engine::Engine;
use super::host;
use crate::core::policy::{Policy, Protected};
use crate::core::protected::{Layout, places};

/// Variables that the real command may see. What steers Docker, Compose or a builder is not among them: it would
/// change the engine or the files after they were judged.
const PASSED: &[&str] = &[
    "HOME",
    "PATH",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TERM",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "TZ",
    "XDG_RUNTIME_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Where the real commands are looked for; never on the caller's path.
const PROGRAMS: &[&str] = &["/usr/bin", "/usr/local/bin", "/bin"];

/// Where the broker's sockets are.
const BROKER_DIRECTORY: &str = "/run/remo-broker";

/// The project that the command is for.
#[derive(Debug, Clone)]
pub(crate) struct Project {
    /// Its name.
    pub(crate) name: String,
    /// Its directory, without links.
    pub(crate) path: PathBuf,
}

/// Everything that comes from outside.
#[derive(Debug)]
pub(crate) struct Surroundings {
    variables: BTreeMap<String, OsString>,
    /// The launcher's state.
    pub(crate) state_directory: PathBuf,
    /// Where relative paths begin.
    pub(crate) working_directory: PathBuf,
    /// What the real command's environment is.
    pub(crate) environment: Vec<(OsString, OsString)>,
    projects_root: PathBuf,
}

impl Surroundings {
    /// Reads the environment.
    pub(crate) fn read(environment: Vec<(OsString, OsString)>) -> Result<Self, Stop> {
        let variables: BTreeMap<String, OsString> = environment
            .into_iter()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        let home = variables
            .get("HOME")
            .map(PathBuf::from)
            .filter(|home| home.is_absolute())
            .ok_or_else(|| Stop::problem("HOME is not set"))?;
        let projects_root =
            variables.get("REMO_PROJECTS_ROOT").map_or_else(|| home.join("projects"), PathBuf::from);
        let working_directory = std::env::current_dir()
            .map_err(|error| Stop::problem(format!("the working directory: {error}")))?;
        let mut passed: Vec<(OsString, OsString)> = variables
            .iter()
            .filter(|(name, _)| PASSED.contains(&name.as_str()) || name.starts_with("LC_"))
            .map(|(name, value)| (OsString::from(name), value.clone()))
            .collect();
        if let Some(engine) = variables.get("REMO_DOCKER_HOST") {
            passed.push(("DOCKER_HOST".into(), engine.clone()));
        }
        // Which of the two builders: both are judged alike.
        if let Some(builder) = variables.get("DOCKER_BUILDKIT").filter(|value| *value == "0" || *value == "1")
        {
            passed.push(("DOCKER_BUILDKIT".into(), builder.clone()));
        }
        Ok(Self {
            state_directory: home.join(".local/state/remo"),
            variables,
            working_directory,
            environment: passed,
            projects_root,
        })
    }

    /// The real `docker`.
    pub(crate) fn docker(&self) -> Result<PathBuf, Stop> {
        self.program("REMO_DOCKER", "docker")
    }

    /// The real `docker-compose`.
    pub(crate) fn docker_compose(&self) -> Result<PathBuf, Stop> {
        self.program("REMO_DOCKER_COMPOSE", "docker-compose")
    }

    fn program(&self, variable: &str, name: &str) -> Result<PathBuf, Stop> {
        let own = fs::metadata("/proc/self/exe").map(|it| (it.dev(), it.ino())).ok();
        let is_real = |path: &PathBuf| {
            fs::metadata(path).is_ok_and(|found| found.is_file() && Some((found.dev(), found.ino())) != own)
        };
        let found = match self.variables.get(variable) {
            Some(path) => Some(PathBuf::from(path)).filter(|path| path.is_absolute() && is_real(path)),
            None => PROGRAMS.iter().map(|folder| Path::new(folder).join(name)).find(is_real),
        };
        found.ok_or_else(|| {
            let hint = format!("install it, or name it with {variable}=PATH");
            Stop::Problem(format!("the real {name} is not found"), Some(hint))
        })
    }

    /// The project: by `REMO_PROJECT`, or the one that the working directory lies in.
    pub(crate) fn project(&self) -> Result<Project, Stop> {
        let root = fs::canonicalize(&self.projects_root).map_err(|error| {
            Stop::problem(format!("projects root {}: {error}", self.projects_root.display()))
        })?;
        let name = match self.variables.get("REMO_PROJECT") {
            Some(name) => name.to_str().map(str::to_owned),
            None => self
                .working_directory
                .strip_prefix(&root)
                .ok()
                .and_then(|below| below.components().next())
                .and_then(|first| first.as_os_str().to_str().map(str::to_owned)),
        };
        let hint = || Some("name the project with REMO_PROJECT=NAME".to_owned());
        let name = name.ok_or_else(|| Stop::Problem("no project is named".to_owned(), hint()))?;
        if !is_folder_name(&name) {
            return Err(Stop::Problem(
                "the project's name is that of no folder of a project".to_owned(),
                hint(),
            ));
        }
        let path = root.join(&name);
        match fs::canonicalize(&path) {
            Ok(real) if real == path => Ok(Project { name, path }),
            Ok(_) => Err(Stop::problem(format!("{} is a link", path.display()))),
            Err(error) => Err(Stop::problem(format!("{}: {error}", path.display()))),
        }
    }

    /// The policy for the project, with what the engine says about itself.
    pub(crate) fn policy(&self, engine: &Engine) -> Result<Policy, Stop> {
        let project = self.project()?;
        let root = project.path.parent().unwrap_or(&project.path).to_owned();
        let about = engine.about().map_err(Stop::problem)?;
        let layout = Layout {
            other_projects: others(&root, &project.name)?,
            projects_root: root,
            state_directory: self.state_directory.clone(),
            engine_sockets: self.engine_sockets(),
            engine_root: about.root,
            tool_directories: self.tool_directories(),
            broker_directory: BROKER_DIRECTORY.into(),
            key_directory: self
                .variables
                .get("REMO_VAULT_KEY_DIR")
                .map(PathBuf::from)
                .filter(|folder| folder.is_absolute()),
        };
        let protected = places(&layout)
            .into_iter()
            .map(|(what, path, reach)| {
                // What does not exist yet is protected by its path.
                let place = host::resolve(&path).unwrap_or_else(|_| host::unresolved(&path));
                Protected { what, path: place.path, identity: place.identity, chain: place.chain, reach }
            })
            .collect();
        Ok(Policy {
            own_run_directory: Path::new(BROKER_DIRECTORY).join("projects").join(&project.name),
            project: project.name,
            project_path: project.path,
            other_projects: layout.other_projects,
            protected,
            tool_directories: layout.tool_directories,
            working_directory: self.working_directory.clone(),
            shared_cgroup_namespace: about.shared_cgroup_namespace,
        })
    }

    fn engine_sockets(&self) -> Vec<PathBuf> {
        let user = rustix::process::geteuid().as_raw();
        let mut sockets = vec![PathBuf::from(format!("/run/user/{user}/docker.sock"))];
        let runtime = self.variables.get("XDG_RUNTIME_DIR");
        sockets.extend(runtime.map(|directory| Path::new(directory).join("docker.sock")));
        let engine = self.variables.get("REMO_DOCKER_HOST").and_then(|host| host.to_str());
        sockets.extend(engine.and_then(|host| host.strip_prefix("unix://")).map(PathBuf::from));
        if let Some(admin) = self.variables.get("REMO_BROKER_ADMIN_SOCKET").map(PathBuf::from) {
            // The folder that the vault has mounted, beside the link to what is in it.
            sockets.extend(admin.parent().map(|folder| folder.join("admin")));
            sockets.push(admin);
        }
        sockets.retain(|socket| socket.is_absolute());
        sockets
    }

    /// Folders of the Dev Containers CLI that only this user can write.
    fn tool_directories(&self) -> Vec<PathBuf> {
        let parent = self.variables.get("TMPDIR").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
        let user = rustix::process::geteuid().as_raw();
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        entries
            .filter(|entry| is_of_the_cli(&entry.file_name()))
            .filter(|entry| {
                entry.metadata().is_ok_and(|it| it.is_dir() && it.uid() == user && it.mode() & 0o022 == 0)
            })
            .filter_map(|entry| fs::canonicalize(entry.path()).ok())
            .collect()
    }
}

/// Whether it can be a project's at all. Wider than the broker's names: other projects start without secrets.
fn is_folder_name(name: &str) -> bool {
    let is_bad = |character: char| character == '/' || character.is_control();
    !name.is_empty() && !name.starts_with(['.', '-', '_']) && !name.contains(is_bad)
}

fn is_of_the_cli(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name == "devcontainercli" || name.starts_with("devcontainercli-"))
}

/// The names of all other folders of the projects root.
fn others(root: &Path, project: &str) -> Result<Vec<String>, Stop> {
    let entries =
        fs::read_dir(root).map_err(|error| Stop::problem(format!("{}: {error}", root.display())))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Stop::problem(format!("{}: {error}", root.display())))?;
        if let Ok(name) = entry.file_name().into_string()
            && name != project
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    Ok(names)
}
