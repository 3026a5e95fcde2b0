//! The reference Dev Containers CLI with the gate as its `docker`: what its configuration, a feature and the
//! metadata of a base image add is judged in the final command.

use std::path::{Path, PathBuf};
use std::process::Command;

use remo_testbed::bootstrap;
use remo_testkit::skip;

use crate::engine::IMAGE;
use crate::stage::{Answer, Stage};

fn stage(test: &str, project: &str) -> Option<(Stage, PathBuf)> {
    if let Err(reason) = bootstrap::ready() {
        skip::skipped(test, &reason);
        return None;
    }
    Stage::new(test, project).map(|stage| (stage, bootstrap::tooling()))
}

fn up(stage: &Stage, cli: &Path) -> Answer {
    // Made here once, so that its path is known to the CLI.
    let gate = PathBuf::from(stage.command("remo-docker").get_program());
    let compose = PathBuf::from(stage.command("remo-docker-compose").get_program());
    let mut command = stage.command("remo-docker");
    let environment: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = Command::new(bootstrap::node());
    command
        .arg(cli)
        .args(["up", "--buildkit", "never", "--mount-workspace-git-root=false", "--workspace-folder"])
        .arg(stage.path())
        .arg("--docker-path")
        .arg(gate)
        .arg("--docker-compose-path")
        .arg(compose)
        .arg(format!("--id-label=remo.project={}", stage.project))
        .env_clear()
        .envs(environment)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir("/");
    command.output().unwrap().into()
}

fn containers(stage: &Stage) -> String {
    let filter = format!("label=remo.project={}", stage.project);
    stage.engine.ask(&["ps", "-aq", "--filter", &filter])
}

#[test]
fn an_image_a_dockerfile_and_a_compose_configuration_come_up() {
    let name = "an_image_a_dockerfile_and_a_compose_configuration_come_up";
    let Some((stage, cli)) = stage(name, "cli-image") else { return };
    let config = ".devcontainer/devcontainer.json";
    stage.write(config, &format!(r#"{{"image": "{IMAGE}", "postCreateCommand": "echo created > /tmp/it"}}"#));
    let answer = up(&stage, &cli);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let id = containers(&stage);
    assert_eq!(stage.gate(&["exec", &id, "cat", "/tmp/it"]).passed(), "created");
    // Stopped and begun again.
    stage.gate(&["stop", "-t", "0", &id]).passed();
    let answer = up(&stage, &cli);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert_eq!(containers(&stage), id, "the same container");
    stage.gate(&["rm", "-f", &id]).passed();

    stage.write(config, r#"{"build": {"dockerfile": "Dockerfile"}, "overrideCommand": false}"#);
    stage.write(".devcontainer/Dockerfile", &format!("FROM {IMAGE}\nCMD [\"sleep\", \"300\"]\n"));
    let answer = up(&stage, &cli);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    stage.gate(&["rm", "-f", &containers(&stage)]).passed();

    if !Path::new("/usr/bin/docker-compose").exists() {
        return skip::skipped(name, "docker-compose is not installed");
    }
    stage.write(config, r#"{"dockerComposeFile": "c.yml", "service": "app", "workspaceFolder": "/w"}"#);
    let file =
        format!("services:\n  app:\n    image: {IMAGE}\n    network_mode: none\n    volumes: ['..:/w']\n");
    stage.write(".devcontainer/c.yml", &format!("version: '3.8'\n{file}"));
    let answer = up(&stage, &cli);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let answer = up(&stage, &cli);
    assert_eq!(answer.code, Some(0), "a second time: {answer:?}");
    stage.gate(&["rm", "-f", &containers(&stage)]).passed();
}

#[test]
fn what_the_metadata_of_a_base_image_adds_is_judged_in_the_final_run() {
    let name = "what_the_metadata_of_a_base_image_adds_is_judged_in_the_final_run";
    let Some((stage, cli)) = stage(name, "cli-metadata") else { return };
    let label = r#"[{"capAdd":["SYS_ADMIN"],"privileged":true,"mounts":["source=/var/run/docker.sock,target=/s,type=bind"]}]"#;
    stage.write("base/Dockerfile", &format!("FROM {IMAGE}\nLABEL devcontainer.metadata='{label}'\n"));
    stage.gate(&["build", "-q", "-t", "cli-metadata:base", "base"]).passed();
    stage.write(".devcontainer/devcontainer.json", r#"{"image": "cli-metadata:base"}"#);
    let answer = up(&stage, &cli);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    for words in ["SYS_ADMIN", "everything on the host", "the Docker socket"] {
        assert!(answer.err.contains(words), "does not say {words}: {}", answer.err);
    }
    assert_eq!(containers(&stage), "", "nothing was made");
}

#[test]
fn a_configuration_does_not_reach_out_by_run_arguments_or_build_options() {
    let name = "a_configuration_does_not_reach_out_by_run_arguments_or_build_options";
    let Some((stage, cli)) = stage(name, "cli-options") else { return };
    let config = ".devcontainer/devcontainer.json";
    for (text, words) in [
        (format!(r#"{{"image": "{IMAGE}", "runArgs": ["-v/:/host"]}}"#), "the host's root"),
        (format!(r#"{{"image": "{IMAGE}", "runArgs": ["--privileged"]}}"#), "everything on the host"),
        (
            format!(
                r#"{{"image": "{IMAGE}", "workspaceMount": "type=bind,source=/,target=/w", "workspaceFolder": "/w"}}"#
            ),
            "the host's root",
        ),
        (r#"{"build": {"dockerfile": "Dockerfile", "context": "../../.."}}"#.to_owned(), "leads to"),
        (
            r#"{"build": {"dockerfile": "Dockerfile", "options": ["-t", "neighbour:x"]}}"#.to_owned(),
            "neighbour",
        ),
    ] {
        stage.write(".devcontainer/Dockerfile", &format!("FROM {IMAGE}\n"));
        stage.write(config, &text);
        let answer = up(&stage, &cli);
        assert_eq!(answer.code, Some(1), "{text}: {answer:?}");
        assert!(answer.err.contains(words), "{text}: does not say {words}: {}", answer.err);
        assert_eq!(containers(&stage), "", "{text}: nothing was made");
    }
}
