//! A private copy of every file that Compose reads while it resolves a project.
//!
//! The copy has the same shape as the host below one directory, so that relative paths in it mean the same. A
//! path that comes out of it is taken back by leaving that directory out.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use tempfile::TempDir;

use super::engine::Engine;
use super::{Stop, approved, copies, host};
use crate::approvals::{Store, digest};
use crate::core::compose_file::command::Command;
use crate::core::compose_file::{sources, yaml};
use crate::core::finding::Verdict;
use crate::core::judge::judge;
use crate::core::policy::Policy;
use crate::core::wish::{Asked, Reading, Wish};

/// How the folder of a copy is called.
pub(super) const COPY: &str = "snapshot-";

/// More files than any project has.
const MOST_FILES: usize = 200;

/// The copy.
#[derive(Debug)]
pub(super) struct Snapshot {
    place: TempDir,
    /// The files of the command line, in the copy.
    pub(super) files: Vec<PathBuf>,
    /// The file of variables, in the copy.
    pub(super) variables: Option<PathBuf>,
    /// The project directory, on the host.
    pub(super) directory: PathBuf,
    /// What was found on the way.
    pub(super) verdict: Verdict,
}

struct Taker<'a> {
    place: &'a Path,
    policy: &'a Policy,
    engine: &'a Engine,
    verdict: Verdict,
    seen: BTreeSet<PathBuf>,
    approved: BTreeSet<String>,
}

impl Snapshot {
    /// Copies what the command names, and what that names.
    pub(super) fn take(
        command: &Command,
        policy: &Policy,
        engine: &Engine,
        store: &Store,
    ) -> Result<Self, Stop> {
        let parent = &store.launch_directory();
        let place = tempfile::Builder::new()
            .prefix(COPY)
            .tempdir_in(parent)
            .map_err(|error| Stop::problem(format!("{}: {error}", parent.display())))?;
        let written: Vec<PathBuf> =
            command.files.iter().map(|file| plain(&policy.absolute(file))).collect::<Result<_, _>>()?;
        let first = written.first().ok_or_else(|| {
            Stop::Problem("no Compose file is named".to_owned(), Some("name it with -f FILE".to_owned()))
        })?;
        let directory = first.parent().unwrap_or(Path::new("/")).to_owned();
        let mut taker = Taker {
            place: place.path(),
            policy,
            engine,
            verdict: Verdict::default(),
            seen: BTreeSet::new(),
            approved: approved(store, &policy.project)?,
        };
        fs::create_dir_all(taker.copy_of(&directory)).map_err(|error| Stop::problem(error.to_string()))?;
        for file in &written {
            taker.compose_file(file, &directory, &format!("Compose file {}", file.display()))?;
        }
        let variables = command.variables.as_ref().map(|file| plain(&policy.absolute(file))).transpose()?;
        for file in variables.iter().chain([&directory.join(".env")]) {
            if let Some(content) = taker.copy(file, Reading::Private, "variables of Compose", true)? {
                sources::check_dot_env(&String::from_utf8_lossy(&content))?;
            }
        }
        let files = written.iter().map(|file| taker.copy_of(file)).collect();
        let variables = variables.as_ref().map(|file| taker.copy_of(file));
        let Taker { verdict, .. } = taker;
        Ok(Self { place, files, variables, directory, verdict })
    }

    /// Where the copy of a path is.
    pub(super) fn copy_of(&self, path: &Path) -> PathBuf {
        below(self.place.path(), path)
    }

    /// The directory of the copy, as a text that must not be in what is frozen.
    pub(super) fn text(&self) -> String {
        self.place.path().to_string_lossy().into_owned()
    }

    /// A path of the copy as the path of the host.
    pub(super) fn original(&self, path: &str) -> String {
        match path.strip_prefix(&self.text()) {
            Some("") => "/".to_owned(),
            Some(rest) if rest.starts_with('/') => rest.to_owned(),
            _ => path.to_owned(),
        }
    }
}

fn below(place: &Path, path: &Path) -> PathBuf {
    place.join(path.strip_prefix("/").unwrap_or(path))
}

/// A path without `..`, as Compose reads one: by its letters.
fn plain(path: &Path) -> Result<PathBuf, Stop> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    if plain.to_str().is_none_or(|text| text.contains(['\n', ':', '$'])) {
        return Err(Stop::problem("a path of a Compose file with a colon, a dollar sign or a line break"));
    }
    Ok(plain)
}

impl Taker<'_> {
    fn copy_of(&self, path: &Path) -> PathBuf {
        below(self.place, path)
    }

    fn compose_file(&mut self, file: &Path, directory: &Path, origin: &str) -> Result<(), Stop> {
        if !self.seen.insert(file.to_owned()) {
            return Ok(());
        }
        if self.seen.len() > MOST_FILES {
            return Err(Stop::problem("a Compose project of too many files"));
        }
        let Some(content) = self.copy(file, Reading::Compose, origin, false)? else { return Ok(()) };
        let text = String::from_utf8(content)
            .map_err(|_| Stop::problem(format!("{} is not UTF-8", file.display())))?;
        let tree = yaml::read(&text).map_err(|error| {
            let hint = "write every key once, in one document, without tags".to_owned();
            Stop::Problem(format!("{}: {error}", file.display()), Some(hint))
        })?;
        for source in sources::named_by(&tree)? {
            let origin = format!("{origin}, {}", source.origin);
            let path = Path::new(&source.path);
            let folder = file.parent().unwrap_or(directory);
            if path.is_absolute() {
                let resolved = host::resolve(path).map_err(Stop::problem)?;
                if self.policy.is_inside(&resolved) || path.starts_with(&self.policy.project_path) {
                    let hint = Some("write it relative to the Compose file".to_owned());
                    return Err(Stop::Problem(
                        format!("{}: an absolute path in {origin}", path.display()),
                        hint,
                    ));
                }
                if source.kind == sources::SourceKind::Compose {
                    return Err(Stop::problem(format!("{}: a service out of another tree", path.display())));
                }
                self.judged(path, Reading::Private, &origin);
                continue;
            }
            match source.kind {
                // Which of the two it is depends on who names it, and on the generation of Compose.
                sources::SourceKind::Variables => {
                    for base in BTreeSet::from([directory, folder]) {
                        self.copy(&plain(&base.join(path))?, Reading::Private, &origin, true)?;
                    }
                }
                sources::SourceKind::Compose => {
                    self.compose_file(&plain(&folder.join(path))?, directory, &origin)?;
                }
            }
        }
        Ok(())
    }

    /// Judges a file and copies it; nothing when it may be missing and is.
    fn copy(
        &mut self,
        path: &Path,
        reading: Reading,
        origin: &str,
        optional: bool,
    ) -> Result<Option<Vec<u8>>, Stop> {
        let problem = |error: &dyn std::fmt::Display| Stop::problem(format!("{}: {error}", path.display()));
        if optional && fs::symlink_metadata(path).is_err() {
            return Ok(None);
        }
        let Some(resolved) = self.judged(path, reading, origin) else { return Ok(None) };
        let content = match copies::read(&resolved) {
            Ok(content) => content,
            Err(error) if optional && error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(problem(&error)),
        };
        let copy = self.copy_of(path);
        if let Some(folder) = copy.parent() {
            fs::create_dir_all(folder).map_err(|error| problem(&error))?;
        }
        fs::write(&copy, &content).map_err(|error| problem(&error))?;
        Ok(Some(content))
    }

    fn judged(&mut self, path: &Path, reading: Reading, origin: &str) -> Option<PathBuf> {
        let mut asked = [Asked::new(Wish::Read(reading, path.to_owned()), origin)];
        let verdict = judge(&mut asked, self.policy, self.engine);
        // What is not approved is not looked into, either.
        let clear = verdict.against(|grant| self.approved.contains(&digest(&grant.text))).is_clear();
        self.verdict.join(verdict);
        let [Asked { wish: Wish::Read(_, resolved), .. }] = asked else { return None };
        clear.then_some(resolved)
    }
}
