//! The files in which docker and the tools of AWS look which helper they have to ask.
//!
//! They are not secret, but lie with the secrets: in memory, linked from where the tool looks, and only where the
//! user has no file. git needs none, the feature tells it in `/etc/gitconfig`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use remo_manifest::helper;
use remo_wire::binding::HelperTarget;

use super::{Tool, docker};

/// The name under which docker has its helpers on the path, after `docker-credential-`.
const DOCKER_SUFFIX: &str = "remo";

/// Where the feature tells git of its helper.
const SYSTEM_GIT_CONFIG: &str = "/etc/gitconfig";

/// A user's own file is looked at only up to this size, in bytes.
const OWN_FILE_MAX: u64 = 1024 * 1024;

/// One such file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolFile {
    /// The tool that reads it.
    pub(crate) tool: Tool,
    /// Its name in the storage.
    pub(crate) name: &'static str,
    /// Where the tool looks for it, as in a manifest.
    pub(crate) path: &'static str,
    /// What it holds.
    pub(crate) content: String,
}

/// The files that these helpers need.
pub(crate) fn of(helpers: &[HelperTarget]) -> Vec<ToolFile> {
    let registries: Vec<&str> = helpers
        .iter()
        .filter_map(|target| match target {
            HelperTarget::Docker(target) => Some(docker::names(&target.registry)),
            HelperTarget::Git(_) | HelperTarget::Aws(_) => None,
        })
        .flatten()
        .collect();
    let profiles: Vec<&str> = helpers
        .iter()
        .filter_map(|target| match target {
            HelperTarget::Aws(target) => Some(target.profile.as_str()),
            HelperTarget::Git(_) | HelperTarget::Docker(_) => None,
        })
        .collect();
    let mut files = Vec::new();
    if !registries.is_empty() {
        files.push(ToolFile {
            tool: Tool::Docker,
            name: "docker-config.json",
            path: helper::DOCKER_CONFIG,
            content: docker_config(&registries),
        });
    }
    if !profiles.is_empty() {
        files.push(ToolFile {
            tool: Tool::Aws,
            name: "aws-config",
            path: helper::AWS_CONFIG,
            content: aws_config(&profiles),
        });
    }
    files
}

/// Registries and profiles have passed the parser: none of them needs quoting.
fn docker_config(registries: &[&str]) -> String {
    let pairs: Vec<String> =
        registries.iter().map(|registry| format!("    \"{registry}\": \"{DOCKER_SUFFIX}\"")).collect();
    format!("{{\n  \"credHelpers\": {{\n{}\n  }}\n}}\n", pairs.join(",\n"))
}

fn aws_config(profiles: &[&str]) -> String {
    let program = this_program();
    let mut text = String::new();
    for profile in profiles {
        let section = if *profile == "default" { "default".to_owned() } else { format!("profile {profile}") };
        let _ = write!(
            text,
            "[{section}]\ncredential_process = {} credential aws {profile}\n",
            program.display()
        );
    }
    text
}

/// This program, as a tool can call it.
fn this_program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| "remo-fetch-secrets".into())
}

impl ToolFile {
    /// Whether the user's own file at `path` names our helper, for everything that ours would name it for.
    pub(crate) fn is_told_by(&self, path: &Path) -> bool {
        let small = fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= OWN_FILE_MAX);
        let Some(own) = small.then(|| fs::read_to_string(path).ok()).flatten() else { return false };
        match self.tool {
            Tool::Docker => docker_is_told(&own, &self.content),
            Tool::Aws => aws_is_told(&own, &self.content),
            Tool::Git => false,
        }
    }

    /// What to do where the user has a file.
    pub(crate) fn hint(&self) -> String {
        format!("add to it:\n{}", self.content.trim_end())
    }
}

fn docker_is_told(own: &str, ours: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    let (Some(own), Some(ours)) = (parse(own), parse(ours)) else { return false };
    let wanted = ours.get("credHelpers").and_then(serde_json::Value::as_object).into_iter().flatten();
    let mut wanted = wanted.map(|(registry, _)| registry);
    wanted.all(|registry| {
        let by_registry = own.get("credHelpers").and_then(|helpers| helpers.get(registry));
        by_registry.or_else(|| own.get("credsStore")).is_some_and(|helper| helper == DOCKER_SUFFIX)
    })
}

fn aws_is_told(own: &str, ours: &str) -> bool {
    sections(ours).all(|(section, process)| {
        sections(own).any(|(own_section, own_process)| section == own_section && process == own_process)
    })
}

/// Sections with their `credential_process`, its words apart by one blank.
fn sections(text: &str) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let mut section = "";
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.trim();
            return None;
        }
        let (key, value) = line.split_once('=')?;
        (key.trim() == "credential_process").then(|| (section, value.split_whitespace().collect()))
    })
}

/// Whether git is told of this program, and what to do otherwise.
pub(crate) fn git_is_told() -> Result<(), String> {
    let told = fs::read_to_string(SYSTEM_GIT_CONFIG).is_ok_and(|text| {
        text.lines().any(|line| {
            let helper = line.trim().strip_prefix("helper").map(str::trim_start);
            helper.is_some_and(|rest| rest.starts_with('=') && rest.contains("git-credential-remo"))
        })
    });
    if told {
        return Ok(());
    }
    Err(format!(
        "tell git: git config --global --add credential.helper '{} credential git'",
        this_program().display()
    ))
}

#[cfg(test)]
mod tests {
    use remo_wire::binding::{Account, AwsHelper, DockerHelper};

    use super::*;

    fn files() -> Vec<ToolFile> {
        let account = Account::Username { username: "me".to_owned() };
        let docker = |registry: &str| {
            HelperTarget::Docker(DockerHelper { registry: registry.to_owned(), account: account.clone() })
        };
        let aws = |profile: &str| HelperTarget::Aws(AwsHelper { profile: profile.to_owned(), fields: None });
        of(&[docker("ghcr.io"), aws("default"), docker("docker.io"), aws("prod")])
    }

    #[test]
    fn each_tool_is_told_of_everything_in_one_file() {
        let files = files();
        assert_eq!(
            files.iter().map(|file| file.path).collect::<Vec<_>>(),
            ["~/.docker/config.json", "~/.aws/config"]
        );
        let config: serde_json::Value = serde_json::from_str(&files[0].content).unwrap();
        let expected = serde_json::json!({"credHelpers": {
            "ghcr.io": "remo", "docker.io": "remo", "https://index.docker.io/v1/": "remo"}});
        assert_eq!(config, expected);
        let program = this_program();
        let process =
            |profile| format!("credential_process = {} credential aws {profile}\n", program.display());
        assert_eq!(
            files[1].content,
            format!("[default]\n{}[profile prod]\n{}", process("default"), process("prod"))
        );
        assert_eq!(of(&[]), []);
    }

    #[test]
    fn a_file_of_the_user_counts_when_it_names_the_helper_for_all() {
        let files = files();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own");
        let told = |file: &ToolFile, text: &str| {
            fs::write(&path, text).unwrap();
            file.is_told_by(&path)
        };
        let [docker, aws] = files.as_slice() else { panic!() };
        assert!(told(docker, &docker.content));
        assert!(told(docker, r#"{"credsStore": "remo", "auths": {}}"#));
        for other in ["", "{", "{}", r#"{"credHelpers": {"ghcr.io": "remo"}}"#, r#"{"credsStore": "pass"}"#] {
            assert!(!told(docker, other), "{other}");
        }
        assert!(told(aws, &format!("# mine\n[profile x]\nregion = y\n{}", aws.content.replace(" = ", "="))));
        assert!(!told(aws, &aws.content.replace("[default]", "[profile other]")));
        assert!(!told(aws, "[default]\nregion = x\n"));
        assert!(!docker.is_told_by(&folder.path().join("none")));
    }
}
