//! `remo trust`: shows what a person is asked to approve for a project, and pins exactly that.

pub mod launch;

use remo_present::shown::escaped;
use remo_wire::admin::{AdminRequest, DoneResponse};
use remo_wire::client::{Client, ClientError};
use remo_wire::error::ErrorCode;

use crate::containers::{History, Store};
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::launch::configuration::Configuration;
use crate::launch::place::{Place, place};
use crate::launch::secrets::{self, Approval, Consent};
use crate::places::Places;
use crate::project::Project;
use crate::{output, question};

/// What is to be approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// The manifest and the launch configuration.
    Project,
    /// That it runs on the host.
    Host,
}

/// Approves.
pub fn approve(places: &Places, name: &str, matter: Matter, consent: Consent) -> Result<ExitStatus, Failure> {
    let project = Project::open(places, name)?;
    let store = Store::open(&places.state)?;
    let history = store.read(name)?;
    if matter == Matter::Host {
        return on_host(&store, &project, &history, consent);
    }
    let host = host_command(&store, &project, &history, consent)?;
    let launch = launch::approve(places, name, consent)?;
    let manifest = manifest(places, &store, &project, &history, consent)?;
    Ok(if host && launch && manifest { ExitStatus::Success } else { ExitStatus::Failure })
}

/// Takes back what was approved: everything, or that it runs on the host.
pub fn revoke(places: &Places, name: &str, matter: Matter) -> Result<ExitStatus, Failure> {
    let project = Project::open(places, name)?;
    let store = Store::open(&places.state)?;
    if matter == Matter::Host {
        store.change(name, |history| history.host_is_approved = false)?;
        output::note(&format!("{name} does not run on this host any more"));
        return Ok(ExitStatus::Success);
    }
    // First what lies here: should the broker be out of reach, the next start asks in any case.
    store.change(name, |history| {
        history.host_is_approved = false;
        history.host_commands.clear();
        history.pin_is_stale = true;
    })?;
    launch::withdraw(places, name)?;
    if let Some(vended) = &project.vended {
        let mut client = Client::connect(&places.admin_socket)?;
        match client.request::<_, DoneResponse>(&AdminRequest::Unregister { name: vended.clone() }) {
            Ok(_) => {}
            Err(ClientError::Refused(refusal)) if refusal.code == ErrorCode::ProjectUnknown => {}
            Err(error) => return Err(error.into()),
        }
    }
    output::note(&format!(
        "{name} gets no secret any more, and the next start asks again; what its containers already have, they keep: \
         revoke that where it was issued"
    ));
    Ok(ExitStatus::Success)
}

fn on_host(
    store: &Store,
    project: &Project,
    history: &History,
    consent: Consent,
) -> Result<ExitStatus, Failure> {
    let name = &project.name;
    if place(project.has_configuration(), history) == Place::Container {
        return Err(Failure::new(format!(
            "{name} has a dev container configuration and runs in its container"
        ))
        .hint(format!("open a shell in it: remo shell -p {name}")));
    }
    if history.host_is_approved {
        output::note(&format!("{name} is approved to run on this host already"));
        return Ok(ExitStatus::Success);
    }
    output::note(&format!(
        "{} would run on this host, as you: everything in it that a command of yours starts (scripts, git hooks, build \
         files, what a prompt looks at) can read your files and talk to the broker.",
        escaped(&project.path.to_string_lossy())
    ));
    if history.was_in_container {
        output::note(
            "It ran in a container before: the code in there could write every file of it, and take its configuration \
             away.",
        );
    }
    if !agreed(consent, &format!("Run {name} on this host?"))? {
        return Ok(declined(name));
    }
    store.change(name, |history| history.host_is_approved = true)?;
    output::note(&format!("{name} runs on this host: remo shell -p {name}"));
    Ok(ExitStatus::Success)
}

/// The command that the configuration would run on the host; whether there is none left to decide about.
fn host_command(
    store: &Store,
    project: &Project,
    history: &History,
    consent: Consent,
) -> Result<bool, Failure> {
    if !project.has_configuration() {
        return Ok(true);
    }
    let Some((command, digest)) = Configuration::read(project)?.host_command() else { return Ok(true) };
    if history.host_commands.contains(&digest) {
        return Ok(true);
    }
    output::note(&format!(
        "{}: its configuration runs this on the host, as you, before each start (initializeCommand):\n  {}\n\
         An approval is for exactly this text. The files that it calls are not covered: whoever changes them changes \
         what runs.",
        project.name,
        escaped(&command)
    ));
    if !agreed(consent, "Run it?")? {
        output::note("it is left out of every start");
        return Ok(false);
    }
    store.change(&project.name, |history| history.host_commands = vec![digest])?;
    Ok(true)
}

fn manifest(
    places: &Places,
    store: &Store,
    project: &Project,
    history: &History,
    consent: Consent,
) -> Result<bool, Failure> {
    let name = &project.name;
    let Some(vended) = &project.vended else {
        output::note(&format!("{name} has a name that the broker does not take: it starts without secrets"));
        return Ok(true);
    };
    let mut client = secrets::connect(places)?;
    secrets::register(&mut client, project, vended, history)?;
    match secrets::approve(&mut client, vended, history.pin_is_stale, consent)? {
        Approval::InForce => {
            store.change(name, |history| history.pin_is_stale = false)?;
            output::note(&format!("{name}: its manifest is in force as it is"));
            Ok(true)
        }
        Approval::Declined if consent == Consent::Ask && !question::is_possible() => {
            Err(Failure::usage("there is no terminal to ask on; nothing was approved")
                .hint(format!("approve it without a question: remo trust {name} --yes")))
        }
        Approval::Declined => {
            declined(name);
            Ok(false)
        }
        Approval::Nothing => Ok(false),
    }
}

fn agreed(consent: Consent, question: &str) -> Result<bool, Failure> {
    match consent {
        Consent::Given => Ok(true),
        Consent::Ask if !question::is_possible() => {
            Err(Failure::usage("there is no terminal to ask on; nothing was approved")
                .hint("approve it without a question: --yes"))
        }
        Consent::Ask => question::agreed(question),
    }
}

fn declined(name: &str) -> ExitStatus {
    output::note(&format!("nothing was approved for {name}"));
    ExitStatus::Failure
}
