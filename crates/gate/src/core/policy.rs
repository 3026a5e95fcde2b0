//! What is protected, and what a project may call its own.

use std::path::{Path, PathBuf};

use super::names::{self, Owner};
use super::wish::Reading;
use super::world::{Identity, Place};

/// Which relation to a protected place is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The place itself and every directory that holds it.
    Holding,
    /// The place, what holds it and everything in it.
    Whole,
}

/// A place that no project container gets, whatever is approved.
#[derive(Debug, Clone)]
pub struct Protected {
    /// What it is, in words.
    pub what: String,
    /// Without links.
    pub path: PathBuf,
    /// Of the place itself; none while it does not exist.
    pub identity: Option<Identity>,
    /// Of the place and of each directory above it.
    pub chain: Vec<Identity>,
    /// What is refused.
    pub reach: Reach,
}

/// Everything that a judgement is held against.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The project's name.
    pub project: String,
    /// Its directory, without links.
    pub project_path: PathBuf,
    /// The names of all other projects.
    pub other_projects: Vec<String>,
    /// Never given away.
    pub protected: Vec<Protected>,
    /// The project's own socket directory: an exception below what is protected.
    pub own_run_directory: PathBuf,
    /// Where the Dev Containers CLI keeps what it generates.
    pub tool_directories: Vec<PathBuf>,
    /// Relative paths start here.
    pub working_directory: PathBuf,
    /// Whether the engine puts every container into the host's control group namespace (control groups
    /// version 1), so that an existing container says so without having asked for it.
    pub shared_cgroup_namespace: bool,
}

/// The label that says whose a container is. Set by the gate on every container that it lets through.
pub const PROJECT_LABEL: &str = "remo.project";

/// The label by which the Dev Containers CLI finds a container again.
pub const FOLDER_LABEL: &str = "devcontainer.local_folder";

/// The label that names the configuration file.
pub const CONFIGURATION_LABEL: &str = "devcontainer.config_file";

/// Labels by which Compose finds its containers.
pub const COMPOSE_PREFIX: &str = "com.docker.compose.";

impl Policy {
    /// Whose a name is.
    pub fn owner_of(&self, name: &str) -> Owner {
        names::owner(name, &self.project, &self.other_projects)
    }

    /// An absolute path without `.`, as the shell's working directory makes it one.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        self.working_directory.join(path)
    }

    /// Whether a place is the project or in it.
    pub fn is_inside(&self, place: &Place) -> bool {
        place.path.starts_with(&self.project_path)
    }

    /// Whether a place is in the folder where the Dev Containers CLI keeps what it generates.
    pub fn is_of_the_cli(&self, place: &Place) -> bool {
        self.tool_directories.iter().any(|directory| place.path.starts_with(directory))
    }

    /// Whether a place is one that the CLI generated for this kind of reading. Not its folder as a whole: what it
    /// generated for other projects lies there too.
    pub fn is_generated(&self, place: &Place, reading: Reading) -> bool {
        self.tool_directories.iter().any(|directory| {
            let Ok(below) = place.path.strip_prefix(directory) else { return false };
            let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
            match (reading, parts.as_deref()) {
                (Reading::Context, Some(["empty-folder"] | ["container-features", _, ..])) => true,
                (Reading::Dockerfile, Some(["container-features", _, file])) => {
                    file.starts_with("Dockerfile")
                }
                (Reading::Dockerfile, Some([file])) => file.starts_with("updateUID.Dockerfile"),
                (Reading::Compose, Some(["docker-compose", file])) => {
                    file.starts_with("docker-compose.devcontainer.")
                }
                _ => false,
            }
        })
    }

    /// What is protected and would be reached through `place`.
    pub fn protected_by(&self, place: &Place) -> Option<&Protected> {
        let own = place.path.starts_with(&self.own_run_directory);
        self.protected.iter().find(|protected| {
            let holds = protected.path.starts_with(&place.path)
                || place.identity.is_some_and(|identity| protected.chain.contains(&identity));
            let within = protected.reach == Reach::Whole
                && (place.path.starts_with(&protected.path)
                    || protected.identity.is_some_and(|identity| place.chain.contains(&identity)));
            holds || (within && !own)
        })
    }
}
