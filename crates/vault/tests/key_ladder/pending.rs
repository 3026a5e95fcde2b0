//! A rotation that has begun, and what happens to its two keys meanwhile.

use std::fs;

use remo_testkit::Swtpm;

use crate::instance::{Instance, Sealer, text};
use crate::rotation::{expect_closed_for, with_store};
use crate::steps::begin;

/// Both keys are sealed: after a reboot they are unsealed, and the rotation ends.
fn expect_to_go_on(instance: &Instance, both: &str) {
    let identities = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    assert_eq!(identities(&text(&instance.unsealed())), identities(both));
    assert_eq!(instance.value("gh"), "tripwire-value-two");
    instance.switch_off();
    instance.key(&["unseal"]).expect(0);
    assert_eq!(identities(&text(&instance.unsealed())), identities(both));
    instance.key(&["rotate"]).expect(0);
    assert_eq!(instance.value("gh"), "tripwire-value-two");
    expect_closed_for(instance, &identities(both)[1]);
    instance.key(&["status"]).expect(0);
}

#[test]
fn the_sealed_keys_are_moved_away_and_both_that_are_unsealed_are_sealed_again() {
    let name = "pending::the_sealed_keys_are_moved_away_and_both_that_are_unsealed_are_sealed_again";
    for fnox in [false, true] {
        let make = if fnox { Instance::with_fnox } else { Instance::new };
        let Some(instance) = make(name, Sealer::HostKey) else { return };
        with_store(&instance);
        begin(&instance);
        let both = text(&instance.unsealed());
        fs::rename(instance.sealed_dir(), instance.path().join("sealed.old")).unwrap();
        let found = instance.key(&["ensure"]).expect(0);
        assert!(found.stderr.contains("a rotation has not ended"), "{}", found.stderr);
        expect_to_go_on(&instance, &both);
    }
}

#[test]
fn two_keys_are_imported_as_two() {
    let name = "pending::two_keys_are_imported_as_two";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    with_store(&instance);
    begin(&instance);
    let both = text(&instance.unsealed());
    // The very same two are no news; one more is refused and not dropped.
    instance.feed_key(&["ensure", "--import"], both.as_bytes()).expect(0);
    instance.switch_off();
    fs::rename(instance.sealed_dir(), instance.path().join("sealed.old")).unwrap();
    instance.feed_key(&["ensure", "--import"], both.as_bytes()).expect(0);
    expect_to_go_on(&instance, &both);
    let refused = instance.feed_key(&["ensure", "--import"], both.as_bytes()).expect(1);
    assert!(refused.stderr.contains("there is another vault key already"), "{}", refused.stderr);
}

#[test]
fn a_next_key_that_does_not_open_leaves_the_present_one_in_force() {
    let name = "pending::a_next_key_that_does_not_open_leaves_the_present_one_in_force";
    for resealed in [false, true] {
        let Some(mut instance) = Instance::new(name, Sealer::HostKey) else { return };
        let (Some(tpm), Some(another)) = (Swtpm::start(name), Swtpm::start(name)) else { return };
        let present = with_store(&instance);
        let old = text(&instance.unsealed());
        instance.sealer = Sealer::Tpm2(tpm.device());
        begin(&instance);
        if resealed {
            instance.set_by_vault("late", "tripwire-under-the-next-key");
        }
        let memory = text(&instance.unsealed());
        instance.switch_off();
        instance.sealer = Sealer::Tpm2(another.device());
        let unsealed = instance.key(&["unseal"]).expect(0);
        assert_eq!(unsealed.stdout.trim(), present);
        assert!(unsealed.stderr.contains("warning: the key of a rotation"), "{}", unsealed.stderr);
        assert!(
            instance.key(&["status"]).expect(1).stderr.contains("this machine cannot open the sealed key")
        );
        if resealed {
            // The store is under the key that does not open: it is not discarded.
            let refused = instance.key(&["rotate"]).expect(1);
            assert!(refused.stderr.contains("something may be under it"), "{}", refused.stderr);
            assert!(instance.sealed_files().contains(&"vault-key.cred.next".to_owned()));
            // What is still in memory, or was kept on paper, is sealed by what there is.
            fs::write(instance.unsealed(), memory).unwrap();
        } else {
            assert_eq!(instance.value("gh"), "tripwire-value-two");
        }
        let rotated = instance.key(&["rotate"]).expect(0);
        assert!(rotated.stderr.contains("the vault key is a new one: TPM2"), "{}", rotated.stderr);
        assert_eq!(instance.value("gh"), "tripwire-value-two");
        expect_closed_for(&instance, &old);
        instance.key(&["status"]).expect(0);
    }
}

#[test]
fn what_a_rotation_does_not_look_at_is_named() {
    let name = "pending::what_a_rotation_does_not_look_at_is_named";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    with_store(&instance);
    let at = |file: &str| instance.vault().join(file);
    fs::create_dir(at("backups")).unwrap();
    fs::copy(instance.store(), at("backups/store.age")).unwrap();
    fs::copy(instance.store(), at("foreign.age")).unwrap();
    std::os::unix::fs::chown(at("foreign.age"), Some(4242), Some(4242)).unwrap();
    fs::File::create(at("large")).unwrap().set_len(16 * 1024 * 1024 + 1).unwrap();
    let rotated = instance.key(&["rotate"]).expect(0);
    for (file, reason) in [
        ("backups", "a folder"),
        ("foreign.age", "of another user: 4242"),
        ("large", "larger than any store"),
    ] {
        let line = format!("not looked at: {} ({reason})\n", at(file).display());
        assert_eq!(rotated.stderr.matches(&line).count(), 1, "{}", rotated.stderr);
    }
    assert!(rotated.stderr.contains("may still open with the old key"), "{}", rotated.stderr);
    assert!(!rotated.stderr.contains("opens nothing in the store's folder"), "{}", rotated.stderr);
}

#[test]
fn a_store_that_is_begun_during_a_rotation_is_under_the_new_key() {
    let name = "pending::a_store_that_is_begun_during_a_rotation_is_under_the_new_key";
    let Some(instance) = Instance::new(name, Sealer::HostKey) else { return };
    with_store(&instance);
    let lock = instance.vault().join("logins.age.lock");
    assert!(!instance.vault().join("logins.age").exists() && !lock.exists());
    // A first login that is at work holds the lock of a file that is not there yet: the rotation waits for it.
    let hold = fs::File::create(&lock).unwrap();
    rustix::fs::flock(&hold, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let old = text(&instance.unsealed());
    let child = instance.key_command(&["rotate"]).spawn().unwrap();
    remo_testkit::wait::until_true(remo_testkit::wait::PATIENCE, "two unsealed keys", || {
        text(&instance.unsealed()).matches("AGE-SECRET-KEY-1").count() == 2
    });
    // It ends as it began, under the key of then.
    fs::copy(instance.store(), instance.vault().join("logins.age")).unwrap();
    drop(hold);
    assert!(child.wait_with_output().unwrap().status.success());
    expect_closed_for(&instance, &old);
}
