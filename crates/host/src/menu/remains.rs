//! What the engine has of a project beside its container: images that the tooling made for it, and of a Compose project
//! the further containers, volumes and networks.

use remo_gate::core::names::{self, Owner};
use remo_gate::core::policy::PROJECT_LABEL;
use sha2::{Digest as _, Sha256};

use crate::engine::{Engine, Inspected};
use crate::failure::Failure;
use crate::places::Places;
use crate::project::{self, Project};

/// What Compose puts on everything of one of its projects.
const COMPOSE_LABEL: &str = "com.docker.compose.project";

/// What is to go with a container, looked up while that is there.
#[derive(Debug, Default)]
pub(super) struct Remains {
    compose: Option<String>,
    volumes: Vec<String>,
    image: Option<String>,
}

impl Remains {
    /// What belongs to this container of `project`, and bears the project's own name: the launch gate lets nothing else
    /// bear it.
    pub(super) fn of(
        places: &Places,
        engine: &Engine<'_>,
        project: &Project,
        container: &Inspected,
    ) -> Result<Self, Failure> {
        let others: Vec<String> =
            project::all(places)?.into_iter().filter(|name| *name != project.name).collect();
        let is_own = |name: &str| names::owner(name, &project.name.to_lowercase(), &others) == Owner::Own;
        let compose = container.label(COMPOSE_LABEL).filter(|name| is_own(name)).map(str::to_owned);
        let asked = engine.ask(&[
            "container",
            "inspect",
            "--format",
            "{{.Config.Image}}{{range .Mounts}}{{if eq .Type \"volume\"}}\n{{.Name}}{{end}}{{end}}",
            "--",
            &container.id,
        ]);
        let asked = asked.map_err(|complaint| Failure::new(format!("docker: {complaint}")))?;
        let mut lines = asked.lines();
        let image = lines.next().filter(|image| is_of_compose(image, compose.as_deref()));
        Ok(Self {
            image: image.map(str::to_owned),
            volumes: lines.filter(|name| is_own(name)).map(str::to_owned).collect(),
            compose,
        })
    }

    /// Removes all of it; the container is gone. Names what could not be removed.
    pub(super) fn remove(&self, engine: &Engine<'_>, project: &Project) -> Vec<String> {
        let mut left = Vec::new();
        let mut remove = |kind: &str, further: &[&str], name: &str| {
            let words = [&[kind, "rm"][..], further, &["--", name]].concat();
            if let Err(complaint) = engine.ask(&words) {
                left.push(format!("the {kind} {name}: {complaint}"));
            }
        };
        let mut images: Vec<String> = self.image.iter().cloned().collect();
        let mut volumes = self.volumes.clone();
        if let Some(compose) = &self.compose {
            let of_compose = format!("label={COMPOSE_LABEL}={compose}");
            let of_project = format!("label={PROJECT_LABEL}={}", project.name);
            let filter = ["--filter", of_compose.as_str()];
            let whole = [
                &filter[..],
                &["--filter", &of_project, "--all", "--no-trunc", "--format", "{{.ID}} {{.Image}}"],
            ];
            for line in list(engine, &[&["container", "ls"][..], &whole.concat()].concat()) {
                let (id, image) = line.split_once(' ').unwrap_or((&line, ""));
                remove("container", &["--force", "--volumes"], id);
                if is_of_compose(image, Some(compose)) {
                    images.push(image.to_owned());
                }
            }
            volumes.extend(list(engine, &[&["volume", "ls", "--format", "{{.Name}}"][..], &filter].concat()));
            for network in list(engine, &[&["network", "ls", "--format", "{{.Name}}"][..], &filter].concat())
            {
                remove("network", &[], &network);
            }
        }
        volumes.sort_unstable();
        volumes.dedup();
        for volume in &volumes {
            remove("volume", &[], volume);
        }
        let prefix = image_prefix(project);
        images.extend(
            list(engine, &["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"])
                .into_iter()
                .filter(|image| image.starts_with(&prefix)),
        );
        images.sort_unstable();
        images.dedup();
        for image in &images {
            remove("image", &[], image);
        }
        left
    }
}

/// Lines of an answer; none when there is no answer: then nothing can be removed either, and the container's own removal
/// has said so.
fn list(engine: &Engine<'_>, words: &[&str]) -> Vec<String> {
    engine.ask(words).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Whether an image has the name that Compose gives to what it builds.
fn is_of_compose(image: &str, compose: Option<&str>) -> bool {
    compose.and_then(|compose| image.strip_prefix(compose)).is_some_and(|rest| rest.starts_with(['-', '_']))
}

/// How the tooling's images of a project begin: `vsc-`, the folder's name, and the digest of its path.
fn image_prefix(project: &Project) -> String {
    let path = project.path.to_string_lossy();
    format!("vsc-{}-{:x}", project.name.to_lowercase(), Sha256::digest(path.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_by_the_whole_path_of_the_project() {
        let project =
            Project { name: "web".into(), path: "/tmp/remo-try.LBsmc1/projects/web".into(), vended: None };
        assert_eq!(
            image_prefix(&project),
            "vsc-web-0d5271659c580918feda022463206865dac5ec06b4b01cea062e3ec929c56f93"
        );
    }

    #[test]
    fn an_image_is_composes_when_it_bears_the_name_of_its_project() {
        assert!(is_of_compose("web_devcontainer_app", Some("web_devcontainer")));
        assert!(is_of_compose("web-app:latest", Some("web")));
        for image in ["web:prod", "website-app", "postgres:15"] {
            assert!(!is_of_compose(image, Some("web")), "{image}");
        }
        assert!(!is_of_compose("web-app", None));
    }
}
