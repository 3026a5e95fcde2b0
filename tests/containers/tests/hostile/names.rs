//! Getting another project's socket by its name.

use std::fs;

use remo_containers::configure;

use crate::attack::{Outcome, attacks, outcome};
use crate::world::{World, tool_command};

attacks! {
    nests_a_folder_with_the_victim_s_name, Repository,
        "a folder `victim` in the project as the workspace, REMO_PROJECT=victim and the socket's path in containerEnv";
    is_started_by_a_path_or_a_link, Repository, "remo up of ../victim, bent/victim and of a link to the victim";
}

fn nests_a_folder_with_the_victim_s_name(world: &World) -> Outcome {
    fs::create_dir_all(world.bent.path().join("victim/.devcontainer")).unwrap();
    fs::create_dir_all(world.bent.path().join("victim/.remo")).unwrap();
    configure(
        &world.bent,
        r#""image": "remo-testbed/debian:3", "remoteUser": "dev", "workspaceFolder": "/workspaces/victim",
           "workspaceMount": "source=${localWorkspaceFolder}/victim,target=/workspaces/victim,type=bind",
           "containerEnv": {"REMO_PROJECT": "victim", "CARRIED": "x${localEnv:HOST_TOKEN}x",
             "REMO_BROKER_PROJECT_SOCKET": "/run/remo-broker/victim.sock"}"#,
    );
    world.remove("bent");
    // Whether it starts is its own affair: what it could get is what counts.
    let ended = world.instance.remo(&["up", "bent", "--yes"]);
    let said = ended.said();
    let container =
        world.docker(&["ps", "--all", "--quiet", "--no-trunc", "--filter", "label=remo.project=bent"]);
    let container = container.trim();
    assert!(!container.is_empty(), "it was to be started: {said}");
    let source = "{{range .Mounts}}{{.Source}}={{.Destination}} {{end}}{{.Config.Env}}";
    let mounts = world.docker(&["inspect", "--format", source, container]);
    assert!(mounts.contains("/run/remo-broker/projects/bent=/run/remo-broker "), "{mounts}");
    assert!(!mounts.contains("projects/victim") && mounts.contains("CARRIED=xx"), "{mounts}");
    let mark = world.mark();
    if ended.status.success() {
        world.equip(container);
        let asked = tool_command("ask.pl", &["/run/remo-broker/bent.sock", r#"{"op":"get","name":"gh"}"#]);
        let ended = world.root(container, &asked);
        assert!(ended.stdout.contains("denied"), "{ended:?}");
        let _ = world.record(mark, |line| line["secret_name"] == "gh" && line["decision"] == "deny");
    }
    world.docker(&["rm", "--force", "--volumes", container]);
    let happened = if ended.status.success() {
        "starts with its own socket only"
    } else {
        "has its own socket only, and does not start: what it calls itself has none"
    };
    let record = said.lines().find(|line| line.contains("victim") && line.contains("remo-fetch-secrets"));
    outcome(happened, world.plain(record.unwrap_or_default()))
}

fn is_started_by_a_path_or_a_link(world: &World) -> Outcome {
    let root = world.instance.stage.directory.projects_root();
    std::os::unix::fs::symlink(world.victim.path(), root.join("linked")).unwrap();
    let mut record = String::new();
    for name in ["../victim", "bent/victim", "./victim", "victim/", "linked"] {
        let ended = world.instance.remo(&["up", name, "--yes"]);
        assert!(matches!(ended.code(), Some(1 | 2)), "{name}: {ended:?}");
        record = world.line(&ended.stderr, "error:");
    }
    fs::remove_file(root.join("linked")).unwrap();
    outcome("is no project", record)
}
