//! Where things are, out of the environment that the process was started with.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Where the broker's admin socket is unless it is named.
const ADMIN_SOCKET: &str = "/run/remo-broker/admin.sock";

/// Where the feature lies as an OCI layout unless it is named.
const FEATURE: &str = "/usr/share/remo/feature/oci";

/// Where `remo install` notes the projects root, when it is another than `projects` of the home.
pub const PROJECTS_ROOT_FILE: &str = "/etc/remo/projects-root";

/// Where the context of the vault's image lies unless it is named.
const VAULT_IMAGE: &str = "/usr/share/remo/vault-image";

/// Where the unsealed vault key is unless it is named.
const KEY_FOLDER: &str = "/run/remo-vault-key";

/// Variables of the caller that programs on the host may see. What steers Docker, git, Node or a shell is not among
/// them, and no other variable: a configuration can carry each one into a container (`${localEnv:NAME}`).
const PASSED: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Variables that name parts of the product, for the launch gate.
const OWN: &[&str] = &[
    "REMO_BROKER_ADMIN_SOCKET",
    "REMO_DOCKER",
    "REMO_DOCKER_COMPOSE",
    "REMO_DOCKER_HOST",
    "REMO_VAULT_KEY_DIR",
    "DOCKER_BUILDKIT",
];

/// Where things are.
#[derive(Debug, Clone)]
pub struct Places {
    variables: BTreeMap<OsString, OsString>,
    /// The person's home.
    pub home: PathBuf,
    /// The directory of all projects, without links.
    pub projects_root: PathBuf,
    /// The launcher's state and logs.
    pub state: PathBuf,
    /// The broker's control plane.
    pub admin_socket: PathBuf,
    /// The feature, as an OCI layout.
    pub feature: PathBuf,
    /// What the vault's image is built from.
    pub vault_image: PathBuf,
    /// The folder of the unsealed vault key.
    pub key_folder: PathBuf,
}

impl Places {
    /// Reads the environment.
    pub fn read(environment: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, Failure> {
        let variables: BTreeMap<OsString, OsString> = environment.collect();
        let absolute =
            |name: &str| variables.get(OsStr::new(name)).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = absolute("HOME").ok_or_else(|| Failure::new("HOME is not set to an absolute path"))?;
        let projects_root = absolute("REMO_PROJECTS_ROOT")
            .or_else(noted_projects_root)
            .unwrap_or_else(|| home.join("projects"));
        Ok(Self {
            // A root that is missing is said by the commands that need it.
            projects_root: fs::canonicalize(&projects_root).unwrap_or(projects_root),
            state: home.join(".local/state/remo"),
            admin_socket: absolute("REMO_BROKER_ADMIN_SOCKET").unwrap_or_else(|| ADMIN_SOCKET.into()),
            feature: absolute("REMO_FEATURE").unwrap_or_else(|| FEATURE.into()),
            vault_image: absolute("REMO_VAULT_IMAGE").unwrap_or_else(|| VAULT_IMAGE.into()),
            key_folder: absolute("REMO_VAULT_KEY_DIR").unwrap_or_else(|| KEY_FOLDER.into()),
            home,
            variables,
        })
    }

    /// A variable, when it is set to something.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// Folders in which programs are looked for: of the caller's path the absolute ones outside of all projects. What
    /// a container can write is not run on the host.
    pub fn program_folders(&self) -> Vec<PathBuf> {
        let path = self.variable("PATH").unwrap_or(OsStr::new("/usr/local/bin:/usr/bin:/bin"));
        std::env::split_paths(path)
            .filter(|folder| folder.is_absolute() && !self.is_of_a_project(folder))
            .collect()
    }

    /// Whether a container could have written what is at `path`.
    pub fn is_of_a_project(&self, path: &Path) -> bool {
        let resolved = fs::canonicalize(path);
        let resolved = resolved.as_deref().unwrap_or(path);
        path.starts_with(&self.projects_root) || resolved.starts_with(&self.projects_root)
    }

    /// A program of the host, on the caller's path but for what is in projects.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.program_folders()
            .into_iter()
            .map(|folder| folder.join(name))
            .find(|path| is_executable(path) && !self.is_of_a_project(path))
    }

    /// The environment of a program on the host that deals with a project.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let is_passed = |name: &OsStr| {
            let name = name.to_string_lossy();
            PASSED.contains(&name.as_ref()) || OWN.contains(&name.as_ref()) || name.starts_with("LC_")
        };
        let mut passed: Vec<(OsString, OsString)> = self
            .variables
            .iter()
            .filter(|(name, _)| is_passed(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let path = std::env::join_paths(self.program_folders()).unwrap_or_else(|_| "/usr/bin:/bin".into());
        passed.push(("PATH".into(), path));
        // The gate has to judge by the same root.
        passed.push(("REMO_PROJECTS_ROOT".into(), self.projects_root.clone().into()));
        passed
    }

    /// The environment of the real `docker`.
    pub fn docker_environment(&self) -> Vec<(OsString, OsString)> {
        let mut environment = self.environment();
        if let Some(engine) = self.variable("REMO_DOCKER_HOST") {
            environment.push(("DOCKER_HOST".into(), engine.to_owned()));
        }
        environment
    }

    /// The name of this instance, for commands in containers: `REMO_INSTANCE`, or the host's name.
    pub fn instance(&self) -> OsString {
        self.variable("REMO_INSTANCE").map_or_else(
            || fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned().into(),
            OsStr::to_owned,
        )
    }
}

/// The root that was noted when this host was set up.
fn noted_projects_root() -> Option<PathBuf> {
    let text = fs::read_to_string(PROJECTS_ROOT_FILE).ok()?;
    Some(PathBuf::from(text.trim_end_matches('\n'))).filter(|path| path.is_absolute())
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(home: &Path, further: &[(&str, &str)]) -> Places {
        let own = [(OsString::from("HOME"), home.as_os_str().to_owned())];
        let further = further.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Places::read(own.into_iter().chain(further)).unwrap()
    }

    #[test]
    fn a_program_that_a_container_can_write_is_not_found() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("projects/a/bin");
        fs::create_dir_all(&bin).unwrap();
        fs::write(bin.join("node"), "").unwrap();
        fs::set_permissions(bin.join("node"), fs::Permissions::from_mode(0o755)).unwrap();
        let (linked, own) = (home.path().join("linked"), home.path().join("own"));
        symlink(&bin, &linked).unwrap();
        fs::create_dir(&own).unwrap();
        symlink(bin.join("node"), own.join("node")).unwrap();
        let path = format!("{}:{}:{}:bin:.", bin.display(), linked.display(), own.display());
        let places = places(home.path(), &[("PATH", &path)]);
        assert_eq!(places.program_folders(), std::slice::from_ref(&own));
        assert_eq!(places.program("node"), None);
        fs::remove_file(own.join("node")).unwrap();
        fs::copy(bin.join("node"), own.join("node")).unwrap();
        assert_eq!(places.program("node"), Some(own.join("node")));
    }

    #[test]
    fn no_variable_that_could_be_carried_into_a_container_or_steers_a_program_is_passed() {
        let home = tempfile::tempdir().unwrap();
        let places = places(
            home.path(),
            &[
                ("GH_TOKEN", "x"),
                ("NODE_OPTIONS", "x"),
                ("DOCKER_HOST", "x"),
                ("GIT_DIR", "x"),
                ("SSH_AUTH_SOCK", "x"),
                ("LC_ALL", "C"),
                ("REMO_DOCKER_HOST", "unix:///d"),
            ],
        );
        let names = |environment: Vec<(OsString, OsString)>| -> Vec<String> {
            environment.into_iter().map(|(name, _)| name.into_string().unwrap()).collect()
        };
        assert_eq!(
            names(places.environment()),
            ["HOME", "LC_ALL", "REMO_DOCKER_HOST", "PATH", "REMO_PROJECTS_ROOT"]
        );
        assert!(names(places.docker_environment()).contains(&"DOCKER_HOST".to_owned()));
    }
}
