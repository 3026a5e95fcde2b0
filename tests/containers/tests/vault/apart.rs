//! What a project's container reaches of the vault: nothing, by the network or by what it asks the engine for.

use std::process::Command;

use remo_testbed::images::Image;
use remo_testbed::run_within;
use remo_testkit::{Project, wait};

use crate::instance::{LIMIT, PATIENCE, with_vault};

/// A port that somebody opens in the vault, as a login's callback does.
const PORT: u16 = 8765;

#[test]
fn no_container_of_a_project_reaches_a_port_of_the_vault() {
    with_vault("apart::no_container_of_a_project_reaches_a_port_of_the_vault", |vault| {
        let id = vault.up();
        let server =
            format!("nohup python3 -m http.server {PORT} --bind 0.0.0.0 --directory /tmp >/dev/null 2>&1 &");
        let _ = vault.inside(&server).succeeded();
        let address = "{{(index .NetworkSettings.Networks \"remo-vault\").IPAddress}}";
        let address = vault.engine.docker(&["inspect", "--format", address, &id]).trim().to_owned();
        let connect = format!("timeout 5 bash -c 'exec 3<>/dev/tcp/{address}/{PORT}' && echo reached");
        wait::until_true(PATIENCE, "the port is open", || vault.inside(&connect).stdout.contains("reached"));

        vault.engine.docker(&["network", "create", "of-a-project"]);
        for network in ["bridge", "of-a-project"] {
            let refused = vault.engine.try_docker(&[
                "run",
                "--rm",
                "--network",
                network,
                Image::Vault.name(),
                "sh",
                "-c",
                &connect,
            ]);
            assert!(
                !refused.status.success() && !refused.stdout.contains("reached"),
                "{network}: {refused:?}"
            );
        }
        // Nor does another container on the vault's own network, which the gate gives to nobody.
        let refused = vault.engine.try_docker(&[
            "run",
            "--rm",
            "--network",
            "remo-vault",
            Image::Vault.name(),
            "sh",
            "-c",
            &connect,
        ]);
        assert!(!refused.stdout.contains("reached"), "{refused:?}");
        let _ = vault.inside("pkill -f http.server").succeeded();
    });
}

#[test]
fn the_gate_gives_nothing_of_the_vault_to_a_project() {
    with_vault("apart::the_gate_gives_nothing_of_the_vault_to_a_project", |vault| {
        let project = Project::new(&vault.directory, "taker", &["x"]);
        let image = Image::Vault.name();
        let id = vault.up();
        let key = vault.key_folder();
        let volume = vault.engine.data().join("volumes/remo-vault/_data");
        let bind = |path: &std::path::Path| format!("type=bind,source={},target=/x", path.display());
        let admin = vault.directory.socket_dir().join("admin");
        let of_container = format!("container:{id}");
        let (key, volume, admin) = (bind(&key), bind(&volume), bind(&admin));
        for wanted in [
            &["run", "--rm", "--mount", "type=volume,source=remo-vault,target=/x", image, "true"][..],
            &["run", "--rm", "--volume", "remo-vault:/x", image, "true"],
            &["run", "--rm", "--mount", &volume, image, "true"],
            &["run", "--rm", "--mount", &key, image, "true"],
            &["run", "--rm", "--mount", "type=bind,source=/run/remo-broker/admin,target=/x", image, "true"],
            &["run", "--rm", "--mount", &admin, image, "true"],
            &["run", "--rm", "--network", "remo-vault", image, "true"],
            &["run", "--rm", "--network", &of_container, image, "true"],
            &["run", "--rm", "--pid", &of_container, image, "true"],
            &["run", "--rm", "--volumes-from", &id, image, "true"],
            &["run", "--rm", "--name", "remo-vault", image, "true"],
            &["run", "--rm", "--name", "remo-vault-next", image, "true"],
            &["exec", &id, "cat", "/run/remo-vault-key/key.txt"],
            &["volume", "create", "remo-vault"],
        ] {
            let mut command = Command::new(vault.program("remo-docker"));
            command.args(wanted).env_clear().envs(vault.environment());
            command.env("REMO_PROJECT", project.name()).current_dir(project.path());
            let refused = run_within(LIMIT, &mut command);
            assert_eq!(refused.code(), Some(125), "{wanted:?}: {refused:?}");
            assert!(!refused.stderr.contains("remo trust"), "nobody can approve it: {wanted:?}: {refused:?}");
        }
    });
}
