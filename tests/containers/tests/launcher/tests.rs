//! The tests.

use std::fs;

use remo_containers::{Instance, USUAL, configure};

#[test]
fn a_first_start_asks_then_gives_what_was_approved_and_says_what_is_old() {
    let Some(instance) =
        Instance::start("a_first_start_asks_then_gives_what_was_approved_and_says_what_is_old")
    else {
        return;
    };
    instance.project("project-a", USUAL);
    let refused = instance.remo(&["up", "project-a"]);
    assert_eq!(refused.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains("nothing is approved for project-a"), "{refused:?}");
    assert_eq!(instance.stage.engine.docker(&["ps", "--all", "--quiet"]), "", "nothing was made");
    let id = instance.up("project-a");
    let said = instance.remo(&[
        "shell",
        "-p",
        "project-a",
        "--exec",
        "echo $(id -un) $REMO_INSTANCE $REMO_PROJECT $GH_TOKEN; touch .remo/x || echo read-only; exit 42",
    ]);
    assert_eq!(said.code(), Some(42), "{said:?}");
    assert!(said.stdout.contains(&format!("dev box project-a {}", instance.stage.token)), "{said:?}");
    assert!(said.stdout.contains("read-only"), "{said:?}");
    let status = instance.remo(&["status"]).succeeded().stdout;
    assert!(status.contains("running") && !status.contains("changed since"), "{status}");
    instance.stage.broker.push(&[("gh", "vended-another")]);
    let status = instance.remo(&["status"]).succeeded().stdout;
    assert!(
        status.contains("changed since its environment was made: GH_TOKEN")
            && status.contains("remo up project-a --rebuild"),
        "{status}"
    );
    let _ = instance.remo(&["up", "project-a", "--rebuild"]).succeeded();
    let status = instance.remo(&["status"]).succeeded().stdout;
    assert!(!status.contains("changed since"), "{status}");
    let said = instance.remo(&["shell", "-p", "project-a", "--exec", "echo $GH_TOKEN"]).succeeded();
    assert!(said.stdout.contains("vended-another"), "{said:?}");
    // Stopped, it is started again, not made again.
    let again = instance.stage.engine.docker(&["ps", "--quiet", "--no-trunc"]).trim().to_owned();
    assert_ne!(again, id);
    instance.stage.engine.docker(&["stop", "--time", "1", &again]);
    let _ = instance.remo(&["shell", "-p", "project-a", "--exec", "true"]).succeeded();
    assert_eq!(instance.stage.engine.docker(&["ps", "--quiet", "--no-trunc"]).trim(), again);
    let _ = instance.remo(&["delete", "project-a", "--yes", "project-a"]).succeeded();
    assert_eq!(instance.stage.engine.docker(&["ps", "--all", "--quiet"]), "");
}

#[test]
fn a_configuration_gets_nothing_of_the_host_that_was_not_approved() {
    let Some(instance) = Instance::start("a_configuration_gets_nothing_of_the_host_that_was_not_approved")
    else {
        return;
    };
    let ran = instance.file("ran");
    let command = format!(r#""initializeCommand": "touch {}""#, ran.display());
    let carried = r#""containerEnv": {"CARRIED": "x${localEnv:HOST_TOKEN}x"}"#;
    let project = instance.project("project-a", &format!("{USUAL}, {command}, {carried}"));
    instance.up("project-a");
    assert!(!ran.exists(), "a command for the host ran without approval");
    let said = instance.remo(&["shell", "-p", "project-a", "--exec", "echo $CARRIED"]).succeeded();
    assert_eq!(said.stdout.trim(), "xx");
    let _ = instance.remo(&["trust", "project-a", "--yes"]).succeeded();
    let _ = instance.remo(&["up", "project-a", "--rebuild"]).succeeded();
    assert!(ran.exists(), "the approved command runs");
    let mount = r#""mounts": ["source=/opt,target=/opt2,type=bind"]"#;
    configure(&project, &format!("{USUAL}, {mount}"));
    let refused = instance.remo(&["up", "project-a", "--rebuild"]);
    assert_eq!(refused.code(), Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("mounts /opt of the host") && refused.stderr.contains("remo trust project-a"),
        "{refused:?}"
    );
    let _ = instance.remo(&["trust", "project-a", "--yes"]).succeeded();
    let _ = instance.remo(&["up", "project-a", "--rebuild"]).succeeded();
    let _ = instance.remo(&["shell", "-p", "project-a", "--exec", "test -d /opt2"]).succeeded();
    let _ = instance.remo(&["trust", "project-a", "--revoke"]).succeeded();
    let refused = instance.remo(&["up", "project-a", "--rebuild", "--yes"]);
    assert!(refused.stderr.contains("mounts /opt of the host"), "{refused:?}");
}

#[test]
fn a_container_neither_gets_out_by_its_files_nor_takes_the_place_of_another() {
    let Some(instance) =
        Instance::start("a_container_neither_gets_out_by_its_files_nor_takes_the_place_of_another")
    else {
        return;
    };
    let project = instance.project("project-a", USUAL);
    let id = instance.up("project-a");
    let engine = &instance.stage.engine;
    // A container with every label of the project, made later.
    let folder = format!("devcontainer.local_folder={}", project.path().display());
    let file =
        format!("devcontainer.config_file={}/.devcontainer/devcontainer.json", project.path().display());
    let planted = engine.docker(&[
        "run",
        "--detach",
        "--label",
        &folder,
        "--label",
        &file,
        "--label",
        "remo.project=project-a",
        "remo-testbed/debian:3",
        "sleep",
        "infinity",
    ]);
    let said = instance.remo(&["shell", "-p", "project-a", "--exec", "hostname"]).succeeded();
    assert_eq!(said.stdout.trim(), &id[..12], "the planted one is {planted}");
    engine.remove(planted.trim());
    engine.docker(&["exec", "--user", "0", &id, "rm", "-rf", "/workspaces/project-a/.devcontainer"]);
    engine.docker(&["stop", "--time", "1", &id]);
    let escaped = instance.file("escaped");
    let refused =
        instance.remo(&["shell", "-p", "project-a", "--exec", &format!("touch {}", escaped.display())]);
    assert_eq!(refused.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains("its dev container configuration has gone"), "{refused:?}");
    assert!(!escaped.exists());
    let vault = engine.docker(&["run", "--detach", "remo-testbed/debian:3", "sleep", "infinity"]);
    let refused = instance.remo(&["adopt-vault", &id]);
    assert!(refused.stderr.contains("was made for the project project-a"), "{refused:?}");
    let _ = instance.remo(&["adopt-vault", vault.trim()]).succeeded();
    let said = instance.remo(&["shell", "-p", "_remo-vault", "--exec", "hostname"]).succeeded();
    assert_eq!(said.stdout.trim(), &vault[..12]);
    assert!(fs::metadata(instance.state()).is_ok());
}
