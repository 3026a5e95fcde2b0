//! Making and starting a project's container: check, register, gate, record.

use std::path::PathBuf;

use remo_wire::client::Client;

use super::configuration::Configuration;
use super::feature::FeatureServer;
use super::image;
use super::outcome::{self, Made, Outcome};
use super::place::enters_container;
use super::secrets::{self, Consent, Secrets};
use super::tooling::{self, Start, Tooling};
use super::turn::Turn;
use crate::containers::{Container, History, Store};
use crate::engine::Engine;
use crate::failure::Failure;
use crate::output;
use crate::places::Places;
use crate::project::Project;
use crate::trust::launch;

/// How a project is started.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How a changed manifest is approved.
    pub consent: Consent,
    /// Make the container again.
    pub rebuild: bool,
    /// A user of the container that may fetch, beside the owner of the directory.
    pub uid: Option<u32>,
}

/// Where what the tooling says is kept.
pub fn log_path(places: &Places, project: &str) -> PathBuf {
    places.state.join(format!("{project}.start.log"))
}

/// Starts the project's container, or makes it; what is remembered of it then.
pub fn up(places: &Places, project: &Project, options: Options) -> Result<Container, Failure> {
    let name = &project.name;
    let store = Store::open(&places.state)?;
    let claim = store.claim(name)?;
    if claim.is_none() {
        return Err(Failure::new(format!("{name} is being started or deleted already"))
            .hint(format!("wait for it; what it does is in {}", log_path(places, name).display())));
    }
    let tooling = Tooling::find(places)?;
    let engine = Engine::new(places)?;
    let configuration = Configuration::read(project)?;
    let history = store.change(name, |history| {
        if let Some(uid) = options.uid
            && !history.users.contains(&uid)
        {
            history.users.push(uid);
        }
    })?;
    let frozen = configuration.frozen(host_command_is_approved(name, &configuration, &history));
    let mut broker = None;
    let secrets = if let Some(vended) = &project.vended {
        let client = broker.insert(secrets::connect(places)?);
        let secrets = secrets::settle(client, project, vended, &history, options.consent)?;
        if secrets != Secrets::None {
            store.change(name, |history| history.pin_is_stale = false)?;
        }
        secrets
    } else {
        output::note(&format!(
            "{name} starts without secrets: the broker takes names of a-z, 0-9, _ and - only; rename the folder to \
             have them"
        ));
        Secrets::None
    };
    let server = match secrets {
        Secrets::Pinned(_) => Some(FeatureServer::start(&places.feature)?),
        Secrets::None => None,
    };
    // From here on the project's code may have run in a container.
    store.change(name, enters_container)?;
    let start = Start {
        project,
        configuration: &configuration.path,
        frozen: &tooling::freeze(places, name, &frozen)?,
        feature: server.as_ref().map(FeatureServer::reference),
        rebuild: options.rebuild,
    };
    launch::forget_wanted(places, name)?;
    let made_of = configuration.digest(project);
    let before = history.container.as_ref().filter(|_| !options.rebuild);
    if before.is_some_and(|before| is_outdated(before, &made_of)) {
        output::note(&outdated(name));
    }
    image::fetch(&engine, name, &configuration)?;
    let turn = Turn::take(&places.state, name)?;
    let begun = jiff::Timestamp::now();
    let log = log_path(places, name);
    let mut ended = tooling::run(places, &tooling, &start, &log)?;
    if let Some(user) = outcome::unexpected_user(&ended.last).and_then(usable_user)
        && let (Some(client), Some(vended)) = (&mut broker, &project.vended)
        && !store.read(name)?.users.contains(&user)
    {
        output::note(&format!("{name}: its container runs as user {user}; recorded, and started once more"));
        let history = store.change(name, |history| history.users = vec![user])?;
        secrets::register(client, project, vended, &history)?;
        ended = tooling::run(places, &tooling, &start, &log)?;
    }
    drop((server, turn));
    let failed = |words: &str| {
        // The tooling does not pass on everything that the gate says.
        let wanted = launch::wanted(places, name)?;
        Err(if wanted.is_empty() {
            outcome::failure(name, words, &ended.last, &log.display().to_string())
        } else {
            outcome::needs_approval(name, &wanted)
        })
    };
    let made = match outcome::read(&ended.output) {
        Some(Outcome::Up(made)) if ended.status.success() => made,
        Some(Outcome::Failed(words)) => return failed(&words),
        _ => return failed(""),
    };
    let mut container = recorded(&engine, name, made, secrets)?;
    // One that was there before is made of what it was made of then.
    let same = history.container.as_ref().filter(|before| before.id == container.id);
    container.configuration = same.map_or(Some(made_of), |before| before.configuration.clone());
    container.view = view_of(&container, begun, history.container.as_ref());
    store.change(name, |history| history.container = Some(container.clone()))?;
    if let Some(client) = &mut broker {
        user_of(&engine, client, project, &store, &container)?;
    }
    Ok(container)
}

/// Whether the command for the host is approved; says what is left out when it is not.
fn host_command_is_approved(name: &str, configuration: &Configuration, history: &History) -> bool {
    let Some((_, digest)) = configuration.host_command() else { return true };
    let approved = history.host_commands.contains(&digest);
    if !approved {
        output::note(&format!(
            "{name}: its initializeCommand would run on this host and is left out; see it and approve it: \
             remo trust {name}"
        ));
    }
    approved
}

/// The container as the engine knows it, held against the project that the gate made it for.
fn recorded(engine: &Engine<'_>, name: &str, made: Made, secrets: Secrets) -> Result<Container, Failure> {
    let found = engine.inspect(&made.id)?.filter(|found| found.state.running);
    let found = found.ok_or_else(|| {
        Failure::new(format!("the container of {name} has ended right after its start"))
            .hint(format!("see what it said: docker logs {}", &made.id[..12]))
    })?;
    if found.project() != Some(name) {
        return Err(Failure::new(format!("the container that the tooling named is not one of {name}")).hint(
            format!(
                "it was made past the launch gate; remove it, then try again: docker rm -f {}",
                &made.id[..12]
            ),
        ));
    }
    let view = match secrets {
        Secrets::Pinned(view) => Some(view),
        Secrets::None => None,
    };
    Ok(Container {
        id: found.id,
        user: made.user,
        folder: made.folder,
        started_at: found.state.started_at,
        view,
        configuration: None,
    })
}

/// Whether the container is known to be made of something else.
fn is_outdated(container: &Container, made_of: &str) -> bool {
    container.configuration.as_deref().is_some_and(|configuration| configuration != made_of)
}

fn outdated(name: &str) -> String {
    format!(
        "{name}: its configuration was changed since its container was made, and is not in force; make the container \
         again: remo up {name} --rebuild"
    )
}

/// Says so when the container of the project was made of something else than its configuration is now.
pub fn note_if_outdated(project: &Project, container: &Container) {
    let now = Configuration::read(project).map(|configuration| configuration.digest(project));
    if now.is_ok_and(|now| is_outdated(container, &now)) {
        output::note(&outdated(&project.name));
    }
}

/// The view that the container's environment holds at least: one that ran before this start was not started again by
/// it, and holds what it held.
fn view_of(container: &Container, begun: jiff::Timestamp, before: Option<&Container>) -> Option<u64> {
    match container.started_at.parse::<jiff::Timestamp>() {
        Ok(started) if started >= begun => container.view,
        _ => before
            .filter(|before| before.id == container.id && before.started_at == container.started_at)
            .and_then(|before| before.view),
    }
}

/// Records the number of the remote user. The container says it, so it is no more than which of its own users may
/// use its own socket.
fn user_of(
    engine: &Engine<'_>,
    client: &mut Client,
    project: &Project,
    store: &Store,
    container: &Container,
) -> Result<(), Failure> {
    let Some(name) = &project.vended else { return Ok(()) };
    let said = engine.ask(&["exec", "--user", &container.user, &container.id, "id", "-u"]);
    let Some(user) = said.ok().as_deref().and_then(usable_user) else { return Ok(()) };
    let history = store.change(&project.name, |history| {
        if !history.users.contains(&user) {
            history.users = vec![user];
        }
    })?;
    secrets::register(client, project, name, &history)
}

/// A user's number that can be recorded: root may always fetch, and the overflow user never.
fn usable_user(text: &str) -> Option<u32> {
    text.trim().parse().ok().filter(|user: &u32| !matches!(*user, 0 | 65534 | u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_that_ran_before_holds_what_it_held() {
        let begun = "2026-05-31T12:00:00Z".parse().unwrap();
        let container = |started_at: &str, view| Container {
            id: "ab".repeat(32),
            user: "dev".to_owned(),
            folder: "/w".to_owned(),
            started_at: started_at.to_owned(),
            view,
            configuration: None,
        };
        let (old, new) = ("2026-05-31T11:59:59.123456789Z", "2026-05-31T12:00:01.123456789Z");
        assert_eq!(view_of(&container(new, Some(5)), begun, None), Some(5));
        assert_eq!(view_of(&container(old, Some(5)), begun, Some(&container(old, Some(3)))), Some(3));
        assert_eq!(view_of(&container(old, Some(5)), begun, Some(&container("another", Some(3)))), None);
        assert_eq!(view_of(&container(old, Some(5)), begun, None), None, "nobody knows");
    }

    #[test]
    fn a_container_cannot_have_the_overflow_user_recorded() {
        assert_eq!(usable_user("1000\n"), Some(1000));
        for bad in ["0", "65534", "4294967295", "-1", "1000 0", "", "x"] {
            assert_eq!(usable_user(bad), None, "{bad}");
        }
    }
}
