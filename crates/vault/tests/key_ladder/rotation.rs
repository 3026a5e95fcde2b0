//! A new key in the place of the present one.

use std::fs;

use rustix::process::Signal;

use remo_vault::private_file::sibling;

use crate::instance::{Instance, Sealer, served, text, with_tpm};
use crate::room::wait_until;
use crate::steps::begin;

/// An instance with a store; what was set last is `two`, and the version before has `one`.
pub(crate) fn with_store(instance: &Instance) -> String {
    let recipient = instance.ensure();
    instance.set("gh", "tripwire-value-one");
    instance.set("gh", "tripwire-value-two");
    recipient
}

/// Nothing beside the store opens with `old`, the content of a key file.
#[track_caller]
pub(crate) fn expect_closed_for(instance: &Instance, old: &str) {
    let old_key = instance.runtime_dir().with_file_name("old-key.txt");
    fs::write(&old_key, old).unwrap();
    fs::set_permissions(&old_key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut looked_at = 0;
    for name in instance.files().into_iter().filter(|name| !name.contains(".lock")) {
        let mut command = instance.command(&["list", "--store"]);
        command.arg(instance.vault().join(&name)).arg("--key-file").arg(&old_key);
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{name} opens with the old key");
        assert!(said.contains("cannot open the store"), "{name}: {said}");
        looked_at += 1;
    }
    assert!(looked_at > 0);
    fs::remove_file(old_key).unwrap();
}

#[test]
fn the_old_key_opens_nothing_beside_the_store_any_more() {
    let name = "rotation::the_old_key_opens_nothing_beside_the_store_any_more";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    let before = with_store(&instance);
    let copy = instance.vault().join("copy-of-mine.age");
    fs::copy(instance.store(), &copy).unwrap();
    let logins = instance.vault().join("logins.age");
    fs::copy(instance.store(), &logins).unwrap();
    fs::write(instance.vault().join("store.age.new"), "half a file").unwrap();
    let old = text(&instance.unsealed());

    let rotated = instance.key(&["rotate"]).expect(0);
    assert_ne!(rotated.stdout.trim(), before);
    assert!(rotated.stderr.contains("has to be revoked where it was issued"), "{}", rotated.stderr);
    for file in ["store.age", "store.age.previous", "copy-of-mine.age", "logins.age"] {
        let line = format!("sealed anew: {}\n", instance.vault().join(file).display());
        assert!(rotated.stderr.contains(&line), "{}", rotated.stderr);
    }
    expect_closed_for(&instance, &old);
    assert_eq!(instance.value("gh"), "tripwire-value-two");
    let previous = instance.command(&["get", "gh", "--reveal", "--store"]).arg(instance.previous()).output();
    assert_eq!(previous.unwrap().stdout, b"tripwire-value-one", "the version before stays what it was");
    assert!(!instance.vault().join("store.age.new").exists());
    assert_eq!(text(&instance.unsealed()).matches("AGE-SECRET-KEY-1").count(), 1);
    assert_eq!(instance.sealed_files(), ["lock", "vault-key.cred", "vault-key.cred.kept", "vault-key.json"]);
    instance.key(&["status"]).expect(0);
    instance.expect_clean_disk(&["tripwire-value-one", "tripwire-value-two"]);
    instance.switch_off();
    assert_eq!(instance.key(&["unseal"]).expect(0).stdout, rotated.stdout);
    assert_eq!(instance.value("gh"), "tripwire-value-two");
}

#[test]
fn a_store_of_fnox_is_sealed_anew_and_stays_what_it_was() {
    let name = "rotation::a_store_of_fnox_is_sealed_anew_and_stays_what_it_was";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    let before = with_store(&instance);
    instance.set("aws", r#"{"user":"me","password":"tripwire-in-a-bundle"}"#);
    let comment = "# a comment of the user's own\n";
    fs::write(instance.store(), format!("{comment}{}", text(&instance.store()))).unwrap();
    let old = text(&instance.unsealed());

    let rotated = instance.key(&["rotate"]).expect(0);
    let store = text(&instance.store());
    assert!(store.starts_with(comment), "{store}");
    assert!(store.contains(rotated.stdout.trim()) && !store.contains(&before), "{store}");
    expect_closed_for(&instance, &old);
    assert_eq!(instance.value("gh"), "tripwire-value-two");
    assert!(instance.value("aws").contains("tripwire-in-a-bundle"));
    // fnox itself goes on under the new key.
    instance.set("gh", "tripwire-value-three");
    assert_eq!(instance.value("gh"), "tripwire-value-three");
    instance.key(&["status"]).expect(0);
    instance.expect_clean_disk(&["tripwire-value-two", "tripwire-in-a-bundle", "tripwire-value-three"]);
}

#[test]
fn other_recipients_of_a_store_of_fnox_keep_their_access() {
    let name = "rotation::other_recipients_of_a_store_of_fnox_keep_their_access";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    let recipient = instance.ensure();
    let other = age::x25519::Identity::generate();
    let both = format!("{recipient}\", \"{}", other.to_public());
    fs::write(instance.store(), text(&instance.store()).replace(&recipient, &both)).unwrap();
    instance.set("gh", "tripwire-for-two");
    instance.key(&["rotate"]).expect(0);
    assert_eq!(instance.value("gh"), "tripwire-for-two");
    let store: toml::Table = text(&instance.store()).parse().unwrap();
    let sealed = remo_secret::Secret::from_text(store["secrets"]["gh"]["value"].as_str().unwrap().to_owned());
    let sealed = remo_wire::value::decode_base64(&sealed).unwrap();
    assert_eq!(age::decrypt(&other, sealed.expose()).unwrap(), b"tripwire-for-two");
}

#[test]
fn a_watcher_goes_on_over_a_rotation_and_no_value_is_taken_away() {
    for fnox in [false, true] {
        let name = "rotation::a_watcher_goes_on_over_a_rotation_and_no_value_is_taken_away";
        let make = if fnox { Instance::with_fnox } else { Instance::new };
        let Some(instance) = make(name, Sealer::HostKey) else { return };
        with_store(&instance);
        let broker = instance.broker();
        instance.project(&broker, &["gh"]);
        let watcher = instance.watcher();
        served(&broker, "tripwire-value-two");
        for round in 0..5 {
            instance.key(&["rotate"]).expect(0);
            let secret = broker.client(crate::room::PROJECT).get("gh").expect("it is served all the time");
            assert_eq!(secret.value.expose_text(), Some("tripwire-value-two"), "round {round}");
        }
        instance.set("gh", "tripwire-after-rotations");
        served(&broker, "tripwire-after-rotations");
        let source = if fnox { "fnox" } else { "embedded" };
        let good = sibling(&instance.store(), ".good");
        wait_until("the good copy under the new key", || {
            let mut command = instance.command(&["list", "--source", source, "--store"]);
            command.arg(&good).output().unwrap().status.success()
        });
        assert!(watcher.stop(Signal::TERM).success());
    }
}

#[test]
fn a_store_that_does_not_open_as_a_whole_is_not_rotated() {
    let name = "rotation::a_store_that_does_not_open_as_a_whole_is_not_rotated";
    let Some(instance) = Instance::with_fnox(name, Sealer::HostKey) else { return };
    let recipient = with_store(&instance);
    let good = text(&instance.store());
    fs::write(instance.store(), format!("{good}bad = {{ provider = \"vault\", value = \"YWdl\" }}\n"))
        .unwrap();
    let refused = instance.key(&["rotate"]).expect(1);
    assert!(refused.stderr.contains("not everything in the store opens"), "{}", refused.stderr);
    assert!(refused.stderr.contains(": bad\n"), "{}", refused.stderr);
    fs::write(instance.store(), &good[..good.len() / 2]).unwrap();
    instance.key(&["rotate"]).expect(1);
    fs::remove_file(instance.store()).unwrap();
    let refused = instance.key(&["rotate"]).expect(1);
    assert!(refused.stderr.contains("a store elsewhere would be left under a key that is gone"));
    fs::write(instance.store(), &good).unwrap();
    fs::set_permissions(instance.store(), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(instance.key(&["ensure"]).expect(0).stdout.trim(), recipient, "the key is the same");
    assert_eq!(instance.value("gh"), "tripwire-value-two");
    assert_eq!(instance.sealed_files(), ["lock", "vault-key.cred", "vault-key.json"]);
}

#[test]
fn secrets_are_stored_while_a_rotation_has_not_ended() {
    for fnox in [false, true] {
        let name = "rotation::secrets_are_stored_while_a_rotation_has_not_ended";
        let make = if fnox { Instance::with_fnox } else { Instance::new };
        let Some(instance) = make(name, Sealer::HostKey) else { return };
        with_store(&instance);
        begin(&instance);
        let pending = instance.key(&["status"]).expect(1);
        assert!(pending.stderr.contains("begun and not ended"), "{}", pending.stderr);
        assert!(pending.stderr.contains("hint: end it with: remo-vault key rotate"), "{}", pending.stderr);
        instance.set_by_vault("gh", "tripwire-in-between");
        assert_eq!(instance.value("gh"), "tripwire-in-between");
        let old = text(&instance.unsealed());
        let old = old.lines().last().unwrap();
        instance.key(&["rotate"]).expect(0);
        assert_eq!(instance.value("gh"), "tripwire-in-between");
        expect_closed_for(&instance, old);
        instance.key(&["status"]).expect(0);
    }
}

#[test]
fn a_rotation_takes_a_better_tier_and_never_a_worse_one() {
    let name = "rotation::a_rotation_takes_a_better_tier_and_never_a_worse_one";
    let Some((_tpm, mut instance)) = with_tpm(name) else { return };
    let tpm = std::mem::replace(&mut instance.sealer, Sealer::Nothing);
    with_store(&instance);
    assert!(instance.sealed_files().contains(&"vault-key.txt".to_owned()));
    for (sealer, tier) in [(Sealer::HostKey, "host key"), (tpm, "TPM2")] {
        instance.sealer = sealer;
        let worse = instance.key(&["status"]).expect(1);
        assert!(worse.stderr.contains(&format!("this machine can do better: {tier}")), "{}", worse.stderr);
        assert!(worse.stderr.contains("hint: seal a new key with it: remo-vault key rotate"));
        let rotated = instance.key(&["rotate"]).expect(0);
        assert!(
            rotated.stderr.contains(&format!("the vault key is a new one: {tier}")),
            "{}",
            rotated.stderr
        );
        instance.key(&["status"]).expect(0);
        assert_eq!(
            instance.sealed_files(),
            ["lock", "vault-key.cred", "vault-key.cred.kept", "vault-key.json"]
        );
        instance.expect_clean_disk(&["tripwire-value-two"]);
    }
    let Sealer::Tpm2(device) = instance.sealer.clone() else { unreachable!("the last one") };
    let mut command = instance.command(&["key", "rotate", "--no-tpm2", "--sealed-dir"]);
    command.arg(instance.sealed_dir()).arg("--runtime-dir").arg(instance.runtime_dir());
    let refused = command.output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("the key is sealed with the TPM2, and a new one could only be kept as host key"),
        "{said}"
    );
    assert!(text(&instance.sealed_dir().join("vault-key.json")).contains(&device));
    assert_eq!(instance.value("gh"), "tripwire-value-two");
}

#[test]
fn a_plaintext_key_at_a_place_of_its_own_is_rotated_too() {
    let room = crate::room::Room::with_key();
    room.set("gh", "tripwire-value");
    let before = room.run(&["key", "ensure"]).expect(0).stdout;
    let after = room.run(&["key", "rotate"]).expect(0).stdout;
    assert_ne!(before, after);
    assert_eq!(room.run(&["key", "ensure"]).expect(0).stdout, after);
    assert_eq!(room.reveal("gh"), "tripwire-value");
    room.run(&["key", "status"]).expect(0);
    // The locks of stores that are not there yet, too: one that is begun meanwhile would be under the old key.
    assert_eq!(
        room.files(),
        ["fnox.toml.lock", "key.txt", "key.txt.kept", "logins.age.lock", "store.age", "store.age.lock"]
    );
}

#[test]
fn a_plaintext_key_on_the_ladder_is_rotated_too() {
    let name = "rotation::a_plaintext_key_on_the_ladder_is_rotated_too";
    let Some(instance) = Instance::new(name, Sealer::Nothing) else { return };
    let before = with_store(&instance);
    let old = text(&instance.unsealed());
    let rotated = instance.key(&["rotate"]).expect(0);
    assert_ne!(rotated.stdout.trim(), before);
    assert_eq!(instance.sealed_files(), ["lock", "vault-key.json", "vault-key.txt", "vault-key.txt.kept"]);
    assert!(text(&instance.sealed_dir().join("vault-key.txt")).contains(rotated.stdout.trim()));
    expect_closed_for(&instance, &old);
    assert_eq!(instance.value("gh"), "tripwire-value-two");
    instance.key(&["status"]).expect(0);
}

#[test]
fn nothing_that_is_stored_during_rotations_is_lost() {
    const WRITERS: usize = 12;
    for fnox in [false, true] {
        let name = "rotation::nothing_that_is_stored_during_rotations_is_lost";
        let make = if fnox { Instance::with_fnox } else { Instance::new };
        let Some(instance) = make(name, Sealer::HostKey) else { return };
        with_store(&instance);
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..3)
                .map(|writer| {
                    let instance = &instance;
                    scope.spawn(move || {
                        for number in (0..WRITERS).filter(|number| number % 3 == writer) {
                            instance.set_by_vault(&format!("secret_{number}"), &format!("tripwire-{number}"));
                        }
                    })
                })
                .collect();
            let mut rotations = 0;
            while rotations < 2 || writers.iter().any(|writer| !writer.is_finished()) {
                instance.key(&["rotate"]).expect(0);
                rotations += 1;
            }
        });
        for number in 0..WRITERS {
            assert_eq!(instance.value(&format!("secret_{number}")), format!("tripwire-{number}"));
        }
        instance.key(&["status"]).expect(0);
    }
}

#[test]
fn a_kept_key_that_is_the_present_one_or_does_not_open_costs_nothing() {
    let name = "rotation::a_kept_key_that_is_the_present_one_or_does_not_open_costs_nothing";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    with_store(&instance);
    instance.key(&["rotate"]).expect(0);
    let [present, kept] = ["vault-key.cred", "vault-key.cred.kept"].map(|it| instance.sealed_dir().join(it));

    fs::copy(&present, &kept).unwrap();
    instance.key(&["ensure"]).expect(0);
    assert_eq!(instance.value("gh"), "tripwire-value-two");

    let closed = b"sealed on another machine";
    fs::write(&kept, closed).unwrap();
    instance.key(&["rotate"]).expect(0);
    assert_eq!(instance.value("gh"), "tripwire-value-two");
    let files = instance.sealed_files();
    let aside = files.iter().find(|file| file.starts_with("vault-key.cred.kept.closed-"));
    let aside = instance.sealed_dir().join(aside.unwrap_or_else(|| panic!("{files:?}")));
    assert_eq!(fs::read(aside).unwrap(), closed, "nobody knows what needs it, so it is still there");
    assert!(kept.exists(), "the key that was retired now is kept as ever");
}
