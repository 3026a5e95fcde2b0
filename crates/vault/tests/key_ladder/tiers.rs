//! Each tier from nothing to a served secret, over a reboot of the instance.

use std::os::unix::fs::MetadataExt as _;

use remo_testkit::skip;
use rustix::process::Signal;

use crate::instance::{Instance, Sealer, served, text, with_tpm};
use crate::room::mode;

/// From nothing to a served secret, over a reboot. `reboot` does what is this tier's.
fn from_nothing_to_served(instance: &Instance, tier: &str, reboot: impl FnOnce()) {
    let recipient = instance.ensure();
    instance.set("gh", "tripwire-over-a-reboot");
    let mut broker = instance.broker();
    instance.project(&broker, &["gh"]);
    let watcher = instance.watcher();
    served(&broker, "tripwire-over-a-reboot");
    assert!(watcher.stop(Signal::TERM).success());

    // The machine goes down, and with it what was in memory: the unsealed key and the broker's snapshot.
    broker.kill();
    instance.switch_off();
    reboot();
    broker.restart();
    assert_eq!(broker.status().secret_count, 0);
    assert!(!instance.unsealed().exists());
    let unsealed = instance.key(&["unseal"]).expect(0);
    assert_eq!(unsealed.stdout.trim(), recipient);
    assert!(unsealed.stderr.starts_with(&format!("unsealed ({tier})")), "{}", unsealed.stderr);
    let _watcher = instance.watcher();
    served(&broker, "tripwire-over-a-reboot");
    assert_eq!((mode(&instance.unsealed()), mode(&instance.sealed_dir())), (0o600, 0o700));
    assert!(text(&instance.runtime_dir().join("tier.json")).contains(&recipient));
}

#[test]
fn the_tpm_seals_from_nothing_to_a_served_secret_over_a_reboot() {
    let Some((mut tpm, instance)) =
        with_tpm("tiers::the_tpm_seals_from_nothing_to_a_served_secret_over_a_reboot")
    else {
        return;
    };
    tpm.measure(7);
    from_nothing_to_served(&instance, "TPM2", || {
        tpm.reboot();
        tpm.measure(7);
    });
    assert!(instance.sealed_files().contains(&"vault-key.cred".to_owned()));
    instance.expect_clean_disk(&["tripwire-over-a-reboot"]);
}

#[test]
fn the_host_key_seals_from_nothing_to_a_served_secret_over_a_reboot() {
    let name = "tiers::the_host_key_seals_from_nothing_to_a_served_secret_over_a_reboot";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    from_nothing_to_served(&instance, "host key", || ());
    instance.expect_clean_disk(&["tripwire-over-a-reboot"]);
}

#[test]
fn a_store_of_fnox_is_served_over_a_reboot() {
    let name = "tiers::a_store_of_fnox_is_served_over_a_reboot";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    from_nothing_to_served(&instance, "host key", || ());
    instance.expect_clean_disk(&["tripwire-over-a-reboot"]);
}

#[test]
fn without_either_a_plaintext_key_serves_over_a_reboot_when_that_is_allowed() {
    let name = "tiers::without_either_a_plaintext_key_serves_over_a_reboot_when_that_is_allowed";
    let Some(instance) = Instance::new(name, Sealer::Nothing) else { return };
    let refused = instance.key(&["ensure"]).expect(1);
    assert!(refused.stderr.contains("there is no systemd-creds on the path"), "{}", refused.stderr);
    assert!(refused.stderr.contains("does not protect against root"), "{}", refused.stderr);
    assert!(refused.stderr.contains("hint: if that will do: remo-vault key ensure --allow-plaintext"));
    assert!(!instance.unsealed().exists());
    from_nothing_to_served(&instance, "plaintext", || ());
    assert_eq!(mode(&instance.sealed_dir().join("vault-key.txt")), 0o600);
}

#[test]
fn a_systemd_that_is_too_old_is_named_with_what_it_takes() {
    use std::os::unix::fs::PermissionsExt as _;
    let name = "tiers::a_systemd_that_is_too_old_is_named_with_what_it_takes";
    let Some(instance) = Instance::new(name, Sealer::Nothing) else { return };
    // No machine has two versions of systemd; this one says what version 249 says.
    let program = instance.path().join("systemd-creds");
    std::fs::write(&program, "#!/bin/sh\necho 'systemd 249 (249.11)'\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let refused = instance.key(&["ensure"]).expect(1);
    assert!(refused.stderr.contains("this is systemd 249"), "{}", refused.stderr);
    assert!(refused.stderr.contains("250 or later"), "{}", refused.stderr);
    assert_eq!(instance.key(&["ensure", "--allow-plaintext"]).expect(0).stdout.len(), 63);
}

#[test]
fn the_key_is_made_once_whoever_asks_how_often() {
    let name = "tiers::the_key_is_made_once_whoever_asks_how_often";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    let children: Vec<_> = (0..6).map(|_| instance.key_command(&["ensure"]).spawn().unwrap()).collect();
    let recipients: Vec<_> =
        children.into_iter().map(|child| child.wait_with_output().unwrap().stdout).collect();
    assert!(recipients.windows(2).all(|pair| pair[0] == pair[1] && !pair[0].is_empty()));
    let sealed = std::fs::read(instance.sealed_dir().join("vault-key.cred")).unwrap();
    let inode = |path| std::fs::metadata(path).unwrap().ino();
    let unsealed = inode(instance.unsealed());
    for command in ["ensure", "unseal"] {
        assert_eq!(instance.key(&[command]).expect(0).stdout.as_bytes(), recipients[0]);
    }
    assert_eq!(std::fs::read(instance.sealed_dir().join("vault-key.cred")).unwrap(), sealed);
    assert_eq!(inode(instance.unsealed()), unsealed, "nobody who watches it is woken");
    assert_eq!(instance.sealed_files(), ["lock", "vault-key.cred", "vault-key.json"]);
}

#[test]
fn no_key_is_made_beside_a_store_that_it_would_not_open() {
    let name = "tiers::no_key_is_made_beside_a_store_that_it_would_not_open";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    instance.ensure();
    instance.set("gh", "value");
    std::fs::remove_dir_all(instance.sealed_dir()).unwrap();
    // It is still unsealed: that one is sealed again.
    let kept = instance.key(&["ensure"]).expect(0);
    assert!(kept.stderr.contains("sealed the key that was in"), "{}", kept.stderr);
    assert_eq!(instance.value("gh"), "value");
    std::fs::remove_dir_all(instance.sealed_dir()).unwrap();
    instance.switch_off();
    let refused = instance.key(&["ensure"]).expect(1);
    assert!(refused.stderr.contains("which a new key would not open"), "{}", refused.stderr);
    assert!(!instance.unsealed().exists());
}

#[test]
fn the_unsealed_key_is_the_vault_users_own_at_every_boot() {
    let name = "tiers::the_unsealed_key_is_the_vault_users_own_at_every_boot";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    if skip::without_root(name) {
        return;
    }
    instance.key(&["ensure", "--owner", "4242:4243"]).expect(0);
    let owner = || {
        let metadata = std::fs::metadata(instance.unsealed()).unwrap();
        (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777)
    };
    assert_eq!(owner(), (4242, 4243, 0o600));
    instance.switch_off();
    instance.key(&["unseal"]).expect(0);
    assert_eq!(owner(), (4242, 4243, 0o600));
    assert_eq!(mode(&instance.runtime_dir().join("tier.json")), 0o644);
}
