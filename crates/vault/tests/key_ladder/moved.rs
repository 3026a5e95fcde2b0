//! A sealed key elsewhere: on another machine, in another state, or exchanged.

use std::fs;
use std::process::{Command, Stdio};

use remo_testkit::Swtpm;

use crate::instance::{Instance, Sealer, text, with_tpm};
use crate::room::mode;

/// The sealed key does not open on this instance, whatever is tried.
#[track_caller]
fn expect_closed(instance: &Instance, opens_only_with: &str) {
    instance.switch_off();
    for command in ["unseal", "ensure", "rotate", "status"] {
        let refused = instance.key(&[command]).expect(1);
        assert!(refused.stderr.contains("this machine cannot open the sealed key"), "{}", refused.stderr);
        assert!(refused.stderr.contains(opens_only_with), "{}", refused.stderr);
        assert!(refused.stderr.contains("docs/guides/vault-key.md"), "{}", refused.stderr);
        assert!(!instance.unsealed().exists(), "{command}");
    }
}

#[test]
fn a_key_sealed_with_another_tpm_does_not_open() {
    let name = "moved::a_key_sealed_with_another_tpm_does_not_open";
    let Some((_tpm, mut instance)) = with_tpm(name) else { return };
    let Some(another) = Swtpm::start(name) else { return };
    instance.ensure();
    instance.set("gh", "value");
    let own = std::mem::replace(&mut instance.sealer, Sealer::Tpm2(another.device()));
    expect_closed(&instance, "it opens only with the TPM2 that sealed it");
    instance.sealer = own;
    instance.key(&["unseal"]).expect(0);
    assert_eq!(instance.value("gh"), "value");
}

#[test]
fn a_key_sealed_with_another_host_key_does_not_open() {
    let name = "moved::a_key_sealed_with_another_host_key_does_not_open";
    let Some(mut instance) = Instance::new(name, Sealer::HostKey) else { return };
    instance.ensure();
    instance.set("gh", "value");
    let own = instance.host_key.clone();
    instance.host_key = instance.path().join("host/another");
    // Neither without any host key nor with one of another machine.
    expect_closed(&instance, "it opens only with the host key that sealed it");
    let made = Command::new("systemd-creds")
        .arg("setup")
        .env("SYSTEMD_CREDENTIAL_SECRET", &instance.host_key)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success() && mode(&instance.host_key) == 0o400);
    expect_closed(&instance, "it opens only with the host key that sealed it");
    instance.host_key = own;
    instance.key(&["unseal"]).expect(0);
    assert_eq!(instance.value("gh"), "value");
}

#[test]
fn another_state_of_secure_boot_does_not_open_the_key() {
    let name = "moved::another_state_of_secure_boot_does_not_open_the_key";
    let Some((mut tpm, instance)) = with_tpm(name) else { return };
    tpm.measure(1);
    instance.ensure();
    tpm.reboot();
    tpm.measure(2);
    expect_closed(&instance, "in the state of secure boot of that time");
    tpm.reboot();
    tpm.measure(1);
    instance.key(&["unseal"]).expect(0);
}

#[test]
fn what_is_sealed_with_no_key_or_under_another_name_is_refused() {
    let name = "moved::what_is_sealed_with_no_key_or_under_another_name_is_refused";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    instance.ensure();
    let identity = text(&instance.unsealed());
    let sealed = instance.sealed_dir().join("vault-key.cred");
    for (with, named, problem) in [
        ("tpm2-absent", "remo-vault-key", "sealed with no key at all"),
        ("host", "another-name", "could not open what is sealed with the host key"),
    ] {
        let mut creds = Command::new("systemd-creds")
            .args(["encrypt", &format!("--with-key={with}"), &format!("--name={named}"), "-", "-"])
            .env("SYSTEMD_CREDENTIAL_SECRET", &instance.host_key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut creds.stdin.take().unwrap(), identity.as_bytes()).unwrap();
        fs::write(&sealed, creds.wait_with_output().unwrap().stdout).unwrap();
        instance.switch_off();
        let refused = instance.key(&["unseal"]).expect(1);
        assert!(refused.stderr.contains(problem), "{}", refused.stderr);
        assert!(!instance.unsealed().exists());
    }
    fs::write(&sealed, &identity).unwrap();
    let refused = instance.key(&["unseal"]).expect(1);
    assert!(refused.stderr.contains("not a credential"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("AGE-SECRET"), "{}", refused.stderr);
}

#[test]
fn a_key_is_brought_to_another_machine_by_standard_input() {
    let name = "moved::a_key_is_brought_to_another_machine_by_standard_input";
    let Some(old) = Instance::new(name, Sealer::HostKey) else { return };
    let Some((_tpm, new)) = with_tpm(name) else { return };
    let recipient = old.ensure();
    old.set("gh", "tripwire-brought-along");
    fs::create_dir_all(new.vault()).unwrap();
    fs::copy(old.store(), new.store()).unwrap();
    new.key(&["ensure"]).expect(1);
    let brought = new.feed_key(&["ensure", "--import"], &fs::read(old.unsealed()).unwrap()).expect(0);
    assert_eq!(brought.stdout.trim(), recipient);
    assert_eq!(new.value("gh"), "tripwire-brought-along");
    new.expect_clean_disk(&["tripwire-brought-along"]);

    // The same key again is no news, another one is refused, and what is no key is not repeated.
    new.feed_key(&["ensure", "--import"], &fs::read(old.unsealed()).unwrap()).expect(0);
    let another =
        age::secrecy::ExposeSecret::expose_secret(&age::x25519::Identity::generate().to_string()).to_owned();
    let refused = new.feed_key(&["ensure", "--import"], another.as_bytes()).expect(1);
    assert!(refused.stderr.contains("there is another vault key already"), "{}", refused.stderr);
    let refused = new.feed_key(&["ensure", "--import"], b"tripwire").expect(1);
    assert!(refused.stderr.contains("is no vault key") && !refused.stderr.contains("tripwire"));
}
