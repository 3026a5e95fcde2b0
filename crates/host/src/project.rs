//! Projects: directories directly below the projects root.

use std::fs;
use std::path::{Path, PathBuf};

use remo_present::shown::escaped;
use remo_wire::names::{ProjectName, VAULT_NAME};

use crate::failure::Failure;
use crate::places::Places;

/// A project that is there.
#[derive(Debug, Clone)]
pub struct Project {
    /// The base name of its directory.
    pub name: String,
    /// Its directory, without links.
    pub path: PathBuf,
    /// The name as the broker takes it; `None` for one that it does not, which starts without secrets.
    pub vended: Option<ProjectName>,
}

impl Project {
    /// The project of this name.
    pub fn open(places: &Places, name: &str) -> Result<Self, Failure> {
        is_name(name).map_err(|rule| Failure::usage(format!("'{}' is no project: {rule}", escaped(name))))?;
        let path = places.projects_root.join(name);
        let known = || format!("projects are the folders in {}", places.projects_root.display());
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Failure::new(format!("there is no project {name}")).hint(known()));
            }
            Err(error) => return Err(Failure::at("look at", &path, &error)),
            Ok(found) if !found.is_dir() => {
                return Err(Failure::new(format!("{} is no folder but a link or a file", path.display()))
                    .hint("move the project itself there: a link could be turned to another one"));
            }
            Ok(_) => {}
        }
        Ok(Self { name: name.to_owned(), path, vended: ProjectName::new(name).ok() })
    }

    /// Whether there is a configuration that the Dev Containers CLI would take.
    pub fn has_configuration(&self) -> bool {
        !configurations(&self.path).is_empty()
    }
}

/// The configurations of a project: the one in force first, or all of several in folders of their own.
pub fn configurations(project: &Path) -> Vec<PathBuf> {
    let folder = project.join(".devcontainer");
    let is_there = |path: &PathBuf| fs::symlink_metadata(path).is_ok();
    for usual in [folder.join("devcontainer.json"), project.join(".devcontainer.json")] {
        if is_there(&usual) {
            return vec![usual];
        }
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        entries.map(|entry| entry.path().join("devcontainer.json")).filter(is_there).collect();
    found.sort();
    found
}

/// All projects by name, the vault not among them.
pub fn all(places: &Places) -> Result<Vec<String>, Failure> {
    let root = &places.projects_root;
    let failed = |error: std::io::Error| {
        Failure::at("list the projects in", root, &error)
            .hint("make the folder, or name another one with REMO_PROJECTS_ROOT=PATH")
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(root).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A link is no project, whatever it leads to.
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Ok(name) = entry.file_name().into_string()
            && is_name(&name).is_ok()
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Whether the base name of a directory can be a project's at all; otherwise the rule that it breaks. Narrower
/// than what a file system takes, wider than what the broker takes.
pub fn is_name(name: &str) -> Result<(), &'static str> {
    if name == VAULT_NAME {
        return Err("that is the vault, which is managed");
    }
    if name.is_empty() || name.len() > 200 {
        return Err("a name has 1 to 200 bytes");
    }
    if name.starts_with(['.', '-', '_']) {
        return Err("a name begins neither with a dot nor with - or _");
    }
    if name.chars().any(|character| character == '/' || character.is_control()) {
        return Err("a name has neither a slash nor control characters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_or_look_like_options_are_none() {
        for bad in
            ["", ".", "..", "../a", "a/b", "/a", "-p", "--host", ".git", "_remo-vault", "a\nb", "a\u{1b}[2J"]
        {
            assert!(is_name(bad).is_err(), "{bad:?}");
        }
        for good in ["a", "My Project", "site.example", "Ünïcode", "a--b"] {
            assert!(is_name(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn the_usual_configuration_is_before_those_in_folders() {
        let place = tempfile::tempdir().unwrap();
        let make = |path: &str| {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "{}").unwrap();
            path
        };
        assert!(configurations(place.path()).is_empty());
        let (b, a) = (make(".devcontainer/b/devcontainer.json"), make(".devcontainer/a/devcontainer.json"));
        assert_eq!(configurations(place.path()), [a, b]);
        let flat = make(".devcontainer.json");
        assert_eq!(configurations(place.path()), [flat]);
        let usual = make(".devcontainer/devcontainer.json");
        assert_eq!(configurations(place.path()), [usual]);
    }
}
