//! Compose projects with the real Compose.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use remo_testkit::skip;

use crate::engine::IMAGE;
use crate::stage::Stage;

fn stage(test: &str, project: &str) -> Option<Stage> {
    if !Path::new("/usr/bin/docker-compose").exists() {
        skip::skipped(test, "docker-compose is not installed");
        return None;
    }
    Stage::new(test, project)
}

const FILE: &str = "docker-compose.yml";

fn service(more: &str) -> String {
    format!("version: '3.8'\nservices:\n  app:\n    image: {IMAGE}\n    network_mode: none\n{more}")
}

fn up(stage: &Stage) -> crate::stage::Answer {
    stage.compose(&["--project-name", &stage.project, "-f", FILE, "up", "-d"])
}

fn output_of(stage: &Stage, service: &str) -> String {
    let filter = format!("label=com.docker.compose.project={}", stage.project);
    let service = format!("label=com.docker.compose.service={service}");
    let id = stage.engine.ask(&["ps", "-aq", "--filter", &filter, "--filter", &service]);
    assert_eq!(id.lines().count(), 1, "one container of the service");
    stage.engine.ask(&["wait", &id]);
    stage.engine.ask(&["logs", &id])
}

#[test]
fn a_project_comes_up_frozen_and_dollars_arrive_once() {
    let Some(stage) = stage("a_project_comes_up_frozen_and_dollars_arrive_once", "frozen") else { return };
    stage.write("app.env", "FROM_FILE=a$$b\n");
    stage.write("file", "mounted");
    let command = "    command: [sh, -c, 'echo $$HOME $${X:-y} \"$$FROM_FILE\"; cat /w/file']\n";
    stage.write(
        FILE,
        &service(&format!(
            "{command}    env_file: app.env\n    volumes: ['.:/w:ro', 'data:/d']\nvolumes:\n  data:\n"
        )),
    );
    up(&stage).passed();
    let said = output_of(&stage, "app");
    assert_eq!(said, "/ y a$$b\nmounted", "the file of variables is not interpolated, the command once");
    let label =
        "{{index .Config.Labels \"remo.project\"}}|{{index .Config.Labels \"devcontainer.local_folder\"}}";
    let id = stage.engine.ask(&["ps", "-aq", "--filter", "label=com.docker.compose.project=frozen"]);
    assert_eq!(stage.engine.ask(&["inspect", "--format", label, &id]), "frozen|");
    // What reached Compose is the private copy, not the file of the project.
    let files = "{{index .Config.Labels \"com.docker.compose.project.config_files\"}}";
    let files = stage.engine.ask(&["inspect", "--format", files, &id]);
    assert!(
        files.starts_with(&stage.home().join(".local/state/remo/gate/launch/frozen").display().to_string()),
        "{files}"
    );
    assert!(!files.contains(','), "{files}");
    let left = fs::read_dir(stage.home().join(".local/state/remo/gate/launch")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["frozen"], "copies are removed");
    stage.compose(&["--project-name", "frozen", "-f", FILE, "down", "--volumes"]).passed();
}

#[test]
fn config_shows_the_project_with_the_paths_of_the_host() {
    let Some(stage) = stage("config_shows_the_project_with_the_paths_of_the_host", "show") else { return };
    stage.write(FILE, &service("    volumes: ['./data:/d']\n    command: echo $$x\n"));
    let out = stage.compose(&["-f", FILE, "config"]).passed();
    let tree: serde_json::Value = serde_json::from_str(&out).unwrap();
    let app = &tree["services"]["app"];
    assert_eq!(app["volumes"][0], format!("{}/data:/d:rw", stage.path().display()));
    assert_eq!(app["command"], "echo $$x");
}

#[test]
fn variables_are_not_resolved_a_second_time() {
    let Some(stage) = stage("variables_are_not_resolved_a_second_time", "twice") else { return };
    // Compose 1.29 resolves `$$` in a volume to a single dollar and prints it so.
    stage.write(FILE, &service("    volumes: ['./$${HOME}/x:/d']\n"));
    up(&stage).refused("a second time");
    // What arrives as a dollar stays one: the folder of that very name is mounted.
    stage.write("${HOME}/file", "literal");
    let mount = "    volumes:\n      - {type: bind, source: './$${HOME}', target: /d}\n";
    stage.write(FILE, &service(&format!("    command: cat /d/file\n{mount}")));
    up(&stage).passed();
    assert_eq!(output_of(&stage, "app"), "literal");
}

#[test]
fn files_outside_are_not_read_by_any_key() {
    let Some(stage) = stage("files_outside_are_not_read_by_any_key", "outside") else { return };
    let secret = stage.home().join("secret.env");
    fs::write(&secret, "TOKEN=t0ken\n").unwrap();
    symlink(&secret, stage.path().join("link.env")).unwrap();
    fs::create_dir(stage.path().join("plain")).unwrap();
    let above = "../../secret.env";
    for (more, words) in [
        (format!("    env_file: {above}\n"), "outside of the project"),
        ("    env_file: [link.env]\n".to_owned(), "outside of the project"),
        (format!("    env_file: {}\n", secret.display()), "outside of the project"),
        ("    env_file: '${X:-/etc/passwd}'\n".to_owned(), "a variable"),
        (format!("    extends: {{file: {above}, service: x}}\n"), "outside of the project"),
        (format!("    secrets: [s]\nsecrets: {{s: {{file: {above}}}}}\n"), "outside of the project"),
        (format!("configs: {{s: {{file: {above}}}}}\n"), "outside of the project"),
        ("    build: ../..\n".to_owned(), "leads to"),
        ("    build: {context: ., dockerfile: ../../secret.env}\n".to_owned(), "outside of the project"),
        ("    volumes: ['../../secret.env:/x']\n".to_owned(), "mounts"),
        ("    volumes: ['./link.env:/x']\n".to_owned(), "mounts"),
        ("    volumes: ['/proc/1:/x']\n".to_owned(), "processes"),
        ("volumes: {x: {driver_opts: {type: none, o: bind, device: /}}}\n".to_owned(), "root"),
        ("    volumes: [{type: bind, source: ., target: '/x:/etc'}]\n".to_owned(), "colon"),
        ("    privileged: true\n".to_owned(), "everything on the host"),
        ("    image: other\n".to_owned(), "twice"),
        ("    labels: {remo.project: neighbour}\n".to_owned(), "not this project's"),
        ("    cap_add: [SYS_ADMIN]\n".to_owned(), "SYS_ADMIN"),
        ("include: [other.yml]\n".to_owned(), "include"),
    ] {
        stage.write(FILE, &service(&more));
        let answer = up(&stage);
        assert!(!answer.err.contains("t0ken"), "{more}: {}", answer.err);
        assert_eq!(answer.code, Some(125), "{more}: {answer:?}");
        assert!(answer.err.contains(words), "{more}: does not say `{words}` but {}", answer.err);
    }
    // A file that reads the same for every reader, with a `.env` that steers Compose elsewhere.
    stage.write(FILE, &service(""));
    stage.write(".env", "DOCKER_HOST=tcp://192.0.2.1:1\n");
    up(&stage).refused("sets DOCKER_HOST");
    symlink(&secret, stage.path().join("plain/.env")).unwrap();
    stage.write("plain/docker-compose.yml", &service("    command: echo ${TOKEN}\n"));
    stage
        .compose(&["--project-name", "outside", "-f", "plain/docker-compose.yml", "up", "-d"])
        .refused("outside of the project");
}

#[test]
fn a_second_reader_of_the_file_is_not_fooled() {
    let Some(stage) = stage("a_second_reader_of_the_file_is_not_fooled", "reader") else { return };
    for (file, words) in [
        ("services: {app: {image: a}}\nservices: {app: {image: b}}\n", "twice"),
        ("x: 1\n---\nservices: {}\n", "more than one document"),
        ("services: {app: !reset {image: a}}\n", "a tag"),
        ("x-a: &a {image: a}\nx-b: &b {privileged: true}\nservices: {app: {<<: *a, <<: *b}}\n", "two merges"),
        ("app: {image: a}\n", "not known to the gate"),
    ] {
        stage.write(FILE, file);
        up(&stage).refused(words);
    }
}

#[test]
fn names_of_others_are_not_taken() {
    let Some(stage) = stage("names_of_others_are_not_taken", "names") else { return };
    stage.write(FILE, &service(""));
    stage
        .compose(&["--project-name", "neighbour", "-f", FILE, "up", "-d"])
        .refused("the project neighbour's");
    stage
        .compose(&["--project-name", "neighbour_devcontainer", "-f", FILE, "down", "--volumes"])
        .refused("the project neighbour's");
    stage.compose(&["--project-name", "remo-vault", "-f", FILE, "up", "-d"]).refused("the vault's");
    stage.write(FILE, &service("volumes: {x: {external: true, name: remo-vault-store}}\n"));
    up(&stage).refused("the vault's");
}

#[test]
fn an_existing_container_of_the_project_is_judged_before_it_is_begun_again() {
    let name = "an_existing_container_of_the_project_is_judged_before_it_is_begun_again";
    let Some(stage) = stage(name, "again") else { return };
    stage.write(FILE, &service("    command: sleep 300\n    volumes: ['data:/d']\nvolumes:\n  data:\n"));
    up(&stage).passed();
    stage.compose(&["--project-name", "again", "-f", FILE, "stop", "--timeout", "0"]).passed();
    // One that was made by hand and looks like a service of the project.
    stage.engine.ask(&[
        "create",
        "--label=com.docker.compose.project=again",
        "--label=com.docker.compose.service=app",
        "--label=com.docker.compose.container-number=2",
        "--label=com.docker.compose.oneoff=False",
        "--privileged",
        IMAGE,
        "sleep",
        "300",
    ]);
    up(&stage).refused("everything on the host");
    stage.compose(&["--project-name", "again", "-f", FILE, "down", "--volumes", "--timeout", "0"]).passed();
}

#[test]
fn a_project_whose_dockerfile_is_outside_is_not_shown() {
    let Some(stage) = stage("a_project_whose_dockerfile_is_outside_is_not_shown", "shown") else { return };
    let victim = stage.home().join("victim");
    fs::create_dir(&victim).unwrap();
    fs::write(victim.join("Dockerfile"), "FROM scratch\n# private\n").unwrap();
    stage.write("Dockerfile", "FROM scratch\n");
    symlink(victim.join("Dockerfile"), stage.path().join("link")).unwrap();
    let file = |build: &str| {
        stage.write(FILE, &format!("version: '3.8'\nservices:\n  app:\n    build: {build}\n"));
    };
    let show = || stage.compose(&["-f", FILE, "config"]);
    file("{context: ., dockerfile: Dockerfile}");
    assert!(show().passed().contains("dockerfile"));
    for build in [
        "{context: ., dockerfile: ../../victim/Dockerfile}",
        "{context: ., dockerfile: link}",
        "{context: ../../victim}",
    ] {
        file(build);
        show().refused("victim");
    }
}
