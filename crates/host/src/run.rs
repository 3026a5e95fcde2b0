//! From a command line to what does the work.

use remo_wire::names::VAULT_NAME;

use crate::cli::{
    Command, CommandLine, HostArguments, LaunchCommandLine, ShellArguments, TrustArguments, UpArguments,
    VaultCommand,
};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::install::{self, removal};
use crate::launch::secrets::Consent;
use crate::launch::up::{self, Options};
use crate::menu::{self, clone, delete};
use crate::places::Places;
use crate::project::Project;
use crate::shell::{Wanted, shell};
use crate::trust::{self, Matter};
use crate::{doctor, network, output, status, vault};

/// Carries a command of `remo` out.
pub fn remo(places: &Places, line: &CommandLine) -> Result<ExitStatus, Failure> {
    match &line.command {
        Command::Shell(arguments) => open(places, arguments),
        Command::Up(arguments) if arguments.name == VAULT_NAME => vault_up(places, arguments.rebuild),
        Command::Up(arguments) => up(places, arguments),
        Command::Trust(arguments) => trust(places, arguments),
        Command::Status(arguments) => status::status(places, arguments.json),
        Command::Doctor(arguments) => doctor::doctor(places, arguments.json),
        Command::Clone(arguments) => clone::clone(places, &arguments.address, arguments.name.as_deref()),
        Command::Delete(arguments) => delete::delete(places, &arguments.name, arguments.yes.as_deref()),
        Command::AdoptVault(arguments) => vault::adopt::adopt(places, &arguments.id),
        Command::Vault(command) => of_vault(places, command),
        Command::Network(_) | Command::Install(_) | Command::Uninstall(_) => of_host(&line.command),
    }
}

/// Carries a command out that is about the whole host, and asks for no home.
pub fn of_host(command: &Command) -> Result<ExitStatus, Failure> {
    match command {
        Command::Network(arguments) => network::run(arguments.action),
        Command::Install(arguments) => install::install(&install::Options {
            user: arguments.user.clone(),
            projects_root: arguments.projects_root.clone(),
            from: arguments.from.clone(),
            without_menu: arguments.no_menu,
            common: common(&arguments.common),
        }),
        Command::Uninstall(arguments) => removal::uninstall(&removal::Options {
            user: arguments.user.clone(),
            keep: arguments.keep.clone(),
            yes: arguments.yes,
            common: common(&arguments.common),
        }),
        _ => Err(Failure::usage("this command is about projects")),
    }
}

fn common(arguments: &HostArguments) -> install::Common {
    install::Common {
        root: arguments.root.clone(),
        links_only: arguments.links_only,
        dry_run: arguments.dry_run,
        json: arguments.json,
    }
}

fn up(places: &Places, arguments: &UpArguments) -> Result<ExitStatus, Failure> {
    let project = Project::open(places, &arguments.name)?;
    let options = Options { consent: consent(arguments.yes), rebuild: arguments.rebuild, uid: arguments.uid };
    let container = up::up(places, &project, options)?;
    output::note(&format!("{} is up; open a shell: remo shell -p {}", project.name, project.name));
    output::data(&format!("{}\n", container.id))?;
    Ok(ExitStatus::Success)
}

fn of_vault(places: &Places, command: &VaultCommand) -> Result<ExitStatus, Failure> {
    match command {
        VaultCommand::Build(arguments) => {
            let options = vault::image::Options {
                base: arguments.base.as_deref(),
                context: arguments.context.as_deref().unwrap_or(&places.vault_image),
                offline: arguments.offline,
            };
            vault::image::build(places, &options)
        }
        VaultCommand::Up(arguments) => vault_up(places, arguments.recreate),
        VaultCommand::Down => vault::down::down(places),
        VaultCommand::Status(arguments) => vault::status::status(places, arguments.json),
    }
}

fn vault_up(places: &Places, recreate: bool) -> Result<ExitStatus, Failure> {
    let container = vault::up::up(places, recreate)?;
    output::data(&format!("{}\n", container.id))?;
    Ok(ExitStatus::Success)
}

/// Carries `project-launch` out.
pub fn launch(places: &Places, line: &LaunchCommandLine) -> Result<ExitStatus, Failure> {
    shell(
        places,
        &Wanted {
            name: &line.project,
            command: line.exec.as_deref(),
            detach: line.detach,
            is_detached: false,
            without_session: false,
        },
    )
}

fn open(places: &Places, arguments: &ShellArguments) -> Result<ExitStatus, Failure> {
    let Some(name) = &arguments.project else {
        return Ok(menu::once(places)?.unwrap_or(ExitStatus::Failure));
    };
    shell(
        places,
        &Wanted {
            name,
            command: arguments.exec.as_deref(),
            detach: arguments.detach,
            is_detached: arguments.detached,
            without_session: arguments.no_session,
        },
    )
}

fn trust(places: &Places, arguments: &TrustArguments) -> Result<ExitStatus, Failure> {
    let matter = if arguments.host { Matter::Host } else { Matter::Project };
    if arguments.revoke {
        return trust::revoke(places, &arguments.name, matter);
    }
    trust::approve(places, &arguments.name, matter, consent(arguments.yes))
}

fn consent(is_given: bool) -> Consent {
    if is_given { Consent::Given } else { Consent::Ask }
}
