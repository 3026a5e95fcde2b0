//! Being taken for another project's container.

use remo_containers::configure;

use crate::attack::{Outcome, attacks, outcome};
use crate::world::World;

attacks! {
    carries_the_victim_s_labels_by_its_image, Repository,
        "LABEL remo.project and devcontainer.local_folder of the victim in its Dockerfile";
    carries_the_victim_s_labels_by_arguments, Repository, "runArgs: --label and --name of the victim";
    carries_the_victim_s_labels_by_compose, Repository, "Compose: labels and container_name of the victim";
}

/// The victim is entered by its name, and it is the victim.
fn the_victim_is_the_victim(world: &World) {
    let container = world.container("victim");
    let said = world.user("victim", "hostname").succeeded().stdout;
    assert_eq!(said.trim(), &container[..12], "another container was entered");
}

fn carries_the_victim_s_labels_by_its_image(world: &World) -> Outcome {
    world.bent_file(
        "Dockerfile",
        &format!(
            "FROM remo-testbed/debian:3\nLABEL remo.project=victim\nLABEL devcontainer.local_folder={}\n",
            world.victim.path().display()
        ),
    );
    configure(&world.bent, r#""build": {"dockerfile": "Dockerfile"}, "remoteUser": "dev""#);
    world.remove("bent");
    let ended = world.instance.remo(&["up", "bent", "--yes"]);
    let said = ended.said();
    // Either it is refused, or what the image says is overwritten.
    the_victim_is_the_victim(world);
    let bent = world.docker(&["ps", "--all", "--quiet", "--filter", "label=remo.project=bent"]);
    if ended.status.success() {
        let label = "{{index .Config.Labels \"devcontainer.local_folder\"}}";
        let folder = world.docker(&["inspect", "--format", label, bent.trim()]);
        assert_eq!(folder.trim(), world.bent.path().display().to_string());
        world.docker(&["rm", "--force", "--volumes", bent.trim()]);
        return outcome("the launcher's labels win; the victim is entered", "");
    }
    assert_eq!(bent, "", "{said}");
    outcome("refused; remo shell -p victim enters the victim", world.line(&said, "of the image"))
}

fn carries_the_victim_s_labels_by_arguments(world: &World) -> Outcome {
    let folder = world.victim.path().display();
    let record = world.refused(
        &format!(
            "\"image\": \"remo-testbed/debian:3\", \"runArgs\": [\"--label\", \"remo.project=victim\", \
             \"--label=devcontainer.local_folder={folder}\", \"--name=victim-app\"]"
        ),
        &[
            "the label remo.project would say",
            "the label devcontainer.local_folder would say",
            "the container name victim-app",
        ],
    );
    the_victim_is_the_victim(world);
    outcome("refused; remo shell -p victim enters the victim", record)
}

fn carries_the_victim_s_labels_by_compose(world: &World) -> Outcome {
    let service = |more: &str| {
        format!(
            "version: '3.8'\nservices:\n  app:\n    image: remo-testbed/debian:3\n    command: sleep infinity\n{more}"
        )
    };
    let configuration = r#""dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/w""#;
    world.bent_file("compose.yml", &service("    labels: {remo.project: victim}\n"));
    let record = world.refused(configuration, &["the label remo.project would say"]);
    world.bent_file("compose.yml", &service("    container_name: victim-app\n"));
    let _ = world.refused(configuration, &["victim-app"]);
    the_victim_is_the_victim(world);
    outcome("refused; remo shell -p victim enters the victim", record)
}
