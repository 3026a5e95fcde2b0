//! Holding what is asked for against the policy.

mod addresses;
mod places;
mod settings;
mod together;
mod volumes;

use std::collections::BTreeMap;

use together::Together;

use super::finding::{Grant, Verdict};
use super::names::Owner;
use super::policy::{COMPOSE_PREFIX, CONFIGURATION_LABEL, FOLDER_LABEL, PROJECT_LABEL, Policy};
use super::wish::{Asked, MountKind, Reading, Wish};
use super::world::{Place, World};

/// One judgement: the policy, the host, and what was found so far.
struct Judge<'a> {
    policy: &'a Policy,
    world: &'a dyn World,
    verdict: Verdict,
    /// Whether this is a build of what the Dev Containers CLI generated, and of nothing else.
    generated: bool,
    together: Together,
    /// What the wish at hand belongs to.
    part: Option<String>,
}

/// The name that the CLI gives to the content of features; built anew right before each use.
const FEATURE_CONTENT: &str = "dev_container_feature_content_temp";

/// Judges everything in `asked`, and puts resolved paths in the place of the written ones: what was judged is
/// what is passed on.
pub fn judge(asked: &mut [Asked], policy: &Policy, world: &dyn World) -> Verdict {
    let generated = is_generated(asked, policy, world);
    let together = Together::of(asked, policy, world);
    let mut judge = Judge { policy, world, verdict: Verdict::default(), generated, together, part: None };
    for one in asked {
        let Asked { wish, origin, part, .. } = one;
        judge.part.clone_from(part);
        judge.one(wish, origin);
    }
    judge.verdict
}

/// Judges the labels that a container would inherit from its image. A label that the command line sets wins.
pub fn judge_image_labels(
    labels: &BTreeMap<String, String>,
    asked: &[Asked],
    policy: &Policy,
    world: &dyn World,
) -> Verdict {
    let set = |key: &str| {
        asked.iter().any(|one| matches!(&one.wish, Wish::Label { key: given, .. } if given == key))
    };
    let together = Together::default();
    let mut judge =
        Judge { policy, world, verdict: Verdict::default(), generated: false, together, part: None };
    for (key, value) in labels.iter().filter(|(key, _)| !set(key)) {
        judge.label(key, value, &format!("label {key} of the image"));
    }
    judge.verdict
}

fn is_generated(asked: &[Asked], policy: &Policy, world: &dyn World) -> bool {
    let mut read = asked.iter().filter_map(|one| match &one.wish {
        Wish::Read(reading, path) => Some((*reading, world.resolve(&policy.absolute(path)))),
        _ => None,
    });
    let is_generated = |(reading, place): (Reading, Result<Place, String>)| {
        place.is_ok_and(|place| policy.is_generated(&place, reading))
    };
    read.next().is_some_and(is_generated) && read.all(is_generated)
}

impl Judge<'_> {
    fn one(&mut self, wish: &mut Wish, origin: &str) {
        match wish {
            Wish::Mount(mount) => self.mount(mount, origin),
            Wish::Read(reading, path) => self.read(*reading, path, origin),
            Wish::Device(text) => self.device(text, origin),
            Wish::Volume { name, driver, options } => {
                self.volume(name, driver.as_deref(), options, origin);
            }
            Wish::Privileged => self.ask(
                "privileged",
                &[],
                origin,
                "runs with all privileges: it can read everything on the host",
            ),
            Wish::Capability(name) => self.capability(name, origin),
            Wish::Namespace(namespace, value) => self.namespace(*namespace, value, origin),
            Wish::Security(option) => self.security(option, origin),
            Wish::Publish(port) => {
                let words = format!("opens port {port} on all addresses or on one that others reach");
                self.ask("publish", &[("port", port)], origin, words);
            }
            Wish::Network { name, options } => self.network(name, options, origin),
            Wish::NetworkDriver { driver, options } => self.network_driver(driver, options, origin),
            Wish::VolumesFrom(name) => self.volumes_from(name, origin),
            Wish::Restarts(_) | Wish::Repeats => {}
            Wish::Addresses(kind, address) => self.addresses(kind, address, origin),
            Wish::Link(name) => self.own_container(name, "links to", origin),
            Wish::OwnContainer(name) => self.own_container(name, "is about", origin),
            Wish::Label { key, value } => self.label(key, value, origin),
            Wish::ImageLabel(key) => {
                if is_identity(key) {
                    self.verdict.never(format!("the label {key} belongs to the launcher"), origin);
                }
            }
            Wish::HostVariable(name) => {
                let words = format!("takes the variable {name} from the host's environment");
                self.ask("host-variable", &[("name", name)], origin, words);
            }
            Wish::Tag(tag) => self.tag(tag, origin),
            Wish::ContainerName(name) => self.container_name(name, origin),
            Wish::ComposeProject(name) => self.compose_project(name, origin),
            Wish::Approvable(kind, value, words) => {
                let words = format!("{words}: {value}");
                self.ask(kind, &[("value", value)], origin, words);
            }
            Wish::Forbidden(why) => self.verdict.never(why.clone(), origin),
        }
    }

    fn ask(&mut self, kind: &str, fields: &[(&str, &str)], origin: &str, words: impl Into<String>) {
        self.verdict.wanted(Grant::new(kind, fields, words), origin);
    }

    fn label(&mut self, key: &str, value: &str, origin: &str) {
        let own = match key {
            PROJECT_LABEL => value == self.policy.project,
            FOLDER_LABEL => self.is_own_path(value, true),
            CONFIGURATION_LABEL => self.is_own_path(value, false),
            // Compose sets them itself; on a command line they would make a container look like a service.
            _ => !is_identity(key),
        };
        if !own {
            self.verdict
                .never(format!("the label {key} would say that the container is not this project's"), origin);
        }
    }

    fn is_own_path(&self, value: &str, exact: bool) -> bool {
        match self.world.resolve(std::path::Path::new(value)) {
            Ok(place) if exact => place.path == self.policy.project_path,
            Ok(place) => self.policy.is_inside(&place),
            Err(_) => false,
        }
    }

    fn tag(&mut self, tag: &str, origin: &str) {
        let owner = super::names::image_owner(tag, &self.policy.project, &self.policy.other_projects);
        match owner {
            Owner::Own => {}
            Owner::Vault => self.verdict.never(format!("the image {tag} is the vault's"), origin),
            Owner::Other(other) => {
                self.verdict.never(format!("the image {tag} is the project {other}'s"), origin);
            }
            Owner::Nobody if tag == FEATURE_CONTENT && self.generated => {}
            Owner::Nobody => {
                let words = format!("gives an image the name {tag}, which others may use");
                self.ask("image-name", &[("name", tag)], origin, words);
            }
        }
    }

    fn container_name(&mut self, name: &str, origin: &str) {
        match self.policy.owner_of(name) {
            Owner::Vault => self.verdict.never(format!("the container name {name} is the vault's"), origin),
            Owner::Other(other) => {
                self.verdict.never(format!("the container name {name} is the project {other}'s"), origin);
            }
            Owner::Own | Owner::Nobody => {}
        }
    }

    fn compose_project(&mut self, name: &str, origin: &str) {
        let words = match self.policy.owner_of(name) {
            Owner::Own => return,
            Owner::Vault => {
                return self.verdict.never(format!("the Compose project {name} is the vault's"), origin);
            }
            Owner::Other(other) => {
                return self
                    .verdict
                    .never(format!("the Compose project {name} is the project {other}'s"), origin);
            }
            Owner::Nobody => format!("uses the Compose project name {name}, which is not the project's"),
        };
        self.ask("compose-project", &[("name", name)], origin, words);
    }

    /// Only a container that carries this project's label may be named.
    fn own_container(&mut self, name: &str, what: &str, origin: &str) {
        match self.world.container(name) {
            Ok(Some(container)) if is_own(&container.labels, self.policy, self.world) => {}
            Ok(Some(container)) => self.verdict.never(
                format!("{what} the container {}, which is not this project's", container.name),
                origin,
            ),
            Ok(None) => {
                self.verdict.never(format!("{what} the container {name}, which does not exist"), origin);
            }
            Err(problem) => self.verdict.never(format!("{what} the container {name}: {problem}"), origin),
        }
    }
}

/// Whether labels say that a container is this project's. The project's own label decides; the CLI's label
/// counts only for containers that were made before the gate was there.
pub fn is_own(labels: &BTreeMap<String, String>, policy: &Policy, world: &dyn World) -> bool {
    if let Some(project) = labels.get(PROJECT_LABEL) {
        return *project == policy.project;
    }
    labels.get(FOLDER_LABEL).is_some_and(|folder| {
        world.resolve(std::path::Path::new(folder)).is_ok_and(|place| place.path == policy.project_path)
    })
}

/// Whether a label says whose a container is.
pub fn is_identity(key: &str) -> bool {
    let key = key.to_lowercase();
    key.starts_with("remo.")
        || key == FOLDER_LABEL
        || key == CONFIGURATION_LABEL
        || key.starts_with(COMPOSE_PREFIX)
}

/// Whether a mount is a bind.
fn is_bind(kind: &MountKind) -> bool {
    matches!(kind, MountKind::Bind(_))
}

/// What is read, for messages and grants.
fn reading_words(reading: Reading) -> (&'static str, &'static str) {
    match reading {
        Reading::Context => ("build-context", "sends a directory outside of the project to the builder"),
        Reading::Dockerfile => ("dockerfile", "builds by a file outside of the project"),
        Reading::Private => ("private-file", "reads a secret or a file of variables outside of the project"),
        Reading::Compose => ("compose-file", "takes services from a file outside of the project"),
    }
}
