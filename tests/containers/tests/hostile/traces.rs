//! Finding values in what engine, tooling and host keep. Last, because everything is ended for it.

use std::fs;

use remo_testbed::DevContainers;
use remo_testkit::{Needle, Scan, file_scan};

use crate::attack::{Outcome, attacks, outcome};
use crate::world::World;

attacks! {
    asks_the_engine, Tooling, "docker inspect, history, logs, volumes and networks of everything";
    unpacks_saved_images, Tooling, "docker save of the victim's image";
    reads_an_editor_s_session_folder, Tooling, "starts the victim with --container-session-data-folder and reads what was kept";
    searches_the_host_s_disk, Tooling,
        "the engine's data, projects, launcher's state and caches, broker's state and log, byte by byte";
}

/// No value is in `text`.
fn clean(needles: &[Needle], text: &str, what: &str) {
    for needle in needles {
        assert_eq!(needle.found_in(text.as_bytes()), None, "a value in {what}");
    }
}

fn asks_the_engine(world: &World) -> Outcome {
    let needles = world.needles();
    let list = |words: &[&str]| -> Vec<String> {
        let mut found: Vec<String> = world.docker(words).split_whitespace().map(str::to_owned).collect();
        found.sort();
        found.dedup();
        found
    };
    let containers = list(&["ps", "--all", "--quiet", "--no-trunc"]);
    assert!(containers.len() >= 4, "{containers:?}");
    for container in &containers {
        clean(&needles, &world.docker(&["inspect", container]), "docker inspect");
        clean(&needles, &world.instance.stage.engine.logs(container), "docker logs");
        clean(&needles, &world.docker(&["diff", container]), "docker diff");
    }
    for image in list(&["images", "--all", "--quiet", "--no-trunc"]) {
        clean(&needles, &world.docker(&["inspect", &image]), "docker inspect of an image");
        clean(&needles, &world.docker(&["history", "--no-trunc", &image]), "docker history");
    }
    for kind in ["volume", "network"] {
        for one in list(&[kind, "ls", "--quiet"]) {
            clean(&needles, &world.docker(&[kind, "inspect", &one]), kind);
        }
    }
    // The values are there to be found, where they belong.
    let found = world.user("victim", "echo $GH_TOKEN").stdout;
    assert!(found.contains(world.value("gh")));
    outcome("no value", "")
}

fn unpacks_saved_images(world: &World) -> Outcome {
    let container = world.container("victim");
    let image = world.docker(&["inspect", "--format", "{{.Image}}", &container]);
    let folder = world.instance.file("saved");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("image.tar");
    world.docker(&["save", "--output", file.to_str().unwrap(), image.trim()]);
    let scan = file_scan(&[&folder], &world.needles());
    fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(&scan, Scan::Clean { bytes } if *bytes > 1 << 20), "{scan:?}");
    outcome("no value", "")
}

fn reads_an_editor_s_session_folder(world: &World) -> Outcome {
    let tooling = DevContainers::new(&world.instance.stage.engine);
    let folder = ["--container-session-data-folder", "/tmp/editor"];
    let before = world.container("victim");
    let up = tooling.up(world.victim.path(), &folder);
    let container = DevContainers::container(up);
    assert_eq!(container, before, "the tooling goes into the container that is there");
    let ended = tooling.exec(world.victim.path(), &[], &["sh", "-c", "echo $GH_TOKEN"]).succeeded();
    assert!(ended.stdout.contains(world.value("gh")), "{ended:?}");
    let kept =
        world.root(&container, "find /tmp/editor /var/tmp -type f -exec cat {} +; find /tmp/editor | sort");
    clean(&world.needles(), &kept.said(), "the session folder");
    let links = world.root(&container, "find /tmp/editor -type l -exec readlink {} + | sort -u");
    assert_eq!(links.stdout.trim(), "/dev/null", "{kept:?}");
    outcome("copies of the environment are links to /dev/null", "")
}

fn searches_the_host_s_disk(world: &World) -> Outcome {
    let engine = &world.instance.stage.engine;
    let running = world.docker(&["ps", "--quiet"]);
    // What still runs would move files while they are looked at.
    engine.docker(&[&["kill"][..], &running.split_whitespace().collect::<Vec<_>>()].concat());
    let home = world.instance.file(".");
    let places = [engine.data(), world.instance.stage.directory.path().to_owned(), home];
    let scan = file_scan(&places, &world.needles());
    assert!(matches!(&scan, Scan::Clean { bytes } if *bytes > 100 << 20), "{scan:?}");
    outcome("no value in hundreds of MiB", "")
}
