//! Starts: several at once, and after a change.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use remo_testkit::Project;

use remo_containers::{Instance, USUAL, configure};

/// A feature of the project's own that leaves the project's name in the image.
fn with_a_feature(project: &Project, name: &str) {
    let folder = project.path().join(".devcontainer/own");
    fs::create_dir_all(&folder).unwrap();
    let about = format!(r#"{{"id": "own", "version": "1.0.0", "name": "{name}"}}"#);
    fs::write(folder.join("devcontainer-feature.json"), about).unwrap();
    fs::write(folder.join("install.sh"), format!("#!/bin/sh\necho {name} >/own\n")).unwrap();
    fs::set_permissions(folder.join("install.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    configure(project, &format!(r#"{USUAL}, "features": {{"./own": {{}}}}"#));
}

#[test]
fn two_starts_at_once_each_get_their_own_and_a_change_is_not_passed_over() {
    let Some(instance) =
        Instance::start("two_starts_at_once_each_get_their_own_and_a_change_is_not_passed_over")
    else {
        return;
    };
    let names = ["project-a", "project-b"];
    for name in names {
        with_a_feature(&instance.project(name, USUAL), name);
    }
    let said = std::thread::scope(|scope| {
        let starts = names.map(|name| scope.spawn(|| instance.remo(&["up", name, "--yes"])));
        starts.map(|start| start.join().unwrap().succeeded().stderr).concat()
    });
    assert!(said.contains("waits for the start of project-"), "{said}");
    for name in names {
        let found =
            instance.remo(&["shell", "-p", name, "--exec", "cat /own; echo $REMO_PROJECT"]).succeeded();
        assert_eq!(found.stdout, format!("{name}\n{name}\n"));
        assert!(!found.stderr.contains("--rebuild"), "nothing was changed: {found:?}");
    }
    let project = &names[0];
    let changed = format!(r#"{USUAL}, "containerEnv": {{"CORRECTED": "yes"}}"#);
    let folder = instance.stage.directory.projects_root().join(project).join(".devcontainer");
    fs::write(folder.join("devcontainer.json"), format!("{{ {changed} }}")).unwrap();
    let advice = "make the container again: remo up project-a --rebuild";
    let found = instance.remo(&["shell", "-p", project, "--exec", "echo x$CORRECTED"]).succeeded();
    assert!(found.stdout == "x\n" && found.stderr.contains(advice), "{found:?}");
    let running =
        instance.stage.engine.docker(&["ps", "--quiet", "--filter", "label=remo.project=project-a"]);
    instance.stage.engine.docker(&["stop", "--time", "1", running.trim()]);
    for _ in 0..2 {
        let started = instance.remo(&["up", project]).succeeded();
        assert!(started.stderr.contains(advice), "{started:?}");
    }
    let started = instance.remo(&["up", project, "--rebuild"]).succeeded();
    assert!(!started.stderr.contains(advice), "{started:?}");
    let found = instance.remo(&["shell", "-p", project, "--exec", "echo x$CORRECTED"]).succeeded();
    assert!(found.stdout == "xyes\n" && !found.stderr.contains(advice), "{found:?}");
}
