//! The real git, docker and aws in a real project container: each asks for its secret at the moment of use.
//!
//! Networks of the engine lead nowhere, so what they log in to stands beside them in the container.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

use remo_containers::{ContainerProject, Stage};
use remo_testbed::images::Image;
use remo_testbed::{DevContainers, Ended};
use remo_testkit::{Needle, Scan, audit, bundle, file_scan, payload, secret_name, wait};

const USER: (&str, u32) = ("dev", 1000);

const BINDINGS: &str = r#"
[secrets.gh]
fetch_as = "helper"
helper   = "git"
url      = "http://localhost:3000"
username = "me"

[secrets.registry]
fetch_as = "helper"
helper   = "docker"
registry = "localhost:5000"
username = "octocat"

[secrets.aws]
fetch_as = "helper"
helper   = "aws"
profile  = "default"
"#;

/// A server that answers to the right credentials only, and one that takes whatever it is given.
const STAND_IN: &str = include_str!("standin.py");

struct Scene<'a> {
    stage: &'a Stage,
    container: String,
}

impl Scene<'_> {
    fn run_as(&self, user: &str, script: &str) -> Ended {
        let line = ["exec", "--user", user, &self.container, "bash", "-lc", script];
        self.stage.engine.try_docker(&line)
    }

    fn run(&self, script: &str) -> Ended {
        self.run_as(USER.0, script)
    }

    /// How often the secret left the broker.
    fn uses(&self, secret: &str) -> usize {
        let lines = audit::events(self.stage.broker.audit_log(), "fetch");
        lines.iter().filter(|line| line["secret_name"] == secret && line["outcome"] == "ok").count()
    }

    fn serve(&self, kind: &str, port: u16, needle: &str) {
        let start = format!("python3 /srv/standin.py {kind} {port} '{needle}' >/tmp/{kind}.log 2>&1");
        self.stage.engine.docker(&["exec", "--detach", "--user", "0", &self.container, "sh", "-c", &start]);
        wait::until_true(wait::PATIENCE, "the stand-in", || {
            self.run(&format!("exec 3<>/dev/tcp/127.0.0.1/{port}")).status.success()
        });
    }
}

#[test]
fn the_real_tools_log_in_and_nothing_is_left_of_it() {
    let name = "helpers::the_real_tools_log_in_and_nothing_is_left_of_it";
    let Some(stage) = Stage::start(name, &[Image::Tools]) else { return };
    let stage = &stage;
    let mut secrets = payload(&[("gh", &stage.token), ("registry", &stage.token)]);
    let aws = [("aws_access_key_id", "AKIASTANDIN"), ("aws_secret_access_key", stage.key.as_str())];
    secrets.secrets.insert(secret_name("aws"), bundle(&aws));
    stage.broker.push_payload(secrets).unwrap();
    let project = ContainerProject::unapproved(stage, "asking", BINDINGS, USER.1, USER.1);
    project.approve(stage);
    let image = Image::Tools.name();
    project.configure(&format!(
        r#""image": "{image}", "remoteUser": "{}", "features": {{ "./secrets": {{}} }}"#,
        USER.0
    ));
    project.give(USER.1);
    let tooling = DevContainers::new(&stage.engine);
    let container = DevContainers::container(tooling.up(project.path(), &[]));
    let scene = Scene { stage, container };
    assert_eq!(
        ["gh", "registry", "aws"].map(|secret| scene.uses(secret)),
        [0; 3],
        "a start asks for nothing"
    );

    let script = stage.directory.path().join("standin.py");
    std::fs::write(&script, STAND_IN).unwrap();
    let docker = remo_testbed::bootstrap::docker();
    for (from, to) in [(script.as_path(), "/srv/standin.py"), (docker.as_path(), "/usr/local/bin/docker")] {
        let to = format!("{}:{to}", scene.container);
        stage.engine.docker(&["cp", "--follow-link", from.to_str().unwrap(), &to]);
    }
    let repository =
        "git init --quiet --bare /srv/x.git && cd /srv/x.git && git update-server-info && chmod -R a+rX /srv";
    let _ = scene.run_as("0", repository).succeeded();
    scene.serve("git", 3000, &format!("me:{}", stage.token));
    scene.serve("git", 3001, "nobody:knows");
    scene.serve("registry", 5000, &format!("octocat:{}", stage.token));
    scene.serve("aws", 4566, "AKIASTANDIN");

    tools_log_in(&scene);
    a_hostile_repository_gets_nothing(&scene);
    others_get_nothing(&scene);

    // The value is nowhere at rest, but where the stand-ins noted it: in memory of the container's own.
    let _ = scene.run_as("0", "rm -f /tmp/asked").succeeded();
    let needles = [Needle::new("token", stage.token.as_bytes()), Needle::new("key", stage.key.as_bytes())];
    let found = scene.run("grep -rlE 'vended-(token|key)' /home/dev /dev/shm /etc /workspaces /usr/local 2>/dev/null; env | grep vended-");
    assert_eq!(found.stdout, "", "{found:?}");
    assert!(matches!(file_scan(&[stage.directory.path().to_owned()], &needles), Scan::Clean { .. }));

    revoked(&scene, &project);
}

fn tools_log_in(scene: &Scene<'_>) {
    let _ = scene.run("git clone --quiet http://localhost:3000/x.git /tmp/x").succeeded();
    assert_eq!(scene.uses("gh"), 1);
    let manifest = scene.run("docker manifest inspect --insecure localhost:5000/x:latest");
    assert!(manifest.said().contains("application/vnd.docker.distribution.manifest.v2+json"), "{manifest:?}");
    assert!(scene.uses("registry") >= 1);
    let listed = scene.run("aws configure list").succeeded();
    assert!(listed.stdout.contains("custom-process"), "{listed:?}");
    let identity = "aws sts get-caller-identity --region us-east-1 --endpoint-url http://127.0.0.1:4566";
    let identity = scene.run(identity).succeeded();
    assert!(identity.stdout.contains("arn:aws:iam::1:user/me"), "{identity:?}");
    assert!(scene.uses("aws") >= 2);
    // Root's git is told as well: it is in /etc.
    let _ = scene.run_as("0", "git ls-remote http://localhost:3000/x.git").succeeded();
    let checked = scene.run("remo-fetch-secrets check").succeeded();
    assert_eq!(checked.stdout.matches("  ok  ").count(), 3, "{checked:?}");
}

fn a_hostile_repository_gets_nothing(scene: &Scene<'_>) {
    let before = scene.uses("gh");
    // The other server stands at another port of the same host, and takes down what it is given.
    let _ = scene
        .run("git -C /tmp/x config url.http://localhost:3001/.insteadOf http://localhost:3000/")
        .succeeded();
    let attempts = [
        "git -C /tmp/x fetch",
        "git ls-remote http://localhost:3001/x.git",
        "git ls-remote http://me@localhost:3001/x.git",
        "git ls-remote http://localhost:3000@localhost:3001/x.git",
        "git -c credential.helper= -c credential.http://localhost:3001.helper=/usr/local/share/remo-secrets/git-credential-remo ls-remote http://localhost:3001/x.git",
    ];
    for attempt in attempts {
        let ended = scene.run(&format!("GIT_TERMINAL_PROMPT=0 timeout 60 {attempt}"));
        assert!(!ended.status.success(), "{attempt}: {ended:?}");
        assert!(!ended.said().contains(&scene.stage.token), "{attempt}: {ended:?}");
    }
    let asked = scene.run_as("0", "grep -c Basic /tmp/asked; grep /x.git /tmp/asked").stdout;
    assert!(asked.contains("Basic"), "{asked}");
    assert_eq!(scene.uses("gh"), before, "none of it reached the secret");
}

fn others_get_nothing(scene: &Scene<'_>) {
    let request = "printf 'protocol=http\\nhost=localhost:3000\\n' | /usr/local/share/remo-secrets/git-credential-remo get";
    let ended = scene.run_as("4242", request);
    assert!(!ended.status.success() && ended.stdout.is_empty(), "{ended:?}");
    let login = scene.run("printf x | docker login --username x --password-stdin localhost:5000");
    assert!(!login.status.success(), "{login:?}");
}

fn revoked(scene: &Scene<'_>, project: &ContainerProject) {
    let name = project.name();
    project.write(".remo/manifest.toml", &format!("schema_version = 1\nproject = \"{name}\"\n"));
    project.approve(scene.stage);
    let before = scene.uses("gh");
    let ended = scene.run("GIT_TERMINAL_PROMPT=0 git ls-remote http://localhost:3000/x.git");
    assert!(!ended.status.success(), "{ended:?}");
    let ended =
        scene.run("aws sts get-caller-identity --region us-east-1 --endpoint-url http://127.0.0.1:4566");
    assert!(!ended.status.success() && ended.said().contains("redentials"), "{ended:?}");
    assert_eq!(scene.uses("gh"), before);
}
