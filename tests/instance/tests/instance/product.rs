//! The product on an instance, and what a person does with it there.

use std::path::Path;
use std::process::Command;

use remo_testbed::images::Image;
use remo_testbed::instance::USER;
use remo_testbed::{Instance, feature};
use remo_testkit::binaries;

/// Where a person keeps the projects.
pub(crate) const PROJECTS: &str = "/home/dev/projects";

/// The vault's store and the key that opens it, for a vault that is no container.
const STORE: &str = "REMO_VAULT_STORE=/root/vault/store.age REMO_VAULT_KEY_FILE=/run/remo-vault-key/key.txt";

/// The product's files that are no programs, and where they belong.
const FILES: [(&str, &str); 6] = [
    ("sysusers.d/remo-broker.conf", "/usr/lib/sysusers.d/remo-broker.conf"),
    ("tmpfiles.d/remo-broker.conf", "/usr/lib/tmpfiles.d/remo-broker.conf"),
    ("systemd/remo-broker.service", "/usr/lib/systemd/system/remo-broker.service"),
    ("systemd/remo-broker.socket", "/usr/lib/systemd/system/remo-broker.socket"),
    ("systemd/remo-vault-key.service", "/usr/lib/systemd/system/remo-vault-key.service"),
    ("systemd/remo-network.service", "/usr/lib/systemd/system/remo-network.service"),
];

/// Installs the product, and the image that projects of the tests are made from.
pub(crate) fn install(instance: &Instance) {
    for name in ["remo-broker", "remo-vault", "remo", "remo-docker"] {
        instance.copy(&binaries::path(name), &format!("/usr/bin/{name}"), 0o755);
    }
    instance.shell("ln -s remo-docker /usr/bin/remo-docker-compose");
    let layout = feature::packaged().join("oci");
    let archive = Command::new("tar").arg("-C").arg(layout).args(["-c", "."]).output().unwrap();
    assert!(archive.status.success());
    let unpack =
        "mkdir -p /usr/share/remo/feature/oci && tar -C /usr/share/remo/feature/oci --no-same-owner -x";
    let _ = instance.try_run_with_input(&["/bin/sh", "-euc", unpack], &archive.stdout).succeeded();
    let packaging = Path::new("../../packaging");
    for (file, place) in FILES {
        instance.copy(&packaging.join(file), place, 0o644);
    }
    let drop_in = std::fs::read_to_string(packaging.join("systemd/projects-root.conf")).unwrap();
    instance.write(
        "/etc/systemd/system/remo-broker.service.d/projects-root.conf",
        0o644,
        drop_in.replace("@PROJECTS_ROOT@", PROJECTS),
    );
    instance
        .shell("systemd-sysusers && usermod --append --groups remo-vault dev && systemd-tmpfiles --create");
    instance.as_user(&format!("mkdir -m 0755 {PROJECTS} && mkdir -p ~/.local/bin"));
    for name in ["project-launch", "project-menu"] {
        instance.as_user(&format!("ln -s /usr/bin/remo ~/.local/bin/{name}"));
    }
    instance.shell(
        "systemctl daemon-reload && systemctl enable --quiet --now remo-broker.socket remo-broker.service",
    );
    import(instance, Image::Debian);
}

/// Brings a base image into the engine of the instance.
pub(crate) fn import(instance: &Instance, image: Image) {
    let tarball = std::fs::read(image.tarball()).unwrap();
    let _ = instance.try_run_with_input(&["docker", "import", "-", image.name()], &tarball).succeeded();
}

/// Stores a secret and hands everything over to the broker.
pub(crate) fn store(instance: &Instance, name: &str, value: &str) {
    instance.shell("test -e /run/remo-vault-key/key.txt || remo-vault key ensure --owner 0");
    let set = format!("{STORE} remo-vault set {name}");
    let _ = instance.try_run_with_input(&["/bin/sh", "-euc", &set], value.as_bytes()).succeeded();
    push(instance);
}

/// Hands everything that is stored over to the broker.
fn push(instance: &Instance) {
    instance.shell(&format!("{STORE} remo-vault push"));
}

/// Makes a project that asks for the secret `gh`, with further members of its configuration.
pub(crate) fn project(instance: &Instance, name: &str, members: &str) {
    let folder = format!("{PROJECTS}/{name}");
    let manifest =
        format!("schema_version = 1\nproject = \"{name}\"\n[secrets.gh]\nenv_var = \"GH_TOKEN\"\n");
    instance.write(&format!("{folder}/.remo/manifest.toml"), 0o644, manifest);
    let configuration =
        format!("{{\"image\": \"{}\", \"remoteUser\": \"dev\"{members}}}\n", Image::Debian.name());
    instance.write(&format!("{folder}/.devcontainer/devcontainer.json"), 0o644, configuration);
    instance.shell(&format!("chmod -R u=rwX,go=rX {folder} && chown -R {0}:{0} {folder}", USER.0));
}

/// Approves what a project asks for and starts it, as the person; the id of its container.
pub(crate) fn up(instance: &Instance, name: &str) -> String {
    instance.as_user(&format!("remo up {name} --yes")).trim().to_owned()
}
