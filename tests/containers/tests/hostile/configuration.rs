//! Configurations that reach out. What matters most is tried once more after a person has said yes to everything.

use std::fs;

use remo_containers::configure;
use remo_testkit::wait;

use crate::attack::{Outcome, attacks, outcome};
use crate::world::World;

attacks! {
    mounts_what_no_project_gets, Repository,
        "mounts: Docker socket, broker's sockets, vault's store, key and volume, the host's root, another project";
    joins_containers_of_others, Repository, "runArgs: --volumes-from, --pid, --ipc and --network of the victim's container";
    hides_mounts_in_the_image_s_metadata, Repository,
        "a label of the base image that the tooling merges: mounts, privileges, a command for the host";
    hides_mounts_in_a_feature, Repository, "a local feature with mounts and privileges";
    takes_a_build_context_from_outside, Repository, "build.context ../.. and a Dockerfile of the victim";
    mounts_the_workspace_elsewhere, Repository, "workspaceMount of the victim's folder, by ${localWorkspaceFolder}/..";
    has_a_command_for_the_host, Repository,
        "initializeCommand as text, as an object with an escaped key, given twice, in the image's metadata";
    reads_files_outside_by_compose, Repository, "Compose: env_file, secrets, extends, context and volumes outside of the project";
    takes_the_compose_project_of_another, Repository, ".env with COMPOSE_PROJECT_NAME=victim_devcontainer";
}

const IMAGE: &str = r#""image": "remo-testbed/debian:3", "remoteUser": "dev""#;

fn mounts_what_no_project_gets(world: &World) -> Outcome {
    let socket = world.instance.stage.engine.socket().display().to_string();
    let victim = world.victim.path().display().to_string();
    let binds = [
        socket.as_str(),
        "/run/remo-broker",
        "/run/remo-broker/projects/victim",
        "/run/remo-broker/admin.sock",
        "/run/remo-vault-key",
        "/var/lib/remo-vault",
        "/",
        "/proc",
        &victim,
    ];
    let mut mounts: Vec<String> = binds
        .iter()
        .enumerate()
        .map(|(number, source)| format!("\"source={source},target=/m{number},type=bind\""))
        .collect();
    mounts.push("\"source=remo-vault-store,target=/v,type=volume\"".to_owned());
    let record = world.never_starts(
        &format!("{IMAGE}, \"mounts\": [{}]", mounts.join(", ")),
        &[
            "the Docker socket",
            "the broker's sockets",
            "/run/remo-broker/projects/victim",
            "/run/remo-broker/admin.sock",
            "the vault's key",
            "the vault's store",
            "the host's root",
            "the kernel's view of processes",
            "the configuration of the project victim",
            "remo-vault-store",
        ],
    );
    outcome("refused, each by name, whatever is approved; no container", record)
}

fn joins_containers_of_others(world: &World) -> Outcome {
    let victim = world.container("victim");
    let arguments = ["--volumes-from=", "--pid=container:", "--ipc=container:", "--network=container:"]
        .map(|option| format!("\"{option}{victim}\""));
    let record = world.refused(
        &format!("{IMAGE}, \"runArgs\": [{}]", arguments.join(", ")),
        &[
            "takes the mounts of the container",
            "shares the pid namespace of the container",
            "shares the ipc namespace of the container",
            "shares the network of the container",
        ],
    );
    outcome(
        "refused, each by name, whatever is approved; no container",
        record.replace(&world.name_of(&victim), "VICTIM"),
    )
}

fn hides_mounts_in_the_image_s_metadata(world: &World) -> Outcome {
    let canary = world.instance.file("metadata");
    let label = format!(
        r#"[{{"mounts":["source=/run/remo-broker,target=/b,type=bind"],"privileged":true,"capAdd":["SYS_ADMIN"],"initializeCommand":"touch {}"}}]"#,
        canary.display()
    );
    world.base_image(&format!("LABEL devcontainer.metadata='{label}'"));
    let record =
        world.never_starts(r#""image": "hostile-base:1", "remoteUser": "dev""#, &["the broker's sockets"]);
    assert!(!canary.exists(), "a command ran on the host");
    outcome("the final command is judged: refused, and nothing ran on the host", record)
}

fn hides_mounts_in_a_feature(world: &World) -> Outcome {
    world.bent_file(
        "evil/devcontainer-feature.json",
        r#"{"id": "evil", "version": "1.0.0", "name": "evil", "privileged": true,
            "mounts": ["source=/run/remo-broker/projects/victim,target=/b,type=bind", "source=remo-vault-store,target=/v,type=volume"]}"#,
    );
    world.bent_file("evil/install.sh", "#!/bin/sh\ntrue\n");
    let record = world.refused(
        &format!("{IMAGE}, \"features\": {{\"./evil\": {{}}}}"),
        &["/run/remo-broker/projects/victim", "remo-vault-store"],
    );
    outcome("the final command is judged: refused; no container", record)
}

fn takes_a_build_context_from_outside(world: &World) -> Outcome {
    world.bent_file("Dockerfile", "FROM remo-testbed/debian:3\nCOPY . /taken\n");
    let record = world.refused(
        r#""build": {"dockerfile": "Dockerfile", "context": "../.."}"#,
        &["the directory of all projects"],
    );
    // The tooling would read it by itself, and show the gate a file of its own that begins with it.
    let dockerfile = world.victim.path().join("Dockerfile");
    fs::write(&dockerfile, "FROM remo-testbed/debian:3\nENV TAKEN=1\n").unwrap();
    for path in ["../../victim/Dockerfile", "${localWorkspaceFolder}/../victim/Dockerfile"] {
        let _ = world.refused(
            &format!(r#""build": {{"dockerfile": "{path}", "context": "."}}"#),
            &["its Dockerfile is not known to be in the project"],
        );
    }
    fs::remove_file(dockerfile).unwrap();
    outcome("nothing is sent to the builder; no image, no container", record)
}

fn mounts_the_workspace_elsewhere(world: &World) -> Outcome {
    let record = world.refused(
        &format!(
            "{IMAGE}, \"workspaceMount\": \"source=${{localWorkspaceFolder}}/../victim,target=/workspaces/victim,type=bind\", \
             \"workspaceFolder\": \"/workspaces/victim\""
        ),
        &["the configuration of the project victim"],
    );
    outcome("refused, whatever is approved; no container", record)
}

fn has_a_command_for_the_host(world: &World) -> Outcome {
    let canary = world.instance.file("initialized");
    let touch = format!("touch {}", canary.display());
    // What else it asks for ends the start early, long after the command for the host would have run.
    let ends = r#""mounts": ["source=/run/remo-broker,target=/b,type=bind"]"#;
    world.base_image(&format!("LABEL devcontainer.metadata='[{{\"initializeCommand\":\"{touch}\"}}]'"));
    world.remove("bent");
    let mut record = String::new();
    for configuration in [
        format!(r#"{IMAGE}, {ends}, "initializeCommand": "{touch}""#),
        format!(r#"{IMAGE}, {ends}, "\u0069nitializeCommand": {{"a": ["true"], "b": "{touch}"}}"#),
        format!(r#"{IMAGE}, {ends}, "initializeCommand": "", "initializeCommand": "{touch}", /* x */"#),
        format!(r#""image": "hostile-base:1", {ends}"#),
    ] {
        configure(&world.bent, &configuration);
        let ended = world.instance.remo(&["up", "bent", "--yes"]);
        assert_eq!(ended.code(), Some(1), "{ended:?}");
        assert!(!canary.exists(), "a command ran on the host: {configuration}");
        if let Some(line) = ended.stderr.lines().find(|line| line.starts_with("bent: its initializeCommand"))
        {
            record = world.plain(line);
        }
    }
    world.no_container("bent");
    outcome("left out of every start; nothing ran", record)
}

/// The configuration of a project of services.
const COMPOSE: &str = r#""dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/w""#;

fn reads_files_outside_by_compose(world: &World) -> Outcome {
    fs::write(world.victim.path().join("app.env"), "TAKEN=1\n").unwrap();
    let head =
        "version: '3.8'\nservices:\n  app:\n    image: remo-testbed/debian:3\n    command: sleep infinity\n";
    let mut record = String::new();
    for (file, reason) in [
        (format!("{head}    env_file: ../../victim/app.env\n"), "outside of the project"),
        (
            format!("{head}    secrets: [s]\nsecrets: {{s: {{file: ../../victim/app.env}}}}\n"),
            "outside of the project",
        ),
        (
            format!("{head}    extends: {{file: ../../victim/app.env, service: x}}\n"),
            "outside of the project",
        ),
        (
            format!(
                "{head}    volumes: ['/run/remo-broker/projects/victim:/v', 'store:/x']\nvolumes: {{store: {{external: true, name: remo-vault-store}}}}\n"
            ),
            "/run/remo-broker/projects/victim",
        ),
        (
            format!(
                "{head}    network_mode: host\n    pid: host\n    volumes: ['{}:/d.sock']\n",
                world.instance.stage.engine.socket().display()
            ),
            "the Docker socket",
        ),
    ] {
        world.bent_file("compose.yml", &file);
        configure(&world.bent, COMPOSE);
        let ended = world.instance.remo(&["up", "bent", "--yes"]);
        let said = ended.said();
        assert_eq!(ended.code(), Some(1), "{file}: {said}");
        let refused = |line: &str| line.trim().starts_with("remo-docker: ") && line.contains(reason);
        assert!(
            said.lines().any(refused) && !said.contains("TAKEN"),
            "{file}: does not say `{reason}` but {said}"
        );
        world.no_container("bent");
        record = format!("remo-docker: refused: ... {reason}");
    }
    fs::remove_file(world.victim.path().join("app.env")).unwrap();
    outcome("nothing outside is read or mounted; no container", record)
}

fn takes_the_compose_project_of_another(world: &World) -> Outcome {
    world.bent_file(
        "compose.yml",
        "version: '3.8'\nservices:\n  app:\n    image: remo-testbed/debian:3\n    command: sleep infinity\n",
    );
    for folder in [world.bent.path().to_owned(), world.bent.path().join(".devcontainer")] {
        fs::write(folder.join(".env"), "COMPOSE_PROJECT_NAME=victim_devcontainer\n").unwrap();
    }
    let record = world.refused(COMPOSE, &["victim_devcontainer is the project victim's"]);
    for folder in [world.bent.path().to_owned(), world.bent.path().join(".devcontainer")] {
        fs::remove_file(folder.join(".env")).unwrap();
    }
    wait::until_true(wait::PATIENCE, "the victim", || !world.container("victim").is_empty());
    outcome("refused; the victim's containers are as they were", record)
}

impl World {
    /// The name that the engine gave to a container.
    fn name_of(&self, container: &str) -> String {
        let name = self.docker(&["inspect", "--format", "{{.Name}}", container]);
        name.trim().trim_start_matches('/').to_owned()
    }

    /// Makes the image `hostile-base:1`, as somebody else has published it: with these lines.
    fn base_image(&self, lines: &str) {
        let folder = self.instance.file("base");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("Dockerfile"), format!("FROM remo-testbed/debian:3\n{lines}\n")).unwrap();
        self.docker(&["build", "--quiet", "--tag", "hostile-base:1", folder.to_str().unwrap()]);
    }

    /// Writes a file beside the configuration of `bent`.
    pub(crate) fn bent_file(&self, name: &str, text: &str) {
        let file = self.bent.path().join(".devcontainer").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}
