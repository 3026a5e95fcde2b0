//! The set of everything that one snapshot injects, and the link that makes it current.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use remo_secret::Secret;
use remo_wire::names::{ProjectName, SecretName};
use rustix::fs::{AtFlags, Mode, Timestamps, UTIME_NOW, readlinkat, symlinkat, unlinkat, utimensat};
use rustix::io::Errno;
use rustix::time::Timespec;
use serde::{Deserialize, Serialize};

use super::{Ledger, RETIREMENT};
use crate::credential::tool_file;
use crate::failure::Failure;
use crate::plan::{Plan, Variable};
use crate::report;
use crate::shell::{self, Shell};
use crate::storage::{Instance, Storage, tree};
use crate::vend::Vended;

/// The link to the set in force, in the storage.
pub(super) const CURRENT: &str = "current";

/// Where sets are, in the storage.
const SETS: &str = "views";

/// Where secrets' files are, in a set.
pub(super) const FILES: &str = "files";

/// Where the files are that tell tools of their helpers, in a set.
const TOOLS: &str = "tools";

const ENVIRONMENT_POSIX: &str = "env.sh";
const ENVIRONMENT_FISH: &str = "env.fish";
const ENVIRONMENT_NUL: &str = "env.nul";
const LINKS: &str = "links.json";
const READY: &str = "ready";

const OWNER_ONLY: Mode = Mode::RUSR.union(Mode::WUSR);

/// What says that a set holds all that is required: whose it is, and which view it shows.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ready {
    /// The start of the container that it was made in.
    #[serde(flatten)]
    pub instance: Instance,
    /// The project.
    pub project: ProjectName,
    /// The snapshot.
    pub generation: u64,
    /// The view.
    pub view: u64,
}

/// The set in force, without its values but for those of variables.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// Its name below [`SETS`].
    pub(super) name: Option<String>,
    /// Its links.
    pub(super) ledger: Ledger,
    variables: Option<Secret>,
}

impl Current {
    /// Reads what is there; a set that is not whole counts as one without links.
    pub(super) fn read(storage: &Storage) -> Result<Self, Failure> {
        let name = match readlinkat(storage.descriptor(), CURRENT, Vec::new()) {
            Ok(target) => target
                .to_str()
                .ok()
                .and_then(|target| target.strip_prefix(SETS)?.strip_prefix('/'))
                .map(str::to_owned),
            Err(Errno::NOENT | Errno::INVAL) => None,
            Err(error) => return Err(storage.failure("read the link", CURRENT, error)),
        };
        let Some(name) = name.filter(|name| !name.contains('/')) else { return Ok(Self::default()) };
        let Ok(set) = tree::open_directory(storage.descriptor(), SETS)
            .and_then(|sets| tree::open_directory(&sets, &name))
        else {
            return Ok(Self::default());
        };
        let read = |file| tree::read_file(&set, file).ok().flatten();
        Ok(Self {
            ledger: read(LINKS).and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default(),
            variables: read(ENVIRONMENT_NUL).map(Secret::new),
            name: Some(name),
        })
    }
}

impl Current {
    /// The view that it shows, by its name.
    pub(super) fn view(&self) -> Option<u64> {
        self.name.as_ref()?.split('.').next()?.parse().ok()
    }
}

/// Where the file of a secret is reachable in whichever set is in force.
pub(super) fn path_of(storage: &Path, secret: &SecretName) -> PathBuf {
    storage.join(CURRENT).join(FILES).join(secret.as_str())
}

/// Where a file for a tool is reachable in whichever set is in force.
pub(super) fn tool_path_of(storage: &Path, name: &str) -> PathBuf {
    storage.join(CURRENT).join(TOOLS).join(name)
}

/// Writes a new set, which nobody sees yet, and returns its name.
pub(super) fn write(
    storage: &Storage,
    vended: &Vended,
    ledger: &Ledger,
    ready: &Ready,
    complete: bool,
) -> Result<String, Failure> {
    let name = tree::random_name(&format!("{}.", vended.fetched.view))?;
    let whole = format!("{SETS}/{name}");
    let links = json(ledger)?;
    let ready = if complete { Some(json(ready)?) } else { None };
    let sets = tree::ensure_directory(storage.descriptor(), SETS)
        .map_err(|error| storage.failure("make the directory", SETS, error))?;
    let written = tree::create_directory(&sets, &name).and_then(|set| {
        let variables = &vended.plan.variables;
        let text = |name, content: &[u8]| tree::create_file(&set, name, OWNER_ONLY, content);
        write_files(&set, &vended.plan)?;
        write_tool_files(&set, &vended.plan)?;
        text(ENVIRONMENT_POSIX, shell::script(Shell::Posix, variables).expose())?;
        text(ENVIRONMENT_FISH, shell::script(Shell::Fish, variables).expose())?;
        text(ENVIRONMENT_NUL, shell::nul_separated(variables).expose())?;
        text(LINKS, &links)?;
        ready.map_or(Ok(()), |ready| text(READY, &ready))
    });
    written.map_err(|error| {
        // What is left of it would be removed by the next run; better now, when memory may be full.
        let _ = tree::remove(&sets, &name);
        storage.failure("write", &whole, error)
    })?;
    Ok(name)
}

/// The files of a plan, in a directory of their own.
pub(super) fn write_files(set: &std::os::fd::OwnedFd, plan: &Plan) -> std::io::Result<()> {
    let files = tree::create_directory(set, FILES)?;
    for file in &plan.files {
        let mode = Mode::from_raw_mode(file.mode);
        tree::create_file(&files, file.secret.as_str(), mode, file.content.expose())?;
    }
    Ok(())
}

fn write_tool_files(set: &std::os::fd::OwnedFd, plan: &Plan) -> std::io::Result<()> {
    let files = tool_file::of(&plan.helpers);
    if files.is_empty() {
        return Ok(());
    }
    let tools = tree::create_directory(set, TOOLS)?;
    files
        .iter()
        .try_for_each(|file| tree::create_file(&tools, file.name, OWNER_ONLY, file.content.as_bytes()))
}

/// Puts a set in force in place of `before`. This one rename is what readers see.
pub(super) fn switch(storage: &Storage, name: &str, before: Option<&str>) -> Result<(), Failure> {
    // Its age as a replaced set counts from now. Should this fail, it goes a little early.
    if let (Some(before), Ok(sets)) = (before, tree::open_directory(storage.descriptor(), SETS)) {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let times = Timestamps { last_access: now, last_modification: now };
        let _ = utimensat(&sets, before, &times, AtFlags::SYMLINK_NOFOLLOW);
    }
    let temporary = tree::random_name(".new-")?;
    let directory = storage.descriptor();
    let switched = symlinkat(format!("{SETS}/{name}"), directory, &temporary)
        .map_err(std::io::Error::from)
        .and_then(|()| tree::replace(directory, &temporary, CURRENT));
    switched.map_err(|error| {
        let _ = unlinkat(directory, &temporary, AtFlags::empty());
        let _ = remove(storage, name);
        storage.failure("replace the link", CURRENT, error)
    })
}

/// Removes a set.
pub(super) fn remove(storage: &Storage, name: &str) -> Result<(), Failure> {
    let removed = tree::open_directory(storage.descriptor(), SETS).and_then(|sets| tree::remove(&sets, name));
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(storage.failure("remove", &format!("{SETS}/{name}"), error))
        }
        _ => Ok(()),
    }
}

/// Removes sets that are not in force and that no reader can be on its way into any more: those that were
/// replaced [`RETIREMENT`] ago, and those of runs that were killed. Says whether younger ones are left. What
/// cannot be removed is reported: it must not hold up the secrets.
pub(super) fn remove_retired(storage: &Storage, current: Option<&str>) -> bool {
    let listed = tree::open_directory(storage.descriptor(), SETS)
        .and_then(|sets| tree::names(&sets).map(|names| (sets, names)));
    let (sets, names) = match listed {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return false,
        // Something else is in its place, which gives way when the next set is written.
        Err(error) if tree::is_no_directory(&error) => return false,
        Err(error) => {
            report::note(format_args!("cannot clean up {}: {error}", storage.path().join(SETS).display()));
            return false;
        }
    };
    let mut younger = false;
    for name in names.iter().filter(|name| current.is_none_or(|current| *name != current)) {
        if tree::age(&sets, &**name).is_some_and(|age| age < RETIREMENT) {
            younger = true;
        } else if let Err(error) = tree::remove(&sets, &**name) {
            let path = storage.path().join(SETS).join(name);
            report::note(format_args!("cannot clean up {}: {error}", path.display()));
        }
    }
    younger
}

/// The variables of the set in force; none where nothing is.
pub(super) fn variables(storage: &Storage) -> Result<Vec<Variable>, Failure> {
    let Some(text) = Current::read(storage)?.variables else { return Ok(Vec::new()) };
    shell::parse_nul_separated(text.expose())
        .map(|(name, value)| {
            let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(str::to_owned);
            match (text(name), text(value)) {
                (Ok(name), Ok(value)) => Ok(Variable { name, value: Secret::from_text(value) }),
                _ => Err(storage.failure("read", CURRENT, std::io::Error::from(ErrorKind::InvalidData))),
            }
        })
        .collect()
}

/// Names of variables whose value is another now, or that are gone; nothing when there was no set before.
pub(super) fn changed_variables(before: &Current, now: &[Variable]) -> Vec<String> {
    let Some(variables) = &before.variables else { return Vec::new() };
    let mut changed: Vec<String> = shell::parse_nul_separated(variables.expose())
        .filter(|(name, value)| {
            let found = now.iter().find(|variable| variable.name.as_bytes() == *name);
            found.is_none_or(|variable| variable.value.expose() != *value)
        })
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .collect();
    let known = |name: &str| {
        shell::parse_nul_separated(variables.expose()).any(|(before, _)| before == name.as_bytes())
    };
    changed
        .extend(now.iter().filter(|variable| !known(&variable.name)).map(|variable| variable.name.clone()));
    changed.sort();
    changed
}

/// Takes the marker of the set in force away: the set stays, but nobody takes it for the outcome of a later run.
pub(super) fn withdraw_ready(storage: &Storage) -> Result<(), Failure> {
    let Some(name) = Current::read(storage)?.name else { return Ok(()) };
    let removed = tree::open_directory(storage.descriptor(), SETS)
        .and_then(|sets| tree::open_directory(&sets, &*name))
        .and_then(|set| tree::remove(&set, READY));
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(storage.failure("remove", READY, error)),
        _ => Ok(()),
    }
}

/// Takes out of the set in force the files of secrets that `plan` does not have, and all variables when it lacks one.
pub(super) fn withdraw(storage: &Storage, plan: &Plan) -> Result<(), Failure> {
    let Current { name: Some(name), variables, .. } = Current::read(storage)? else { return Ok(()) };
    let gone = |name: &[u8]| !plan.variables.iter().any(|variable| variable.name.as_bytes() == name);
    let lacks_one = variables
        .is_some_and(|text| shell::parse_nul_separated(text.expose()).any(|(variable, _)| gone(variable)));
    let withdrawn = tree::open_directory(storage.descriptor(), SETS)
        .and_then(|sets| tree::open_directory(&sets, &name))
        .and_then(|set| {
            if lacks_one {
                for text in [ENVIRONMENT_POSIX, ENVIRONMENT_FISH, ENVIRONMENT_NUL, READY] {
                    tree::remove(&set, text)?;
                }
            }
            let files = tree::open_directory(&set, FILES)?;
            for file in tree::names(&files)? {
                if !plan.files.iter().any(|planned| file == planned.secret.as_str()) {
                    tree::remove(&set, READY)?;
                    tree::remove(&files, &file)?;
                }
            }
            Ok(())
        });
    withdrawn.map_err(|error| storage.failure("take secrets out of", CURRENT, error))
}

/// The marker of the set in force.
pub(super) fn ready(storage: &Storage) -> Result<Option<Ready>, Failure> {
    let Some(name) = Current::read(storage)?.name else { return Ok(None) };
    let set =
        tree::open_directory(storage.descriptor(), SETS).and_then(|sets| tree::open_directory(&sets, &name));
    // A set that is replaced in this moment is not ready; the next look finds its successor.
    Ok(set
        .and_then(|set| tree::read_file(&set, READY))
        .ok()
        .flatten()
        .and_then(|text| serde_json::from_slice(&text).ok()))
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value).map_err(|error| Failure::internal("describe the set", &error))
}
