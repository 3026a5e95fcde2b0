//! `remo status`: each project, its manifest, its container, and which view that holds.
//!
//! Nothing in it is the word of a container. Whether one runs and since when says the engine; views, manifests, what a
//! container was given and what changed since says the broker; what the environment holds at least is the view that
//! the launcher saw right before the start.

use std::time::Duration;

use remo_wire::admin::{ManifestSummary, StatusResponse};
use remo_wire::binding::Target;
use remo_wire::client::Client;

use crate::containers::Store;
use crate::engine::Engine;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::launch::secrets;
use crate::output;
use crate::places::Places;
use crate::project::{self, Project};
use line::{Known, Line};

mod line;
mod table;

/// How often to ask again while a container takes what is new at this moment.
const LOOKS: u32 = 5;

/// Between two looks; a container takes a push in some ten milliseconds.
const PAUSE: Duration = Duration::from_millis(200);

/// Shows it.
pub fn status(places: &Places, as_json: bool) -> Result<ExitStatus, Failure> {
    let mut client = secrets::connect(places)?;
    let status = settled(&mut client)?;
    let store = Store::open(&places.state)?;
    let engine = Engine::new(places);
    let mut lines = Vec::new();
    for name in project::all(places)? {
        let container = store.read(&name)?.container;
        let found = match (&container, &engine) {
            (Some(container), Ok(engine)) => engine.inspect(&container.id).map_err(|_| ()),
            (None, _) => Ok(None),
            (Some(_), Err(_)) => Err(()),
        };
        let at_broker = status.projects.iter().find(|project| project.name.as_str() == name);
        let vended = Project::open(places, &name)?.vended;
        let in_environment = match &vended {
            Some(vended) if at_broker.is_some() => {
                secrets::manifest(&mut client, vended)?.pinned.is_some_and(|pinned| has_variables(&pinned))
            }
            _ => false,
        };
        let known = Known { at_broker, container: container.as_ref(), found: &found, in_environment };
        lines.push(Line::new(&name, &known));
    }
    if as_json {
        let text = serde_json::to_string_pretty(&lines).map_err(|error| Failure::new(error.to_string()))?;
        output::data(&format!("{text}\n"))?;
    } else {
        output::data(&table::text(&lines))?;
    }
    Ok(ExitStatus::Success)
}

/// The broker's status, once every container that follows has had the time to.
#[expect(
    clippy::disallowed_methods,
    reason = "the broker's status is asked for, and tells nobody that it changed"
)]
fn settled(client: &mut Client) -> Result<StatusResponse, Failure> {
    let mut status = client.status()?;
    for _ in 0..LOOKS {
        let follows = status.projects.iter().any(|project| {
            project.containers.iter().any(|container| container.watching && container.view < project.view)
        });
        if !follows {
            break;
        }
        std::thread::sleep(PAUSE);
        status = client.status()?;
    }
    Ok(status)
}

fn has_variables(pinned: &ManifestSummary) -> bool {
    pinned.bindings.values().any(|binding| matches!(binding.target, Target::Env(_)))
}
