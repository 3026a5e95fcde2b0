//! Places that are refused, and parts of the feature that are gone.

use remo_containers::{BINDINGS, ContainerProject};
use remo_testkit::wait;

use crate::scene::{Scene, USER, stage};

#[test]
fn a_project_that_is_not_registered_gets_no_container() {
    let Some(stage) = stage("closed::a_project_that_is_not_registered_gets_no_container") else { return };
    let project = ContainerProject::unregistered(&stage, "unknown", BINDINGS, USER.1);
    let scene = Scene::new(&stage, project, "root", "");
    scene.start().failed(&["bind source path does not exist: /run/remo-broker/projects/unknown"]);
    assert_eq!(scene.traces(), [""; 0]);
}

#[test]
fn memory_shared_with_the_host_is_refused() {
    let Some(stage) = stage("closed::memory_shared_with_the_host_is_refused") else { return };
    let stage = &stage;
    let project = ContainerProject::new(stage, "shared", USER.1, USER.1);
    let scene = Scene::new(stage, project, "root", "\"runArgs\": [\"--ipc=host\"],");
    scene.start().failed(&["/dev/shm/remo-secrets cannot keep secrets: it is shared with the host"]);
    assert_eq!(scene.traces(), [""; 0]);
}

#[test]
fn a_file_of_the_user_is_not_overwritten() {
    let Some(stage) = stage("closed::a_file_of_the_user_is_not_overwritten") else { return };
    let stage = &stage;
    let project = ContainerProject::new(stage, "taken", USER.1, USER.1);
    let scene = Scene::new(stage, project, "root", "");
    let dockerfile = scene.project.file(".devcontainer/Dockerfile");
    let text = std::fs::read_to_string(&dockerfile).unwrap();
    let plant =
        "USER dev\nRUN mkdir /home/dev/.aws && echo mine >/home/dev/.aws/credentials\nUSER root\nENTRYPOINT";
    std::fs::write(&dockerfile, text.replace("USER root\nENTRYPOINT", plant)).unwrap();
    scene.start().failed(&[
        "aws: /home/dev/.aws/credentials is taken by a file that is not ours",
        "hint: move it away",
    ]);
    assert_eq!(scene.traces(), [""; 0]);
}

#[test]
fn without_the_helper_the_container_does_not_start_again() {
    let Some(stage) = stage("closed::without_the_helper_the_container_does_not_start_again") else { return };
    let stage = &stage;
    for (name, gone) in [("gone-helper", "remo-fetch-secrets"), ("gone-entrypoint", "entrypoint.sh")] {
        let project = ContainerProject::new(stage, name, USER.1, USER.1);
        let scene = Scene::new(stage, project, "root", "");
        let _ = scene.start().ended.succeeded();
        let container = scene.container();
        let file = format!("/usr/local/share/remo-secrets/{gone}");
        stage.engine.docker(&["exec", "--user", "0", &container, "rm", &file]);
        std::fs::remove_file(scene.project.file("trace-command")).unwrap();
        stage.engine.docker(&["stop", "--time", "1", &container]);
        let _ = stage.engine.try_docker(&["start", &container]);
        let code = wait::until(wait::PATIENCE, "the container's end", || stage.engine.exit_code(&container));
        assert_ne!(code, 0, "{gone}");
        assert!(!scene.traces().contains(&"command".to_owned()), "{gone}: {:?}", scene.traces());
    }
}

#[test]
fn a_link_in_the_place_of_the_manifests_folder_leads_nowhere_on_the_host() {
    let Some(stage) = stage("closed::a_link_in_the_place_of_the_manifests_folder_leads_nowhere_on_the_host")
    else {
        return;
    };
    let stage = &stage;
    let project = ContainerProject::new(stage, "linked", USER.1, USER.1);
    let outside = stage.directory.path().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("kept"), "of the host").unwrap();
    let scene = Scene::new(stage, project, "root", "");
    std::fs::remove_dir_all(scene.project.file(".remo")).unwrap();
    std::os::unix::fs::symlink(&outside, scene.project.file(".remo")).unwrap();
    // What it leads to is looked for in the container, where it is another folder; or the start fails.
    let start = scene.start();
    let container = scene.container();
    if start.ended.status.success() {
        let kept = outside.join("kept");
        let seen = stage.engine.try_docker(&["exec", &container, "cat", kept.to_str().unwrap()]);
        assert!(!seen.status.success(), "{seen:?}");
        let write = format!("echo x >{}/planted", outside.display());
        let _ = stage.engine.try_docker(&["exec", "--user", "0", &container, "sh", "-c", &write]);
    } else {
        assert_eq!(scene.traces(), [""; 0]);
    }
    let left: Vec<_> =
        std::fs::read_dir(&outside).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["kept"]);
    assert_eq!(std::fs::read_to_string(outside.join("kept")).unwrap(), "of the host");
}
