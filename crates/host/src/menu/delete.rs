//! Deleting a project: its container, its folder, and what is approved for it.

use std::fs;

use remo_present::shown::escaped;
use remo_wire::admin::{AdminRequest, DoneResponse};
use remo_wire::client::{Client, ClientError};
use remo_wire::error::ErrorCode;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::containers::Store;
use crate::engine::Engine;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::menu::remains::Remains;
use crate::places::Places;
use crate::project::Project;
use crate::trust::launch;
use crate::{output, question};

/// Deletes a project after its name was typed once more; `confirmed` is that name out of a script.
pub fn delete(places: &Places, name: &str, confirmed: Option<&str>) -> Result<ExitStatus, Failure> {
    let project = Project::open(places, name)?;
    let store = Store::open(&places.state)?;
    let Some(_claim) = store.claim(name)? else {
        return Err(Failure::new(format!("{name} is being started or deleted already")));
    };
    let history = store.read(name)?;
    let typed = match confirmed {
        Some(typed) => typed.to_owned(),
        None if !question::is_possible() => {
            return Err(Failure::usage("there is no terminal to ask on; nothing was deleted")
                .hint(format!("delete it without a question: remo delete {name} --yes {name}")));
        }
        None => question::ask(&format!(
            "This removes {} with everything in it{}. Type the project's name to go on: ",
            escaped(&project.path.to_string_lossy()),
            if history.container.is_some() {
                ", its container, and the images and volumes made for it"
            } else {
                ""
            }
        ))?,
    };
    if typed != name {
        output::note("that is not its name; nothing was deleted");
        return Ok(ExitStatus::Failure);
    }
    // The container first: it could write while the folder is being removed.
    let mut remains = Remains::default();
    if let Some(container) = &history.container {
        let engine = Engine::new(places)?;
        if let Some(found) = engine.inspect(&container.id)? {
            remains = Remains::of(places, &engine, &project, &found)?;
            engine.ask(&["container", "rm", "--force", "--volumes", "--", &container.id]).map_err(
                |complaint| Failure::new(format!("the container of {name} is not removed: {complaint}")),
            )?;
        }
        store.change(name, |history| history.container = None)?;
    }
    // A start that failed leaves images too. A project that runs on the host needs no engine.
    if let Ok(engine) = Engine::new(places) {
        for left in remains.remove(&engine, &project) {
            output::note(&format!("left in the engine: {left}"));
        }
    }
    if let Some(vended) = &project.vended {
        let mut client = Client::connect(&places.admin_socket)?;
        match client.request::<_, DoneResponse>(&AdminRequest::Unregister { name: vended.clone() }) {
            Ok(_) => {}
            Err(ClientError::Refused(refusal)) if refusal.code == ErrorCode::ProjectUnknown => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Whatever gets this name next was not looked at by anybody: neither the broker's pin nor an approval holds.
    store.change(name, |history| {
        *history = crate::containers::History { pin_is_stale: true, ..Default::default() };
    })?;
    launch::withdraw(places, name)?;
    forget(places, name)?;
    remove(places, &project)?;
    output::note(&format!("{name} is deleted"));
    Ok(ExitStatus::Success)
}

/// Removes what starts have left of the project: frozen files, logs and what the tooling prepared.
fn forget(places: &Places, name: &str) -> Result<(), Failure> {
    let state = |part: String| places.state.join(part);
    for path in [
        state(format!("configurations/{name}")),
        state(format!("gate/launch/{name}")),
        state(format!("sessions/{name}.kdl")),
        state(format!("{name}.start.log")),
        state(format!("{name}.start.log.before")),
        state(format!("{name}.log")),
        state(format!("{name}.log.before")),
        places.home.join(".cache/remo/start").join(name),
    ] {
        // Neither follows a link; what is a folder is told by the error.
        let removed = match fs::remove_file(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::IsADirectory => fs::remove_dir_all(&path),
            other => other,
        };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::at("remove", &path, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Takes the folder out of the projects first: a half removed project is none.
fn remove(places: &Places, project: &Project) -> Result<(), Failure> {
    let trash = tempfile::Builder::new()
        .prefix(".remo-deleted-")
        .tempdir_in(&places.projects_root)
        .map_err(|error| Failure::at("make a folder in", &places.projects_root, &error))?
        .keep();
    let moved = trash.join("project");
    if let Err(error) = renameat_with(CWD, &project.path, CWD, &moved, RenameFlags::NOREPLACE) {
        // Empty, and ours.
        let _ = fs::remove_dir(&trash);
        return Err(Failure::at("move away", &project.path, &error.into()));
    }
    // Follows no link, also when one is put in the place of a folder meanwhile.
    fs::remove_dir_all(&trash).map_err(|error| {
        Failure::at("remove all of", &trash, &error).hint(format!(
            "its container may have left files of other users: sudo rm -rf {}",
            trash.display()
        ))
    })
}
