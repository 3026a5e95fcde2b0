//! Links from where programs look to where the files are.
//!
//! Code in the container may have planted links anywhere below the home, or swap them in while this runs. Every
//! directory on the way is therefore opened from the one before it, never through a link, and the link is made
//! relative to what was opened. What others own is never overwritten: a link is made only where nothing is, and
//! replaced only after it was swapped out and seen to be ours.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};

use remo_wire::names::SecretName;
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, RenameFlags, mkdirat, openat, readlinkat, renameat, renameat_with,
    statat, symlinkat, unlinkat,
};
use rustix::io::Errno;

use super::Roots;
use crate::failure::Failure;
use crate::plan::Destination;
use crate::shell::quoted;
use crate::storage::tree;

/// How a link came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// It was there, with this target.
    Unchanged,
    /// Nothing was there.
    New,
    /// A link of ours with another target was there.
    Replaced,
}

/// Why a link is not made.
#[derive(Debug)]
pub(crate) enum LinkFault {
    /// Something that is not ours is at the path.
    Occupied {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A directory on the way is a link, or no directory.
    Way {
        /// The directory.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// The home is not known, or there is no random name.
    Unnamed(Failure),
    /// The system refused.
    System {
        /// Continues "cannot".
        attempt: &'static str,
        /// What it refused on.
        path: PathBuf,
        /// Its words.
        error: io::Error,
    },
}

impl LinkFault {
    /// What is in the way, in a phrase.
    pub(crate) fn brief(&self) -> String {
        match self {
            Self::Occupied { path, what } => format!("{} is {what} that is not ours", path.display()),
            Self::Way { path, what } => format!("{} is {what}", path.display()),
            Self::Unnamed(failure) => failure.to_string(),
            Self::System { attempt, path, error } => format!("cannot {attempt} {}: {error}", path.display()),
        }
    }

    /// What to tell about it.
    pub(crate) fn into_failure(self, secret: &SecretName) -> Failure {
        match self {
            Self::Occupied { path, what } => Failure::unavailable(format!(
                "{secret}: {} is taken by {what} that is not ours, and is not overwritten",
                path.display()
            ))
            .hint(format!(
                "move it away, then run again: mv -- {} {}",
                quoted(&path),
                quoted(&path.with_added_extension("before"))
            )),
            Self::Way { path, what } => Failure::unavailable(format!(
                "{secret}: {} is {what}; secrets are not placed through it",
                path.display()
            ))
            .hint("look who made it, replace it by a directory, or choose another file_path in .remo/manifest.toml"),
            Self::Unnamed(failure) => failure,
            Self::System { attempt, path, error } => Failure::writing(attempt, &path, &error),
        }
    }
}

/// The directory that a link stands in.
struct Place {
    directory: OwnedFd,
    name: OsString,
    path: PathBuf,
}

/// Makes a link at `destination` to `target`. Links to anywhere in `ours`, our storage, are replaced; `ours` is
/// written plainly, without `.`, `..` or doubled slashes.
pub(super) fn place(
    roots: &mut Roots,
    destination: &Destination,
    target: &Path,
    ours: &Path,
) -> Result<Placed, LinkFault> {
    let place = open(roots, destination, Parents::Make)?;
    match symlinkat(target, &place.directory, &place.name) {
        Ok(()) => return Ok(Placed::New),
        Err(Errno::EXIST) => {}
        Err(error) => return Err(place.fault("make a link at", error)),
    }
    match place.our_link(&place.name, ours)? {
        Some(found) if found == target => Ok(Placed::Unchanged),
        Some(_) => place.replace(target, ours),
        None => Err(place.occupied()),
    }
}

/// Where the link at `destination` leads, when it is one of ours.
pub(super) fn target(
    roots: &mut Roots,
    destination: &Destination,
    ours: &Path,
) -> Result<Option<PathBuf>, LinkFault> {
    match open(roots, destination, Parents::Leave) {
        // Nothing can lead anywhere where the directory is missing; it is not made for a look.
        Err(LinkFault::System { error, .. }) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        place => {
            let place = place?;
            place.our_link(&place.name, ours)
        }
    }
}

/// Says what is in the way of a link, changing nothing.
pub(super) fn inspect(roots: &mut Roots, destination: &Destination, ours: &Path) -> Result<(), LinkFault> {
    let place = match open(roots, destination, Parents::Leave) {
        Err(LinkFault::System { error, .. }) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        place => place?,
    };
    match statat(&place.directory, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(place.fault("look at", error)),
        Ok(_) if place.our_link(&place.name, ours)?.is_some() => Ok(()),
        Ok(_) => Err(place.occupied()),
    }
}

/// Removes the link at `destination` if it still leads to `target`.
pub(super) fn remove(roots: &mut Roots, destination: &Destination, target: &Path) -> Result<(), LinkFault> {
    let place = match open(roots, destination, Parents::Leave) {
        Err(LinkFault::System { error, .. }) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        place => place?,
    };
    if place.our_link(&place.name, target)?.as_deref() != Some(target) {
        return Ok(());
    }
    // Taken aside before it is removed, so that a file that was put there in this moment is not lost.
    let aside = temporary_name()?;
    renameat(&place.directory, &place.name, &place.directory, &aside)
        .map_err(|error| place.fault("move", error))?;
    if place.our_link(&aside, target)?.as_deref() == Some(target) {
        return unlinkat(&place.directory, &aside, AtFlags::empty())
            .map_err(|error| place.fault("remove", error));
    }
    renameat_with(&place.directory, &aside, &place.directory, &place.name, RenameFlags::NOREPLACE)
        .map_err(|error| place.fault("put back", error))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Parents {
    Make,
    Leave,
}

fn open(roots: &mut Roots, destination: &Destination, parents: Parents) -> Result<Place, LinkFault> {
    let root = roots.open(destination)?;
    let path = roots.full_path(destination);
    let mut names: Vec<&OsStr> = destination.relative().iter().collect();
    let name = names.pop().map(OsStr::to_owned).unwrap_or_default();
    let depth = names.len();
    let mut directory: Option<OwnedFd> = None;
    for (index, name) in names.into_iter().enumerate() {
        let walked = || path.ancestors().nth(depth - index).unwrap_or(&path).to_owned();
        let parent = directory.as_ref().map_or_else(|| root.as_fd(), AsFd::as_fd);
        directory = Some(step(parent, name, parents, walked)?);
    }
    let directory = match directory {
        Some(directory) => directory,
        None => root.try_clone().map_err(|error| LinkFault::System {
            attempt: "open",
            path: path.clone(),
            error,
        })?,
    };
    Ok(Place { directory, name, path })
}

fn step(
    parent: impl AsFd,
    name: &OsStr,
    parents: Parents,
    walked: impl Fn() -> PathBuf,
) -> Result<OwnedFd, LinkFault> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let open = || openat(&parent, name, flags, Mode::empty());
    let opened = match open() {
        Err(Errno::NOENT) if parents == Parents::Make => match mkdirat(&parent, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => open(),
            Err(error) => {
                return Err(LinkFault::System {
                    attempt: "make the directory",
                    path: walked(),
                    error: error.into(),
                });
            }
        },
        opened => opened,
    };
    opened.map_err(|error| match error {
        Errno::LOOP | Errno::NOTDIR => {
            let link = statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|status| FileType::from_raw_mode(status.st_mode) == FileType::Symlink);
            LinkFault::Way { path: walked(), what: if link { "a symbolic link" } else { "not a directory" } }
        }
        error => LinkFault::System { attempt: "open", path: walked(), error: error.into() },
    })
}

impl Place {
    /// The target of the link `name`, when it is a link to `ours` or below, and says so plainly: with a `..` in
    /// it, what begins like a path of ours can lead anywhere.
    fn our_link(&self, name: &OsStr, ours: &Path) -> Result<Option<PathBuf>, LinkFault> {
        match readlinkat(&self.directory, name, Vec::new()) {
            Ok(target) => {
                let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
                Ok(Some(target).filter(|target| target.starts_with(ours) && plain(target)))
            }
            // Not a link, or gone in the meantime.
            Err(Errno::INVAL | Errno::NOENT) => Ok(None),
            Err(error) => Err(self.fault("read the link", error)),
        }
    }

    /// Exchanges our link for a new one in one step.
    fn replace(&self, target: &Path, ours: &Path) -> Result<Placed, LinkFault> {
        let new = temporary_name()?;
        symlinkat(target, &self.directory, &new).map_err(|error| self.fault("make a link at", error))?;
        let exchange =
            || renameat_with(&self.directory, &new, &self.directory, &self.name, RenameFlags::EXCHANGE);
        let swapped = match exchange() {
            Ok(()) => self.our_link(&new, ours).and_then(|found| match found {
                Some(_) => Ok(Placed::Replaced),
                // Somebody put something else there in this moment: it goes back.
                None => exchange().map_err(|error| self.fault("put back", error)).and(Err(self.occupied())),
            }),
            // File systems without exchange.
            Err(Errno::INVAL | Errno::NOSYS) => renameat(&self.directory, &new, &self.directory, &self.name)
                .map(|()| Placed::Replaced)
                .map_err(|error| self.fault("replace the link", error)),
            Err(error) => Err(self.fault("replace the link", error)),
        };
        // What is left under the other name is a link of ours, old or new.
        if self.our_link(&new, ours)?.is_some() {
            let _ = unlinkat(&self.directory, &new, AtFlags::empty());
        }
        swapped
    }

    fn occupied(&self) -> LinkFault {
        let kind = statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW)
            .map(|status| FileType::from_raw_mode(status.st_mode));
        let what = match kind {
            Ok(FileType::Symlink) => "a symbolic link",
            Ok(FileType::Directory) => "a directory",
            _ => "a file",
        };
        LinkFault::Occupied { path: self.path.clone(), what }
    }

    fn fault(&self, attempt: &'static str, error: Errno) -> LinkFault {
        LinkFault::System { attempt, path: self.path.clone(), error: error.into() }
    }
}

/// Whether a path is absolute and written without `.`, `..`, doubled or final slashes.
fn plain(path: &Path) -> bool {
    let mut components = path.components();
    let absolute = components.next() == Some(Component::RootDir);
    let upwards = components.any(|component| component == Component::ParentDir);
    // Put together again, a path loses what is not plain about it.
    absolute && !upwards && path.components().collect::<PathBuf>().as_os_str() == path.as_os_str()
}

fn temporary_name() -> Result<OsString, LinkFault> {
    tree::random_name(".remo-").map(OsString::from).map_err(LinkFault::Unnamed)
}
