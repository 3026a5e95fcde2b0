//! `run`, `start`, `exec` and `build`.

use std::fs;
use std::os::unix::fs::symlink;

use remo_testbed::Registry;

use crate::engine::IMAGE;
use crate::stage::Stage;

#[test]
fn a_bind_from_outside_is_made_only_after_approval_of_exactly_that() {
    let Some(stage) = Stage::new("a_bind_from_outside_is_made_only_after_approval_of_exactly_that", "bind")
    else {
        return;
    };
    let outside = stage.home().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "content").unwrap();
    let mount = format!("{}:/outside:ro", outside.display());
    let read = ["run", "--rm", "-v", &mount, IMAGE, "cat", "/outside/file"];
    stage.gate(&read).refused("needs approval: mounts");
    assert_eq!(stage.approve().len(), 1);
    assert_eq!(stage.gate(&read).passed(), "content");
    // The same directory, but to be written; and another target.
    let writable = format!("{}:/outside", outside.display());
    stage.gate(&["run", "--rm", "-v", &writable, IMAGE, "touch", "/outside/x"]).refused("read-write");
    let elsewhere = format!("{}:/elsewhere:ro", outside.display());
    stage.gate(&["run", "--rm", "-v", &elsewhere, IMAGE, "ls"]).refused("/elsewhere");
    assert!(!outside.join("x").exists());
    // An approval of one project is none of another.
    let mut other = stage.command("remo-docker");
    other.env("REMO_PROJECT", "neighbour").args(read);
    assert_eq!(other.output().unwrap().status.code(), Some(125));
}

#[test]
fn a_link_in_the_project_does_not_lead_to_the_socket_and_what_is_mounted_is_what_was_judged() {
    let name = "a_link_in_the_project_does_not_lead_to_the_socket_and_what_is_mounted_is_what_was_judged";
    let Some(stage) = Stage::new(name, "link") else { return };
    symlink(stage.engine.socket(), stage.path().join("sock")).unwrap();
    let source = format!("{}/sock:/s", stage.path().display());
    stage.gate(&["run", "--rm", "-v", &source, IMAGE, "ls"]).refused("the Docker socket");
    let above = stage.engine.socket().parent().unwrap().display().to_string();
    stage.gate(&["run", "--rm", "-v", &format!("{above}:/s"), IMAGE, "ls"]).refused("leads to");
    for source in ["/", "/proc", "/run/remo-broker", "/var/run/docker.sock"] {
        let mount = format!("type=bind,source={source},target=/x");
        stage.gate(&["run", "--rm", "--mount", &mount, IMAGE, "ls"]).refused("refused: ");
    }
    // A link that stays inside is passed on resolved: the engine follows nothing.
    stage.write("real/file", "inside");
    symlink("real", stage.path().join("alias")).unwrap();
    let id = stage.gate(&["create", "-v", "./alias:/x", IMAGE, "cat", "/x/file"]).passed();
    let binds = stage.engine.ask(&["inspect", "--format", "{{.HostConfig.Binds}}", &id]);
    assert_eq!(binds, format!("[{}/real:/x:rw]", stage.path().display()));
    // In between the folder becomes a link: the start is judged anew.
    fs::remove_dir_all(stage.path().join("real")).unwrap();
    symlink("/proc", stage.path().join("real")).unwrap();
    stage.gate(&["start", "-a", &id]).refused("the kernel's view of processes");
}

#[test]
fn an_exchanged_volume_is_not_started() {
    let Some(stage) = Stage::new("an_exchanged_volume_is_not_started", "volume") else { return };
    assert_eq!(stage.gate(&["run", "--rm", "-v", "volume-data:/d", IMAGE, "echo", "ok"]).passed(), "ok");
    stage.engine.ask(&["volume", "rm", "volume-data"]);
    // Somebody makes it anew, as a directory of the host.
    let options = ["--opt", "type=none", "--opt", "o=bind", "--opt", "device=/etc"];
    let mut words = vec!["volume", "create"];
    words.extend(options);
    words.push("volume-data");
    stage.engine.ask(&words);
    stage.gate(&["run", "--rm", "-v", "volume-data:/d", IMAGE, "ls", "/d"]).refused("as the engine has it");
    // A container that was made by hand on that volume.
    let id = stage.engine.ask(&[
        "create",
        "--label",
        "remo.project=volume",
        "-v",
        "volume-data:/d",
        IMAGE,
        "ls",
        "/d",
    ]);
    stage.gate(&["start", "-a", &id]).refused("as the engine has it");
    // The gate makes no such volume itself.
    let mut words = vec!["volume", "create"];
    words.extend(options);
    words.push("volume-other");
    stage.gate(&words).refused("/etc");
}

#[test]
fn a_container_made_by_hand_is_judged_by_what_it_is() {
    let Some(stage) = Stage::new("a_container_made_by_hand_is_judged_by_what_it_is", "by-hand") else {
        return;
    };
    let label = "remo.project=by-hand";
    let privileged = stage.engine.ask(&["create", "--label", label, "--privileged", IMAGE, "sleep", "60"]);
    stage.gate(&["start", &privileged]).refused("everything on the host");
    let socket = format!("{}:/s", stage.engine.socket().display());
    let with_socket = stage.engine.ask(&["create", "--label", label, "-v", &socket, IMAGE, "ls"]);
    stage.gate(&["start", &with_socket]).refused("the Docker socket");
    stage.gate(&["exec", &with_socket, "ls"]).refused("the Docker socket");
    let plain = stage.engine.ask(&["create", "--label", label, IMAGE, "echo", "plain"]);
    assert_eq!(stage.gate(&["start", "-a", &plain]).passed(), "plain");
}

#[test]
fn containers_of_others_are_not_entered_ended_or_joined() {
    let Some(stage) = Stage::new("containers_of_others_are_not_entered_ended_or_joined", "entry") else {
        return;
    };
    let label = "remo.project=neighbour";
    let theirs = stage.engine.ask(&["run", "-d", "--label", label, IMAGE, "sleep", "300"]);
    let bare = stage.engine.ask(&["run", "-d", IMAGE, "sleep", "300"]);
    for id in [&theirs, &bare, &theirs[..12].to_owned()] {
        stage.gate(&["exec", id, "id"]).refused("not this project's");
        stage.gate(&["stop", "-t", "0", id]).refused("not this project's");
        stage.gate(&["rm", "-f", id]).refused("not this project's");
        for option in ["--network", "--pid", "--ipc"] {
            let value = format!("container:{id}");
            stage.gate(&["run", "--rm", option, &value, IMAGE, "id"]).refused("not this project's");
        }
        stage.gate(&["run", "--rm", "--volumes-from", id, IMAGE, "id"]).refused("not this project's");
    }
    // And nobody makes a container that looks like another project's.
    stage.gate(&["run", "--rm", "-l", label, IMAGE, "id"]).refused("not this project's");
    let ours = stage.gate(&["run", "-d", IMAGE, "sleep", "300"]).passed();
    assert_eq!(stage.gate(&["exec", &ours, "echo", "in"]).passed(), "in");
    let said = "{{index .Config.Labels \"remo.project\"}}";
    assert_eq!(stage.engine.ask(&["inspect", "--format", said, &ours]), "entry");
    stage.gate(&["rm", "-f", &ours]).passed();
}

#[test]
fn labels_of_an_image_do_not_make_a_container_another_projects() {
    let name = "labels_of_an_image_do_not_make_a_container_another_projects";
    let Some(stage) = Stage::new(name, "image-label") else { return };
    let folder = stage.projects().join("neighbour").display().to_string();
    stage.write("Dockerfile", &format!("FROM {IMAGE}\nLABEL devcontainer.local_folder={folder}\n"));
    stage.gate(&["build", "-q", "--label", "remo.project=neighbour", "."]).refused("belongs to the launcher");
    stage.gate(&["build", "-q", "-t", "image-label:1", "."]).passed();
    stage
        .gate(&["run", "--rm", "image-label:1", "id"])
        .refused("label devcontainer.local_folder of the image");
    stage.write("compose/Dockerfile", &format!("FROM {IMAGE}\nLABEL com.docker.compose.project=neighbour\n"));
    stage.gate(&["build", "-q", "-t", "image-label:2", "compose"]).passed();
    stage
        .gate(&["run", "--rm", "image-label:2", "id"])
        .refused("label com.docker.compose.project of the image");
}

#[test]
fn an_image_that_is_not_here_is_fetched_and_looked_at_before_it_runs() {
    let name = "an_image_that_is_not_here_is_fetched_and_looked_at_before_it_runs";
    let Some(stage) = Stage::new(name, "fetched") else { return };
    let registry = Registry::start(None);
    let (good, bad) = (registry.name("good:1"), registry.name("bad:1"));
    stage.write("good/Dockerfile", &format!("FROM {IMAGE}\nRUN echo fetched >/said\n"));
    stage.write("bad/Dockerfile", &format!("FROM {IMAGE}\nLABEL remo.project=neighbour\n"));
    let path = stage.path();
    for (image, folder) in [(&good, "good"), (&bad, "bad")] {
        let folder = path.join(folder);
        stage.engine.ask(&["build", "-q", "-t", image, folder.to_str().unwrap()]);
        stage.engine.ask(&["push", image]);
        stage.engine.ask(&["rmi", image]);
    }
    stage.gate(&["run", "--rm", "--pull=never", &good, "cat", "/said"]).refused("is not here");
    let fetched = stage.gate(&["run", "--rm", &good, "cat", "/said"]);
    assert!(fetched.err.contains("remo-docker: fetching the image"), "{fetched:?}");
    assert_eq!(fetched.passed(), "fetched");
    // What is refused anyway is not fetched.
    stage.gate(&["run", "--rm", "-v", "/:/host", &bad, "id"]).refused("the host's root");
    stage.gate(&["run", "--rm", "--pull=never", &bad, "id"]).refused("is not here");
    stage.gate(&["run", "--rm", &bad, "id"]).refused("label remo.project of the image");
    // One that was exchanged in the registry is looked at as it is now.
    stage.engine.ask(&["build", "-q", "-t", &good, path.join("bad").to_str().unwrap()]);
    stage.engine.ask(&["push", &good]);
    stage.engine.ask(&["rmi", &good]);
    stage.engine.ask(&["build", "-q", "-t", &good, path.join("good").to_str().unwrap()]);
    assert_eq!(stage.gate(&["run", "--rm", &good, "cat", "/said"]).passed(), "fetched");
    stage.gate(&["run", "--rm", "--pull=always", &good, "id"]).refused("label remo.project of the image");
    let nowhere = stage.gate(&["run", "--rm", &registry.name("none:1"), "id"]);
    assert_eq!((nowhere.code, nowhere.err.contains("cannot be fetched")), (Some(125), true), "{nowhere:?}");
}

#[test]
fn a_build_reads_nothing_outside_and_names_no_image_of_others() {
    let Some(stage) = Stage::new("a_build_reads_nothing_outside_and_names_no_image_of_others", "build")
    else {
        return;
    };
    let secret = stage.home().join("secret");
    fs::create_dir(&secret).unwrap();
    fs::write(secret.join("token"), "t0ken").unwrap();
    let dockerfile = stage.write("Dockerfile", &format!("FROM {IMAGE}\nCOPY . /copied\n"));
    stage.gate(&["build", "-q", "-f", "Dockerfile", "../../secret"]).refused("sends a directory outside");
    symlink(&secret, stage.path().join("context")).unwrap();
    stage.gate(&["build", "-q", "-f", "Dockerfile", "context"]).refused("sends a directory outside");
    symlink(secret.join("token"), stage.path().join("Other")).unwrap();
    stage.gate(&["build", "-q", "-f", "Other", "."]).refused("builds by a file outside");
    for image in ["neighbour:latest", "remo-vault", "docker.io/library/remo-vault:1"] {
        stage.gate(&["build", "-q", "-t", image, "."]).refused("the image");
    }
    // The CLI's own way: the options in any order, the Dockerfile elsewhere in the project.
    fs::remove_file(stage.path().join("context")).unwrap();
    fs::remove_file(stage.path().join("Other")).unwrap();
    let file = dockerfile.display().to_string();
    stage.gate(&["build", "--build-arg", "A=b", "-f", &file, "-t", "build:ok", "."]).passed();
    let copied = stage.gate(&["run", "--rm", "build:ok", "ls", "/copied"]).passed();
    assert_eq!(copied, "Dockerfile");
}

#[test]
fn what_steers_docker_is_not_inherited() {
    let Some(stage) = Stage::new("what_steers_docker_is_not_inherited", "steer") else { return };
    let nowhere = stage.home().join("nowhere").display().to_string();
    let mut command = stage.command("remo-docker");
    command
        .args(["run", "--rm", "-e", "A=b", IMAGE, "env"])
        .env("DOCKER_HOST", format!("unix://{nowhere}"))
        .env("DOCKER_CONTEXT", "nowhere")
        .env("DOCKER_CONFIG", &nowhere)
        .env("DOCKER_TLS_VERIFY", "1")
        .env("BUILDKIT_HOST", "unix:///nowhere")
        .env("COMPOSE_FILE", "/nowhere");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let environment = String::from_utf8(output.stdout).unwrap();
    assert!(environment.contains("A=b"), "{environment}");
    stage.gate(&["-H", "unix:///nowhere", "ps"]).refused("--host is refused");
    stage.gate(&["--context=x", "ps"]).refused("--context is refused");
}

#[test]
fn a_file_of_variables_is_read_once_and_through_no_link() {
    let Some(stage) = Stage::new("a_file_of_variables_is_read_once_and_through_no_link", "variables") else {
        return;
    };
    stage.write("app.env", "FROM_FILE=yes\n");
    let out = stage.gate(&["run", "--rm", "--env-file", "app.env", IMAGE, "env"]).passed();
    assert!(out.contains("FROM_FILE=yes"), "{out}");
    let secret = stage.home().join("secret.env");
    fs::write(&secret, "TOKEN=t0ken\n").unwrap();
    fs::remove_file(stage.path().join("app.env")).unwrap();
    symlink(&secret, stage.path().join("app.env")).unwrap();
    stage.gate(&["run", "--rm", "--env-file", "app.env", IMAGE, "env"]).refused("outside of the project");
    assert!(stage.approve()[0].starts_with("private-file "));
    let out = stage.gate(&["run", "--rm", "--env-file", "app.env", IMAGE, "env"]).passed();
    assert!(out.contains("TOKEN=t0ken"), "{out}");
}

#[test]
fn a_running_container_cannot_exchange_a_path_while_it_is_mounted() {
    let name = "a_running_container_cannot_exchange_a_path_while_it_is_mounted";
    let Some(stage) = Stage::new(name, "exchange") else { return };
    stage.write("sub/data/file", "x");
    let whole = format!("{}:/w", stage.path().display());
    let running = stage.gate(&["run", "-d", "-v", &whole, IMAGE, "sleep", "300"]).passed();
    stage.gate(&["run", "--rm", "-v", "./sub/data:/x", IMAGE, "ls"]).refused("could be exchanged");
    // The project as a whole cannot be exchanged from inside.
    stage.gate(&["run", "--rm", "-v", &whole, IMAGE, "ls", "/w"]).passed();
    stage.gate(&["rm", "-f", &running]).passed();
    stage.gate(&["run", "--rm", "-v", "./sub/data:/x", IMAGE, "ls", "/x"]).passed();
    // A volume that is a folder of the project is another way to write there.
    let device = format!("device={}/sub", stage.path().display());
    stage
        .gate(&["volume", "create", "-o", "type=none", "-o", "o=bind", "-o", &device, "exchange-sub"])
        .passed();
    let running = stage.gate(&["run", "-d", "-v", "exchange-sub:/v", IMAGE, "sleep", "300"]).passed();
    stage.gate(&["run", "--rm", "-v", "./sub/data:/x", IMAGE, "ls"]).refused("could be exchanged");
    stage.gate(&["rm", "-f", &running]).passed();
}

#[test]
fn a_refusal_leaves_nothing_behind_and_never_runs() {
    let Some(stage) = Stage::new("a_refusal_leaves_nothing_behind_and_never_runs", "nothing") else { return };
    let mut words = vec!["run", "--name", "nothing-made", "--privileged", "--cap-add", "ALL"];
    words.extend(["-v", "/:/host", IMAGE, "touch", "/host/remo-was-here"]);
    let answer = stage.gate(&words);
    let lines: Vec<&str> = answer.err.lines().collect();
    assert_eq!(lines.len(), 4, "one line a finding and the hint: {lines:?}");
    answer.refused("the host's root");
    assert!(!std::path::Path::new("/remo-was-here").exists());
    let found = stage.engine.ask(&["ps", "-aq", "--filter", "name=nothing-made"]);
    assert_eq!(found, "");
    // What is never done is not among what can be approved.
    assert_eq!(stage.approve().len(), 2);
    stage.gate(&words).refused("the host's root");
}

#[test]
fn a_container_cannot_exchange_its_own_mount_as_it_is_restarted() {
    let test = "a_container_cannot_exchange_its_own_mount_as_it_is_restarted";
    let Some(stage) = Stage::new(test, "restarted") else { return };
    std::fs::create_dir(stage.path().join("sub")).unwrap();
    // It would do it when it is told to end.
    let swaps = "trap 'mv /w/sub /w/s2; ln -s /run /w/sub; exit' TERM; while sleep 1 & wait $!; do :; done";
    let words = ["run", "-d", "--name", "restarted_c", "--network", "none"];
    let mounts = ["-v", ".:/w", "-v", "./sub:/x", IMAGE, "sh", "-c", swaps];
    let refused = [&words[..], &["--restart=always"], &mounts[..]].concat();
    stage.gate(&refused).refused("opened anew");
    stage.gate(&[&words[..], &mounts[..]].concat()).passed();
    stage.gate(&["restart", "restarted_c"]).refused("exchanged by the running container restarted_c");
    assert!(stage.path().join("sub").is_dir(), "it was not told to end");
    assert_eq!(stage.engine.ask(&["inspect", "--format", "{{.State.Running}}", "restarted_c"]), "true");
    // Once it has ended and exchanged it, it is judged by what is there now.
    stage.gate(&["stop", "restarted_c"]).passed();
    stage.gate(&["start", "restarted_c"]).refused("leads to");
    stage.gate(&["rm", "-f", "restarted_c"]).passed();
}
