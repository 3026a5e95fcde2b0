//! Secrets that are not there, not approved, or late.

use std::time::Duration;

use remo_containers::{BINDINGS, ContainerProject};
use remo_testkit::wait;

use crate::scene::{Scene, USER, stage};

/// How long the helper waits for what can heal.
const PATIENCE: Duration = Duration::from_secs(15);

const ONE_MISSING: &str = "\n[secrets.npm]\n";

#[test]
fn a_missing_secret_lets_nothing_run_and_is_named_after_15_seconds() {
    let Some(stage) = stage("closed::a_missing_secret_lets_nothing_run_and_is_named_after_15_seconds") else {
        return;
    };
    let stage = &stage;
    let project =
        ContainerProject::unapproved(stage, "missing", &format!("{BINDINGS}{ONE_MISSING}"), USER.1, USER.1);
    project.approve(stage);
    let scene = Scene::new(stage, project, "root", "");
    let start = scene.start();
    start.failed(&["npm: not in the vault", "hint: in the vault: remo-vault set npm"]);
    assert!(start.took >= PATIENCE, "{:?}", start.took);
    assert_eq!(scene.traces(), [""; 0]);
    let container = scene.container();
    let code = wait::until(wait::PATIENCE, "the container's end", || stage.engine.exit_code(&container));
    assert_eq!(code, 69);
    assert!(stage.engine.logs(&container).contains("npm: not in the vault"));
}

#[test]
fn an_unapproved_project_lets_nothing_run_and_says_so_at_once() {
    let Some(stage) = stage("closed::an_unapproved_project_lets_nothing_run_and_says_so_at_once") else {
        return;
    };
    let stage = &stage;
    let project = ContainerProject::unapproved(stage, "unapproved", BINDINGS, USER.1, USER.1);
    let scene = Scene::new(stage, project, "root", "");
    let start = scene.start();
    start.failed(&["not approved", "remo-reload"]);
    assert_eq!(scene.traces(), [""; 0]);
    let container = scene.container();
    let code = wait::until(wait::PATIENCE, "the container's end", || stage.engine.exit_code(&container));
    assert_eq!(code, 69);
    // The helper's own time, apart from that of a busy machine: it asked once and did not try again.
    let asked = remo_testkit::audit::events(stage.broker.audit_log(), "fetch");
    let asked = asked.iter().filter(|event| event["project"] == "unapproved").count();
    assert!((1..=3).contains(&asked), "asked {asked} times");
}

#[test]
fn a_secret_that_comes_while_the_container_waits_is_in_time() {
    let Some(stage) = stage("closed::a_secret_that_comes_while_the_container_waits_is_in_time") else {
        return;
    };
    let stage = &stage;
    // Approved once the container waits for it: that cannot heal; so the socket is what comes late.
    let project = ContainerProject::new(stage, "late", USER.1, USER.1);
    let scene = Scene::new(stage, project, "root", "");
    let socket = stage.directory.run_directory("late").join("late.sock");
    let aside = stage.directory.run_directory("late").join("aside");
    std::fs::rename(&socket, &aside).unwrap();
    let start = std::thread::scope(|scope| {
        let start = scope.spawn(|| scene.start());
        wait::until_true(Duration::from_mins(2), "a container that waits", || {
            let container = scene.container();
            !container.is_empty() && stage.engine.exit_code(&container).is_none()
        });
        std::fs::rename(&aside, &socket).unwrap();
        start.join().unwrap()
    });
    let _ = start.ended.succeeded();
    assert_eq!(scene.traces().len(), 6, "{:?}", scene.traces());
}

#[test]
fn with_a_third_container_user_hooks_and_shells_stay_closed() {
    let Some(stage) = stage("closed::with_a_third_container_user_hooks_and_shells_stay_closed") else {
        return;
    };
    let stage = &stage;
    let project = ContainerProject::unapproved(stage, "third", BINDINGS, USER.1, USER.1);
    let scene = Scene::new(stage, project, "pat", "");
    scene.start().failed(&["not approved"]);
    let container = scene.container();
    // Its own command runs, without secrets; nothing else of the user's does.
    assert_eq!(stage.engine.exit_code(&container), None);
    assert!(scene.traces().iter().all(|trace| trace == "command"), "{:?}", scene.traces());
    for [shell, option] in
        [["sh", "-lc"], ["sh", "-ic"], ["bash", "-lc"], ["bash", "-ic"], ["zsh", "-c"], ["fish", "-c"]]
    {
        let ended =
            stage.engine.try_docker(&["exec", "--user", USER.0, &container, shell, option, "echo RAN"]);
        assert_eq!(ended.code(), Some(69), "{shell} {option}: {ended:?}");
        assert!(!ended.stdout.contains("RAN") && ended.stderr.contains("not approved"), "{shell}: {ended:?}");
    }
    // Approved, the next shell and the next hook work without a restart.
    scene.project.approve(stage);
    let shell = ["exec", "--user", USER.0, &container, "sh", "-lc", "echo \"<$GH_TOKEN>\""];
    assert!(stage.engine.docker(&shell).contains(&stage.token));
    let start = scene.start();
    let _ = start.ended.succeeded();
    assert!(scene.traces().contains(&"postStartCommand".to_owned()), "{:?}", scene.traces());
}
