//! Cloning a repository into a new project. What is cloned may be hostile: git gets an environment and a
//! configuration from nothing, runs from the projects root, and starts nothing that the repository names.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use remo_present::shown::escaped;
use remo_wire::names::ProjectName;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::containers::{History, Store};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;
use crate::places::Places;
use crate::trust::launch;

/// Settings that win over every file.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=true",
    "submodule.recurse=false",
    "protocol.allow=never",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "protocol.file.allow=always",
];

/// An address that is cloned from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    text: String,
    /// The name that it suggests.
    name: String,
}

impl Address {
    /// Judges what a person typed: `https://`, `ssh://`, `user@host:path`, or an absolute path of this host.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let known =
            "use https://HOST/PATH, ssh://HOST/PATH, USER@HOST:PATH, or an absolute path of this host";
        let refused = |why: &str| Err(Failure::usage(format!("'{}': {why}", escaped(text))).hint(known));
        if text.starts_with('-') || text.chars().any(|it| it.is_control() || it.is_whitespace()) {
            return refused("is no address");
        }
        let secure = text.strip_prefix("https://").or_else(|| text.strip_prefix("ssh://"));
        let is_usable = match (secure, text.split_once(':')) {
            (Some(rest), _) => !rest.is_empty() && !rest.starts_with(['-', '/']),
            (None, None) => text.starts_with('/'),
            (None, Some(_)) if text.starts_with('/') => true,
            // `ext::sh -c …` names a program, and `http:` or `git:` is readable and changeable on the way.
            (None, Some((host, path))) => {
                let host = host.rsplit('@').next().unwrap_or_default();
                !path.starts_with([':', '/', '-'])
                    && !host.is_empty()
                    && !host.starts_with('-')
                    && !host.contains('/')
            }
        };
        if !is_usable {
            return refused("is no address that is cloned from");
        }
        let last = text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        Ok(Self { text: text.to_owned(), name: last.trim_end_matches(".git").to_ascii_lowercase() })
    }
}

/// Clones into a new project: under `name`, or under the name that the address suggests.
pub fn clone(places: &Places, address: &str, name: Option<&str>) -> Result<ExitStatus, Failure> {
    let address = Address::read(address)?;
    let name = name.unwrap_or(&address.name);
    ProjectName::new(name).map_err(|rule| {
        Failure::usage(format!("'{}' cannot be the project's name: {rule}", escaped(name)))
            .hint("give it one: remo clone ADDRESS NAME")
    })?;
    let target = places.projects_root.join(name);
    let taken = || {
        Failure::new(format!("there is something at {} already", target.display()))
            .hint("give it another name: remo clone ADDRESS NAME")
    };
    if fs::symlink_metadata(&target).is_ok() {
        return Err(taken());
    }
    if address.text.starts_with('/') && places.is_of_a_project(Path::new(&address.text)) {
        return Err(Failure::usage(
            "a repository in a project is not cloned from this host: git would run in it",
        )
        .hint("clone it inside of that project's container"));
    }
    let git =
        places.program("git").ok_or_else(|| Failure::new("git is not installed").hint("install git"))?;
    // Under a name that no project has, until it is whole.
    let draft = tempfile::Builder::new()
        .prefix(".remo-clone-")
        .tempdir_in(&places.projects_root)
        .map_err(|error| Failure::at("make a folder in", &places.projects_root, &error))?;
    let whole = draft.path().join("project");
    let status = Command::new(&git)
        .args(arguments(&address, &whole))
        .env_clear()
        .envs(environment(places))
        .current_dir("/")
        .status()
        .map_err(|error| Failure::at("run", &git, &error))?;
    if !status.success() {
        return Err(Failure::new(format!("{name} was not cloned"))
            .hint("what git said is above; nothing was left behind"));
    }
    let renamed = renameat_with(CWD, &whole, CWD, &target, RenameFlags::NOREPLACE);
    match renamed {
        Err(rustix::io::Errno::EXIST) => return Err(taken()),
        Err(error) => return Err(Failure::at("make", &target, &error.into())),
        Ok(()) => {}
    }
    // Another repository may have had this name: what was approved for it is not approved for this one.
    Store::open(&places.state)?.change(name, |history| {
        let container = history.container.take();
        *history = History { pin_is_stale: true, container, ..History::default() };
    })?;
    launch::withdraw(places, name)?;
    output::data(&format!("{}\n", target.display()))?;
    output::note(&format!("look at it, then start it: remo up {name}"));
    Ok(ExitStatus::Success)
}

fn arguments(address: &Address, target: &Path) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    for setting in SETTINGS {
        words.extend(["-c".into(), setting.into()]);
    }
    // No template: it could bring hooks. No submodules: they name addresses of their own.
    for word in ["clone", "--template=", "--no-recurse-submodules", "--no-local", "--"] {
        words.push(word.into());
    }
    words.extend([OsString::from(&address.text), PathBuf::from(target).into()]);
    words
}

/// Nothing of the person's git configuration: a filter that it names would run on what the repository's attributes
/// ask for. Keys come from the person's SSH agent or files.
fn environment(places: &Places) -> Vec<(OsString, OsString)> {
    let mut environment = places.environment();
    environment.retain(|(name, _)| !name.to_string_lossy().starts_with("REMO_"));
    let mut set = |name: &str, value: &OsStr| environment.push((name.into(), value.to_owned()));
    set("GIT_CONFIG_GLOBAL", OsStr::new("/dev/null"));
    set("GIT_CONFIG_NOSYSTEM", OsStr::new("1"));
    set("GIT_ATTR_NOSYSTEM", OsStr::new("1"));
    if let Some(agent) = places.variable("SSH_AUTH_SOCK") {
        set("SSH_AUTH_SOCK", agent);
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_name_a_program_or_are_options_are_refused() {
        for bad in [
            "",
            "-u",
            "--upload-pack=x",
            "ext::sh -c x",
            "ext::sh",
            "http://host/a",
            "git://host/a",
            "file:///a",
            "https://",
            "https://-x/a",
            "ssh://-oProxyCommand=x/a",
            "-oProxyCommand=x:a",
            "u@-oProxyCommand=x:a",
            "relative/path",
            "fd::3",
            "a b",
            "https://host/a\nb",
            "ftp://host/a",
            "host:-x",
        ] {
            assert!(Address::read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn usual_addresses_suggest_a_name() {
        for (address, name) in [
            ("https://example.org/me/Project-A.git", "project-a"),
            ("ssh://git@example.org/me/project-a/", "project-a"),
            ("git@example.org:me/project-a.git", "project-a"),
            ("git@example.org:project-a.git", "project-a"),
            ("/srv/git/project-a.git", "project-a"),
        ] {
            assert_eq!(Address::read(address).unwrap().name, name, "{address}");
        }
    }
}
