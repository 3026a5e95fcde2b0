//! Flags, environment and defaults, joined in one place (section 9 of the specification).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use remo_wire::names::ProjectName;

use crate::cli::Options;
use crate::failure::Failure;

/// Where the project's socket directory is mounted.
pub const SOCKET_DIRECTORY: &str = "/run/remo-broker";

/// Where secrets are kept unless told otherwise: memory-backed in every container.
pub const SECRETS_DIRECTORY: &str = "/dev/shm/remo-secrets";

/// How long to wait for a required secret unless told otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// The longest wait that can be asked for.
const TIMEOUT_MAX_SECONDS: f64 = 86_400.0;

/// The environment that the program reads. Empty variables count as absent.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `REMO_PROJECT`
    pub project: Option<OsString>,
    /// `REMO_BROKER_PROJECT_SOCKET`
    pub socket: Option<OsString>,
    /// `REMO_SECRETS_DIR`
    pub secrets_dir: Option<OsString>,
    /// `REMO_FETCH_SECRETS_TIMEOUT_SECONDS`
    pub timeout: Option<OsString>,
    /// `HOME`
    pub home: Option<OsString>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let read = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            project: read("REMO_PROJECT"),
            socket: read("REMO_BROKER_PROJECT_SOCKET"),
            secrets_dir: read("REMO_SECRETS_DIR"),
            timeout: read("REMO_FETCH_SECRETS_TIMEOUT_SECONDS"),
            home: read("HOME"),
        }
    }
}

/// What the program works with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The project, when it was named.
    pub project: Option<ProjectName>,
    /// The socket, when it was named or follows from the project; otherwise it is looked for.
    pub socket: Option<PathBuf>,
    /// Where secrets are kept.
    pub secrets_dir: PathBuf,
    /// The home that `~/` stands for, when it was named.
    pub home: Option<PathBuf>,
    /// Whether the home comes from the command line.
    pub home_is_given: bool,
    /// How long to wait.
    pub timeout: Duration,
}

impl Settings {
    /// Joins flags, environment and defaults.
    pub fn new(options: Options, environment: Environment) -> Result<Self, Failure> {
        let project = match (options.project, environment.project) {
            (Some(name), _) => Some(project_name(&name, "--project")?),
            (None, Some(name)) => Some(project_name(&name, "REMO_PROJECT")?),
            (None, None) => None,
        };
        let timeout = match (options.timeout, environment.timeout) {
            (Some(text), _) => seconds(&text, "--timeout")?,
            (None, Some(text)) => seconds(&text, "REMO_FETCH_SECRETS_TIMEOUT_SECONDS")?,
            (None, None) => TIMEOUT,
        };
        let socket = options.socket.or_else(|| environment.socket.map(PathBuf::from)).or_else(|| {
            let name = project.as_ref()?;
            Some(Path::new(SOCKET_DIRECTORY).join(format!("{name}.sock")))
        });
        let secrets_dir = options
            .secrets_dir
            .or_else(|| environment.secrets_dir.map(PathBuf::from))
            .unwrap_or_else(|| SECRETS_DIRECTORY.into());
        let home_is_given = options.home.is_some();
        let home = options.home.or_else(|| environment.home.map(PathBuf::from));
        Ok(Self { project, socket, secrets_dir, home, home_is_given, timeout })
    }

    /// The home that `~/` stands for: as named, else from the file of users.
    ///
    /// The file is read as text. The usual library calls would load modules of the system, which a static
    /// program in an image without any cannot.
    pub fn home(&self) -> Result<PathBuf, Failure> {
        let home = match &self.home {
            Some(home) => Some(home.clone()),
            None => std::fs::read_to_string("/etc/passwd")
                .ok()
                .and_then(|users| home_of(&users, rustix::process::geteuid().as_raw())),
        };
        match home {
            Some(home) if home.is_absolute() => Ok(home),
            Some(home) => Err(Failure::usage(format!("the home {} is not an absolute path", home.display()))
                .hint("name it with --home")),
            None => Err(Failure::usage(
                "the home directory is not known: HOME is not set, and this user is not in /etc/passwd",
            )
            .hint("name it with --home")),
        }
    }
}

fn project_name(name: &OsString, source: &str) -> Result<ProjectName, Failure> {
    name.to_str()
        .ok_or_else(|| "it is not UTF-8".to_owned())
        .and_then(|name| ProjectName::new(name).map_err(|rule| rule.to_string()))
        .map_err(|rule| Failure::usage(format!("{source} is not the name of a project: {rule}")))
}

fn seconds(text: &OsString, source: &str) -> Result<Duration, Failure> {
    text.to_str()
        .and_then(|text| text.parse::<f64>().ok())
        .filter(|seconds| (0.0..=TIMEOUT_MAX_SECONDS).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| {
            Failure::usage(format!("{source} is a number of seconds from 0 to {TIMEOUT_MAX_SECONDS}"))
        })
}

/// The name of `uid` in the text of `/etc/passwd`, if it is one that a command line can take as it is.
pub(crate) fn name_of(users: &str, uid: u32) -> Option<String> {
    let plain = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let found = fields.nth(1)?.parse::<u32>().ok()? == uid;
        (found && plain(name)).then(|| name.to_owned())
    })
}

/// The home of `uid` in the text of `/etc/passwd`.
fn home_of(users: &str, uid: u32) -> Option<PathBuf> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':').skip(2);
        let found = fields.next()?.parse::<u32>().ok()? == uid;
        let home = fields.nth(2)?;
        (found && !home.is_empty()).then(|| home.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment {
            project: Some("from-env".into()),
            socket: Some("/env.sock".into()),
            secrets_dir: Some("/dev/shm/env".into()),
            timeout: Some("2".into()),
            home: Some("/home/env".into()),
        }
    }

    #[test]
    fn the_environment_replaces_defaults_and_flags_replace_both() {
        let defaults = Settings::new(Options::default(), Environment::default()).unwrap();
        assert_eq!(defaults.socket, None);
        assert_eq!(defaults.secrets_dir, Path::new(SECRETS_DIRECTORY));
        assert_eq!(defaults.timeout, TIMEOUT);

        let from_environment = Settings::new(Options::default(), environment()).unwrap();
        assert_eq!(from_environment.socket.as_deref(), Some(Path::new("/env.sock")));
        assert_eq!(from_environment.timeout.as_secs(), 2);

        let options = Options {
            project: Some("from-flag".into()),
            socket: Some("/flag.sock".into()),
            secrets_dir: Some("/dev/shm/flag".into()),
            home: Some("/home/flag".into()),
            timeout: Some("0.5".into()),
        };
        let from_flags = Settings::new(options, environment()).unwrap();
        assert_eq!(from_flags.project.unwrap().as_str(), "from-flag");
        assert_eq!(from_flags.socket.as_deref(), Some(Path::new("/flag.sock")));
        assert_eq!(from_flags.secrets_dir, Path::new("/dev/shm/flag"));
        assert_eq!(from_flags.timeout.as_millis(), 500);
        assert_eq!(from_flags.home.as_deref(), Some(Path::new("/home/flag")));
    }

    #[test]
    fn a_project_names_its_socket() {
        let options = Options { project: Some("a".into()), ..Options::default() };
        let settings = Settings::new(options, Environment::default()).unwrap();
        assert_eq!(settings.socket.as_deref(), Some(Path::new("/run/remo-broker/a.sock")));
    }

    #[test]
    fn unusable_settings_name_where_they_came_from() {
        for timeout in ["-1", "x", "NaN", "inf", "1e9"] {
            let options = Options { timeout: Some(timeout.into()), ..Options::default() };
            let failure = Settings::new(options, Environment::default()).unwrap_err();
            assert!(failure.to_string().contains("--timeout"), "{failure}");
        }
        let environment = Environment { project: Some("../x".into()), ..Environment::default() };
        let failure = Settings::new(Options::default(), environment).unwrap_err();
        assert!(failure.to_string().contains("REMO_PROJECT"), "{failure}");
    }

    #[test]
    fn the_home_is_found_in_the_file_of_users() {
        let users = "root:x:0:0:root:/root:/bin/sh\n# odd line\nme:x:1000:1000:,,,:/home/me:/bin/bash\nnone:x:7:7:::\n";
        assert_eq!(home_of(users, 1000), Some("/home/me".into()));
        assert_eq!(home_of(users, 0), Some("/root".into()));
        assert_eq!(home_of(users, 7), None);
        assert_eq!(home_of(users, 5), None);
        assert_eq!(name_of(users, 1000).as_deref(), Some("me"));
        assert_eq!(name_of(users, 5), None);
        assert_eq!(name_of("$(x):x:5:5:::\n", 5), None);
    }
}
