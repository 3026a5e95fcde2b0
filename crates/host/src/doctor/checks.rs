//! The checks, in the order in which one would mend what they find.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};

use remo_wire::client::{Client, ClientError};
use remo_wire::names::{ProjectName, VAULT_NAME};

use super::{Check, Verdict, contracts, network, past_the_gate};
use crate::containers::Store;
use crate::engine::Engine;
use crate::launch::{feature, tooling};
use crate::places::Places;
use crate::project;
use crate::vault::status::health;

/// The oldest systemd whose credentials the vault's key can be sealed with.
const SYSTEMD: u32 = 250;

/// Everything.
pub(super) fn all(places: &Places) -> Vec<Check> {
    let mut checks = vec![projects_root(places), state(places), broker(places)];
    checks.extend(contracts::run_directory(places));
    checks.extend(docker(places));
    checks.push(contracts::compose(places));
    checks.push(cli(places));
    checks.extend(["remo-docker", "remo-docker-compose"].map(|name| gate(places, name)));
    checks.extend(past_the_gate::check(places));
    checks.push(feature(places));
    checks.push(contracts::key());
    checks.push(vault(places));
    checks.push(network::metadata(places));
    checks.extend(network::of_the_vault(places));
    checks.push(program(places, "git", &["--version"], Verdict::Weak, "install git; clone needs it"));
    checks.push(systemd(places));
    checks.push(program(
        places,
        "zellij",
        &["--version"],
        Verdict::Weak,
        "install zellij; without it a shell ends with its connection",
    ));
    checks.extend(names(places));
    checks
}

fn projects_root(places: &Places) -> Check {
    let code = "projects-root";
    let shown = places.projects_root.display().to_string();
    match fs::metadata(&places.projects_root) {
        Err(error) => Check::of(
            code,
            Verdict::Bad,
            format!("{shown}: {error}"),
            format!("make it: mkdir -m 0755 {shown}; the home around it may stay closed"),
        ),
        Ok(found) if !found.is_dir() => {
            Check::of(code, Verdict::Bad, format!("{shown} is no folder"), "make it one")
        }
        Ok(found) if found.mode() & 0o022 != 0 => Check::of(
            code,
            Verdict::Bad,
            format!("{shown} can be written by others, who could put a project into the place of another"),
            format!("take that from them: chmod go-w {shown}"),
        ),
        Ok(_) => Check::good(code, shown),
    }
}

fn state(places: &Places) -> Check {
    match Store::open(&places.state) {
        Ok(_) => Check::good("state", places.state.display().to_string()),
        Err(failure) => Check::of(
            "state",
            Verdict::Bad,
            failure.problem(),
            format!("make it your own: chmod 0700 {}", places.state.display()),
        ),
    }
}

fn broker(places: &Places) -> Check {
    let code = "broker";
    let status = Client::connect(&places.admin_socket).and_then(|mut client| client.status());
    match status {
        Ok(status) => Check::good(
            code,
            format!(
                "version {}, protocol {}, {} secrets, {} projects",
                status.broker_version,
                status.protocol_version,
                status.secret_count,
                status.projects.len()
            ),
        ),
        Err(ClientError::Unreachable { source, .. })
            if source.kind() == std::io::ErrorKind::PermissionDenied =>
        {
            Check::of(
                code,
                Verdict::Bad,
                "you may not talk to it",
                "join its group, then log in again: sudo usermod -aG remo-vault $USER",
            )
        }
        Err(ClientError::Version { broker }) => Check::of(
            code,
            Verdict::Bad,
            format!("it speaks protocol version {broker}, this program another one"),
            "install the broker and remo out of the same release",
        ),
        Err(error) => {
            Check::of(code, Verdict::Bad, error.to_string(), "start it: sudo systemctl start remo-broker")
        }
    }
}

fn docker(places: &Places) -> Vec<Check> {
    let code = "docker";
    let engine = match Engine::new(places) {
        Ok(engine) => engine,
        Err(failure) => return vec![Check::of(code, Verdict::Bad, failure.problem(), "install Docker")],
    };
    let about = engine.ask(&["info", "--format", "{{.ServerVersion}} {{json .SecurityOptions}}"]);
    match about {
        Err(complaint) => vec![Check::of(
            code,
            Verdict::Bad,
            complaint,
            "start it (sudo systemctl start docker), and join its group (sudo usermod -aG docker $USER)",
        )],
        Ok(about) => {
            let (version, options) = about.trim().split_once(' ').unwrap_or((about.trim(), ""));
            vec![Check::good(code, format!("version {version}")), shifted_users(options)]
        }
    }
}

/// An engine that shifts users makes every peer of the broker somebody else (R-5.5).
fn shifted_users(options: &str) -> Check {
    let code = "docker-users";
    if options.contains("name=rootless") || options.contains("name=userns") {
        return Check::of(
            code,
            Verdict::Bad,
            "the engine gives users of containers other numbers on the host: the broker refuses them",
            "use an engine that neither runs rootless nor has userns-remap",
        );
    }
    Check::good(code, "users of containers have their own numbers on the host")
}

fn cli(places: &Places) -> Check {
    program(
        places,
        "devcontainer",
        &["--version"],
        Verdict::Bad,
        "install it: npm install --global @devcontainers/cli",
    )
}

fn gate(places: &Places, name: &'static str) -> Check {
    match tooling::gate(places, name) {
        Ok(path) => Check::good(name, path.display().to_string()),
        Err(failure) => Check::of(
            name,
            Verdict::Bad,
            failure.problem(),
            "install remo-docker beside remo, and remo-docker-compose as a link to it",
        ),
    }
}

fn feature(places: &Places) -> Check {
    match feature::manifest_digest(&places.feature) {
        Ok(digest) => Check::good("feature", format!("sha256:{digest}")),
        Err(failure) => Check::of(
            "feature",
            Verdict::Bad,
            failure.problem(),
            "install it, or name its OCI layout with REMO_FEATURE=PATH",
        ),
    }
}

fn vault(places: &Places) -> Check {
    let code = "vault";
    let bad = |found: String, remedy: &str| Check::of(code, Verdict::Bad, found, remedy);
    let known = match Store::open(&places.state).and_then(|store| store.read(VAULT_NAME)) {
        Ok(history) => history.container,
        Err(failure) => return bad(failure.problem().to_owned(), "look at that file, then remove it"),
    };
    let Some(container) = known else {
        return bad("its container is not known".to_owned(), "make the vault: remo vault up");
    };
    match Engine::new(places).and_then(|engine| engine.inspect(&container.id)) {
        Ok(Some(found)) if found.state.running => vault_health(places, &found.id),
        Ok(Some(_)) => bad("it is stopped".to_owned(), "start it: remo vault up"),
        Ok(None) => bad("its container is gone".to_owned(), "make the vault: remo vault up"),
        Err(failure) => bad(failure.problem().to_owned(), "mend docker first"),
    }
}

fn vault_health(places: &Places, id: &str) -> Check {
    let code = "vault";
    match Engine::new(places).map(|engine| health(&engine, id)) {
        Ok(Ok(())) => Check::good(code, "it runs and does its work"),
        Ok(Err(problems)) => Check::of(
            code,
            Verdict::Bad,
            format!("it runs, but does not do its work: {}", problems.join("; ")),
            "see what to do: remo shell -p _remo-vault --exec remo-vend-status",
        ),
        Err(failure) => Check::of(code, Verdict::Bad, failure.problem(), "mend docker first"),
    }
}

fn systemd(places: &Places) -> Check {
    let code = "systemd";
    let remedy = "the vault's key is sealed by systemd 250 or later; without it only a plaintext key is left";
    let version =
        places.program("systemctl").and_then(|program| first_line(places, &program, &["--version"]));
    let number = version.as_deref().and_then(|line| line.split_whitespace().nth(1)?.parse::<u32>().ok());
    match number {
        Some(number) if number >= SYSTEMD => Check::good(code, format!("version {number}")),
        Some(number) => Check::of(code, Verdict::Weak, format!("version {number}"), remedy),
        None => Check::of(code, Verdict::Weak, "not found", remedy),
    }
}

/// A program that says its version.
fn program(places: &Places, name: &'static str, words: &[&str], without: Verdict, remedy: &str) -> Check {
    let Some(path) = places.program(name) else {
        return Check::of(name, without, "not found on your path, projects left out", remedy);
    };
    match first_line(places, &path, words) {
        Some(line) => Check::good(name, line),
        None => Check::of(name, without, format!("{} does not run", path.display()), remedy),
    }
}

fn first_line(places: &Places, program: &std::path::Path, words: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(words)
        .env_clear()
        .envs(places.environment())
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// Projects that start without secrets because of their names.
fn names(places: &Places) -> Option<Check> {
    let projects = project::all(places).ok()?;
    let others: Vec<String> = projects.into_iter().filter(|name| ProjectName::new(name).is_err()).collect();
    if others.is_empty() {
        return None;
    }
    Some(Check::of(
        "project-names",
        Verdict::Weak,
        format!("start without secrets: {}", others.join(", ")),
        "rename these folders to a-z, 0-9, _ and -, beginning with a letter or digit, at most 64 characters",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_shifts_users_is_refused() {
        assert_eq!(shifted_users(r#"["name=seccomp,profile=default"]"#).verdict, Verdict::Good);
        assert_eq!(shifted_users(r#"["name=rootless"]"#).verdict, Verdict::Bad);
        assert_eq!(shifted_users(r#"["name=seccomp","name=userns"]"#).verdict, Verdict::Bad);
    }
}
