//! What code of the remote user can do against the process that keeps its files fresh.

use remo_containers::USUAL;

use crate::scene::Scene;

const LOCK: &str = "/dev/shm/remo-secrets/watching";

#[test]
fn a_container_that_works_against_its_own_watch_is_seen_on_the_instance() {
    let test = "rotation::a_container_that_works_against_its_own_watch_is_seen_on_the_instance";
    let Some(scene) = Scene::start(test, USUAL) else { return };
    scene.the_watch();
    scene.follows();

    // Killed: seen, and started again by the next shell.
    scene.kill();
    scene.push("killed");
    assert!(scene.status().contains("nothing keeps its files fresh"), "{}", scene.status());
    scene.shell();
    scene.see("killed");
    scene.follows();

    // Frozen: the broker knows what it was given, whatever others of the container ask for.
    scene.signal("STOP");
    scene.push("frozen");
    scene.run("dev", "remo-fetch-secrets check >/dev/null");
    let status = scene.status();
    assert!(status.contains("does not take what is new"), "{status}");
    assert!(scene.shows("killed"));
    scene.signal("CONT");
    scene.see("frozen");
    scene.follows();

    // Another lock in the place of the lock, by a link and by a folder: it gives way, nothing is written through it,
    // and of two that watch then one is left.
    for plant in ["ln -s /home/dev/kept", "mkdir"] {
        scene.run("dev", &format!("echo kept >/home/dev/kept; rm -r {LOCK}; {plant} {LOCK}"));
        scene.shell();
        scene.push(plant);
        scene.see(plant);
        scene.the_watch();
        assert_eq!(scene.run("dev", "cat /home/dev/kept").trim(), "kept");
    }
    scene.follows();

    // Memory that is full: what is new has to wait, what is revoked does not.
    let fill = "dd if=/dev/zero of=/dev/shm/ballast bs=4k 2>/dev/null; dd if=/dev/zero of=/dev/shm/more bs=1 2>/dev/null; true";
    scene.run("dev", fill);
    scene.instance.stage.broker.push(&[("gh", &scene.instance.stage.token)]);
    scene.gone_or_dangling();
    scene.run("dev", "rm /dev/shm/ballast /dev/shm/more");
    scene.push("room again");
    scene.see("room again");
    scene.the_watch();

    // A process that only says that it follows is believed no further than what its container was given.
    scene.kill();
    let view = scene.line()["view"].as_u64().unwrap();
    scene.push("claimed");
    assert!(scene.line()["files"]["view"].as_u64().unwrap() <= view, "{}", scene.line());
    scene.shell();
    scene.see("claimed");
}
