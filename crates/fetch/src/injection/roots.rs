//! The two directories that destinations are walked from.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::process::geteuid;

use super::link::LinkFault;
use crate::failure::Failure;
use crate::plan::Destination;
use crate::settings::{Settings, name_of};

/// The home and `/`, opened when first needed.
#[derive(Debug, Clone)]
pub(crate) struct Roots {
    home: Result<PathBuf, Failure>,
    opened: Option<Rc<OwnedFd>>,
}

impl Roots {
    /// With the home of the settings. That there is none is an error only for who needs it.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { home: settings.home(), opened: None }
    }

    /// With the home at `home`.
    pub(crate) fn with_home(home: &Path) -> Self {
        Self { home: Ok(home.to_owned()), opened: None }
    }

    /// Refuses a home that is somebody else's. That there is none, or that it cannot be opened, is left to who
    /// needs it.
    pub(crate) fn refuse_foreign_home(settings: &Settings) -> Result<(), Failure> {
        match settings.home().map(|home| open(&home).map(|opened| own(&opened, &home))) {
            Ok(Ok(owned)) => owned,
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }

    /// The home, if it is known.
    pub(crate) fn home_path(&self) -> Option<PathBuf> {
        self.home.as_ref().ok().cloned()
    }

    /// The directory that the path below is walked from.
    ///
    /// The home itself may be reached through links: it comes from the system or the command line.
    pub(super) fn open(&mut self, destination: &Destination) -> Result<Rc<OwnedFd>, LinkFault> {
        match destination {
            Destination::Root(_) => open(Path::new("/")).map(Rc::new),
            Destination::Home(_) => {
                if let Some(home) = &self.opened {
                    Ok(Rc::clone(home))
                } else {
                    let home = self.home.clone().map_err(LinkFault::Unnamed)?;
                    let opened = open(&home)?;
                    own(&opened, &home).map_err(LinkFault::Unnamed)?;
                    Ok(Rc::clone(self.opened.insert(Rc::new(opened))))
                }
            }
        }
    }

    /// The whole path, for messages.
    pub(super) fn full_path(&self, destination: &Destination) -> PathBuf {
        match (destination, &self.home) {
            (Destination::Home(path), Ok(home)) => home.join(path),
            (Destination::Home(path), Err(_)) => Path::new("~").join(path),
            (Destination::Root(path), _) => Path::new("/").join(path),
        }
    }
}

/// Refuses, as root, the home of somebody else: what root makes there, that user could not use, and a
/// directory like `~/.aws` would be lost to them.
fn own(opened: &OwnedFd, home: &Path) -> Result<(), Failure> {
    let owner = fstat(opened)
        .map_err(|error| Failure::internal("look at the home directory", &std::io::Error::from(error)))?
        .st_uid;
    if !geteuid().is_root() || owner == 0 {
        return Ok(());
    }
    let problem = format!("the home {} belongs to user {owner}, and this is root", home.display());
    let name = std::fs::read_to_string("/etc/passwd").ok().and_then(|users| name_of(&users, owner));
    let (user, become_user) = match name {
        Some(name) => (format!("{name} (user {owner})"), format!("su {name} -c remo-fetch-secrets")),
        None => {
            (format!("user {owner}"), format!("setpriv --reuid {owner} --clear-groups remo-fetch-secrets"))
        }
    };
    Err(Failure::unavailable(problem)
        .hint(format!("run as {user}: {become_user}; or name root's own home: --home /root")))
}

fn open(path: &Path) -> Result<OwnedFd, LinkFault> {
    openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| LinkFault::System { attempt: "open", path: path.to_owned(), error: error.into() })
}
