//! What happens to files, and what is said, when something changes.

use remo_containers::USUAL;

use crate::scene::{FILE, NAME, Scene};

#[test]
fn files_follow_and_what_lives_in_an_environment_is_named() {
    let Some(mut scene) =
        Scene::start("rotation::files_follow_and_what_lives_in_an_environment_is_named", USUAL)
    else {
        return;
    };
    scene.the_watch();
    scene.follows();
    let id = scene.id[..12].to_owned();
    scene.push("second");
    scene.see("second");
    let status = scene.status();
    assert!(!status.contains("changed since"), "only a file changed: {status}");
    assert!(!scene.line()["needs_restart"].as_bool().unwrap());
    scene.instance.stage.broker.push(&[("gh", "vended-other"), ("aws", "third")]);
    scene.see("third");
    let status = scene.status();
    assert!(status.contains("changed since its environment was made: GH_TOKEN"), "{status}");
    assert!(status.contains(&format!("remo up {NAME} --rebuild")), "{status}");
    assert_eq!(scene.line()["changed_variables"], serde_json::json!(["GH_TOKEN"]));
    assert!(!status.contains("vended-"), "{status}");
    // New shells have what is current.
    let shell = ["exec", "--user", "dev", &scene.id, "sh", "-lc", "echo $GH_TOKEN"];
    assert_eq!(scene.engine().docker(&shell).trim(), "vended-other");

    // The broker is killed and started again: files stay, and follow again.
    for round in 0..2 {
        scene.instance.stage.broker.kill();
        assert!(scene.shows(if round == 0 { "third" } else { "after 0" }), "round {round}");
        scene.instance.stage.broker.restart();
        scene.follows();
        assert!(scene.shows(if round == 0 { "third" } else { "after 0" }), "nothing was taken back");
        scene.push(&format!("after {round}"));
        scene.see(&format!("after {round}"));
    }
    assert!(scene.status().contains("does not know what changed"), "{}", scene.status());

    // What is not approved any more goes, and comes back.
    let manifest = |bindings: &str| {
        scene.project.write_manifest(&format!("schema_version = 1\nproject = \"{NAME}\"\n{bindings}"));
        scene.instance.stage.broker.reload(&scene.project, None).unwrap();
    };
    manifest("[secrets.gh]\nenv_var = \"GH_TOKEN\"\n");
    scene.gone();
    manifest(remo_containers::BINDINGS);
    scene.see("after 1");
    scene.instance.stage.broker.unregister(&scene.project).unwrap();
    scene.gone();
    let shell = scene.engine().try_docker(&shell);
    assert_eq!(shell.code(), Some(69), "{shell:?}");
    let left = scene.run("dev", "cat /dev/shm/remo-secrets/current/env.nul");
    assert_eq!(left, "", "nothing is left for shells");
    scene.instance.stage.broker.register(&scene.project).unwrap();
    let _ = scene.instance.remo(&["up", NAME, "--yes"]);
    scene.push("back");
    scene.see("back");
    // A required secret that is gone from the vault: the file goes, and new shells are told.
    scene.instance.stage.broker.push(&[("gh", "vended-other")]);
    scene.gone();
    let refused = scene.engine().try_docker(&["exec", "--user", "dev", &scene.id, "sh", "-lc", "true"]);
    assert!(refused.stderr.contains("aws: not in the vault"), "{refused:?}");
    assert!(scene.engine().docker(&["ps", "--quiet"]).contains(&id), "it runs on");
    let journal = scene.run("dev", "cat /dev/shm/remo-secrets/watch.log");
    for value in ["second", "third", "vended-other"] {
        assert!(!journal.contains(value), "{journal}");
    }
}

#[test]
fn nothing_follows_where_it_is_switched_off() {
    let Some(scene) = Scene::start("rotation::nothing_follows_where_it_is_switched_off", USUAL) else {
        return;
    };
    // As the feature's option writes it.
    scene
        .run("0", "sed -i \"s/remo_watch='[^']*'/remo_watch=''/\" /usr/local/share/remo-secrets/settings.sh");
    scene.kill();
    scene.shell();
    assert_eq!(scene.watches(), [""; 0]);
    scene.push("second");
    let status = scene.status();
    assert!(status.contains("not followed") && status.contains("is switched off"), "{status}");
    assert!(!scene.shows("second"), "{FILE}");
}
