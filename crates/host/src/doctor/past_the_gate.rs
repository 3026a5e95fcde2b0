//! Containers of projects that the launch gate has not seen, as an editor makes them that calls the real `docker`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use remo_gate::core::policy::{FOLDER_LABEL, PROJECT_LABEL};
use remo_wire::names::VAULT_NAME;
use serde::Deserialize;

use super::{Check, Verdict};
use crate::containers::Store;
use crate::engine::Engine;
use crate::places::Places;

/// Where Compose says which folder its files are in.
const COMPOSE_LABEL: &str = "com.docker.compose.project.working_dir";

/// Digits of a container's id that are shown, as the engine does.
const ID_SHOWN: usize = 12;

type Labels = BTreeMap<String, String>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    id: String,
    #[serde(default)]
    image: String,
    config: Configured,
    #[serde(default)]
    mounts: Vec<Mount>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configured {
    #[serde(default)]
    labels: Option<Labels>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(default)]
    source: PathBuf,
}

/// Whether every container that has to do with a project was made through the gate.
pub(super) fn check(places: &Places) -> Option<Check> {
    let engine = Engine::new(places).ok()?;
    let vault = Store::open(&places.state).ok()?.read(VAULT_NAME).ok()?.container.map(|vault| vault.id);
    let roots = roots(&places.projects_root);
    let past: Vec<String> = containers(&engine)?
        .into_iter()
        .filter(|found| vault.as_ref() != Some(&found.id) && is_of_a_project(found, &roots))
        .filter(|found| !is_of_the_gate(found, &labels_of_image(&engine, &found.image)))
        .map(|found| found.id.get(..ID_SHOWN).unwrap_or(&found.id).to_owned())
        .collect();
    if past.is_empty() {
        return Some(Check::good("gate", "every container of a project was made through it"));
    }
    Some(Check::of(
        "gate",
        Verdict::Bad,
        format!("made past the launch gate: {}", past.join(", ")),
        "remove each (docker rm -f ID) and start its project with remo; give your editor remo-docker as its docker \
         (dev.containers.dockerPath in VS Code)",
    ))
}

/// The root as it is named, and where that leads: the engine keeps what it was given.
fn roots(root: &Path) -> Vec<PathBuf> {
    std::iter::once(root.to_owned()).chain(root.canonicalize()).collect()
}

/// All of them; one that goes meanwhile is left out.
fn containers(engine: &Engine<'_>) -> Option<Vec<Found>> {
    let listed = engine.ask(&["ps", "--all", "--quiet", "--no-trunc"]).ok()?;
    let inspect = |id| engine.ask(&["container", "inspect", "--format", "{{json .}}", "--", id]).ok();
    Some(listed.lines().filter_map(inspect).filter_map(|answer| serde_json::from_str(&answer).ok()).collect())
}

/// What the image brings by itself. One that is gone says nothing.
fn labels_of_image(engine: &Engine<'_>, image: &str) -> Labels {
    let words = ["image", "inspect", "--format", "{{json .Config.Labels}}", "--", image];
    let answer = engine.ask(&words).unwrap_or_default();
    serde_json::from_str::<Option<Labels>>(&answer).ok().flatten().unwrap_or_default()
}

/// By the folder that the tooling or Compose made it for, or by what of a project is mounted into it.
fn is_of_a_project(found: &Found, roots: &[PathBuf]) -> bool {
    let labels = found.config.labels.iter().flatten();
    let folders = labels
        .filter(|(label, _)| *label == FOLDER_LABEL || *label == COMPOSE_LABEL)
        .map(|(_, folder)| Path::new(folder));
    let mut places = folders.chain(found.mounts.iter().map(|mount| mount.source.as_path()));
    places.any(|place| roots.iter().any(|root| place.starts_with(root)))
}

/// Whether it has the gate's label, and not from its image: anybody can put that into an image.
fn is_of_the_gate(found: &Found, image: &Labels) -> bool {
    let own = found.config.labels.as_ref().and_then(|labels| labels.get(PROJECT_LABEL));
    own.is_some_and(|own| image.get(PROJECT_LABEL) != Some(own))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(labels: &serde_json::Value, sources: &[&str]) -> Found {
        let mounts: Vec<_> = sources.iter().map(|source| json!({"Type": "bind", "Source": source})).collect();
        let found = json!({"Id": "aa", "Image": "sha256:i", "Config": {"Labels": labels}, "Mounts": mounts});
        serde_json::from_value(found).unwrap()
    }

    #[test]
    fn a_container_is_of_a_project_by_its_folders_and_by_what_is_mounted() {
        let is = |labels, sources: &[&str]| is_of_a_project(&found(&labels, sources), &["/p".into()]);
        assert!(is(json!({FOLDER_LABEL: "/p/a"}), &[]));
        assert!(is(json!({COMPOSE_LABEL: "/p/a/.devcontainer"}), &[]));
        assert!(is(json!(null), &["/elsewhere", "/p/a/src"]));
        assert!(is(json!({}), &["/p"]));
        assert!(!is(json!({FOLDER_LABEL: "/pa"}), &["/var/lib/docker/volumes/x/_data", ""]));
    }

    #[test]
    fn a_label_of_the_image_is_not_the_gates() {
        let image = Labels::from([(PROJECT_LABEL.to_owned(), "a".to_owned())]);
        let made = found(&json!({PROJECT_LABEL: "a"}), &[]);
        assert!(is_of_the_gate(&made, &Labels::new()));
        assert!(!is_of_the_gate(&made, &image));
        assert!(!is_of_the_gate(&found(&json!({}), &[]), &Labels::new()));
        let set_over = found(&json!({PROJECT_LABEL: "b"}), &[]);
        assert!(is_of_the_gate(&set_over, &image), "the gate's own stands over it");
    }
}
