//! Bringing a plan into being: a set of files in the storage, and links to them.
//!
//! Order of a run: links first (new ones lead nowhere yet), then the one rename that makes the new set current,
//! then links and sets that are not needed any more go. Whoever looks sees the old set or the new one; whoever
//! fails before the rename leaves the old one in force.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use remo_wire::names::{ProjectName, SecretName};
use serde::{Deserialize, Serialize};

use crate::credential::tool_file::{self, ToolFile};
use crate::failure::Failure;
use crate::plan::{Destination, Plan, Variable};
use crate::report;
use crate::settings::Settings;
use crate::storage::Storage;
use crate::vend::Vended;

pub(crate) use link::{LinkFault, Placed};
pub(crate) use outcome::FailedMarker;
pub(crate) use roots::Roots;
pub(crate) use session::Session;
pub(crate) use set::Ready;

mod link;
mod outcome;
mod roots;
mod session;
mod set;

/// How long a set that was replaced stays, for readers that are on their way through the link to one of its
/// files: opening a file takes microseconds, and a busy machine may stop a reader in between.
pub(crate) const RETIREMENT: Duration = Duration::from_millis(250);

/// Where links were made, so that a later run can remove those that are not wanted any more.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// The home that `~/` stood for.
    home: Option<PathBuf>,
    /// Path of the link, as in the manifest, by secret.
    links: BTreeMap<SecretName, String>,
    /// Path of the link, by the name of a file that tells a tool of its helper.
    #[serde(default)]
    tools: BTreeMap<String, String>,
}

/// What a path that is taken means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occupied {
    /// Nothing is injected: the start of a container is all or nothing.
    Fail,
    /// All else is injected: a planted file must not hold up the rotation or removal of other secrets.
    Report,
}

/// What an injection did.
#[derive(Debug)]
pub(crate) struct Injected {
    /// Variables with another value than in the set before, or without one.
    pub changed_variables: Vec<String>,
    /// Links that could not be made; only with [`Occupied::Report`].
    pub faults: Vec<Failure>,
    /// Whether a set was replaced, which is to be removed after [`RETIREMENT`].
    pub replaced: bool,
}

/// What became of the links of a plan.
struct Linked {
    ledger: Ledger,
    /// Those that were not there before, with their targets.
    made: Vec<(Destination, PathBuf)>,
    faults: Vec<Failure>,
}

/// Where things go in this run.
#[derive(Debug)]
pub(crate) struct Injection<'a> {
    storage: &'a Storage,
    roots: Roots,
    project: ProjectName,
}

impl<'a> Injection<'a> {
    /// Into this storage and the home of the settings.
    pub(crate) fn new(storage: &'a Storage, settings: &Settings, project: ProjectName) -> Self {
        Self { storage, roots: Roots::new(settings), project }
    }

    /// Injects a plan.
    pub(crate) fn inject(&mut self, vended: &Vended, occupied: Occupied) -> Result<Injected, Failure> {
        let _lock = self.storage.lock()?;
        let before = set::Current::read(self.storage)?;
        self.replace(&before, vended, occupied)
    }

    /// Injects a plan, unless somebody else has brought in a later view since it was asked for: `None` then, and
    /// nothing has changed. Who asks once more gets what is to be injected whatever is there, because a broker whose
    /// state was lost counts from the beginning.
    pub(crate) fn inject_unless_overtaken(
        &mut self,
        vended: &Vended,
        occupied: Occupied,
    ) -> Result<Option<Injected>, Failure> {
        let _lock = self.storage.lock()?;
        let before = set::Current::read(self.storage)?;
        if before.view().is_some_and(|view| view > vended.fetched.view) {
            return Ok(None);
        }
        self.replace(&before, vended, occupied).map(Some)
    }

    /// Called with the lock held.
    fn replace(
        &mut self,
        before: &set::Current,
        vended: &Vended,
        occupied: Occupied,
    ) -> Result<Injected, Failure> {
        set::remove_retired(self.storage, before.name.as_deref());
        session::remove_dead(self.storage);

        let Linked { ledger, made, faults } = self.link_all(&vended.plan, occupied)?;
        let complete = vended.complete() && faults.is_empty();
        let written = set::write(self.storage, vended, &ledger, &self.ready(vended), complete)
            .and_then(|name| set::switch(self.storage, &name, before.name.as_deref()));
        if let Err(failure) = written {
            self.unlink(&made);
            return Err(failure);
        }
        self.remove_links(&before.ledger, &ledger);
        let changed_variables = set::changed_variables(before, &vended.plan.variables);
        Ok(Injected { changed_variables, faults, replaced: before.name.is_some() })
    }

    fn link_all(&mut self, plan: &Plan, occupied: Occupied) -> Result<Linked, Failure> {
        let ledger = Ledger { home: self.roots.home_path(), ..Ledger::default() };
        let mut linked = Linked { ledger, made: Vec::new(), faults: Vec::new() };
        for file in &plan.files {
            let target = set::path_of(self.storage.path(), &file.secret);
            match link::place(&mut self.roots, &file.destination, &target, self.storage.path()) {
                Ok(placed) => {
                    if placed == Placed::New {
                        linked.made.push((file.destination.clone(), target));
                    }
                    linked.ledger.links.insert(file.secret.clone(), file.destination.to_string());
                }
                Err(fault) => {
                    let failure = fault.into_failure(&file.secret);
                    if occupied == Occupied::Fail {
                        self.unlink(&linked.made);
                        return Err(failure);
                    }
                    linked.faults.push(failure);
                }
            }
        }
        for file in tool_file::of(&plan.helpers) {
            self.link_tool(&file, &mut linked);
        }
        Ok(linked)
    }

    /// No secret is lost or laid open where a tool is not told of its helper: that is said, and the start goes on.
    fn link_tool(&mut self, file: &ToolFile, linked: &mut Linked) {
        let Some(destination) = Destination::parse(file.path) else { return };
        let target = set::tool_path_of(self.storage.path(), file.name);
        match link::place(&mut self.roots, &destination, &target, self.storage.path()) {
            Ok(placed) => {
                if placed == Placed::New {
                    linked.made.push((destination.clone(), target));
                }
                linked.ledger.tools.insert(file.name.to_owned(), file.path.to_owned());
            }
            Err(fault) => {
                if !file.is_told_by(&self.roots.full_path(&destination)) {
                    report::note(untold(file, &fault));
                }
            }
        }
    }

    fn unlink(&mut self, made: &[(Destination, PathBuf)]) {
        for (destination, target) in made {
            // The first failure is what is reported; a link that stays leads nowhere.
            let _ = link::remove(&mut self.roots, destination, target);
        }
    }

    /// Removes links of the set before that this one does not have.
    fn remove_links(&mut self, before: &Ledger, now: &Ledger) {
        let mut roots = match &before.home {
            Some(home) if Some(home) != now.home.as_ref() => Roots::with_home(home),
            _ => self.roots.clone(),
        };
        let same_home = before.home == now.home;
        let storage = self.storage.path();
        let secrets = before
            .links
            .iter()
            .filter(|(secret, path)| !(same_home && now.links.get(*secret) == Some(*path)))
            .map(|(secret, path)| (path, set::path_of(storage, secret)));
        let tools = before
            .tools
            .iter()
            .filter(|(name, path)| !(same_home && now.tools.get(*name) == Some(*path)))
            .map(|(name, path)| (path, set::tool_path_of(storage, name)));
        for (path, target) in secrets.chain(tools) {
            if let Some(destination) = Destination::parse(path) {
                // A link that cannot be removed leads nowhere, and what it led to is gone.
                let _ = link::remove(&mut roots, &destination, &target);
            }
        }
    }

    fn ready(&self, vended: &Vended) -> Ready {
        Ready {
            instance: self.storage.instance().clone(),
            project: self.project.clone(),
            generation: vended.fetched.generation,
            view: vended.fetched.view,
        }
    }
}

/// Whether there is a set in force, complete or not.
pub(crate) fn is_in_force(storage: &Storage) -> bool {
    set::Current::read(storage).is_ok_and(|current| current.name.is_some())
}

/// Takes away what `vended` does not hold any more, where a set with the rest cannot be written: unlinking needs no
/// memory.
pub(crate) fn withdraw(storage: &Storage, vended: &Vended) -> Result<(), Failure> {
    let _lock = storage.lock()?;
    set::withdraw(storage, &vended.plan)
}

/// Removes sets that were replaced [`RETIREMENT`] ago or longer. Says whether younger ones are left.
pub(crate) fn remove_retired(storage: &Storage) -> Result<bool, Failure> {
    let _lock = storage.lock()?;
    let current = set::Current::read(storage)?;
    Ok(set::remove_retired(storage, current.name.as_deref()))
}

/// What is in the way of a file, without changing anything; for `check`.
pub(crate) fn inspect(settings: &Settings, destination: &Destination) -> Option<LinkFault> {
    let ours: PathBuf = settings.secrets_dir.components().collect();
    link::inspect(&mut Roots::new(settings), destination, &ours).err()
}

/// Why a tool is not told of its helper, and what to do; `None` where it is. Changes nothing; for `check`.
pub(crate) fn inspect_tool(settings: &Settings, file: &ToolFile) -> Option<Failure> {
    let destination = Destination::parse(file.path)?;
    let fault = inspect(settings, &destination)?;
    let told = file.is_told_by(&Roots::new(settings).full_path(&destination));
    (!told).then(|| untold(file, &fault))
}

fn untold(file: &ToolFile, fault: &LinkFault) -> Failure {
    Failure::unavailable(format!("{} is not told of its helper: {}", file.tool.word(), fault.brief()))
        .hint(file.hint())
}

/// The variables of the set in force.
pub(crate) fn variables(storage: &Storage) -> Result<Vec<Variable>, Failure> {
    set::variables(storage)
}

/// The marker of the set in force, if it was made in this start of the container and holds all that is required.
pub(crate) fn ready(storage: &Storage) -> Result<Option<Ready>, Failure> {
    Ok(set::ready(storage)?.filter(|ready| storage.instance().same(&ready.instance)))
}
