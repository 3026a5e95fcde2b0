//! Two projects ask, a person approves, and they start.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use super::holds;
use crate::failure::Failure;
use crate::try_out::containers::samples::{self, MARK};
use crate::try_out::containers::stage::{Side, Stage};
use crate::try_out::ending::Stop;

/// The person whose projects these are; the user of their containers has the same number.
const OWNER: u32 = 1000;

/// The stand-in for a forge, in a container of the engine.
const FORGE: &str = include_str!("../forge.py");

/// What makes its repository.
const REPOSITORY: &str = "\
git init --quiet --bare --initial-branch main /forge/repositories/web.git && \
git clone --quiet /forge/repositories/web.git /tmp/web 2>/dev/null && cd /tmp/web && echo hello >README && \
git add README && git -c user.name=sample -c user.email=sample@localhost commit --quiet --message first && \
git push --quiet origin HEAD:main && git -C /forge/repositories/web.git update-server-info && \
exec python3 /forge/forge.py";

/// Writes both projects, and the forge that the first one works with.
pub(in crate::try_out::containers) fn ask(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "Two projects ask",
        "Each has a dev container configuration and a manifest that says which secrets it wants, and as what. Anybody \
         who can write to a project can write that file, malicious packages included, so by itself it is a request.",
    )?;
    let address = forge(stage)?;
    let configuration = samples::configuration(&stage.programs.image, &address);
    for (project, manifest) in [("web", samples::WEB), ("api", samples::API)] {
        let folder = stage.place.path(&format!("projects/{project}"));
        write(&folder.join(".remo/manifest.toml"), manifest)?;
        write(&folder.join(".devcontainer/devcontainer.json"), &configuration)?;
        give(&folder)?;
    }
    stage.story.aside(
        "(a stand-in for a forge runs in a further container: it answers gh and git, and lets nobody in but who shows \
         its token)",
    )?;
    stage.types(Side::Host, "cat $TRY/projects/web/.devcontainer/devcontainer.json")?.exits(0)?;
    stage.types(Side::Host, "cat $TRY/projects/web/.remo/manifest.toml")?.exits(0)?;
    stage.types(Side::Host, "cat $TRY/projects/api/.remo/manifest.toml")?.exits(0)?;
    stage.types(Side::Host, "remo up web")?.exits(1)?.says("nothing is approved for web")?;
    let made =
        stage.quietly(Side::Host, "docker ps --all --quiet --filter label=devcontainer.local_folder")?;
    holds(made.exits(0)?.output().is_empty(), || "no container should have been made".to_owned())?;
    stage.story.checked("nothing was approved, so nothing was started")
}

/// Approves and starts both.
pub(in crate::try_out::containers) fn start(stage: &mut Stage) -> Result<(), Stop> {
    stage.story.chapter(
        "A person approves, and they start",
        "On the instance, where no project can reach, a person sees what would be given, and approves exactly that. \
         The launcher then starts the container with the secrets feature, which nobody has to commit.",
    )?;
    stage.types(Side::Host, "remo trust web --yes")?.exits(0)?.says("GH_TOKEN")?.does_not_say(MARK)?;
    stage.story.aside("(without --yes it asks)")?;
    stage.starts_container("remo up web")?.exits(0)?.says("web is up")?;
    stage.types(Side::Host, "remo trust api --yes")?.exits(0)?.says("deploy_key")?.does_not_say(MARK)?;
    stage.starts_container("remo up api")?.exits(0)?.says("api is up")?;
    stage.story.aside(
        "(what the tooling said is in ~/.local/state/remo/web.start.log; on a terminal one line shows how far it is)",
    )?;
    let status = stage.types(Side::Host, "remo status")?.exits(0)?;
    holds(status.output().matches("running").count() == 2, || {
        "both containers should be running".to_owned()
    })?;
    stage.story.checked("two containers run")
}

/// Starts the forge; its address in the engine's network.
fn forge(stage: &Stage) -> Result<String, Stop> {
    let folder = stage.place.path("forge");
    fs::create_dir_all(folder.join("repositories")).map_err(Failure::because("cannot make the forge"))?;
    write(&folder.join("forge.py"), FORGE)?;
    write(&folder.join("token"), &samples::token(1))?;
    let start = format!(
        "docker run --detach --name forge --volume $TRY/forge:/forge {} sh -c '{REPOSITORY}'",
        stage.programs.image
    );
    stage.quietly(Side::Host, &start)?.exits(0)?;
    let address = "docker inspect --format '{{.NetworkSettings.IPAddress}}' forge";
    Ok(stage.quietly(Side::Host, address)?.exits(0)?.output().trim().to_owned())
}

pub(super) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .map_err(Failure::because(format!("cannot write {}", file.display())))
}

/// Gives a folder with everything in it to the person.
fn give(folder: &Path) -> Result<(), Failure> {
    let failed = || Failure::because::<std::io::Error>(format!("cannot give {} away", folder.display()));
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        chown(&path, Some(OWNER), Some(OWNER)).map_err(failed())?;
        if path.is_dir() {
            let entries = fs::read_dir(&path).map_err(failed())?;
            waiting.extend(entries.flatten().map(|entry| entry.path()));
        }
    }
    Ok(())
}
