//! What the feature adds to the start of a container with ten secrets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "test support outside of a #[test] function may stop at the first surprise too"
)]

use std::fmt::Write as _;
use std::io::Write as _;

use remo_containers::{ContainerProject, Stage};
use remo_testbed::DevContainers;
use remo_testbed::images::Image;

const ROUNDS: usize = 20;
const SECRETS: usize = 10;

/// Far more than it takes; it would not be noticed as an error otherwise.
const LONGEST_MILLISECONDS: f64 = 1000.0;

#[test]
fn ten_secrets_cost_little_of_a_containers_start() {
    let name = "cost::ten_secrets_cost_little_of_a_containers_start";
    let Some(stage) = Stage::start(name, &[Image::Debian]) else { return };
    let names: Vec<String> = (0..SECRETS).map(|number| format!("secret_{number}")).collect();
    let bindings = names.iter().enumerate().fold(String::new(), |mut text, (number, name)| {
        let _ = write!(text, "\n[secrets.{name}]\n");
        if number % 2 == 0 {
            let _ = write!(
                text,
                "fetch_as = \"file\"\nfile_path = \"~/.secret-{number}\"\nfile_mode = \"0600\"\n"
            );
        }
        text
    });
    let project = ContainerProject::unapproved(&stage, "cost", &bindings, 1000, 0);
    project.approve(&stage);
    let values: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), stage.token.as_str())).collect();
    stage.broker.push(&values);
    let image = Image::Debian.name();
    project.configure(&format!(
        r#""image": "{image}", "remoteUser": "dev", "features": {{ "./secrets": {{}} }}"#
    ));
    let container = DevContainers::container(DevContainers::new(&stage.engine).up(project.path(), &[]));
    let image = stage.engine.docker(&["inspect", "--format", "{{.Image}}", &container]);

    // In a new container each time, as a start is; by the container's own clock, without what the engine takes.
    let measure = |line: &str| {
        let script = format!("a=$(date +%s%N); {line}; b=$(date +%s%N); echo $((b - a))");
        let mount = "/run/remo-broker/projects/cost:/run/remo-broker:ro";
        let run = ["run", "--rm", "--volume", mount, "--entrypoint", "/bin/sh", image.trim(), "-c", &script];
        stage.engine.docker(&run).trim().parse::<f64>().unwrap() / 1e6
    };
    let mut differences: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let without = measure(":");
            measure(". /usr/local/share/remo-secrets/entrypoint.sh || exit 69") - without
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    let median = differences[ROUNDS / 2];
    let _ = writeln!(
        std::io::stderr(),
        "what the feature adds to a start with {SECRETS} secrets, root becoming the remote user: median of {ROUNDS} \
         {median:.1} ms, from {:.1} to {:.1} ms",
        differences[0],
        differences[ROUNDS - 1]
    );
    assert!(median < LONGEST_MILLISECONDS, "{median} ms");
}
