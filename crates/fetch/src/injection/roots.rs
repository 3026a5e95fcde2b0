//! The two directories that destinations are walked from.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustix::fs::{CWD, Mode, OFlags, openat};

use super::link::LinkFault;
use crate::failure::Failure;
use crate::plan::Destination;
use crate::settings::Settings;

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
                    Ok(Rc::clone(self.opened.insert(Rc::new(open(&home)?))))
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

fn open(path: &Path) -> Result<OwnedFd, LinkFault> {
    openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| LinkFault::System { attempt: "open", path: path.to_owned(), error: error.into() })
}
