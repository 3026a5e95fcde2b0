//! Setting a host up, and taking everything away again, for hosts without Ansible.
//!
//! - [`host`]: changes of one host, each made only where something differs, and reported
//! - [`content`]: the files that are installed, out of an unpacked release
//! - [`system`]: users, directories, drop-ins and units
//! - [`person`]: links and the start-up line of one account, made as that account; [`startup`] is the line
//! - [`removal`]: the way back
//!
//! The content is that of the packages, which come with users, directories and units of their own: where they are
//! installed, what is left to do is what a package cannot know, the projects root and the account.

pub mod account;
pub mod content;
pub mod host;
pub mod person;
pub mod removal;
pub mod report;
pub mod startup;
pub mod system;

use std::path::PathBuf;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::install::account::Account;
use crate::install::host::Host;

/// What `remo install` was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The account whose projects these are.
    pub user: Option<String>,
    /// Where they are; by default `projects` in the account's home.
    pub projects_root: Option<PathBuf>,
    /// An unpacked release; by default the one that this program lies in.
    pub from: Option<PathBuf>,
    /// No start-up line.
    pub without_menu: bool,
    /// Where, and how it is said.
    pub common: Common,
}

/// What setting up and taking away have in common.
#[derive(Debug, Clone)]
pub struct Common {
    /// The directory that is the host's root.
    pub root: PathBuf,
    /// Only the caller's own links.
    pub links_only: bool,
    /// Change nothing.
    pub dry_run: bool,
    /// Report as JSON.
    pub json: bool,
}

impl Common {
    fn host(&self) -> Host {
        Host::new(&self.root, self.dry_run, self.json)
    }
}

/// Sets the host up. Done twice, the second time changes nothing.
pub fn install(options: &Options) -> Result<ExitStatus, Failure> {
    let mut host = options.common.host();
    if options.common.links_only {
        person::link(&mut host, !options.without_menu)?;
        return host.report.finish();
    }
    host.need_root("install")?;
    let account = Account::find(&host, options.user.as_deref())?;
    let root = system::projects_root(&account, options.projects_root.as_deref())?;
    let from = content::release(options.from.as_deref())?;
    let files_changed = match &from {
        Some(release) => content::copy(&mut host, release)?,
        None => false,
    };
    system::set_up(&mut host, &account, &root, files_changed)?;
    person::link_as(&mut host, &account, !options.without_menu)?;
    system::advise(&host, &account);
    host.report.finish()
}
